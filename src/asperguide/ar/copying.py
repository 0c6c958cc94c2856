"""Copies of prints: they share the files of what they are copies of, and nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from msgspec import Struct

from asperguide.ar.content_views import ArPolicy, ContentView, content_view
from asperguide.ar.creating import numbered
from asperguide.ar.desk import OpenContent, zone_at
from asperguide.ar.errors import ContentNotFound, NoSuchProject
from asperguide.ar.lasting import end_of
from asperguide.ar.model import ALIKE, Content, ContentId, ContentState, Marker, public_id
from asperguide.ar.noting import Deed, note
from asperguide.ar.ports import ArReads, ArUnitOfWork
from asperguide.ar.reaching import current
from asperguide.ar.rights import Right
from asperguide.ar.rotation import Rotation
from asperguide.ar.scenes import copied
from asperguide.ar.videos import ContentVideo, VideoId
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.pages import MAX_LIMIT, PageRequest
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import Companies, CompanyFacts, CompanyId, ProjectId


class CopyContent(Struct, frozen=True, kw_only=True):
    """Makes a copy of a print in a project of the same company: a draft, or ready, with a number and a code of its own.

    It lasts as long as the other one; 30 years if that is over. Nobody can delete the other one, and its files with it,
    before the copy is there. Those who run the company are told of a copy that is made by itself.
    """

    begin: Callable[[], ArUnitOfWork]
    clock: Clock
    ids: Ids
    policy: ArPolicy

    async def __call__(self, by: UserId, company: CompanyFacts, id: ContentId, into: ProjectId | None) -> ContentView:
        """Raises ContentNotFound, and NoSuchProject when the project is gone by now."""
        return await until_unhindered(partial(self._copy, by, company, id, into))

    async def _copy(self, by: UserId, company: CompanyFacts, id: ContentId, into: ProjectId | None) -> ContentView:
        async with self.begin() as uow:
            content = await current(uow, company.id, id)
            copy = await numbered(uow, self._made(by, company, content, into or content.project), company)
            if scene := await uow.scenes.get(company.id, id):
                await uow.scenes.add(copied(scene, content, copy))
            if into is None:
                note(uow, copy, Deed(by=by, what="content-created"), copy.created_at)
            view = content_view(copy, copy.created_at, self.policy)
            await uow.commit(view)
        return view

    def _made(self, by: UserId, company: CompanyFacts, of: Content, into: ProjectId) -> Content:
        now = self.clock.now()
        names = {video.id: VideoId(self.ids.new()) for video in of.videos}
        return replace(
            of, id=ContentId(self.ids.new()), project=into, marker=_marker(of, into),
            public_id=public_id(self.ids.secret()), number="",
            videos=tuple(self._video(video, names, now) for video in of.videos),
            chosen=None if of.chosen is None else names[of.chosen],
            rotation=None if of.rotation is None else _renamed(of.rotation, names), state=ContentState.DRAFT,
            ends_at=end_of(None, None, now, zone_at(company)) if of.expired(now) else of.ends_at, created_by=by,
            created_at=now, updated_at=now, published_at=None, source=of.id, version=1,
        ).looked_at()  # fmt: skip

    def _video(self, video: ContentVideo, names: Mapping[VideoId, VideoId], now: datetime) -> ContentVideo:
        windows = tuple(replace(window, id=self.ids.new()) for window in video.windows)
        return replace(video, id=names[video.id], windows=windows, created_at=now)


def _marker(of: Content, into: ProjectId) -> Marker:
    """In another project the twin is left behind, and there is one: what it is a copy of."""
    marker = of.marker
    if into == of.project or marker.report is None:
        return marker
    return replace(marker, report={**marker.report, ALIKE: True}, twin=None)


def _renamed(rotation: Rotation, names: Mapping[VideoId, VideoId]) -> Rotation:
    """The same rules about the videos of the copy."""
    dates = tuple(replace(rule, video=names[rule.video]) for rule in rotation.dates)
    return replace(rotation, dates=dates, videos=tuple(names[video] for video in rotation.videos))


class DuplicateContent(Struct, frozen=True, kw_only=True):
    """Make a copy of a print in the same project, under a number and a code of its own.

    It has the same photo, videos, rules and scene, and shares their files; it is not published.
    """

    open: OpenContent
    copy: CopyContent

    async def __call__(self, actor: Actor, id: ContentId) -> ContentView:
        company = await self.open(actor, id, Right.EDIT)
        return await self.copy(actor.user, company, id, None)


class CopyContents(Struct, frozen=True, kw_only=True):
    """Copy all prints of a project into another one of the company, the oldest first, whoever asks.

    Those that were copied by an earlier call are not copied again.
    """

    reads: ArReads
    companies: Companies
    copy: CopyContent

    async def __call__(self, by: UserId, company: CompanyId, source: ProjectId, target: ProjectId) -> None:
        facts = (await self.companies.known((company,))).get(company)
        if facts is None:
            return
        done, cursor = set(await self.reads.copied(company, target)), None
        while True:
            page = await self.reads.contents(
                company, source, PageRequest(sort="created_at", cursor=cursor, limit=MAX_LIMIT)
            )
            for content in page.items:
                if content.id not in done:
                    await self._copied(by, facts, content.id, target)
            if (cursor := page.next_cursor) is None:
                return

    async def _copied(self, by: UserId, company: CompanyFacts, id: ContentId, target: ProjectId) -> None:
        try:
            await self.copy(by, company, id, target)
        except (ContentNotFound, NoSuchProject):  # deleted meanwhile
            return
