"""Backups without tools of the server: one consistent look at every table into an archive, and back, all or nothing."""

import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncConnection

from asperguide.adapters.sql import migrations, replacing
from asperguide.adapters.sql.archive import Archive, ArchiveWriter, Footer, Header, Kept, Kind, Shape
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.failures import translated
from asperguide.adapters.sql.store import run
from asperguide.adapters.sql.types import KeyText, UtcDateTime, Uuid
from asperguide.shared.errors import DatabaseUnavailable

CHUNK = 500
BOUND: dict[Kind, sa.types.TypeEngine[Any]] = {
    "uuid": Uuid(),
    "instant": UtcDateTime(),
    "date": sa.Date(),
    "key-text": KeyText(255),
    "text": sa.Text(),
    "bytes": sa.LargeBinary(),
    "integer": sa.BigInteger(),
    "boolean": sa.Boolean(),
    "float": sa.Double(),
}
"""How values of each kind travel to and from any database; widths are the tables' business."""

Told = Callable[[int], None]
"""Is called with the number of rows that have just been moved."""


class RestoreRefused(Exception):
    """The database or the archive is not one for this; the database is as it was."""


def kind_of(column: sa.Column[Any]) -> Kind:
    """What the column holds, whatever the database makes of it. TypeError for types that nobody taught this."""
    kind: Any = column.type
    if isinstance(kind, Uuid | UtcDateTime | KeyText):
        return "uuid" if isinstance(kind, Uuid) else "instant" if isinstance(kind, UtcDateTime) else "key-text"
    stored = kind.impl_instance if isinstance(kind, sa.types.TypeDecorator) else kind
    names: tuple[tuple[Any, Kind], ...] = (
        (sa.Boolean, "boolean"),
        (sa.Integer, "integer"),
        (sa.Float, "float"),
        (sa.Date, "date"),
        (sa.LargeBinary, "bytes"),
        (sa.String, "text"),
    )
    for parent, name in names:
        if isinstance(stored, parent):
            return name
    raise TypeError(f"{column}: backups do not know {kind!r}")


def shapes() -> tuple[Shape, ...]:
    """Every table, those that others refer to first."""
    return tuple(
        Shape(name=str(table.name), columns=tuple((str(column.name), kind_of(column)) for column in table.columns))
        for table in migrations.metadata().sorted_tables
    )


async def count(database: Database) -> int:
    """About how many rows a backup has. Raises SchemaOutdated."""
    async with _snapshot(database) as (connection, _):
        counts = [await connection.scalar(sa.select(sa.func.count()).select_from(_table(one))) for one in shapes()]
    return sum(found or 0 for found in counts)


async def dump(
    database: Database,
    file: IO[bytes],
    *,
    program: str,
    now: datetime,
    told: Told,
    objects: AsyncIterable[Iterable[Kept]] | None = None,
) -> Footer:
    """Write everything as it is at one moment; nobody who writes meanwhile is held up. Raises SchemaOutdated.

    `objects` are listed afterwards, so that all that the rows point to are among them, but for those removed meanwhile.
    """
    async with contextlib.AsyncExitStack() as stack:
        connection, revision = await stack.enter_async_context(_snapshot(database))
        source = "sqlite" if database.embedded else "mysql"
        header = Header(revision=revision, program=program, source=source, made_at=now, tables=shapes())
        with contextlib.closing(ArchiveWriter(file, header)) as archive:
            for shape in header.tables:
                archive.table(shape.name)
                async for rows in _read(connection, shape):
                    archive.add(rows)
                    told(len(rows))
            await stack.aclose()
            if objects is not None:
                archive.keep(())
                async for page in objects:
                    archive.keep(page)
            return archive.finish()


