"""Watching, on each kind of persistence; and the schema and the clock of those that have their own."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from asperguide.adapters.memory.ledger import MemoryLedger
from asperguide.adapters.memory.tables import MemoryDatabase
from asperguide.adapters.memory.watch import MemoryWatch
from asperguide.adapters.sql import migrations
from asperguide.adapters.sql.engine import Database, open_sqlite
from asperguide.adapters.sql.watch import SqlWatch
from asperguide.adapters.system import SystemClock
from asperguide.operations.ports import Watch
from asperguide.testing import MovableClock
from asperguide.testing.contracts import Persistence, WatchContract
from tests.contract.conftest import opened
from tests.contract.persistences import memory_persistence, sql_persistence

Watched = tuple[Persistence, Watch]


@pytest.fixture(params=["memory", "sqlite", "mariadb"])
async def watched(request: pytest.FixtureRequest, clock: MovableClock) -> AsyncIterator[Watched]:
    """A persistence, and who looks at it."""
    if request.param == "memory":
        database = MemoryDatabase()
        persistence = memory_persistence(clock, database)
        assert isinstance(persistence.ledger, MemoryLedger)
        yield persistence, MemoryWatch(database, persistence.ledger)
        return
    async with opened(request.param, request) as ready:
        yield sql_persistence(ready, clock), SqlWatch(ready)


class TestWatches(WatchContract):
    """Each of them."""

    @pytest.fixture
    def persistence(self, watched: Watched) -> Persistence:
        return watched[0]

    @pytest.fixture
    def watch(self, watched: Watched) -> Watch:
        return watched[1]


async def test_a_schema_fits_when_it_is_that_of_the_program_or_newer(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "a.sqlite3")
    watch, now = SqlWatch(database), SystemClock().now()
    await migrations.up(database)
    assert (await watch.look(now)).schema_fits
    for revision, fits in (("9999", True), ("0001", False)):
        async with database.writing() as store:
            await store.execute(f"UPDATE alembic_version SET version_num = '{revision}'")
        assert (await watch.look(now)).schema_fits is fits
    await database.close()


async def test_a_server_tells_its_own_time(server_database: Database) -> None:
    clock = SystemClock()
    seen = await SqlWatch(server_database).look(clock.now() + timedelta(hours=1))
    assert abs(clock.now() - seen.time) < timedelta(seconds=30)
