"""What companies ask of others: members are users of identity, and what companies have is kept by other contexts."""

from collections.abc import Callable, Collection, Mapping

from asperguide.companies.ports import Account, Accounts, Holdings
from asperguide.identity.ports import IdentityReads
from asperguide.projects import RemoveSomeOfCompany
from asperguide.projects.ports import ProjectReads
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import CompanyId


class LocalAccounts(Accounts):
    """Accounts are those of identity."""

    def __init__(self, reads: IdentityReads) -> None:
        self._reads = reads

    async def known(self, ids: Collection[UserId]) -> Mapping[UserId, Account]:
        """By their contacts."""
        found = await self._reads.contacts(ids)
        return {
            id: Account(id=id, name=one.full_name, email=one.email, locale=one.locale, time_zone=one.time_zone)
            for id, one in found.items()
        }

    async def holder(self, email_key: str) -> UserId | None:
        """As identity has verified them."""
        return (await self._reads.holders((email_key,))).get(email_key)


class LocalHoldings(Holdings):
    """What the contexts keep for companies that are named in the container, one after the other."""

    def __init__(self, *parts: Callable[[], Holdings]) -> None:
        self._parts = parts

    async def count(self, company: CompanyId) -> int:
        """The sum."""
        return sum([await part().count(company) for part in self._parts])

    async def remove_some(self, company: CompanyId) -> bool:
        """Of the first that has anything left."""
        for part in self._parts:
            if not await part().remove_some(company):
                return False
        return True


class LocalProjectHoldings(Holdings):
    """Of companies there are projects, with all that is in them."""

    def __init__(self, reads: ProjectReads, remove: Callable[[], RemoveSomeOfCompany]) -> None:
        self._reads, self._remove = reads, remove

    async def count(self, company: CompanyId) -> int:
        """Of projects."""
        return await self._reads.count(company)

    async def remove_some(self, company: CompanyId) -> bool:
        """Of one project at a time."""
        return await self._remove()(company)
