"""Administrators: what they may do, what they may not, and that all of it is written down."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from asperguide.identity import (
    Closing,
    EmailChange,
    NewAdmin,
    PasswordChange,
    ProfileChange,
    RefreshRequest,
    UserState,
)
from asperguide.identity.audit import SecurityEventKind
from asperguide.identity.errors import (
    AccessTokenRefused,
    EmailTaken,
    LastAdmin,
    PasswordTooWeak,
    RefreshTokenRefused,
    SignInRefused,
    UsernameTaken,
    UserNotFound,
    WrongState,
)
from asperguide.shared.actor import OPERATOR, Actor, Role, UserId
from asperguide.shared.errors import InvalidCursor, InvalidFields, NotWhileImpersonating, RoleNeeded
from asperguide.shared.pages import PageRequest
from asperguide.testing import Person, World
from asperguide.testing.world import SETTINGS
from tests.identity import AWAY, BETTER, HOME, PASSWORD, actor_of, an_admin, events, mails_to, register, sign_in

Deed = Callable[[Actor, UserId], Awaitable[Any]]


@pytest.fixture
def world() -> World:
    """A fresh one."""
    return World()


@pytest.fixture
async def boss(world: World) -> Person:
    """The only administrator."""
    return await an_admin(world)


@pytest.fixture
async def siobhan(world: World) -> Person:
    """An ordinary person."""
    return await world.person("siobhan")


def deeds(world: World) -> dict[str, Deed]:
    """Everything that only administrators do."""
    c = world.container
    return {
        "list": lambda actor, who: c.list_users()(actor),
        "get": lambda actor, who: c.get_user()(actor, who),
        "grant": lambda actor, who: c.grant_role()(actor, who, Role.MODERATOR, AWAY),
        "revoke": lambda actor, who: c.revoke_role()(actor, who, Role.MODERATOR, AWAY),
        "suspend": lambda actor, who: c.suspend_user()(actor, who, AWAY),
        "restore": lambda actor, who: c.restore_user()(actor, who, AWAY),
        "end": lambda actor, who: c.end_user_sessions()(actor, who, AWAY),
        "impersonate": lambda actor, who: c.impersonate()(actor, who, AWAY),
        "log": lambda actor, who: c.security_log()(actor),
    }


ABOUT_ONE = ("get", "grant", "revoke", "suspend", "restore", "end", "impersonate")


@pytest.mark.parametrize("deed", deeds(World()))
async def test_nobody_else_may(world: World, siobhan: Person, deed: str) -> None:
    moderator = await world.person("moderator", roles=(Role.MODERATOR,))
    for person in (siobhan, moderator):
        with pytest.raises(RoleNeeded):
            await deeds(world)[deed](person.actor, siobhan.actor.user)


@pytest.mark.parametrize("deed", ABOUT_ONE)
async def test_nobody_is_found_where_nobody_is(world: World, boss: Person, siobhan: Person, deed: str) -> None:
    decoy = await register(world, "decoy", email=siobhan.email)
    for id in (UserId(world.ids.new()), decoy.id):
        with pytest.raises(UserNotFound):
            await deeds(world)[deed](boss.actor, id)


async def test_roles_come_and_go_and_count_at_once(world: World, boss: Person, siobhan: Person) -> None:
    granted = await world.container.grant_role()(boss.actor, siobhan.actor.user, Role.ADMIN, AWAY)
    again = await world.container.grant_role()(boss.actor, siobhan.actor.user, Role.ADMIN, AWAY)
    assert granted == again
    assert (await actor_of(world, siobhan.signed_in)).has(Role.ADMIN)
    await world.container.revoke_role()(boss.actor, siobhan.actor.user, Role.ADMIN, AWAY)
    await world.container.revoke_role()(boss.actor, siobhan.actor.user, Role.ADMIN, AWAY)
    assert not (await actor_of(world, siobhan.signed_in)).has(Role.ADMIN)
    lines = [line for line in await events(world) if line.detail == "admin"]
    assert [(line.kind, line.user, line.by) for line in lines] == [
        (kind, siobhan.actor.user, boss.actor.user)
        for kind in (SecurityEventKind.ROLE_GRANTED, SecurityEventKind.ROLE_REVOKED)
    ]


async def test_everybody_stays_a_user(world: World, boss: Person, siobhan: Person) -> None:
    with pytest.raises(WrongState):
        await world.container.revoke_role()(boss.actor, siobhan.actor.user, Role.USER)


async def test_the_last_admin_cannot_be_demoted_or_suspended(world: World, boss: Person) -> None:
    for undo in (
        lambda: world.container.revoke_role()(boss.actor, boss.actor.user, Role.ADMIN),
        lambda: world.container.suspend_user()(OPERATOR, boss.actor.user),
    ):
        with pytest.raises(LastAdmin):
            await undo()


async def test_two_admins_who_demote_each_other_at_once_leave_one(world: World, boss: Person) -> None:
    chief = await an_admin(world, "chief")
    outcomes = await asyncio.gather(
        world.container.revoke_role()(boss.actor, chief.actor.user, Role.ADMIN),
        world.container.revoke_role()(chief.actor, boss.actor.user, Role.ADMIN),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Account", "LastAdmin"]


async def test_a_suspended_admin_can_be_demoted_beside_the_last_one(world: World, boss: Person) -> None:
    chief = await an_admin(world, "chief")
    await world.container.suspend_user()(boss.actor, chief.actor.user)
    demoted = await world.container.revoke_role()(boss.actor, chief.actor.user, Role.ADMIN)
    assert demoted.roles == (Role.USER,)


async def test_a_suspended_person_is_out_at_once_and_told_and_can_be_let_in_again(
    world: World, boss: Person, siobhan: Person
) -> None:
    await world.container.suspend_user()(boss.actor, siobhan.actor.user, AWAY)
    await world.settle()
    with pytest.raises(AccessTokenRefused):
        await actor_of(world, siobhan.signed_in)
    with pytest.raises(RefreshTokenRefused):
        await world.container.refresh_session()(RefreshRequest(refresh_token=siobhan.signed_in.refresh_token))
    with pytest.raises(SignInRefused):
        await sign_in(world)
    assert "suspended" in mails_to(world, siobhan.email)[-1].subject.lower()
    with pytest.raises(WrongState):
        await world.container.suspend_user()(boss.actor, siobhan.actor.user)
    restored = await world.container.restore_user()(boss.actor, siobhan.actor.user)
    assert restored.state is UserState.ACTIVE
    assert await sign_in(world)
    with pytest.raises(WrongState):
        await world.container.restore_user()(boss.actor, siobhan.actor.user)


async def test_somebody_can_be_signed_out_everywhere(world: World, boss: Person, siobhan: Person) -> None:
    await sign_in(world)
    assert (await world.container.end_user_sessions()(boss.actor, siobhan.actor.user)).ended == 2
    with pytest.raises(AccessTokenRefused):
        await actor_of(world, siobhan.signed_in)
    assert (await world.container.end_user_sessions()(boss.actor, siobhan.actor.user)).ended == 0


# acting for somebody


async def impersonating(world: World, admin: Person, whom: Person) -> tuple[str, Actor]:
    """The token, and whom it speaks for."""
    acting = await world.container.impersonate()(admin.actor, whom.actor.user, AWAY)
    return acting.access_token, await world.container.authenticate()(acting.access_token)


async def test_acting_for_somebody_is_marked_in_the_token_and_in_the_log_of_both(
    world: World, boss: Person, siobhan: Person
) -> None:
    token, actor = await impersonating(world, boss, siobhan)
    assert (actor.user, actor.impersonator) == (siobhan.actor.user, boss.actor.user)
    assert world.container.tokens().read(token).impersonator == boss.actor.user
    for person in (siobhan, boss):
        line = (await world.container.my_security_log()(person.actor)).items[0]
        assert (line.kind, line.by) == (SecurityEventKind.IMPERSONATED, boss.actor.user)
    assert (await world.container.get_me()(actor)).username == "siobhan"


async def test_what_is_done_for_somebody_is_written_down_as_done_by_the_admin(
    world: World, boss: Person, siobhan: Person
) -> None:
    _, actor = await impersonating(world, boss, siobhan)
    await world.container.update_me()(actor, ProfileChange(full_name="Siobhán"), None, AWAY)
    await world.container.end_session()(actor, siobhan.actor.session, AWAY)
    await world.container.sign_out()(actor, AWAY)
    assert [line.by for line in (await events(world))[-3:]] == [boss.actor.user] * 3
    token, actor = await impersonating(world, boss, siobhan)
    await world.container.end_other_sessions()(actor, AWAY)
    await world.container.revoke_token()(token, AWAY)
    assert [line.by for line in (await events(world))[-2:]] == [boss.actor.user] * 2


async def test_from_where_others_acted_is_theirs_and_from_where_strangers_tried_is_shown(
    world: World, boss: Person, siobhan: Person
) -> None:
    await world.container.impersonate()(boss.actor, siobhan.actor.user, HOME)
    with pytest.raises(SignInRefused):
        await sign_in(world, password="wrong", origin=AWAY)
    await register(world, "taken", email=siobhan.email)
    log = (await world.container.my_security_log()(siobhan.actor)).items
    assert [(line.kind, line.by, line.address) for line in log[:3]] == [
        (SecurityEventKind.ADDRESS_TRIED, None, ""),
        (SecurityEventKind.SIGNED_IN, None, AWAY.address),
        (SecurityEventKind.IMPERSONATED, boss.actor.user, ""),
    ]


async def test_the_session_is_shown_to_the_owner_without_where_the_admin_is(
    world: World, boss: Person, siobhan: Person
) -> None:
    await impersonating(world, boss, siobhan)
    listed = await world.container.list_sessions()(siobhan.actor)
    shown = next(view for view in listed if view.device_name == "impersonation")
    assert (shown.address, shown.user_agent) == ("", "")


async def test_credentials_address_closing_and_administration_are_out_of_reach(
    world: World, boss: Person, siobhan: Person
) -> None:
    _, actor = await impersonating(world, boss, siobhan)
    c = world.container
    for deed in (
        lambda: c.change_password()(actor, PasswordChange(new_password=BETTER)),
        lambda: c.change_password()(actor, PasswordChange(new_password=BETTER, current_password=PASSWORD)),
        lambda: c.change_email()(actor, EmailChange(email="x@example.org")),
        lambda: c.close_account()(actor, Closing()),
        lambda: c.my_security_log()(actor),
    ):
        with pytest.raises(NotWhileImpersonating):
            await deed()
    await c.grant_role()(boss.actor, siobhan.actor.user, Role.ADMIN)
    for deed in deeds(world).values():
        with pytest.raises(NotWhileImpersonating):
            await deed(replace(actor, roles=(Role.USER, Role.ADMIN)), boss.actor.user)


@pytest.mark.parametrize(("configured", "lasts"), [(15, 15), (60, 60), (240, 60)])
async def test_the_session_ends_with_its_token_after_an_hour_at_most(configured: int, lasts: int) -> None:
    world = World(structs.replace(SETTINGS, oauth_token_expire_minutes=configured))
    boss, siobhan = await an_admin(world), await world.person("siobhan")
    acting = await world.container.impersonate()(boss.actor, siobhan.actor.user)
    assert acting.expires_in == 60 * lasts
    assert acting.session.expires_at == world.clock.now() + timedelta(minutes=lasts)
    world.clock.advance(timedelta(minutes=lasts, seconds=-1))
    assert await world.container.authenticate()(acting.access_token)
    world.clock.advance(timedelta(seconds=1))
    with pytest.raises(AccessTokenRefused):
        await world.container.authenticate()(acting.access_token)


async def test_it_cannot_be_refreshed(world: World, boss: Person, siobhan: Person) -> None:
    acting = await world.container.impersonate()(boss.actor, siobhan.actor.user)
    assert not hasattr(acting, "refresh_token")
    async with world.container.identity_unit_of_work() as uow:
        session = await uow.sessions.get(acting.session.id)
    assert session
    forged = world.container.refresh_tokens().issue(session)
    with pytest.raises(RefreshTokenRefused):
        await world.container.refresh_session()(RefreshRequest(refresh_token=forged))


@pytest.mark.parametrize("ending", ["suspended", "demoted", "signed out", "closed", "ended"])
async def test_it_ends_with_the_power_of_the_admin(world: World, boss: Person, siobhan: Person, ending: str) -> None:
    chief = await an_admin(world, "chief")
    token, _ = await impersonating(world, chief, siobhan)
    c = world.container
    match ending:
        case "suspended":
            await c.suspend_user()(boss.actor, chief.actor.user)
        case "demoted":
            await c.revoke_role()(boss.actor, chief.actor.user, Role.ADMIN)
        case "signed out":
            await c.end_all_sessions()(chief.actor)
        case "closed":
            await c.close_account()(chief.actor)
        case _:
            await c.end_user_sessions()(boss.actor, chief.actor.user)
    with pytest.raises(AccessTokenRefused):
        await c.authenticate()(token)
    assert not (await c.introspect_token()(boss.actor, token)).active


async def test_admins_and_closed_doors_are_not_acted_for(world: World, boss: Person, siobhan: Person) -> None:
    chief = await an_admin(world, "chief")
    pending = await register(world, "pending")
    await world.container.suspend_user()(boss.actor, siobhan.actor.user)
    for id in (chief.actor.user, pending.id, siobhan.actor.user, boss.actor.user):
        with pytest.raises(WrongState):
            await world.container.impersonate()(boss.actor, id)


# lists


async def test_the_list_is_filtered_sorted_counted_and_paged(world: World, boss: Person, siobhan: Person) -> None:
    await register(world, "pending")
    listed = world.container.list_users()

    async def names(**page: Any) -> list[str]:
        return [account.username for account in (await listed(boss.actor, PageRequest(**page))).items]

    assert await names(sort="username") == ["boss", "pending", "siobhan"]
    assert await names(sort="-username") == ["siobhan", "pending", "boss"]
    assert await names(filters={"state": "pending"}) == ["pending"]
    assert await names(filters={"role": "admin"}) == ["boss"]
    assert await names(filters={"email": "SIOBHAN@example.org"}) == ["siobhan"]
    assert await names(filters={"username": "Siobhan", "state": "active"}) == ["siobhan"]
    first = await listed(boss.actor, PageRequest(limit=2, sort="username", count=True))
    assert first.total == 3
    await world.person("aaron")  # what comes in meanwhile repeats and skips nothing
    assert await names(limit=2, sort="username", cursor=first.next_cursor) == ["siobhan"]


@pytest.mark.parametrize(
    "page", [{"sort": "password"}, {"filters": {"nope": "x"}}, {"filters": {"state": "nope"}}], ids=str
)
async def test_what_the_list_does_not_know_is_refused(world: World, boss: Person, page: dict[str, Any]) -> None:
    with pytest.raises(InvalidFields):
        await world.container.list_users()(boss.actor, PageRequest(**page))
    with pytest.raises(InvalidCursor):
        await world.container.list_users()(boss.actor, PageRequest(cursor="x"))


async def test_no_view_of_an_account_holds_anything_secret(world: World, boss: Person, siobhan: Person) -> None:
    async with world.container.identity_unit_of_work() as uow:
        credential = await uow.users.credential(siobhan.actor.user)
    assert credential
    shown = repr([
        await world.container.get_user()(boss.actor, siobhan.actor.user),
        await world.container.list_users()(boss.actor),
        await world.container.list_sessions()(siobhan.actor),
        await events(world),
    ])  # fmt: skip
    assert credential.hash not in shown
    for secret in (PASSWORD, siobhan.signed_in.refresh_token, siobhan.signed_in.access_token):
        assert secret not in shown


# on the machine itself


async def test_an_operator_makes_an_admin_whose_address_counts_as_confirmed(world: World) -> None:
    new = NewAdmin(email="root@example.org", username="root", full_name="Root", password=PASSWORD)
    made = await world.container.create_admin()(new)
    assert (made.state, made.roles) == (UserState.ACTIVE, (Role.USER, Role.ADMIN))
    assert (await actor_of(world, await sign_in(world, "root"))).has(Role.ADMIN)
    assert not world.mails
    assert (await events(world))[0].by == OPERATOR.user
    with pytest.raises(EmailTaken):
        await world.container.create_admin()(structs.replace(new, username="root2"))
    with pytest.raises(UsernameTaken):
        await world.container.create_admin()(structs.replace(new, email="root2@example.org"))
    with pytest.raises(PasswordTooWeak):
        await world.container.create_admin()(structs.replace(new, password="rootroot"))


async def test_an_operator_sets_a_password_and_the_owner_is_told(world: World, siobhan: Person) -> None:
    await world.container.set_password()(siobhan.actor.user, BETTER, SecurityEventKind.PASSWORD_RESET, by=OPERATOR.user)
    await world.settle()
    assert await sign_in(world, password=BETTER, origin=HOME)
    line = (await events(world, kind=SecurityEventKind.PASSWORD_RESET))[-1]
    assert (line.by, line.user) == (OPERATOR.user, siobhan.actor.user)
    assert "changed" in mails_to(world, siobhan.email)[-1].subject
