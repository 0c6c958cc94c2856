"""Companies in memory: the same law as in a database, for tests and for whoever swaps adapters."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asperguide.adapters.memory.companies_reads import MemoryCompanyReads
from asperguide.adapters.memory.companies_tables import ACTIVITY, CLIENTS, COMPANIES, INVITATIONS, MEMBERS, SETTINGS
from asperguide.adapters.memory.identity_tables import AUDIT
from asperguide.adapters.memory.projects_tables import COUNTS, Count
from asperguide.adapters.memory.tables import Rows
from asperguide.adapters.memory.unit_of_work import MemoryUnitOfWork
from asperguide.companies.activity import Happening
from asperguide.companies.clients import Client
from asperguide.companies.invitations import Invitation, InvitationId, InvitationState
from asperguide.companies.model import SUCCESSION, Company, Membership
from asperguide.companies.repositories import (
    Activity,
    Clients,
    CompaniesUnitOfWork,
    CompanyRecords,
    Deeds,
    Invitations,
    Members,
)
from asperguide.companies.settings import CompanySettings
from asperguide.identity.audit import SecurityEvent, SecurityEventKind, event
from asperguide.shared.actor import Origin, UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import ClientId, CompanyId, CompanyRole, shown_key

__all__ = ["MemoryCompaniesUnitOfWork", "MemoryCompanyReads"]

Touch = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class MemoryCompanyRecords(CompanyRecords):
    """Companies and their settings. Nobody else can change anything meanwhile."""

    rows: Rows[Company]
    settings_rows: Rows[CompanySettings]
    clients: Rows[Client]
    projects: Rows[Count]
    hanging: tuple[Rows[Any], ...]
    touch: Touch

    async def add(self, company: Company, settings: CompanySettings) -> None:
        """Two rows."""
        self.rows.add(company)
        self.settings_rows.add(settings)

    async def locked(self, id: CompanyId) -> Company | None:
        """By id."""
        return self.rows.get(id)

    async def is_empty(self, id: CompanyId) -> bool:
        """Every client is looked at; projects are counted."""
        count = self.projects.get(id)
        return not (count and count.projects) and self.clients.first(lambda row: row.company == id) is None

    async def save(self, company: Company) -> Company:
        """Compare the version and set."""
        self.touch(shown_key(company.id), 0)
        return self.rows.save(company)

    async def slugs_like(self, slug: str, limit: int) -> Collection[str]:
        """Every company is looked at."""
        return sorted(row.slug for row in self.rows.all(lambda row: row.slug.startswith(slug)))[:limit]

    async def settings(self, company: CompanyId) -> CompanySettings | None:
        """By id."""
        return self.settings_rows.get(company)

    async def save_settings(self, settings: CompanySettings) -> CompanySettings:
        """Compare the version and set."""
        self.touch(shown_key(settings.id), 0)
        return self.settings_rows.save(settings)

    async def forget_some(self, id: CompanyId, limit: int) -> int:
        """So many of each table."""
        return sum(rows.remove(lambda row: row.company == id, limit) for rows in self.hanging)

    async def remove(self, company: Company) -> None:
        """Compare the version and delete; then its settings."""
        _remove(self.rows, company)
        self.touch(shown_key(company.id), 0)
        self.settings_rows.remove(lambda row: row.id == company.id)


@dataclass(frozen=True, slots=True)
class MemoryMembers(Members):
    """Who belongs to companies, whose names are the companies' to say."""

    rows: Rows[Membership]

    async def add(self, membership: Membership, company: Company) -> None:
        """One row."""
        self.rows.add(membership)

    async def get(self, company: CompanyId, user: UserId) -> Membership | None:
        """Every membership is looked at."""
        return self.rows.first(lambda row: row.company == company and row.user == user)

    async def save(self, membership: Membership) -> Membership:
        """Compare the version and set."""
        return self.rows.save(membership)

    async def remove(self, membership: Membership) -> None:
        """Compare the version and delete."""
        _remove(self.rows, membership)

    async def remove_all(self, company: CompanyId) -> int:
        """Every membership is looked at."""
        return self.rows.remove(lambda row: row.company == company)

    async def renamed(self, company: Company) -> None:
        """Nothing has a copy of the name."""

    async def owners(self, company: CompanyId) -> int:
        """Every membership is looked at."""
        return len(self.rows.all(lambda row: row.company == company and row.role is CompanyRole.OWNER))

    async def successor(self, company: CompanyId, of: UserId) -> Membership | None:
        """Every membership is looked at."""
        found = self.rows.all(lambda row: row.company == company and row.user != of)
        ranks = {role: place for place, role in enumerate(SUCCESSION)}
        return min(found, key=lambda row: (ranks.get(row.role, len(ranks)), row.since, row.id), default=None)

    async def of_user(self, user: UserId, limit: int) -> Sequence[Membership]:
        """Every membership is looked at."""
        found = self.rows.all(lambda row: row.user == user)
        return sorted(found, key=lambda row: (row.since, row.id))[:limit]


