"""The ledger: how many jobs a second, what a claim costs among many rows, and whether killing loses or doubles any."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from sqlalchemy import event

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.ledger import SqlLedger
from asperguide.adapters.system import SystemClock
from benchmarks.figures import Check, Report
from benchmarks.job_worker import WORKING
from benchmarks.jobs import (
    PLACES,
    POLL,
    Reconciled,
    enqueue,
    make_tables,
    numbers,
    opened,
    pace,
    put,
    reconcile,
    slow_effects,
)
from benchmarks.processes import CLIENT_CORE, ROOT, SERVER_CORE, environment, pinned_to, python
from benchmarks.rigs import Run
from benchmarks.servers import PASSWORD, USER, Backends

JOBS_A_SECOND = 5_000
WAITING = 100_000
FINISHED = 1_000_000
CLAIMS = 150
LEASE_SECONDS = 30.0
KILLED_LEASE_SECONDS = 6.0
LIVE = "SELECT COUNT(*) FROM ledger_jobs WHERE state IN ('waiting', 'running')"
DAY = timedelta(days=1)
JOB_SECONDS = 1.0
START_SECONDS = 60.0


def jobs(run: Run) -> Report:
    """No-op jobs with two workers on MariaDB and with one on SQLite; the time of a claim among waiting rows."""
    alone, among_many = database(run.servers, "bench_claims"), database(run.servers, "bench_claims_many")
    bare, crowded = asyncio.run(_claim_times(alone, among_many))
    checks = [
        Check(name="claim of 10, nothing else waits", value=bare * 1000, unit="ms"),
        Check(name=f"claim of 10, {2 * WAITING:,} more wait", value=crowded * 1000, unit="ms"),
        Check(name="ratio of the two", value=crowded / bare, unit="x", at_most=1.2),
    ]
    for name, url, cores, bar in (
        ("MariaDB, durable, 2 workers", durable(run.servers, "bench_jobs"), (SERVER_CORE, CLIENT_CORE), 1500),
        ("SQLite, 1 worker", f"sqlite:{run.folder / 'jobs.sqlite3'}", (SERVER_CORE,), 800),
    ):
        count = JOBS_A_SECOND * run.seconds
        asyncio.run(_fill(url, count))
        with workers(url, run.folder, cores, LEASE_SECONDS):
            wait_until_done(url, 30 + count / 100)
        done, rate = asyncio.run(pace(url))
        checks += [
            Check(name=f"{name}: no-op jobs", value=rate, unit="/s", at_least=bar),
            Check(name=f"{name}: jobs done", value=done, at_least=count, at_most=count),
        ]
    return Report("jobs", checks=checks)


def job_kills(run: Run) -> Report:
    """Workers killed with -9 again and again while jobs arrive; every effect happened once.

    `JOB_KILLS` and `JOB_COUNT` in the environment make it smaller or larger.
    """
    kills, count = int(os.environ.get("JOB_KILLS", "100")), int(os.environ.get("JOB_COUNT", "2000"))
    url, random = durable(run.servers, "bench_kills"), Random(run.seed)
    outcome = kill_again_and_again(url, run.folder, jobs=count, kills=kills, random=random)
    recovery = kill_all(url, run.folder, random)
    within = KILLED_LEASE_SECONDS + POLL.total_seconds() + JOB_SECONDS
    return Report(
        "job-kills",
        checks=[
            Check(name="workers killed", value=kills),
            Check(name="jobs", value=outcome.jobs, at_least=count, at_most=count),
            Check(name="jobs that were begun more than once", value=outcome.again),
            Check(name="effects lost", value=outcome.lost, at_most=0),
            Check(name="effects doubled", value=outcome.doubled, at_most=0),
            Check(name="effects of no job", value=outcome.unasked, at_most=0),
            Check(name="all killed at once: their jobs done again after", value=recovery, unit="s", at_most=within),
        ],
    )


def ledger_plans(run: Run) -> Report:
    """How MariaDB finds rows among a million that are finished and a hundred thousand that wait, half of them due."""
    url = database(run.servers, "bench_plans")
    asyncio.run(make_tables(url))
    _fill_by_server(run.servers, "bench_plans")
    return Report("ledger-plans", checks=asyncio.run(_plans(url)))


async def _plans(url: str) -> list[Check]:
    """What the ledger really sends, explained, and how long each call takes."""
    found, clock, sent = opened(url), SystemClock(), list[tuple[str, Any]]()
    ledger, lease = SqlLedger(found, clock), timedelta(minutes=5)
    event.listen(found.engine.sync_engine, "before_cursor_execute", lambda *told: sent.append((told[2], told[3])))
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "poll of an empty queue": lambda: ledger.claim("bench", "empty", 10, lease),
        "claim of 10": lambda: ledger.claim("bench", "default", 10, lease),
        "leases that are over": lambda: ledger.lapsed(lease),
        "prune of 1,000": lambda: ledger.prune(clock.now() - timedelta(days=7)),
    }
    checks = []
    for name, call in calls.items():
        sent.clear()
        started = time.perf_counter()
        await call()
        elapsed = (time.perf_counter() - started) * 1000
        plans = [plan for text, values in list(sent) for plan in await _explained(found, text, values)]
        good = all(plan["key"] is not None and "filesort" not in str(plan["Extra"]) for plan in plans)
        keys = ", ".join(dict.fromkeys(f"{plan['key']} ({plan['type']})" for plan in plans))
        checks += [
            Check(name=f"{name}: every statement by an index", value=good, at_least=1, note=keys),
            Check(name=f"{name}: time", value=elapsed, unit="ms", at_most=50),
        ]
    await found.close()
    return checks


async def _explained(found: Database, text: str, values: Any) -> list[dict[str, Any]]:
    """What MariaDB says of the ledger's table in a statement that finds rows."""
    if text.split()[0] not in ("SELECT", "UPDATE", "DELETE"):
        return []
    async with found.engine.connect() as connection:
        plans = (await connection.exec_driver_sql(f"EXPLAIN {text}", values)).mappings().all()
    return [dict(plan) for plan in plans if plan["table"] == "ledger_jobs"]


