"""Roles given and taken, people let go, ownership handed over; and invitations, from the mail to the answer."""

from datetime import timedelta

import pytest

from asperguide.companies import InvitationState, NewInvitation, NewOwner, NewRole
from asperguide.companies.errors import (
    AlreadyInvited,
    AlreadyMember,
    CompanyNotFound,
    CompanyRightNeeded,
    InvalidCompany,
    InvalidInvitation,
    InvitationForAnother,
    InvitationNotFound,
    InvitationOver,
    InvitedJustNow,
    LastOwner,
    MemberNotFound,
    TooManyInvitations,
)
from asperguide.companies.inviting import MOST_AWAITED
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.errors import EditedMeanwhile, NotWhileImpersonating
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyRole
from tests.companies import enlist, invite, role_of, token_in, told
from tests.unit.companies.conftest import Home

OWNER, MANAGER, EDITOR, VIEWER = CompanyRole


async def test_roles_are_given_once_and_under_a_version(home: Home) -> None:
    change, user = home.world.container.change_role(), home.viewer.actor.user
    changed = await change(home.manager.actor, home.id, user, NewRole(role=EDITOR), 1)
    assert (changed.role, changed.version, changed.name, changed.email) == (EDITOR, 2, "Viewer", home.viewer.email)
    assert await change(home.manager.actor, home.id, user, NewRole(role=EDITOR)) == changed
    with pytest.raises(EditedMeanwhile):
        await change(home.manager.actor, home.id, user, NewRole(role=VIEWER), 1)
    with pytest.raises(MemberNotFound):
        await change(home.owner.actor, home.id, home.stranger.actor.user, NewRole(role=VIEWER))
    assert await told(home.world, home.id, home.owner) == ["company-created", "role-changed"]


async def test_a_manager_touches_no_owner_and_makes_none(home: Home) -> None:
    c = home.world.container
    for call in (
        lambda: c.change_role()(home.manager.actor, home.id, home.owner.actor.user, NewRole(role=VIEWER)),
        lambda: c.change_role()(home.manager.actor, home.id, home.manager.actor.user, NewRole(role=OWNER)),
        lambda: c.remove_member()(home.manager.actor, home.id, home.owner.actor.user),
        lambda: c.invite_member()(home.manager.actor, home.id, NewInvitation(email="a@example.org", role=OWNER)),
        lambda: c.transfer_ownership()(home.manager.actor, home.id, NewOwner(user=home.manager.actor.user)),
    ):
        with pytest.raises(CompanyRightNeeded):
            await call()
    assert await role_of(home.world, home.id, home.owner) is OWNER


async def test_there_is_an_owner_at_every_moment(home: Home) -> None:
    c, owner = home.world.container, home.owner.actor
    for call in (
        lambda: c.leave_company()(owner, home.id),
        lambda: c.remove_member()(owner, home.id, owner.user),
        lambda: c.change_role()(owner, home.id, owner.user, NewRole(role=MANAGER)),
    ):
        with pytest.raises(LastOwner):
            await call()
    await c.change_role()(owner, home.id, home.manager.actor.user, NewRole(role=OWNER))
    await c.change_role()(home.manager.actor, home.id, owner.user, NewRole(role=VIEWER))
    assert await role_of(home.world, home.id, home.owner) is VIEWER
    with pytest.raises(LastOwner):
        await c.leave_company()(home.manager.actor, home.id)


async def test_people_leave_and_are_let_go(home: Home) -> None:
    c = home.world.container
    await c.leave_company()(home.editor.actor, home.id)
    await c.remove_member()(home.manager.actor, home.id, home.viewer.actor.user, 1)
    for gone in (home.editor, home.viewer):
        with pytest.raises(CompanyNotFound):
            await c.get_company()(gone.actor, home.id)
        assert (await c.list_companies()(gone.actor)).items == ()
    left = await c.list_members()(home.owner.actor, home.id, PageRequest(count=True))
    assert ([one.role for one in left.items], left.total) == ([OWNER, MANAGER], 2)
    assert (await told(home.world, home.id, home.owner))[1:] == ["member-left", "member-removed"]


