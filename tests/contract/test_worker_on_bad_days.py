"""Disks that are full, databases and caches that take no writes: workers go on, say so, and lose nothing."""

import asyncio
import contextlib
import logging
import resource
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pymysql
import pytest
import redis
from sqlalchemy import event

from asperguide.adapters.jobs.reactions import Reaction, by_kind
from asperguide.adapters.jobs.worker import Worker
from asperguide.adapters.memory.doorbell import MemoryDoorbell
from asperguide.adapters.redis.cache import RedisCache
from asperguide.adapters.redis.connection import Breaker, connect
from asperguide.adapters.redis.doorbell import RedisDoorbell
from asperguide.adapters.sql.engine import Database, open_sqlite
from asperguide.adapters.sql.identity import SqlIdentityReads, SqlIdentityUnitOfWork
from asperguide.adapters.sql.ledger import SqlLedger
from asperguide.shared.errors import DatabaseUnavailable
from asperguide.shared.ledger import NewJob, as_job
from asperguide.shared.ports import Cached, Doorbell, JobOptions, Message
from asperguide.shared.tracing import Trace
from asperguide.testing import MovableClock
from asperguide.testing.contracts.people import IDS, credential, person
from tests.contract.conftest import create_tables, on_server
from tests.servers import MariaDB, RedisServer, eventually, need, prepare_mariadb

JOBS = 30
LONG_NAME = "Síle " * 40


class Registering(Message):
    number: int


class Day:
    """Jobs of which each registers somebody and ends with that, and a worker on them."""

    def __init__(self, database: Database, clock: MovableClock, doorbell: Doorbell, purge: Any = None) -> None:
        self.database, self.clock, self.doorbell, self.purge = database, clock, doorbell, purge
        self.ledger, self.reads = SqlLedger(database, clock), SqlIdentityReads(database)
        self.users = [person(f"person{number}", full_name=LONG_NAME) for number in range(JOBS)]
        self.rows: list[NewJob] = []
        self.refused = 0
        self.hesitating = asyncio.Event()

    def begin(self) -> SqlIdentityUnitOfWork:
        return SqlIdentityUnitOfWork(self.database, clock=self.clock, ids=IDS, purge=self.purge, doorbell=self.doorbell)

    async def put(self, first: int, last: int) -> None:
        now = self.clock.now()
        messages = [Registering(number=number) for number in range(first, last)]
        rows = [as_job(each, JobOptions(), id=IDS.new(), now=now, trace=Trace()) for each in messages]
        await self.ledger.put(rows)
        self.rows += rows

    async def register(self, message: Registering, row: UUID) -> None:
        user = self.users[message.number]
        try:
            async with self.begin() as uow:
                await uow.users.add(user, credential(user))
                uow.complete(row)
                await uow.commit()
        except DatabaseUnavailable:
            self.refused += 1
            raise

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[Worker]:
        worker = Worker(
            self.ledger, by_kind([Reaction(name="register", message=Registering, do=self.register)]),
            clock=self.clock, ids=IDS, doorbell=self.doorbell, queues={"default": 4},
            lease=timedelta(seconds=3), poll=timedelta(seconds=0.02),
        )  # fmt: skip
        running = asyncio.create_task(worker.run())
        try:
            yield worker
            assert not running.done()
        finally:
            await worker.drain(timedelta(seconds=10))
            await running

    async def there(self) -> int:
        return len([user for user in self.users if await self.reads.user(user.id) is not None])

    async def all_there(self) -> bool:
        self.clock.advance(timedelta(seconds=1))  # many were put off meanwhile
        return await self.there() == JOBS

    async def nothing_left(self) -> bool:
        self.clock.advance(timedelta(days=1))
        return not await self.ledger.claim("looker-on", "default", 10, timedelta(seconds=1))


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    database = open_sqlite(tmp_path / "asperguide.sqlite3")
    await create_tables(database)
    yield database
    await database.close()


