"""Sending files: starting an upload, where its parts go, how far it is, giving it up, finishing it.

Bytes never touch us on their way unless by tus or in one small request: the sender gets signed requests to the storage.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from asperguide.media.arriving import Arrive
from asperguide.media.checks import check_declared, check_size
from asperguide.media.errors import InvalidFile, QuotaExceeded, UploadIncomplete, UploadNotFound
from asperguide.media.model import (
    File,
    FileId,
    FileName,
    MediaType,
    Metadata,
    Purpose,
    Sha256,
    Tags,
    Visibility,
    own,
    quarantine_key,
)
from asperguide.media.ports import MediaPolicy, MediaReads, MediaUnitOfWork, TypeDetector
from asperguide.media.settling import give_up
from asperguide.media.transport import DIRECT_UP_TO, LIFETIME, Transport, Upload
from asperguide.media.views import (
    FileView,
    PartLink,
    SendBy,
    StartedUpload,
    UploadView,
    file_view,
    finished_view,
    part_link,
    send_by,
    upload_view,
)
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.errors import EditedMeanwhile, FieldError
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.storage import BINARY, Part, SignedLinks, Storage, UploadMissing, WrongContent

MOST_PART_LINKS = 100
A_SECOND = timedelta(seconds=1)


class NewUpload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that is to be sent. Without `transport` it is chosen by size: `direct`, or `multipart` from 64 MiB on."""

    name: FileName
    size: Annotated[int, Meta(ge=1, description="Bytes.", examples=[1_048_576])]
    media_type: MediaType = BINARY
    sha256: Sha256 | None = None
    visibility: Visibility = Visibility.PRIVATE
    purpose: Purpose = ""
    tags: Tags = ()
    metadata: Metadata = {}
    transport: Transport | None = None


class StartUpload(Struct, frozen=True, kw_only=True):
    """Announce a file that is to be sent, and learn how.

    Room is set aside for it at once. It has to be sent within 24 hours: `direct` by the one request in `send`, then
    finish it; `multipart` in parts of 8 MiB that links are asked for, then finish it; `tus` by resumable requests, of
    which the last one finishes it. A type of `application/octet-stream` means that we shall look ourselves.
    """

    begin: Callable[[], MediaUnitOfWork]
    links: SignedLinks
    detector: TypeDetector
    clock: Clock
    ids: Ids
    policy: MediaPolicy

    async def __call__(self, actor: Actor, new: NewUpload) -> StartedUpload:
        transport = new.transport or (Transport.DIRECT if new.size <= DIRECT_UP_TO else Transport.MULTIPART)
        if transport is Transport.SMALL:
            wrong = FieldError(pointer="#/transport", code="NOT_ALLOWED", detail="Small files are sent without this.")
            raise InvalidFile(fields=(wrong,))
        new = checked(new, InvalidFile)
        check_declared(new.name, new.media_type, self.detector)
        check_size(new.size, self.policy.largest_file, transport)
        file, upload = self._made(actor, new, transport)
        send = await self._send(upload)
        answer = StartedUpload(file=file_view(file, actor), upload=upload_view(upload), send=send)
        async with self.begin() as uow:
            await set_aside(uow, file, upload, self.policy)
            await uow.commit(answer)
        return answer

    def _made(self, actor: Actor, new: NewUpload, transport: Transport) -> tuple[File, Upload]:
        id, now = FileId(self.ids.new()), self.clock.now()
        sha256 = bytes.fromhex(new.sha256) if new.sha256 else None
        file = File(
            id=id, owner=own(actor.user), name=new.name, key=quarantine_key(id), size=new.size,
            media_type=new.media_type, sha256=sha256, visibility=new.visibility, purpose=new.purpose, tags=new.tags,
            metadata=new.metadata, created_at=now, updated_at=now,
        )  # fmt: skip
        upload = Upload(
            id=id, owner=file.owner, transport=transport, size=new.size, media_type=new.media_type, sha256=sha256,
            created_at=now, expires_at=now + LIFETIME,
        )  # fmt: skip
        return file, upload

    async def _send(self, upload: Upload) -> SendBy | None:
        if upload.transport is not Transport.DIRECT:
            return None
        return send_by(
            await self.links.put_link(
                quarantine_key(upload.id), LIFETIME, size=upload.size, media_type=upload.media_type,
                sha256=upload.sha256,
            )
        )  # fmt: skip


async def set_aside(uow: MediaUnitOfWork, file: File, upload: Upload, policy: MediaPolicy) -> None:
    """Await the file: its row, its upload's, and room for it. Raises QuotaExceeded."""
    most_bytes, most_files = policy.quota_bytes, policy.quota_files
    if not await uow.quotas.reserve(file.owner, file.size, most_bytes=most_bytes, most_files=most_files):
        raise QuotaExceeded
    await uow.files.add(file)
    await uow.uploads.add(upload)


async def my_upload(reads: MediaReads, actor: Actor, id: FileId, clock: Clock) -> Upload:
    """The upload, if it is the actor's and goes on. Raises UploadNotFound."""
    upload = await reads.upload(id)
    if upload is None or upload.owner != own(actor.user) or upload.expired(clock.now()):
        raise UploadNotFound
    return upload


async def my_arrived(reads: MediaReads, actor: Actor, id: FileId) -> File:
    """The file that the actor sent by this upload, which is over. Raises UploadNotFound."""
    file = await reads.file(id)
    if file is None or not file.belongs_to(actor) or file.awaited:
        raise UploadNotFound
    return file


