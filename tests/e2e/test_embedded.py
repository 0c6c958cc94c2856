"""One command on a machine with nothing installed: the whole service in one process and one folder."""

import asyncio
import contextlib
import signal
import sqlite3
import time
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Launch
from tests.e2e.people import Folder, api_of, bearer, expect, join, journey, sign_in, somebody
from tests.e2e.service import asperguide
from tests.servers import eventually, wait_until


async def test_with_nothing_configured_somebody_joins_and_leaves(tmp_path: Path, launch: Launch) -> None:
    service = launch("serve", RATE_LIMIT_ANONYMOUS="", RATE_LIMIT_USER="", RATE_LIMIT_CREDENTIALS="")
    async with api_of(service.url) as api:
        await journey(api, Folder(tmp_path / "var" / "mails"))
        assert (await api.get(f"{service.url}/docs")).status_code == 200
        assert (await api.get(f"{service.url}/dev/mails")).status_code == 404
        assert (await api.get(f"{service.url}/health/ready")).json()["state"] == "ready"
    for file in ("secret", "asperguide.sqlite3"):
        assert (tmp_path / "var" / file).stat().st_mode & 0o777 == 0o600


def test_it_says_where_it_is_and_where_mails_go(launch: Launch) -> None:
    service = launch("serve", DEBUG="true")
    for words in (service.url, "SQLite in var", "var/mails/*.eml", f"{service.url}/dev/mails", f"{service.url}/docs"):
        assert words in service.printed


async def test_what_is_no_http_is_a_problem_too(launch: Launch) -> None:
    reader, writer = await asyncio.open_connection(*launch("serve").url.removeprefix("http://").split(":"))
    writer.write(b"HELO mail.example\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/problem+json\r\n" in answer
    assert b'"code":"MALFORMED_REQUEST"' in answer


async def test_mails_can_be_read_in_a_browser_while_debugging(tmp_path: Path, launch: Launch) -> None:
    service = launch("serve", DEBUG="true")
    async with api_of(service.url) as api:
        who = somebody()
        await expect(201, api, "POST", "/users", json=who.registration)
        code = await Folder(tmp_path / "var" / "mails").code_for(who.email)
        overview = (await api.get(f"{service.url}/dev/mails")).text
        assert who.email.replace("'", "&#x27;") in overview
        id = overview.partition('href="/dev/mails/')[2].partition('"')[0]
        assert code in (await api.get(f"{service.url}/dev/mails/{id}")).text


async def test_a_restart_on_the_same_folder_keeps_accounts_and_sessions(tmp_path: Path, launch: Launch) -> None:
    service = launch("serve")
    async with api_of(service.url) as api:
        who, tokens = await join(api, Folder(tmp_path / "var" / "mails"))
    secret = (tmp_path / "var" / "secret").read_text()
    assert service.stop(signal.SIGINT) == 0
    service.start()
    async with api_of(service.url) as api:
        assert (tmp_path / "var" / "secret").read_text() == secret
        me = await expect(200, api, "GET", "/users/me", headers=bearer(tokens))
        assert me["username"] == who.username
        await expect(200, api, "POST", "/sessions/refresh", json={"refresh_token": tokens["refresh_token"]})
        await sign_in(api, who)


async def test_no_mail_is_lost_or_doubled_when_the_machine_dies_right_after_registrations(
    tmp_path: Path, launch: Launch
) -> None:
    mails = Folder(tmp_path / "var" / "mails")
    people = [somebody() for _ in range(12)]
    for four in (people[:4], people[4:8], people[8:]):
        service = launch("serve")
        async with api_of(service.url) as api:
            await asyncio.gather(*(expect(201, api, "POST", "/users", json=who.registration) for who in four))
            service.kill()
        _let_leases_run_out(tmp_path / "var" / "asperguide.sqlite3")
    service = launch("serve")
    await eventually(lambda: all(mails.to(who.email) for who in people), 30, "a mail was lost")
    await eventually(lambda: _unfinished(tmp_path / "var" / "asperguide.sqlite3") == 0)
    assert sorted(str(mail["To"]) for mail in mails.messages()) == sorted(who.email for who in people)
    async with api_of(service.url) as api:
        for who in people:
            await expect(204, api, "POST", "/users/email-verification", json={"code": await mails.code_for(who.email)})


def _let_leases_run_out(path: Path) -> None:
    """As if half a minute had passed: what the dead process was working on is anybody's."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE ledger_jobs SET leased_until = run_at WHERE state = 'running'")


def _unfinished(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as database:
        (count,) = database.execute("SELECT COUNT(*) FROM ledger_jobs WHERE state IN ('waiting', 'running')").fetchone()
        return int(count)


async def test_told_to_end_it_finishes_what_it_began(launch: Launch) -> None:
    service = launch("serve")
    async with api_of(service.url) as api:
        assert (await api.get("/users/username-available?username=oneil")).status_code == 200
        registering = asyncio.create_task(api.post("/users", json=somebody().registration))
        ending = asyncio.create_task(asyncio.to_thread(service.stop, signal.SIGINT))
        assert (await registering).status_code == 201
        assert await ending == 0
    assert service.living() == []
    assert "Traceback" not in service.printed


async def test_before_it_ends_it_is_not_ready_for_five_seconds_and_serves_on(launch: Launch) -> None:
    service = launch("serve")
    async with httpx.AsyncClient(base_url=service.url) as api:
        answer = await api.get("/health/ready")
        assert (answer.status_code, answer.headers.get("connection")) == (200, None)
        started = time.monotonic()
        ending = asyncio.create_task(asyncio.to_thread(service.stop))
        await eventually(lambda: _status_is(api, "/health/ready", 503), 4)
        assert (await api.get("/health/ready")).json()["draining"] is True
        answer = await api.post("/api/v1/users", json=somebody().registration)
        assert (answer.status_code, answer.headers["connection"]) == (201, "close")
        assert await ending == 0
    assert 4.9 < time.monotonic() - started < 15
    assert service.living() == []


def test_told_twice_it_ends_at_once(launch: Launch) -> None:
    service = launch("serve")
    assert service.process is not None
    service.process.send_signal(signal.SIGTERM)
    wait_until(lambda: httpx.get(f"{service.url}/health/ready").status_code == 503)
    started = time.monotonic()
    assert service.stop() == 128 + signal.SIGTERM
    assert time.monotonic() - started < 4


async def _status_is(api: httpx.AsyncClient, path: str, status: int) -> bool:
    return (await api.get(path)).status_code == status


@pytest.mark.expects_error_log
def test_a_port_in_use_is_told_and_nothing_else_is_disturbed(tmp_path: Path, launch: Launch) -> None:
    service = launch("serve")
    second = asperguide("serve", folder=tmp_path, SERVER_PORT=service.port)
    assert second.returncode != 0
    assert "address already in use" in second.stderr
    assert httpx.get(f"{service.url}/ping").text == "pong"


def test_more_processes_need_servers(tmp_path: Path) -> None:
    refused = asperguide("serve", "--workers", "2", folder=tmp_path)
    assert refused.returncode == 2
    assert "SQL_HOST" in refused.stderr and "REDIS_HOST" in refused.stderr
