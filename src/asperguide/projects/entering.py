"""The way into a project: who somebody is there, before anything is told or done."""

from dataclasses import dataclass

from msgspec import Struct

from asperguide.projects.errors import NoSuchCompany, ProjectNotFound
from asperguide.projects.model import Project
from asperguide.projects.ports import ProjectReads, ProjectsUnitOfWork
from asperguide.projects.rights import Right, demand, role_in
from asperguide.shared.actor import UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import Companies, CompanyFacts, CompanyId, CompanyRole, ProjectId, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A project, its company, and what the user is in it."""

    project: Project
    company: CompanyFacts
    user: UserId
    role: CompanyRole


class EnterProject(Struct, frozen=True, kw_only=True):
    """Where the user stands in a project. Raises ProjectNotFound for strangers, RightNeeded for members."""

    reads: ProjectReads
    companies: Companies

    async def __call__(self, user: UserId, id: ProjectId, right: Right) -> Place:
        if (place := await self.place(user, id)) is None:
            raise ProjectNotFound
        demand(place.role, right)
        return place

    async def place(self, user: UserId, id: ProjectId) -> Place | None:
        """Where the user stands; None alike when there is no such project and when it is none of theirs."""
        if (found := await self.reads.find(id, user)) is None:
            return None
        if (standing := await self.companies.standing(user, found.project.company)) is None:
            return None
        if (role := role_in(found.project.access, standing.role, found.listed)) is None:
            return None
        return Place(project=found.project, company=standing.company, user=user, role=role)


async def enter_company(companies: Companies, user: UserId, id: CompanyId, right: Right) -> Standing:
    """Where the user stands in the company. Raises NoSuchCompany, RightNeeded."""
    if (standing := await companies.standing(user, id)) is None:
        raise NoSuchCompany
    demand(standing.role, right)
    return standing


async def there(uow: ProjectsUnitOfWork, place: Place, version: int | None = None) -> Project:
    """The project as it is in this transaction, with `version` only if it is that. ProjectNotFound, EditedMeanwhile."""
    project = await uow.projects.get(place.company.id, place.project.id)
    if project is None or project.removing:
        raise ProjectNotFound
    if version not in (None, project.version):
        raise EditedMeanwhile
    return project
