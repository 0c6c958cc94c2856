"""Files: whose they are, where they are on their way from the first byte to the last, and who may see them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, NewType
from uuid import UUID

from msgspec import Meta

from asperguide.media.errors import FileNotReady, InvalidFile
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.errors import FieldError

FileId = NewType("FileId", UUID)
OwnerId = NewType("OwnerId", UUID)
"""Who a file belongs to: the id of a user, or of whatever else may own files one day."""

MIB = 1024 * 1024
LONGEST_NAME = 255
MOST_TAGS = 20
MOST_METADATA = 20
RETENTION = timedelta(days=7)
"""How long a deleted file can be restored."""

FileName = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, examples=["Führung durch O'Neil's Garten.mp4"])]
MediaType = Annotated[
    str,
    Meta(max_length=100, pattern=r"^[a-z0-9][a-z0-9!#$&^_.+\-]*/[a-z0-9][a-z0-9!#$&^_.+\-]*$", examples=["video/mp4"]),
]
Sha256 = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 in lower-case hexadecimal.",
        examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ),
]
Tag = Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f\x7f,]+$", examples=["garden"])]
Tags = Annotated[tuple[Tag, ...], Meta(max_length=MOST_TAGS)]
Purpose = Annotated[
    str,
    Meta(
        max_length=50, pattern=r"^[a-z0-9_\-]*$", description="What it is for, as clients see fit.", examples=["cover"]
    ),
]
MetadataValue = Annotated[str, Meta(max_length=500)]
MetadataName = Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[A-Za-z0-9_.\-]+$")]
Metadata = Annotated[dict[MetadataName, MetadataValue], Meta(max_length=MOST_METADATA)]


class FileState(StrEnum):
    """awaiting: not all bytes are there. quarantined, checking: nobody may read them yet. The last two are no use."""

    AWAITING = "awaiting"
    QUARANTINED = "quarantined"
    CHECKING = "checking"
    READY = "ready"
    REFUSED = "refused"
    DELETED = "deleted"


class Visibility(StrEnum):
    """private: the owner only. unlisted: whoever has the id. public: everybody."""

    PRIVATE = "private"
    UNLISTED = "unlisted"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What was found in the bytes of a file: their type, checksum, and how large the picture is if it is one."""

    media_type: str
    size: int
    sha256: bytes
    width: int | None = None
    height: int | None = None
    frames: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of somebody. `name` is for people only; `key` is where the bytes lie, for ever the same once it is ready.

    Until then `media_type` and `size` are what the sender says. `source` is the file that this one was made of. What is
    deleted can be restored to the state `deleted_from` until it is purged.
    """

    id: FileId
    owner: OwnerId
    name: str
    key: str
    size: int
    media_type: str
    sha256: bytes | None = None
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    state: FileState = FileState.AWAITING
    refusal: str | None = None
    visibility: Visibility = Visibility.PRIVATE
    purpose: str = ""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    source: FileId | None = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    def arrived(self, size: int, now: datetime) -> "File":
        """All bytes are there, as many as `size`, and wait to be checked."""
        self._must_be(FileState.AWAITING)
        return replace(self, state=FileState.QUARANTINED, size=size, updated_at=now)

    def being_checked(self, now: datetime) -> "File":
        """Somebody looks at the bytes; also when an earlier look came to no end."""
        self._must_be(FileState.QUARANTINED, FileState.CHECKING)
        return replace(self, state=FileState.CHECKING, updated_at=now)

    def accepted(self, found: Content, key: str, now: datetime) -> "File":
        """The bytes are what they should be, and lie at their final place."""
        self._must_be(FileState.AWAITING, FileState.QUARANTINED, FileState.CHECKING)
        return replace(
            self, state=FileState.READY, key=key, media_type=found.media_type, size=found.size, sha256=found.sha256,
            width=found.width, height=found.height, frames=found.frames, updated_at=now,
        )  # fmt: skip

    def refused(self, reason: str, now: datetime) -> "File":
        """The bytes are not acceptable, for this reason in words for people; they are thrown away."""
        self._must_be(FileState.AWAITING, FileState.QUARANTINED, FileState.CHECKING, FileState.READY)
        return replace(self, state=FileState.REFUSED, refusal=reason[:500], size=0, updated_at=now)

    def deleted(self, now: datetime) -> "File":
        """Out of sight; it can be restored for 7 days."""
        self._must_be(FileState.READY)
        return replace(self, state=FileState.DELETED, deleted_at=now, updated_at=now)

    def restored(self, now: datetime) -> "File":
        """Back, if the 7 days are not over."""
        self._must_be(FileState.DELETED)
        if self.deleted_at is None or now >= self.deleted_at + RETENTION:
            raise FileNotReady
        return replace(self, state=FileState.READY, deleted_at=None, updated_at=now)

    def handed_to(self, owner: OwnerId, now: datetime) -> "File":
        """It belongs to somebody else now, and nobody but them may see it."""
        self._must_be(FileState.READY, FileState.QUARANTINED, FileState.CHECKING)
        return replace(self, owner=owner, visibility=Visibility.PRIVATE, updated_at=now)

    def belongs_to(self, actor: Actor | None) -> bool:
        """Whether the actor may do with it as they like."""
        return actor is not None and self.owner == own(actor.user)

    def may_be_read_by(self, actor: Actor | None) -> bool:
        """Whether the actor, or a stranger when None, may see it and its bytes."""
        return self.belongs_to(actor) or (self.state is FileState.READY and self.visibility is not Visibility.PRIVATE)

    @property
    def awaited(self) -> bool:
        """Whether not all bytes are there."""
        return self.state is FileState.AWAITING

    @property
    def unchecked(self) -> bool:
        """Whether all bytes are there and nobody has come to an end with looking at them."""
        return self.state in (FileState.QUARANTINED, FileState.CHECKING)

    @property
    def family(self) -> str:
        """The part of the type in front of the slash."""
        return self.media_type.partition("/")[0]

    @property
    def name_key(self) -> str:
        """What the name is searched by."""
        return name_key(self.name)

    def _must_be(self, *states: FileState) -> None:
        if self.state not in states:
            raise FileNotReady


def own(user: UserId) -> OwnerId:
    """The user as an owner of files."""
    return OwnerId(user)


def name_key(name: str) -> str:
    """Case-folded and NFC, at most 255 characters: names that look alike to a reader are found alike."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())[:LONGEST_NAME]


