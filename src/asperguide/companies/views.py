"""What companies show of themselves, to members and to those who are invited."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from asperguide.companies.activity import Happening, HappeningId
from asperguide.companies.invitations import Invitation, InvitationId, InvitationState
from asperguide.companies.model import Company, CompanyState, Membership, Tier
from asperguide.companies.ports import Account, MyCompany
from asperguide.companies.settings import CompanySettings
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import CompanyId, CompanyRole


class CompanyView(msgspec.Struct, frozen=True, kw_only=True):
    """A company as a member sees it; `role` is theirs."""

    id: CompanyId
    name: str
    slug: str
    state: CompanyState
    role: CompanyRole
    email: str | None
    phone: str | None
    website: str | None
    address: str | None
    notes: str
    tier: Tier
    storage_bytes: int
    most_projects: int
    created_at: datetime
    updated_at: datetime
    version: int


class CompanySummary(msgspec.Struct, frozen=True, kw_only=True):
    """One of my companies; `role` is mine, `since` when I joined."""

    id: CompanyId
    name: str
    slug: str
    state: CompanyState
    tier: Tier
    role: CompanyRole
    since: datetime


class CompanyAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A company as administrators of the service see it.

    `store` is a name that they keep with it; its files lie where those of all companies do.
    """

    id: CompanyId
    name: str
    slug: str
    state: CompanyState
    email: str | None
    phone: str | None
    store: str
    tier: Tier
    storage_bytes: int
    most_projects: int
    created_at: datetime
    updated_at: datetime
    version: int


class SettingsView(msgspec.Struct, frozen=True, kw_only=True):
    """How a company wants things. The version is of the settings alone."""

    time_zone: str
    locale: str
    accent: str | None
    expiry_notice_days: int
    email: str | None
    version: int


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who belongs to a company. The address is shown to those who manage members, and to themselves."""

    user: UserId
    name: str | None
    email: str | None
    role: CompanyRole
    since: datetime
    version: int


class InvitationView(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation as those see it who invite."""

    id: InvitationId
    email: str
    role: CompanyRole
    state: InvitationState
    by: UserId
    created_at: datetime
    asked_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    version: int


class InvitedView(msgspec.Struct, frozen=True, kw_only=True):
    """What an invitation is for, as whoever has its link sees it."""

    company: str
    role: CompanyRole
    by: str | None
    expires_at: datetime


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """The company that somebody belongs to now, and their role in it."""

    company: CompanyId
    role: CompanyRole


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody by name; the name of whoever is gone is null."""

    id: UserId
    name: str | None


class HappeningView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened in a company; `by` is null when the service did it."""

    id: HappeningId
    at: datetime
    by: PersonView | None
    what: str
    subject: UUID | None
    detail: str


def company_view(company: Company, role: CompanyRole) -> CompanyView:
    """To a member in this role."""
    return CompanyView(
        id=company.id, name=company.name, slug=company.slug, state=company.state, role=role, email=company.email,
        phone=company.phone, website=company.website, address=company.address, notes=company.notes, tier=company.tier,
        storage_bytes=company.storage_bytes, most_projects=company.most_projects, created_at=company.created_at,
        updated_at=company.updated_at, version=company.version,
    )  # fmt: skip


def summary(mine: MyCompany, company: Company) -> CompanySummary:
    """In a list of somebody's companies."""
    return CompanySummary(
        id=company.id, name=company.name, slug=company.slug, state=company.state, tier=company.tier, role=mine.role,
        since=mine.since,
    )  # fmt: skip


def account_of(company: Company) -> CompanyAccount:
    """To administrators of the service."""
    return CompanyAccount(
        id=company.id, name=company.name, slug=company.slug, state=company.state, email=company.email,
        phone=company.phone, store=company.store, tier=company.tier, storage_bytes=company.storage_bytes,
        most_projects=company.most_projects, created_at=company.created_at, updated_at=company.updated_at,
        version=company.version,
    )  # fmt: skip


def settings_view(settings: CompanySettings) -> SettingsView:
    """To members."""
    return SettingsView(
        time_zone=settings.time_zone, locale=settings.locale, accent=settings.accent,
        expiry_notice_days=settings.expiry_notice_days, email=settings.email, version=settings.version,
    )  # fmt: skip


def member_view(membership: Membership, people: Mapping[UserId, Account], *, with_address: bool) -> MemberView:
    """To other members."""
    person = people.get(membership.user)
    return MemberView(
        user=membership.user, name=person.name if person else None,
        email=person.email if person and with_address else None,
        role=membership.role, since=membership.since, version=membership.version,
    )  # fmt: skip


def invitation_view(invitation: Invitation, now: datetime) -> InvitationView:
    """To those who invite."""
    return InvitationView(
        id=invitation.id, email=invitation.email, role=invitation.role, state=invitation.state(now), by=invitation.by,
        created_at=invitation.created_at, asked_at=invitation.asked_at, expires_at=invitation.expires_at,
        answered_at=invitation.answered_at, version=invitation.version,
    )  # fmt: skip


def happening_view(happening: Happening, people: Mapping[UserId, Account]) -> HappeningView:
    """To those who run the company."""
    by = happening.by
    named = None if by is None or by not in people else people[by].name
    return HappeningView(
        id=happening.id, at=happening.at, by=None if by is None else PersonView(id=by, name=named),
        what=happening.what, subject=happening.subject, detail=happening.detail,
    )  # fmt: skip
