"""Contents that exist for nothing but to be looked at: what is shown, and who may see what is counted of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from asperguide.ar.analytics import Level, Scope, Shown, Watched
from asperguide.ar.model import ContentId
from asperguide.ar.videos import VideoId
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.tenancy import CompanyId, ProjectId

PARIS = "Europe/Paris"


def number(of: str, place: int) -> UUID:
    """The same id for the same thing."""
    return UUID(int=(ord(of) << 64) + place)


@dataclass
class Showcase(Watched):
    """What is published by public id, and the members of each company."""

    shown: dict[str, Shown] = field(default_factory=dict)
    members: dict[CompanyId, set[UserId]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def add(
        self, public_id: str, company: int = 1, project: int = 1, *, videos: int = 2, time_zone: str = PARIS
    ) -> Shown:
        """A published content of that company and project, with videos."""
        place = len(self.shown) + 1
        self.shown[public_id] = shown = Shown(
            content=ContentId(number("c", place)),
            project=ProjectId(number("p", 100 * company + project)),
            company=CompanyId(number("o", company)),
            time_zone=time_zone,
            videos=tuple(VideoId(number("v", 10 * place + n)) for n in range(videos)),
        )
        return shown

    def join(self, company: CompanyId, actor: Actor) -> None:
        """Have them be a member."""
        self.members.setdefault(company, set()).add(actor.user)

    async def by_public_id(self, public_id: str, *, latest: bool = False) -> Shown | None:
        """Looked up."""
        self.asked.append(public_id)
        return self.shown.get(public_id)

    async def scope(self, actor: Actor, level: Level, id: UUID, within: ContentId | None = None) -> Scope | None:
        """For members."""
        for shown in self.shown.values():
            if actor.user in self.members.get(shown.company, ()) and id in _ids(shown, level):
                return Scope(
                    level=level, id=id, company=shown.company, time_zone=shown.time_zone, name=f"O'Neil & <{level}>",
                    content=shown.content if level is Level.VIDEO else None,
                )  # fmt: skip
        return None

    async def titles(self, company: CompanyId, contents: Collection[ContentId]) -> Mapping[ContentId, str]:
        """By the id under which they are shown."""
        theirs = {shown.content: name for name, shown in self.shown.items() if shown.company == company}
        return {id: theirs[id] for id in contents if id in theirs}


def _ids(shown: Shown, level: Level) -> Collection[UUID]:
    alone = {Level.CONTENT: shown.content, Level.PROJECT: shown.project, Level.COMPANY: shown.company}
    return shown.videos if level is Level.VIDEO else (alone[level],)