@contextlib.contextmanager
def pragma(database: Database, bad: str, good: str) -> Iterator[None]:
    """Every connection gets the one when it is taken, and the other one afterwards."""
    told = [bad]

    def tell(connection: Any, *_: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA {told[0]}")
        cursor.close()

    event.listen(database.engine.sync_engine, "checkout", tell)
    yield
    told[0] = good


@contextlib.contextmanager
def no_room(folder: Path) -> Iterator[None]:
    """No file may become longer than the longest of these; what a disk without room does, done by the kernel."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(file.stat().st_size for file in folder.iterdir()), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("trouble", ["read-only", "full", "no room"])
async def test_a_file_that_takes_no_writes_costs_no_job_and_no_worker(
    sqlite: Database, clock: MovableClock, tmp_path: Path, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    day = Day(sqlite, clock, MemoryDoorbell())
    await day.put(0, JOBS)
    troubles = {
        "read-only": lambda: pragma(sqlite, "query_only = ON", "query_only = OFF"),
        "full": lambda: pragma(sqlite, "max_page_count = 1", "max_page_count = 1000000"),
        "no room": lambda: no_room(tmp_path),
    }
    async with day.working():
        with troubles[trouble]():
            await eventually(lambda: day.refused >= 3 or "could not be read" in caplog.text, 20)
            assert await day.there() < JOBS
        await eventually(day.all_there, 60)
    assert await day.nothing_left()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.fixture
async def small_server(tmp_path: Path) -> AsyncIterator[tuple[MariaDB, Database]]:
    """A server of which all tables together may take 18 MB, of which it needs 12 for itself and some for each table."""
    need("mariadbd", "mariadb-install-db")
    (folder := tmp_path / "server").mkdir()
    server = prepare_mariadb(folder)
    assert server.daemon is not None
    server.daemon.command += ["--innodb-file-per-table=OFF", "--innodb-data-file-path=ibdata1:12M:autoextend:max:18M"]
    try:
        server.start()
        database = on_server(server, server.create_database())
        await create_tables(database)
        yield server, database
        await database.close()
    finally:
        server.stop(signal.SIGKILL)


async def test_a_server_without_room_costs_no_job_and_no_worker(
    small_server: tuple[MariaDB, Database], clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    server, database = small_server
    assert server.daemon is not None
    schema = str(database.engine.url.database)
    day = Day(database, clock, MemoryDoorbell())
    await day.put(0, JOBS)
    server.run("CREATE TABLE ballast (words LONGTEXT)", schema)
    with pytest.raises(pymysql.OperationalError, match="full"):
        while True:
            server.run("INSERT INTO ballast VALUES (REPEAT('x', 4000))", schema)
    async with day.working():
        await eventually(lambda: day.refused >= 3, 20)
        assert await day.there() < JOBS
        await asyncio.to_thread(server.stop)
        server.daemon.command[-1] = server.daemon.command[-1].replace("18M", "64M")
        await asyncio.to_thread(server.start)
        await eventually(day.all_there, 60)
    assert await day.nothing_left()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


TROUBLES = {
    "has no replica to write to": ("CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0"),
    "is a replica": ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"),
    "has no memory": ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"),
}


@pytest.mark.parametrize("trouble", list(TROUBLES))
async def test_a_redis_that_takes_no_writes_costs_no_job_and_shows_nothing_old(
    sqlite: Database, own_redis: RedisServer, clock: MovableClock, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = TROUBLES[trouble]
    async with connect(host=own_redis.host, port=own_redis.port, password=own_redis.password) as client:
        breaker = Breaker(pause=0.1)
        cache = RedisCache(client, breaker, "test:")
        doorbell = RedisDoorbell(client, breaker, MemoryDoorbell(), "test:")
        day = Day(sqlite, clock, doorbell, cache.purge)
        await cache.put("user:1", Cached(version=1, value=b"old"), timedelta(minutes=1))
        assert await cache.get("user:1")
        own_redis.client().execute_command(bad)
        with pytest.raises(redis.ResponseError):
            own_redis.client().set("anything", "x")
        async with day.working():
            await day.put(0, JOBS)
            await doorbell.ring()
            await cache.purge({"user:1": 2})
            assert await cache.get("user:1") is None
            await cache.put("user:3", Cached(version=1, value=b"new"), timedelta(minutes=1))
            await eventually(day.all_there, 60)
            assert await cache.get("user:1") is None
            own_redis.client().execute_command(good)

            async def is_used_again() -> bool:
                await cache.put("user:2", Cached(version=1, value=b"new"), timedelta(minutes=1))
                return await cache.get("user:2") is not None

            await eventually(is_used_again, 20)
            await cache.put("user:1", Cached(version=1, value=b"old"), timedelta(minutes=1))
            assert await cache.get("user:1") is None, "what was purged meanwhile came back"
        assert await day.nothing_left()
        await doorbell.aclose()
    assert "redis is out of reach, going on without it" in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
