"""Staying in and getting out: refresh, sign-out, and the devices one is signed in on."""

import asyncio
from datetime import timedelta

import pytest

from asperguide.identity import RefreshRequest, SignedIn
from asperguide.identity.audit import Outcome, SecurityEventKind
from asperguide.identity.errors import AccessTokenRefused, RefreshTokenRefused, RefreshTokenReused, SessionNotFound
from asperguide.shared.actor import SessionId
from asperguide.testing import Person, World
from tests.identity import AWAY, HOME, actor_of, events, sign_in

SECOND = timedelta(seconds=1)


@pytest.fixture
async def world() -> World:
    """Where Siobhán lives."""
    return World()


@pytest.fixture
async def siobhan(world: World) -> Person:
    """Signed in."""
    return await world.person("siobhan")


async def refresh(world: World, token: str) -> str:
    """The next token."""
    return (await world.container.refresh_session()(RefreshRequest(refresh_token=token), AWAY)).refresh_token


async def is_alive(world: World, signed_in: SignedIn) -> bool:
    """Whether the access token is worth anything."""
    try:
        await actor_of(world, signed_in)
    except AccessTokenRefused:
        return False
    return True


async def test_a_refresh_gives_a_pair_that_works(world: World, siobhan: Person) -> None:
    refreshed = await world.container.refresh_session()(RefreshRequest(refresh_token=siobhan.signed_in.refresh_token))
    assert await world.container.authenticate()(refreshed.access_token) == siobhan.actor
    assert (refreshed.token_type, refreshed.expires_in) == ("Bearer", 900)
    assert refreshed.refresh_token != siobhan.signed_in.refresh_token


async def test_within_30_seconds_the_predecessor_gets_the_same_successor(world: World, siobhan: Person) -> None:
    first = siobhan.signed_in.refresh_token
    second = await refresh(world, first)
    world.clock.advance(30 * SECOND)
    assert await refresh(world, first) == second
    assert await is_alive(world, siobhan.signed_in)


async def test_later_than_that_a_used_token_ends_the_session_for_good(world: World, siobhan: Person) -> None:
    first = siobhan.signed_in.refresh_token
    second = await refresh(world, first)
    world.clock.advance(30 * SECOND + timedelta.resolution)
    with pytest.raises(RefreshTokenReused):
        await refresh(world, first)
    assert not await is_alive(world, siobhan.signed_in)
    for token in (first, second):
        with pytest.raises(RefreshTokenRefused):
            await refresh(world, token)
    line = (await events(world))[-1]
    assert (line.kind, line.outcome, line.address) == (SecurityEventKind.TOKEN_REUSED, Outcome.REFUSED, AWAY.address)
    assert (line.user, line.by) == (siobhan.actor.user, None)


async def test_an_older_token_ends_the_session_at_once(world: World, siobhan: Person) -> None:
    first = siobhan.signed_in.refresh_token
    await refresh(world, await refresh(world, first))
    with pytest.raises(RefreshTokenReused):
        await refresh(world, first)
    assert not await is_alive(world, siobhan.signed_in)


async def test_reuse_ends_that_session_and_no_other(world: World, siobhan: Person) -> None:
    other = await sign_in(world)
    await refresh(world, await refresh(world, siobhan.signed_in.refresh_token))
    with pytest.raises(RefreshTokenReused):
        await refresh(world, siobhan.signed_in.refresh_token)
    assert await is_alive(world, other)


async def test_twenty_at_once_have_one_successor_and_nobody_is_logged_out(world: World, siobhan: Person) -> None:
    token = siobhan.signed_in.refresh_token
    for _ in range(10):
        successors = await asyncio.gather(*(refresh(world, token) for _ in range(20)))
        assert len(set(successors)) == 1
        token = successors[0]
    assert await is_alive(world, siobhan.signed_in)


@pytest.mark.parametrize("token", ["", "x", "A" * 70, "é" * 70, "x' OR id='2"])
async def test_what_is_no_token_is_refused(world: World, token: str) -> None:
    with pytest.raises(RefreshTokenRefused):
        await refresh(world, token)


async def test_an_access_token_is_no_refresh_token_and_the_other_way_round(world: World, siobhan: Person) -> None:
    with pytest.raises(RefreshTokenRefused):
        await refresh(world, siobhan.signed_in.access_token)
    with pytest.raises(AccessTokenRefused):
        await world.container.authenticate()(siobhan.signed_in.refresh_token)


