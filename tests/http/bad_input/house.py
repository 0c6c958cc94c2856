"""The whole application on a real MariaDB, in this process: what bad input does here it does in production."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import pytest
from dependency_injector.providers import Object

from asperguide import choosing, server
from asperguide.adapters.http.edge import Edge
from asperguide.adapters.memory.mailer import MemoryMailer
from asperguide.adapters.sql import migrations
from asperguide.adapters.system import SystemClock
from asperguide.container import Container
from asperguide.identity import NewAdmin
from asperguide.settings import Settings
from asperguide.testing import MovableClock
from asperguide.worker import worker_of
from tests.servers import MariaDB

PASSWORD = "quartz-lantern-47-violet"
SECRET = "7Yt-kP0zQ2mVx9LrA4bN8cDe1fGh5iJu6wSaMnBvCxZ"
URL = "https://guides.test"
LINK = re.compile(r"https?://\S+?/account/\w+#(\S+)")
UNLIMITED = {"rate_limit_anonymous": 10**6, "rate_limit_user": 10**6, "rate_limit_credentials": 10**6}
NUMBERS = count(1)


def settings_on(mariadb: MariaDB, schema: str, **changes: Any) -> Settings:
    """Settings for a schema of this server, without limits that tests would run into."""
    on_server = {
        "sql_host": mariadb.host,
        "sql_port": mariadb.port,
        "sql_username": mariadb.user,
        "sql_password": mariadb.password,
        "sql_database": schema,
    }
    secrets = {"oauth_secret_key": SECRET, "capsule_keys": f"house:{SECRET}"}
    return Settings(**{**secrets, "public_url": URL, **on_server, **UNLIMITED, **changes})


@pytest.fixture(scope="session")
def schema(mariadb: MariaDB) -> Iterator[str]:
    """The name of a schema that is up to date, one per pytest process."""
    name = mariadb.create_database()

    async def migrate() -> None:
        database = choosing.database(settings_on(mariadb, name))
        await migrations.up(database)
        await database.close()

    asyncio.run(migrate())
    yield name
    mariadb.drop_database(name)


def registration(**changes: Any) -> dict[str, Any]:
    """What somebody new tells about themselves."""
    name = f"siobhan{next(NUMBERS)}"
    person = {"email": f"{name}@example.org", "username": name, "full_name": "Siobhán O'Neil", "password": PASSWORD}
    return {**person, **changes}


@dataclass(kw_only=True)
class Person:
    """Somebody who is signed in."""

    email: str
    username: str
    tokens: dict[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        """What they send with each request."""
        return {"authorization": f"Bearer {self.tokens['access_token']}"}


@dataclass(kw_only=True)
class House:
    """An application, a client for it, its mails and its clock."""

    settings: Settings
    clock: MovableClock = field(default_factory=lambda: MovableClock(SystemClock().now()))
    mailer: MemoryMailer = field(default_factory=MemoryMailer)
    container: Container = field(init=False)
    edge: Edge = field(init=False)
    api: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.container = Container(settings=self.settings)
        self.container.mailer.override(Object(self.mailer))
        self.container.clock.override(Object(self.clock))
        self.edge = server.build(self.container)
        transport = httpx.ASGITransport(self.edge, client=("192.0.2.1", 1))
        self.api = httpx.AsyncClient(transport=transport, base_url=f"{URL}/api/v1")

    async def close(self) -> None:
        """Give everything back."""
        await self.api.aclose()
        await server.close(self.container)

    async def settle(self) -> None:
        """Send what is to be sent."""
        await worker_of(self.container).run_due()

    async def code_for(self, email: str) -> str:
        """The code in the latest mail to this address, whatever its case."""
        await self.settle()
        codes = [LINK.search(mail.text) for mail in self.mailer.sent if mail.to.lower() == email.lower()]
        found = [code[1] for code in codes if code]
        assert found, f"no code was sent to {email}"
        return found[-1]

    async def register(self, **changes: Any) -> dict[str, Any]:
        """Somebody new, not yet confirmed: what they told."""
        told = registration(**changes)
        await self.expect(201, "POST", "/users", json=told)
        return told

    async def person(self, **changes: Any) -> Person:
        """Somebody who registered, confirmed and signed in."""
        told = await self.register(**changes)
        await self.expect(204, "POST", "/users/email-verification", json={"code": await self.code_for(told["email"])})
        return await self.sign_in(told["email"], told["username"])

    async def sign_in(self, email: str, username: str = "") -> Person:
        """A new session."""
        tokens = await self.expect(201, "POST", "/sessions", json={"login": email, "password": PASSWORD})
        return Person(email=email, username=username, tokens=tokens)

    async def admin(self) -> Person:
        """A new administrator."""
        told = registration()
        await self.container.create_admin()(NewAdmin(**told))
        return await self.sign_in(told["email"], told["username"])

    async def expect(self, status: int, method: str, path: str, **request: Any) -> Any:
        """The JSON of an answer that has this status."""
        answer = await self.api.request(method, path, **request)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def refused(self, status: int, code: str, method: str, path: str, **request: Any) -> dict[str, Any]:
        """The problem of an answer that is refused with this status and code."""
        answer = await self.api.request(method, path, **request)
        problem = problem_of(answer)
        assert (problem["status"], problem["code"]) == (status, code), problem
        return problem


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    """The body of a refusal, which is a problem in every respect."""
    assert answer.status_code >= 400, answer.text
    assert answer.status_code != 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert {"type", "title", "detail", "instance", "code", "internal_code", "timestamp"} <= problem.keys()
    return problem
