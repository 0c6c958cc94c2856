"""What jobs may do to their worker's process: fork it, fill its memory, end it. Others go on, and nothing is lost."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from asperguide.adapters.sql.engine import Database
from benchmarks.jobs import Effect, job, make_tables, opened, put, reconcile
from tests.servers import MariaDB, die_with_parent, eventually

LEASE = 1.5

WORKER = """
import asyncio, json, logging, os, resource, signal, sys
from datetime import timedelta
from uuid import UUID
import sqlalchemy as sa
from asperguide.adapters.jobs.reactions import Reaction, by_kind
from asperguide.adapters.jobs.worker import Worker
from asperguide.adapters.memory.doorbell import MemoryDoorbell
from asperguide.adapters.sql.ledger import SqlLedger
from asperguide.adapters.sql.unit_of_work import SqlUnitOfWork
from asperguide.adapters.system import SystemClock, SystemIds
from benchmarks.jobs import Effect, effects, opened

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
url, bad_habit, lease = sys.argv[1], sys.argv[2], float(sys.argv[3])
database, clock, ids = opened(url), SystemClock(), SystemIds()


def say(**words):
    os.write(1, (json.dumps(words) + "\\n").encode())


async def fork_and(go_on):
    child = os.fork()
    if child == 0:
        return await go_on()
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    say(child=os.waitstatus_to_exitcode(status))


async def fail():
    raise LookupError("in the child")


async def fork_and_stay():
    if (child := os.fork()) == 0:
        import time
        time.sleep(60)
        os._exit(0)
    say(child=child)
    async with database.transaction() as store:
        await store.execute(sa.text("UPDATE bench_effects SET number = number"))
        os.kill(os.getpid(), signal.SIGKILL)


async def take_two_gigabytes():
    with open("/proc/self/status") as status:
        (size,) = [int(line.split()[1]) * 1024 for line in status if line.startswith("VmSize")]
    resource.setrlimit(resource.RLIMIT_AS, (size + 2**28, resource.RLIM_INFINITY))
    try:
        bytearray(2**31)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


async def be_killed():
    os.kill(os.getpid(), signal.SIGKILL)


HABITS = {
    "fork-and-return": lambda: fork_and(lambda: asyncio.sleep(0)),
    "fork-and-wait": lambda: fork_and(lambda: asyncio.sleep(0.05)),
    "fork-and-fail": lambda: fork_and(fail),
    "fork-and-stay": fork_and_stay,
    "two-gigabytes": take_two_gigabytes,
    "killed": be_killed,
}


async def effect(message: Effect, job: UUID) -> None:
    if message.before:
        await HABITS[bad_habit]()
    async with SqlUnitOfWork(database, clock=clock, ids=ids) as uow:
        await uow.store.execute(sa.insert(effects), {"job": job})
        uow.complete(job)
        await uow.commit()


async def main() -> None:
    worker = Worker(
        SqlLedger(database, clock),
        by_kind([Reaction(name="effect", message=Effect, do=effect)]),
        clock=clock, ids=ids, doorbell=MemoryDoorbell(), queues={"default": 4},
        lease=timedelta(seconds=lease), poll=timedelta(seconds=0.05),
    )
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    running = asyncio.create_task(worker.run())
    say(working=os.getpid())
    await told.wait()
    await worker.drain(timedelta(seconds=5))
    await running
    await database.close()


asyncio.run(main())
"""


class Process:
    """A worker process in which every job that asks for it has the bad habit."""

    def __init__(self, url: str, habit: str, folder: Path) -> None:
        self.told, self._log = folder / f"{habit}.out", folder / f"{habit}.err"
        self._command = [sys.executable, "-c", WORKER, url, habit, str(LEASE)]
        self.start()

    def start(self) -> None:
        with self.told.open("ab") as out, self._log.open("ab") as err:
            self._process = subprocess.Popen(
                self._command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent
            )

    @property
    def words(self) -> list[str]:
        return self.told.read_text().splitlines()

    @property
    def log(self) -> str:
        return self._log.read_text()

    def ended(self) -> int | None:
        return self._process.poll()

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def working(url: str, habit: str, folder: Path) -> Iterator[Process]:
    process = Process(url, habit, folder)
    try:
        yield process
    finally:
        process.kill()
        sys.stdout.write(process.log[-5000:])


@pytest.fixture(params=["sqlite", "mariadb"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger, as a worker process is told of it."""
    if request.param == "sqlite":
        found = f"sqlite:{tmp_path / 'ledger.sqlite3'}"
    else:
        server: MariaDB = request.getfixturevalue("mariadb")
        schema = request.getfixturevalue("mariadb_database")
        found = f"mysql://{server.user}:{quote(server.password)}@{server.host}:{server.port}/{schema}"
    await make_tables(found)
    return found


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    found = opened(url)
    yield found
    await found.close()


