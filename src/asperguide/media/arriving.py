"""The moment in which all bytes of a file are there."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from msgspec import Struct

from asperguide.media.examining import WRONG_SIZE, ExamineFile, Verdict
from asperguide.media.model import File, quarantine_key
from asperguide.media.ports import MediaReads, MediaUnitOfWork
from asperguide.media.settling import leave_copy, leave_pieces, quarantine, settle
from asperguide.media.transport import SMALL, Transport, Upload
from asperguide.media.views import file_view
from asperguide.shared.actor import Actor
from asperguide.shared.errors import DomainError, EditedMeanwhile, StorageUnavailable
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.storage import ObjectStorage

SLOW = ("video/", "audio/")


class Arrive(Struct, frozen=True, kw_only=True):
    """End an upload whose bytes, `size` of them, lie in quarantine.

    Small files that somebody waits for are looked at first, so that they are ready, or refused, in the transaction that
    ends the upload. All others, and small ones that nobody can look at right now, wait for a worker. Without an actor
    it is a part of something else, which has an answer of its own. Raises EditedMeanwhile when the upload is over, or
    no longer the one that was meant.
    """

    begin: Callable[[], MediaUnitOfWork]
    reads: MediaReads
    storage: ObjectStorage
    examine: ExamineFile
    clock: Clock

    async def __call__(self, upload: Upload, size: int, actor: Actor | None) -> File:
        verdict = await self._verdict(upload, size)
        try:
            file = await until_unhindered(partial(self._end, upload, size, verdict, actor))
        except EditedMeanwhile:
            await self._leave_copy(upload, verdict)
            raise
        if verdict is not None and verdict.content is not None:
            with suppress(StorageUnavailable):  # what stays is swept away one day
                await self.storage.delete(quarantine_key(file.id))
        return file

    async def _verdict(self, upload: Upload, size: int) -> Verdict | None:
        """What is to become of the file; None when a worker is to decide that."""
        if upload.transport is not Transport.SMALL and size != upload.size:
            return Verdict(refusal=WRONG_SIZE)
        if upload.transport is Transport.TUS or size > SMALL or upload.media_type.startswith(SLOW):
            return None
        file = await self.reads.file(upload.id)
        if file is None:
            raise EditedMeanwhile
        with suppress(DomainError):
            return await self.examine(file, size)
        return None

    async def _end(self, upload: Upload, size: int, verdict: Verdict | None, actor: Actor | None) -> File:
        now = self.clock.now()
        async with self.begin() as uow:
            await uow.uploads.remove(upload)
            file = await uow.files.get(upload.id)
            if file is None:
                raise EditedMeanwhile
            if verdict is None:
                ended = await quarantine(uow, file, size, now)
            else:
                ended = await settle(uow, file, verdict, now)
            leave_pieces(uow, upload)
            await uow.commit(None if actor is None else file_view(ended, actor))
        return ended

    async def _leave_copy(self, upload: Upload, verdict: Verdict | None) -> None:
        """Somebody else was faster: the copy that was made here may be one too many."""
        if verdict is None or verdict.content is None:
            return
        async with self.begin() as uow:
            leave_copy(uow, await uow.files.get(upload.id), verdict.key)
            await uow.commit()
