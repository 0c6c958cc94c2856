"""People who write letters over HTTP, and what they write."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import httpx

from asperguide.identity import SignInRequest
from asperguide.testing import Person
from tests.http.identity.api import PASSWORD, Api

TITLE, BODY = "When you are thirty", "Dear Amélie, when you read this..."


@dataclass
class Somebody:
    """Sends requests, and signs in again whenever time has passed."""

    api: Api
    person: Person
    token: str

    def __post_init__(self) -> None:
        self._since = self.api.world.clock.now()

    @classmethod
    async def called(cls, api: Api, username: str) -> Self:
        """Somebody who registered, confirmed and signed in."""
        person = await api.member(username)
        return cls(api, person, person.signed_in.access_token)

    @property
    def id(self) -> str:
        """Theirs as a user."""
        return str(self.person.actor.user)

    @property
    def email(self) -> str:
        """Where they get mails."""
        return self.person.email

    async def __call__(self, method: str, path: str, **rest: Any) -> httpx.Response:
        """The answer to one request."""
        world = self.api.world
        if world.clock.now() != self._since:
            wanted = SignInRequest(login=self.email, password=PASSWORD)
            self.token, self._since = (await world.container.sign_in()(wanted)).access_token, world.clock.now()
        return await self.api(method, path, self.token, **rest)

    async def get(self, path: str, **rest: Any) -> Any:
        """What there is."""
        return expect(200, await self("GET", path, **rest))

    async def seal(self, *to: "Somebody | str", **fields: Any) -> dict[str, Any]:
        """A letter that is sealed now."""
        return expect(201, await self("POST", "/capsules", json=letter(self.api, *to, **fields)))

    async def open(self, id: str) -> dict[str, Any]:
        """What is in it."""
        return expect(200, await self("POST", f"/capsules/{id}/open"))

    async def inbox(self, query: str = "") -> list[str]:
        """The ids of what is for them."""
        return [one["id"] for one in (await self.get(f"/capsules?{query}"))["items"]]

    async def outbox(self, query: str = "") -> list[str]:
        """The ids of what is from them."""
        return await self.inbox(f"box=outbox&{query}")


def expect(status: int, answer: httpx.Response) -> Any:
    """The JSON of an answer that has this status."""
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def unlock(api: Api, **ahead: float) -> dict[str, str]:
    """A time so far ahead, on clocks that show UTC."""
    at = api.world.clock.now() + timedelta(**ahead)
    return {"wall": at.replace(tzinfo=None).isoformat(), "zone": "UTC"}


def sealing(api: Api, days: float = 30, **fields: Any) -> dict[str, Any]:
    """How a letter is sealed that opens in so many days."""
    return {"unlock": unlock(api, days=days), **fields}


def written(*to: "Somebody | str", **fields: Any) -> dict[str, Any]:
    """What is in a letter to users and addresses."""
    recipients = [{"email": one, "name": "Gráinne"} if isinstance(one, str) else {"user": one.id} for one in to]
    return {"title": TITLE, "body": BODY, "theme": "birthday", "recipients": recipients, **fields}


def letter(api: Api, *to: "Somebody | str", days: float = 30, **fields: Any) -> dict[str, Any]:
    """A letter to users and addresses that is to open in so many days."""
    return {**written(*to), **sealing(api, days), **fields}


def told(answer: httpx.Response) -> dict[str, str]:
    """What is wrong with which fields, by their pointers."""
    return {wrong["pointer"]: wrong["code"] for wrong in answer.json()["errors"]}
