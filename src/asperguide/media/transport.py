"""Uploads under way: how the bytes of a file are sent, how far they have come, until when."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from asperguide.media.errors import OffsetMismatch, WrongTransport
from asperguide.media.model import MIB, FileId, OwnerId

LIFETIME = timedelta(hours=24)
PART_SIZE = 8 * MIB
SMALL = 16 * MIB
"""Bytes: the largest file that is sent in one request through us, and the largest that is checked while one waits."""
DIRECT_UP_TO = 64 * MIB
"""Bytes: what is larger is sent in parts unless the sender wants otherwise."""


class Transport(StrEnum):
    """direct: one signed PUT. multipart: signed PUTs of parts. tus: resumable through us. small: one request to us."""

    DIRECT = "direct"
    MULTIPART = "multipart"
    TUS = "tus"
    SMALL = "small"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file on its way; its id is the file's. It is gone once all has arrived, or when it has expired.

    `parted` is the upload in parts at the storage, empty for direct ones. Of tus, `offset` bytes have arrived: in
    `parts` whole parts there, and the rest, less than a part, as an object of its own under the key `tail`.
    """

    id: FileId
    owner: OwnerId
    transport: Transport
    size: int
    media_type: str
    sha256: bytes | None = None
    parted: str = ""
    offset: int = 0
    parts: int = 0
    tail: str | None = None
    created_at: datetime
    expires_at: datetime
    version: int = 1

    def must_be(self, transport: Transport) -> None:
        """Raises WrongTransport when it is sent in another way."""
        if self.transport is not transport:
            raise WrongTransport

    def at(self, offset: int) -> None:
        """Raises OffsetMismatch unless the next byte is this one."""
        if offset != self.offset:
            raise OffsetMismatch

    def grown(self, size: int, parts: int, tail: str | None) -> "Upload":
        """So many more bytes are kept: now in so many whole parts, and the rest under `tail`."""
        return replace(self, offset=self.offset + size, parts=parts, tail=tail)

    def expired(self, now: datetime) -> bool:
        """Whether it is too late to send anything."""
        return now >= self.expires_at

    @property
    def complete(self) -> bool:
        """Whether every byte of a tus upload is there."""
        return self.offset == self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an owner has in files, and what is set aside for uploads under way."""

    owner: OwnerId
    used_bytes: int = 0
    used_files: int = 0
    reserved_bytes: int = 0
    reserved_files: int = 0
