"""What media needs from outside: where it keeps things, and who looks into them."""

from abc import abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from asperguide.media.model import MIB, File, FileId, OwnerId
from asperguide.media.repositories import Files, Link, LinkId, Links, MediaUnitOfWork, Quotas, Uploads, Videos
from asperguide.media.transport import Upload, Usage
from asperguide.media.videos import Facts, Video
from asperguide.shared.actor import Actor
from asperguide.shared.pages import Page, PageRequest

__all__ = [
    "Files", "Images", "Link", "LinkId", "Links", "LongWork", "MediaPolicy", "MediaReads", "MediaUnitOfWork",
    "Picture", "Product", "Progress", "Quotas", "Refusal", "Room", "TypeDetector", "Uploads", "VideoBench", "Videos",
    "VideoTools", "WorkOnce",
]  # fmt: skip

Progress = Callable[[float], None]
"""Told how much of the work is done, from 0 to 1."""


class Refusal(Exception):
    """The bytes are not acceptable; the message is a sentence for people and never holds any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPolicy:
    """What operators decide about files."""

    public_url: str = "http://127.0.0.1:5000"
    largest_file: int = 500 * MIB
    quota_bytes: int = 10 * 1024 * MIB
    quota_files: int = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Somebody who is no user, such as a company, and how many bytes they may have in all."""

    owner: OwnerId
    most_bytes: int


class MediaReads(Protocol):
    """Reads that no rule touches, outside any transaction."""

    @abstractmethod
    async def file(self, id: FileId) -> File | None:
        """The file."""
        ...

    @abstractmethod
    async def files(self, owner: OwnerId, page: PageRequest) -> Page[File]:
        """The owner's files, the newest first unless asked otherwise; what can be asked: `listing.FILES`."""
        ...

    @abstractmethod
    async def upload(self, id: FileId) -> Upload | None:
        """The upload."""
        ...

    @abstractmethod
    async def uploads(self, owner: OwnerId, page: PageRequest) -> Page[Upload]:
        """The owner's uploads under way, the newest first; what can be asked: `listing.UPLOADS`."""
        ...

    @abstractmethod
    async def usage(self, owner: OwnerId) -> Usage:
        """What the owner has; zeros when they never had anything."""
        ...

    @abstractmethod
    async def links(self, file: FileId, now: datetime) -> Sequence[Link]:
        """The links of the file that have not expired, the newest first."""
        ...

    @abstractmethod
    async def linked(self, digest: bytes, now: datetime) -> File | None:
        """The file that the token with this digest leads to; None when there is no such link that has not expired."""
        ...

    @abstractmethod
    async def video(self, id: FileId) -> Video | None:
        """The video of the file."""
        ...

    @abstractmethod
    async def all_files(self, after: FileId | None, limit: int) -> Sequence[File]:
        """Everybody's files in the order of ids, those behind `after`; for housekeeping."""
        ...

    @abstractmethod
    async def by_ids(self, ids: Sequence[FileId]) -> Sequence[File]:
        """Those of these files that there are, in whatever state and order; at most 1000 are asked for at once."""
        ...

    @abstractmethod
    async def videos(self, ids: Sequence[FileId]) -> Sequence[Video]:
        """The videos that there are of these files, in whatever order; at most 1000 are asked for at once."""
        ...

    @abstractmethod
    async def owners(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        """Everybody for whom something is counted, in the order of ids, those behind `after`; for housekeeping."""
        ...


class TypeDetector(Protocol):
    """Tells types from bytes alone, never from names."""

    @abstractmethod
    def detect(self, head: bytes) -> str | None:
        """The media type, given the first 64 KiB or all there is; None when it is none that is accepted."""
        ...

    @abstractmethod
    def accepts(self, declared: str) -> bool:
        """Whether a file may be sent that is said to be of this type; of unknown type (BINARY) it may be.

        Of types without parameters, in lower case. Names that people use for an accepted type are accepted.
        """
        ...

    @abstractmethod
    def agree(self, declared: str, found: str) -> str | None:
        """The type to keep of a file that was said to be one and is `found` to be the other; None when it is neither.

        What is found wins over other names for it and over BINARY; the sender's word over what bytes cannot tell: CSV
        and JSON are text, and a sound without a picture may look like a video.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is in the header of an image: pixels as shown (after orientation), and how many frames."""

    media_type: str
    width: int
    height: int
    frames: int


class Images(Protocol):
    """Looks at images and makes others of them, off the event loop, a few at a time; raises TooManyImages beyond."""

    @abstractmethod
    async def inspect(self, content: bytes) -> Picture:
        """Raises Refusal when it is no whole image, or too large (25 megapixels, 1000 frames)."""
        ...

    @abstractmethod
    async def render(
        self, content: bytes, *, width: int, height: int, cover: bool, media_type: str, quality: int
    ) -> bytes:
        """The image within so many pixels (never larger than it is), or with `cover` filling them, cut at the centre.

        Upright, in sRGB, without any metadata. Frames stay where the type has them. Raises Refusal.
        """
        ...


class WorkOnce(Protocol):
    """Does work once for all who want it at the same time in this process, and a few different things at once."""

    @abstractmethod
    async def do(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do it, or wait for the one that is under way by this name; it goes on when a caller is cancelled.

        What it raises reaches everybody who waits for it. Raises TooManyImages, with a time to come back after, when
        too many other things wait to be done.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that was made on a bench; `chunks` can be read as long as the bench is there."""

    role: str
    name: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    chunks: Callable[[], AsyncIterator[bytes]]


class VideoBench(Protocol):
    """One video or sound, and the tools to look at it and make others of it; each is killed when cancelled."""

    @abstractmethod
    async def probe(self) -> Facts:
        """What is in it. Raises Refusal for what is no video or sound, broken, or beyond the limits."""
        ...

    @abstractmethod
    async def stills(self, at: float | None) -> Sequence[Product]:
        """Thumbnails 150x112, 320x240, 640x480 and a poster, as WebP, of the frame at so many seconds.

        None means at 1 s. When there is no frame there it is the first one.
        """
        ...

    @abstractmethod
    async def ladder(self, progress: Progress) -> Sequence[Product]:
        """MP4 renditions of every height up to its own, the HLS of all with its playlists, sprites and their VTT."""
        ...

    @abstractmethod
    async def convert(self, to: str, progress: Progress) -> Product:
        """The same in another format: mp4, webm, gif, mp3, m4a, opus, wav, flac. Raises Refusal when it cannot be."""
        ...


class VideoTools(Protocol):
    """Opens benches, a few at a time. Raises ToolsMissing when there is nothing to work with."""

    @abstractmethod
    def bench(self, content: AsyncIterable[bytes], media_type: str) -> AbstractAsyncContextManager[VideoBench]:
        """The content is read whole first; everything is gone when it is left."""
        ...


class LongWork(Protocol):
    """The jobs that people wait for, as they see them."""

    @abstractmethod
    async def cancel(self, actor: Actor, job: UUID) -> None:
        """Stop a job of the actor's at once; one that is over, or was never theirs, does not matter."""
        ...
