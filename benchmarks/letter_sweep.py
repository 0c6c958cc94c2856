"""What it costs to look for due letters when there is none: one sweep beside 50 000 that wait."""

import asyncio
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median

from asperguide.adapters.sql import migrations
from asperguide.adapters.sql.capsules import SqlCapsulesUnitOfWork
from asperguide.adapters.system import SystemClock, SystemIds
from asperguide.capsules import CapsulePolicy, SweepCapsules
from benchmarks.figures import Check, Report
from benchmarks.jobs import numbers, opened
from benchmarks.ledger import database
from benchmarks.letters import letter, multiply, people, seal
from benchmarks.rigs import Run
from benchmarks.servers import Backends

SEEDED, TIMES = 500, 100
WAITING = SEEDED * TIMES
SWEEPS = 100
MONTH = timedelta(days=30)
NAME = "bench_sweep"
MB = 1_000_000
WAIT = "SELECT COUNT(*) FROM capsule_addressees WHERE due_at IS NOT NULL"

Sweep = Callable[[], Awaitable[int]]


def letter_sweep(run: Run) -> Report:
    """Sweeps one after the other, in this process, on a connection that is there already; then one, watched."""
    url = asyncio.run(_filled(run.servers, run.seed))
    return Report("letter-sweep", checks=asyncio.run(_measured(url)))


async def _measured(url: str) -> list[Check]:
    found, clock = opened(url), SystemClock()
    begin = partial(SqlCapsulesUnitOfWork, found, clock=clock, ids=SystemIds())
    sweep = SweepCapsules(begin=begin, clock=clock, policy=CapsulePolicy())
    first, announced = await _timed(sweep)
    before, sweeps = _resident(), [await _timed(sweep) for _ in range(SWEEPS)]
    grown, taken = _resident() - before, [seconds * 1000 for seconds, _ in sweeps]
    peak, announced = await _peak(sweep), announced + sum(count for _, count in sweeps)
    await found.close()
    (waiting,) = await numbers(url, WAIT)
    note = f"of {SWEEPS}, slowest {max(taken):.1f} ms; the first of the process {first * 1000:.1f} ms"
    return [
        Check(name="letters that wait", value=waiting, at_least=WAITING, at_most=WAITING),
        Check(name="announced", value=announced, at_most=0),
        Check(name="one sweep, median", value=median(taken), unit="ms", at_most=50, note=note),
        Check(name="memory during one (tracemalloc, peak)", value=peak / MB, unit="MB", at_most=5),
        Check(name=f"memory on top after {SWEEPS} (resident)", value=grown / MB, unit="MB", at_most=5),
    ]


async def _timed(sweep: Sweep) -> tuple[float, int]:
    began = time.perf_counter()
    count = await sweep()
    return time.perf_counter() - began, count


async def _peak(sweep: Sweep) -> int:
    """The most that Python had on top at once while it swept, in bytes."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    await sweep()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak - before


def _resident() -> int:
    """What this process has in memory, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


async def _filled(servers: Backends, seed: int) -> str:
    """Where the letters are: each for one person, due in a month, a minute apart from its copies."""
    url = database(servers, NAME)
    found, now = opened(url), SystemClock().now()
    await migrations.up(found)
    sender, recipient = await people(found, seed, 2)
    await seal(found, [letter(sender, [recipient], sealed_at=now, unlocks_at=now + MONTH) for _ in range(SEEDED)])
    await found.close()
    multiply(servers, NAME, TIMES)
    return url
