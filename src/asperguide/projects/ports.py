"""What projects need of the outside: what is in them, which is kept elsewhere, and reads of their own."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from asperguide.projects.model import Listed, Project
from asperguide.projects.repositories import AccessLists, Counts, Homes, Notices, ProjectRecords, ProjectsUnitOfWork
from asperguide.shared.actor import UserId
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.tenancy import CompanyId, CompanyRole, ProjectId

__all__ = [
    "AccessLists", "Counts", "Found", "Homes", "Notices", "ProjectContents", "ProjectPolicy", "ProjectReads",
    "ProjectRecords", "ProjectsUnitOfWork",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPolicy:
    """What operators decide about projects: how often one looks whether any ends."""

    sweep: timedelta = timedelta(minutes=1)


class ProjectContents(Protocol):
    """The contents of projects. What is asked of a project that has none finds nothing to do."""

    @abstractmethod
    async def counts(self, company: CompanyId, projects: Collection[ProjectId]) -> Mapping[ProjectId, int]:
        """How many contents each of these projects of the company has, at one read; a project without is left out."""
        ...

    @abstractmethod
    async def remove_some(self, company: CompanyId, project: ProjectId, limit: int) -> bool:
        """Remove up to so many contents with all that belongs to them, in transactions of its own.

        Whether the project is empty now: asked again until it is. Nothing is lost by asking twice.
        """
        ...

    @abstractmethod
    async def copy(self, by: UserId, company: CompanyId, source: ProjectId, target: ProjectId) -> None:
        """Give the target a copy of every content of the source, as drafts with numbers and public ids of their own.

        Contents that were copied by an earlier call for the same two projects are not copied again.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A project, and as what somebody is listed for it: None when they are not, or nobody was asked for."""

    project: Project
    listed: CompanyRole | None


class ProjectReads(Protocol):
    """Reads that no rule touches, outside any transaction; what is being removed is found by none of them.

    Who may know what they give is decided by the caller.
    """

    @abstractmethod
    async def find(self, id: ProjectId, user: UserId) -> Found | None:
        """The public look-up by an id, with which every request begins: only then it is known whose project it is."""
        ...

    @abstractmethod
    async def projects(
        self, company: CompanyId, listed: UserId | None, page: PageRequest, now: datetime
    ) -> Page[Found]:
        """The company's projects, the newest first, at most three statements; what can be asked: `listing.PROJECTS`.

        Given a user, only those that are not restricted, and those for which they are listed.
        """
        ...

    @abstractmethod
    async def known(self, ids: Collection[ProjectId]) -> Sequence[Project]:
        """The public look-up of the viewer: those of these projects that there are, in any order."""
        ...

    @abstractmethod
    async def in_company(self, company: CompanyId) -> Sequence[ProjectId]:
        """All projects of the company, in the order of their ids."""
        ...

    @abstractmethod
    async def access(self, company: CompanyId, project: ProjectId) -> Sequence[Listed]:
        """Everybody who is listed for the project, in the order of their ids."""
        ...

    @abstractmethod
    async def closed_to(self, company: CompanyId, user: UserId) -> Collection[ProjectId]:
        """Restricted projects of the company for which the user is not listed, also those that are being removed."""
        ...

    @abstractmethod
    async def count(self, company: CompanyId) -> int:
        """How many projects the company has, also those that are being removed."""
        ...

    @abstractmethod
    async def some(self, company: CompanyId, limit: int) -> Sequence[ProjectId]:
        """Some projects of the company, also those that are being removed, in the order of their ids."""
        ...
