"""Uploads that can be resumed: bytes come in requests of any size, and what has come stays.

Whole parts go to an upload in parts at the storage, at places that follow from their numbers; what is left at the end
of a request, less than a part, becomes an object of its own under a key that is never used again. The row says what
counts. It is changed by compare-and-set after the bytes are kept, so that a crash between leaves the upload as it was.
"""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from msgspec import Struct

from asperguide.media.arriving import Arrive
from asperguide.media.errors import (
    ChecksumMismatch,
    ContentRefused,
    FileTooLarge,
    OffsetMismatch,
    UploadBusy,
    UploadNotFound,
)
from asperguide.media.model import File, FileId, arrivals_prefix, quarantine_key
from asperguide.media.ports import MediaReads, MediaUnitOfWork
from asperguide.media.transport import PART_SIZE, Transport, Upload
from asperguide.media.uploading import my_arrived, my_upload
from asperguide.media.views import UploadView, finished_view, upload_view
from asperguide.shared.actor import Actor
from asperguide.shared.errors import EditedMeanwhile, StorageUnavailable
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.storage import ObjectMissing, Part, Storage, UploadMissing, WrongContent

ALGORITHMS = ("sha1", "sha256", "sha512", "md5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksum:
    """What the bytes of one request have to give: by one of `ALGORITHMS`, else it is a ValueError."""

    algorithm: str
    digest: bytes

    def __post_init__(self) -> None:
        """Refuse what cannot be computed."""
        if self.algorithm not in ALGORITHMS:
            raise ValueError(f"no checksum is computed by {self.algorithm[:20]}")


class AppendToUpload(Struct, frozen=True, kw_only=True):
    """Send the next bytes of a resumable upload, from `offset` on, which is what the upload is at.

    What has come stays when the sender hangs up; with a checksum all of it stays, or nothing. Any process may take the
    next request. Of several that send at once one goes on. The last byte finishes the upload.
    """

    begin: Callable[[], MediaUnitOfWork]
    reads: MediaReads
    storage: Storage
    arrive: Arrive
    clock: Clock
    ids: Ids

    async def __call__(
        self, actor: Actor, id: FileId, offset: int, chunks: AsyncIterable[bytes], checksum: Checksum | None = None
    ) -> UploadView:
        try:
            upload = await my_upload(self.reads, actor, id, self.clock)
        except UploadNotFound:
            await my_arrived(self.reads, actor, id)
            raise OffsetMismatch from None
        upload.must_be(Transport.TUS)
        upload.at(offset)
        try:
            return await self._append(actor, upload, chunks, checksum)
        except EditedMeanwhile:
            raise UploadBusy from None
        except UploadMissing:
            return await self._rescued(actor, id)

    async def _append(
        self, actor: Actor, upload: Upload, chunks: AsyncIterable[bytes], checksum: Checksum | None
    ) -> UploadView:
        digest = hashlib.new(checksum.algorithm if checksum else "md5", usedforsecurity=False)
        broken: list[BaseException] = []
        rest, ahead = await self._tail(upload), upload
        async for chunk in _as_they_come(chunks, broken):
            rest += chunk
            if ahead.parts * PART_SIZE + len(rest) > upload.size:
                raise FileTooLarge("There are more bytes than were announced.")
            if checksum:
                digest.update(chunk)
            while len(rest) >= PART_SIZE and ahead.parts + 1 < upload.parts_in_all:
                ahead = await self._with_part(ahead, bytes(rest[:PART_SIZE]))
                ahead = ahead if checksum else await self._saved(ahead)
                del rest[:PART_SIZE]
        if checksum and (broken or digest.digest() != checksum.digest):
            raise broken[0] if broken else ChecksumMismatch
        view = await self._kept(actor, upload, ahead, bytes(rest))
        if broken:
            raise broken[0]
        return view

    async def _tail(self, upload: Upload) -> bytearray:
        """What was kept behind the whole parts."""
        if upload.tail is None:
            return bytearray()
        try:
            async with self.storage.open(upload.tail) as opened:
                return bytearray(b"".join([chunk async for chunk in opened.chunks]))
        except ObjectMissing:
            now = await self.reads.upload(upload.id)
            raise UploadNotFound if now == upload else UploadBusy from None

    async def _with_part(self, upload: Upload, content: bytes) -> Upload:
        """The upload with one more whole part, which does not count before the upload is saved."""
        if not upload.parted:
            upload = await self._started(upload)
        key = quarantine_key(upload.id)
        return upload.sealed([await self.storage.put_part(key, upload.parted, upload.parts + 1, content)])

    async def _started(self, upload: Upload) -> Upload:
        """The upload, begun at the storage."""
        key = quarantine_key(upload.id)
        parted = await self.storage.start(key, media_type=upload.media_type)
        try:
            return await self._saved(replace(upload, parted=parted))
        except EditedMeanwhile:
            await self.storage.abort(key, parted)
            raise

    async def _saved(self, upload: Upload) -> Upload:
        async with self.begin() as uow:
            saved = await uow.uploads.save(upload)
            await uow.commit()
        return saved

    async def _kept(self, actor: Actor, upload: Upload, ahead: Upload, rest: bytes) -> UploadView:
        """All that came, counted; `upload` is how it was before, `ahead` has the whole parts that came."""
        if ahead.parts * PART_SIZE + len(rest) == upload.size:
            return finished_view(await self._finished(actor, ahead, rest))
        if (ahead.parts, len(rest)) == (upload.parts, upload.tail_size):
            return upload_view(ahead)
        if rest:
            tail = f"{arrivals_prefix(upload.id)}{self.ids.new()}"
            await self.storage.put(tail, rest, size=len(rest))
            ahead = ahead.with_tail(tail, len(rest))
        saved = await self._saved(ahead)
        if upload.tail is not None:
            with suppress(StorageUnavailable):  # else it goes when the upload is over
                await self.storage.delete(upload.tail)
        return upload_view(saved)

    async def _finished(self, actor: Actor, upload: Upload, rest: bytes) -> File:
        """The file, all of whose bytes are there with this rest."""
        key = quarantine_key(upload.id)
        if upload.parts == 0:
            await self.storage.put(key, rest, size=len(rest), media_type=upload.media_type)
            return await self.arrive(upload, upload.size, actor)
        last = await self.storage.put_part(key, upload.parted, upload.parts + 1, rest)
        parts = [part for part in await self.storage.parts(key, upload.parted) if part.number <= last.number]
        _refuse_replaced(upload, parts, last)
        try:
            joined = await self.storage.complete(key, upload.parted, parts)
        except WrongContent:
            raise UploadBusy from None
        return await self.arrive(upload, joined.size, actor)

    async def _rescued(self, actor: Actor, id: FileId) -> UploadView:
        """The upload is over at the storage: whoever joined its parts may not have come to say so."""
        upload = await my_upload(self.reads, actor, id, self.clock)
        found = await self.storage.stat(quarantine_key(id))
        if found is None:
            raise UploadNotFound
        try:
            return finished_view(await self.arrive(upload, found.size, actor))
        except EditedMeanwhile:
            raise UploadBusy from None


async def _as_they_come(chunks: AsyncIterable[bytes], broken: list[BaseException]) -> AsyncIterator[bytes]:
    """The chunks until they end; if by an error, or because the task is cancelled, `broken` tells."""
    try:
        async for chunk in chunks:
            yield chunk
    except BaseException as error:
        broken.append(error)


def _refuse_replaced(upload: Upload, parts: Sequence[Part], last: Part) -> None:
    """Raises ContentRefused unless these are the parts that were counted, and the last one."""
    fresh = replace(upload, parts=0, seal=None)
    if fresh.sealed(parts[:-1]).seal != upload.seal or list(parts[-1:]) != [last]:
        raise ContentRefused("Parts of the upload were replaced while it was sent. Send it anew.")
