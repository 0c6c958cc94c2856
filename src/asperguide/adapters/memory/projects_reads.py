"""Reads of projects in memory: what is committed."""

from collections.abc import Collection, Sequence
from datetime import datetime

from asperguide.adapters.memory.paging import page_of
from asperguide.adapters.memory.projects_tables import COUNTS, LISTS, PROJECTS
from asperguide.adapters.memory.tables import MemoryDatabase
from asperguide.projects import listing
from asperguide.projects.model import Listed, Project
from asperguide.projects.ports import Found, ProjectReads
from asperguide.projects.rights import Access
from asperguide.shared.actor import UserId
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.tenancy import CompanyId, CompanyRole, ProjectId


class MemoryProjectReads(ProjectReads):
    """Looks through the committed rows."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def find(self, id: ProjectId, user: UserId) -> Found | None:
        """By id."""
        project = self._database.rows(PROJECTS).get(id)
        if project is None or project.removing:
            return None
        return Found(project=project, listed=self._role(id, user))

    async def projects(
        self, company: CompanyId, listed: UserId | None, page: PageRequest, now: datetime
    ) -> Page[Found]:
        """Every project of the company is looked at."""

        def is_open(project: Project) -> bool:
            everybody = listed is None or project.access is Access.INHERIT
            return everybody or self._role(project.id, listed) is not None

        rows = self._database.rows(PROJECTS)
        mine = rows.all(lambda one: one.company == company and not one.removing and is_open(one))
        found = page_of(
            mine,
            listing.PROJECTS.read(page, company),
            {
                "state": lambda project, state: project.state is state,
                "lifecycle": lambda project, lifecycle: project.lifecycle(now) is lifecycle,
                "tag": lambda project, tag: tag in project.tags,
                "template": lambda project, template: project.template is template,
                "name": lambda project, key: key in project.name_key,
            },
        )
        items = tuple(self._found(one, listed) for one in found.items)
        return Page(items=items, next_cursor=found.next_cursor, total=found.total)

    async def known(self, ids: Collection[ProjectId]) -> Sequence[Project]:
        """By ids."""
        rows = self._database.rows(PROJECTS)
        found = [rows.get(id) for id in dict.fromkeys(ids)]
        return [one for one in found if one is not None and not one.removing]

    async def in_company(self, company: CompanyId) -> Sequence[ProjectId]:
        """In the order of ids."""
        rows = self._database.rows(PROJECTS)
        return sorted(one.id for one in rows.all(lambda one: one.company == company and not one.removing))

    async def access(self, company: CompanyId, project: ProjectId) -> Sequence[Listed]:
        """In the order of ids."""
        found = self._database.rows(LISTS).all(lambda one: one.project == project and one.company == company)
        return sorted(found, key=lambda one: one.user)

    async def closed_to(self, company: CompanyId, user: UserId) -> Collection[ProjectId]:
        """Every project is looked at."""
        listed = {one.project for one in self._database.rows(LISTS).all(lambda one: one.user == user)}
        restricted = self._database.rows(PROJECTS).all(
            lambda one: one.company == company and one.access is Access.RESTRICTED
        )
        return {one.id for one in restricted} - listed

    async def count(self, company: CompanyId) -> int:
        """As it is counted."""
        count = self._database.rows(COUNTS).get(company)
        return 0 if count is None else count.projects

    async def some(self, company: CompanyId, limit: int) -> Sequence[ProjectId]:
        """In the order of ids."""
        return sorted(one.id for one in self._database.rows(PROJECTS).all(lambda one: one.company == company))[:limit]

    def _found(self, project: Project, listed: UserId | None) -> Found:
        restricted = project.access is Access.RESTRICTED
        return Found(project=project, listed=self._role(project.id, listed) if restricted else None)

    def _role(self, project: ProjectId, user: UserId | None) -> CompanyRole | None:
        found = None if user is None else self._database.rows(LISTS).get((project, user))
        return None if found is None else found.role
