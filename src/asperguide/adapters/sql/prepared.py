"""Statements that SQLAlchemy compiles once and the driver runs by itself.

SQLAlchemy's asyncio layer costs about 0.1 ms of processor time for each execution, four times what the driver needs.
The statements of every request therefore take what SQLAlchemy knows (SQL, types, the pool, what a lost connection is)
and leave its execution out. Everything else runs through it as usual. See docs/adr/0024.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

Processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement gave back, read to its end."""

    names: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    rowcount: int

    def keys(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.names

    def first(self) -> Sequence[Any] | None:
        """The first row, None when there is none."""
        return self.rows[0] if self.rows else None

    def one(self) -> Sequence[Any]:
        """The only row. Raises ValueError when there is none, or another."""
        (row,) = self.rows
        return row

    def scalar(self) -> Any:
        """The first column of the first row, None when there is no row."""
        return self.rows[0][0] if self.rows else None

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return iter(self.rows)


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement compiled for one dialect and one set of parameters."""

    sql: str
    fixed: Mapping[str, Any]
    binds: tuple[tuple[str, Processor | None], ...]
    names: tuple[str, ...]
    columns: tuple[Processor | None, ...]

    def bound(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values as the driver wants them, in the order of their places."""
        known = {**self.fixed, **values} if self.fixed else values
        return tuple([known[name] if bind is None else bind(known[name]) for name, bind in self.binds])

    def read(self, rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """The driver's rows as the column types give them back."""
        columns = self.columns
        return [
            tuple([value if read is None else read(value) for value, read in zip(row, columns, strict=True)])
            for row in rows
        ]


class Prepared:
    """A statement that is executed often, with plain named parameters. Make one per statement and keep it."""

    __slots__ = ("_plans", "statement")

    def __init__(self, statement: sa.Executable) -> None:
        self.statement = statement
        self._plans: dict[tuple[str, tuple[str, ...]], Plan] = {}

    async def run(self, connection: AsyncConnection, values: Any) -> Answer:
        """Execute it; several sets of values insert several rows. Raises what SQLAlchemy would raise."""
        dialect = connection.dialect
        several = isinstance(values, list)
        names = tuple(values[0] if several else values or ())
        plan = self._plans.get((dialect.name, names))
        if plan is None:
            plan = self._plans[dialect.name, names] = _plan(self.statement, dialect, names)
        if several:
            sets = [plan.bound(one) for one in values]
            found = await run_raw(connection, plan.sql, sets[0] if len(sets) == 1 else sets)
        else:
            found = await run_raw(connection, plan.sql, plan.bound(values or {}))
        return Answer(plan.names, plan.read(found.rows), found.rowcount)


def by_ids(column: Any, make: Callable[[sa.ColumnElement[bool]], sa.Executable]) -> Callable[[int], Prepared]:
    """Statements on rows whose `column` is one of some ids, one for each number of ids that `named_ids` gives."""

    @functools.cache
    def sized(count: int) -> Prepared:
        return Prepared(make(column.in_([sa.bindparam(f"_id{n}", type_=column.type) for n in range(count)])))

    return sized


def named_ids(ids: Sequence[UUID]) -> dict[str, UUID]:
    """The ids by the names of their parameters; the last one is repeated until there are a power of two."""
    count = 1 << (len(ids) - 1).bit_length()
    return {f"_id{n}": ids[min(n, len(ids) - 1)] for n in range(count)}


async def run_raw(
    connection: AsyncConnection, sql: str, parameters: "tuple[Any, ...] | list[tuple[Any, ...]]" = ()
) -> Answer:
    """Run SQL on the driver's own connection, values as they come. One whose state is unknown is discarded."""
    inner = connection.sync_connection
    assert inner is not None
    for listener in inner.engine.dispatch.before_cursor_execute:
        listener(inner, None, sql, parameters, None, isinstance(parameters, list))
    driver: Any = inner.connection.driver_connection
    try:
        if connection.dialect.name == "sqlite":
            return await _on_sqlite(driver, sql, parameters)
        return await _on_mysql(driver, sql, parameters)
    except connection.dialect.loaded_dbapi.Error as error:
        lost = connection.dialect.is_disconnect(error, driver, None)
        if lost:
            await _discard(connection, driver)
        raise exc.DBAPIError.instance(
            sql, None, error, connection.dialect.loaded_dbapi.Error, hide_parameters=True,
            connection_invalidated=lost, dialect=connection.dialect,
        ) from error  # fmt: skip
    except BaseException:
        # Cancelled, or not even an error of the driver's: an answer may still be on its way.
        await _discard(connection, driver)
        raise


async def _discard(connection: AsyncConnection, driver: Any) -> None:
    """Never use it again. A server of which nothing is known is not told goodbye, which could fail or take long."""
    if connection.dialect.name == "mysql":
        driver.close()
    await connection.invalidate()


async def _on_mysql(driver: Any, sql: str, parameters: Any) -> Answer:
    from asperguide.adapters.sql import wire

    if isinstance(parameters, list):
        async with driver.cursor() as cursor:
            await cursor.executemany(sql, parameters)
            return Answer((), (), cursor.rowcount)
    if parameters:
        sql %= tuple([driver.escape(value) for value in parameters])
    return Answer(*await wire.query(driver, sql))


async def _on_sqlite(driver: Any, sql: str, parameters: Any) -> Answer:
    def work() -> Answer:
        run = driver._conn.executemany if isinstance(parameters, list) else driver._conn.execute
        cursor = run(sql, parameters)
        found = Answer(_names(cursor), cursor.fetchall() if cursor.description else (), cursor.rowcount)
        cursor.close()
        return found

    answer: Answer = await driver._execute(work)
    return answer


def _names(cursor: Any) -> tuple[str, ...]:
    return tuple([column[0] for column in cursor.description or ()])


def _plan(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> Plan:
    """Compile. TypeError for what only SQLAlchemy's execution can do: defaults that are called, lists of values."""
    keys = None if isinstance(statement, sa.Select | sa.Delete) else list(names)
    compiled: Any = statement.compile(dialect=dialect, column_keys=keys)
    defaults = {column.key: column.default for column in (*compiled.insert_prefetch, *compiled.update_prefetch)}
    if not all(default.is_scalar for default in defaults.values()):
        raise TypeError("a prepared statement cannot call for a default")
    if compiled.post_compile_params or not compiled.positional:
        raise TypeError("a prepared statement takes single values by position")
    fixed = {name: bind.value for name, bind in compiled.binds.items() if name not in names and not bind.required}
    fixed |= {name: default.arg for name, default in defaults.items()}
    return Plan(
        sql=compiled.string,
        fixed=fixed,
        binds=tuple((name, compiled.binds[name].type._cached_bind_processor(dialect)) for name in compiled.positiontup),
        names=tuple(entry.keyname for entry in compiled._result_columns),
        columns=tuple(entry.type._cached_result_processor(dialect, None) for entry in compiled._result_columns),
    )
