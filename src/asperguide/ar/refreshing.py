"""What prints know of their files, brought up to date by jobs: how good a marker a photo is, what films are like."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from heapq import nsmallest
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from asperguide.ar.content_views import packed
from asperguide.ar.errors import ContentNotFound
from asperguide.ar.events import ContentChanged, MarkerWanted
from asperguide.ar.marker_errors import MarkerRefused, MarkerTooSmall
from asperguide.ar.marker_ports import MarkerEye
from asperguide.ar.markers import ALIKE as MOST_APART
from asperguide.ar.markers import report_of
from asperguide.ar.model import ALIKE, Content, ContentId, Marker, MarkerState
from asperguide.ar.ports import ArReads, ArUnitOfWork, MediaFile, MediaFiles, MediaState
from asperguide.ar.videos import ContentVideo, FileId
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import CompanyId

MOST_COMPARED = 20_000
"""Markers of a company, the newest, that a new one is compared with."""
MOST_TWINS = 20
"""Of those that look alike, the nearest, of which one is looked for in the same project."""
LARGEST_PHOTO = 50 * 1024 * 1024
GONE = "The photo is gone."
TOO_LARGE = "A photo may have up to 50 MiB."

Known = Mapping[FileId, MediaFile]


class Settled(Protocol):
    """That something was decided about a file, as whoever decided it announces it."""

    @property
    def file(self) -> UUID:
        """Which one."""
        ...


class LookAtMarker(Struct, frozen=True, kw_only=True):
    """Tells whether the photo of a print can be a marker, how good a one, and whether another one looks like it."""

    reads: ArReads
    files: MediaFiles
    eye: MarkerEye

    async def __call__(self, content: Content, photo: MediaFile | None) -> Marker:
        """The marker as it is now; what it was as long as nobody can look. Raises Unavailable."""
        marker = content.marker
        if photo is None:
            return Marker(photo=marker.photo, state=MarkerState.REFUSED, refusal=GONE)
        if photo.state is MediaState.REFUSED:
            return Marker(photo=marker.photo, state=MarkerState.REFUSED, refusal=photo.refusal)
        return marker if photo.state is MediaState.PENDING else await self._seen(content, photo)

    async def _seen(self, content: Content, photo: MediaFile) -> Marker:
        try:
            report = report_of(await self.eye.measure(await self._bytes(content.company, photo)))
        except (MarkerRefused, MarkerTooSmall) as refused:
            return Marker(photo=photo.id, state=MarkerState.REFUSED, refusal=refused.detail)
        mark = report.measured.fingerprint
        alike = await self._alike(content, mark)
        kept, twin = {**packed(report), ALIKE: bool(alike)}, await self._twin(content, alike)
        return Marker(photo=photo.id, state=MarkerState.READY, report=kept, fingerprint=mark, twin=twin)

    async def _bytes(self, company: CompanyId, photo: MediaFile) -> bytes:
        if photo.size > LARGEST_PHOTO:
            raise MarkerRefused(TOO_LARGE)
        if (opened := await self.files.open(company, photo.id)) is None:
            raise MarkerRefused(GONE)
        try:
            async with opened.read() as chunks:
                return b"".join([chunk async for chunk in chunks])
        except ContentNotFound:
            raise MarkerRefused(GONE) from None

    async def _alike(self, content: Content, mark: int) -> Sequence[ContentId]:
        """Some contents whose markers differ in few bits: the fewest first, of several that differ so the oldest."""
        others = await self.reads.fingerprints(content.company, MOST_COMPARED)
        apart = (((mark ^ other).bit_count(), id) for id, other in others if id != content.id)
        return [id for bits, id in nsmallest(MOST_TWINS, apart) if bits <= MOST_APART]

    async def _twin(self, content: Content, alike: Sequence[ContentId]) -> ContentId | None:
        """The first of them that is in the same project."""
        for id in alike:
            place = await self.reads.whereabouts(id)
            if place is not None and place.project == content.project:
                return id
        return None


class RefreshContent(Struct, frozen=True, kw_only=True):
    """Copies into a print what media knows by now of its files: of all that are not settled, and of one that is named.

    Done twice it gives the same. It is told of if anything has changed.
    """

    begin: Callable[[], ArUnitOfWork]
    reads: ArReads
    files: MediaFiles
    look: LookAtMarker
    clock: Clock

    async def __call__(self, company: CompanyId, id: ContentId, named: FileId | None = None) -> None:
        content = await self.reads.content(company, id)
        wanted = set() if content is None else _unsettled(content, named)
        if content is None or not wanted:
            return
        known = await self.files.known(company, wanted)
        photo = content.marker.photo
        marker = await self.look(content, known.get(photo)) if photo in wanted else None
        await until_unhindered(partial(self._keep, content, wanted, known, marker))

    async def _keep(self, seen: Content, wanted: Collection[FileId], known: Known, marker: Marker | None) -> None:
        async with self.begin() as uow:
            content = await uow.contents.get(seen.company, seen.id)
            if content is None or (changed := _with(content, wanted, known, marker)) == content:
                return
            saved = await uow.contents.save(replace(changed.looked_at(), updated_at=self.clock.now()))
            uow.announce(ContentChanged(content=saved.id, public_id=saved.public_id, company=saved.company))
            await uow.commit()


def _unsettled(content: Content, named: FileId | None) -> set[FileId]:
    """Files of which it is not known yet what becomes of them, and the one that is named."""
    films = {video.file for video in content.videos if video.footage is None and video.failure is None}
    photo = {content.marker.photo} if content.marker.state is MarkerState.PENDING else set()
    return films | photo | {file for file in content.files if file == named}


def _with(content: Content, wanted: Collection[FileId], known: Known, marker: Marker | None) -> Content:
    """What was found of files that the content still has."""
    fresh = marker if marker is not None and marker.photo == content.marker.photo else content.marker
    videos = tuple(_film(video, known.get(video.file)) if video.file in wanted else video for video in content.videos)
    return replace(content, marker=fresh, videos=videos)


def _film(video: ContentVideo, file: MediaFile | None) -> ContentVideo:
    if file is None:
        return replace(video, footage=None, failure="The video is gone.")
    return replace(video, footage=file.footage, failure=None if file.footage else file.refusal)


class FollowContent(Struct, frozen=True, kw_only=True):
    """A print has changed: look at a new photo, and at what has become of files meanwhile."""

    begin: Callable[[], ArUnitOfWork]
    refresh: RefreshContent

    async def __call__(self, message: ContentChanged, job: UUID | None = None) -> None:
        await self.refresh(message.company, message.content)
        await done(self.begin, job)


class LookAgain(Struct, frozen=True, kw_only=True):
    """Look at the photo of a print once more, if it still has this one."""

    begin: Callable[[], ArUnitOfWork]
    refresh: RefreshContent

    async def __call__(self, message: MarkerWanted, job: UUID | None = None) -> None:
        await self.refresh(message.company, message.content, message.photo)
        await done(self.begin, job)


class FollowFile(Struct, frozen=True, kw_only=True):
    """Something was decided about a file: have every print know that shows it."""

    begin: Callable[[], ArUnitOfWork]
    refresh: RefreshContent

    async def __call__(self, message: Settled, job: UUID | None = None) -> None:
        file = FileId(message.file)
        async with self.begin() as uow:
            showing = await uow.contents.showing(file)
        for company, content in showing:
            await self.refresh(company, content, file)
        await done(self.begin, job)


async def done(begin: Callable[[], ArUnitOfWork], job: UUID | None) -> None:
    """The job has come to its end."""
    async with begin() as uow:
        uow.complete(job)
        await uow.commit()
