"""Projects in memory: the same law as in a database, for tests and for whoever swaps adapters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from asperguide.adapters.memory.ar_tables import CONTENTS
from asperguide.adapters.memory.companies_tables import COMPANIES
from asperguide.adapters.memory.projects_reads import MemoryProjectReads
from asperguide.adapters.memory.projects_tables import COUNTS, LISTS, NOTICES, PROJECTS, Count
from asperguide.adapters.memory.tables import Rows
from asperguide.adapters.memory.unit_of_work import MemoryUnitOfWork
from asperguide.ar.model import Content
from asperguide.companies.model import Company
from asperguide.projects.model import Listed, Project
from asperguide.projects.notices import Notice, Reached
from asperguide.projects.repositories import AccessLists, Counts, Homes, Notices, ProjectRecords, ProjectsUnitOfWork
from asperguide.shared.actor import UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import CompanyId, ProjectId, shown_key

__all__ = ["MemoryProjectReads", "MemoryProjectsUnitOfWork"]

NEVER = datetime.max.replace(tzinfo=UTC)
"""When that is due which rests."""
Touch = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class MemoryProjects(ProjectRecords):
    """Projects, and what goes with them."""

    rows: Rows[Project]
    lists: Rows[Listed]
    notices: Rows[Notice]
    contents: Rows[Content]
    touch: Touch

    async def add(self, project: Project) -> None:
        """One row."""
        self.rows.add(project)

    async def get(self, company: CompanyId, id: ProjectId) -> Project | None:
        """By id."""
        return self.rows.first(lambda one: one.id == id and one.company == company)

    async def is_empty(self, project: Project) -> bool:
        """Every content is looked at."""
        return self.contents.first(lambda one: one.project == project.id) is None

    async def save(self, project: Project) -> Project:
        """Compare the version and set."""
        self.touch(shown_key(project.company), 0)
        return self.rows.save(project)

    async def remove(self, project: Project) -> None:
        """Compare the version and delete, with all that goes with it."""
        if not self.rows.remove(lambda one: one.id == project.id and one.version == project.version):
            raise EditedMeanwhile
        self.touch(shown_key(project.company), 0)
        self.lists.remove(lambda one: one.project == project.id)
        self.notices.remove(lambda one: one.project == project.id)


@dataclass(frozen=True, slots=True)
class MemoryAccessLists(AccessLists):
    """Who is listed."""

    rows: Rows[Listed]

    async def put(self, listed: Listed) -> None:
        """Instead of what there was."""
        self.rows.remove(lambda one: one.place == listed.place)
        self.rows.add(listed)

    async def put_all(self, listed: Sequence[Listed]) -> None:
        """One row each."""
        for one in listed:
            self.rows.add(one)

    async def remove(self, company: CompanyId, project: ProjectId, user: UserId) -> bool:
        """By both ids."""
        return self.rows.remove(lambda one: one.place == (project, user) and one.company == company) > 0

    async def all(self, company: CompanyId, project: ProjectId) -> Sequence[Listed]:
        """In the order of ids."""
        found = self.rows.all(lambda one: one.project == project and one.company == company)
        return sorted(found, key=lambda one: one.user)

    async def forget(self, user: UserId, limit: int) -> int:
        """By user."""
        return self.rows.remove(lambda one: one.user == user, limit)


@dataclass(frozen=True, slots=True)
class MemoryHomes(Homes):
    """Companies. Nobody else can change anything meanwhile."""

    rows: Rows[Company]

    async def stays(self, company: CompanyId) -> bool:
        """By id."""
        found = self.rows.get(company)
        return found is None or not found.is_closing


@dataclass(frozen=True, slots=True)
class MemoryCounts(Counts):
    """One row for each company. Nobody else can change anything meanwhile."""

    rows: Rows[Count]

    async def take(self, company: CompanyId, most: int) -> bool:
        """Compare and add."""
        count = self._now(company)
        if count >= most:
            return False
        self._keep(company, count + 1)
        return True

    async def give_back(self, company: CompanyId) -> None:
        """One fewer."""
        if self.rows.get(company) is not None:
            self._keep(company, self._now(company) - 1)

    async def forget(self, company: CompanyId) -> None:
        """One row."""
        self.rows.remove(lambda row: row.company == company)

    def _now(self, company: CompanyId) -> int:
        count = self.rows.get(company)
        return 0 if count is None else count.projects

    def _keep(self, company: CompanyId, projects: int) -> None:
        self.rows.remove(lambda row: row.company == company)
        self.rows.add(Count(company=company, projects=projects))


@dataclass(frozen=True, slots=True)
class MemoryNotices(Notices):
    """What waits for its time."""

    rows: Rows[Notice]

    async def put(self, notice: Notice) -> None:
        """Instead of what there was."""
        self.rows.remove(lambda one: one.project == notice.project)
        self.rows.add(notice)

    async def reached(self, company: CompanyId, project: ProjectId) -> Reached | None:
        """By project."""
        here = self.rows.first(lambda one: one.project == project and one.company == company)
        if here is None:
            return None
        return Reached(stage=here.stage, nearing_at=here.nearing_at, last_day_at=here.last_day_at, ends_at=here.ends_at)

    async def rest(self, company: CompanyId, project: ProjectId) -> None:
        """By project."""
        here = self.rows.first(lambda one: one.project == project and one.company == company)
        if here is not None:
            await self.put(replace(here, due_at=NEVER))

    async def due(self, now: datetime, limit: int) -> Sequence[Notice]:
        """By due time."""
        found = self.rows.all(lambda one: one.due_at <= now)
        return sorted(found, key=lambda one: (one.due_at, one.project))[:limit]

    async def advance(self, told: Sequence[Notice]) -> None:
        """One by one."""
        for one in told:
            here = self.rows.get(one.project)
            if here is None or here.stage is not one.stage:
                continue
            await self.put(here.following or replace(here, due_at=NEVER))

    async def next_after(self, now: datetime) -> datetime | None:
        """The earliest that is not due."""
        return min((one.due_at for one in self.rows.all(lambda one: now < one.due_at < NEVER)), default=None)


class MemoryProjectsUnitOfWork(MemoryUnitOfWork, ProjectsUnitOfWork):
    """A transaction in memory."""

    @property
    def projects(self) -> MemoryProjects:
        """Projects, and what goes with them."""
        return MemoryProjects(
            self.rows(PROJECTS), self.rows(LISTS), self.rows(NOTICES), self.rows(CONTENTS), self.touch
        )

    @property
    def lists(self) -> MemoryAccessLists:
        """Who is listed for which project."""
        return MemoryAccessLists(self.rows(LISTS))

    @property
    def homes(self) -> MemoryHomes:
        """The companies that they are in."""
        return MemoryHomes(self.rows(COMPANIES))

    @property
    def counts(self) -> MemoryCounts:
        """How many projects each company has."""
        return MemoryCounts(self.rows(COUNTS))

    @property
    def notices(self) -> MemoryNotices:
        """What is to be said."""
        return MemoryNotices(self.rows(NOTICES))
