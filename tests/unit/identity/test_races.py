"""Who comes second: what a use case does when somebody else changes the same row between its look and its write.

Memory has one transaction at a time, so the other one is played by a unit of work that loses when it is told to.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from dependency_injector.providers import Factory, Object

from asperguide.adapters.memory.identity import (
    MemoryCodes,
    MemoryIdentityUnitOfWork,
    MemorySessions,
    MemoryUsers,
)
from asperguide.adapters.memory.passwords import MemoryPasswords
from asperguide.identity import (
    Confirmation,
    PasswordReset,
    RefreshRequest,
    Reopening,
    ResetRequest,
    Session,
    User,
    UserState,
)
from asperguide.identity.audit import SecurityEventKind
from asperguide.identity.codes import Code
from asperguide.identity.errors import AccessTokenRefused, CodeRefused, RefreshTokenReused
from asperguide.identity.ports import Credential
from asperguide.shared.actor import OPERATOR
from asperguide.shared.errors import EditedMeanwhile
from asperguide.testing import World
from tests.identity import BETTER, PASSWORD, actor_of, events, mails_to, register, sign_in


class Losing(MemoryIdentityUnitOfWork):
    """Loses as often against others as `losses` says, by the name of what is saved."""

    losses: ClassVar[dict[str, int]] = {}

    @classmethod
    def loses(cls, what: str) -> bool:
        """Whether it loses this time."""
        left = cls.losses.get(what, 0)
        cls.losses[what] = max(0, left - 1)
        return left > 0

    @property
    def codes(self) -> MemoryCodes:
        """Codes that somebody else may use first."""
        return LosingCodes(*_parts(super().codes))

    @property
    def sessions(self) -> MemorySessions:
        """Sessions that somebody else may refresh first."""
        return LosingSessions(*_parts(super().sessions))

    @property
    def users(self) -> MemoryUsers:
        """People who may be changed by somebody else first."""
        return LosingUsers(*_parts(super().users))


def _parts(repository: Any) -> list[Any]:
    return [getattr(repository, name) for name in repository.__dataclass_fields__]


class LosingCodes(MemoryCodes):
    """One-time codes."""

    async def save(self, code: Code) -> Code:
        """Unless somebody was faster."""
        if Losing.loses("code"):
            raise EditedMeanwhile
        return await super().save(code)


class LosingSessions(MemorySessions):
    """Sessions."""

    async def save(self, session: Session) -> Session:
        """Unless somebody was faster."""
        if Losing.loses("session"):
            raise EditedMeanwhile
        return await super().save(session)

    async def rotate(self, session: Session, from_counter: int) -> bool:
        """Unless somebody was faster: then it is done, by them."""
        lost = Losing.loses("rotation")
        return await super().rotate(session, from_counter) and not lost


class LosingUsers(MemoryUsers):
    """Accounts and passwords."""

    async def by_email(self, email_key: str) -> User | None:
        """Unless they came a moment later."""
        return None if Losing.loses("address") else await super().by_email(email_key)

    async def save(self, user: User) -> User:
        """Unless somebody was faster."""
        if Losing.loses("user"):
            raise EditedMeanwhile
        return await super().save(user)

    async def save_credential(self, credential: Credential) -> Credential:
        """Unless somebody was faster."""
        if Losing.loses("credential"):
            raise EditedMeanwhile
        return await super().save_credential(credential)


@pytest.fixture
def lose(world: World) -> Callable[..., None]:
    """Tell what will be lost, and how often."""
    c = world.container
    Losing.losses.clear()
    c.identity_unit_of_work.override(
        Factory(
            Losing, world.database, world.ledger, clock=c.clock, ids=c.ids, purge=c.cache.provided.purge,
            doorbell=c.doorbell,
        )
    )  # fmt: skip
    return lambda **times: Losing.losses.update(times)


@pytest.fixture
def world() -> World:
    """A fresh one."""
    return World()


async def test_the_later_of_two_who_bring_a_code_at_once_is_told_that_it_was_used(
    world: World, lose: Callable[..., None]
) -> None:
    await register(world)
    confirmation = Confirmation(code=world.code_for("siobhan@example.org"))
    lose(code=1)
    with pytest.raises(CodeRefused):
        await world.container.confirm_email()(confirmation)
    await world.container.confirm_email()(confirmation)
    siobhan = await actor_of(world, await sign_in(world))
    await world.container.ask_for_reset()(ResetRequest(email="siobhan@example.org"))
    await world.settle()
    lose(code=1)
    with pytest.raises(CodeRefused):
        code = world.code_for("siobhan@example.org")
        await world.container.reset_password()(PasswordReset(code=code, new_password=BETTER))
    assert await sign_in(world)
    await world.container.close_account()(siobhan)
    await world.settle()
    lose(code=1)
    with pytest.raises(CodeRefused):
        await world.container.reopen_account()(Reopening(code=world.code_for("siobhan@example.org")))


async def test_an_address_that_is_registered_at_the_same_moment_gets_the_neutral_answer(
    world: World, lose: Callable[..., None]
) -> None:
    siobhan = await world.person("siobhan")
    lose(address=1)
    answer = await register(world, "thief", email=siobhan.email)
    assert answer.state is UserState.PENDING
    assert "already" in mails_to(world, siobhan.email)[-1].text
    assert [account.username for account in (await world.container.list_users()(OPERATOR)).items] == ["siobhan"]


async def test_who_loses_the_rotation_gets_the_winners_successor(world: World, lose: Callable[..., None]) -> None:
    siobhan = await world.person("siobhan")
    lose(rotation=1)
    refresh = world.container.refresh_session()
    given = RefreshRequest(refresh_token=siobhan.signed_in.refresh_token)
    assert (await refresh(given)).refresh_token == (await refresh(given)).refresh_token


@pytest.mark.parametrize("ending", ["sign out", "end", "revoke", "reuse"])
async def test_a_session_ends_even_while_it_is_refreshed(world: World, lose: Callable[..., None], ending: str) -> None:
    siobhan = await world.person("siobhan")
    c, token = world.container, siobhan.signed_in.refresh_token
    for _ in range(2):
        latest = await c.refresh_session()(RefreshRequest(refresh_token=token))
        token = latest.refresh_token
    lose(session=3)
    match ending:
        case "sign out":
            await c.sign_out()(siobhan.actor)
        case "end":
            await c.end_session()(siobhan.actor, siobhan.actor.session)
        case "revoke":
            await c.revoke_token()(token)
        case _:
            with pytest.raises(RefreshTokenReused):
                await c.refresh_session()(RefreshRequest(refresh_token=siobhan.signed_in.refresh_token))
    with pytest.raises(AccessTokenRefused):
        await c.authenticate()(latest.access_token)


async def test_a_session_that_is_changed_without_end_says_so(world: World, lose: Callable[..., None]) -> None:
    siobhan = await world.person("siobhan")
    lose(session=100)
    with pytest.raises(EditedMeanwhile):
        await world.container.sign_out()(siobhan.actor)
    assert await actor_of(world, siobhan.signed_in)


async def test_an_account_that_is_reopened_at_the_last_moment_is_not_erased(
    world: World, lose: Callable[..., None]
) -> None:
    siobhan = await world.person("siobhan")
    await world.container.close_account()(siobhan.actor)
    world.clock.set(world.clock.now() + world.container.policy().closing_grace)
    lose(user=1)
    assert await world.container.purge_closed_accounts()() == 0
    assert not await events(world, kind=SecurityEventKind.ACCOUNT_ERASED)
    assert await world.container.purge_closed_accounts()() == 1


async def test_a_hash_that_is_changed_by_somebody_else_is_theirs_and_nobody_is_refused(
    world: World, lose: Callable[..., None]
) -> None:
    await world.person("siobhan")
    world.container.hasher.override(Object(MemoryPasswords(cost=2)))
    lose(credential=1)
    assert await sign_in(world, password=PASSWORD)
