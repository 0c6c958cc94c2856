"""Whom a token speaks for, what it is worth, and that it can be made worthless."""

from datetime import timedelta

import pytest
from msgspec import structs

from asperguide.identity import Claims, Introspection, RefreshRequest
from asperguide.identity.audit import SecurityEventKind
from asperguide.identity.errors import AccessTokenRefused, RefreshTokenRefused
from asperguide.shared.actor import SessionId, UserId
from asperguide.testing import Person, World
from asperguide.testing.world import SETTINGS
from tests.identity import HOME, actor_of, an_admin, events, register, sign_in

NOTHING = Introspection(active=False)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    """A fresh one."""
    return World()


@pytest.fixture
async def siobhan(world: World) -> Person:
    """Signed in."""
    return await world.person("siobhan")


def token_for(world: World, user: UserId, session: SessionId) -> str:
    """A well-signed token that says this."""
    now = world.clock.now()
    return world.container.tokens().issue(
        Claims(user=user, session=session, issued_at=now, expires_at=now + MINUTE, token_id="x")
    )


async def test_a_token_speaks_for_its_session_and_its_user_together(world: World, siobhan: Person) -> None:
    amelie = await world.person("amelie")
    nobody = world.ids.new()
    for user, session in (
        (amelie.actor.user, siobhan.actor.session), (siobhan.actor.user, SessionId(nobody)),
        (UserId(nobody), siobhan.actor.session),
    ):  # fmt: skip
        with pytest.raises(AccessTokenRefused):
            await world.container.authenticate()(token_for(world, user, session))
    assert await world.container.authenticate()(token_for(world, siobhan.actor.user, siobhan.actor.session))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x' OR id='2", "é" * 100])
async def test_garbage_speaks_for_nobody(world: World, siobhan: Person, token: str) -> None:
    with pytest.raises(AccessTokenRefused):
        await world.container.authenticate()(token)
    assert await world.container.introspect_token()(siobhan.actor, token) == NOTHING
    await world.container.revoke_token()(token)


async def test_an_unconfirmed_account_is_refused_as_soon_as_confirmation_is_asked_for() -> None:
    lenient = World(structs.replace(SETTINGS, require_verified_email=False))
    await register(lenient)
    signed_in = await sign_in(lenient)
    assert await actor_of(lenient, signed_in)
    lenient.container.policy.override(lenient.container.policy().__class__())
    with pytest.raises(AccessTokenRefused):
        await actor_of(lenient, signed_in)


async def test_what_a_token_is_worth(world: World, siobhan: Person) -> None:
    introspect = world.container.introspect_token()
    access = await introspect(siobhan.actor, siobhan.signed_in.access_token)
    now = int(world.clock.now().timestamp())
    assert access == Introspection(
        active=True, sub=str(siobhan.actor.user), sid=str(siobhan.actor.session), username="siobhan",
        token_type="Bearer", iat=now, exp=now + 900, scope="user",
    )  # fmt: skip
    refresh = await introspect(siobhan.actor, siobhan.signed_in.refresh_token)
    assert (refresh.active, refresh.token_type, refresh.exp) == (True, None, now + 14 * 86400)


async def test_people_may_ask_about_their_own_tokens_and_admins_about_all(world: World, siobhan: Person) -> None:
    amelie, boss = await world.person("amelie"), await an_admin(world)
    introspect = world.container.introspect_token()
    for token in (siobhan.signed_in.access_token, siobhan.signed_in.refresh_token):
        assert await introspect(amelie.actor, token) == NOTHING
        assert (await introspect(boss.actor, token)).active


async def test_what_is_over_is_worth_nothing(world: World, siobhan: Person) -> None:
    boss = await an_admin(world)
    introspect = world.container.introspect_token()
    first = siobhan.signed_in.refresh_token
    second = await world.container.refresh_session()(RefreshRequest(refresh_token=first))
    assert (await introspect(boss.actor, first)).active  # the overlap
    world.clock.advance(MINUTE)
    assert await introspect(boss.actor, first) == NOTHING
    assert (await introspect(boss.actor, second.refresh_token)).active
    world.clock.advance(16 * MINUTE)
    assert await introspect(boss.actor, second.access_token) == NOTHING
    await world.container.suspend_user()(boss.actor, siobhan.actor.user)
    assert await introspect(boss.actor, second.refresh_token) == NOTHING


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_revoking_either_token_ends_the_session_once(world: World, siobhan: Person, which: str) -> None:
    other = await sign_in(world)
    token = getattr(siobhan.signed_in, which)
    await world.container.revoke_token()(token, HOME)
    await world.container.revoke_token()(token, HOME)
    with pytest.raises(AccessTokenRefused):
        await actor_of(world, siobhan.signed_in)
    with pytest.raises(RefreshTokenRefused):
        await world.container.refresh_session()(RefreshRequest(refresh_token=siobhan.signed_in.refresh_token))
    assert await actor_of(world, other)
    assert len(await events(world, kind=SecurityEventKind.SIGNED_OUT)) == 1


async def test_a_token_of_a_forgotten_session_is_worth_nothing(world: World, siobhan: Person) -> None:
    await world.container.sign_out()(siobhan.actor)
    await world.advance(hours=1)
    boss = await an_admin(world)
    for token in (siobhan.signed_in.access_token, siobhan.signed_in.refresh_token):
        assert await world.container.introspect_token()(boss.actor, token) == NOTHING
        await world.container.revoke_token()(token)
    with pytest.raises(RefreshTokenRefused):
        await world.container.refresh_session()(RefreshRequest(refresh_token=siobhan.signed_in.refresh_token))


async def test_a_forged_refresh_token_of_a_real_session_is_worth_nothing(world: World, siobhan: Person) -> None:
    token = siobhan.signed_in.refresh_token
    forged = token[:60] + ("A" if token[60] != "A" else "B") + token[61:]
    assert await world.container.introspect_token()(siobhan.actor, forged) == NOTHING
    await world.container.revoke_token()(forged)
    assert await actor_of(world, siobhan.signed_in)
