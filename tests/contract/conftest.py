"""Databases for contracts: our tables, empty, on SQLite, and on MariaDB where it is installed."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, exists, literal, select, union_all

from asperguide.adapters.sql import migrations
from asperguide.adapters.sql.engine import Database, open_mysql, open_sqlite
from asperguide.shared.ledger import Ledger
from asperguide.testing import MovableClock
from asperguide.testing.contracts import Persistence
from tests.contract.notes import NoteRow
from tests.contract.persistences import memory_persistence, sql_persistence
from tests.scoping import refuse_unscoped
from tests.servers import MariaDB

prepared: set[str] = set()


def on_server(server: MariaDB, schema: str, pool_size: int = 10) -> Database:
    """A schema of a test server."""
    return open_mysql(
        host=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        database=schema,
        pool_size=pool_size,
    )


async def create_tables(database: Database) -> None:
    """Every table that the program needs, and the notes of the tests."""
    async with database.engine.begin() as connection:
        await connection.run_sync(migrations.metadata().create_all)
        await connection.run_sync(NoteRow.metadata.create_all)


async def empty_tables(database: Database) -> None:
    """Delete every row: few tables have any, and one question tells which."""
    tables = {
        table.name: table for metadata in (migrations.metadata(), NoteRow.metadata) for table in metadata.sorted_tables
    }
    filled = union_all(
        *(select(literal(name)).where(exists(select(1).select_from(table))) for name, table in tables.items())
    )
    async with database.transaction() as store:
        names = {name for (name,) in await store.execute(filled)}
        for name in reversed(tables):
            if name in names:
                await store.execute(tables[name].delete())


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A SQLite database with our tables."""
    path = tmp_path_factory.mktemp("empty") / "asperguide.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    for metadata in (migrations.metadata(), NoteRow.metadata):
        metadata.create_all(engine)
    engine.dispose()
    return path.read_bytes()


@pytest.fixture
def clock() -> MovableClock:
    """Noon in May."""
    return MovableClock(datetime(2031, 5, 17, 12, tzinfo=UTC))


@pytest.fixture(scope="session")
def common_schema(mariadb: MariaDB) -> Iterator[str]:
    """The name of one schema for all tests of this process that need no more than our tables, empty."""
    schema = mariadb.create_database()
    yield schema
    mariadb.drop_database(schema)


@contextlib.asynccontextmanager
async def opened(kind: str, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A database of this kind with our tables, all empty."""
    if kind == "sqlite":
        path: Path = request.getfixturevalue("tmp_path") / "asperguide.sqlite3"
        path.write_bytes(request.getfixturevalue("empty_file"))
        database = open_sqlite(path)
    else:
        database = on_server(request.getfixturevalue("mariadb"), request.getfixturevalue("common_schema"))
        await (empty_tables if prepared else create_tables)(database)
        prepared.add(kind)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture(params=["sqlite", "mariadb"])
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    async with opened(request.param, request) as ready:
        yield ready


@pytest.fixture
async def server_database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """For what only a server can do."""
    async with opened("mariadb", request) as ready:
        yield ready


@pytest.fixture(params=["memory", "sqlite", "mariadb"])
async def persistence(request: pytest.FixtureRequest, clock: MovableClock) -> AsyncIterator[Persistence]:
    """Each kind of persistence."""
    if request.param == "memory":
        yield memory_persistence(clock)
        return
    async with opened(request.param, request) as ready:
        event.listen(ready.engine.sync_engine, "before_cursor_execute", refuse_unscoped)
        yield sql_persistence(ready, clock)


@pytest.fixture
def ledger(persistence: Persistence) -> Ledger:
    """The ledger of each kind of persistence."""
    return persistence.ledger
