"""Object storage: bytes under keys, links that let others fetch or bring them, uploads in parts, buckets.

A key is 1 to 512 characters out of `A-Z a-z 0-9 _ . -` in segments divided by `/`; no segment is empty, `.` or `..`
or longer than 255 characters, else it is a ValueError. No key is the beginning of another one's path (`a` beside
`a/b`): not every storage keeps both. Keys are made by us, never by callers.
"""

import re
from abc import abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

BINARY = "application/octet-stream"
LONGEST_KEY = 512
SEGMENT = r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9_.\-]{1,255}"
KEY = re.compile(rf"{SEGMENT}(?:/{SEGMENT})*")
PREFIX = re.compile(rf"(?:{SEGMENT}/)*[A-Za-z0-9_.\-]{{0,255}}")
BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9\-]{1,61})[a-z0-9]")
LONGEST_VALIDITY = timedelta(days=7)
"""Of signed requests: what S3 allows."""

SMALLEST_PART = 5 * 1024 * 1024
"""Bytes: every part of an upload but the last has as many or more."""
MOST_PARTS = 10_000


class ObjectMissing(Exception):
    """There is no object under this key."""


class ObjectExists(Exception):
    """There is an object under this key already, and it was to be put only if there was none."""


class ObjectChanged(Exception):
    """The object is no longer the one that was meant."""


class WrongContent(Exception):
    """What arrived has another length or checksum than was said; nothing was kept."""


class UploadMissing(Exception):
    """There is no such upload in parts (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """What a storage knows of an object. `etag` is opaque, without quotes, and differs whenever the content does."""

    key: str
    size: int
    etag: str
    media_type: str
    modified_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An object being read: `chunks` gives the wanted bytes once, in pieces of at most 1 MiB."""

    object: StoredObject
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of a listing, in the order of keys or, with some storages, of their segments: it never changes.

    `media_type` and `metadata` may be left empty in listings. With a delimiter `prefixes` are the folders of this page.
    `next_cursor` is None on the last page.
    """

    objects: tuple[StoredObject, ...]
    prefixes: tuple[str, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request that whoever holds it may make until `expires_at`, with exactly these header fields.

    Of a POST `fields` are the form fields to send before the field `file`, in this order.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part that has arrived; numbers count from 1."""

    number: int
    etag: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenUpload:
    """An upload in parts that was started and neither completed nor aborted."""

    key: str
    id: str
    started_at: datetime


class ObjectStorage(Protocol):
    """Objects in one bucket. What was put is there at once for every reader, whole or not at all.

    Every method raises StorageUnavailable when the storage does not answer, is full or denies us. Nothing is kept then,
    unless it was the answer that got lost: what was put is there whole or not at all.
    """

    @abstractmethod
    async def put(
        self,
        key: str,
        content: AsyncIterable[bytes] | bytes,
        *,
        size: int | None = None,
        media_type: str = BINARY,
        metadata: Mapping[str, str] | None = None,
        sha256: bytes | None = None,
        if_absent: bool = False,
    ) -> StoredObject:
        """Keep the content under the key, in the place of what was there.

        Without `size` the stream may have any length. Memory does not grow with it. Raises WrongContent when length or
        checksum differ from what was said, ObjectExists with `if_absent` when there is an object already (of several at
        once one wins), and whatever the stream raises; then, and when cancelled, what was there before is still there.
        `metadata`: names of `a-z0-9-`, values of printable ASCII, 2 KiB in all.
        """
        ...

    @abstractmethod
    def open(
        self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None
    ) -> AbstractAsyncContextManager[Opened]:
        """Read the object, or `length` bytes (fewer at its end) from `start` on; what is read is of one version.

        Raises ObjectMissing, ObjectChanged when `if_match` is not its etag, ValueError when `start` is negative or lies
        behind the last byte (0 is fine for an empty object). Leaving early frees whatever was held.
        """
        ...

    @abstractmethod
    async def stat(self, key: str) -> StoredObject | None:
        """What there is under the key; None when nothing is."""
        ...

    @abstractmethod
    async def list(
        self, prefix: str = "", *, delimiter: str = "", cursor: str | None = None, limit: int = 1000
    ) -> Listed:
        """Objects whose keys begin with the prefix, at most `limit` objects and folders (1 to 1000).

        With the delimiter `/` those below a further `/` are told as one folder, prefix and slash included. ValueError
        for a prefix that no key can begin with. What is put or removed meanwhile may be told or not; the rest is told
        once.
        """
        ...

    @abstractmethod
    async def copy(self, source: str, target: str, *, if_match: str | None = None) -> StoredObject:
        """Copy inside the storage, type and metadata included. Raises ObjectMissing, ObjectChanged."""
        ...

    @abstractmethod
    async def delete(self, *keys: str) -> None:
        """Remove the objects, any number of them; those that are gone already do not matter."""
        ...


