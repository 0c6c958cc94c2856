"""How processes end: in good order when told once, at once when told twice, and never later than they promise."""

import asyncio
import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

import asperguide
from tests.e2e.conftest import Launch
from tests.e2e.people import api_of, expect, somebody
from tests.e2e.service import Service, asperguide_here, on_mariadb, on_redis, on_smtp
from tests.servers import LOCALHOST, MariaDB, RedisServer, eventually, wait_until
from tests.smtp_server import Certificates, silent_server

STUBBORN = """
import asyncio, signal, time
from asperguide.adapters.signals import when_told_to_end

async def ignore_it():
    when_told_to_end(print, within=0.3)
    print("ready", flush=True)
    time.sleep(60)

asyncio.run(ignore_it())
"""

LAST_WORDS = """
import asyncio, logging, time
from asperguide.adapters.logs import configuring
from asperguide.adapters.logs.rules import LogRules
from asperguide.adapters.signals import when_told_to_end
from asperguide.adapters.system import SystemClock

class Slow:
    name = "slow"

    def write(self, lines):
        time.sleep(1.5)
        print(lines, flush=True)

async def work():
    told = asyncio.Event()
    when_told_to_end(lambda _: told.set(), within=1)
    print("ready", flush=True)
    await told.wait()
    logging.getLogger("test").warning("these are the last words")

configuring.Stream = Slow
with configuring.running(LogRules(), SystemClock()):
    asyncio.run(work())
"""


def test_several_processes_told_twice_end_at_once(
    mariadb: MariaDB, mariadb_database: str, redis_server: RedisServer, tmp_path: Path, launch: Launch
) -> None:
    settings = {**on_mariadb(mariadb, mariadb_database), **on_redis(redis_server)}
    assert asperguide_here("migrate", "up", folder=tmp_path, **settings).returncode == 0
    service = launch("serve", "--workers", "2", **settings)
    wait_until(lambda: len(service.children()) == 2 and _is_ready(service))
    assert service.process is not None
    service.process.send_signal(signal.SIGTERM)
    wait_until(lambda: not _is_ready(service), 3, "its children were not told")
    assert len(service.children()) == 2
    started = time.monotonic()
    assert service.stop() == 128 + signal.SIGTERM
    assert time.monotonic() - started < 4
    wait_until(lambda: service.living() == [])


@pytest.mark.expects_error_log
def test_a_process_that_cannot_start_is_tried_again_while_the_others_serve(
    own_mariadb: MariaDB, redis_server: RedisServer, tmp_path: Path, launch: Launch
) -> None:
    settings = {**on_mariadb(own_mariadb, own_mariadb.create_database()), **on_redis(redis_server)}
    assert asperguide_here("migrate", "up", folder=tmp_path, **settings).returncode == 0
    service = launch("serve", "--workers", "2", DRAIN_SECONDS="0", **settings)
    wait_until(lambda: len(service.children()) == 2 and _have_started(service) == 2, 60)
    first, second = service.children()
    own_mariadb.stop(signal.SIGKILL)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: service.printed.count("could not start, another is tried") >= 2, 60)
    assert second in service.children()
    assert httpx.get(f"{service.url}/health/live", timeout=10).status_code == 200
    own_mariadb.start()
    wait_until(lambda: len(service.children()) == 2 and _is_ready(service), 60)
    assert second in service.children()
    assert service.stop() == 0


def test_what_no_process_can_start_with_ends_them_all() -> None:
    program = """
import sys
from uvicorn import Config
from asperguide.adapters.http import ending
if __name__ == "__main__":
    config = Config("tests.e2e.test_ending:broken", factory=True, workers=2, port=0, lifespan="on")
    ending.Supervisor(config, [config.bind_socket()]).run()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, "no such setting" in ended.stderr) == (3, True), ended.stderr


def broken() -> object:
    """An application whose start fails."""

    async def application(scope: object, receive: object, send: object) -> None:
        raise RuntimeError("no such setting")

    return application


async def test_a_worker_hands_its_job_back_only_when_it_may_end_in_good_order(
    tmp_path: Path, certificates: Certificates, launch: Launch
) -> None:
    api = await asyncio.to_thread(launch, "serve", WORKER_EMBEDDED="false", DRAIN_SECONDS="0")
    async with api_of(api.url) as client:
        await expect(201, client, "POST", "/users", json=somebody().registration)
    assert await asyncio.to_thread(api.stop) == 0
    async with silent_server() as port:
        smtp = {**on_smtp(port, certificates.ca_file), "SMTP_TIMEOUT_SECONDS": "2"}
        worker = await asyncio.to_thread(launch, "worker", **smtp)
        await eventually(lambda: _states(tmp_path) == ["running"])
        assert await asyncio.to_thread(worker.stop) == 0
        assert _states(tmp_path) == ["waiting"]
        assert "failed at attempt 1" in worker.printed
        with _database(tmp_path) as database:
            database.execute("UPDATE ledger_jobs SET run_at = created_at")
        worker.settings = {**worker.settings, "SMTP_TIMEOUT_SECONDS": "60"}
        await asyncio.to_thread(worker.start)
        await eventually(lambda: _states(tmp_path) == ["running"])
        assert worker.process is not None
        worker.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)
        assert not worker.ended()
        assert await asyncio.to_thread(worker.stop, signal.SIGTERM, 2) == 128 + signal.SIGTERM


@contextlib.contextmanager
def _database(folder: Path):  # type: ignore[no-untyped-def]
    with contextlib.closing(sqlite3.connect(folder / "var" / "asperguide.sqlite3")) as database, database:
        yield database


def _states(folder: Path) -> list[str]:
    with _database(folder) as database:
        rows = database.execute("SELECT state FROM ledger_jobs WHERE kind LIKE '%user-registered'")
        return [state for (state,) in rows]


def test_nothing_delays_an_end_for_ever() -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGALRM


def test_what_was_logged_is_told_although_work_took_all_the_time() -> None:
    with subprocess.Popen([sys.executable, "-c", LAST_WORDS], stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        assert b"these are the last words" in process.stdout.read()
        assert process.wait(10) == 0


def test_while_developing_a_changed_file_starts_it_anew(launch: Launch) -> None:
    service = launch("serve", "--reload")
    wait_until(lambda: len(service.children()) == 1)
    (first,) = service.children()
    changed = Path(asperguide.__file__)
    # The watcher remembers when files were changed on its first walk, 0.25 s after the start.
    time.sleep(1)
    os.utime(changed)
    wait_until(lambda: service.children() not in ([], [first]), 20, "nobody saw the change")
    wait_until(lambda: _is_ready(service), 20)
    assert service.stop() == 0
    wait_until(lambda: service.living() == [], 5)


def _have_started(service: Service) -> int:
    """How many processes are past their start: whichever is asked knows of all."""
    with contextlib.suppress(httpx.HTTPError):
        told = httpx.get(f"http://{LOCALHOST}:{service.port}/metrics", timeout=10).text
        return len(re.findall(r"^asperguide_up\{.*\} 1", told, re.MULTILINE))
    return 0


def _is_ready(service: Service) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"http://{LOCALHOST}:{service.port}/health/ready", timeout=2).status_code == 200
    return False
