"""What prints need from outside: where they are looked up, and the files that they are made of."""

from abc import abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from asperguide.ar.model import Content, ContentId, PublicId
from asperguide.ar.repositories import ArUnitOfWork, Contents, Numbers, Turns
from asperguide.ar.scenes import Scene
from asperguide.ar.videos import FileId, Footage
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.tenancy import CompanyFacts, CompanyId, ProjectId

__all__ = [
    "ArReads", "ArUnitOfWork", "Contents", "Fits", "KeptFiles", "MediaFile", "MediaFiles", "MediaState", "Numbers",
    "Opened", "Piece", "Turns", "Whereabouts",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Whose a content is, and of which project."""

    company: CompanyId
    project: ProjectId


class ArReads(Protocol):
    """Reads that no rule touches, outside any transaction."""

    @abstractmethod
    async def whereabouts(self, id: ContentId) -> Whereabouts | None:
        """Where a content of whatever company is: to be asked before anything else of it, and told nobody."""
        ...

    @abstractmethod
    async def content(self, company: CompanyId, id: ContentId) -> Content | None:
        """The company's content with its videos."""
        ...

    @abstractmethod
    async def public(self, id: PublicId) -> Content | None:
        """The content, of whatever company and in whatever state, whose public id nobody can guess; two statements."""
        ...

    @abstractmethod
    async def shown(self, id: PublicId) -> tuple[Content, Scene | None] | None:
        """The same as `public` with its scene, if it ever had one; two statements."""
        ...

    @abstractmethod
    async def contents(self, company: CompanyId, project: ProjectId, page: PageRequest) -> Page[Content]:
        """Contents of a project with their videos, at a constant number of statements; see `listing.CONTENTS`."""
        ...

    @abstractmethod
    async def titles(self, company: CompanyId, contents: Collection[ContentId]) -> Mapping[ContentId, str]:
        """What these contents of the company are called; those that it has not are left out."""
        ...

    @abstractmethod
    async def counts(self, company: CompanyId, projects: Collection[ProjectId]) -> Mapping[ProjectId, int]:
        """How many contents each of these projects of the company has; none of those that have none."""
        ...

    @abstractmethod
    async def fingerprints(self, company: CompanyId, limit: int) -> Sequence[tuple[ContentId, int]]:
        """Markers of the company that have a fingerprint, those of the newest contents first."""
        ...

    @abstractmethod
    async def scene(self, company: CompanyId, content: ContentId) -> Scene | None:
        """The scene of the company's content, also one that was taken away."""
        ...

    @abstractmethod
    async def copied(self, company: CompanyId, project: ProjectId) -> Collection[ContentId]:
        """Of what contents those of the project are copies."""
        ...


class MediaState(StrEnum):
    """pending: not checked or not processed yet. refused: it can never be used."""

    PENDING = "pending"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """A file that a print is made of. `footage` is there once a film can be shown, `refusal` says why it cannot be."""

    id: FileId
    name: str
    media_type: str
    size: int
    sha256: str | None
    state: MediaState
    refusal: str | None = None
    footage: Footage | None = None
    width: int | None = None
    height: int | None = None


Fits = Callable[[Sequence[MediaFile]], None]
"""Raises InvalidContent when files, in the order in which they were named, will not do for what they are wanted for."""


class Piece(StrEnum):
    """What can be had of a file: its bytes as they are, or for films the best rendition and pictures of one moment."""

    ORIGINAL = "original"
    FILM = "film"
    POSTER = "poster"
    THUMBNAIL = "thumbnail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Bytes that can be read: their type, how many there are, and a name for these very bytes and no others."""

    name: str
    media_type: str
    size: int
    etag: str
    read: "Reading"


class Reading(Protocol):
    """Reads bytes from `start` on, `length` of them or all."""

    def __call__(self, start: int = 0, length: int | None = None) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Raises ContentNotFound when they went away meanwhile."""
        ...


class KeptFiles(Protocol):
    """All files that there are, for housekeeping."""

    @abstractmethod
    async def owners(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Whoever has files, company or not, in the order of ids, those behind `after`."""
        ...

    @abstractmethod
    async def old(
        self, company: CompanyId, before: datetime, cursor: str | None
    ) -> tuple[Sequence[FileId], str | None]:
        """Some files of the company that have not changed since that instant, and where the next ones begin, if any."""
        ...


class MediaFiles(Protocol):
    """Files of companies. What is taken or sent counts against the company's room; it stays until it is dropped."""

    @abstractmethod
    async def take(
        self, actor: Actor, company: CompanyFacts, files: Sequence[FileId], fits: Fits | None = None
    ) -> Sequence[MediaFile]:
        """Make the company the owner of files of the actor, in their order; those that are the company's stay so.

        All or none, and nothing where `fits` raises. Raises InvalidContent, pointing at the places of files that are
        not the actor's, refused, or neither picture nor film; StorageFull when there is no room.
        """
        ...

    @abstractmethod
    async def send(
        self, actor: Actor, company: CompanyFacts, name: str, media_type: str, chunks: AsyncIterable[bytes]
    ) -> MediaFile:
        """A new file of the company, of up to 16 MiB. Raises InvalidContent, pointing at `#/0`; StorageFull."""
        ...

    @abstractmethod
    async def known(self, company: CompanyId, files: Collection[FileId]) -> Mapping[FileId, MediaFile]:
        """Those of these files that are the company's; at most 1000 are asked for at once."""
        ...

    @abstractmethod
    async def drop(
        self, company: CompanyId, files: Collection[FileId], untouched_since: datetime | None = None
    ) -> Collection[FileId]:
        """Throw away those of these files that are the company's, with all that was made of them, for good.

        Those that were sent, taken or changed since that instant stay, and are given back.
        """
        ...

    @abstractmethod
    async def process(self, company: CompanyId, file: FileId, by: UserId) -> None:
        """Have all that is made of a film made anew, by a job of this user; what there is stays until then.

        Nothing while that goes on.
        """
        ...

    @abstractmethod
    async def picture(self, company: CompanyId, file: FileId, at: float, by: UserId, result: str) -> UUID:
        """Have the pictures of a film show another moment, seconds from its beginning.

        A job of this user makes them, which leads to the `result`. While the film is processed, that makes them. Raises
        InvalidVideo when it is no film of the company's that could be shown.
        """
        ...

    @abstractmethod
    async def open(self, company: CompanyId, file: FileId, piece: Piece = Piece.ORIGINAL) -> Opened | None:
        """Bytes of the company's file; None when there is no such piece (yet)."""
        ...
