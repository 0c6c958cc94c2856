"""Getting in: who may, how often anybody may try, and that refusals are all alike."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from dependency_injector.providers import Object
from msgspec import structs

from asperguide.adapters.memory.passwords import MemoryPasswords
from asperguide.identity import SignInRequest, UserState
from asperguide.identity.audit import Outcome, SecurityEventKind
from asperguide.identity.errors import PasswordQueueFull, SignInRefused, TooManyGuesses
from asperguide.shared.actor import OPERATOR
from asperguide.testing import World
from asperguide.testing.world import SETTINGS
from tests.identity import (
    AWAY,
    BETTER,
    HOME,
    PASSWORD,
    Meter,
    actor_of,
    events,
    guess_wrongly,
    mails_to,
    register,
    sign_in,
)


@pytest.fixture
async def world() -> World:
    """Where Siobhán lives."""
    world = World()
    await world.person("siobhan")
    return world


@pytest.mark.parametrize("login", ["siobhan", "SIOBHAN", " siobhan ", "siobhan@example.org", "Siobhan@EXAMPLE.org"])
async def test_an_address_or_a_username_opens_a_session(world: World, login: str) -> None:
    signed_in = await sign_in(world, login, device_name="Siobhán's phone")
    actor = await actor_of(world, signed_in)
    assert actor.session == signed_in.session.id
    assert (signed_in.token_type, signed_in.expires_in) == ("Bearer", 900)
    assert (signed_in.session.device_name, signed_in.session.address) == ("Siobhán's phone", HOME.address)
    assert signed_in.session.current


async def test_a_password_counts_by_its_characters_not_by_how_they_were_typed() -> None:
    world = World(structs.replace(SETTINGS, require_verified_email=False))
    await register(world, "amelie", password="dénuée-forêt-83-zinc")
    assert await sign_in(world, "amelie", "de\u0301nue\u0301e-fore\u0302t-83-zinc")


async def test_every_refusal_is_the_same_in_words_and_in_work(world: World) -> None:
    boss = await world.person("suspended")
    await world.container.suspend_user()(OPERATOR, boss.actor.user)
    closing = await world.person("closing")
    await world.container.close_account()(closing.actor)
    await register(world, "pending")
    await register(world, "decoy", email="siobhan@example.org")
    await world.settle()
    meter = Meter(world)
    logins = [
        ("siobhan", "wrong"), ("siobhan@example.org", "wrong"), ("nobody", PASSWORD), ("nobody@example.org", PASSWORD),
        ("suspended", PASSWORD), ("closing", PASSWORD), ("pending", PASSWORD), ("decoy", PASSWORD),
        ("x' OR id='2", PASSWORD), ("%", PASSWORD), ("@", PASSWORD), ("\u212aey", PASSWORD),
    ]  # fmt: skip
    costs = [await meter.cost(lambda login=login: sign_in(world, *login)) for login in logins]
    assert costs == [costs[0]] * len(logins)
    work, outcome = costs[0]
    assert (work.verified, work.hashed, work.jobs, outcome) == (1, 0, 0, "SignInRefused")


async def test_a_refusal_is_written_down_for_the_owner(world: World) -> None:
    with pytest.raises(SignInRefused):
        await sign_in(world, password="wrong", origin=AWAY)
    line = (await events(world))[-1]
    assert (line.kind, line.outcome, line.address) == (SecurityEventKind.SIGNED_IN, Outcome.REFUSED, AWAY.address)
    assert (line.user is None, line.by) == (False, None)


async def test_a_pending_account_gets_in_where_addresses_need_not_be_confirmed() -> None:
    world = World(structs.replace(SETTINGS, require_verified_email=False))
    await register(world)
    me = await world.container.get_me()(await actor_of(world, await sign_in(world)))
    assert me.state is UserState.PENDING


# limits


@pytest.mark.parametrize("login", ["siobhan", "nobody", "nobody@example.org"])
async def test_ten_wrong_guesses_in_15_minutes_then_even_the_right_one_waits(world: World, login: str) -> None:
    await guess_wrongly(world, 10, login)
    with pytest.raises(TooManyGuesses) as refused:
        await sign_in(world, login)
    assert refused.value.retry_after == timedelta(minutes=15)
    meter = Meter(world)
    assert (await meter.cost(lambda: sign_in(world, login)))[0].verified == 0
    world.clock.advance(timedelta(minutes=15))
    if login == "siobhan":
        assert await sign_in(world)


async def test_address_and_username_of_an_account_share_their_tries_and_do_not_tell(world: World) -> None:
    await guess_wrongly(world, 5, "siobhan")
    await guess_wrongly(world, 5, "siobhan@example.org")
    meter = Meter(world)
    costs = [await meter.cost(lambda login=login: sign_in(world, login)) for login in ("siobhan", "nobody")]
    assert costs[0] == costs[1]
    assert costs[0][1] == "SignInRefused"
    world.clock.advance(timedelta(minutes=15))
    assert await sign_in(world)


@pytest.mark.parametrize("guessed", ["mark", "siobhan@example.org"])
@pytest.mark.parametrize("typed", ["mark", "siobhan@example.org"])
@pytest.mark.parametrize("taken", [True, False])
async def test_tries_do_not_tell_whether_an_address_was_taken(guessed: str, typed: str, taken: bool) -> None:
    world = World()
    if taken:
        await world.person("siobhan")
    if guessed != "mark":
        await guess_wrongly(world, 5, guessed)
    await register(world, "mark", email="siobhan@example.org")
    await guess_wrongly(world, 5 if guessed != "mark" else 10, guessed)
    if typed == guessed:
        with pytest.raises(TooManyGuesses):
            await sign_in(world, typed)
    else:
        await guess_wrongly(world, 10, typed)


async def test_ten_guesses_at_a_username_do_not_tell_whose_address_is_typed_next(world: World) -> None:
    await world.person("amelie")
    await guess_wrongly(world, 10, "siobhan")
    meter = Meter(world)
    addresses = ("siobhan@example.org", "amelie@example.org", "nobody@example.org")
    for _ in range(10):
        costs = [await meter.cost(lambda address=address: sign_in(world, address, "wrong")) for address in addresses]
        assert costs == [costs[0]] * 3
        assert costs[0][1] == "SignInRefused"
    for login in addresses:
        with pytest.raises(TooManyGuesses):
            await sign_in(world, login)


async def test_a_new_password_is_typed_at_once_whatever_was_guessed_before(world: World) -> None:
    for login in ("siobhan", "siobhan@example.org"):
        for _ in range(11):
            with pytest.raises((SignInRefused, TooManyGuesses)):
                await sign_in(world, login, "wrong")
    user = (await world.container.list_users()(OPERATOR)).items[0]
    await world.container.set_password()(user.id, BETTER, SecurityEventKind.PASSWORD_RESET)
    for login in ("siobhan", "siobhan@example.org"):
        assert await sign_in(world, login, BETTER)


async def test_a_hundred_wrong_guesses_in_a_day(world: World) -> None:
    for _ in range(10):
        await guess_wrongly(world, 10)
        world.clock.advance(timedelta(minutes=15))
    with pytest.raises(TooManyGuesses) as refused:
        await sign_in(world)
    assert refused.value.retry_after is not None
    world.clock.advance(refused.value.retry_after)
    assert await sign_in(world)


async def test_right_passwords_use_up_nothing(world: World) -> None:
    for _ in range(15):
        await sign_in(world)


async def test_of_fifty_guesses_at_once_ten_are_looked_at(world: World) -> None:
    meter = Meter(world)

    async def storm() -> None:
        outcomes = await asyncio.gather(*(sign_in(world, password=f"x{n}") for n in range(50)), return_exceptions=True)
        names = sorted(type(outcome).__name__ for outcome in outcomes)
        assert names == ["SignInRefused"] * 10 + ["TooManyGuesses"] * 40

    work, _ = await meter.cost(storm)
    assert work.verified == 10


async def test_a_full_queue_gives_the_try_back(world: World) -> None:
    hasher: Any = world.container.hasher()
    hasher.busy = True
    for _ in range(15):
        with pytest.raises(PasswordQueueFull):
            await sign_in(world)
    hasher.busy = False
    assert await sign_in(world)


async def test_a_known_device_is_not_locked_out_by_strangers(world: World) -> None:
    home = await sign_in(world)
    await guess_wrongly(world, 10, origin=AWAY)
    with pytest.raises(TooManyGuesses):
        await sign_in(world)
    assert await sign_in(world, device_token=home.device_token)


async def test_a_device_token_is_no_way_round_the_limit(world: World) -> None:
    home = await sign_in(world)
    await guess_wrongly(world, 10, device_token=home.device_token)
    with pytest.raises(TooManyGuesses):
        await sign_in(world, device_token=home.device_token)


async def test_somebody_elses_or_a_made_up_device_token_is_none(world: World) -> None:
    theirs = (await world.person("amelie")).signed_in.device_token
    await guess_wrongly(world, 10, origin=AWAY)
    for token in (theirs, "A" * 43, "é" * 43, ""):
        with pytest.raises(TooManyGuesses):
            await sign_in(world, device_token=token)


async def test_the_device_stays_the_same_from_sign_in_to_sign_in(world: World) -> None:
    first = await sign_in(world)
    again = await sign_in(world, device_token=first.device_token)
    assert again.device_token == first.device_token
    assert again.refresh_token != first.refresh_token


# notices


async def test_a_new_device_is_told_to_the_owner_and_a_known_one_is_not(world: World) -> None:
    home = await sign_in(world, device_name="laptop")
    await world.settle()
    before = len(mails_to(world, "siobhan@example.org"))
    await sign_in(world, device_token=home.device_token, origin=AWAY)
    await sign_in(world)  # from where they were before
    await world.settle()
    assert len(mails_to(world, "siobhan@example.org")) == before
    await sign_in(world, origin=AWAY.__class__(address="203.0.113.4", user_agent="Opera"))
    await world.settle()
    assert "203.0.113.4" in mails_to(world, "siobhan@example.org")[-1].text


async def test_when_somebody_was_last_seen_is_noted_to_the_hour(world: World) -> None:
    async def seen() -> Any:
        return (await world.container.list_users()(OPERATOR)).items[0].last_seen_at

    first = await seen()
    world.clock.advance(timedelta(minutes=59))
    await sign_in(world)
    assert await seen() == first
    world.clock.advance(timedelta(minutes=2))
    await sign_in(world)
    assert await seen() == world.clock.now()


# hashes


async def test_an_outdated_hash_is_made_anew_at_the_next_sign_in(world: World) -> None:
    passwords = MemoryPasswords(cost=2)
    world.container.hasher.override(Object(passwords))
    user = (await world.container.list_users()(OPERATOR)).items[0]

    async def hash() -> str:
        async with world.container.identity_unit_of_work() as uow:
            credential = await uow.users.credential(user.id)
        assert credential
        return credential.hash

    assert passwords.is_outdated(await hash())
    await sign_in(world)
    assert not passwords.is_outdated(await hash())
    kept = await hash()
    await sign_in(world)
    assert await hash() == kept


class BusyAfterwards(MemoryPasswords):
    """Has time to look at a password and none to make a new hash."""

    async def hash(self, password: str) -> str:
        """The queue is full by now."""
        raise PasswordQueueFull


async def test_no_time_for_a_new_hash_is_no_reason_to_refuse(world: World) -> None:
    world.container.hasher.override(Object(BusyAfterwards(cost=2)))
    assert await actor_of(world, await sign_in(world))


async def test_a_long_device_name_of_a_library_caller_is_cut(world: World) -> None:
    given = SignInRequest(login="siobhan", password=PASSWORD, device_name="n" * 1000)
    assert len((await world.container.sign_in()(given)).session.device_name) == 100
