"""Finding prints: one of them, and those of a project."""

from msgspec import Struct

from asperguide.ar.content_views import ArPolicy, ContentView, content_view
from asperguide.ar.desk import OpenContent
from asperguide.ar.marker_advice import DEFAULT_LANGUAGE
from asperguide.ar.model import ContentId
from asperguide.ar.ports import ArReads
from asperguide.ar.reaching import Reach
from asperguide.ar.rights import Right
from asperguide.shared.actor import Actor
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock
from asperguide.shared.tenancy import ProjectId


class GetContent(Struct, frozen=True, kw_only=True):
    """A print with its videos, its marker's report and what it lacks; advice in the language that is asked for."""

    open: OpenContent
    clock: Clock
    policy: ArPolicy

    async def __call__(self, actor: Actor, id: ContentId, language: str = DEFAULT_LANGUAGE) -> ContentView:
        _, content = await self.open.seen(actor, id)
        return content_view(content, self.clock.now(), self.policy, language)


class ListContents(Struct, frozen=True, kw_only=True):
    """The prints of a project, the newest first.

    `filter[title]` and `filter[customer]` are beginnings in any case, `filter[number]` is the beginning of a number.
    What is over by an instant: `filter[ends_before]`.
    """

    reach: Reach
    reads: ArReads
    clock: Clock
    policy: ArPolicy

    async def __call__(
        self, actor: Actor, id: ProjectId, page: PageRequest = PageRequest(), language: str = DEFAULT_LANGUAGE
    ) -> Page[ContentView]:
        project, now = await self.reach.project(actor, id, Right.SEE), self.clock.now()
        found = await self.reads.contents(project.company.id, project.id, page)
        items = tuple(content_view(content, now, self.policy, language) for content in found.items)
        return Page(items=items, next_cursor=found.next_cursor, total=found.total)