async def test_ownership_is_handed_over_in_one_step(home: Home) -> None:
    c, owner = home.world.container, home.owner.actor
    with pytest.raises(InvalidCompany):
        await c.transfer_ownership()(owner, home.id, NewOwner(user=owner.user))
    with pytest.raises(MemberNotFound):
        await c.transfer_ownership()(owner, home.id, NewOwner(user=home.stranger.actor.user))
    heir = await c.transfer_ownership()(owner, home.id, NewOwner(user=home.editor.actor.user))
    assert (heir.role, heir.user) == (OWNER, home.editor.actor.user)
    assert await role_of(home.world, home.id, home.owner) is MANAGER
    with pytest.raises(CompanyRightNeeded):
        await c.delete_company()(owner, home.id)


async def test_addresses_are_shown_to_those_who_manage_members_and_to_their_owners(home: Home) -> None:
    c = home.world.container
    for who, seen in ((home.manager, 4), (home.editor, 1)):
        members = (await c.list_members()(who.actor, home.id)).items
        assert len([one for one in members if one.email]) == seen
        assert {one.name for one in members} == {"Owner", "Manager", "Editor", "Viewer"}
    assert (await c.get_member()(home.editor.actor, home.id, home.owner.actor.user)).email is None
    assert (await c.get_member()(home.owner.actor, home.id, home.editor.actor.user)).email == home.editor.email
    with pytest.raises(MemberNotFound):
        await c.get_member()(home.owner.actor, home.id, home.stranger.actor.user)


async def test_somebody_who_is_invited_accepts_once(home: Home) -> None:
    world, c = home.world, home.world.container
    token = await invite(world, home.manager, home.id, home.stranger.email, MANAGER)
    shown = await c.show_invitation()(token)
    assert (shown.company, shown.role, shown.by) == (home.company.name, MANAGER, "Manager")
    joined = await c.accept_invitation()(home.stranger.actor, token)
    assert (joined.company, joined.role) == (home.id, MANAGER)
    assert await role_of(world, home.id, home.stranger) is MANAGER
    for again in (
        lambda: c.accept_invitation()(home.stranger.actor, token),
        lambda: c.show_invitation()(token),
        lambda: c.decline_invitation()(token),
    ):
        with pytest.raises(InvitationOver):
            await again()
    assert (await told(world, home.id, home.owner))[1:] == ["invited", "member-joined"]


async def test_a_link_that_was_passed_on_is_of_no_use_to_others(home: Home) -> None:
    c = home.world.container
    token = await invite(home.world, home.owner, home.id, "somebody@example.org")
    for who in (home.stranger, home.viewer):
        with pytest.raises(InvitationForAnother):
            await c.accept_invitation()(who.actor, token)
    late = await home.world.person("somebody")
    assert (await c.accept_invitation()(late.actor, token)).role is EDITOR


async def test_the_invited_address_counts_whatever_its_case(home: Home) -> None:
    token = await invite(home.world, home.owner, home.id, home.stranger.email.upper())
    await home.world.container.accept_invitation()(home.stranger.actor, token)


async def test_declining_takes_no_account_and_is_final(home: Home) -> None:
    c = home.world.container
    token = await invite(home.world, home.owner, home.id, home.stranger.email)
    await c.decline_invitation()(token)
    with pytest.raises(InvitationOver):
        await c.accept_invitation()(home.stranger.actor, token)
    (one,) = (await c.list_invitations()(home.owner.actor, home.id)).items
    assert (one.state, one.answered_at) == (InvitationState.DECLINED, home.world.clock.now())
    assert await invite(home.world, home.owner, home.id, home.stranger.email) != token


async def test_a_revoked_invitation_is_no_good(home: Home) -> None:
    c = home.world.container
    token = await invite(home.world, home.owner, home.id, home.stranger.email)
    (one,) = (await c.list_invitations()(home.owner.actor, home.id)).items
    await c.revoke_invitation()(home.manager.actor, home.id, one.id)
    with pytest.raises(InvitationOver):
        await c.accept_invitation()(home.stranger.actor, token)
    for call in (c.revoke_invitation(), c.resend_invitation()):
        with pytest.raises(InvitationOver):
            await call(home.owner.actor, home.id, one.id)


