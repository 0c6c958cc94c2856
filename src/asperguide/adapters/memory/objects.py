"""Objects, uploads in parts and buckets in this process: gone with it."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from asperguide.adapters.content import (
    PIECE,
    Intake,
    check_about,
    check_number,
    check_page,
    check_parts,
    joint_etag,
    page_of,
    pieces,
    span,
)
from asperguide.adapters.signing import Door, DoorLinks, DoorStorage
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.storage import (
    BINARY,
    BucketAdmin,
    BucketNotEmpty,
    Listed,
    ObjectChanged,
    ObjectExists,
    ObjectMissing,
    Opened,
    OpenUpload,
    Part,
    StoredObject,
    UploadMissing,
    check_bucket,
    check_key,
)


@dataclass(frozen=True, slots=True)
class _Kept:
    object: StoredObject
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    key: str
    media_type: str
    metadata: Mapping[str, str]
    started_at: datetime
    parts: Mapping[int, _Kept] = field(default_factory=dict)


class MemoryStorage(DoorLinks, DoorStorage):
    """One bucket. What is kept is replaced and never changed, so that `state` is a cheap picture of it all."""

    def __init__(self, door: Door, clock: Clock, ids: Ids) -> None:
        self.door = door
        self._clock, self._ids = clock, ids
        self._objects: dict[str, _Kept] = {}
        self._uploads: dict[str, _Open] = {}

    @property
    def objects(self) -> dict[str, StoredObject]:
        """What is known of each object, in the order of their keys."""
        return {key: self._objects[key].object for key in sorted(self._objects)}

    def state(self) -> tuple[Any, Any]:
        """All there is, for `put_back`; equal to another when nothing changed between the two."""
        return dict(self._objects), dict(self._uploads)

    def put_back(self, state: tuple[Any, Any]) -> None:
        """Be again as when `state` was taken."""
        self._objects, self._uploads = dict(state[0]), dict(state[1])

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
        """Collect the bytes, then keep them in one step."""
        check_key(key)
        about = check_about(media_type, metadata)
        if if_absent and key in self._objects:
            raise ObjectExists
        whole, digest = await _collected(content, Intake(size, sha256))
        if if_absent and key in self._objects:
            raise ObjectExists
        return self._keep(key, whole, digest.hex()[:32], media_type, about)

    @asynccontextmanager
    async def open(
        self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None
    ) -> AsyncIterator[Opened]:
        """What is there now; later changes are not seen."""
        kept = self._found(key, if_match)
        first, end = span(start, length, len(kept.content))
        chunks = pieces(kept.content[first:end])
        yield Opened(object=kept.object, chunks=chunks)

    async def stat(self, key: str) -> StoredObject | None:
        """From memory."""
        kept = self._objects.get(check_key(key))
        return None if kept is None else kept.object

    async def list(
        self, prefix: str = "", *, delimiter: str = "", cursor: str | None = None, limit: int = 1000
    ) -> Listed:
        """Sorted anew for each page."""
        check_page(prefix, delimiter, limit)
        names, folders, following = page_of(sorted(self._objects), prefix, delimiter, cursor, limit)
        objects = tuple(self._objects[name].object for name in names)
        return Listed(objects=objects, prefixes=tuple(folders), next_cursor=following)

    async def copy(self, source: str, target: str, *, if_match: str | None = None) -> StoredObject:
        """The same bytes under another key."""
        check_key(target)
        kept = self._found(source, if_match)
        about = kept.object
        return self._keep(target, kept.content, about.etag, about.media_type, about.metadata)

    async def delete(self, *keys: str) -> None:
        """Forget them."""
        for key in [check_key(key) for key in keys]:
            self._objects.pop(key, None)

    async def start(self, key: str, *, media_type: str = BINARY, metadata: Mapping[str, str] | None = None) -> str:
        """Remember the upload."""
        check_key(key)
        about = check_about(media_type, metadata)
        id = self._ids.new().hex
        self._uploads[id] = _Open(key=key, media_type=media_type, metadata=about, started_at=self._clock.now())
        return id

    async def put_part(self, key: str, upload: str, number: int, content: bytes) -> Part:
        """Keep it beside the others."""
        return await self.receive_part(key, upload, number, content)

    async def receive_part(
        self, key: str, upload: str, number: int, content: AsyncIterable[bytes] | bytes, *, size: int | None = None
    ) -> Part:
        """Keep it beside the others once it is there."""
        check_number(number)
        self._upload(key, upload)
        whole, digest = await _collected(content, Intake(size))
        open_ = self._upload(key, upload)
        part = self._made(key, whole, digest.hex()[:32], BINARY, {})
        self._uploads[upload] = replace(open_, parts={**open_.parts, number: _Kept(part, whole)})
        return Part(number=number, etag=part.etag, size=part.size)

    async def parts(self, key: str, upload: str) -> Sequence[Part]:
        """From memory."""
        parts = self._upload(key, upload).parts
        return [
            Part(number=number, etag=kept.object.etag, size=kept.object.size) for number, kept in sorted(parts.items())
        ]

    async def complete(self, key: str, upload: str, parts: Sequence[Part]) -> StoredObject:
        """Join the bytes."""
        open_ = self._upload(key, upload)
        there = {part.number: part for part in await self.parts(key, upload)}
        chosen = check_parts(parts, there)
        whole = b"".join(open_.parts[part.number].content for part in chosen)
        del self._uploads[upload]
        return self._keep(key, whole, joint_etag(chosen), open_.media_type, open_.metadata)

    async def abort(self, key: str, upload: str) -> None:
        """Forget it."""
        check_key(key)
        if upload in self._uploads and self._uploads[upload].key == key:
            del self._uploads[upload]

    async def open_uploads(self, prefix: str = "") -> Sequence[OpenUpload]:
        """In the order in which they were started."""
        found = [(open_.started_at, id, open_.key) for id, open_ in self._uploads.items()]
        return [OpenUpload(key=key, id=id, started_at=at) for at, id, key in sorted(found) if key.startswith(prefix)][
            :1000
        ]

    def _found(self, key: str, if_match: str | None) -> _Kept:
        kept = self._objects.get(check_key(key))
        if kept is None:
            raise ObjectMissing
        if if_match not in (None, kept.object.etag):
            raise ObjectChanged
        return kept

    def _upload(self, key: str, upload: str) -> _Open:
        open_ = self._uploads.get(upload)
        if open_ is None or open_.key != check_key(key):
            raise UploadMissing
        return open_

    def _keep(self, key: str, content: bytes, etag: str, media_type: str, about: Mapping[str, str]) -> StoredObject:
        made = self._made(key, content, etag, media_type, about)
        self._objects[key] = _Kept(made, content)
        return made

    def _made(self, key: str, content: bytes, etag: str, media_type: str, about: Mapping[str, str]) -> StoredObject:
        return StoredObject(
            key=key,
            size=len(content),
            etag=etag,
            media_type=media_type,
            modified_at=self._clock.now(),
            metadata=dict(about),
        )


class MemoryBuckets(BucketAdmin):
    """Names of buckets, the one of `storage` among them."""

    def __init__(self, storage: MemoryStorage, bucket: str = "asperguide") -> None:
        self._storage, self._bucket = storage, bucket
        self._names = {bucket}

    async def create(self, bucket: str) -> bool:
        """Remember the name."""
        is_new = check_bucket(bucket) not in self._names
        self._names.add(bucket)
        return is_new

    async def delete(self, bucket: str) -> bool:
        """Forget the name."""
        if check_bucket(bucket) not in self._names:
            return False
        if bucket == self._bucket and self._storage.objects:
            raise BucketNotEmpty
        self._names.discard(bucket)
        return True

    async def exists(self, bucket: str) -> bool:
        """Whether the name is remembered."""
        return check_bucket(bucket) in self._names

    async def list(self) -> Sequence[str]:
        """The names."""
        return sorted(self._names)

    async def abort_uploads_after(self, bucket: str, days: int) -> bool:
        """There is no such rule in memory."""
        check_bucket(bucket)
        return False


async def _collected(content: AsyncIterable[bytes] | bytes, intake: Intake) -> tuple[bytes, bytes]:
    """All bytes and their SHA-256."""
    taken = list[bytes]()
    async for piece in pieces(content, PIECE):
        intake.take(piece)
        taken.append(piece)
    return b"".join(taken), intake.finish()
