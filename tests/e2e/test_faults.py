"""What the service depends on goes away while it runs: it says so, loses nothing and recovers by itself."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Launch
from tests.e2e.people import PASSWORD, Folder, Smtp, api_of, bearer, expect, join, sign_in, somebody
from tests.e2e.service import Service, asperguide, on_mariadb, on_redis, on_smtp
from tests.servers import MariaDB, RedisServer, eventually, free_port
from tests.smtp_server import Certificates, silent_server, smtp_server


async def test_while_smtp_is_down_registering_is_quick_and_the_mail_comes_later(
    tmp_path: Path, certificates: Certificates, launch: Launch
) -> None:
    port = free_port()
    service = await asyncio.to_thread(launch, "serve", **on_smtp(port, certificates.ca_file))
    who = somebody()
    async with api_of(service.url) as api:
        await _quickly(api, "POST", "/users", 201, json=who.registration)
        await eventually(lambda: "failed at attempt 1" in service.printed)
        assert (await api.get(f"{service.url}/health/ready")).json()["state"] == "degraded"
        async with smtp_server(starttls=certificates.server, auth=True, port=port) as smtp:
            code = await Smtp(smtp).code_for(who.email, 25)
            await expect(204, api, "POST", "/users/email-verification", json={"code": code})
            assert len(smtp.messages) == 1


async def test_while_smtp_says_nothing_people_come_and_go(
    tmp_path: Path, certificates: Certificates, launch: Launch
) -> None:
    async with silent_server() as port:
        service = await asyncio.to_thread(launch, "serve", **on_smtp(port, certificates.ca_file))
        async with api_of(service.url) as api:
            for _ in range(6):  # more than there are places for jobs
                who = somebody()
                await _quickly(api, "POST", "/users", 201, json=who.registration)
                await _quickly(api, "POST", "/password/forgot", 202, json={"email": who.email})
                given = {"login": who.email, "password": PASSWORD}
                await _quickly(api, "POST", "/sessions", 401, json=given)


async def _quickly(api: httpx.AsyncClient, method: str, path: str, status: int, **request: Any) -> None:
    started = time.monotonic()
    await expect(status, api, method, path, **request)
    assert time.monotonic() - started < 5


class Rig:
    """A service on a database and a Redis of its own, with somebody who is signed in."""

    def __init__(self, service: Service, api: httpx.AsyncClient, mails: Folder, tokens: dict[str, Any]) -> None:
        self.service, self.api, self.mails, self.tokens = service, api, mails, tokens

    async def asks(self, method: str = "GET", path: str = "/users/me", **request: Any) -> httpx.Response:
        """One authenticated request."""
        return await self.api.request(method, path, headers=bearer(self.tokens), **request)


OpenRig = Callable[..., contextlib.AbstractAsyncContextManager[Rig]]


@pytest.fixture
def open_rig(tmp_path: Path, launch: Launch) -> OpenRig:
    """Makes a Rig on these servers."""

    @contextlib.asynccontextmanager
    async def rig(mariadb: MariaDB, redis: RedisServer | None = None, **more: object) -> AsyncIterator[Rig]:
        settings = {**on_mariadb(mariadb, mariadb.create_database()), **(on_redis(redis) if redis else {}), **more}
        migrated = await asyncio.to_thread(asperguide, "migrate", "up", folder=tmp_path, **settings)
        assert migrated.returncode == 0, migrated.stderr
        service = await asyncio.to_thread(launch, "serve", **settings)
        mails = Folder(tmp_path / "var" / "mails")
        async with api_of(service.url) as api:
            _, tokens = await join(api, mails)
            yield Rig(service, api, mails, tokens)

    return rig


async def test_a_database_that_dies_is_told_as_503_and_taken_back(own_mariadb: MariaDB, open_rig: OpenRig) -> None:
    # The test servers may lose what they committed in their last second; a real one must not.
    own_mariadb.run("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
    async with open_rig(own_mariadb) as rig:
        answers: list[httpx.Response] = []
        kept: list[str] = []
        busy = True

        async def keep_registering() -> None:
            while busy:
                who = somebody()
                answer = await rig.api.post("/users", json=who.registration)
                answers.append(answer)
                if answer.status_code == 201:
                    kept.append(who.email)

        async def keep_writing() -> None:
            while busy:
                answers.append(await rig.asks("PATCH", json={"full_name": f"Síle {len(answers)}"}))

        working = asyncio.gather(keep_registering(), keep_registering(), keep_writing())
        await eventually(lambda: len(kept) >= 10)
        await asyncio.to_thread(own_mariadb.stop, signal.SIGKILL)
        await eventually(lambda: any(answer.status_code == 503 for answer in answers), 8)
        await _slow_but_told(rig)
        before = len(kept)
        await asyncio.to_thread(own_mariadb.start)
        await eventually(lambda: len(kept) >= before + 5, 10, "it did not recover by itself")
        busy = False
        await working
        assert {answer.status_code for answer in answers} <= {200, 201, 503}
        for answer in answers:
            if answer.status_code == 503:
                _is_told(answer)
        assert max(answer.elapsed.total_seconds() for answer in answers) < 6
        rows = own_mariadb.run("SELECT email FROM users", _schema(rig))
        assert set(kept) - {str(email) for (email,) in rows} == set()
        # As if half a minute had passed: what was being worked on when the database died is free.
        own_mariadb.run("UPDATE ledger_jobs SET leased_until = run_at WHERE state = 'running'", _schema(rig))
        await eventually(lambda: set(kept) <= rig.mails.addresses(), 30, "a mail was lost")


async def _slow_but_told(rig: Rig) -> None:
    """Every kind of route while there is no database."""
    given = {"login": "nobody@example.org", "password": PASSWORD}
    for method, path, body in (
        ("POST", "/sessions", given),
        ("POST", "/sessions/refresh", {"refresh_token": rig.tokens["refresh_token"]}),
        ("GET", "/sessions", None),
        ("GET", "/users?search=sio", None),
        ("POST", "/oauth/revoke", None),
    ):
        form = {"data": {"token": rig.tokens["refresh_token"]}} if path == "/oauth/revoke" else {"json": body}
        answer = await rig.asks(method, path, **form)
        _is_told(answer)
        assert answer.elapsed.total_seconds() < 6
    ready = await rig.api.get(f"{rig.service.url}/health/ready")
    assert (ready.status_code, ready.json()["state"]) == (503, "down")
    assert (await rig.api.get(f"{rig.service.url}/health/live")).status_code == 200


def _is_told(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "DATABASE_UNAVAILABLE"
    assert int(answer.headers["retry-after"]) >= 1


def _schema(rig: Rig) -> str:
    return str(rig.service.settings["SQL_DATABASE"])


async def test_a_database_that_hangs_is_told_in_time(own_mariadb: MariaDB, open_rig: OpenRig) -> None:
    async with open_rig(own_mariadb) as rig:
        assert own_mariadb.daemon is not None
        own_mariadb.daemon.freeze()
        try:
            hanging = [rig.api.get("/users/username-available?username=oneil") for _ in range(10)]
            hanging += [rig.asks("PATCH", json={"full_name": "Síle"}) for _ in range(5)]
            for answer in await asyncio.gather(*hanging):
                _is_told(answer)
                assert answer.elapsed.total_seconds() < 6
            assert (await rig.api.get(f"{rig.service.url}/health/live")).elapsed.total_seconds() < 0.5
        finally:
            own_mariadb.daemon.thaw()
        await eventually(lambda: _answers(rig, "/sessions"), 10, "it did not recover by itself")


async def _answers(rig: Rig, path: str) -> bool:
    return (await rig.asks("GET", path)).status_code == 200


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_without_redis_everything_is_answered_as_before(
    mariadb: MariaDB, own_redis: RedisServer, open_rig: OpenRig, launch: Launch, how: str
) -> None:
    async with open_rig(mariadb, own_redis, PUBLIC_URL="https://guides.test") as rig:
        other = await asyncio.to_thread(launch, "serve", **rig.service.settings)
        who, second = await join(rig.api, rig.mails)
        async with api_of(other.url) as there:
            for tokens in (rig.tokens, second):
                await expect(200, there, "GET", "/users/me", headers=bearer(tokens))
            if how == "killed":
                await asyncio.to_thread(own_redis.stop, signal.SIGKILL)
            else:
                own_redis.daemon.freeze()
            answers = [await rig.asks() for _ in range(50)]
            assert {answer.status_code for answer in answers} == {200}
            assert max(answer.elapsed.total_seconds() for answer in answers) < 3
            await expect(200, rig.api, "PATCH", "/users/me", json={"full_name": "Síle"}, headers=bearer(rig.tokens))
            assert (await rig.asks()).json()["full_name"] == "Síle"
            await join(rig.api, rig.mails)
            await sign_in(rig.api, who)
            await expect(204, rig.api, "DELETE", "/sessions/current", headers=bearer(second))
            assert (await rig.api.get("/users/me", headers=bearer(second))).status_code == 401
            await eventually(lambda: _is_refused(there, second), 5, "an ended session was let in elsewhere")
            ready = (await rig.api.get(f"{rig.service.url}/health/ready")).json()
            assert ready["state"] == "degraded"
            if how == "killed":
                await asyncio.to_thread(own_redis.start)
            else:
                own_redis.daemon.thaw()
            await eventually(lambda: _is_ready(rig), 10, "it did not take Redis back")
            assert (await rig.asks()).status_code == 200
            assert (await there.get("/users/me", headers=bearer(second))).status_code == 401
    mariadb.drop_database(_schema(rig))


async def _is_refused(api: httpx.AsyncClient, tokens: dict[str, Any]) -> bool:
    return (await api.get("/users/me", headers=bearer(tokens))).status_code == 401


async def _is_ready(rig: Rig) -> bool:
    return bool((await rig.api.get(f"{rig.service.url}/health/ready")).json()["state"] == "ready")


async def test_limits_hold_over_processes_and_survive_redis(
    mariadb: MariaDB, own_redis: RedisServer, open_rig: OpenRig, launch: Launch
) -> None:
    async with open_rig(mariadb, own_redis, RATE_LIMIT_USER="40", PUBLIC_URL="https://guides.test") as rig:
        other = await asyncio.to_thread(launch, "serve", **rig.service.settings)
        async with api_of(other.url) as there:
            asked = [api.get("/users/me", headers=bearer(rig.tokens)) for api in (rig.api, there) for _ in range(60)]
            statuses = [answer.status_code for answer in await asyncio.gather(*asked)]
            assert (statuses.count(200), statuses.count(429)) == (40, 80)
            await asyncio.to_thread(own_redis.stop, signal.SIGKILL)
            refused = await rig.asks()
            assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
            assert int(refused.headers["retry-after"]) >= 1
    mariadb.drop_database(_schema(rig))