async def test_an_invitation_lasts_seven_days_and_can_be_sent_again(home: Home) -> None:
    world, c = home.world, home.world.container
    token = await invite(world, home.owner, home.id, home.stranger.email)
    (one,) = (await c.list_invitations()(home.owner.actor, home.id)).items
    with pytest.raises(InvitedJustNow) as refused:
        await c.resend_invitation()(home.owner.actor, home.id, one.id)
    assert refused.value.retry_after == timedelta(minutes=10)
    with pytest.raises(AlreadyInvited):
        await c.invite_member()(home.owner.actor, home.id, NewInvitation(email=home.stranger.email.upper()))
    await world.advance(days=7)
    with pytest.raises(InvitationOver):
        await c.accept_invitation()(home.stranger.actor, token)
    expired = await c.list_invitations()(home.owner.actor, home.id, PageRequest(filters={"state": "expired"}))
    assert [found.id for found in expired.items] == [one.id]
    resent = await c.resend_invitation()(home.owner.actor, home.id, one.id)
    assert (resent.state, resent.expires_at) == (InvitationState.WAITING, world.clock.now() + timedelta(days=7))
    await world.settle()
    with pytest.raises(InvitationNotFound):
        await c.show_invitation()(token)
    await c.accept_invitation()(home.stranger.actor, token_in(world, home.stranger.email))


async def test_of_two_mails_that_were_asked_for_only_the_last_is_sent(home: Home) -> None:
    world, c = home.world, home.world.container
    one = await c.invite_member()(home.owner.actor, home.id, NewInvitation(email="new@example.org"))
    world.clock.advance(timedelta(minutes=10))
    await c.resend_invitation()(home.owner.actor, home.id, one.id)
    await world.settle()
    assert len([mail for mail in world.mails if mail.to == "new@example.org"]) == 1
    revoked = await c.invite_member()(home.owner.actor, home.id, NewInvitation(email="other@example.org"))
    await c.revoke_invitation()(home.owner.actor, home.id, revoked.id)
    await world.settle()
    assert "other@example.org" not in {mail.to for mail in world.mails}


async def test_an_old_invitation_makes_room_for_another(home: Home) -> None:
    world, c = home.world, home.world.container
    await invite(world, home.owner, home.id, home.stranger.email)
    await world.advance(days=8)
    token = await invite(world, home.owner, home.id, home.stranger.email, VIEWER)
    states = [one.state for one in (await c.list_invitations()(home.owner.actor, home.id)).items]
    assert states == [InvitationState.WAITING, InvitationState.EXPIRED]
    assert (await c.accept_invitation()(home.stranger.actor, token)).role is VIEWER
    await world.advance(days=38)
    left = (await c.list_invitations()(home.owner.actor, home.id)).items
    assert left == ()


async def test_members_are_not_invited_and_do_not_join_twice(home: Home) -> None:
    c = home.world.container
    with pytest.raises(AlreadyMember):
        await c.invite_member()(home.owner.actor, home.id, NewInvitation(email=home.viewer.email))
    token = await invite(home.world, home.owner, home.id, home.stranger.email)
    await enlist(home.world, home.id, home.stranger, VIEWER)
    with pytest.raises(AlreadyMember):
        await c.accept_invitation()(home.stranger.actor, token)
    assert await role_of(home.world, home.id, home.stranger) is VIEWER


async def test_a_company_awaits_no_more_than_a_hundred(home: Home) -> None:
    c = home.world.container
    for n in range(MOST_AWAITED):
        await c.invite_member()(home.owner.actor, home.id, NewInvitation(email=f"new{n}@example.org"))
    with pytest.raises(TooManyInvitations):
        await c.invite_member()(home.owner.actor, home.id, NewInvitation(email="late@example.org"))
    home.world.clock.advance(timedelta(days=7))
    await c.invite_member()(home.owner.actor, home.id, NewInvitation(email="late@example.org"))
    for n in range(MOST_AWAITED - 1):
        await c.invite_member()(home.owner.actor, home.id, NewInvitation(email=f"newer{n}@example.org"))
    (old, *_) = (await c.list_invitations()(home.owner.actor, home.id, PageRequest(filters={"state": "expired"}))).items
    for call in (
        lambda: c.resend_invitation()(home.owner.actor, home.id, old.id),
        lambda: c.invite_member()(home.owner.actor, home.id, NewInvitation(email=old.email)),
    ):
        with pytest.raises(TooManyInvitations):
            await call()


