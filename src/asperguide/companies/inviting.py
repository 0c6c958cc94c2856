"""Inviting people into a company by mail, as those see it who invite."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import msgspec

from asperguide.companies.activity import What, happening
from asperguide.companies.errors import (
    AlreadyInvited,
    AlreadyMember,
    InvalidInvitation,
    InvitationNotFound,
    TooManyInvitations,
)
from asperguide.companies.events import InvitationAsked
from asperguide.companies.invitations import (
    LIFETIME,
    Invitation,
    InvitationId,
    InvitationState,
    needed_to_invite,
)
from asperguide.companies.model import Membership, Right
from asperguide.companies.ports import Accounts, CompaniesUnitOfWork, CompanyReads
from asperguide.companies.standing import entered, seen
from asperguide.companies.views import InvitationView, invitation_view
from asperguide.shared.actor import Actor, refuse_impersonators
from asperguide.shared.commands import checked
from asperguide.shared.emails import Email, canonical_email, is_address
from asperguide.shared.errors import FieldError
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.tenancy import CompanyId, CompanyRole

MOST_AWAITED = 100


class NewInvitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to invite, and as what."""

    email: Email
    role: CompanyRole = CompanyRole.VIEWER


class InviteMember(msgspec.Struct, frozen=True, kw_only=True):
    """Invite somebody by mail; the link in it is good for 7 days. Owners are invited by owners only.

    Whether the address has an account is not told. One that was not answered in time makes room for another.
    """

    begin: Callable[[], CompaniesUnitOfWork]
    accounts: Accounts
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: CompanyId, new: NewInvitation) -> InvitationView:
        refuse_impersonators(actor)
        new, now = checked(new, InvalidInvitation), self.clock.now()
        if not is_address(new.email):
            wrong = FieldError(pointer="#/email", code="WRONG_FORMAT", detail="This is no mail address.")
            raise InvalidInvitation(fields=(wrong,))
        key = canonical_email(new.email)
        holder = await self.accounts.holder(key)
        invitation = Invitation(
            id=InvitationId(self.ids.new()), company=id, email=new.email, role=new.role, by=actor.user,
            asked_at=now, created_at=now, expires_at=now + LIFETIME,
        )  # fmt: skip
        async with self.begin() as uow:
            _, me = await entered(uow, actor, id, Right.INVITE)
            _demand_for(me, new.role)
            if holder is not None and await uow.members.get(id, holder) is not None:
                raise AlreadyMember
            await self._make_room(uow, invitation)
            await uow.invitations.add(invitation)
            uow.announce(InvitationAsked(company=id, invitation=invitation.id, sending=1))
            await uow.activity.add(
                happening(self.ids.new(), id, now, actor.user, What.INVITED, invitation.id, new.role)
            )  # fmt: skip
            view = invitation_view(invitation, now)
            await uow.commit(view)
        return view

    async def _make_room(self, uow: CompaniesUnitOfWork, new: Invitation) -> None:
        former, now = await uow.invitations.awaiting(new.company, new.email_key), new.created_at
        if former is not None and former.state(now) is InvitationState.WAITING:
            raise AlreadyInvited
        await _check_room(uow, new.company, now)
        if former is not None:
            await uow.invitations.save(replace(former, answer=InvitationState.EXPIRED, answered_at=now))


class ListInvitations(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a company has invited, the latest first."""

    reads: CompanyReads
    clock: Clock

    async def __call__(self, actor: Actor, id: CompanyId, page: PageRequest = PageRequest()) -> Page[InvitationView]:
        await seen(self.reads, actor, id, Right.INVITE)
        now = self.clock.now()
        found = await self.reads.invitations(id, page, now)
        items = tuple(invitation_view(one, now) for one in found.items)
        return Page(items=items, next_cursor=found.next_cursor, total=found.total)


class ResendInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """Send an invitation again, in my name, with another link that is good for 7 days; the former one is not any more.

    Not more often than every 10 minutes. Owners are invited by owners only.
    """

    begin: Callable[[], CompaniesUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: CompanyId, invitation: InvitationId) -> InvitationView:
        refuse_impersonators(actor)
        now = self.clock.now()
        async with self.begin() as uow:
            _, me = await entered(uow, actor, id, Right.INVITE)
            former = await _found(uow, id, invitation)
            _demand_for(me, former.role)
            resent = former.resent(now, actor.user)
            if former.state(now) is InvitationState.EXPIRED:
                await _check_room(uow, id, now)
            saved = await uow.invitations.save(resent)
            uow.announce(InvitationAsked(company=id, invitation=saved.id, sending=saved.sendings))
            await uow.activity.add(happening(self.ids.new(), id, now, actor.user, What.INVITED_AGAIN, saved.id))
            await uow.commit()
        return invitation_view(saved, now)


class RevokeInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """Take an invitation back: its link is no good any more."""

    begin: Callable[[], CompaniesUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: CompanyId, invitation: InvitationId) -> None:
        refuse_impersonators(actor)
        now = self.clock.now()
        async with self.begin() as uow:
            await entered(uow, actor, id, Right.INVITE)
            saved = await uow.invitations.save((await _found(uow, id, invitation)).revoked(now))
            await uow.activity.add(happening(self.ids.new(), id, now, actor.user, What.INVITATION_REVOKED, saved.id))
            await uow.commit()


def _demand_for(me: Membership, role: CompanyRole) -> None:
    for right in needed_to_invite(role):
        me.demand(right)


async def _check_room(uow: CompaniesUnitOfWork, company: CompanyId, now: datetime) -> None:
    if await uow.invitations.count_awaiting(company, now) >= MOST_AWAITED:
        raise TooManyInvitations


async def _found(uow: CompaniesUnitOfWork, company: CompanyId, id: InvitationId) -> Invitation:
    if (invitation := await uow.invitations.get(company, id)) is None:
        raise InvitationNotFound
    return invitation
