"""The crowd campaign: many worker processes press on one ledger, and every job still happens once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from asperguide.shared.ledger import NewJob
from benchmarks.figures import Check, Report
from benchmarks.job_worker import doorbell_of
from benchmarks.jobs import Effect, Reconciled, job, make_tables, numbers, pace, put, reconcile
from benchmarks.ledger import durable, wait_until_done, workers
from benchmarks.processes import CLIENT_CORE, SERVER_CORE
from benchmarks.rigs import Run

PROCESSES = 16
JOBS = 10_000
LEASE_SECONDS = 30.0
LOCKS = {
    "waits for a row that another holds": "Innodb_row_lock_waits",
    "milliseconds waited for rows": "Innodb_row_lock_time",
    "deadlocks": "Innodb_deadlocks",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """What was left, how fast it went, how many workers took part, and how often they stood in one another's way."""

    found: Reconciled
    rate: float
    hands: int
    locks: Sequence[float]


def crowd(run: Run) -> Report:
    """Sixteen worker processes on MariaDB and Redis, and ten thousand jobs that are due at once."""
    url = durable(run.servers, "bench_crowd")
    cores = [place % 2 * (CLIENT_CORE - SERVER_CORE) + SERVER_CORE for place in range(PROCESSES)]
    redis_url = f"redis://127.0.0.1:{run.servers.redis_port}"
    seen = press(url, run.folder, cores=cores, jobs=JOBS, redis_url=redis_url, random=Random(run.seed))
    found = seen.found
    return Report(
        "crowd",
        checks=[
            Check(name="jobs done", value=found.done, at_least=JOBS, at_most=JOBS, note=f"of {found.jobs}"),
            Check(name="effects lost", value=found.lost, at_most=0),
            Check(name="effects doubled", value=found.doubled, at_most=0),
            Check(name="effects of no job", value=found.unasked, at_most=0),
            Check(name="jobs that were begun more than once", value=found.again),
            Check(name="workers that took part", value=seen.hands, at_least=PROCESSES, at_most=PROCESSES),
            Check(name="effects", value=seen.rate, unit="/s"),
            *(Check(name=name, value=value) for name, value in zip(LOCKS, seen.locks, strict=True)),
        ],
    )


def press(url: str, folder: Path, *, cores: Sequence[int], jobs: int, redis_url: str, random: Random) -> Crowd:
    """So many jobs, all due at once, for a worker process on each of the cores, all of which are there already."""
    asyncio.run(make_tables(url))
    with workers(url, folder, cores, LEASE_SECONDS, redis_url) as running:
        running.wait_until_working()
        before = asyncio.run(_locks(url))
        asyncio.run(_ask(url, [job(Effect(before=random.random() / 100)) for _ in range(jobs)], redis_url))
        wait_until_done(url, 60 + jobs / 20)
        after = asyncio.run(_locks(url))
    _, rate = asyncio.run(pace(url))
    (hands,) = asyncio.run(numbers(url, "SELECT COUNT(DISTINCT worker) FROM ledger_jobs"))
    locks = [late - early for early, late in zip(before, after, strict=True)]
    return Crowd(found=asyncio.run(reconcile(url)), rate=rate, hands=int(hands), locks=locks)


async def _ask(url: str, rows: Sequence[NewJob], redis_url: str) -> None:
    await put(url, rows)
    async with doorbell_of(redis_url) as doorbell:
        await doorbell.ring()


async def _locks(url: str) -> list[float]:
    """What the server has counted so far."""
    value = "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = '{}'"
    return await numbers(url, *(value.format(name) for name in LOCKS.values()))
