"""Workers are many and die at any moment, and what their jobs do still happens once."""

import asyncio
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest

from benchmarks.crowd import press
from benchmarks.ledger import kill_again_and_again
from tests.servers import MariaDB, RedisServer


@pytest.fixture
def url(mariadb: MariaDB, mariadb_database: str) -> str:
    """A database, as workers are told of it."""
    return f"mysql://{mariadb.user}:{quote(mariadb.password)}@{mariadb.host}:{mariadb.port}/{mariadb_database}"


async def test_killing_workers_loses_no_effect_and_doubles_none(url: str, tmp_path: Path) -> None:
    for seed in range(3):  # a kill may meet a worker between two jobs
        outcome = await asyncio.to_thread(
            kill_again_and_again, url, tmp_path, jobs=45, kills=3, random=Random(seed), pause=(2.5, 3.5), lease=2.0
        )
        assert (outcome.jobs, outcome.lost, outcome.doubled) == (45 * (seed + 1), 0, 0)
        if outcome.again:
            return
    raise AssertionError("no kill met a job")


async def test_a_crowd_of_workers_does_every_job_once(url: str, redis_server: RedisServer, tmp_path: Path) -> None:
    redis_url = f"redis://:{quote(redis_server.password)}@{redis_server.host}:{redis_server.port}"
    seen = await asyncio.to_thread(
        press, url, tmp_path, cores=(0,) * 4, jobs=300, redis_url=redis_url, random=Random(7)
    )
    assert seen.found.exact
    assert seen.found.jobs == 300
    assert seen.hands == 4
