"""Deciding over files that have arrived: a worker looks at every byte and keeps the file, or refuses it."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import UUID

from msgspec import Struct

from asperguide.media.events import FileArrived, FileSettled
from asperguide.media.examining import ExamineFile, Verdict
from asperguide.media.model import File, FileId, FileState, quarantine_key
from asperguide.media.ports import MediaUnitOfWork
from asperguide.media.settling import leave_copy, settle
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.storage import ObjectStorage


class CheckFile(Struct, frozen=True, kw_only=True):
    """Look at a file that has arrived, and make it ready or refuse it.

    It can be stopped at any point and begun anew, and be done by several at once: what is kept is decided by one of
    them, and lies at a place that is named by its content.
    """

    begin: Callable[[], MediaUnitOfWork]
    storage: ObjectStorage
    examine: ExamineFile
    clock: Clock

    async def __call__(self, message: FileArrived, job: UUID | None = None) -> None:
        file = await until_unhindered(partial(self._begin, message.file, job))
        if file is None:
            return
        verdict = await self.examine(file, file.size)
        await until_unhindered(partial(self._decide, message.file, verdict, job))
        if verdict.content is not None:
            with suppress(StorageUnavailable):  # what stays is swept away one day
                await self.storage.delete(quarantine_key(file.id))

    async def _begin(self, id: FileId, job: UUID | None) -> File | None:
        """The file, now being checked; None, and the job is done, when there is nothing to check (any more)."""
        async with self.begin() as uow:
            file = await uow.files.get(id)
            if file is None or not file.unchecked:
                uow.complete(job)
                await uow.commit()
                return None
            if file.state is FileState.QUARANTINED:
                file = await uow.files.save(file.being_checked(self.clock.now()))
                await uow.commit()
        return file

    async def _decide(self, id: FileId, verdict: Verdict, job: UUID | None) -> None:
        async with self.begin() as uow:
            file = await uow.files.get(id)
            if file is not None and file.unchecked:
                await settle(uow, file, verdict, self.clock.now())
                uow.announce(FileSettled(file=id))
            elif verdict.content is not None:
                leave_copy(uow, file, verdict.key)
            uow.complete(job)
            await uow.commit()
