"""What people do with the service over REST, and where their mails arrive."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from tests.servers import eventually
from tests.smtp_server import SmtpServer

PASSWORD = "quartz-lantern-47-violet"
LINK = re.compile(r"https?://\S+/account/confirm#(\S+)")
NUMBERS = count(1)


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """Who registers."""

    username: str
    full_name: str = "Siobhán O'Neil"

    @property
    def email(self) -> str:
        """An address with an apostrophe, as people have them."""
        return f"{self.username}.o'neil@example.org"

    @property
    def registration(self) -> dict[str, str]:
        """What they tell about themselves."""
        return {
            "email": self.email,
            "username": self.username,
            "full_name": self.full_name,
            "password": PASSWORD,
        }


def somebody() -> Somebody:
    """Nobody else in this process is called like that."""
    return Somebody(username=f"siobhan{next(NUMBERS)}")


class Mailbox(ABC):
    """All mails that were delivered."""

    @abstractmethod
    def messages(self) -> list[EmailMessage]:
        """In no particular order."""

    def to(self, address: str) -> list[EmailMessage]:
        """Those to this address."""
        return [message for message in self.messages() if address in str(message["To"])]

    def addresses(self) -> set[str]:
        """Everybody who got one."""
        return {str(message["To"]) for message in self.messages()}

    async def code_for(self, address: str, deadline: float = 20.0) -> str:
        """The code in the mail that arrives at this address."""
        await eventually(lambda: self.to(address), deadline, f"no mail to {address} within {deadline} s")
        body = self.to(address)[-1].get_body(("plain",))
        assert body is not None
        found = LINK.search(body.get_content())
        assert found is not None, body.get_content()
        return found[1]


@dataclass(frozen=True)
class Folder(Mailbox):
    """`.eml` files."""

    path: Path

    def messages(self) -> list[EmailMessage]:
        """Every file."""
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in self.path.glob("*.eml")]


@dataclass(frozen=True)
class Smtp(Mailbox):
    """What an SMTP server took."""

    server: SmtpServer

    def messages(self) -> list[EmailMessage]:
        """Everything taken so far."""
        return list(self.server.messages)


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    """The header of somebody who signed in."""
    return {"authorization": f"Bearer {tokens['access_token']}"}


def api_of(url: str) -> httpx.AsyncClient:
    """A client for the REST API of a server."""
    return httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=20)


async def expect(status: int, api: httpx.AsyncClient, method: str, path: str, **request: Any) -> Any:
    """The JSON of an answer with this status; None when it has no body."""
    answer = await api.request(method, path, **request)
    assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


async def sign_in(api: httpx.AsyncClient, who: Somebody, password: str = PASSWORD) -> dict[str, Any]:
    """The tokens of a new session."""
    given = {"login": who.email, "password": password}
    tokens: dict[str, Any] = await expect(201, api, "POST", "/sessions", json=given)
    return tokens


async def join(api: httpx.AsyncClient, mails: Mailbox, who: Somebody | None = None) -> tuple[Somebody, dict[str, Any]]:
    """Register, confirm by the mail that arrives, sign in: somebody and their tokens."""
    who = who or somebody()
    registered = await expect(201, api, "POST", "/users", json=who.registration)
    assert registered["state"] == "pending"
    await expect(204, api, "POST", "/users/email-verification", json={"code": await mails.code_for(who.email)})
    return who, await sign_in(api, who)


async def journey(api: httpx.AsyncClient, mails: Mailbox) -> None:
    """The main job: register, mail, confirm, sign in, refresh, sign out."""
    who, first = await join(api, mails)
    me = await expect(200, api, "GET", "/users/me", headers=bearer(first))
    assert (me["email"], me["full_name"], me["state"]) == (who.email, who.full_name, "active")
    second = await expect(200, api, "POST", "/sessions/refresh", json={"refresh_token": first["refresh_token"]})
    assert second["refresh_token"] != first["refresh_token"]
    await expect(200, api, "GET", "/users/me", headers=bearer(second))
    await expect(204, api, "DELETE", "/sessions/current", headers=bearer(second))
    await expect(401, api, "GET", "/users/me", headers=bearer(second))
    await expect(401, api, "POST", "/sessions/refresh", json={"refresh_token": second["refresh_token"]})