async def test_an_invitation_goes_with_the_right_of_whoever_sent_it(home: Home) -> None:
    world, c, owner = home.world, home.world.container, home.owner.actor
    change, user = c.change_role(), home.manager.actor.user
    await change(owner, home.id, user, NewRole(role=OWNER))
    token = await invite(world, home.manager, home.id, home.stranger.email, OWNER)
    (one,) = (await c.list_invitations()(owner, home.id)).items

    async def refused(token: str) -> None:
        for call in (lambda: c.accept_invitation()(home.stranger.actor, token), lambda: c.show_invitation()(token)):
            with pytest.raises(InvitationOver):
                await call()

    for role in (MANAGER, EDITOR):
        await change(owner, home.id, user, NewRole(role=role))
        await refused(token)
    await c.remove_member()(owner, home.id, user)
    await refused(token)
    assert await role_of(world, home.id, home.stranger) is None
    world.clock.advance(timedelta(minutes=10))
    await c.resend_invitation()(owner, home.id, one.id)
    await world.settle()
    token = token_in(world, home.stranger.email)
    assert (await c.show_invitation()(token)).by == "Owner"
    assert (await c.accept_invitation()(home.stranger.actor, token)).role is OWNER


async def test_managers_neither_invite_owners_nor_invite_them_again(home: Home) -> None:
    c = home.world.container
    await invite(home.world, home.owner, home.id, home.stranger.email, OWNER)
    (one,) = (await c.list_invitations()(home.owner.actor, home.id)).items
    home.world.clock.advance(timedelta(minutes=10))
    with pytest.raises(CompanyRightNeeded):
        await c.resend_invitation()(home.manager.actor, home.id, one.id)
    await c.revoke_invitation()(home.manager.actor, home.id, one.id)


@pytest.mark.parametrize("email", ["nobody", "a@b..c", "a@b\n"])
async def test_nobody_is_invited_at_what_is_no_address(home: Home, email: str) -> None:
    with pytest.raises(InvalidInvitation) as refused:
        await home.world.container.invite_member()(home.owner.actor, home.id, NewInvitation(email=email))
    assert [wrong.pointer for wrong in refused.value.fields] == ["#/email"]


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 43, "A" * 44, "=" * 44, "\x00" * 43])
async def test_what_was_never_a_token_leads_nowhere(home: Home, token: str) -> None:
    c = home.world.container
    for call in (
        lambda: c.show_invitation()(token),
        lambda: c.decline_invitation()(token),
        lambda: c.accept_invitation()(home.stranger.actor, token),
    ):
        with pytest.raises(InvitationNotFound):
            await call()


async def test_the_ledger_holds_no_token_and_no_address(home: Home) -> None:
    token = await invite(home.world, home.owner, home.id, "new@example.org")
    rows = str([(row.job.payload, row.job.unique_key, row.error) for row in home.world.ledger.rows.values()])
    assert token not in rows and "new@example.org" not in rows
    tables = str([list(rows.values()) for rows in home.world.database.tables.values()])
    assert token not in tables


async def test_mails_are_in_the_language_of_whoever_gets_them(home: Home) -> None:
    world = home.world
    french = await world.person("amelie", locale="fr")
    await invite(world, home.owner, home.id, french.email)
    assert "invitation à rejoindre" in world.mails[-1].subject
    await invite(world, home.owner, home.id, "new@example.org")
    assert "An invitation" in world.mails[-1].subject


async def test_nobody_decides_who_belongs_to_a_company_while_acting_for_somebody_else(home: Home) -> None:
    c, actor = home.world.container, home.owner.actor
    acting = Actor(
        user=actor.user, session=actor.session, roles=actor.roles, proved_at=actor.proved_at,
        impersonator=UserId(home.stranger.actor.user),
    )  # fmt: skip
    user = home.viewer.actor.user
    token = await invite(home.world, home.owner, home.id, "new@example.org")
    (one,) = (await c.list_invitations()(actor, home.id)).items
    for call in (
        lambda: c.change_role()(acting, home.id, user, NewRole(role=EDITOR)),
        lambda: c.remove_member()(acting, home.id, user),
        lambda: c.leave_company()(acting, home.id),
        lambda: c.transfer_ownership()(acting, home.id, NewOwner(user=user)),
        lambda: c.invite_member()(acting, home.id, NewInvitation(email="other@example.org")),
        lambda: c.resend_invitation()(acting, home.id, one.id),
        lambda: c.revoke_invitation()(acting, home.id, one.id),
        lambda: c.accept_invitation()(acting, token),
        lambda: c.delete_company()(acting, home.id),
    ):
        with pytest.raises(NotWhileImpersonating):
            await call()
