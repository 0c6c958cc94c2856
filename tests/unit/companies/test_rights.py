"""Who may do what in a company, cell by cell, in the table and through every use case."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from asperguide.companies import (
    RIGHTS,
    ClientChange,
    CompanyChange,
    NewClient,
    NewInvitation,
    NewOwner,
    NewRole,
    Right,
    SettingsChange,
)
from asperguide.companies.errors import (
    ClientNotFound,
    CompanyNotFound,
    CompanyRightNeeded,
    InvitationNotFound,
    LastOwner,
    MemberNotFound,
)
from asperguide.companies.model import Membership, MembershipId
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import CompanyId, CompanyRole
from asperguide.testing.contracts.people import IDS, NOW
from tests.companies import enlist, found
from tests.unit.companies.conftest import Home

OWNER, MANAGER, EDITOR, VIEWER = CompanyRole

TABLE: dict[Right, str] = {
    Right.SEE: "omev",
    Right.SEE_MEMBERS: "omev",
    Right.SEE_CLIENTS: "omev",
    Right.CHANGE_CLIENTS: "ome",
    Right.EXPORT_CLIENTS: "om",
    Right.ERASE_CLIENTS: "om",
    Right.SEE_ACTIVITY: "om",
    Right.EDIT: "om",
    Right.CONFIGURE: "om",
    Right.INVITE: "om",
    Right.MANAGE_MEMBERS: "om",
    Right.MANAGE_OWNERS: "o",
    Right.TRANSFER: "o",
    Right.DELETE: "o",
}
CELLS = [(right, role, role.value[0] in roles) for right, roles in TABLE.items() for role in CompanyRole]


def of(role: CompanyRole) -> Membership:
    return Membership(
        id=MembershipId(IDS.new()), company=CompanyId(IDS.new()), user=UserId(IDS.new()), role=role, since=NOW
    )


def test_every_right_is_in_the_table() -> None:
    assert set(RIGHTS) == set(TABLE) == set(Right)


@pytest.mark.parametrize(("right", "role", "allowed"), CELLS)
def test_each_cell_says_whether_a_role_has_a_right(right: Right, role: CompanyRole, allowed: bool) -> None:
    assert of(role).may(right) is allowed
    if allowed:
        of(role).demand(right)
    else:
        with pytest.raises(CompanyRightNeeded):
            of(role).demand(right)


@pytest.mark.parametrize("by", CompanyRole)
@pytest.mark.parametrize("former", CompanyRole)
@pytest.mark.parametrize("new", CompanyRole)
def test_owners_are_touched_and_made_by_owners_only(by: CompanyRole, former: CompanyRole, new: CompanyRole) -> None:
    allowed = by is OWNER or (by is MANAGER and OWNER not in (former, new))
    if allowed:
        assert of(former).given(new, of(by), owners=2).role is new
    else:
        with pytest.raises(CompanyRightNeeded):
            of(former).given(new, of(by), owners=2)


def test_the_last_owner_stays_one() -> None:
    for change in (
        lambda last: last.given(MANAGER, last, 1),
        lambda last: last.check_removable(last, 1),
        lambda last: last.check_dispensable(1),
    ):
        with pytest.raises(LastOwner):
            change(of(OWNER))
    last = of(OWNER)
    assert last.given(OWNER, last, 1) == last
    of(VIEWER).check_dispensable(1)
    of(OWNER).check_dispensable(2)


Call = Callable[[Any, Any, Any], Awaitable[Any]]

CALLS: dict[str, tuple[Right, Call]] = {
    "get_company": (Right.SEE, lambda c, a, h: c.get_company()(a, h.id)),
    "get_company_settings": (Right.SEE, lambda c, a, h: c.get_company_settings()(a, h.id)),
    "change_company": (Right.EDIT, lambda c, a, h: c.change_company()(a, h.id, CompanyChange(notes="n"))),
    "change_company_settings": (
        Right.CONFIGURE,
        lambda c, a, h: c.change_company_settings()(a, h.id, SettingsChange(locale="fr")),
    ),
    "list_activity": (Right.SEE_ACTIVITY, lambda c, a, h: c.list_activity()(a, h.id)),
    "list_members": (Right.SEE_MEMBERS, lambda c, a, h: c.list_members()(a, h.id)),
    "get_member": (Right.SEE_MEMBERS, lambda c, a, h: c.get_member()(a, h.id, h.viewer.actor.user)),
    "change_role": (
        Right.MANAGE_MEMBERS,
        lambda c, a, h: c.change_role()(a, h.id, h.viewer.actor.user, NewRole(role=VIEWER)),
    ),
    "remove_member": (Right.MANAGE_MEMBERS, lambda c, a, h: c.remove_member()(a, h.id, h.viewer.actor.user)),
    "transfer_ownership": (
        Right.TRANSFER,
        lambda c, a, h: c.transfer_ownership()(a, h.id, NewOwner(user=h.viewer.actor.user)),
    ),
    "invite_member": (
        Right.INVITE,
        lambda c, a, h: c.invite_member()(a, h.id, NewInvitation(email="new@example.org")),
    ),
    "list_invitations": (Right.INVITE, lambda c, a, h: c.list_invitations()(a, h.id)),
    "add_client": (Right.CHANGE_CLIENTS, lambda c, a, h: c.add_client()(a, h.id, NewClient(name="Ann"))),
    "list_clients": (Right.SEE_CLIENTS, lambda c, a, h: c.list_clients()(a, h.id)),
    "export_clients": (Right.EXPORT_CLIENTS, lambda c, a, h: c.export_clients()(a, h.id)),
    "delete_company": (Right.DELETE, lambda c, a, h: c.delete_company()(a, h.id)),
}


@pytest.mark.parametrize("role", CompanyRole)
@pytest.mark.parametrize("name", CALLS)
async def test_every_use_case_keeps_to_the_table(home: Home, name: str, role: CompanyRole) -> None:
    right, call = CALLS[name]
    container, actor = home.world.container, home.in_role(role).actor
    if role in RIGHTS[right]:
        await call(container, actor, home)
    else:
        with pytest.raises(CompanyRightNeeded):
            await call(container, actor, home)


@pytest.mark.parametrize("name", CALLS)
async def test_for_strangers_there_is_no_such_company(home: Home, name: str) -> None:
    _, call = CALLS[name]
    with pytest.raises(CompanyNotFound):
        await call(home.world.container, home.stranger.actor, home)


async def test_clients_and_invitations_of_another_company_are_not_there(home: Home) -> None:
    c, other = home.world.container, await found(home.world, home.stranger, "Another")
    await enlist(home.world, other.id, home.owner, OWNER)
    client = await c.add_client()(home.owner.actor, home.id, NewClient(name="Ann"))
    invited = await c.invite_member()(home.owner.actor, home.id, NewInvitation(email="new@example.org"))
    actor = home.owner.actor
    for refused, call in (
        (ClientNotFound, lambda: c.get_client()(actor, other.id, client.id)),
        (ClientNotFound, lambda: c.change_client()(actor, other.id, client.id, ClientChange(name="Bob"))),
        (ClientNotFound, lambda: c.erase_client()(actor, other.id, client.id)),
        (InvitationNotFound, lambda: c.resend_invitation()(actor, other.id, invited.id)),
        (InvitationNotFound, lambda: c.revoke_invitation()(actor, other.id, invited.id)),
        (MemberNotFound, lambda: c.get_member()(actor, other.id, home.viewer.actor.user)),
        (MemberNotFound, lambda: c.remove_member()(actor, other.id, home.viewer.actor.user)),
    ):
        with pytest.raises(refused):
            await call()
    assert await c.get_client()(actor, home.id, client.id) == client