def kill_again_and_again(
    url: str,
    folder: Path,
    *,
    jobs: int,
    kills: int,
    random: Random,
    pause: tuple[float, float] = (0.5, 2.0),
    lease: float = KILLED_LEASE_SECONDS,
) -> Reconciled:
    """Two workers, of which one or the other dies after each pause and is replaced, while jobs keep both busy."""
    asyncio.run(make_tables(url))
    places_seconds = 2 * PLACES * kills * sum(pause) / 2
    left = list(slow_effects(jobs, places_seconds / jobs, random))
    with workers(url, folder, (SERVER_CORE, CLIENT_CORE), lease) as running:
        for kill in range(kills):
            share = -(-len(left) // (kills - kill))
            asyncio.run(put(url, left[:share]))
            del left[:share]
            time.sleep(random.uniform(*pause))
            running.replace(random.randrange(2))
        wait_until_done(url, 60 + jobs / 20 + 2 * lease)
    return asyncio.run(reconcile(url))


def kill_all(url: str, folder: Path, random: Random) -> float:
    """Kill both workers in the middle of their jobs, and start two; seconds until the jobs are done."""
    rows = list(slow_effects(2 * PLACES, JOB_SECONDS / 2, random))
    with workers(url, folder, (SERVER_CORE, CLIENT_CORE), KILLED_LEASE_SECONDS) as running:
        time.sleep(2)
        asyncio.run(put(url, rows))
        while asyncio.run(numbers(url, "SELECT COUNT(*) FROM ledger_jobs WHERE state = 'running'")) == [0]:
            pass
        killed = time.monotonic()
        for place in range(2):
            running.replace(place)
        wait_until_done(url, 60)
        return time.monotonic() - killed


class Workers:
    """Worker processes, each on the core that is told; with a Redis they hear its doorbell."""

    def __init__(self, url: str, folder: Path, cores: Sequence[int], lease: float, redis_url: str = "") -> None:
        self._command = python("-m", "benchmarks.job_worker", url, str(lease), redis_url)
        self._cores = cores
        self._logs = [folder / f"worker-{place}.log" for place in range(len(cores))]
        self.running = [self._start(place) for place in range(len(cores))]

    def _start(self, place: int) -> "subprocess.Popen[bytes]":
        with self._logs[place].open("ab") as out:
            return subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=environment({}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=pinned_to(self._cores[place]),
            )

    def wait_until_working(self) -> None:
        """All of them have begun. TimeoutError when one does not."""
        deadline = time.monotonic() + START_SECONDS
        while not all(WORKING in log.read_text(errors="replace") for log in self._logs):
            if time.monotonic() > deadline:
                raise TimeoutError("a worker did not begin")
            time.sleep(0.05)

    def replace(self, place: int) -> None:
        """Kill one with -9 and start another in its place."""
        self.running[place].kill()
        self.running[place].wait()
        self.running[place] = self._start(place)


@contextmanager
def workers(url: str, folder: Path, cores: Sequence[int], lease: float, redis_url: str = "") -> Iterator[Workers]:
    """Workers that drain at the end."""
    running = Workers(url, folder, cores, lease, redis_url)
    try:
        yield running
    finally:
        for process in running.running:
            process.send_signal(signal.SIGTERM)
        for process in running.running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def database(servers: Backends, name: str) -> str:
    """An empty database on the server."""
    servers.make_database(name)
    return url_of(servers, name)


def url_of(servers: Backends, name: str) -> str:
    """How our own adapters are told to reach one database."""
    return f"mysql://{USER}:{PASSWORD}@127.0.0.1:{servers.sql_port}/{name}"


def durable(servers: Backends, name: str) -> str:
    """The same on a server that from here on writes every commit to the disk, and may use every core."""
    servers.execute("mysql", "SET GLOBAL innodb_flush_log_at_trx_commit = 1")
    with servers.connect("mysql") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@pid_file")
        ((pid_file,),) = cursor.fetchall()
    for thread in Path(f"/proc/{Path(pid_file).read_text().strip()}/task").iterdir():
        os.sched_setaffinity(int(thread.name), range(os.cpu_count() or 1))
    return database(servers, name)


def wait_until_done(url: str, seconds: float) -> None:
    """No job waits or runs any more; TimeoutError when that takes longer."""
    deadline = time.monotonic() + seconds
    while asyncio.run(numbers(url, LIVE)) != [0]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"not done after {seconds:.0f} s")
        time.sleep(0.2)


