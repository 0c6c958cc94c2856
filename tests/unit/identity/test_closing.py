"""Leaving: 30 days to come back, then nothing personal is left."""

from datetime import timedelta

import pytest

from asperguide.adapters.memory.identity_tables import CODES, CREDENTIALS, SESSIONS
from asperguide.identity import Closing, PasswordChange, RefreshRequest, Reopening, ResetRequest, UserState
from asperguide.identity.audit import SecurityEventKind
from asperguide.identity.errors import (
    AccessTokenRefused,
    CodeRefused,
    LastAdmin,
    PasswordQueueFull,
    PasswordWrong,
    ProofNeeded,
    RefreshTokenRefused,
    SignInRefused,
    TooManyGuesses,
    UserNotFound,
    WrongState,
)
from asperguide.shared.actor import OPERATOR
from asperguide.shared.errors import InvalidFields
from asperguide.testing import Person, World
from tests.identity import BETTER, HOME, PASSWORD, actor_of, an_admin, events, mails_to, register, sign_in


@pytest.fixture
def world() -> World:
    """A fresh one."""
    return World()


@pytest.fixture
async def siobhan(world: World) -> Person:
    """Signed in."""
    return await world.person("siobhan")


async def close(world: World, person: Person) -> None:
    """Close the account; the mail goes."""
    await world.container.close_account()(person.actor, Closing(current_password=PASSWORD), HOME)
    await world.settle()


async def reopen(world: World, **how: str) -> None:
    """Come back."""
    await world.container.reopen_account()(Reopening(**how), HOME)
    await world.settle()


async def test_closing_ends_every_session_and_says_until_when_one_can_come_back(world: World, siobhan: Person) -> None:
    other = await sign_in(world)
    await close(world, siobhan)
    for signed_in in (siobhan.signed_in, other):
        with pytest.raises(AccessTokenRefused):
            await actor_of(world, signed_in)
    with pytest.raises(SignInRefused):
        await sign_in(world)
    assert "2026-01-31" in mails_to(world, siobhan.email)[-1].text
    assert (await world.container.search_users()(OPERATOR, "siobhan")) == []


async def test_closing_needs_proof(world: World, siobhan: Person) -> None:
    with pytest.raises(PasswordWrong):
        await world.container.close_account()(siobhan.actor, Closing(current_password="wrong"))
    world.clock.advance(timedelta(minutes=11))
    with pytest.raises(ProofNeeded):
        await world.container.close_account()(siobhan.actor)


async def test_the_code_of_the_mail_reopens_once(world: World, siobhan: Person) -> None:
    await close(world, siobhan)
    code = world.code_for(siobhan.email)
    await reopen(world, code=code)
    assert await sign_in(world)
    assert "open" in mails_to(world, siobhan.email)[-1].subject.lower()
    with pytest.raises(CodeRefused):
        await reopen(world, code=code)


async def test_login_and_password_reopen_too(world: World, siobhan: Person) -> None:
    await close(world, siobhan)
    await reopen(world, login=siobhan.email, password=PASSWORD)
    assert (await world.container.get_me()(await actor_of(world, await sign_in(world)))).state is UserState.ACTIVE
    kinds = [line.kind for line in await events(world)]
    assert kinds.count(SecurityEventKind.ACCOUNT_CLOSING) == kinds.count(SecurityEventKind.ACCOUNT_REOPENED) == 1


async def test_reopening_guesses_are_limited_and_refused_as_at_the_door(world: World, siobhan: Person) -> None:
    with pytest.raises(SignInRefused):
        await reopen(world, login="siobhan", password=PASSWORD)  # it is not closing
    await close(world, siobhan)
    for _ in range(9):
        with pytest.raises(SignInRefused):
            await reopen(world, login="siobhan", password="wrong")
    with pytest.raises(TooManyGuesses):
        await reopen(world, login="siobhan", password=PASSWORD)


async def test_a_full_queue_does_not_cost_the_way_back(world: World, siobhan: Person) -> None:
    await close(world, siobhan)
    world.container.hasher().busy = True  # type: ignore[attr-defined]
    with pytest.raises(PasswordQueueFull):
        await reopen(world, login="siobhan", password=PASSWORD)
    world.container.hasher().busy = False  # type: ignore[attr-defined]
    await reopen(world, login="siobhan", password=PASSWORD)


