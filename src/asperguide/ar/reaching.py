"""Where somebody stands with a print or a project: asked before anything is told or done."""

from dataclasses import dataclass

from asperguide.ar.errors import ContentNotFound, NoSuchProject, ProjectPutAway
from asperguide.ar.model import Content, ContentId
from asperguide.ar.ports import ArReads
from asperguide.ar.repositories import ArUnitOfWork
from asperguide.ar.rights import Right, must_be_allowed
from asperguide.shared.actor import Actor
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import CompanyFacts, CompanyId, ProjectFacts, ProjectId, Projects

LOOKING = frozenset({Right.SEE, Right.EXPORT})
"""What may be done where nothing can be changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A content that the actor may do this with, and the project that it is in."""

    id: ContentId
    project: ProjectFacts

    @property
    def company(self) -> CompanyFacts:
        """Whose it is."""
        return self.project.company


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Lets people through to projects and contents, as far as their role goes.

    Strangers are told that there is no such thing. Where the project is archived nothing is changed: ProjectPutAway.
    """

    reads: ArReads
    projects: Projects

    async def project(self, actor: Actor, id: ProjectId, right: Right) -> ProjectFacts:
        """The project. Raises NoSuchProject, ContentRightNeeded, ProjectPutAway."""
        if (standing := await self.projects.standing(actor.user, id)) is None:
            raise NoSuchProject
        must_be_allowed(standing.role, right)
        if standing.project.archived and right not in LOOKING:
            raise ProjectPutAway
        return standing.project

    async def content(self, actor: Actor, id: ContentId, right: Right) -> Reached:
        """The content, in whatever state. Raises ContentNotFound, ContentRightNeeded, ProjectPutAway."""
        if (place := await self.reads.whereabouts(id)) is None:
            raise ContentNotFound
        try:
            project = await self.project(actor, place.project, right)
        except NoSuchProject:
            raise ContentNotFound from None
        if project.company.id != place.company:
            raise ContentNotFound
        return Reached(id=id, project=project)


async def current(uow: ArUnitOfWork, company: CompanyId, id: ContentId, version: int | None = None) -> Content:
    """The company's content, locked; with a version, only that one. Raises ContentNotFound, EditedMeanwhile."""
    content = await uow.contents.get(company, id)
    if content is None:
        raise ContentNotFound
    if version not in (None, content.version):
        raise EditedMeanwhile
    return content


async def open_content(uow: ArUnitOfWork, company: CompanyId, id: ContentId, version: int | None = None) -> Content:
    """The same, if it has not been put away. Raises ContentInWrongState too."""
    content = await current(uow, company, id, version)
    content.must_be_open()
    return content
