"""Prints in memory: the same law as in a database, for tests and for whoever swaps adapters."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from asperguide.adapters.memory.ar_reads import MemoryArReads
from asperguide.adapters.memory.ar_tables import CONTENTS, NUMBERS, SCENES, SESSIONS, TURNS, Count, Taken, Turn
from asperguide.adapters.memory.projects_tables import PROJECTS
from asperguide.adapters.memory.tables import Rows
from asperguide.adapters.memory.unit_of_work import MemoryUnitOfWork
from asperguide.ar.model import Content, ContentId
from asperguide.ar.repositories import ArUnitOfWork, Contents, Numbers, Places, Scenes, Turns, viewer_key
from asperguide.ar.scenes import Scene
from asperguide.ar.videos import FileId
from asperguide.projects.model import Project
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import ClientId, CompanyId, ProjectId

__all__ = ["MemoryArReads", "MemoryArUnitOfWork"]

Touch = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class MemoryContents(Contents):
    """Contents, and what goes with them."""

    rows: Rows[Content]
    taken: Rows[Taken]
    sessions: Rows[Turn]
    scenes: Rows[Scene]
    touch: Touch

    async def add(self, content: Content) -> None:
        """One row."""
        self.rows.add(content)

    async def get(self, company: CompanyId, id: ContentId) -> Content | None:
        """By id."""
        found = self.rows.get(id)
        return found if found is not None and found.company == company else None

    async def save(self, content: Content) -> Content:
        """Compare the version and set."""
        saved = self.rows.save(content)
        self.touch(viewer_key(content.public_id), saved.version)
        return saved

    async def remove(self, content: Content) -> None:
        """Compare the version and delete; turns go with it."""
        if not self.rows.remove(lambda row: row.id == content.id and row.version == content.version):
            raise EditedMeanwhile
        self.touch(viewer_key(content.public_id), content.version + 1)
        self.taken.remove(lambda row: row.id == content.id)
        self.sessions.remove(lambda row: row.id[0] == content.id)
        self.scenes.remove(lambda row: row.content == content.id)

    async def in_project(self, company: CompanyId, project: ProjectId, limit: int) -> Sequence[ContentId]:
        """By the time of creation."""
        found = self.rows.all(lambda row: row.company == company and row.project == project)
        return [row.id for row in sorted(found, key=lambda row: (row.created_at, row.id))][:limit]

    async def of_client(self, company: CompanyId, client: ClientId, limit: int) -> Sequence[ContentId]:
        """Every content is looked at."""
        found = self.rows.all(lambda row: row.company == company and row.customer.client == client)
        return [row.id for row in found[:limit]]

    async def showing(self, file: FileId) -> Sequence[tuple[CompanyId, ContentId]]:
        """Every content is looked at."""
        return [(row.company, row.id) for row in self.rows.all(lambda row: file in row.files)]

    async def named(self, company: CompanyId, files: Collection[FileId]) -> Collection[FileId]:
        """Every content of the company is looked at."""
        mine = [row.files for row in self.rows.all(lambda row: row.company == company)]
        over = [row.files for row in self.scenes.all(lambda row: row.company == company)]
        return {file for shown in (*mine, *over) for file in shown if file in files}


@dataclass(frozen=True, slots=True)
class MemoryPlaces(Places):
    """Projects. Nobody else can change anything meanwhile."""

    rows: Rows[Project]

    async def stays(self, company: CompanyId, project: ProjectId) -> bool:
        """By id."""
        found = self.rows.get(project)
        return found is not None and found.company == company


@dataclass(frozen=True, slots=True)
class MemoryNumbers(Numbers):
    """Counters. Nobody else can change anything meanwhile."""

    rows: Rows[Count]

    async def next(self, company: CompanyId, day: date) -> int:
        """One more."""
        known = self.rows.get((company, day))
        now = Count(id=(company, day), last=known.last + 1 if known else 1)
        self.rows.remove(lambda row: row.id == now.id)
        self.rows.add(now)
        return now.last

    async def forget(self, company: CompanyId) -> None:
        """Of all days."""
        self.rows.remove(lambda row: row.id[0] == company)


@dataclass(frozen=True, slots=True)
class MemoryTurns(Turns):
    """Turns. Nobody else can change anything meanwhile."""

    rows: Rows[Taken]
    sessions: Rows[Turn]

    async def take(self, content: ContentId, session: str, now: datetime) -> int:
        """The one that it has, or the next."""
        if (known := self.sessions.get((content, session))) is not None:
            return known.turn
        taken = self.rows.get(content) or Taken(id=content, taken=0)
        self.rows.remove(lambda row: row.id == content)
        self.rows.add(replace(taken, taken=taken.taken + 1))
        self.sessions.add(Turn(id=(content, session), turn=taken.taken, at=now))
        return taken.taken

    async def forget_before(self, before: datetime, limit: int) -> int:
        """The oldest first."""
        over = sorted(self.sessions.all(lambda row: row.at < before), key=lambda row: row.at)[:limit]
        keys = {row.id for row in over}
        return self.sessions.remove(lambda row: row.id in keys)

    async def forget(self, content: ContentId) -> None:
        """Of both kinds."""
        self.rows.remove(lambda row: row.id == content)
        self.sessions.remove(lambda row: row.id[0] == content)


@dataclass(frozen=True, slots=True)
class MemoryScenes(Scenes):
    """Scenes. Nobody else can change anything meanwhile."""

    rows: Rows[Scene]

    async def add(self, scene: Scene) -> None:
        """One row."""
        self.rows.add(scene)

    async def get(self, company: CompanyId, content: ContentId) -> Scene | None:
        """By id."""
        found = self.rows.get(content)
        return found if found is not None and found.company == company else None

    async def save(self, scene: Scene) -> Scene:
        """Compare the version and set."""
        return self.rows.save(scene)


class MemoryArUnitOfWork(MemoryUnitOfWork, ArUnitOfWork):
    """A transaction in memory; its commit purges the `viewer:` keys of contents that it changed."""

    @property
    def contents(self) -> MemoryContents:
        """Contents and their videos."""
        return MemoryContents(self.rows(CONTENTS), self.rows(TURNS), self.rows(SESSIONS), self.rows(SCENES), self.touch)

    @property
    def places(self) -> MemoryPlaces:
        """The projects that they are in."""
        return MemoryPlaces(self.rows(PROJECTS))

    @property
    def numbers(self) -> MemoryNumbers:
        """Counters of numbers."""
        return MemoryNumbers(self.rows(NUMBERS))

    @property
    def turns(self) -> MemoryTurns:
        """Turns of view sessions."""
        return MemoryTurns(self.rows(TURNS), self.rows(SESSIONS))

    @property
    def scenes(self) -> MemoryScenes:
        """What stands over contents."""
        return MemoryScenes(self.rows(SCENES))
