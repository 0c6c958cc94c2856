"""Prints in production's shape: whatever one process changes, the others show in their very next answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from asperguide import server
from asperguide.ar.model import Content, ContentState
from asperguide.companies import SettingsChange
from asperguide.companies.administering import CompanyAdministration
from asperguide.container import Container
from asperguide.projects import ProjectChange
from asperguide.settings import Settings
from asperguide.shared.actor import Role
from tests.e2e.conftest import Launch
from tests.e2e.service import asperguide, on_mariadb, on_redis
from tests.http.sample import ANN
from tests.servers import MariaDB, RedisServer
from tests.showcase import change, print_of

BOSS = replace(ANN, roles=(Role.ADMIN,))


@pytest.fixture
async def container(
    mariadb: MariaDB, mariadb_database: str, redis_server: RedisServer, tmp_path: Path
) -> AsyncIterator[Container]:
    """The use cases of one more process, in this one."""
    migrated = asperguide("migrate", "up", folder=tmp_path, **on_mariadb(mariadb, mariadb_database))
    assert migrated.returncode == 0, migrated.stderr
    given: dict[str, Any] = {
        **{name.lower(): value for name, value in on_mariadb(mariadb, mariadb_database).items()},
        **{name.lower(): value for name, value in on_redis(redis_server).items()},
    }
    given |= {"sql_port": int(given["sql_port"]), "redis_port": int(given["redis_port"]), "data_dir": tmp_path}
    given.pop("server_host")
    made = Container(settings=Settings(**given))
    yield made
    await server.close(made)


@pytest.fixture
async def processes(
    container: Container, mariadb: MariaDB, mariadb_database: str, redis_server: RedisServer, launch: Launch
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two servers on the same database and Redis."""
    settings = {**on_mariadb(mariadb, mariadb_database), **on_redis(redis_server), "PUBLIC_URL": "http://guides.test"}
    async with AsyncExitStack() as stack:
        services = [await asyncio.to_thread(launch, "serve", WORKER_EMBEDDED="false", **settings) for _ in range(2)]
        yield [
            await stack.enter_async_context(httpx.AsyncClient(base_url=f"{service.url}/api/v1", timeout=30))
            for service in services
        ]


async def test_every_change_is_in_the_very_next_answer_of_every_process(
    container: Container, processes: list[httpx.AsyncClient]
) -> None:
    content = await print_of(container, ANN)
    path = f"/viewer/{content.public_id}"

    async def shown() -> list[Any]:
        answers = [await process.get(f"{path}/manifest") for process in (*processes, *processes)]
        return [answer.json().get("code") or answer.json()["title"] for answer in answers]

    assert await shown() == ["Wedding"] * 4
    for n in range(30):
        await change(container, content, title=f"Title {n}")
        assert await shown() == [f"Title {n}"] * 4
    await change(container, content, state=ContentState.UNPUBLISHED)
    assert await shown() == ["NOT_PUBLISHED"] * 4
    await change(container, content, state=ContentState.PUBLISHED)
    await container.archive_project()(ANN, content.project)
    assert await shown() == ["PROJECT_INACTIVE"] * 4
    await container.restore_project()(ANN, content.project)
    await container.administer_company()(BOSS, content.company, CompanyAdministration(state="inactive"))
    assert await shown() == ["COMPANY_INACTIVE"] * 4
    await container.administer_company()(BOSS, content.company, CompanyAdministration(state="active"))
    await container.update_project()(ANN, content.project, ProjectChange(description="changed"))
    await container.change_company_settings()(ANN, content.company, SettingsChange(time_zone="Asia/Tokyo"))
    assert await shown() == ["Title 29"] * 4


async def test_warm_answers_ask_no_database(container: Container, processes: list[httpx.AsyncClient]) -> None:
    content = await print_of(container, ANN)
    path = f"/viewer/{content.public_id}/manifest"
    for process in processes:
        assert (await process.get(path)).status_code == 200
    before = await _statements(container)
    answers = [await process.get(path) for process in processes for _ in range(25)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["etag"] for answer in answers}) == 1
    # The servers' own watches over maintenance ask now and then.
    assert await _statements(container) - before < 20


async def test_without_redis_nothing_is_stale_only_slower(
    mariadb: MariaDB, mariadb_database: str, own_redis: RedisServer, launch: Launch, tmp_path: Path
) -> None:
    migrated = asperguide("migrate", "up", folder=tmp_path, **on_mariadb(mariadb, mariadb_database))
    assert migrated.returncode == 0, migrated.stderr
    database = {name.lower(): value for name, value in on_mariadb(mariadb, mariadb_database).items()}
    database.pop("server_host")
    made = Container(settings=Settings(**{**database, "sql_port": int(database["sql_port"]), "data_dir": tmp_path}))
    settings = {**on_mariadb(mariadb, mariadb_database), **on_redis(own_redis)}
    service = await asyncio.to_thread(launch, "serve", WORKER_EMBEDDED="false", **settings)
    content = await print_of(made, ANN)
    async with httpx.AsyncClient(base_url=f"{service.url}/api/v1", timeout=30) as client:
        assert await _title(client, content) == "Wedding"
        own_redis.stop()
        for n in range(3):
            await change(made, content, title=f"Title {n}")
            assert await _title(client, content) == f"Title {n}"
    await server.close(made)


async def _title(client: httpx.AsyncClient, content: Content) -> str:
    answer = await client.get(f"/viewer/{content.public_id}/manifest")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["title"])


async def _statements(container: Container) -> int:
    async with container.database().engine.connect() as connection:
        rows = await connection.execute(sa.text("SHOW GLOBAL STATUS LIKE 'Com_select'"))
        return int(rows.one()[1])