async def load(database: Database, archive: Archive, *, replace: bool, told: Told) -> Footer:
    """Read a backup into an empty database, or in the place of everything that is there, then migrate it up.

    All or nothing: what was there stays until the new is whole, on SQLite by one transaction, on a server under other
    names. Killed on a server, the database says that it is incomplete until this, or `undo`, is done again. Raises
    ArchiveDamaged and RestoreRefused; the database is as it was then.
    """
    footer, revision = archive.check(), archive.header.revision
    if revision > migrations.head():
        raise RestoreRefused(f"The backup has revision {revision}, this program knows {migrations.head()}: update it.")
    if revision not in migrations.revisions():
        raise RestoreRefused(f"The backup has revision {revision}, which there never was.")
    async with migrations.alone(database) as connection:
        incomplete = (await migrations.status_seen_by(connection)).is_incomplete
        if not (replace or incomplete) and (name := await _first_with_rows(connection)):
            raise RestoreRefused(f"There is something in {name}. To lose everything in this database: --replace")
        try:
            if database.embedded:
                await replacing.drop(connection, await replacing.tables(connection))
                await _fill(connection, archive, replacing.VERSION, told)
            else:
                async with replacing.replacing(connection):
                    await _fill(connection, archive, replacing.NEXT_VERSION, told)
        except exc.SQLAlchemyError as error:
            if (meaning := translated(error)) is not error and isinstance(meaning, DatabaseUnavailable):
                raise meaning from error
            raise RestoreRefused(f"The backup does not fit its revision, {revision}: {_reason(error)}") from error
    return footer


async def undo(database: Database) -> None:
    """Give a server whose restore was cut off what it had before. Raises RestoreRefused when none was cut off."""
    async with migrations.alone(database) as connection:
        if database.embedded or not (await migrations.status_seen_by(connection)).is_incomplete:
            raise RestoreRefused("No restore into this database was cut off: there is nothing to undo.")
        await replacing.put_back(connection)


@contextlib.asynccontextmanager
async def _snapshot(database: Database) -> AsyncIterator[tuple[AsyncConnection, str]]:
    """A connection that sees everything as it was at one moment, and the revision then; closed at the end."""
    async with database.engine.connect() as connection:
        try:
            if database.embedded:
                await run(connection, "BEGIN")
            else:
                maria = "mariadb" in str((await run(connection, "SELECT VERSION()")).scalar()).lower()
                await run(connection, f"SET SESSION {'max_statement_time' if maria else 'max_execution_time'} = 0")
                await run(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                await run(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            yield connection, migrations.demand_current(await migrations.status_seen_by(connection))
        finally:
            await connection.invalidate()


async def _read(connection: AsyncConnection, shape: Shape) -> AsyncIterator[Sequence[sa.Row[Any]]]:
    """The rows in the order of the primary key, some at a time."""
    table = _table(shape)
    key = [table.c[column.name] for column in migrations.metadata().tables[shape.name].primary_key]
    after: sa.ColumnElement[bool] | None = None
    while True:
        wanted = sa.select(table).order_by(*key).limit(CHUNK)
        rows = (await connection.execute(wanted if after is None else wanted.where(after))).all()
        if rows:
            yield rows
        if len(rows) < CHUNK:
            return
        last = [sa.literal(rows[-1]._mapping[column], column.type) for column in key]
        after = key[0] > last[0] if len(key) == 1 else sa.tuple_(*key) > sa.tuple_(*last)


async def _fill(connection: AsyncConnection, archive: Archive, version_table: str, told: Told) -> None:
    """Make the tables of the backup's revision, write all rows, and migrate up. Rows are written in one transaction."""
    await migrations.upgrade(connection, archive.header.revision, version_table)
    in_transaction = connection.dialect.name == "sqlite"
    if not in_transaction:
        await connection.exec_driver_sql("BEGIN")
    for shape, rows in _chunks(archive):
        names = [name for name, _ in shape.columns]
        await connection.execute(sa.insert(_table(shape)), [dict(zip(names, row, strict=True)) for row in rows])
        told(len(rows))
    if not in_transaction:
        await connection.exec_driver_sql("COMMIT")
    await migrations.upgrade(connection, version_table=version_table)


def _chunks(archive: Archive) -> Iterator[tuple[Shape, list[tuple[Any, ...]]]]:
    for _, pairs in groupby(archive, key=lambda pair: pair[0].name):
        while chunk := list(islice(pairs, CHUNK)):
            yield chunk[0][0], [row for _, row in chunk]


async def _first_with_rows(connection: AsyncConnection) -> str | None:
    for name in await replacing.tables(connection):
        found = await connection.execute(sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1))
        if name != replacing.VERSION and found.first() is not None:
            return name
    return None


def _reason(error: exc.SQLAlchemyError) -> str:
    """What the database said, or the library, in one line."""
    said = error.orig if isinstance(error, exc.StatementError) and error.orig is not None else error
    return next(iter(f"{said}".splitlines()), type(said).__name__)


def _table(shape: Shape) -> sa.TableClause:
    return sa.table(shape.name, *(sa.column(name, BOUND[kind]) for name, kind in shape.columns))
