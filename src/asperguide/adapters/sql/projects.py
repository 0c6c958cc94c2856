"""Projects in a database: the unit of work over them, their tags, and who is listed for them."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from asperguide.adapters.sql.ar_rows import ArContentRow
from asperguide.adapters.sql.company_rows import CompanyRow
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.project_notices import SqlCounts, SqlNotices
from asperguide.adapters.sql.project_reads import SqlProjectReads, of_project
from asperguide.adapters.sql.project_rows import PROJECT, ListedRow, NoticeRow, ProjectRow, ProjectTagRow
from asperguide.adapters.sql.store import Store
from asperguide.adapters.sql.types import Uuid
from asperguide.adapters.sql.unit_of_work import SqlUnitOfWork
from asperguide.companies.model import CompanyState
from asperguide.projects.model import Listed, Project
from asperguide.projects.repositories import AccessLists, Homes, ProjectRecords, ProjectsUnitOfWork
from asperguide.shared.actor import UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import CompanyId, ProjectId, shown_key

__all__ = ["SqlProjectReads", "SqlProjectsUnitOfWork"]

Touch = Callable[[str, int], None]
_projects, _tags, _lists = ProjectRow.__table__.c, ProjectTagRow.__table__.c, ListedRow.__table__.c
_companies, _contents = CompanyRow.__table__.c, ArContentRow.__table__.c
_id, _version = sa.bindparam("_id", type_=Uuid()), sa.bindparam("_version", type_=sa.Integer)
_company, _user = sa.bindparam("_company", type_=Uuid()), sa.bindparam("_user", type_=Uuid())
_ids: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)

_get = Prepared(sa.select(*PROJECT).where(_projects.id == _id, _projects.company == _company).with_for_update())
_a_content = Prepared(
    sa.select(_contents.id)
    .where(_contents.company == _company, _contents.project == _id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_state = Prepared(sa.select(_companies.state).where(_companies.id == _company).with_for_update(read=True))
_remove = Prepared(
    sa.delete(ProjectRow.__table__).where(
        _projects.id == _id, _projects.company == _company, _projects.version == _version
    )
)
_add_tags = Prepared(sa.insert(ProjectTagRow.__table__))
_forget_tags = Prepared(sa.delete(ProjectTagRow.__table__).where(_tags.id == _id))
_forget_lists = Prepared(sa.delete(ListedRow.__table__).where(_lists.project == _id))
_forget_notice = Prepared(sa.delete(NoticeRow.__table__).where(NoticeRow.__table__.c.project == _id))
_unlist = Prepared(
    sa.delete(ListedRow.__table__).where(_lists.project == _id, _lists.user == _user, _lists.company == _company)
)
_some_of_user = Prepared(
    sa.select(_lists.project).where(_lists.user == _user).limit(sa.bindparam("limit", type_=sa.Integer))
)
_forget_user = sa.delete(ListedRow.__table__).where(_lists.project.in_(_ids), _lists.user == _user)


class SqlProjects(ProjectRecords):
    """Rows of projects, and for each of their tags a row to be found by. What is shown of them is touched."""

    __slots__ = ("_store", "_touch")

    def __init__(self, store: Store, touch: Touch) -> None:
        self._store, self._touch = store, touch

    async def add(self, project: Project) -> None:
        """One row, which refuses what is not unique, and one for each tag."""
        await self._store.add(ProjectRow, project)
        await self._add_tags(project)

    async def get(self, company: CompanyId, id: ProjectId) -> Project | None:
        """By primary key, and the company's, locked."""
        return await self._store.one(_get, Project, _id=id, _company=company)

    async def is_empty(self, project: Project) -> bool:
        """Whether the index of an order of contents has any of its."""
        return await self._store.scalar(_a_content, _id=project.id, _company=project.company, limit=1) is None

    async def save(self, project: Project) -> Project:
        """Compare the version and set; tags are written anew, under the lock of the row."""
        saved = await self._store.save(ProjectRow, project)
        self._touch(shown_key(project.company), 0)
        await self._store.change(_forget_tags, _id=project.id)
        await self._add_tags(saved)
        return saved

    async def remove(self, project: Project) -> None:
        """Compare the version and delete; then all that goes with it."""
        if not await self._store.change(_remove, _id=project.id, _company=project.company, _version=project.version):
            raise EditedMeanwhile
        self._touch(shown_key(project.company), 0)
        for forget in (_forget_tags, _forget_lists, _forget_notice):
            await self._store.change(forget, _id=project.id)

    async def _add_tags(self, project: Project) -> None:
        if project.tags:
            await self._store.execute(_add_tags, [{"id": project.id, "tag": tag} for tag in project.tags])


class SqlHomes(Homes):
    """Rows of companies: whoever brings a project in shares the lock that whoever takes one apart has to have."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def stays(self, company: CompanyId) -> bool:
        """By primary key, locked for others to read."""
        return await self._store.scalar(_state, _company=company) is not CompanyState.CLOSING


class SqlAccessLists(AccessLists):
    """Rows of who is listed."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, listed: Listed) -> None:
        """Inserted or replaced by one statement."""
        await self._store.put(ListedRow, listed)

    async def put_all(self, listed: Sequence[Listed]) -> None:
        """One statement."""
        await self._store.add_all(ListedRow, listed)

    async def remove(self, company: CompanyId, project: ProjectId, user: UserId) -> bool:
        """By primary key, and the company's."""
        return bool(await self._store.change(_unlist, _id=project, _user=user, _company=company))

    async def all(self, company: CompanyId, project: ProjectId) -> Sequence[Listed]:
        """In the order of the primary key."""
        return await self._store.all(of_project, Listed, project=project, company=company)

    async def forget(self, user: UserId, limit: int) -> int:
        """Chosen by the index without a lock, deleted by primary key."""
        rows = await self._store.execute(_some_of_user, {"_user": user, "limit": limit})
        ids = [project for (project,) in rows]
        return await self._store.change(_forget_user, ids=ids, _user=user) if ids else 0


class SqlProjectsUnitOfWork(SqlUnitOfWork, ProjectsUnitOfWork):
    """A transaction of the database."""

    @property
    def projects(self) -> SqlProjects:
        """Projects and their tags."""
        return SqlProjects(self.store, self.touch)

    @property
    def lists(self) -> SqlAccessLists:
        """Who is listed for which project."""
        return SqlAccessLists(self.store)

    @property
    def homes(self) -> SqlHomes:
        """The companies that they are in."""
        return SqlHomes(self.store)

    @property
    def counts(self) -> SqlCounts:
        """How many projects each company has."""
        return SqlCounts(self.store)

    @property
    def notices(self) -> SqlNotices:
        """What is to be said."""
        return SqlNotices(self.store)