class SignedLinks(Protocol):
    """Requests that others may make without asking us again. Nothing is asked of the storage to make one."""

    @abstractmethod
    async def link(
        self,
        key: str,
        expires_in: timedelta,
        *,
        name: str | None = None,
        media_type: str | None = None,
        inline: bool = False,
    ) -> SignedRequest:
        """GET the object: ranges and conditional requests work. `expires_in` is from 1 second to 7 days.

        With `name` the answer has this file name (RFC 6266) in its Content-Disposition, `attachment` unless `inline`;
        `media_type` replaces the stored one.
        """
        ...

    @abstractmethod
    async def put_link(
        self, key: str, expires_in: timedelta, *, size: int, media_type: str, sha256: bytes | None = None
    ) -> SignedRequest:
        """PUT exactly so many bytes of this type, and with this checksum if given; anything else is refused."""
        ...

    @abstractmethod
    async def post_form(
        self, key: str, expires_in: timedelta, *, smallest: int, largest: int, media_type: str
    ) -> SignedRequest:
        """POST a form with the file: of this type, its size in bytes within these bounds; anything else is refused."""
        ...


class PartedUploads(Protocol):
    """Objects that arrive in parts, in any order, through any number of processes, and exist when completed.

    `upload` is what `start` gave. Raises UploadMissing when it was completed or aborted.
    """

    @abstractmethod
    async def start(self, key: str, *, media_type: str = BINARY, metadata: Mapping[str, str] | None = None) -> str:
        """Begin; the id of the upload."""
        ...

    @abstractmethod
    async def put_part(self, key: str, upload: str, number: int, content: bytes) -> Part:
        """Keep one part (1 to 10 000); a number that is there already is replaced."""
        ...

    @abstractmethod
    async def part_link(
        self, key: str, upload: str, number: int, expires_in: timedelta, *, size: int | None = None
    ) -> SignedRequest:
        """PUT one part without asking us again: exactly so many bytes if `size` is given, else at most 64 MiB."""
        ...

    @abstractmethod
    async def parts(self, key: str, upload: str) -> Sequence[Part]:
        """Those that have arrived, by number."""
        ...

    @abstractmethod
    async def complete(self, key: str, upload: str, parts: Sequence[Part]) -> StoredObject:
        """Make the object of these parts in order of their numbers; the upload is over.

        Raises WrongContent when a part is missing, was replaced, or is too small without being the last.
        """
        ...

    @abstractmethod
    async def abort(self, key: str, upload: str) -> None:
        """Forget the upload and its parts; one that is over already does not matter."""
        ...

    @abstractmethod
    async def open_uploads(self, prefix: str = "") -> Sequence[OpenUpload]:
        """Uploads whose keys begin so, the first started first, at most 1000."""
        ...


class Storage(ObjectStorage, SignedLinks, PartedUploads, Protocol):
    """One bucket with all that can be done to it."""


class BucketAdmin(Protocol):
    """The buckets of one storage service. A name is 3 to 63 characters out of `a-z 0-9 -`, else ValueError.

    Raises StorageUnavailable as storages do.
    """

    @abstractmethod
    async def create(self, bucket: str) -> bool:
        """Make a private bucket; False when it is there already."""
        ...

    @abstractmethod
    async def delete(self, bucket: str) -> bool:
        """Remove an empty bucket; False when there is none. Raises BucketNotEmpty."""
        ...

    @abstractmethod
    async def exists(self, bucket: str) -> bool:
        """Whether there is such a bucket of ours."""
        ...

    @abstractmethod
    async def list(self) -> Sequence[str]:
        """The names of all buckets, in order."""
        ...

    @abstractmethod
    async def abort_uploads_after(self, bucket: str, days: int) -> bool:
        """Have the service forget uploads in parts that are older; False when it has no such rule, then we sweep."""
        ...


class BucketNotEmpty(Exception):
    """A bucket with objects in it is not removed."""


def check_key(key: str) -> str:
    """The key itself. ValueError when it is none."""
    if len(key) > LONGEST_KEY or KEY.fullmatch(key) is None:
        raise ValueError("this is not the key of an object")
    return key


def check_prefix(prefix: str) -> str:
    """The prefix itself. ValueError when no key can begin so."""
    if len(prefix) > LONGEST_KEY or PREFIX.fullmatch(prefix) is None:
        raise ValueError("no key of an object begins like this")
    return prefix


def check_validity(expires_in: timedelta) -> timedelta:
    """The time itself. ValueError unless a signed request may live so long: from 1 second to 7 days."""
    if not timedelta(seconds=1) <= expires_in <= LONGEST_VALIDITY:
        raise ValueError("a signed request lives from 1 second to 7 days")
    return expires_in


def check_bucket(name: str) -> str:
    """The name itself. ValueError when no bucket can have it."""
    if BUCKET.fullmatch(name) is None:
        raise ValueError("a bucket has a name of 3 to 63 characters out of a-z 0-9 -, none of the ends a -")
    return name
