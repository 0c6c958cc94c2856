"""A print that a hundred people look at in the same moment, through two servers: the very next answer says so."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.e2e.conftest import Launch
from tests.e2e.people import Folder, api_of, bearer, expect, join
from tests.e2e.printing import published
from tests.e2e.service import asperguide, on_mariadb, on_redis
from tests.servers import MariaDB, RedisServer

VIEWERS = 100
LEVELS = ("contents", "projects", "companies")


async def test_a_hundred_views_at_once_are_a_hundred_more_in_the_very_next_answer_of_either_server(
    mariadb: MariaDB, mariadb_database: str, redis_server: RedisServer, tmp_path: Path, launch: Launch
) -> None:
    common = {"PUBLIC_URL": "http://guides.test", "WORKER_EMBEDDED": "false"}
    settings = {**on_mariadb(mariadb, mariadb_database), **on_redis(redis_server), **common}
    migrated = asperguide("migrate", "up", folder=tmp_path, **settings)
    assert migrated.returncode == 0, migrated.stderr
    services = await asyncio.gather(*(asyncio.to_thread(launch, "serve", **settings) for _ in range(2)))
    worker = await asyncio.to_thread(launch, "worker", **settings)
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(api_of(service.url)) for service in services]
        _, tokens = await join(servers[0], Folder(tmp_path / "var" / "mails"))
        content = await published(servers[0], bearer(tokens), tmp_path)
        project = await expect(200, servers[1], "GET", f"/projects/{content['project']}", headers=bearer(tokens))
        ids = (content["id"], project["id"], project["company"])
        paths = [f"/{level}/{id}/analytics" for level, id in zip(LEVELS, ids, strict=True)]
        # Once while a worker counts too, and once while nobody does but those who ask.
        for already in (0, VIEWERS):
            for server in servers:
                assert await counts(server, paths, tokens) == [(already, already)] * len(LEVELS)
            await look(servers, content["public_id"])
            for server in servers:
                assert await counts(server, paths, tokens) == [(already + VIEWERS, already + VIEWERS)] * len(LEVELS)
            if not already:
                assert await asyncio.to_thread(worker.stop) == 0


async def look(servers: Sequence[httpx.AsyncClient], public_id: str) -> None:
    """Everybody asks what is shown and says that it is open, each at a server of their own choice, and all at once."""

    async def viewer(number: int) -> None:
        server, session = servers[number % len(servers)], str(uuid4())
        await expect(200, server, "GET", f"/viewer/{public_id}/manifest", params={"session": session})
        events = [{"id": str(uuid4()), "session": session, "kind": "opened"}]
        answer = await expect(202, server, "POST", f"/viewer/{public_id}/events", json={"events": events})
        assert answer == {"accepted": 1}

    await asyncio.gather(*map(viewer, range(VIEWERS)))


async def counts(server: httpx.AsyncClient, paths: Sequence[str], tokens: dict[str, Any]) -> list[tuple[int, int]]:
    """How often it was opened, and in how many sessions, at every level."""
    seen = [(await expect(200, server, "GET", path, headers=bearer(tokens)))["totals"] for path in paths]
    return [(one["opened"], one["sessions"]) for one in seen]
