"""Companies and projects as all others see them, answered by the contexts that keep them."""

from collections.abc import Collection, Mapping, Sequence

from asperguide.companies.ports import CompanyReads
from asperguide.identity.ports import IdentityReads
from asperguide.projects import EnterProject, Project
from asperguide.projects.ports import ProjectReads
from asperguide.projects.rights import UNRESTRICTED
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import (
    ClientId,
    Companies,
    CompanyFacts,
    CompanyId,
    CompanyRole,
    Contact,
    ProjectFacts,
    ProjectId,
    Projects,
    ProjectStanding,
    Standing,
)


class LocalCompanies(Companies):
    """Companies are those of companies; how their members are reached is identity's."""

    def __init__(self, reads: CompanyReads, people: IdentityReads) -> None:
        self._reads, self._people = reads, people

    async def standing(self, user: UserId, company: CompanyId) -> Standing | None:
        """One read."""
        return await self._reads.standing(user, company)

    async def known(self, companies: Collection[CompanyId]) -> Mapping[CompanyId, CompanyFacts]:
        """One read."""
        return await self._reads.known(companies)

    async def contacts(self, company: CompanyId, roles: Collection[CompanyRole]) -> Sequence[Contact]:
        """One read here and one of identity; the first 1000 members."""
        members = await self._reads.members_in(company, roles)
        found = await self._people.contacts(members)
        return [
            Contact(user=id, name=one.full_name, email=one.email, locale=one.locale, time_zone=one.time_zone)
            for id in members
            if (one := found.get(id)) is not None
        ]

    async def client(self, company: CompanyId, client: ClientId) -> str | None:
        """One read."""
        found = await self._reads.client(company, client)
        return None if found is None else found.name


class LocalProjects(Projects):
    """Projects are those of projects, as far as companies are there."""

    def __init__(self, reads: ProjectReads, companies: Companies, enter: EnterProject) -> None:
        self._reads, self._companies, self._enter = reads, companies, enter

    async def standing(self, user: UserId, project: ProjectId) -> ProjectStanding | None:
        """One read here and one of companies."""
        if (place := await self._enter.place(user, project)) is None:
            return None
        return ProjectStanding(project=place.project.facts(place.company), role=place.role)

    async def known(self, projects: Collection[ProjectId]) -> Mapping[ProjectId, ProjectFacts]:
        """One read here and one of companies."""
        found: Sequence[Project] = await self._reads.known(projects)
        companies = await self._companies.known({one.company for one in found}) if found else {}
        return {one.id: one.facts(companies[one.company]) for one in found if one.company in companies}

    async def closed_to(self, user: UserId, standing: Standing) -> Collection[ProjectId]:
        """One read; none for those to whom everything is open."""
        return () if standing.role in UNRESTRICTED else await self._reads.closed_to(standing.company.id, user)

    async def in_company(self, company: CompanyId) -> Sequence[ProjectId]:
        """One read."""
        return await self._reads.in_company(company)
