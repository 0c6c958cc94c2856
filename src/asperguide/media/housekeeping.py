"""Throwing away what is over: uploads that were not finished, files that were deleted, links that expired."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from asperguide.media.events import ObjectsAbandoned
from asperguide.media.model import RETENTION, File, FileState, own
from asperguide.media.ports import MediaReads, MediaUnitOfWork
from asperguide.media.settling import forget, give_up
from asperguide.media.transport import Upload
from asperguide.shared.actor import UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import PageRequest
from asperguide.shared.ports import Clock
from asperguide.shared.storage import Storage

BATCH = 100
LINKS_AT_ONCE = 1000


class ExpireUploads(Struct, frozen=True, kw_only=True):
    """Give up every upload that was not finished in time, each in its own transaction. How many."""

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock

    async def __call__(self, job: UUID | None = None) -> int:
        total = 0
        while found := await self._given_up():
            total += found
        await _end(self.begin, job)
        return total

    async def _given_up(self) -> int:
        async with self.begin() as uow:
            over: Sequence[Upload] = await uow.uploads.expired(self.clock.now(), BATCH)
        return sum([await _alone(self.begin, partial(_give_up, upload)) for upload in over])


class PurgeDeletedFiles(Struct, frozen=True, kw_only=True):
    """Forget files 7 days after they were deleted or refused, each in its own transaction; their bytes follow."""

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock

    async def __call__(self, job: UUID | None = None) -> int:
        total = 0
        for state in (FileState.DELETED, FileState.REFUSED):
            while found := await self._purged(state):
                total += found
        await _end(self.begin, job)
        return total

    async def _purged(self, state: FileState) -> int:
        async with self.begin() as uow:
            over: Sequence[File] = await uow.files.in_state_since(state, self.clock.now() - RETENTION, BATCH)
        return sum([await _alone(self.begin, partial(_forget, file)) for file in over])


class Gone(Protocol):
    """That a user is no more, as whoever kept them announces it."""

    @property
    def user(self) -> UserId:
        """Who it was."""
        ...


class ForgetOwner(Struct, frozen=True, kw_only=True):
    """Forget every file and upload of somebody who is gone, in whatever state, each in its own transaction.

    Their bytes follow. Raises EditedMeanwhile when others come in the way of all that is left: call it again.
    """

    begin: Callable[[], MediaUnitOfWork]
    reads: MediaReads

    async def __call__(self, message: Gone, job: UUID | None = None) -> int:
        owner, page, total = own(message.user), PageRequest(limit=BATCH), 0
        while changes := [
            *(partial(_give_up, upload) for upload in (await self.reads.uploads(owner, page)).items),
            *(partial(_forget, file) for file in (await self.reads.files(owner, page)).items),
        ]:
            done = sum([await _alone(self.begin, change) for change in changes])
            if not done:
                raise EditedMeanwhile
            total += done
        await _end(self.begin, job)
        return total


async def _give_up(upload: Upload, uow: MediaUnitOfWork) -> None:
    await give_up(uow, upload)


async def _forget(file: File, uow: MediaUnitOfWork) -> None:
    await forget(uow, file)


async def _alone(begin: Callable[[], MediaUnitOfWork], change: Callable[[MediaUnitOfWork], Awaitable[None]]) -> bool:
    """Whether the change was made: it is not when somebody finished, restored or removed the same thing first."""
    async with begin() as uow:
        with suppress(EditedMeanwhile):
            await change(uow)
            await uow.commit()
            return True
    return False


async def _end(begin: Callable[[], MediaUnitOfWork], job: UUID | None) -> None:
    async with begin() as uow:
        uow.complete(job)
        await uow.commit()


class PruneLinks(Struct, frozen=True, kw_only=True):
    """Forget links that have expired. How many."""

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock

    async def __call__(self, job: UUID | None = None) -> int:
        total, before = 0, self.clock.now()
        while True:
            async with self.begin() as uow:
                count = await uow.links.delete_over(before, LINKS_AT_ONCE)
                if count < LINKS_AT_ONCE:
                    uow.complete(job)
                await uow.commit()
            total += count
            if count < LINKS_AT_ONCE:
                return total


class RemoveObjects(Struct, frozen=True, kw_only=True):
    """Remove what nothing points to any more: objects, and what has come of uploads in parts."""

    begin: Callable[[], MediaUnitOfWork]
    storage: Storage

    async def __call__(self, message: ObjectsAbandoned, job: UUID | None = None) -> None:
        if message.key.endswith("/"):
            await self._remove_all(message.key)
        else:
            for upload in await self.storage.open_uploads(message.key):
                if upload.key == message.key:
                    await self.storage.abort(upload.key, upload.id)
            await self.storage.delete(message.key)
        await _end(self.begin, job)

    async def _remove_all(self, prefix: str) -> None:
        while found := (await self.storage.list(prefix)).objects:
            await self.storage.delete(*(one.key for one in found))
