"""Metrics of a whole machine: whichever process is asked tells the figures of all, also after one was killed."""

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.conftest import Launch
from tests.e2e.service import Service, asperguide, on_mariadb, on_redis
from tests.servers import MariaDB, RedisServer, wait_until

TOKEN = "b3Jn4wq0Zk7fXyT1uLhPc9sVd2mGeRa8"
PINGS = 40


@pytest.fixture
def machine(
    mariadb: MariaDB, mariadb_database: str, redis_server: RedisServer, tmp_path: Path, launch: Launch
) -> Service:
    """Two processes that serve and one that works, in one data folder."""
    settings = {**on_mariadb(mariadb, mariadb_database), **on_redis(redis_server), "METRICS_TOKEN": TOKEN}
    assert asperguide("migrate", "up", folder=tmp_path, **settings).returncode == 0
    launch("worker", **settings)
    service = launch("serve", "--workers", "2", WORKER_EMBEDDED="false", **settings)
    wait_until(lambda: len(told(service, "asperguide_up")) == 3, 60, "three processes tell their figures")
    return service


def told(service: Service, name: str, **labels: str) -> dict[str, float]:
    """The figures of this name by process, as one scrape tells them."""
    answer = httpx.get(f"{service.url}/metrics", headers={"authorization": f"Bearer {TOKEN}"}, timeout=10)
    assert answer.status_code == 200, answer.text
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    return {
        sample.labels.get("process", ""): sample.value
        for sample in samples
        if sample.name == name and labels.items() <= sample.labels.items()
    }


async def ping(service: Service) -> None:
    """Each on a connection of its own, so that both processes get some."""
    for _ in range(PINGS // 8):
        await asyncio.gather(*(_ping_once(service) for _ in range(8)))


async def _ping_once(service: Service) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{service.url}/ping")).status_code == 200


async def test_the_figures_of_all_processes_are_right_also_when_one_was_replaced(machine: Service) -> None:
    await ping(machine)
    for _ in range(3):
        pings = await asyncio.to_thread(told, machine, "asperguide_http_request_seconds_count", route="/ping")
        assert sum(pings.values()) == PINGS
    assert len(await asyncio.to_thread(told, machine, "asperguide_job_places", queue="default")) == 1
    ledger = await asyncio.to_thread(told, machine, "asperguide_ledger_readable")
    assert ledger == {"": 1}
    folder = machine.folder / "var" / "metrics"
    os.kill(_serving(machine)[0], signal.SIGKILL)
    await asyncio.to_thread(wait_until, lambda: len(_serving(machine)) == 2, 15, "nobody replaced it")
    await asyncio.to_thread(
        wait_until, lambda: told(machine, "asperguide_up") == {"1": 1, "2": 1, "3": 1}, 15, "the successor tells too"
    )
    assert sorted(path.name for path in folder.glob("*.sock")) == ["1.sock", "2.sock", "3.sock"]


def _serving(service: Service) -> list[int]:
    """The children that serve, not the one that multiprocessing keeps for itself."""
    assert service.process is not None
    return [
        pid
        for pid in service.living()
        if pid != service.process.pid and b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
