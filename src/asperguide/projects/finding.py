"""Seeing projects: one of them, and those of a company that somebody may see, with how much is in each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import Struct

from asperguide.projects.entering import EnterProject, Place, enter_company
from asperguide.projects.model import Project
from asperguide.projects.ports import ProjectContents, ProjectReads
from asperguide.projects.rights import UNRESTRICTED, Right, role_in
from asperguide.projects.views import ProjectView, project_view
from asperguide.shared.actor import Actor
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock
from asperguide.shared.tenancy import Companies, CompanyId, ProjectId

Showing: TypeAlias = Callable[[Project], ProjectView]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowProject:
    """What a project looks like to somebody in their place, once it is changed: `showing` counts what is in it."""

    contents: ProjectContents
    clock: Clock

    async def showing(self, place: Place) -> Showing:
        """What makes the view, with no further look at anything."""
        count = (await self.contents.counts(place.company.id, (place.project.id,))).get(place.project.id, 0)
        return lambda project: project_view(project, place.role, self.clock.now(), count)


class GetProject(Struct, frozen=True, kw_only=True):
    """A project of a company of mine, if it is open to me."""

    enter: EnterProject
    show: ShowProject

    async def __call__(self, actor: Actor, id: ProjectId) -> ProjectView:
        place = await self.enter(actor.user, id, Right.SEE)
        return (await self.show.showing(place))(place.project)


class ListProjects(Struct, frozen=True, kw_only=True):
    """The projects of a company of mine that are open to me, the newest first, with how much is in each."""

    reads: ProjectReads
    companies: Companies
    contents: ProjectContents
    clock: Clock

    async def __call__(self, actor: Actor, company: CompanyId, page: PageRequest = PageRequest()) -> Page[ProjectView]:
        standing = await enter_company(self.companies, actor.user, company, Right.SEE)
        now, everything = self.clock.now(), standing.role in UNRESTRICTED
        found = await self.reads.projects(company, None if everything else actor.user, page, now)
        counts = await self.contents.counts(company, [one.project.id for one in found.items]) if found.items else {}
        return Page(
            items=tuple(
                project_view(
                    one.project, role_in(one.project.access, standing.role, one.listed) or standing.role, now,
                    counts.get(one.project.id, 0),
                )
                for one in found.items
            ),
            next_cursor=found.next_cursor, total=found.total,
        )  # fmt: skip
