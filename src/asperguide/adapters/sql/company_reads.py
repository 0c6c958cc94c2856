"""Reads of companies outside of transactions, one statement each; a total takes one more."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from asperguide.adapters.sql.company_clients import by_digest, client_of
from asperguide.adapters.sql.company_members import MEMBERSHIP
from asperguide.adapters.sql.company_rows import (
    ClientRow,
    ClientWordRow,
    CompanyRow,
    CompanySettingsRow,
    HappeningRow,
    InvitationRow,
    MemberRow,
)
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.paging import Condition, Keyset
from asperguide.adapters.sql.prepared import Prepared, by_ids, named_ids
from asperguide.adapters.sql.store import entity_fields
from asperguide.adapters.sql.types import Uuid
from asperguide.companies.activity import Happening
from asperguide.companies.clients import Client
from asperguide.companies.invitations import Invitation, InvitationState
from asperguide.companies.listing import ACTIVITY, CLIENTS, COMPANIES, INVITATIONS, MEMBERS, MINE
from asperguide.companies.model import Company, CompanyState, Membership, MembershipId
from asperguide.companies.ports import CompanyReads, MyCompany, Shown
from asperguide.companies.settings import CompanySettings
from asperguide.shared.actor import UserId
from asperguide.shared.pages import MAX_LIMIT, Page, PageRequest
from asperguide.shared.tenancy import ClientId, CompanyFacts, CompanyId, CompanyRole, Standing

MOST_CONTACTS = 1000
_LAST = "\U0010ffff"

_companies, _settings, _members = CompanyRow.__table__.c, CompanySettingsRow.__table__.c, MemberRow.__table__.c
_invitations, _clients, _activity = InvitationRow.__table__.c, ClientRow.__table__.c, HappeningRow.__table__.c
_words = ClientWordRow.__table__.c
_company, _user = sa.bindparam("company", type_=Uuid()), sa.bindparam("user", type_=Uuid())
_there = _companies.state != CompanyState.CLOSING


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What a row of the join of a company with its settings, and perhaps a member, has for others."""

    id: CompanyId
    name: str
    state: CompanyState
    storage_bytes: int
    most_projects: int
    time_zone: str
    locale: str
    accent: str | None
    expiry_notice_days: int
    email: str | None
    role: CompanyRole = CompanyRole.VIEWER

    @property
    def facts(self) -> CompanyFacts:
        return CompanyFacts(
            id=self.id, name=self.name, active=self.state is CompanyState.ACTIVE, time_zone=self.time_zone,
            locale=self.locale, accent=self.accent, storage_bytes=self.storage_bytes,
            most_projects=self.most_projects, expiry_notice_days=self.expiry_notice_days, email=self.email,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mine:
    """A row of members as lists of somebody's companies have it."""

    id: MembershipId
    company: CompanyId
    role: CompanyRole
    since: datetime
    name_key: str


_FACTS = (
    *(_companies[name] for name in ("id", "name", "state", "storage_bytes", "most_projects")),
    *(_settings[name] for name in ("time_zone", "locale", "accent", "expiry_notice_days", "email")),
)
_COMPANY = tuple(column for column in _companies if column.key in entity_fields(Company))
_with_settings = sa.join(CompanyRow.__table__, CompanySettingsRow.__table__, _settings.id == _companies.id)

_standing = Prepared(
    sa.select(*_FACTS, _members.role)
    .select_from(_with_settings.join(MemberRow.__table__, _members.company == _companies.id))
    .where(_members.company == _company, _members.user == _user, _there)
)
_known = by_ids(_companies.id, lambda these: sa.select(*_FACTS).select_from(_with_settings).where(these, _there))
_some_companies = by_ids(_companies.id, lambda these: sa.select(*_COMPANY).where(these, _there))
_shown = Prepared(
    sa.select(
        *_COMPANY, _members.id.label("membership"), _members.role, _members.since, _members.version.label("edition")
    )
    .join_from(MemberRow.__table__, CompanyRow.__table__, _companies.id == _members.company)
    .where(_members.company == _company, _members.user == _user, _there)
)
_membership = Prepared(sa.select(*MEMBERSHIP).where(_members.company == _company, _members.user == _user))
_count_clients = Prepared(sa.select(sa.func.count()).where(_clients.company == _company))

_MINE_LIST = Keyset(
    row=MemberRow, entity=_Mine, filters={"role": lambda role: _members.role == role}, chosen_in=MemberRow
)  # fmt: skip
_COMPANY_LIST = Keyset(
    row=CompanyRow,
    entity=Company,
    filters={
        "state": lambda state: _companies.state == state,
        "tier": lambda tier: _companies.tier == tier,
        "name": lambda key: _companies.name_key == key,
    },
)
_MEMBER_LIST = Keyset(row=MemberRow, entity=Membership, filters={"role": lambda role: _members.role == role})
_ACTIVITY_LIST = Keyset(
    row=HappeningRow,
    entity=Happening,
    filters={"what": lambda what: _activity.what == what, "by": lambda user: _activity.by == user},
)


class SqlCompanyReads(CompanyReads):
    """Each read takes a connection, asks and gives it back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def standing(self, user: UserId, company: CompanyId) -> Standing | None:
        """By the unique key of members, joined with what others need to know."""
        async with self._database.reading() as store:
            found = await store.one(_standing, _Facts, company=company, user=user)
        return None if found is None else Standing(company=found.facts, role=found.role)

    async def known(self, companies: Collection[CompanyId]) -> Mapping[CompanyId, CompanyFacts]:
        """By primary keys, with their settings."""
        if not companies:
            return {}
        named = named_ids(_each(companies))
        async with self._database.reading() as store:
            return {one.id: one.facts for one in await store.all(_known(len(named)), _Facts, **named)}

    async def members_in(self, company: CompanyId, roles: Collection[CompanyRole]) -> Sequence[UserId]:
        """In the unique key of members."""
        if not roles:
            return ()
        chosen = _members.company == company, _members.role.in_(sorted(set(roles)))
        found = sa.select(_members.user).where(*chosen).order_by(_members.user).limit(MOST_CONTACTS)
        async with self._database.reading() as store:
            return [user for (user,) in await store.execute(found)]

    async def shown(self, user: UserId, company: CompanyId) -> Shown | None:
        """One join."""
        async with self._database.reading() as store:
            result = await store.execute(_shown, {"company": company, "user": user})
            if (found := result.first()) is None:
                return None
            values: dict[str, Any] = dict(zip(result.keys(), found, strict=True))
        membership = Membership(
            id=values.pop("membership"), company=company, user=user, role=values.pop("role"),
            since=values.pop("since"), version=values.pop("edition"),
        )  # fmt: skip
        return Shown(company=Company(**values), membership=membership)

    async def mine(self, user: UserId, page: PageRequest) -> Page[MyCompany]:
        """By keyset, chosen in the index of the order."""
        async with self._database.reading() as store:
            found = await _MINE_LIST.page(store, MINE.read(page, user), _members.user == user)
        items = tuple(
            MyCompany(id=one.id, company=one.company, role=one.role, since=one.since, name_key=one.name_key)
            for one in found.items
        )
        return Page(items=items, next_cursor=found.next_cursor, total=found.total)

    async def companies(self, ids: Collection[CompanyId]) -> Mapping[CompanyId, Company]:
        """By primary keys."""
        if not ids:
            return {}
        named = named_ids(_each(ids))
        async with self._database.reading() as store:
            return {one.id: one for one in await store.all(_some_companies(len(named)), Company, **named)}

    async def all(self, page: PageRequest) -> Page[Company]:
        """By keyset."""
        async with self._database.reading() as store:
            return await _COMPANY_LIST.page(store, COMPANIES.read(page))

    async def settings(self, company: CompanyId) -> CompanySettings | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.get(CompanySettingsRow, CompanySettings, company)

    async def membership(self, company: CompanyId, user: UserId) -> Membership | None:
        """By unique key."""
        async with self._database.reading() as store:
            return await store.one(_membership, Membership, company=company, user=user)

    async def members(self, company: CompanyId, page: PageRequest) -> Page[Membership]:
        """By keyset."""
        async with self._database.reading() as store:
            return await _MEMBER_LIST.page(store, MEMBERS.read(page, company), _members.company == company)

    async def invitations(self, company: CompanyId, page: PageRequest, now: datetime) -> Page[Invitation]:
        """By keyset."""
        listed = Keyset(row=InvitationRow, entity=Invitation, filters={"state": lambda state: _in_state(state, now)})
        async with self._database.reading() as store:
            return await listed.page(store, INVITATIONS.read(page, company), _invitations.company == company)

    async def invitation(self, digest: bytes) -> Invitation | None:
        """By unique key."""
        async with self._database.reading() as store:
            return await store.one(by_digest, Invitation, digest=digest)

    async def client(self, company: CompanyId, id: ClientId) -> Client | None:
        """By primary key, if they are the company's."""
        async with self._database.reading() as store:
            return await store.one(client_of, Client, id=id, company=company)

    async def clients(self, company: CompanyId, page: PageRequest) -> Page[Client]:
        """By keyset; whom somebody looks for is found by the index of words."""
        wanted = {"search": lambda sought: _found(company, sought)}
        listed = Keyset(row=ClientRow, entity=Client, filters=wanted, chosen_in=ClientRow)
        async with self._database.reading() as store:
            return await listed.page(store, CLIENTS.read(page, company), _clients.company == company)

    async def all_clients(self, company: CompanyId) -> AsyncGenerator[Client, None]:
        """Page by page, with no connection held between two."""
        cursor = None
        while True:
            page = await self.clients(company, PageRequest(cursor=cursor, limit=MAX_LIMIT))
            for client in page.items:
                yield client
            if (cursor := page.next_cursor) is None:
                return

    async def count_clients(self, company: CompanyId) -> int:
        """Counted in an index."""
        async with self._database.reading() as store:
            return int(await store.scalar(_count_clients, company=company))

    async def activity(self, company: CompanyId, page: PageRequest) -> Page[Happening]:
        """By keyset."""
        async with self._database.reading() as store:
            return await _ACTIVITY_LIST.page(store, ACTIVITY.read(page, company), _activity.company == company)


def _found(company: CompanyId, sought: Collection[str]) -> Condition:
    """For each beginning a range of the company's words."""
    if not sought:
        return _clients.id.is_(None)
    words = (
        sa.select(_words.id).where(_words.company == company, _words.word >= one, _words.word < one + _LAST)
        for one in sought
    )
    return sa.and_(*(_clients.id.in_(some) for some in words))


def _in_state(state: InvitationState, now: datetime) -> Condition:
    """What `Invitation.state` says."""
    if state not in (InvitationState.WAITING, InvitationState.EXPIRED):
        return _invitations.answer == state
    waits = _invitations.expires_at > now
    return sa.and_(_invitations.answer.is_(None), waits if state is InvitationState.WAITING else sa.not_(waits))


def _each(ids: Collection[UUID]) -> Sequence[UUID]:
    return list(dict.fromkeys(ids))
