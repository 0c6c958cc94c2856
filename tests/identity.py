"""What tests of identity have in common: a world's people, and what they do to one another."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.passwords import MemoryPasswords
from asperguide.adapters.memory.tables import MemoryTransaction
from asperguide.identity import NewUser, Registered, SignedIn, SignInRequest
from asperguide.identity.audit import SecurityEvent
from asperguide.identity.errors import SignInRefused
from asperguide.shared.actor import OPERATOR, Actor, Origin, Role
from asperguide.shared.errors import DomainError
from asperguide.shared.pages import PageRequest
from asperguide.shared.ports import Mail
from asperguide.testing import Person, World

PASSWORD = "quartz-lantern-47-violet"
BETTER = "umber-kestrel-82-quilt"
HOME = Origin(address="192.0.2.7", user_agent="Firefox")
AWAY = Origin(address="198.51.100.9", user_agent="curl")


def new_user(username: str = "siobhan", **fields: Any) -> NewUser:
    """Somebody who wants to register."""
    given: dict[str, Any] = {
        "email": f"{username}@example.org", "username": username, "full_name": "Siobhán O'Neil", "password": PASSWORD,
    }  # fmt: skip
    return NewUser(**{**given, **fields})


async def register(world: World, username: str = "siobhan", **fields: Any) -> Registered:
    """Register, and let the mail go."""
    registered = await world.container.register()(new_user(username, **fields))
    await world.settle()
    return registered


async def sign_in(world: World, login: str = "siobhan", password: str = PASSWORD, **fields: Any) -> SignedIn:
    """Sign in."""
    origin = fields.pop("origin", HOME)
    return await world.container.sign_in()(SignInRequest(login=login, password=password, **fields), origin)


async def actor_of(world: World, signed_in: SignedIn) -> Actor:
    """Whom the access token speaks for."""
    return await world.container.authenticate()(signed_in.access_token)


async def an_admin(world: World, username: str = "boss") -> Person:
    """An administrator."""
    return await world.person(username, roles=(Role.ADMIN,))


async def guess_wrongly(world: World, times: int, login: str = "siobhan", **fields: Any) -> None:
    """So many wrong passwords, each refused as such."""
    for _ in range(times):
        with pytest.raises(SignInRefused):
            await sign_in(world, login, "wrong", **fields)


async def events(world: World, **filters: str) -> list[SecurityEvent]:
    """The security log, the oldest line first."""
    page = await world.container.security_log()(OPERATOR, PageRequest(limit=100, filters=filters))
    return list(reversed(page.items))


def mails_to(world: World, address: str) -> list[Mail]:
    """The mails to one address, the oldest first."""
    return [mail for mail in world.mails if mail.to == address]


def ledger_text(world: World) -> str:
    """Everything that the ledger holds."""
    rows = world.ledger.rows.values()
    return json.dumps([(row.job.kind, row.job.payload, row.job.unique_key, row.error) for row in rows])


@dataclass(kw_only=True)
class Work:
    """How much something made the service do: hashes made and looked at, transactions begun, rows for workers."""

    verified: int = 0
    hashed: int = 0
    transactions: int = 0
    jobs: int = 0


class CountingPasswords(MemoryPasswords):
    """Keeps count."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work

    async def hash(self, password: str) -> str:
        """Counted."""
        self._work.hashed += 1
        return await super().hash(password)

    async def verify(self, password: str, hash: str | None) -> bool:
        """Counted, nobody's hash too."""
        self._work.verified += 1
        return await super().verify(password, hash)


class Meter:
    """Tells what each call costs in a world whose people may exist already."""

    def __init__(self, world: World) -> None:
        self._world, self._work, self._begin = world, Work(), world.database.begin
        world.container.hasher.override(Object(CountingPasswords(self._work)))
        world.database.begin = self._counted  # type: ignore[method-assign]

    async def cost(self, call: Callable[[], Awaitable[Any]]) -> tuple[Work, str]:
        """What the call cost, and the name of its refusal."""
        rows, start, outcome = len(self._world.ledger.rows), replace(self._work), ""
        try:
            await call()
        except DomainError as error:
            outcome = type(error).__name__
        done = self._work
        spent = Work(
            verified=done.verified - start.verified, hashed=done.hashed - start.hashed,
            transactions=done.transactions - start.transactions, jobs=len(self._world.ledger.rows) - rows,
        )  # fmt: skip
        return spent, outcome

    async def _counted(self) -> MemoryTransaction:
        self._work.transactions += 1
        return await self._begin()