async def _fill(url: str, count: int) -> None:
    await make_tables(url)
    await enqueue(url, count)


async def _claim_times(*urls: str) -> list[float]:
    """Seconds for a claim of ten, medians: among themselves, and beside rows that are due and rows that are not."""
    for url in urls:
        await _fill(url, CLAIMS * 10)
    await enqueue(urls[-1], WAITING)
    await enqueue(urls[-1], WAITING, run_at=SystemClock().now() + DAY)
    databases = [opened(url) for url in urls]
    ledgers, times = [SqlLedger(one, SystemClock()) for one in databases], [list[float]() for _ in databases]
    for _ in range(CLAIMS):
        for ledger, its in zip(ledgers, times, strict=True):
            started = time.perf_counter()
            taken = await ledger.claim("bench", "default", 10, timedelta(minutes=5))
            its.append(time.perf_counter() - started)
            assert len(taken) == 10
    for one in databases:
        await one.close()
    return [median(its) for its in times]


def _fill_by_server(servers: Backends, name: str) -> None:
    """Rows that ended in the last twelve days, and as many that are due as will be."""
    columns = (
        "id, kind, payload, queue, priority, state, run_at, attempts, max_attempts, fence, created_at, finished_at"
    )
    row = (
        "SELECT UNHEX(LPAD(HEX(seq), 32, '0')), 'jobs.nothing', '{{}}', 'default', 0, '{state}', "
        "UTC_TIMESTAMP(6) {after} INTERVAL seq SECOND, {tries}, 20, {tries}, UTC_TIMESTAMP(6), {ended} FROM {rows}"
    )
    half = FINISHED + WAITING // 2
    fillings = (
        row.format(
            state="done", after="-", tries=1, ended="UTC_TIMESTAMP(6) - INTERVAL seq SECOND",
            rows=f"seq_1_to_{FINISHED}",
        ),
        row.format(state="waiting", after="-", tries=0, ended="NULL", rows=f"seq_{FINISHED + 1}_to_{half}"),
        row.format(state="waiting", after="+", tries=0, ended="NULL", rows=f"seq_{half + 1}_to_{FINISHED + WAITING}"),
    )  # fmt: skip
    servers.execute(name, *(f"INSERT INTO ledger_jobs ({columns}) {one}" for one in fillings))
    servers.execute(name, "ANALYZE TABLE ledger_jobs")
