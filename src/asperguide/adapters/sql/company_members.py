"""Companies, their settings and their members, inside a transaction."""

from collections.abc import Callable, Collection, Sequence

import sqlalchemy as sa

from asperguide.adapters.sql.company_rows import (
    ClientRow,
    ClientWordRow,
    CompanyRow,
    CompanySettingsRow,
    HappeningRow,
    InvitationRow,
    MemberRow,
)
from asperguide.adapters.sql.prepared import Prepared, by_ids, named_ids
from asperguide.adapters.sql.project_rows import CountRow
from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.store import Store, entity_fields
from asperguide.adapters.sql.types import EnumText, KeyText, Uuid
from asperguide.companies.model import SUCCESSION, Company, Membership
from asperguide.companies.repositories import CompanyRecords, Members
from asperguide.companies.settings import CompanySettings
from asperguide.shared.actor import UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import CompanyId, CompanyRole, shown_key

Touch = Callable[[str, int], None]
_companies, _settings, _members = CompanyRow.__table__.c, CompanySettingsRow.__table__.c, MemberRow.__table__.c
_id, _version = sa.bindparam("_id", type_=Uuid()), sa.bindparam("_version", type_=sa.Integer)
_company = sa.bindparam("company", type_=Uuid())
_limit = sa.bindparam("limit", type_=sa.Integer)

MEMBERSHIP = tuple(column for column in _members if column.key in entity_fields(Membership))

_locked = Prepared(sa.select(CompanyRow.__table__).where(_companies.id == sa.bindparam("id")).with_for_update())
_a_client = Prepared(sa.select(ClientRow.__table__.c.id).where(ClientRow.__table__.c.company == _company).limit(_limit))
_projects = Prepared(sa.select(CountRow.__table__.c.projects).where(CountRow.__table__.c.company == _company))
_slugs_like = Prepared(
    sa.select(_companies.slug)
    .where(
        _companies.slug >= sa.bindparam("slug", type_=KeyText(80)),
        _companies.slug < sa.bindparam("end", type_=KeyText(80)),
    )
    .order_by(_companies.slug)
    .limit(_limit)
)
_remove = Prepared(sa.delete(CompanyRow.__table__).where(_companies.id == _id, _companies.version == _version))
_remove_settings = Prepared(sa.delete(CompanySettingsRow.__table__).where(_settings.id == _id))


def _forget(row: type[Row]) -> Callable[[int], Prepared]:
    return by_ids(row.__table__.c.id, lambda these: sa.delete(row.__table__).where(these))


_HANGING = tuple(
    (
        Prepared(sa.select(row.__table__.c.id).where(row.__table__.c.company == _company).limit(_limit)),
        tuple(map(_forget, (row, *more))),
    )
    for row, *more in ((MemberRow,), (InvitationRow,), (ClientRow, ClientWordRow), (HappeningRow,))
)

_member = Prepared(
    sa.select(*MEMBERSHIP).where(_members.company == _company, _members.user == sa.bindparam("user", type_=Uuid()))
)
_remove_member = Prepared(sa.delete(MemberRow.__table__).where(_members.id == _id, _members.version == _version))
_remove_members = Prepared(sa.delete(MemberRow.__table__).where(_members.company == _id))
_renamed = Prepared(sa.update(MemberRow.__table__).where(_members.company == _id))
_owners = Prepared(
    sa.select(sa.func.count()).where(
        _members.company == _company, _members.role == sa.bindparam("role", type_=EnumText(CompanyRole, 16))
    )
)
_rank = sa.case(
    {role.value: place for place, role in enumerate(SUCCESSION)}, value=_members.role, else_=len(SUCCESSION)
)
_successor = Prepared(
    sa.select(*MEMBERSHIP)
    .where(_members.company == _company, _members.user != sa.bindparam("user", type_=Uuid()))
    .order_by(_rank, _members.since, _members.id)
    .limit(1)
)
_of_user = Prepared(
    sa.select(*MEMBERSHIP)
    .where(_members.user == sa.bindparam("user", type_=Uuid()))
    .order_by(_members.since, _members.id)
    .limit(_limit)
)


