"""Reads of companies in memory: what is committed."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import datetime

from asperguide.adapters.memory.companies_tables import ACTIVITY, CLIENTS, COMPANIES, INVITATIONS, MEMBERS, SETTINGS
from asperguide.adapters.memory.paging import page_of
from asperguide.adapters.memory.tables import MemoryDatabase
from asperguide.companies import listing
from asperguide.companies.activity import Happening
from asperguide.companies.clients import Client
from asperguide.companies.invitations import Invitation
from asperguide.companies.model import Company, Membership
from asperguide.companies.ports import CompanyReads, MyCompany, Shown
from asperguide.companies.settings import CompanySettings
from asperguide.shared.actor import UserId
from asperguide.shared.naming import name_key
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.tenancy import ClientId, CompanyFacts, CompanyId, CompanyRole, Standing

MOST_CONTACTS = 1000


class MemoryCompanyReads(CompanyReads):
    """Looks through the committed rows."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def standing(self, user: UserId, company: CompanyId) -> Standing | None:
        """Every membership is looked at."""
        shown = await self.shown(user, company)
        if shown is None:
            return None
        return Standing(company=self._facts(shown.company), role=shown.membership.role)

    async def known(self, companies: Collection[CompanyId]) -> Mapping[CompanyId, CompanyFacts]:
        """By ids."""
        return {id: self._facts(company) for id, company in (await self.companies(companies)).items()}

    async def members_in(self, company: CompanyId, roles: Collection[CompanyRole]) -> Sequence[UserId]:
        """Every membership is looked at."""
        found = self._database.rows(MEMBERS).all(lambda row: row.company == company and row.role in roles)
        return sorted(row.user for row in found)[:MOST_CONTACTS]

    async def shown(self, user: UserId, company: CompanyId) -> Shown | None:
        """Every membership is looked at."""
        membership, found = await self.membership(company, user), await self.companies((company,))
        return None if membership is None or not found else Shown(company=found[company], membership=membership)

    async def mine(self, user: UserId, page: PageRequest) -> Page[MyCompany]:
        """Every membership is looked at."""
        mine = self._database.rows(MEMBERS).all(lambda row: row.user == user)
        names = {id: one.name for id, one in (await self.companies([row.company for row in mine])).items()}
        found = [
            MyCompany(
                id=row.id, company=row.company, role=row.role, since=row.since, name_key=name_key(names[row.company])
            )
            for row in mine
        ]
        return page_of(found, listing.MINE.read(page, user), {"role": lambda one, role: one.role is role})

    async def companies(self, ids: Collection[CompanyId]) -> Mapping[CompanyId, Company]:
        """By ids."""
        rows = self._database.rows(COMPANIES)
        return {id: found for id in ids if (found := rows.get(id)) is not None and not found.is_closing}

    async def all(self, page: PageRequest) -> Page[Company]:
        """Every company is looked at."""
        return page_of(
            self._database.rows(COMPANIES).all(),
            listing.COMPANIES.read(page),
            {
                "state": lambda company, state: company.state is state,
                "tier": lambda company, tier: company.tier is tier,
                "name": lambda company, key: company.name_key == key,
            },
        )

    async def settings(self, company: CompanyId) -> CompanySettings | None:
        """By id."""
        return self._database.rows(SETTINGS).get(company)

    async def membership(self, company: CompanyId, user: UserId) -> Membership | None:
        """Every membership is looked at."""
        return self._database.rows(MEMBERS).first(lambda row: row.company == company and row.user == user)

    async def members(self, company: CompanyId, page: PageRequest) -> Page[Membership]:
        """Every membership is looked at."""
        found = self._database.rows(MEMBERS).all(lambda row: row.company == company)
        return page_of(found, listing.MEMBERS.read(page, company), {"role": lambda one, role: one.role is role})

    async def invitations(self, company: CompanyId, page: PageRequest, now: datetime) -> Page[Invitation]:
        """Every invitation is looked at."""
        found = self._database.rows(INVITATIONS).all(lambda row: row.company == company)
        return page_of(
            found, listing.INVITATIONS.read(page, company), {"state": lambda one, state: one.state(now) is state}
        )

    async def invitation(self, digest: bytes) -> Invitation | None:
        """Every invitation is looked at."""
        return self._database.rows(INVITATIONS).first(lambda row: row.digest == digest)

    async def client(self, company: CompanyId, id: ClientId) -> Client | None:
        """By id, if they are the company's."""
        found = self._database.rows(CLIENTS).get(id)
        return found if found is not None and found.company == company else None

    async def clients(self, company: CompanyId, page: PageRequest) -> Page[Client]:
        """Every client is looked at."""
        found = self._database.rows(CLIENTS).all(lambda row: row.company == company)
        return page_of(
            found, listing.CLIENTS.read(page, company), {"search": lambda client, sought: client.matches(sought)}
        )

    async def all_clients(self, company: CompanyId) -> AsyncGenerator[Client, None]:
        """All that there are at the beginning."""
        found = self._database.rows(CLIENTS).all(lambda row: row.company == company)
        for client in sorted(found, key=lambda one: (one.name_key, one.id)):
            yield client

    async def count_clients(self, company: CompanyId) -> int:
        """Every client is looked at."""
        return len(self._database.rows(CLIENTS).all(lambda row: row.company == company))

    async def activity(self, company: CompanyId, page: PageRequest) -> Page[Happening]:
        """Everything that happened is looked at."""
        found = self._database.rows(ACTIVITY).all(lambda row: row.company == company)
        filters = {"what": lambda one, what: one.what == what, "by": lambda one, user: one.by == user}
        return page_of(found, listing.ACTIVITY.read(page, company), filters)

    def _facts(self, company: Company) -> CompanyFacts:
        settings = self._database.rows(SETTINGS).get(company.id)
        assert settings is not None
        return company.facts(settings)
