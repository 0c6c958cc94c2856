"""Prints as members work at them: looking at one, and a change of what belongs to it as one story."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import TypeVar

from msgspec import Struct

from asperguide.ar.analytics_messages import once_all_in
from asperguide.ar.days import zone_called
from asperguide.ar.errors import ContentNotFound
from asperguide.ar.events import ContentChanged, FilesLeft, VideosRemoved
from asperguide.ar.model import Content, ContentId
from asperguide.ar.noting import Deed, note
from asperguide.ar.reaching import Reach, open_content
from asperguide.ar.repositories import ArUnitOfWork
from asperguide.ar.rights import Right
from asperguide.shared.actor import Actor
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import CompanyFacts, CompanyId

V = TypeVar("V")
Change = Callable[[Content, datetime], Content]
Demand = Callable[[ArUnitOfWork, Content], Awaitable[None]]
"""Looks at what else is kept of a content before it is changed, and raises what speaks against it."""


class OpenContent(Struct, frozen=True, kw_only=True):
    """Whose a content is, for members who have the right there. Raises what `Reach.content` does."""

    reach: Reach

    async def __call__(self, actor: Actor, id: ContentId, right: Right) -> CompanyFacts:
        return (await self.reach.content(actor, id, right)).company

    async def seen(self, actor: Actor, id: ContentId, right: Right = Right.SEE) -> tuple[CompanyFacts, Content]:
        """The content with its company, for everybody who has the right. Raises ContentNotFound."""
        company = await self(actor, id, right)
        return company, await self.content(company.id, id)

    async def content(self, company: CompanyId, id: ContentId) -> Content:
        """The company's content. Raises ContentNotFound when it has gone meanwhile."""
        if (content := await self.reach.reads.content(company, id)) is None:
            raise ContentNotFound
        return content


class ChangeContent(Struct, frozen=True, kw_only=True):
    """Change a content of the company and tell of it, in one transaction, anew when somebody else was faster.

    With `version`, only if it is still that one. What stays as it was is not stored, nor is the `deed` noted then;
    what changes is held against the `demand` first. In another mode turns are counted from the first again.
    Raises ContentNotFound, EditedMeanwhile, and ContentInWrongState when it has been put away.
    """

    begin: Callable[[], ArUnitOfWork]
    clock: Clock

    async def __call__(
        self, company: CompanyFacts, id: ContentId, change: Change, show: Callable[[Content], V],
        version: int | None = None, deed: Deed | None = None, demand: Demand | None = None,
    ) -> V:  # fmt: skip
        transaction = partial(self._change, company.id, id, change, show, version, deed, demand)
        return await (until_unhindered(transaction) if version is None else transaction())

    async def _change(
        self, company: CompanyId, id: ContentId, change: Change, show: Callable[[Content], V], version: int | None,
        deed: Deed | None, demand: Demand | None,
    ) -> V:  # fmt: skip
        now = self.clock.now()
        async with self.begin() as uow:
            content = await open_content(uow, company, id, version)
            if (changed := change(content, now)) == content:
                return show(content)
            if demand is not None:
                await demand(uow, content)
            saved = await uow.contents.save(replace(changed, updated_at=now))
            uow.announce(ContentChanged(content=id, public_id=saved.public_id, company=company))
            _tell_of_what_left(uow, content, saved, now)
            if saved.mode is not content.mode:
                await uow.turns.forget(id)
            if deed is not None:
                note(uow, saved, deed, now)
            await uow.commit(view := show(saved))
        return view


def _tell_of_what_left(uow: ArUnitOfWork, before: Content, after: Content, now: datetime) -> None:
    if files := tuple(file for file in before.files if file not in after.files):
        uow.announce(FilesLeft(company=after.company, files=files, since=now))
    if videos := tuple(video.id for video in before.videos if after.video(video.id) is None):
        uow.announce(VideosRemoved(company=after.company, videos=videos), once_all_in(now))


def zone_at(company: CompanyFacts) -> tzinfo:
    """The zone of the company, UTC if nobody knows of it any more."""
    return zone_called(company.time_zone) or UTC
