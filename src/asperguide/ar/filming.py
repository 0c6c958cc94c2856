"""Videos of a content: bringing them in, changing, ordering and removing them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from asperguide.ar.desk import ChangeContent, OpenContent, zone_at
from asperguide.ar.errors import InvalidVideo, TooManyVideos, VideoInUse
from asperguide.ar.filling_in import Title, refuse_controls, title_of
from asperguide.ar.model import Content, ContentId
from asperguide.ar.ports import MediaFile, MediaFiles
from asperguide.ar.reel import MOST_VIDEOS, ordered, video_of, with_videos, without_video
from asperguide.ar.repositories import ArUnitOfWork
from asperguide.ar.rights import Right
from asperguide.ar.taking import VIDEO, look_at, pointing
from asperguide.ar.terms import End, Term, ending
from asperguide.ar.video_views import FilmsView, FilmView, film_view, films_view
from asperguide.ar.videos import ContentVideo, FileId, VideoId
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.tenancy import CompanyFacts, CompanyId

Weight = Annotated[int, Meta(ge=1, le=100, description="How often it is drawn, against the others.")]


class NewFilm(Term, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A video of a finished upload; without a title it is called like the file, without the ending."""

    file: UUID
    title: Title | None = None
    active: bool = True
    weight: Weight = 1


class NewFilms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Videos to be added behind those that there are, in this order."""

    videos: Annotated[tuple[NewFilm, ...], Meta(min_length=1, max_length=20)]


class FilmChange(Term, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: absent fields stay."""

    title: Title | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    weight: Weight | UnsetType = UNSET


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every video of the content, each of them once."""

    videos: Annotated[tuple[UUID, ...], Meta(max_length=MOST_VIDEOS)]


class ListFilms(Struct, frozen=True, kw_only=True):
    """The videos of a content, in their order."""

    open: OpenContent
    clock: Clock

    async def __call__(self, actor: Actor, id: ContentId) -> FilmsView:
        _, content = await self.open.seen(actor, id)
        return films_view(content, self.clock.now())


class AddFilms(Struct, frozen=True, kw_only=True):
    """Let more videos play over a print: finished uploads of mine, or files that are the company's.

    They count against the company's room from now on, and can be shown once they are processed. A content has at most
    50 videos.
    """

    open: OpenContent
    change: ChangeContent
    files: MediaFiles
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: ContentId, new: NewFilms) -> FilmsView:
        new, now = checked(new, InvalidVideo), self.clock.now()
        company = await self.open(actor, id, Right.EDIT)
        for n, film in enumerate(new.videos):
            refuse_controls(film.title or "", f"#/videos/{n}/title")
        ends = [ending(film, now, zone_at(company), f"#/videos/{n}") for n, film in enumerate(new.videos)]
        await demand_room(self.open, company.id, id, len(new.videos))
        known = await self._taken(actor, company, new)
        videos = [
            self._video(film, known[FileId(film.file)], end, now) for film, end in zip(new.videos, ends, strict=True)
        ]
        only = tuple(video.id for video in videos)
        return await self.change(
            company, id, lambda content, _: with_videos(content, videos), lambda content: films_view(content, now, only)
        )

    async def _taken(self, actor: Actor, company: CompanyFacts, new: NewFilms) -> dict[FileId, MediaFile]:
        wanted: dict[FileId, str] = {}
        for n, film in enumerate(new.videos):
            wanted.setdefault(FileId(film.file), f"#/videos/{n}/file")
        with pointing(*wanted.values()):
            return {file.id: file for file in await self.files.take(actor, company, list(wanted), look_at_films)}

    def _video(self, film: NewFilm, file: MediaFile, end: End, now: datetime) -> ContentVideo:
        return ContentVideo(
            id=VideoId(self.ids.new()), file=file.id, title=film.title or title_of(file.name),
            active=film.active, position=0, weight=film.weight, ends_at=None if end is UNSET else end,
            footage=file.footage, failure=file.refusal, created_at=now,
        )  # fmt: skip


class ChangeFilm(Struct, frozen=True, kw_only=True):
    """Change what a video is called, whether and until when it may play, and how often it is drawn.

    With `version`, only if the content is still that one.
    """

    open: OpenContent
    change: ChangeContent
    clock: Clock

    async def __call__(
        self, actor: Actor, id: ContentId, video: VideoId, wanted: FilmChange, version: int | None = None
    ) -> FilmView:
        wanted, now = checked(wanted, InvalidVideo), self.clock.now()
        company = await self.open(actor, id, Right.EDIT)
        refuse_controls(wanted.title if isinstance(wanted.title, str) else "", "#/title")
        values = _values(wanted, ending(wanted, now, zone_at(company)))
        show = partial(film_view, id=video, now=now)
        return await self.change(company, id, lambda content, _: _changed(content, video, values), show, version)


class OrderFilms(Struct, frozen=True, kw_only=True):
    """Put the videos of a content in another order. With `version`, only if it is still that one."""

    open: OpenContent
    change: ChangeContent
    clock: Clock

    async def __call__(self, actor: Actor, id: ContentId, order: Order, version: int | None = None) -> FilmsView:
        ids = tuple(map(VideoId, checked(order, InvalidVideo).videos))
        company, show = await self.open(actor, id, Right.EDIT), partial(films_view, now=self.clock.now())
        return await self.change(company, id, lambda content, _: ordered(content, ids), show, version)


class RemoveFilm(Struct, frozen=True, kw_only=True):
    """Take a video from a content, with its schedule windows; its file goes when no other content has it.

    Not while a rule or the scene names it. With `version`, only if the content is still that one.
    """

    open: OpenContent
    change: ChangeContent

    async def __call__(self, actor: Actor, id: ContentId, video: VideoId, version: int | None = None) -> None:
        company = await self.open(actor, id, Right.EDIT)
        less, demand = partial(_without, video), partial(_in_no_scene, video)
        await self.change(company, id, less, lambda _: None, version, demand=demand)


def _without(video: VideoId, content: Content, now: datetime) -> Content:
    return without_video(content, video)


async def _in_no_scene(video: VideoId, uow: ArUnitOfWork, content: Content) -> None:
    scene = await uow.scenes.get(content.company, content.id)
    if scene is not None and video in scene.videos:
        raise VideoInUse


async def demand_room(open: OpenContent, company: CompanyId, id: ContentId, more: int) -> None:
    """Nothing is to be taken for what is full or put away. Raises TooManyVideos, ContentInWrongState."""
    content = await open.content(company, id)
    content.must_be_open()
    if len(content.videos) + more > MOST_VIDEOS:
        raise TooManyVideos


def look_at_films(files: Sequence[MediaFile]) -> None:
    """Whether all are videos that can be shown. Raises InvalidContent, pointing at places."""
    for place, file in enumerate(files):
        look_at(file, VIDEO, f"#/{place}")


def _values(wanted: FilmChange, end: End) -> dict[str, Any]:
    given = {name: getattr(wanted, name) for name in ("title", "active", "weight")} | {"ends_at": end}
    return {name: value for name, value in given.items() if value is not UNSET}


def _changed(content: Content, id: VideoId, values: dict[str, Any]) -> Content:
    changed = replace(video_of(content, id), **values)
    return replace(content, videos=tuple(changed if one.id == id else one for one in content.videos))
