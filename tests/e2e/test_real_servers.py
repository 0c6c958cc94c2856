"""The same journey in production's shape: MariaDB, Redis and SMTP, API and worker as separate processes."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Launch
from tests.e2e.people import Folder, Smtp, api_of, bearer, expect, join, journey, sign_in
from tests.e2e.service import CAPSULE_KEY, SECRET, Service, asperguide, on_mariadb, on_redis, on_redis_socket, on_smtp
from tests.servers import MariaDB, RedisServer, eventually, wait_until
from tests.smtp_server import Certificates, smtp_server


@pytest.fixture
def database(mariadb: MariaDB, mariadb_database: str, tmp_path: Path) -> dict[str, str]:
    """Settings for a schema that `migrate up` prepared."""
    settings = on_mariadb(mariadb, mariadb_database)
    migrated = asperguide("migrate", "up", folder=tmp_path, **settings)
    assert migrated.returncode == 0, migrated.stderr
    return settings


@pytest.mark.parametrize("redis_settings", [on_redis, on_redis_socket], ids=["tcp", "unix socket"])
async def test_api_and_worker_serve_the_journey_from_two_processes(
    database: dict[str, str],
    redis_server: RedisServer,
    redis_settings: Callable[[RedisServer], dict[str, str]],
    certificates: Certificates,
    launch: Launch,
) -> None:
    async with smtp_server(starttls=certificates.server, auth=True) as smtp:
        settings = {**database, **redis_settings(redis_server), **on_smtp(smtp.port, certificates.ca_file)}
        service = await asyncio.to_thread(launch, "serve", WORKER_EMBEDDED="false", **settings)
        worker = await asyncio.to_thread(launch, "worker", **settings)
        async with api_of(service.url) as api:
            await journey(api, Smtp(smtp))
            ready = (await api.get(f"{service.url}/health/ready")).json()
        assert ready["state"] == "ready"
        assert {found["name"]: found["state"] for found in ready["dependencies"]} == {
            "database": "up",
            "redis": "up",
            "smtp": "up",
            "storage": "up",
        }
        with redis_server.client() as redis:
            assert redis.dbsize() > 0
        assert await asyncio.to_thread(worker.stop) == 0
        assert worker.living() == []


@pytest.fixture
def workers(database: dict[str, str], redis_server: RedisServer, launch: Launch) -> Service:
    """`serve --workers 2`."""
    service = launch("serve", "--workers", "2", **database, **on_redis(redis_server), LOG_FILE="asperguide.log")
    wait_until(lambda: len(service.children()) == 2)
    return service


async def test_two_workers_serve_the_journey_and_end_without_orphans(
    workers: Service, tmp_path: Path, redis_server: RedisServer
) -> None:
    mails = tmp_path / "var" / "mails"
    async with api_of(workers.url) as api:
        await asyncio.gather(*(journey(api, Folder(mails)) for _ in range(4)))
    assert await asyncio.to_thread(workers.stop) == 0
    wait_until(lambda: workers.living() == [], 5, "every process of the group has ended")
    told = [line for line in workers.printed.splitlines() if line.startswith("{")]
    assert sorted((tmp_path / "asperguide.log").read_text().splitlines()) == sorted(told)
    assert told


def test_workers_whose_parent_is_killed_end_as_well(workers: Service) -> None:
    assert workers.process is not None
    os.kill(workers.process.pid, signal.SIGKILL)
    workers.process.wait()
    wait_until(lambda: not workers.living(), 15, "orphans serve on")


def test_a_worker_that_dies_is_replaced(workers: Service) -> None:
    assert workers.process is not None
    victim = workers.children()[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(workers.children()) == 2 and victim not in workers.children(), 30, "nobody replaced it")
    assert httpx.get(f"{workers.url}/health/ready", timeout=30).status_code == 200


def test_it_does_not_serve_an_old_schema_and_says_the_command(
    mariadb: MariaDB, mariadb_database: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    settings = {**on_mariadb(mariadb, mariadb_database), **on_redis(redis_server)}
    production = {**settings, **SAFE}
    asperguide("migrate", "up", "0001", folder=tmp_path, **settings)
    commands = {("serve",): production, ("serve", "--workers", "2"): production, ("worker",): settings}
    for command, environment in commands.items():
        refused = asperguide(*command, folder=tmp_path, **environment)
        assert refused.returncode == 1, command
        assert "asperguide migrate up" in refused.stderr
        assert "Asperguide on" not in refused.stdout
        assert "Traceback" not in refused.stderr + refused.stdout
    assert mariadb.run("SELECT version_num FROM alembic_version", mariadb_database) == [("0001",)]


def test_it_does_not_serve_a_schema_from_the_future(database: dict[str, str], mariadb: MariaDB, tmp_path: Path) -> None:
    mariadb.run("UPDATE alembic_version SET version_num = '9999'", database["SQL_DATABASE"])
    refused = asperguide("serve", folder=tmp_path, **database)
    assert refused.returncode == 1
    assert "update the program" in refused.stderr


SAFE = {
    "ENVIRONMENT": "production",
    "PUBLIC_URL": "https://guides.example.org",
    "OAUTH_SECRET_KEY": SECRET,
    "CAPSULE_KEYS": f"2031-05:{CAPSULE_KEY}",
}
UNSAFE = {
    "ENVIRONMENT": "production",
    "OAUTH_SECRET_KEY": "",
    "CAPSULE_KEYS": "",
    "DEBUG": "true",
    "PASSWORD_MIN_LENGTH": "4",
    "SMTP_HOST": "mail.example.org",
    "SMTP_SECURITY": "none",
    "PUBLIC_URL": "http://guides.example.org",
    "CORS_ORIGINS": "*",
    "TRUSTED_PROXIES": "0.0.0.0/0",
}


def test_production_refuses_unsafe_settings_each_by_its_name(tmp_path: Path) -> None:
    refused = asperguide("serve", folder=tmp_path, **UNSAFE)
    assert refused.returncode == 2
    assert [name for name in UNSAFE if f"{name}:" not in refused.stderr] == ["ENVIRONMENT", "SMTP_HOST"]
    (tmp_path / ".env").write_text("SQL_HOTS=typo\n")
    refused = asperguide("serve", folder=tmp_path, **SAFE)
    assert (refused.returncode, "SQL_HOTS" in refused.stderr) == (2, True)


@pytest.mark.parametrize("shared_cache", [True, False], ids=["with Redis", "without Redis"])
async def test_what_one_server_does_the_other_knows_within_five_seconds(
    database: dict[str, str], redis_server: RedisServer, tmp_path: Path, launch: Launch, shared_cache: bool
) -> None:
    settings = {**database, **(on_redis(redis_server) if shared_cache else {}), "PUBLIC_URL": "https://guides.test"}
    one, two = launch("serve", **settings), launch("serve", **settings)
    patience = 1 if shared_cache else 5
    async with api_of(one.url) as here, api_of(two.url) as there:
        who, tokens = await join(here, Folder(tmp_path / "var" / "mails"))
        ending, staying = {"headers": bearer(tokens)}, {"headers": bearer(await sign_in(here, who))}
        for session in (ending, staying):
            await expect(200, there, "GET", "/users/me", **session)
        await expect(200, here, "PATCH", "/users/me", json={"full_name": "Síle"}, **ending)
        await expect(204, here, "DELETE", "/sessions/current", **ending)
        await asyncio.gather(
            eventually(lambda: _named(there, "Síle", staying), patience, "the other server shows what was"),
            eventually(lambda: _refused(there, ending), patience, "the other server lets an ended session in"),
        )


async def _named(api: httpx.AsyncClient, name: str, headers: dict[str, dict[str, str]]) -> bool:
    return bool((await expect(200, api, "GET", "/users/me", **headers))["full_name"] == name)


async def _refused(api: httpx.AsyncClient, headers: dict[str, dict[str, str]]) -> bool:
    return (await api.get("/users/me", **headers)).status_code == 401