async def test_an_idle_session_ends_after_14_days(world: World, siobhan: Person) -> None:
    world.clock.advance(timedelta(days=14) - SECOND)
    token = await refresh(world, siobhan.signed_in.refresh_token)
    world.clock.advance(timedelta(days=14))
    with pytest.raises(RefreshTokenRefused):
        await refresh(world, token)


async def test_a_session_in_use_ends_after_60_days(world: World, siobhan: Person) -> None:
    token = siobhan.signed_in.refresh_token
    for _ in range(6):
        world.clock.advance(timedelta(days=10) - SECOND)
        token = await refresh(world, token)
    answer = await world.container.refresh_session()(RefreshRequest(refresh_token=token))
    assert answer.expires_in == 6
    world.clock.advance(6 * SECOND)
    with pytest.raises(RefreshTokenRefused):
        await refresh(world, answer.refresh_token)


async def test_an_access_token_lives_for_15_minutes(world: World, siobhan: Person) -> None:
    world.clock.advance(timedelta(minutes=15) + 4 * SECOND)
    assert await is_alive(world, siobhan.signed_in)  # the leeway is 5 s
    world.clock.advance(2 * SECOND)
    assert not await is_alive(world, siobhan.signed_in)


async def test_signing_out_ends_the_session_truly_and_once(world: World, siobhan: Person) -> None:
    await world.container.sign_out()(siobhan.actor, HOME)
    await world.container.sign_out()(siobhan.actor, HOME)
    assert not await is_alive(world, siobhan.signed_in)
    with pytest.raises(RefreshTokenRefused):
        await refresh(world, siobhan.signed_in.refresh_token)
    lines = [line for line in await events(world) if line.kind is SecurityEventKind.SIGNED_OUT]
    assert [(line.user, line.by) for line in lines] == [(siobhan.actor.user, siobhan.actor.user)]


async def test_the_list_shows_every_device_and_marks_this_one(world: World, siobhan: Person) -> None:
    await world.person("amelie")
    world.clock.advance(SECOND)
    phone = await sign_in(world, device_name="phone")
    listed = await world.container.list_sessions()(siobhan.actor)
    assert [(view.id, view.current) for view in listed] == [
        (phone.session.id, False), (siobhan.actor.session, True)
    ]  # fmt: skip
    assert (listed[0].device_name, listed[0].address, listed[0].user_agent) == ("phone", HOME.address, HOME.user_agent)


async def test_one_device_can_be_signed_out(world: World, siobhan: Person) -> None:
    phone = await sign_in(world, device_name="phone")
    await world.container.end_session()(siobhan.actor, phone.session.id)
    assert not await is_alive(world, phone)
    assert await is_alive(world, siobhan.signed_in)
    with pytest.raises(SessionNotFound):
        await world.container.end_session()(siobhan.actor, phone.session.id)
    assert (await events(world))[-1].detail == "phone"


async def test_a_foreign_session_is_as_absent_as_none(world: World, siobhan: Person) -> None:
    amelie = await world.person("amelie")
    for id in (amelie.actor.session, SessionId(world.ids.new())):
        with pytest.raises(SessionNotFound):
            await world.container.end_session()(siobhan.actor, id)
    assert await is_alive(world, amelie.signed_in)


async def test_all_others_or_all_can_be_signed_out(world: World, siobhan: Person) -> None:
    amelie = await world.person("amelie")
    others = [await sign_in(world) for _ in range(3)]
    assert (await world.container.end_other_sessions()(siobhan.actor)).ended == 3
    assert [await is_alive(world, other) for other in others] == [False] * 3
    assert await is_alive(world, siobhan.signed_in)
    assert (await world.container.end_all_sessions()(siobhan.actor)).ended == 1
    assert not await is_alive(world, siobhan.signed_in)
    assert await is_alive(world, amelie.signed_in)


async def test_ending_and_refreshing_at_once_leaves_the_session_ended(world: World, siobhan: Person) -> None:
    token = siobhan.signed_in.refresh_token
    await asyncio.gather(
        *(refresh(world, token) for _ in range(5)), world.container.sign_out()(siobhan.actor), return_exceptions=True
    )
    assert not await is_alive(world, siobhan.signed_in)


async def test_housekeeping_forgets_what_is_over_and_nothing_else(world: World, siobhan: Person) -> None:
    over = await sign_in(world)
    await world.container.end_session()(siobhan.actor, over.session.id)
    await world.advance(hours=1)
    async with world.container.identity_unit_of_work() as uow:
        assert await uow.sessions.get(over.session.id) is None
        assert await uow.sessions.get(siobhan.actor.session) is not None