class GetUpload(Struct, frozen=True, kw_only=True):
    """How far an upload of mine is. One that was finished is told as complete, for as long as there is the file."""

    reads: MediaReads
    clock: Clock

    async def __call__(self, actor: Actor, id: FileId) -> UploadView:
        with suppress(UploadNotFound):
            return upload_view(await my_upload(self.reads, actor, id, self.clock))
        return finished_view(await my_arrived(self.reads, actor, id))


class ListUploads(Struct, frozen=True, kw_only=True):
    """My uploads under way, the newest first."""

    reads: MediaReads

    async def __call__(self, actor: Actor, page: PageRequest = PageRequest()) -> Page[UploadView]:
        found = await self.reads.uploads(own(actor.user), page)
        return Page(items=tuple(map(upload_view, found.items)), next_cursor=found.next_cursor, total=found.total)


class AbortUpload(Struct, frozen=True, kw_only=True):
    """Give an upload up: what was sent is thrown away, and the room set aside for it is free again."""

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock

    async def __call__(self, actor: Actor, id: FileId) -> None:
        await until_unhindered(partial(self._give_up, actor, id))

    async def _give_up(self, actor: Actor, id: FileId) -> None:
        async with self.begin() as uow:
            upload = await uow.uploads.get(id)
            if upload is None or upload.owner != own(actor.user) or upload.expired(self.clock.now()):
                raise UploadNotFound
            await give_up(uow, upload)
            await uow.commit()


class LinkParts(Struct, frozen=True, kw_only=True):
    """Where to send parts of an upload to: one signed request for each number asked for, at most 100 at once.

    Parts are numbered from 1 and have 8 MiB each, the last one what is left. They may be sent in any order, at once,
    and again; links can be asked for again.
    """

    begin: Callable[[], MediaUnitOfWork]
    reads: MediaReads
    storage: Storage
    clock: Clock

    async def __call__(self, actor: Actor, id: FileId, numbers: Sequence[int]) -> tuple[PartLink, ...]:
        upload = await my_upload(self.reads, actor, id, self.clock)
        upload.must_be(Transport.MULTIPART)
        if not 1 <= len(numbers) <= MOST_PART_LINKS or not all(1 <= n <= upload.parts_in_all for n in numbers):
            detail = f"1 to {MOST_PART_LINKS} numbers from 1 to {upload.parts_in_all}."
            raise InvalidFile(fields=(FieldError(pointer="#/numbers", code="OUT_OF_RANGE", detail=detail),))
        if not upload.parted:
            upload = await self._started(actor, upload)
        return tuple([await self._link(upload, number) for number in dict.fromkeys(numbers)])

    async def _started(self, actor: Actor, upload: Upload) -> Upload:
        """The upload, begun at the storage; by somebody else if they were faster."""
        key = quarantine_key(upload.id)
        parted = await self.storage.start(key, media_type=upload.media_type)
        try:
            async with self.begin() as uow:
                saved = await uow.uploads.save(replace(upload, parted=parted))
                await uow.commit()
        except EditedMeanwhile:
            await self.storage.abort(key, parted)
            saved = await my_upload(self.reads, actor, upload.id, self.clock)
        return saved

    async def _link(self, upload: Upload, number: int) -> PartLink:
        left, size = max(upload.expires_at - self.clock.now(), A_SECOND), upload.size_of(number)
        signed = await self.storage.part_link(quarantine_key(upload.id), upload.parted, number, left, size=size)
        return part_link(number, size, signed)


class FinishUpload(Struct, frozen=True, kw_only=True):
    """Say that every byte was sent.

    A small file is checked at once: it is `ready` then, or `refused` with the reason. Others are `quarantined` until a
    worker has looked at them. Finishing twice does no harm: the second answer tells what has become of the file.
    """

    reads: MediaReads
    storage: Storage
    arrive: Arrive
    clock: Clock

    async def __call__(self, actor: Actor, id: FileId) -> FileView:
        # Somebody else may finish it at any moment: then what has become of it is the answer.
        with suppress(EditedMeanwhile, UploadNotFound):
            upload = await my_upload(self.reads, actor, id, self.clock)
            return file_view(await self.arrive(upload, await self._size(upload), actor), actor)
        return file_view(await my_arrived(self.reads, actor, id), actor)

    async def _size(self, upload: Upload) -> int:
        """How many bytes lie in quarantine."""
        size = await (self._joined(upload) if upload.transport is Transport.MULTIPART else self._sent(upload))
        if size is not None:
            return size
        raise EditedMeanwhile if await self.reads.upload(upload.id) is None else UploadIncomplete

    async def _sent(self, upload: Upload) -> int | None:
        """After one signed request."""
        upload.must_be(Transport.DIRECT)
        found = await self.storage.stat(quarantine_key(upload.id))
        return None if found is None else found.size

    async def _joined(self, upload: Upload) -> int | None:
        """After all parts were made one object; that may have happened already."""
        key = quarantine_key(upload.id)
        if not upload.parted:
            return None
        try:
            parts = await self.storage.parts(key, upload.parted)
            _refuse_gaps(upload, parts)
            return (await self.storage.complete(key, upload.parted, parts)).size
        except WrongContent:
            return None
        except UploadMissing:
            found = await self.storage.stat(key)
        return None if found is None else found.size


def _refuse_gaps(upload: Upload, parts: Sequence[Part]) -> None:
    sizes = {part.number: part.size for part in parts}
    wanted = {number: upload.size_of(number) for number in range(1, upload.parts_in_all + 1)}
    if missing := sorted(number for number in sizes.keys() | wanted.keys() if sizes.get(number) != wanted.get(number)):
        shown = ", ".join(map(str, missing[:10])) + (", ..." if len(missing) > 10 else "")
        raise UploadIncomplete(f"These parts are missing or have another size: {shown}.")