def quarantine_key(id: FileId) -> str:
    """Where bytes lie that nobody has checked."""
    return f"quarantine/{id}"


def arrivals_prefix(id: FileId) -> str:
    """What the keys of pieces begin with that are kept while a file arrives by tus."""
    return f"arrivals/{id}/"


def final_prefix(id: FileId) -> str:
    """What all final keys of a file begin with."""
    return f"files/{id}/"


def final_key(id: FileId, sha256: bytes) -> str:
    """Where checked bytes lie for ever: the key names them, so that it can never be given to others."""
    return f"{final_prefix(id)}{sha256.hex()}"


def derived_prefix(id: FileId) -> str:
    """What the keys of everything begin with that was made of a file: sizes of an image, renditions of a video."""
    return f"derived/{id}/"


def video_prefix(id: FileId) -> str:
    """What the keys of everything begin with that was made of a video to play it; the next part is that of a run."""
    return f"{derived_prefix(id)}video/"


def check_name(name: str, pointer: str = "#/name") -> str:
    """A name that can be shown. Raises InvalidFile for control characters and for lengths that do not fit."""
    if not 1 <= len(name) <= LONGEST_NAME or any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
        wrong = FieldError(pointer=pointer, code="INVALID", detail="1 to 255 characters without control characters.")
        raise InvalidFile(fields=(wrong,))
    return name


def bare_type(media_type: str) -> str:
    """The type without parameters, in lower case."""
    return re.split(r"[;\s]", media_type.strip(), maxsplit=1)[0].lower()
