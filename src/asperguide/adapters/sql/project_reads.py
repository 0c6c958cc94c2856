"""Reads of projects outside of transactions, one statement each; a page takes one more to tell who is listed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.paging import Condition, Keyset
from asperguide.adapters.sql.prepared import Prepared, by_ids, named_ids
from asperguide.adapters.sql.project_rows import PROJECT, CountRow, ListedRow, ProjectRow, ProjectTagRow, in_lifecycle
from asperguide.adapters.sql.store import Store, to_entity
from asperguide.adapters.sql.types import KeyText, Uuid
from asperguide.projects.listing import PROJECTS
from asperguide.projects.model import EXPIRES_SOON, Listed, Project
from asperguide.projects.ports import Found, ProjectReads
from asperguide.projects.rights import Access
from asperguide.shared.actor import UserId
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.tenancy import CompanyId, CompanyRole, ProjectId

_projects, _tags, _lists = ProjectRow.__table__.c, ProjectTagRow.__table__.c, ListedRow.__table__.c
_there = _projects.removing.is_(False)
_company, _user = sa.bindparam("company", type_=Uuid()), sa.bindparam("user", type_=Uuid())
_theirs = sa.and_(_lists.project == _projects.id, _lists.user == _user)

_find = Prepared(
    sa.select(*PROJECT, _lists.role.label("listed"))
    .join_from(ProjectRow.__table__, ListedRow.__table__, _theirs, isouter=True)
    .where(_projects.id == sa.bindparam("id", type_=Uuid()), _there)
)
_known = by_ids(_projects.id, lambda these: sa.select(*PROJECT).where(these, _there))
_listed = by_ids(
    _lists.project, lambda these: sa.select(_lists.project, _lists.role).where(these, _lists.user == _user)
)  # fmt: skip
_in_company = sa.select(_projects.id).where(_projects.company == _company).order_by(_projects.id)
_all_there = Prepared(_in_company.where(_there))
_some = Prepared(_in_company.limit(sa.bindparam("limit", type_=sa.Integer)))
of_project = Prepared(
    sa.select(ListedRow.__table__)
    .where(_lists.project == sa.bindparam("project", type_=Uuid()), _lists.company == _company)
    .order_by(_lists.user)
)
_closed = Prepared(
    sa.select(_projects.id)
    .where(
        _projects.company == _company,
        _projects.access == Access.RESTRICTED,
        ~sa.exists().where(_lists.project == _projects.id, _lists.user == _user),
    )
    .with_hint(ProjectRow.__table__, "FORCE INDEX (ix_projects_company)", "mysql")
)
_count = Prepared(sa.select(CountRow.__table__.c.projects).where(CountRow.__table__.c.company == _company))


def _list_at(now: datetime) -> Keyset[Project]:
    return Keyset(
        row=ProjectRow,
        entity=Project,
        filters={
            "state": lambda state: _projects.state == state,
            "lifecycle": lambda lifecycle: in_lifecycle(lifecycle, now, now + EXPIRES_SOON),
            "tag": lambda tag: sa.exists().where(_tags.id == _projects.id, _tags.tag == tag),
            "template": lambda template: _projects.template.is_(template),
            "name": lambda key: sa.func.instr(_projects.name_key, sa.literal(key, KeyText(255))) > 0,
        },
    )


def _open_to(user: UserId) -> Condition:
    listed = sa.exists().where(_lists.project == _projects.id, _lists.user == user)
    return sa.or_(_projects.access == Access.INHERIT, listed)


class SqlProjectReads(ProjectReads):
    """Each read takes a connection, asks and gives it back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, id: ProjectId, user: UserId) -> Found | None:
        """By primary key, and whether they are listed with it."""
        async with self._database.reading() as store:
            answer = await store.execute(_find, {"id": id, "user": user})
        if (row := answer.first()) is None:
            return None
        values: dict[str, Any] = dict(zip(answer.keys(), row, strict=True))
        return Found(project=to_entity(values, Project), listed=values["listed"])

    async def projects(
        self, company: CompanyId, listed: UserId | None, page: PageRequest, now: datetime
    ) -> Page[Found]:
        """By keyset in the index of the order."""
        wanted = PROJECTS.read(page, company)
        mine = () if listed is None else (_open_to(listed),)
        async with self._database.reading() as store:
            among = f"ix_projects_{wanted.field}"
            found = await _list_at(now).page(store, wanted, _projects.company == company, _there, *mine, among=among)
            roles = {} if listed is None else await _roles(store, listed, found.items)
        items = tuple(Found(project=one, listed=roles.get(one.id)) for one in found.items)
        return Page(items=items, next_cursor=found.next_cursor, total=found.total)

    async def known(self, ids: Collection[ProjectId]) -> Sequence[Project]:
        """By primary keys."""
        if not ids:
            return []
        named = named_ids(list(dict.fromkeys(ids)))
        async with self._database.reading() as store:
            return await store.all(_known(len(named)), Project, **named)

    async def in_company(self, company: CompanyId) -> Sequence[ProjectId]:
        """In the order of the index."""
        async with self._database.reading() as store:
            return [id for (id,) in await store.execute(_all_there, {"company": company})]

    async def access(self, company: CompanyId, project: ProjectId) -> Sequence[Listed]:
        """In the order of the primary key."""
        async with self._database.reading() as store:
            return await store.all(of_project, Listed, project=project, company=company)

    async def closed_to(self, company: CompanyId, user: UserId) -> Collection[ProjectId]:
        """By the index of companies, and the primary key of lists."""
        async with self._database.reading() as store:
            return {id for (id,) in await store.execute(_closed, {"company": company, "user": user})}

    async def count(self, company: CompanyId) -> int:
        """As it is counted."""
        async with self._database.reading() as store:
            return int(await store.scalar(_count, company=company) or 0)

    async def some(self, company: CompanyId, limit: int) -> Sequence[ProjectId]:
        """In the order of the index."""
        async with self._database.reading() as store:
            return [id for (id,) in await store.execute(_some, {"company": company, "limit": limit})]


async def _roles(store: Store, user: UserId, projects: Sequence[Project]) -> dict[ProjectId, CompanyRole]:
    """As what the user is listed for those of them that are restricted."""
    ids = [one.id for one in projects if one.access is Access.RESTRICTED]
    if not ids:
        return {}
    named = named_ids(ids)
    return dict(tuple(row) for row in await store.execute(_listed(len(named)), {**named, "user": user}))
