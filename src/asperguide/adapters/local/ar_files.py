"""Files of prints, and the pictures that are shown of them, are those of media, owned by companies."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from asperguide.ar.errors import ContentNotFound, InvalidContent, InvalidVideo, StorageFull
from asperguide.ar.ports import Fits, KeptFiles, MediaFile, MediaFiles, MediaState, Opened, Piece
from asperguide.ar.terms import wrong
from asperguide.ar.videos import FileId, Footage
from asperguide.ar.viewer_ports import Pictures
from asperguide.media import (
    ChooseMoment,
    DropFiles,
    HandOver,
    ProcessAgain,
    Room,
    ShowImageOf,
    SmallUpload,
    UploadSmall,
)
from asperguide.media.errors import (
    ChecksumMismatch,
    ContentRefused,
    FileNotFound,
    FileNotReady,
    FileTooLarge,
    InvalidFile,
    NotAnImage,
    QuotaExceeded,
    TypeRefused,
    VideoNotFound,
)
from asperguide.media.imaging import SIZES, ImageFormat, ImageWanted
from asperguide.media.limits import NO_PICTURE
from asperguide.media.model import File, FileState, OwnerId, bare_type
from asperguide.media.model import FileId as StoredId
from asperguide.media.ports import MediaReads
from asperguide.media.videos import Derived, Video, VideoState
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.pages import MAX_LIMIT, PageRequest
from asperguide.shared.storage import BINARY, ObjectMissing, ObjectStorage
from asperguide.shared.tenancy import CompanyFacts, CompanyId

FAMILIES = ("image", "video")
ROLES = {Piece.FILM: "mp4", Piece.POSTER: "poster", Piece.THUMBNAIL: "thumbnail"}
CANCELLED = "Nobody wanted it to be processed any more."
PICTURE_QUALITY = 90
UNCHECKED = frozenset({FileState.AWAITING, FileState.QUARANTINED, FileState.CHECKING})


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMediaFiles(MediaFiles, KeptFiles):
    """Companies own files as users do; whoever calls has asked before what the person in front of them may do."""

    reads: MediaReads
    storage: ObjectStorage
    hand_over: Callable[[], HandOver]
    upload: Callable[[], UploadSmall]
    drop_files: Callable[[], DropFiles]
    process_again: Callable[[], ProcessAgain]
    choose_moment: Callable[[], ChooseMoment]

    async def take(
        self, actor: Actor, company: CompanyFacts, files: Sequence[FileId], fits: Fits | None = None
    ) -> Sequence[MediaFile]:
        """One transaction of media; what has been made of films is read before, to look at, and after."""
        videos = {video.id: video for video in await self.reads.videos(list(map(_stored, files)))}

        def look(found: Sequence[File]) -> None:
            if fits is not None:
                fits([_told(file, videos.get(file.id)) for file in found])

        try:
            moved = await self.hand_over()(actor, list(map(_stored, files)), _room(company), FAMILIES, look)
        except InvalidFile as refused:
            raise InvalidContent(fields=refused.fields) from None
        except QuotaExceeded:
            raise StorageFull from None
        known = await self.known(company.id, files)
        return [known.get(id) or _told(file, videos.get(file.id)) for id, file in zip(files, moved, strict=True)]

    async def send(
        self, actor: Actor, company: CompanyFacts, name: str, media_type: str, chunks: AsyncIterable[bytes]
    ) -> MediaFile:
        """As small uploads are sent, for the company from the first byte on."""
        try:
            new = SmallUpload(name=name, media_type=bare_type(media_type) or BINARY)
            sent = await self.upload()(actor, new, chunks, _room(company))
        except (InvalidFile, TypeRefused, FileTooLarge, ContentRefused, ChecksumMismatch) as refused:
            details = [field.detail for field in refused.fields] or [refused.detail]
            raise InvalidContent(fields=tuple(wrong("#/0", detail) for detail in details)) from None
        except QuotaExceeded:
            raise StorageFull from None
        id = FileId(sent.id)
        if (found := (await self.known(company.id, (id,))).get(id)) is None:
            raise ContentNotFound
        return found

    async def known(self, company: CompanyId, files: Collection[FileId]) -> Mapping[FileId, MediaFile]:
        """Two reads at most: of files, and of films among them."""
        found = [file for file in await self.reads.by_ids(list(map(_stored, files))) if file.owner == company]
        films = [file.id for file in found if file.family == "video"]
        videos = {video.id: video for video in await self.reads.videos(films)}
        return {FileId(file.id): _told(file, videos.get(file.id)) for file in found}

    async def drop(
        self, company: CompanyId, files: Collection[FileId], untouched_since: datetime | None = None
    ) -> Collection[FileId]:
        """Each in its own transaction of media."""
        kept = await self.drop_files()(OwnerId(company), list(map(_stored, files)), untouched_since)
        return [FileId(id) for id in kept]

    async def process(self, company: CompanyId, file: FileId, by: UserId) -> None:
        """What is no film (any more) is not processed."""
        try:
            await self.process_again()(OwnerId(company), _stored(file), by)
        except VideoNotFound:
            return

    async def picture(self, company: CompanyId, file: FileId, at: float, by: UserId, result: str) -> UUID:
        """By media's job."""
        try:
            return await self.choose_moment()(OwnerId(company), _stored(file), at, by, result)
        except VideoNotFound:
            raise InvalidVideo from None

    async def open(self, company: CompanyId, file: FileId, piece: Piece = Piece.ORIGINAL) -> Opened | None:
        """One read for the bytes as they are, another one for what was made of them."""
        for found in await self.reads.by_ids((_stored(file),)):
            if found.owner == company and found.state is FileState.READY:
                return opened_file(self.storage, found) if piece is Piece.ORIGINAL else await self._made(found, piece)
        return None

    async def owners(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Those for whom something is counted."""
        return list(await self.reads.owners(None if after is None else OwnerId(after), limit))

    async def old(
        self, company: CompanyId, before: datetime, cursor: str | None
    ) -> tuple[Sequence[FileId], str | None]:
        """A page of all files of the company, in the order in which they came."""
        wanted = PageRequest(sort="created_at", cursor=cursor, limit=MAX_LIMIT)
        page = await self.reads.files(OwnerId(company), wanted)
        return [FileId(file.id) for file in page.items if file.updated_at < before], page.next_cursor

    async def _made(self, file: File, piece: Piece) -> Opened | None:
        video = await self.reads.video(file.id)
        if video is None or (made := _best(video, ROLES[piece])) is None:
            return None
        # Keys are never used again: one stands for its bytes.
        return Opened(
            name=made.name, media_type=made.media_type, size=made.size,
            etag=hashlib.sha256(made.key.encode()).hexdigest(), read=partial(_reading, self.storage, made.key),
        )  # fmt: skip


class LocalPictures(Pictures):
    """Pictures of companies are images of their files in media."""

    def __init__(self, show: Callable[[], ShowImageOf]) -> None:
        self._show = show

    async def picture(self, company: CompanyId, file: FileId, longest: int, media_type: str) -> Opened | None:
        """In the next smaller size of those that are made anyway."""
        side, format = max(size for size in SIZES if size <= longest), ImageFormat(media_type.rpartition("/")[2])
        wanted = ImageWanted(w=side, h=side, format=format, q=PICTURE_QUALITY)
        try:
            made = await self._show()(OwnerId(company), _stored(file), wanted)
        except (FileNotFound, FileNotReady, NotAnImage):
            return None
        image = made.file
        return Opened(
            name=image.name, media_type=image.media_type, size=image.size, etag=image.sha256 or "", read=made.open
        )


def opened_file(storage: ObjectStorage, file: File) -> Opened:
    """The bytes of a file as they are."""
    etag = file.sha256.hex() if file.sha256 else f"{file.version}"
    return Opened(
        name=file.name, media_type=file.media_type, size=file.size, etag=etag,
        read=partial(_reading, storage, file.key),
    )  # fmt: skip


def _reading(
    storage: ObjectStorage, key: str, start: int = 0, length: int | None = None
) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncIterator[bytes]]:
        try:
            async with storage.open(key, start=start, length=length) as found:
                yield found.chunks
        except ObjectMissing:
            raise ContentNotFound from None

    return opened()


def _stored(id: FileId) -> StoredId:
    return StoredId(id)


def _room(company: CompanyFacts) -> Room:
    return Room(owner=OwnerId(company.id), most_bytes=company.storage_bytes)


def _told(file: File, video: Video | None) -> MediaFile:
    """The file as prints know it; of a film without its row nothing has been made yet."""
    footage = None if video is None else _footage(video)
    state, refusal = _state(file, video, footage)
    return MediaFile(
        id=FileId(file.id), name=file.name, media_type=file.media_type, size=file.size, state=state, refusal=refusal,
        sha256=None if file.sha256 is None else file.sha256.hex(), footage=footage, width=file.width,
        height=file.height,
    )  # fmt: skip


def _state(file: File, video: Video | None, footage: Footage | None) -> tuple[MediaState, str | None]:
    if file.state in UNCHECKED:
        return MediaState.PENDING, None
    if file.state is not FileState.READY:
        return MediaState.REFUSED, file.refusal or "This file was deleted."
    if file.family != "video" or footage is not None:
        return MediaState.READY, None
    if video is None:
        return MediaState.REFUSED, NO_PICTURE
    if video.state is VideoState.FAILED:
        return MediaState.REFUSED, video.failure
    return (MediaState.REFUSED, CANCELLED) if video.state is VideoState.CANCELLED else (MediaState.PENDING, None)


def _footage(video: Video) -> Footage | None:
    film = _best(video, ROLES[Piece.FILM])
    if film is None or video.facts is None or not film.width or not film.height:
        return None
    return Footage(
        duration=video.facts.duration, width=film.width, height=film.height, media_type=film.media_type, size=film.size
    )


def _best(video: Video, role: str) -> Derived | None:
    """The largest of those that were made for this."""
    made: Iterable[Derived] = (one for one in video.made if one.role == role)
    return max(made, key=lambda one: (one.width or 0) * (one.height or 0), default=None)
