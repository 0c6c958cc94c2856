"""Identity's use cases against real transactions: who comes at the same moment as somebody else."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.cache import MemoryCache
from asperguide.adapters.memory.mailer import MemoryMailer
from asperguide.adapters.memory.passwords import MemoryPasswords
from asperguide.adapters.memory.strength import MemoryStrength
from asperguide.adapters.sql.engine import Database
from asperguide.container import Container
from asperguide.identity import Confirmation, RefreshRequest, SignedIn, SignInRequest
from asperguide.shared.ports import Clock
from asperguide.testing.world import LINK, SETTINGS
from asperguide.worker import worker_of
from tests.identity import PASSWORD, new_user


@pytest.fixture
def container(database: Database, clock: Clock) -> Container:
    """The service on a database, with what is slow or outside replaced."""
    made = Container(settings=SETTINGS)
    made.database.override(Object(database))
    made.clock.override(Object(clock))
    made.hasher.override(Object(MemoryPasswords()))
    made.strength.override(Object(MemoryStrength()))
    made.mailer.override(Object(MemoryMailer()))
    made.cache.override(Object(MemoryCache(clock)))
    return made


async def outcomes(*calls: Awaitable[Any]) -> list[str]:
    """What comes of all at once, by the names of answers and refusals."""
    return sorted(type(outcome).__name__ for outcome in await asyncio.gather(*calls, return_exceptions=True))


async def code_of(container: Container) -> str:
    """The code in the mail that was sent."""
    await worker_of(container).run_due()
    mailer: Any = container.mailer()
    return next(found[2] for mail in mailer.sent if (found := LINK.search(mail.text)))


async def a_session(container: Container) -> SignedIn:
    """Siobhán, confirmed and signed in."""
    await container.register()(new_user())
    await container.confirm_email()(Confirmation(code=await code_of(container)))
    return await container.sign_in()(SignInRequest(login="siobhan", password=PASSWORD))


async def test_two_who_register_one_address_hear_the_same_and_one_is_real(container: Container) -> None:
    register = container.register()
    first, second = new_user("first", email="one@example.org"), new_user("second", email="ONE@example.org")
    assert await outcomes(register(first), register(second)) == ["Registered", "Registered"]
    await worker_of(container).run_due()
    mailer: Any = container.mailer()
    assert len([mail for mail in mailer.sent if LINK.search(mail.text)]) == 1


async def test_two_who_register_one_username_are_one_account_and_one_conflict(container: Container) -> None:
    register = container.register()
    first, second = new_user(), new_user(email="other@example.org")
    assert await outcomes(register(first), register(second)) == ["Registered", "UsernameTaken"]


async def test_a_code_that_many_bring_at_once_is_good_for_one(container: Container) -> None:
    await container.register()(new_user())
    confirmation, confirm = Confirmation(code=await code_of(container)), container.confirm_email()
    assert await outcomes(*(confirm(confirmation) for _ in range(4))) == [*["CodeRefused"] * 3, "NoneType"]


async def test_signing_out_while_refreshing_ends_the_session(container: Container) -> None:
    signed_in = await a_session(container)
    actor, refresh = await container.authenticate()(signed_in.access_token), container.refresh_session()
    given = RefreshRequest(refresh_token=signed_in.refresh_token)
    found = await outcomes(container.sign_out()(actor), *(refresh(given) for _ in range(6)))
    assert found.count("NoneType") == 1
    assert set(found) <= {"NoneType", "Refreshed", "RefreshTokenRefused"}
    assert await outcomes(refresh(given)) == ["RefreshTokenRefused"]


async def test_many_refreshes_at_once_have_one_successor(container: Container) -> None:
    token = (await a_session(container)).refresh_token
    for _ in range(3):
        given, refresh = RefreshRequest(refresh_token=token), container.refresh_session()
        successors = {answer.refresh_token for answer in await asyncio.gather(*(refresh(given) for _ in range(20)))}
        assert len(successors) == 1
        token = successors.pop()
