"""Schedule windows of a content: spans in which one of its videos is to play. No two of them overlap."""

from dataclasses import replace
from functools import partial
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from asperguide.ar.desk import ChangeContent, OpenContent
from asperguide.ar.errors import InvalidSchedule
from asperguide.ar.model import Content, ContentId
from asperguide.ar.reel import window_of, with_window, without_window
from asperguide.ar.rights import Right
from asperguide.ar.terms import Instant
from asperguide.ar.video_views import WindowsView, WindowView, window_view, windows_view
from asperguide.ar.videos import VideoId, Window
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.ports import Ids


class NewWindow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When which video of the content is to play: from `starts_at` on, no longer at `ends_at`."""

    video: UUID
    starts_at: Instant
    ends_at: Instant


class WindowChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: absent fields stay."""

    video: UUID | UnsetType = UNSET
    starts_at: Instant | UnsetType = UNSET
    ends_at: Instant | UnsetType = UNSET


class ListWindows(Struct, frozen=True, kw_only=True):
    """The schedule windows of a content, the earliest first."""

    open: OpenContent

    async def __call__(self, actor: Actor, id: ContentId) -> WindowsView:
        return windows_view((await self.open.seen(actor, id))[1])


class AddWindow(Struct, frozen=True, kw_only=True):
    """Have a video play in a span. Windows of a content may not overlap; there are at most 100."""

    open: OpenContent
    change: ChangeContent
    ids: Ids

    async def __call__(self, actor: Actor, id: ContentId, new: NewWindow) -> WindowView:
        new = checked(new, InvalidSchedule)
        company = await self.open(actor, id, Right.EDIT)
        window = Window(id=self.ids.new(), starts_at=new.starts_at, ends_at=new.ends_at)
        return await self.change(
            company, id, lambda content, _: with_window(content, VideoId(new.video), window),
            partial(window_view, id=window.id),
        )  # fmt: skip


class MoveWindow(Struct, frozen=True, kw_only=True):
    """Change when a schedule window is open, or whose it is. With `version`, only if the content is still that one."""

    open: OpenContent
    change: ChangeContent

    async def __call__(
        self, actor: Actor, id: ContentId, window: UUID, wanted: WindowChange, version: int | None = None
    ) -> WindowView:
        wanted = checked(wanted, InvalidSchedule)
        company = await self.open(actor, id, Right.EDIT)
        show = partial(window_view, id=window)
        return await self.change(company, id, lambda content, _: _moved(content, window, wanted), show, version)


class RemoveWindow(Struct, frozen=True, kw_only=True):
    """Take a schedule window away. With `version`, only if the content is still that one."""

    open: OpenContent
    change: ChangeContent

    async def __call__(self, actor: Actor, id: ContentId, window: UUID, version: int | None = None) -> None:
        company = await self.open(actor, id, Right.EDIT)
        await self.change(company, id, lambda content, _: without_window(content, window), lambda _: None, version)


def _moved(content: Content, id: UUID, wanted: WindowChange) -> Content:
    video, window = window_of(content, id)
    edges = {name: getattr(wanted, name) for name in ("starts_at", "ends_at") if getattr(wanted, name) is not UNSET}
    owner = video.id if isinstance(wanted.video, UnsetType) else VideoId(wanted.video)
    return with_window(content, owner, replace(window, **edges))
