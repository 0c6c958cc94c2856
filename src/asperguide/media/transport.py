"""Uploads under way: how the bytes of a file are sent, how far they have come, until when."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from asperguide.media.errors import OffsetMismatch, WrongTransport
from asperguide.media.model import MIB, FileId, OwnerId
from asperguide.shared.storage import Part

LIFETIME = timedelta(hours=24)
SMALL_LIFETIME = timedelta(hours=1)
"""How long one request to us may take."""
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
    `parts` whole parts there, and the rest, less than a part, as an object of its own under the key `tail`. `seal` is
    a checksum over the etags of the parts: what replaces one of them later is noticed.
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
    seal: bytes | None = None
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

    def sealed(self, parts: Sequence[Part]) -> "Upload":
        """These whole parts are kept behind the ones before, in the order of their numbers, and nothing else."""
        seal = self.seal or b""
        for part in parts:
            seal = hashlib.sha256(seal + part.etag.encode()).digest()
        count = self.parts + len(parts)
        return replace(self, offset=count * PART_SIZE, parts=count, tail=None, seal=seal or None)

    def with_tail(self, tail: str, size: int) -> "Upload":
        """So many bytes are kept behind the whole parts, less than a part, under this key."""
        return replace(self, offset=self.parts * PART_SIZE + size, tail=tail)

    def size_of(self, number: int) -> int:
        """Bytes of the part with this number: all have the same size but the last one."""
        return PART_SIZE if number < self.parts_in_all else self.size - (number - 1) * PART_SIZE

    @property
    def parts_in_all(self) -> int:
        """How many parts there are to be."""
        return -(-self.size // PART_SIZE)

    @property
    def tail_size(self) -> int:
        """Bytes that are kept behind the whole parts."""
        return self.offset - self.parts * PART_SIZE

    def expired(self, now: datetime) -> bool:
        """Whether it is too late to send anything."""
        return now >= self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an owner has in files, and what is set aside for uploads under way."""

    owner: OwnerId
    used_bytes: int = 0
    used_files: int = 0
    reserved_bytes: int = 0
    reserved_files: int = 0
