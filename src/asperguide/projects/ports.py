"""What projects need of others: what is in them, which is kept elsewhere."""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from typing import Protocol

from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import CompanyId, ProjectId


class Contents(Protocol):
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
