"""Entities to rows and back by field name, once per pair of classes; every statement goes through here."""

import asyncio
import dataclasses
import functools
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.asyncio import AsyncConnection

from asperguide.adapters.sql.failures import translated
from asperguide.adapters.sql.measures import OPTION, DatabaseMeasures
from asperguide.adapters.sql.prepared import Prepared, run_raw
from asperguide.adapters.sql.rows import Row
from asperguide.shared.errors import EditedMeanwhile

T = TypeVar("T")

_readers: dict[tuple[object, tuple[str, ...]], Any] = {}
_writers: dict[tuple[object, object], Any] = {}

# The server ends a statement after 5 s; this is for a server that no longer answers at all.
PATIENCE_SECONDS = 5.5
SLOW_AT_LEAST = 0.001

log = logging.getLogger("asperguide.sql")


Statement = sa.Executable | Prepared


async def run(connection: AsyncConnection, statement: Statement | str, parameters: Any = None) -> Any:
    """Execute one statement; a str is sent as it is. Raises what `translated` makes of the failure.

    One that takes longer than the `slow_seconds` of its engine is logged, without its values.
    """
    assert connection.sync_connection is not None
    measures: DatabaseMeasures = connection.sync_connection.get_execution_options()[OPTION]
    began, failure = perf_counter(), None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            if isinstance(statement, Prepared):
                return await statement.run(connection, parameters)
            if isinstance(statement, str):
                return await run_raw(connection, statement)
            return await connection.execute(statement, parameters)
    except Exception as error:
        failure = error
        measures.failed(error)
        # Without the cause: messages of drivers quote the values that were refused.
        if (meaning := translated(error)) is not error:
            raise meaning from None
        raise
    finally:
        took = perf_counter() - began
        measures.ran(took, connection, failure)
        if took > SLOW_AT_LEAST:
            _tell_slow(connection, statement, took)


def _tell_slow(connection: AsyncConnection, statement: Statement | str, took: float) -> None:
    if connection.sync_engine.get_execution_options().get("slow_seconds", took) < took:
        sql = statement.statement if isinstance(statement, Prepared) else statement
        log.warning("slow query", extra={"ms": round(took * 1000, 1), "statement": " ".join(str(sql).split())})


class Store:
    """Moves entities between one connection and their tables. Columns and fields meet by name.

    A column without a field of that name takes its value from a property, from `columns`, or from its default. Column
    types give back exactly what entities hold, so nothing is converted twice.
    """

    __slots__ = ("connection",)

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    async def execute(self, statement: Statement, parameters: Any = None) -> Any:
        """Any statement: a result of SQLAlchemy's, or an Answer when it is prepared, which is alike.

        Unique violations become the errors that the row class declares.
        """
        return await run(self.connection, statement, parameters)

    async def add(self, row: type[Row], entity: object, **columns: object) -> None:
        """Insert. Raises the declared error when it is not unique."""
        await self.execute(_insert(row), {**to_row(row, entity), **columns})

    async def add_all(self, row: type[Row], entities: Iterable[object]) -> None:
        """Insert all in one statement; nothing when there are none."""
        if values := [to_row(row, entity) for entity in entities]:
            await self.execute(_insert(row), values)

    async def put(self, row: type[Row], entity: object) -> None:
        """Insert, or replace the row with this id."""
        await self.execute(_upsert(row, self.connection.dialect.name), to_row(row, entity))

    async def save(self, row: type[Row], entity: T, **columns: object) -> T:
        """Update if the version is still the entity's, else EditedMeanwhile; the entity with the next version."""
        saved: T = dataclasses.replace(entity, version=entity.version + 1)  # type: ignore[attr-defined, type-var]
        values = {**to_row(row, saved), **columns}
        done = await self.execute(_update(row), {**values, "_id": values.pop("id"), "_version": values["version"] - 1})
        if done.rowcount == 0:
            raise EditedMeanwhile
        return saved

    async def get(self, row: type[Row], entity: type[T], id: object) -> T | None:
        """The entity with this id."""
        return await self.one(_by_id(row), entity, id=id)

    async def one(self, statement: Statement, entity: type[T], **values: object) -> T | None:
        """The first row as an entity, None when there is none."""
        result = await self.execute(statement, values)
        found = result.first()
        return None if found is None else _reader(entity, tuple(result.keys()))(found)

    async def all(self, statement: Statement, entity: type[T], **values: object) -> list[T]:
        """Every row as an entity, in the statement's order."""
        result = await self.execute(statement, values)
        read = _reader(entity, tuple(result.keys()))
        return [read(found) for found in result]

    async def scalar(self, statement: Statement, **values: object) -> Any:
        """The first column of the first row, None when there is no row."""
        return (await self.execute(statement, values)).scalar()

    async def change(self, statement: Statement, **values: object) -> int:
        """How many rows an update or delete met."""
        return int((await self.execute(statement, values)).rowcount)


def to_row(row: type[Row], entity: object) -> dict[str, Any]:
    """The values of the columns that the entity has fields or properties for."""
    names, pick = _writer(row, type(entity))
    return dict(zip(names, pick(entity), strict=True))


def to_entity(values: Mapping[str, Any], entity: type[T]) -> T:
    """The entity of one row's values; columns that are no fields are left out."""
    return _reader(entity, tuple(values))(tuple(values.values()))


@functools.cache
def _insert(row: type[Row]) -> Prepared:
    return Prepared(sa.insert(row.__table__))


@functools.cache
def _upsert(row: type[Row], dialect: str) -> Prepared:
    table = row.__table__
    names = [column.key for column in table.c if not column.primary_key]
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        new = sqlite.insert(table)
        return Prepared(new.on_conflict_do_update(set_={name: new.excluded[name] for name in names}))
    added = mysql.insert(table)
    return Prepared(added.on_duplicate_key_update({name: added.inserted[name] for name in names}))


@functools.cache
def _update(row: type[Row]) -> Prepared:
    table = row.__table__
    condition = table.c.id == sa.bindparam("_id"), table.c.version == sa.bindparam("_version")
    return Prepared(sa.update(table).where(*condition))


@functools.cache
def _by_id(row: type[Row]) -> Prepared:
    return Prepared(sa.select(row.__table__).where(row.__table__.c.id == sa.bindparam("id")))


def _writer(row: type[Row], entity: type) -> tuple[tuple[str, ...], Callable[[object], tuple[Any, ...]]]:
    """The columns that the entity has values for, and what picks those; made once per pair."""
    if (row, entity) not in _writers:
        names = tuple(column.key for column in row.__table__.c if hasattr(entity, column.key))
        _writers[row, entity] = names, lambda found: tuple([getattr(found, name) for name in names])
    return _writers[row, entity]  # type: ignore[no-any-return]


def _reader(entity: type[T], keys: tuple[str, ...]) -> Callable[[Sequence[Any]], T]:
    """What makes the entity of a row with these columns; made once per pair."""
    if (entity, keys) not in _readers:
        places = [(name, keys.index(name)) for name in entity_fields(entity) if name in keys]
        _readers[entity, keys] = lambda found: entity(**{name: found[place] for name, place in places})
    return _readers[entity, keys]  # type: ignore[no-any-return]


def entity_fields(entity: type) -> tuple[str, ...]:
    """The names that an entity, a dataclass or a Struct, is made of."""
    if dataclasses.is_dataclass(entity):
        return tuple(field.name for field in dataclasses.fields(entity) if field.init)
    return tuple(entity.__struct_fields__)  # type: ignore[attr-defined]