async def ask(url: str, *, bad: int, good: int, attempts: int = 20) -> None:
    """So many jobs with the bad habit, which come first, and so many without."""
    rows = [job(Effect(before=1.0 if number < bad else 0.0)) for number in range(bad + good)]
    await put(url, [replace(row, max_attempts=attempts) for row in rows])


async def rows_of(database: Database, statement: str) -> list[tuple[object, ...]]:
    async with database.reading() as store:
        return [tuple(row) for row in await store.execute(sa.text(statement))]


@pytest.mark.parametrize("habit", ["fork-and-return", "fork-and-wait", "fork-and-fail"])
async def test_what_a_job_forks_off_never_works_as_its_worker(url: str, habit: str, tmp_path: Path) -> None:
    await ask(url, bad=2, good=10)

    async def done() -> bool:
        return (await reconcile(url)).exact

    with working(url, habit, tmp_path) as process:
        await eventually(done, 30)
        assert process.stop() == 0
    ends = [word for word in process.words if "child" in word]
    assert ends == [f'{{"child": {os.EX_SOFTWARE}}}'] * 2
    assert len([word for word in process.words if "working" in word]) == 1
    assert process.log.count("(jobs.effect) forked a process") == 2
    assert "ERROR" not in process.log
    assert (await reconcile(url)).again == 0


@pytest.mark.parametrize("url", ["mariadb"], indirect=True)
async def test_what_a_job_forks_off_holds_no_transaction_of_a_worker_that_died(
    url: str, database: Database, tmp_path: Path
) -> None:
    await ask(url, bad=0, good=1)
    with working(url, "fork-and-stay", tmp_path) as process:
        await eventually(lambda: _one_is_done(url), 30)
        await ask(url, bad=1, good=0)
        await eventually(lambda: process.ended() is not None, 30)
        (child,) = [json.loads(word)["child"] for word in process.words if "child" in word]
        try:
            async with database.transaction() as store:  # waits for what holds the row, and gives up after 5 s
                await store.execute(sa.text("UPDATE bench_effects SET number = number + 1000"))
            os.kill(child, 0)
        finally:
            os.kill(child, signal.SIGKILL)


async def _one_is_done(url: str) -> bool:
    return (await reconcile(url)).done == 1


async def test_a_job_that_wants_more_memory_than_there_is_fails_alone(
    url: str, database: Database, tmp_path: Path
) -> None:
    await ask(url, bad=1, good=10, attempts=1)

    async def over() -> bool:
        return not await rows_of(database, "SELECT 1 FROM ledger_jobs WHERE state IN ('waiting', 'running')")

    with working(url, "two-gigabytes", tmp_path) as process:
        await eventually(over, 30)
        assert process.stop() == 0
    assert (await reconcile(url)).done == 10
    assert await rows_of(database, "SELECT error FROM ledger_jobs WHERE state = 'dead'") == [("MemoryError: ",)]
    assert "failed at attempt 1: MemoryError" in process.log


async def test_a_job_that_gets_every_worker_killed_is_given_up_and_the_others_are_done(
    url: str, database: Database, tmp_path: Path
) -> None:
    await ask(url, bad=1, good=10, attempts=3)  # the first of the good ones begin beside the bad one, twice
    reason = "the worker died or lost its lease"

    async def over() -> bool:
        if process.ended() is not None:
            process.start()  # as whoever supervises it does
        return (await reconcile(url)).done == 10 and bool(
            await rows_of(database, f"SELECT 1 FROM ledger_jobs WHERE state = 'dead' AND error = '{reason}'")
        )

    with working(url, "killed", tmp_path) as process:
        await eventually(over, 60)
        assert process.stop() == 0
    assert len([word for word in process.words if "working" in word]) == 4
    found = await reconcile(url)
    assert (found.lost, found.doubled) == (1, 0)
