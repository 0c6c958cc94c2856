"""What projects ask of prints, which are their contents."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from asperguide.ar.copying import CopyContents
from asperguide.ar.ports import ArReads
from asperguide.ar.removing import RemoveSomeContents
from asperguide.projects.ports import ProjectContents
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import CompanyId, ProjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalContents(ProjectContents):
    """What is in projects are prints."""

    reads: ArReads
    remove: Callable[[], RemoveSomeContents]
    copies: Callable[[], CopyContents]

    async def counts(self, company: CompanyId, projects: Collection[ProjectId]) -> Mapping[ProjectId, int]:
        """One read."""
        return await self.reads.counts(company, projects)

    async def remove_some(self, company: CompanyId, project: ProjectId, limit: int) -> bool:
        """Each in a transaction of its own."""
        return await self.remove()(company, project, limit)

    async def copy(self, by: UserId, company: CompanyId, source: ProjectId, target: ProjectId) -> None:
        """Each in a transaction of its own."""
        await self.copies()(by, company, source, target)
