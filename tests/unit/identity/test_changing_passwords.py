"""Changing a password, and getting back in without it."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from asperguide.identity import (
    Confirmation,
    EmailChange,
    PasswordChange,
    PasswordReset,
    RefreshRequest,
    Reopening,
    ResetRequest,
    UserState,
)
from asperguide.identity.audit import SecurityEventKind
from asperguide.identity.codes import Purpose
from asperguide.identity.errors import (
    AccessTokenRefused,
    CodeRefused,
    PasswordTooWeak,
    PasswordUsedBefore,
    PasswordWrong,
    ProofNeeded,
    RefreshTokenRefused,
    SignInRefused,
    TooManyGuesses,
    UserNotFound,
)
from asperguide.identity.rotation import EndReason
from asperguide.shared.actor import OPERATOR, UserId
from asperguide.testing import Person, World
from tests.identity import (
    AWAY,
    BETTER,
    PASSWORD,
    Meter,
    actor_of,
    events,
    guess_wrongly,
    ledger_text,
    mails_to,
    register,
    sign_in,
)

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def world() -> World:
    """A fresh one."""
    return World()


@pytest.fixture
async def siobhan(world: World) -> Person:
    """Signed in."""
    return await world.person("siobhan")


async def change(world: World, person: Person, new: str = BETTER, current: str | None = PASSWORD) -> None:
    """Change the password."""
    given = PasswordChange(new_password=new, current_password=current)
    await world.container.change_password()(person.actor, given, AWAY)


async def ask(world: World, email: str = "siobhan@example.org") -> str:
    """Ask for a mail and take the code out of it."""
    await world.container.ask_for_reset()(ResetRequest(email=email))
    await world.settle()
    return world.code_for(email)


async def reset(world: World, code: str, new: str = BETTER) -> None:
    """Choose a new password with the code."""
    await world.container.reset_password()(PasswordReset(code=code, new_password=new), AWAY)


# changing


async def test_a_change_ends_all_other_sessions_and_tells_by_mail(world: World, siobhan: Person) -> None:
    other = await sign_in(world)
    await change(world, siobhan)
    with pytest.raises(AccessTokenRefused):
        await actor_of(world, other)
    assert await actor_of(world, siobhan.signed_in) == siobhan.actor
    with pytest.raises(SignInRefused):
        await sign_in(world)
    assert await sign_in(world, password=BETTER)
    await world.settle()
    assert any("changed" in mail.subject for mail in mails_to(world, siobhan.email))
    async with world.container.identity_unit_of_work() as uow:
        ended = await uow.sessions.get(other.session.id)
    assert ended is not None
    assert ended.ended_because is EndReason.PASSWORD_CHANGED


async def test_within_10_minutes_of_the_sign_in_nobody_asks_for_the_old_one(world: World, siobhan: Person) -> None:
    world.clock.advance(TEN_MINUTES)
    await change(world, siobhan, current=None)
    world.clock.advance(timedelta.resolution)
    with pytest.raises(ProofNeeded):
        await change(world, siobhan, "basalt-heron-61-plume", current=None)


async def test_guesses_at_the_old_one_are_counted_with_those_at_the_door(world: World, siobhan: Person) -> None:
    for _ in range(6):
        with pytest.raises(PasswordWrong):
            await change(world, siobhan, current="wrong")
    await guess_wrongly(world, 4)
    with pytest.raises(TooManyGuesses):
        await change(world, siobhan)
    with pytest.raises(SignInRefused):
        await sign_in(world)


async def test_a_right_current_password_uses_up_no_try(world: World, siobhan: Person) -> None:
    for n in range(12):
        with pytest.raises(PasswordTooWeak):
            await change(world, siobhan, f"short{n}"[:7])
    await change(world, siobhan)


async def test_a_weak_new_password_is_refused_by_its_field(world: World, siobhan: Person) -> None:
    with pytest.raises(PasswordTooWeak) as refused:
        await change(world, siobhan, "siobhan1")
    assert refused.value.fields[0].pointer == "#/new_password"


async def test_none_of_the_last_five_comes_back(world: World, siobhan: Person) -> None:
    passwords = [PASSWORD, *(f"{word}-kestrel-82-quilt" for word in ("umber", "ochre", "sienna", "indigo", "cobalt"))]
    for before, after in pairwise(passwords):
        await change(world, siobhan, after, before)
    for used in passwords[1:]:
        with pytest.raises(PasswordUsedBefore):
            await change(world, siobhan, used, passwords[-1])
    await change(world, siobhan, passwords[0], passwords[-1])


async def test_a_code_asked_for_before_the_change_is_worth_nothing_after_it(world: World, siobhan: Person) -> None:
    code = await ask(world)
    await change(world, siobhan)
    with pytest.raises(CodeRefused):
        await reset(world, code, "basalt-heron-61-plume")


async def test_a_thief_cannot_move_the_account_once_the_owner_took_it_back(world: World, siobhan: Person) -> None:
    await world.container.change_email()(siobhan.actor, EmailChange(email="thief@example.net"))
    await world.settle()
    code = world.code_for("thief@example.net")
    await reset(world, await ask(world))
    with pytest.raises(CodeRefused):
        await world.container.confirm_email()(Confirmation(code=code))


async def test_changing_the_password_of_nobody_is_not_found(world: World) -> None:
    with pytest.raises(UserNotFound):
        await world.container.set_password()(
            UserId(world.ids.new()), BETTER, SecurityEventKind.PASSWORD_RESET, by=OPERATOR.user
        )


# reset


async def test_a_reset_ends_every_session_and_lets_its_owner_in(world: World, siobhan: Person) -> None:
    await reset(world, await ask(world, "SIOBHAN@example.org".lower()))
    with pytest.raises(AccessTokenRefused):
        await actor_of(world, siobhan.signed_in)
    with pytest.raises(RefreshTokenRefused):
        await world.container.refresh_session()(RefreshRequest(refresh_token=siobhan.signed_in.refresh_token))
    assert await sign_in(world, password=BETTER)
    assert (await events(world, kind=SecurityEventKind.PASSWORD_RESET))[-1].address == AWAY.address


async def test_a_reset_code_is_good_once_for_half_an_hour_and_for_nothing_else(world: World, siobhan: Person) -> None:
    code = await ask(world)
    with pytest.raises(CodeRefused):
        await world.container.confirm_email()(Confirmation(code=code))
    with pytest.raises(CodeRefused):
        await world.container.reopen_account()(Reopening(code=code))
    await reset(world, code)
    with pytest.raises(CodeRefused):
        await reset(world, code, "basalt-heron-61-plume")
    late = await ask(world)
    world.clock.advance(timedelta(minutes=30))
    with pytest.raises(CodeRefused):
        await reset(world, late, "basalt-heron-61-plume")


async def test_a_code_for_another_purpose_resets_nothing(world: World) -> None:
    await register(world)
    with pytest.raises(CodeRefused):
        await reset(world, world.code_for("siobhan@example.org"))


async def test_a_weak_password_leaves_the_code_good(world: World, siobhan: Person) -> None:
    code = await ask(world)
    with pytest.raises(PasswordTooWeak):
        await reset(world, code, "siobhan1")
    with pytest.raises(PasswordUsedBefore):
        await reset(world, code, PASSWORD)
    await reset(world, code)


async def test_of_two_with_the_same_code_at_once_one_is_refused(world: World, siobhan: Person) -> None:
    code = await ask(world)
    both = await asyncio.gather(reset(world, code), reset(world, code, "basalt-heron-61-plume"), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in both) == ["CodeRefused", "NoneType"]
    assert await sign_in(world, password=BETTER)


async def test_a_reset_proves_the_address_of_a_new_account(world: World) -> None:
    await register(world)
    await reset(world, await ask(world))
    me = await world.container.get_me()(await actor_of(world, await sign_in(world, password=BETTER)))
    assert me.state is UserState.ACTIVE


async def test_a_reset_unlocks_the_account_and_its_known_devices(world: World, siobhan: Person) -> None:
    phone = siobhan.signed_in.device_token
    await guess_wrongly(world, 10)
    await guess_wrongly(world, 10, device_token=phone)
    world.clock.advance(timedelta(seconds=1))
    await reset(world, await ask(world))
    assert await sign_in(world, password=BETTER)
    assert await sign_in(world, password=BETTER, device_token=phone)


async def test_asking_costs_the_same_for_everybody(world: World, siobhan: Person) -> None:
    locked = await world.person("locked")
    await world.container.suspend_user()(OPERATOR, locked.actor.user)
    await register(world, "pending")
    await world.settle()
    meter = Meter(world)
    costs = [
        await meter.cost(lambda name=name: world.container.ask_for_reset()(ResetRequest(email=f"{name}@example.org")))
        for name in ("siobhan", "locked", "pending", "nobody")
    ]
    assert costs == [costs[0]] * 4
    assert (costs[0][0].verified, costs[0][0].jobs, costs[0][1]) == (0, 1, "")


async def test_only_who_may_sign_in_gets_a_code_and_no_more_than_5_in_any_hour(world: World, siobhan: Person) -> None:
    locked = await world.person("locked")
    await world.container.suspend_user()(OPERATOR, locked.actor.user)
    await world.settle()
    before = {person.email: len(mails_to(world, person.email)) for person in (siobhan, locked)}
    for email in ("nobody@example.org", locked.email):
        await world.container.ask_for_reset()(ResetRequest(email=email))
    for _ in range(12):  # once every 5 minutes: the first codes expire and are thrown away meanwhile
        await world.container.ask_for_reset()(ResetRequest(email=siobhan.email))
        await world.advance(minutes=5)
    assert len(mails_to(world, siobhan.email)) - before[siobhan.email] == 5
    assert len(mails_to(world, locked.email)) == before[locked.email]
    assert not mails_to(world, "nobody@example.org")


async def test_an_unfinished_request_is_not_queued_twice(world: World, siobhan: Person) -> None:
    before = len(world.ledger.rows)
    for email in (siobhan.email, siobhan.email.upper()):
        await world.container.ask_for_reset()(ResetRequest(email=email))
    assert len(world.ledger.rows) == before + 1


async def test_a_suspension_makes_the_code_worthless(world: World, siobhan: Person) -> None:
    code = await ask(world)
    await world.container.suspend_user()(OPERATOR, siobhan.actor.user)
    with pytest.raises(CodeRefused):
        await reset(world, code)


async def test_the_code_is_in_the_mail_and_nowhere_else(world: World, siobhan: Person) -> None:
    code = await ask(world)
    assert code not in ledger_text(world)
    assert PASSWORD not in ledger_text(world)
    async with world.container.identity_unit_of_work() as uow:
        found = [row for row in uow.codes.rows.all() if row.purpose is Purpose.RESET_PASSWORD]  # type: ignore[attr-defined]
    assert code not in repr(found)
