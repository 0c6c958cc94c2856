"""Files that come out of something that we have already, such as an archive: for an owner, under ids chosen before."""

from collections.abc import AsyncIterable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from functools import partial

from msgspec import Struct

from asperguide.media.arriving import Arrive
from asperguide.media.checks import check_declared, check_size
from asperguide.media.errors import ChecksumMismatch, InvalidFile
from asperguide.media.model import File, FileId, quarantine_key
from asperguide.media.ports import MediaPolicy, MediaReads, MediaUnitOfWork, Room, TypeDetector
from asperguide.media.settling import give_up
from asperguide.media.transport import LIFETIME, Transport, Upload
from asperguide.media.uploading import NewUpload, set_aside
from asperguide.shared.commands import checked
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.storage import Storage, WrongContent

Chunks = Callable[[], AbstractAsyncContextManager[AsyncIterable[bytes]]]


class ReceiveFile(Struct, frozen=True, kw_only=True):
    """Make a file of an owner, of any size that can be sent, and check it like every other; what has come stays.

    Begun anew after a crash it goes on, or begins with the first byte. Raises what uploads do: TypeRefused,
    FileTooLarge, QuotaExceeded, ChecksumMismatch. A file that is refused is given as such.
    """

    begin: Callable[[], MediaUnitOfWork]
    reads: MediaReads
    storage: Storage
    detector: TypeDetector
    arrive: Arrive
    clock: Clock
    policy: MediaPolicy

    async def __call__(self, id: FileId, new: NewUpload, chunks: Chunks, owner: Room) -> File:
        new = checked(new, InvalidFile)
        check_declared(new.name, new.media_type, self.detector)
        check_size(new.size, self.policy.largest_file, Transport.DIRECT)
        known = await self.reads.file(id)
        if known is not None and not known.awaited:
            return known
        await until_unhindered(partial(self._give_up, id))
        file, upload = _made(id, new, owner, self.clock.now())
        async with self.begin() as uow:
            await set_aside(uow, file, upload, replace(self.policy, quota_bytes=owner.most_bytes))
            await uow.commit()
        await self._put(upload, chunks)
        return await self.arrive(upload, upload.size, None)

    async def _put(self, upload: Upload, chunks: Chunks) -> None:
        """What does not arrive whole is given up when its time is over, or when it is begun anew."""
        try:
            async with chunks() as content:
                await self.storage.put(
                    quarantine_key(upload.id), content, size=upload.size, media_type=upload.media_type,
                    sha256=upload.sha256,
                )  # fmt: skip
        except WrongContent:
            await until_unhindered(partial(self._give_up, upload.id))
            raise ChecksumMismatch from None

    async def _give_up(self, id: FileId) -> None:
        async with self.begin() as uow:
            if (upload := await uow.uploads.get(id)) is not None:
                await give_up(uow, upload)
                await uow.commit()


def _made(id: FileId, new: NewUpload, owner: Room, now: datetime) -> tuple[File, Upload]:
    sha256 = bytes.fromhex(new.sha256) if new.sha256 else None
    file = File(
        id=id, owner=owner.owner, name=new.name, key=quarantine_key(id), size=new.size, media_type=new.media_type,
        sha256=sha256, created_at=now, updated_at=now,
    )  # fmt: skip
    upload = Upload(
        id=id, owner=owner.owner, transport=Transport.DIRECT, size=new.size, media_type=new.media_type, sha256=sha256,
        created_at=now, expires_at=now + LIFETIME,
    )  # fmt: skip
    return file, upload