class SqlCompanyRecords(CompanyRecords):
    """Rows of companies. Whoever changes a company, or what belongs to it, holds the lock of its row."""

    __slots__ = ("_store", "_touch")

    def __init__(self, store: Store, touch: Touch) -> None:
        self._store, self._touch = store, touch

    async def add(self, company: Company, settings: CompanySettings) -> None:
        """Two rows, of which the first refuses what is not unique."""
        await self._store.add(CompanyRow, company)
        await self._store.add(CompanySettingsRow, settings)

    async def locked(self, id: CompanyId) -> Company | None:
        """By primary key, locked."""
        return await self._store.one(_locked, Company, id=id)

    async def is_empty(self, id: CompanyId) -> bool:
        """Projects as they are counted; whether there is a row of a client."""
        if await self._store.scalar(_projects, company=id):
            return False
        return await self._store.scalar(_a_client, company=id, limit=1) is None

    async def save(self, company: Company) -> Company:
        """Compare the version and set."""
        self._touch(shown_key(company.id), 0)
        return await self._store.save(CompanyRow, company)

    async def slugs_like(self, slug: str, limit: int) -> Collection[str]:
        """A range of the unique key."""
        values = {"slug": slug, "end": f"{slug}~", "limit": limit}
        return {found for (found,) in await self._store.execute(_slugs_like, values)}

    async def settings(self, company: CompanyId) -> CompanySettings | None:
        """By primary key."""
        return await self._store.get(CompanySettingsRow, CompanySettings, company)

    async def save_settings(self, settings: CompanySettings) -> CompanySettings:
        """Compare the version and set."""
        self._touch(shown_key(settings.id), 0)
        return await self._store.save(CompanySettingsRow, settings)

    async def forget_some(self, id: CompanyId, limit: int) -> int:
        """For each kind of row, found in an index of companies, removed by primary keys."""
        total = 0
        for find, forgets in _HANGING:
            ids = [one for (one,) in await self._store.execute(find, {"company": id, "limit": limit})]
            named = named_ids(ids) if ids else {}
            for forget in forgets if ids else ():
                await self._store.change(forget(len(named)), **named)
            total += len(ids)
        return total

    async def remove(self, company: Company) -> None:
        """Compare the version and delete; then its settings."""
        if not await self._store.change(_remove, _id=company.id, _version=company.version):
            raise EditedMeanwhile
        self._touch(shown_key(company.id), 0)
        await self._store.change(_remove_settings, _id=company.id)


class SqlMembers(Members):
    """Rows of members, each with a copy of the company's name."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, membership: Membership, company: Company) -> None:
        """One row, which refuses a second membership."""
        await self._store.add(MemberRow, membership, name_key=company.name_key)

    async def get(self, company: CompanyId, user: UserId) -> Membership | None:
        """By unique key."""
        return await self._store.one(_member, Membership, company=company, user=user)

    async def save(self, membership: Membership) -> Membership:
        """Compare the version and set."""
        return await self._store.save(MemberRow, membership)

    async def remove(self, membership: Membership) -> None:
        """Compare the version and delete."""
        if not await self._store.change(_remove_member, _id=membership.id, _version=membership.version):
            raise EditedMeanwhile

    async def remove_all(self, company: CompanyId) -> int:
        """One statement."""
        return await self._store.change(_remove_members, _id=company)

    async def renamed(self, company: Company) -> None:
        """One statement."""
        await self._store.change(_renamed, _id=company.id, name_key=company.name_key)

    async def owners(self, company: CompanyId) -> int:
        """Counted among the company's rows."""
        return int(await self._store.scalar(_owners, company=company, role=CompanyRole.OWNER))

    async def successor(self, company: CompanyId, of: UserId) -> Membership | None:
        """The first of the company's rows, sorted."""
        return await self._store.one(_successor, Membership, company=company, user=of)

    async def of_user(self, user: UserId, limit: int) -> Sequence[Membership]:
        """In the order of the index."""
        return await self._store.all(_of_user, Membership, user=user, limit=limit)