@dataclass(frozen=True, slots=True)
class MemoryInvitations(Invitations):
    """Who is to belong to companies."""

    rows: Rows[Invitation]

    async def add(self, invitation: Invitation) -> None:
        """One row."""
        self.rows.add(invitation)

    async def get(self, company: CompanyId, id: InvitationId) -> Invitation | None:
        """By id, if it is the company's."""
        found = self.rows.get(id)
        return found if found is not None and found.company == company else None

    async def by_digest(self, digest: bytes) -> Invitation | None:
        """Every invitation is looked at."""
        return self.rows.first(lambda row: row.digest == digest)

    async def awaiting(self, company: CompanyId, email_key: str) -> Invitation | None:
        """Every invitation is looked at."""
        return self.rows.first(lambda row: row.company == company and row.awaited == email_key)

    async def count_awaiting(self, company: CompanyId, now: datetime) -> int:
        """Every invitation is looked at."""
        return len(self.rows.all(lambda row: row.company == company and row.state(now) is InvitationState.WAITING))

    async def save(self, invitation: Invitation) -> Invitation:
        """Compare the version and set."""
        return self.rows.save(invitation)

    async def remove_over(self, before: datetime, limit: int) -> int:
        """Every invitation is looked at."""
        return self.rows.remove(lambda row: row.expires_at < before, limit)


@dataclass(frozen=True, slots=True)
class MemoryClients(Clients):
    """End customers."""

    rows: Rows[Client]

    async def add(self, client: Client) -> None:
        """One row."""
        self.rows.add(client)

    async def get(self, company: CompanyId, id: ClientId) -> Client | None:
        """By id, if they are the company's."""
        found = self.rows.get(id)
        return found if found is not None and found.company == company else None

    async def save(self, client: Client) -> Client:
        """Compare the version and set."""
        return self.rows.save(client)

    async def remove(self, client: Client) -> None:
        """Compare the version and delete."""
        _remove(self.rows, client)


@dataclass(frozen=True, slots=True)
class MemoryActivity(Activity):
    """What happened."""

    rows: Rows[Happening]

    async def add(self, happening: Happening) -> None:
        """Instead of what was there."""
        self.rows.remove(lambda row: row.id == happening.id)
        self.rows.add(happening)


@dataclass(frozen=True, slots=True)
class MemoryDeeds(Deeds):
    """Lines of the security log that are about nobody's account."""

    rows: Rows[SecurityEvent]

    async def add(self, done: Happening, by: UserId, origin: Origin) -> None:
        """One row."""
        detail = f"{done.company} {done.detail}"
        kind = SecurityEventKind.COMPANY_ADMINISTERED
        self.rows.add(event(done.id, kind, done.at, user=None, by=by, origin=origin, detail=detail))


class MemoryCompaniesUnitOfWork(MemoryUnitOfWork, CompaniesUnitOfWork):
    """A transaction in memory."""

    @property
    def companies(self) -> MemoryCompanyRecords:
        """Companies and their settings."""
        hanging: tuple[Rows[Any], ...] = (
            self.rows(MEMBERS), self.rows(INVITATIONS), self.rows(CLIENTS), self.rows(ACTIVITY),
        )  # fmt: skip
        return MemoryCompanyRecords(
            self.rows(COMPANIES), self.rows(SETTINGS), self.rows(CLIENTS), self.rows(COUNTS), hanging, self.touch
        )

    @property
    def members(self) -> MemoryMembers:
        """Who belongs to them."""
        return MemoryMembers(self.rows(MEMBERS))

    @property
    def invitations(self) -> MemoryInvitations:
        """Who is to belong to them."""
        return MemoryInvitations(self.rows(INVITATIONS))

    @property
    def clients(self) -> MemoryClients:
        """Their end customers."""
        return MemoryClients(self.rows(CLIENTS))

    @property
    def activity(self) -> MemoryActivity:
        """What happened in them."""
        return MemoryActivity(self.rows(ACTIVITY))

    @property
    def deeds(self) -> MemoryDeeds:
        """What administrators did to them."""
        return MemoryDeeds(self.rows(AUDIT))


def _remove(rows: Rows[Any], entity: Company | Membership | Client) -> None:
    if rows.remove(lambda row: row.id == entity.id and row.version == entity.version) == 0:
        raise EditedMeanwhile