@pytest.mark.parametrize(
    "how", [{}, {"login": "x"}, {"password": "x"}, {"code": "x", "login": "x", "password": "x"}], ids=str
)
async def test_one_way_of_coming_back_at_a_time(world: World, how: dict[str, str]) -> None:
    with pytest.raises(InvalidFields):
        await reopen(world, **how)


@pytest.mark.parametrize("code", ["x", "A" * 43])
async def test_a_wrong_code_reopens_nothing(world: World, siobhan: Person, code: str) -> None:
    await close(world, siobhan)
    with pytest.raises(CodeRefused):
        await reopen(world, code=code)


async def test_while_closing_the_password_cannot_be_reset(world: World, siobhan: Person) -> None:
    await close(world, siobhan)
    before = len(world.mails)
    await world.container.ask_for_reset()(ResetRequest(email=siobhan.email))
    await world.settle()
    assert len(world.mails) == before


async def test_after_30_days_nothing_personal_is_left_and_the_names_are_free(world: World, siobhan: Person) -> None:
    await world.container.change_password()(siobhan.actor, PasswordChange(new_password=BETTER), HOME)
    await world.container.close_account()(siobhan.actor, Closing(current_password=BETTER), HOME)
    await world.advance(days=29, hours=23)
    assert (await world.container.get_user()(OPERATOR, siobhan.actor.user)).email == siobhan.email
    code = world.code_for(siobhan.email)
    await world.advance(hours=2)
    with pytest.raises(UserNotFound):
        await world.container.get_user()(OPERATOR, siobhan.actor.user)
    with pytest.raises(CodeRefused):
        await reopen(world, code=code)
    with pytest.raises(SignInRefused):
        await sign_in(world, password=BETTER)
    with pytest.raises(RefreshTokenRefused):
        await world.container.refresh_session()(RefreshRequest(refresh_token=siobhan.signed_in.refresh_token))
    mine = await events(world, user=str(siobhan.actor.user))
    assert {(line.address, line.user_agent, line.detail) for line in mine} == {("", "", "")}
    assert mine[-1].kind is SecurityEventKind.ACCOUNT_ERASED
    for table in (CREDENTIALS, SESSIONS, CODES):
        assert world.database.rows(table).all() == []
    await world.advance(days=8)  # the ledger forgets what it sent
    committed = repr(world.database._committed).lower() + repr(world.ledger.rows).lower()
    assert "siobhan" not in committed
    again = await register(world)
    assert again.id != siobhan.actor.user


async def test_just_before_the_end_one_can_come_back_and_nothing_is_lost(world: World, siobhan: Person) -> None:
    await close(world, siobhan)
    await world.advance(days=29)
    await reopen(world, login="siobhan", password=PASSWORD)
    await world.advance(days=40)
    assert await sign_in(world)


async def test_when_the_grace_is_over_the_way_back_is_closed_even_before_the_purge(
    world: World, siobhan: Person
) -> None:
    await close(world, siobhan)
    world.clock.advance(timedelta(days=30))
    with pytest.raises(WrongState):
        await reopen(world, login="siobhan", password=PASSWORD)


async def test_many_accounts_are_erased_each_once(world: World) -> None:
    people = [await world.person(f"person{n}") for n in range(3)]
    for person in people:
        await close(world, person)
    world.clock.advance(timedelta(days=30))
    purge = world.container.purge_closed_accounts()
    assert (await purge(), await purge()) == (3, 0)


async def test_the_last_admin_cannot_leave(world: World) -> None:
    boss = await an_admin(world)
    with pytest.raises(LastAdmin):
        await close(world, boss)
    await an_admin(world, "chief")
    await close(world, boss)
    with pytest.raises(AccessTokenRefused):
        await actor_of(world, boss.signed_in)


async def test_a_closing_account_that_is_suspended_goes_on_closing_once_restored(world: World, siobhan: Person) -> None:
    await close(world, siobhan)
    await world.container.suspend_user()(OPERATOR, siobhan.actor.user)
    with pytest.raises(WrongState):
        await reopen(world, code=world.code_for(siobhan.email))
    restored = await world.container.restore_user()(OPERATOR, siobhan.actor.user)
    assert restored.state is UserState.CLOSING
    await reopen(world, code=world.code_for(siobhan.email))
    assert await sign_in(world)
