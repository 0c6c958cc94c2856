"""Who belongs to a company: seeing them, giving them roles, letting them go. There is an owner at every moment."""

from collections.abc import Callable
from dataclasses import replace

import msgspec

from asperguide.companies.activity import What, happening
from asperguide.companies.errors import InvalidCompany, MemberNotFound
from asperguide.companies.model import Membership, Right
from asperguide.companies.ports import Accounts, CompaniesUnitOfWork, CompanyReads
from asperguide.companies.standing import entered, seen
from asperguide.companies.views import MemberView, member_view
from asperguide.shared.actor import Actor, UserId, refuse_impersonators
from asperguide.shared.errors import EditedMeanwhile, FieldError
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.tenancy import CompanyId, CompanyRole


class NewRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a member is to be."""

    role: CompanyRole


class NewOwner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The member who is to be the owner instead of me."""

    user: UserId


class ListMembers(msgspec.Struct, frozen=True, kw_only=True):
    """Who belongs to a company of mine, who came first in front."""

    reads: CompanyReads
    accounts: Accounts

    async def __call__(self, actor: Actor, id: CompanyId, page: PageRequest = PageRequest()) -> Page[MemberView]:
        me = (await seen(self.reads, actor, id, Right.SEE_MEMBERS)).membership
        found = await self.reads.members(id, page)
        people = await self.accounts.known({one.user for one in found.items})
        all = me.may(Right.MANAGE_MEMBERS)
        items = tuple(member_view(one, people, with_address=all or one.user == actor.user) for one in found.items)
        return Page(items=items, next_cursor=found.next_cursor, total=found.total)


class GetMember(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who belongs to a company of mine."""

    reads: CompanyReads
    accounts: Accounts

    async def __call__(self, actor: Actor, id: CompanyId, user: UserId) -> MemberView:
        me = (await seen(self.reads, actor, id, Right.SEE_MEMBERS)).membership
        if (found := await self.reads.membership(id, user)) is None:
            raise MemberNotFound
        people = await self.accounts.known((user,))
        return member_view(found, people, with_address=me.may(Right.MANAGE_MEMBERS) or user == actor.user)


class ChangeRole(msgspec.Struct, frozen=True, kw_only=True):
    """Give a member another role. Owners are made and changed by owners only, and the last one stays one."""

    begin: Callable[[], CompaniesUnitOfWork]
    accounts: Accounts
    clock: Clock
    ids: Ids

    async def __call__(
        self, actor: Actor, id: CompanyId, user: UserId, new: NewRole, version: int | None = None
    ) -> MemberView:
        refuse_impersonators(actor)
        people, now = await self.accounts.known((user,)), self.clock.now()
        async with self.begin() as uow:
            _, me = await entered(uow, actor, id, Right.MANAGE_MEMBERS)
            member = await found(uow, id, user, version)
            changed = member.given(new.role, me, await uow.members.owners(id))
            if changed == member:
                return member_view(member, people, with_address=True)
            saved = await uow.members.save(changed)
            await uow.activity.add(
                happening(self.ids.new(), id, now, actor.user, What.ROLE_CHANGED, user, saved.role)
            )  # fmt: skip
            await uow.commit()
        return member_view(saved, people, with_address=True)


class RemoveMember(msgspec.Struct, frozen=True, kw_only=True):
    """Take somebody out of a company. Owners are taken out by owners only, and the last one never."""

    begin: Callable[[], CompaniesUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: CompanyId, user: UserId, version: int | None = None) -> None:
        refuse_impersonators(actor)
        now = self.clock.now()
        async with self.begin() as uow:
            _, me = await entered(uow, actor, id, Right.MANAGE_MEMBERS)
            member = await found(uow, id, user, version)
            member.check_removable(me, await uow.members.owners(id))
            await uow.members.remove(member)
            await uow.activity.add(
                happening(self.ids.new(), id, now, actor.user, What.MEMBER_REMOVED, user, member.role)
            )  # fmt: skip
            await uow.commit()


class LeaveCompany(msgspec.Struct, frozen=True, kw_only=True):
    """Belong to a company no more. Its last owner makes somebody else an owner first."""

    begin: Callable[[], CompaniesUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: CompanyId) -> None:
        refuse_impersonators(actor)
        async with self.begin() as uow:
            _, me = await entered(uow, actor, id, Right.SEE)
            me.check_dispensable(await uow.members.owners(id))
            await uow.members.remove(me)
            await uow.activity.add(
                happening(self.ids.new(), id, self.clock.now(), actor.user, What.MEMBER_LEFT, actor.user, me.role)
            )
            await uow.commit()


class TransferOwnership(msgspec.Struct, frozen=True, kw_only=True):
    """Make another member the owner instead of me, who stays as a manager. There is no moment between the two."""

    begin: Callable[[], CompaniesUnitOfWork]
    accounts: Accounts
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: CompanyId, to: NewOwner) -> MemberView:
        refuse_impersonators(actor)
        people, now = await self.accounts.known((to.user,)), self.clock.now()
        async with self.begin() as uow:
            _, me = await entered(uow, actor, id, Right.TRANSFER)
            heir = await found(uow, id, to.user, None)
            if heir.user == actor.user:
                wrong = FieldError(pointer="#/user", code="NOT_ALLOWED", detail="This is who owns it now.")
                raise InvalidCompany(fields=(wrong,))
            saved = await uow.members.save(replace(heir, role=CompanyRole.OWNER))
            await uow.members.save(replace(me, role=CompanyRole.MANAGER))
            await uow.activity.add(
                happening(self.ids.new(), id, now, actor.user, What.OWNERSHIP_TRANSFERRED, heir.user)
            )  # fmt: skip
            await uow.commit()
        return member_view(saved, people, with_address=True)


async def found(uow: CompaniesUnitOfWork, id: CompanyId, user: UserId, version: int | None) -> Membership:
    """The member. Raises MemberNotFound, and EditedMeanwhile when it is another version that is wanted."""
    if (member := await uow.members.get(id, user)) is None:
        raise MemberNotFound
    if version not in (None, member.version):
        raise EditedMeanwhile
    return member
