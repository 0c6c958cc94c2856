"""What those who count views ask about prints, answered by prints, projects and companies."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from asperguide.ar.analytics import Level, Scope, Shown, Watched
from asperguide.ar.errors import ContentNotFound
from asperguide.ar.model import ContentId
from asperguide.ar.ports import ArReads
from asperguide.ar.reaching import Reach
from asperguide.ar.rights import Right
from asperguide.ar.showing import LookAt
from asperguide.ar.unavailable import Reason
from asperguide.ar.videos import VideoId
from asperguide.shared.actor import Actor
from asperguide.shared.tenancy import Companies, CompanyId, ProjectId, Projects


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalWatched(Watched):
    """What the public may see is watched; what is counted of it is for members who may see the thing itself."""

    look: Callable[[], LookAt]
    reach: Callable[[], Reach]
    reads: ArReads
    projects: Projects
    companies: Companies

    async def by_public_id(self, public_id: str, *, latest: bool = False) -> Shown | None:
        """The latest in any case."""
        found = await self.look()(public_id)
        if isinstance(found, Reason):
            return None
        content = found.content
        return Shown(
            content=content.id, project=content.project, company=content.company,
            time_zone=found.project.company.time_zone, videos=tuple(video.id for video in content.videos),
        )  # fmt: skip

    async def scope(self, actor: Actor, level: Level, id: UUID, within: ContentId | None = None) -> Scope | None:
        """One read, or two, to find out whose it is; one more for what is in a content, or closed in a company."""
        if level is Level.COMPANY:
            return await self._company(actor, CompanyId(id))
        if level is Level.PROJECT:
            return await self._project(actor, ProjectId(id))
        return await self._content(actor, ContentId(id) if within is None else within, level, id)

    async def titles(self, company: CompanyId, contents: Collection[ContentId]) -> Mapping[ContentId, str]:
        """One read."""
        return await self.reads.titles(company, contents)

    async def _company(self, actor: Actor, id: CompanyId) -> Scope | None:
        standing = await self.companies.standing(actor.user, id)
        if standing is None:
            return None
        company = standing.company
        closed = await self.projects.closed_to(actor.user, standing)
        return Scope(
            level=Level.COMPANY, id=id, company=id, time_zone=company.time_zone, name=company.name, closed=closed
        )

    async def _project(self, actor: Actor, id: ProjectId) -> Scope | None:
        standing = await self.projects.standing(actor.user, id)
        if standing is None:
            return None
        project = standing.project
        zone, company = project.company.time_zone, project.company.id
        return Scope(level=Level.PROJECT, id=id, company=company, time_zone=zone, name=project.name)

    async def _content(self, actor: Actor, id: ContentId, level: Level, subject: UUID) -> Scope | None:
        try:
            reached = await self.reach().content(actor, id, Right.SEE)
        except ContentNotFound:
            return None
        content = await self.reads.content(reached.company.id, id)
        if content is None:
            return None
        zone, company = reached.company.time_zone, reached.company.id
        if level is Level.CONTENT:
            return Scope(level=level, id=id, company=company, time_zone=zone, name=content.title)
        video = content.video(VideoId(subject))
        if video is None:
            return None
        return Scope(level=level, id=subject, company=company, time_zone=zone, name=video.title, content=id)
