"""When people are no more: what becomes of the companies that they belonged to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from asperguide.companies.activity import What, happening
from asperguide.companies.closing import close
from asperguide.companies.model import Membership
from asperguide.companies.ports import CompaniesUnitOfWork
from asperguide.shared.actor import UserId
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import CompanyRole

BATCH = 100


class Gone(Protocol):
    """That a user is no more, as whoever kept them announces it."""

    @property
    def user(self) -> UserId:
        """Who it was."""
        ...


class PartFromCompanies(Struct, frozen=True, kw_only=True):
    """Take somebody who is gone out of all their companies.

    Where they were the last owner, the manager who came first is the owner now, else the first editor, else the first
    viewer; where nobody is left, the company is deleted with everything in it.
    """

    begin: Callable[[], CompaniesUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, message: Gone, job: UUID | None = None) -> None:
        while memberships := await self._memberships(message.user):
            for one in memberships:
                await until_unhindered(partial(self._part, one))

    async def _memberships(self, user: UserId) -> Sequence[Membership]:
        async with self.begin() as uow:
            return await uow.members.of_user(user, BATCH)

    async def _part(self, one: Membership) -> None:
        async with self.begin() as uow:
            company = await uow.companies.locked(one.company)
            membership = await uow.members.get(one.company, one.user)
            if company is None or membership is None:
                return
            if membership.role is CompanyRole.OWNER and await uow.members.owners(one.company) == 1:
                heir = await uow.members.successor(one.company, one.user)
                if heir is None:
                    await close(uow, company, self.clock)
                    await uow.commit()
                    return
                await self._inherit(uow, heir)
            await uow.members.remove(membership)
            await uow.activity.add(
                happening(self.ids.new(), one.company, self.clock.now(), None, What.MEMBER_LEFT, one.user)
            )  # fmt: skip
            await uow.commit()

    async def _inherit(self, uow: CompaniesUnitOfWork, heir: Membership) -> None:
        await uow.members.save(replace(heir, role=CompanyRole.OWNER))
        await uow.activity.add(
            happening(self.ids.new(), heir.company, self.clock.now(), None, What.OWNERSHIP_INHERITED, heir.user)
        )
