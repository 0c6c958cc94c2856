"""Processes that answer nobody: `asperguide scheduler`, and what it shares with `asperguide worker`."""

import asyncio
import signal
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from asperguide.settings import Settings
from asperguide.shared.ledger import kind_of
from asperguide.worker import schedules_of
from tests.e2e.conftest import Launch
from tests.e2e.service import asperguide, asperguide_here, on_mariadb, on_redis
from tests.servers import MariaDB, RedisServer, eventually

HEAP_OF_A_THREAD = 64 * 1024 * 1024
"""What glibc reserves for each."""


def due_times(began: datetime) -> Counter[str]:
    """How many due times each kind of job has had since then, the one before included."""
    now, dues = datetime.now(UTC), Counter[str]()
    for schedule in schedules_of(Settings()):
        last, since = schedule.last_due(now), schedule.last_due(began)
        dues[kind_of(type(schedule.message))] = 1 + (last - since) // schedule.every
    return dues


async def test_of_many_schedulers_and_workers_each_due_time_is_one_job(
    mariadb: MariaDB, mariadb_database: str, redis_server: RedisServer, tmp_path: Path, launch: Launch
) -> None:
    settings = {**on_mariadb(mariadb, mariadb_database), **on_redis(redis_server)}
    assert asperguide("migrate", "up", folder=tmp_path, **settings).returncode == 0
    began = datetime.now(UTC)

    def jobs(state: str) -> Counter[str]:
        found = mariadb.run(f"SELECT kind FROM ledger_jobs WHERE state = '{state}'", mariadb_database)
        return Counter(kind.decode() for (kind,) in found)

    names = set(due_times(began))
    schedulers = [launch("scheduler", ENABLE_CRONS="false", **settings) for _ in range(2)]
    await eventually(lambda: set(jobs("waiting")) == names, 10, "they put what is due")
    workers = [launch("worker", **settings) for _ in range(2)]
    await eventually(lambda: set(jobs("done")) == names, 20, "somebody works on it")
    for process in (*schedulers, *workers):
        assert await asyncio.to_thread(process.stop) == 0
        assert process.living() == []
    assert jobs("done") <= due_times(began)
    assert not jobs("waiting")
    assert "Firing schedules" in schedulers[0].printed


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_scheduler_works_on_nothing_and_ends_with_0_when_told_to(
    tmp_path: Path, launch: Launch, how: signal.Signals
) -> None:
    scheduler = launch("scheduler")
    assert scheduler.stop(how, deadline=10) == 0
    told = asperguide_here("jobs", "list", "--json", folder=tmp_path).stdout.splitlines()
    assert len(told) >= len(schedules_of(Settings()))
    assert all('"state": "waiting"' in line or '"state":"waiting"' in line for line in told)


def test_a_scheduler_refuses_an_old_schema_and_says_the_command(
    mariadb: MariaDB, mariadb_database: str, tmp_path: Path
) -> None:
    refused = asperguide("scheduler", folder=tmp_path, **on_mariadb(mariadb, mariadb_database))
    assert refused.returncode == 1
    assert "asperguide migrate up" in refused.stderr


@pytest.mark.parametrize("command", ["worker", "scheduler"])
def test_processes_without_requests_have_the_loop_and_the_heap_of_those_with_some(launch: Launch, command: str) -> None:
    process = launch(command).process
    assert process is not None
    maps = Path(f"/proc/{process.pid}/maps").read_text()
    assert "/uvloop/loop" in maps
    assert [line for line in maps.splitlines() if reserved(line) > HEAP_OF_A_THREAD / 2] == []


def reserved(line: str) -> int:
    """Of a line of the maps: bytes that nobody may touch yet. A thread's own heap starts with most of it so."""
    span, permissions, *_ = line.split()
    start, end = (int(address, 16) for address in span.split("-"))
    return end - start if permissions == "---p" else 0
