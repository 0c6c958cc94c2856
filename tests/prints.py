"""What tests of prints have in common: a house with a project, photos and films, and prints made of them."""

from dataclasses import dataclass, field
from typing import Any

from asperguide.adapters.memory.video_tools import toy_clip
from asperguide.ar.content_views import ContentView
from asperguide.ar.creating import NewContent
from asperguide.ar.model import Content, ContentId, MarkerState
from asperguide.ar.videos import FileId
from asperguide.media import SmallUpload
from asperguide.media.model import OwnerId
from asperguide.media.transport import Usage
from asperguide.shared.actor import Actor
from asperguide.shared.tenancy import CompanyId, ProjectId
from asperguide.testing import World
from asperguide.testing.world import Person
from tests.media import in_chunks, png
from tests.projects import EDITOR, OWNER, House


@dataclass
class PrintShop(House):
    """A company with a project, and its owner; what is in projects are real prints."""

    owner: Person = field(init=False)
    project_id: ProjectId = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.world.container.contents.reset_override()

    @classmethod
    async def opened(cls) -> "PrintShop":
        """A new one."""
        shop = cls(World())
        shop.owner = await shop.member(OWNER)
        shop.project_id = (await shop.project()).id
        return shop

    @property
    def c(self) -> Any:
        """The use cases."""
        return self.world.container

    async def sent(self, content: bytes, name: str, media_type: str, by: Actor | None = None) -> FileId:
        """A finished upload of the owner, or of somebody else."""
        new = SmallUpload(name=name, media_type=media_type)
        file = await self.c.upload_small()(by or self.owner.actor, new, in_chunks(content))
        return FileId(file.id)

    async def photo(self, width: int = 640, by: Actor | None = None, name: str = "Hochzeit.png") -> FileId:
        """A photo; another one for each width."""
        return await self.sent(png(width, 480), name, "image/png", by)

    async def film(self, by: Actor | None = None, **toy: Any) -> FileId:
        """A film that nobody has looked at yet."""
        return await self.sent(toy_clip(**toy), "Walzer.mp4", "video/mp4", by)

    async def made(self, *, videos: int = 1, by: Actor | None = None, width: int = 640, **about: Any) -> ContentView:
        """A print of files that have just been sent; jobs have not run."""
        films = tuple([await self.film(by) for _ in range(videos)])
        new = NewContent(photo=await self.photo(width, by), videos=films, **about)
        made: ContentView = await self.c.create_content()(by or self.owner.actor, self.project_id, new)
        return made

    async def ready(self, **about: Any) -> ContentView:
        """A print of which every job has run."""
        made = await self.made(**about)
        await self.world.settle()
        return await self.seen(made)

    async def seen(self, of: ContentView) -> ContentView:
        """The print as the owner sees it now."""
        seen: ContentView = await self.c.get_content()(self.owner.actor, of.id)
        return seen

    async def kept(self, id: ContentId) -> Content | None:
        """What is committed of it."""
        found: Content | None = await self.c.ar_reads().content(self.id, id)
        return found

    async def usage(self, of: CompanyId | None = None) -> Usage:
        """What is counted for a company, checked against what there is."""
        owner = OwnerId(of or self.id)
        async with self.c.media_unit_of_work() as uow:
            counted = await uow.quotas.usage(owner)
            assert await uow.quotas.recount(owner) == counted
        return counted

    async def editor(self) -> Person:
        """Somebody who may change prints, and not delete them."""
        return await self.member(EDITOR)


def state_of(content: ContentView) -> tuple[str, str, tuple[str, ...]]:
    """How far it is."""
    return str(content.state), str(content.marker.state), content.missing


__all__ = ["MarkerState", "PrintShop", "state_of"]
