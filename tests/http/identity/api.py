"""A client of the whole application over a world, without a network between."""

from typing import Any

import httpx
from msgspec.structs import replace

from asperguide.adapters.http.edge import Edge
from asperguide.server import build
from asperguide.settings import Settings
from asperguide.shared.actor import Role
from asperguide.testing import Person, World
from asperguide.testing.world import SETTINGS

PASSWORD = "quartz-lantern-47-violet"
BETTER = "umber-kestrel-82-quilt"
ABSENT = "0199a000-0000-7000-8000-000000000000"
PATIENT = replace(SETTINGS, rate_limit_anonymous=10_000, rate_limit_user=10_000, rate_limit_credentials=10_000)


class Api:
    """Sends requests to `/api/v1`; `token` is the bearer token of whoever asks."""

    def __init__(self, settings: Settings = PATIENT) -> None:
        self.world = World(settings)
        self.edge: Edge = build(self.world.container)
        transport = httpx.ASGITransport(self.edge, client=("192.0.2.7", 1234))
        self.client = httpx.AsyncClient(transport=transport, base_url="https://localhost")

    async def __call__(
        self, method: str, path: str, token: str | None = None, *, headers: dict[str, str] | None = None, **rest: Any
    ) -> httpx.Response:
        """The answer to one request; no cookie is kept between two."""
        self.client.cookies.clear()
        given = {**({"authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        where = path if path.startswith(("/.", "/account")) else f"/api/v1{path}"
        return await self.client.request(method, where, headers=given, **rest)

    async def member(self, username: str = "siobhan", *roles: Role) -> Person:
        """Somebody who registered, confirmed and signed in."""
        return await self.world.person(username, roles=roles)

    async def admin(self, username: str = "boss") -> Person:
        """An administrator, signed in."""
        return await self.member(username, Role.ADMIN)


def token_of(person: Person) -> str:
    """The access token."""
    return person.signed_in.access_token


def newcomer(username: str = "siobhan", **fields: Any) -> dict[str, Any]:
    """The body of a registration."""
    given = {"email": f"{username}@example.org", "username": username, "full_name": "Siobhán O'Neil"}
    return {**given, "password": PASSWORD, **fields}


def problem(answer: httpx.Response, status: int, internal_code: int) -> dict[str, Any]:
    """The problem in an answer, which must be complete and of this status and number."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["internal_code"] == internal_code, body
    assert body["code"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def pointers(body: dict[str, Any]) -> set[str]:
    """Which fields a problem complains about."""
    return {wrong["pointer"] for wrong in body["errors"]}
