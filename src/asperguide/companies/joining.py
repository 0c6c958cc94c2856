"""Being invited into a company: seeing what a link out of a mail is for, accepting, declining."""

from collections.abc import Callable

from msgspec import Struct

from asperguide.companies.activity import What, happening
from asperguide.companies.errors import InvitationForAnother, InvitationNotFound, InvitationOver
from asperguide.companies.invitations import Invitation, InvitationState, digest_of
from asperguide.companies.model import Membership, MembershipId
from asperguide.companies.ports import Accounts, CompaniesUnitOfWork, CompanyReads
from asperguide.companies.views import InvitedView, Joined
from asperguide.shared.actor import Actor, refuse_impersonators
from asperguide.shared.ports import Clock, Ids


class ShowInvitation(Struct, frozen=True, kw_only=True):
    """What an invitation is for, to whoever has its link: which company, as what, by whom, until when."""

    reads: CompanyReads
    accounts: Accounts
    clock: Clock

    async def __call__(self, token: str) -> InvitedView:
        invitation = await read(self.reads, token)
        if invitation.state(self.clock.now()) is not InvitationState.WAITING:
            raise InvitationOver
        company = (await self.reads.known((invitation.company,))).get(invitation.company)
        if company is None:
            raise InvitationNotFound
        if not invitation.stands(await self.reads.membership(invitation.company, invitation.by)):
            raise InvitationOver
        by = (await self.accounts.known((invitation.by,))).get(invitation.by)
        return InvitedView(
            company=company.name, role=invitation.role, by=None if by is None else by.name,
            expires_at=invitation.expires_at,
        )  # fmt: skip


class AcceptInvitation(Struct, frozen=True, kw_only=True):
    """Become a member of the company that I was invited into, once.

    Only whoever has the invited address as their verified one: a link that was passed on is of no use to others. And
    only while whoever sent the invitation may invite in that role: what they asked for goes with them.
    """

    begin: Callable[[], CompaniesUnitOfWork]
    reads: CompanyReads
    accounts: Accounts
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, token: str) -> Joined:
        refuse_impersonators(actor)
        invitation, now = await read(self.reads, token), self.clock.now()
        if await self.accounts.holder(invitation.email_key) != actor.user:
            raise InvitationForAnother
        id = invitation.company
        async with self.begin() as uow:
            company = await uow.companies.locked(id)
            invitation = await found(uow, token)
            if company is None or company.is_closing:
                raise InvitationNotFound
            if not invitation.stands(await uow.members.get(id, invitation.by)):
                raise InvitationOver
            accepted = await uow.invitations.save(invitation.answered(InvitationState.ACCEPTED, now))
            membership = Membership(
                id=MembershipId(self.ids.new()), company=id, user=actor.user, role=accepted.role, since=now
            )
            await uow.members.add(membership, company)
            await uow.activity.add(
                happening(self.ids.new(), id, now, actor.user, What.MEMBER_JOINED, actor.user, accepted.role)
            )
            await uow.commit()
        return Joined(company=id, role=accepted.role)


class DeclineInvitation(Struct, frozen=True, kw_only=True):
    """Say no to an invitation. Whoever has the link may: that takes no account."""

    begin: Callable[[], CompaniesUnitOfWork]
    reads: CompanyReads
    clock: Clock
    ids: Ids

    async def __call__(self, token: str) -> None:
        id, now = (await read(self.reads, token)).company, self.clock.now()
        async with self.begin() as uow:
            company = await uow.companies.locked(id)
            invitation = await found(uow, token)
            if company is None or company.is_closing:
                raise InvitationNotFound
            declined = await uow.invitations.save(invitation.answered(InvitationState.DECLINED, now))
            await uow.activity.add(happening(self.ids.new(), id, now, None, What.INVITATION_DECLINED, declined.id))
            await uow.commit()


async def read(reads: CompanyReads, token: str) -> Invitation:
    """The invitation behind the link. Raises InvitationNotFound."""
    if (invitation := await reads.invitation(digest_of(token))) is None:
        raise InvitationNotFound
    return invitation


async def found(uow: CompaniesUnitOfWork, token: str) -> Invitation:
    """The same in a transaction. Raises InvitationNotFound."""
    if (invitation := await uow.invitations.by_digest(digest_of(token))) is None:
        raise InvitationNotFound
    return invitation
