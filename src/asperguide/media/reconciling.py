"""Comparing what is stored with what is known, and mending the differences; safe beside everything that goes on."""

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec

from asperguide.media import comparing
from asperguide.media.model import File, FileId, FileState, OwnerId, derived_prefix, final_prefix
from asperguide.media.ports import MediaReads, MediaUnitOfWork
from asperguide.media.settling import abandon, forget, have_checked
from asperguide.media.transport import Usage
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ports import Clock
from asperguide.shared.storage import OpenUpload, Storage, StoredObject

log = logging.getLogger(__name__)

PAGE = 500
MOST_NAMED = 1000
LOST = "The bytes of this file were lost."
SUSPICIOUS = 100
SUSPICIOUS_SHARE = 0.05
"""What is thrown away without anybody looking: so many orphans, or this share of all objects if that is more."""

Found = tuple[list[File], list[File], set[OwnerId]]
"""Files that are lost, those that are stuck, and whose files there are."""


class QuotaDifference(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted for an owner, and what they have indeed."""

    owner: OwnerId
    counted: Usage
    actual: Usage


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What does not fit together. At most 1000 things of a kind are named.

    Orphans are objects, and stale uploads are uploads in parts, that nothing has pointed to for 48 hours; lost are
    files without their bytes; stuck are files that wait for a check since a day. `objects` is how many were looked at.
    """

    objects: int = 0
    orphans: int = 0
    orphan_bytes: int = 0
    orphan_keys: tuple[str, ...] = ()
    lost: tuple[FileId, ...] = ()
    stale_uploads: tuple[str, ...] = ()
    stuck: tuple[FileId, ...] = ()
    quotas: tuple[QuotaDifference, ...] = ()
    mended: bool = False

    @property
    def clean(self) -> bool:
        """Whether everything fits."""
        return not (self.orphans or self.lost or self.stale_uploads or self.stuck or self.quotas)

    @property
    def suspicious(self) -> bool:
        """Whether so much is orphaned that it looks as if this were another database's bucket, or an old backup."""
        return self.orphans > max(SUSPICIOUS, self.objects * SUSPICIOUS_SHARE)


class Reconcile(msgspec.Struct, frozen=True, kw_only=True):
    """Compare the storage with the database, and with `mend` put right what does not fit.

    Orphans and stale uploads are removed, quotas set to what was counted, stuck files given to a worker again. Lost
    files are refused, so that nobody tries to read them; if they were deleted already they are forgotten. Nothing is
    done about lost ones with `spare_lost`. It can be stopped at any point, and be run by several at once.
    """

    begin: Callable[[], MediaUnitOfWork]
    reads: MediaReads
    storage: Storage
    clock: Clock

    async def __call__(self, mend: bool = False, *, spare_lost: bool = False) -> Findings:
        now = self.clock.now()
        objects, orphans, size, keys = await self._sweep(now, mend)
        stale = await self._stale(now)
        lost, stuck, owners = await self._files(now)
        quotas = [found async for found in self._quotas(owners, mend)]
        if mend:
            await self._mend(stale, stuck, [] if spare_lost else lost)
        return Findings(
            objects=objects, orphans=orphans, orphan_bytes=size, orphan_keys=keys, mended=mend,
            lost=_ids(lost), stuck=_ids(stuck), stale_uploads=tuple(one.key for one in stale[:MOST_NAMED]),
            quotas=tuple(quotas[:MOST_NAMED]),
        )  # fmt: skip

    async def _sweep(self, now: datetime, mend: bool) -> tuple[int, int, int, tuple[str, ...]]:
        """How many objects there are, how many orphans, of how many bytes, and the first of their keys."""
        objects, count, size, keys = 0, 0, 0, list[str]()
        async for page in self._listed(*comparing.PREFIXES):
            objects += len(page)
            found = await self._orphans(comparing.old(page, now))
            count, size = count + len(found), size + sum(one.size for one in found)
            keys.extend(one.key for one in found[: MOST_NAMED - len(keys)])
            if mend and found:
                await self.storage.delete(*(one.key for one in found))
        return objects, count, size, tuple(keys)

    async def _orphans(self, old: Sequence[StoredObject]) -> list[StoredObject]:
        """Files are looked up after their objects: a row that points to one of these was there before."""
        ids = {id for one in old if (id := comparing.file_of(one.key)) is not None}
        found = comparing.orphans(old, await self.reads.by_ids(sorted(ids)) if ids else ())
        keys = {one.key for one in found}
        return [*found, *await self._left_by_runs([one for one in old if one.key not in keys])]

    async def _left_by_runs(self, old: Sequence[StoredObject]) -> list[StoredObject]:
        """What was made of videos by workers that died before it was shown; none works on one for so long."""
        pieces = {one.key: one for one in old if comparing.is_piece(one.key)}
        for id in {comparing.file_of(key) for key in pieces}:
            video = None if id is None else await self.reads.video(id)
            for made in () if video is None else video.made:
                pieces.pop(made.key, None)
        return list(pieces.values())

    async def _listed(self, *prefixes: str) -> AsyncIterator[tuple[StoredObject, ...]]:
        for prefix in prefixes:
            cursor: str | None = None
            while True:
                page = await self.storage.list(prefix, cursor=cursor)
                yield page.objects
                if (cursor := page.next_cursor) is None:
                    break

    async def _stale(self, now: datetime) -> list[OpenUpload]:
        old = comparing.stale(await self.storage.open_uploads(), now)
        ids = (comparing.file_of(one.key) for one in old)
        uploads = [await self.reads.upload(id) for id in ids if id is not None]
        return comparing.unused(old, [upload for upload in uploads if upload is not None])

    async def _files(self, now: datetime) -> Found:
        """Two lists in the same order, that of ids, are read side by side: rows, and objects at their final places."""
        lost, stuck, owners = list[File](), list[File](), set[OwnerId]()
        keys = self._final_keys()
        ahead = await anext(keys, None)
        async for page in self._pages():
            there, last = set[str](), final_prefix(page[-1].id) + "~"
            while ahead is not None and ahead <= last:
                there.add(ahead)
                ahead = await anext(keys, None)
            lost += [file for file in comparing.without_object(page, there) if await self._is_lost(file)]
            stuck += comparing.stuck(page, now)
            owners |= {file.owner for file in page}
        return lost, stuck, owners

    async def _final_keys(self) -> AsyncIterator[str]:
        async for page in self._listed("files/"):
            for one in page:
                yield one.key

    async def _pages(self) -> AsyncIterator[Sequence[File]]:
        after: FileId | None = None
        while page := await self.reads.all_files(after, PAGE):
            yield page
            after = page[-1].id

    async def _is_lost(self, file: File) -> bool:
        """Whether it is so still: it may have come, or gone as it should, since the lists were read."""
        if await self.storage.stat(file.key) is not None:
            return False
        now = await self.reads.file(file.id)
        return now is not None and bool(comparing.without_object([now], ())) and now.key == file.key

    async def _quotas(self, owners: set[OwnerId], mend: bool) -> AsyncIterator[QuotaDifference]:
        after: OwnerId | None = None
        while page := await self.reads.owners(after, PAGE):
            owners |= set(page)
            after = page[-1]
        for owner in sorted(owners):
            async with self.begin() as uow:
                counted, actual = await uow.quotas.usage(owner), await uow.quotas.recount(owner)
                if counted == actual:
                    continue
                if mend:
                    await uow.commit()
            yield QuotaDifference(owner=owner, counted=counted, actual=actual)

    async def _mend(self, stale: Iterable[OpenUpload], stuck: Iterable[File], lost: Iterable[File]) -> None:
        for opened in stale:
            await self.storage.abort(opened.key, opened.id)
        for file in stuck:
            async with self.begin() as uow:
                have_checked(uow, file.id)
                await uow.commit()
        for file in lost:
            with suppress(EditedMeanwhile):  # then the next run looks at it again
                await self._write_off(file)

    async def _write_off(self, file: File) -> None:
        async with self.begin() as uow:
            if file.state is FileState.DELETED:
                await forget(uow, file)
            else:
                await uow.files.save(file.refused(LOST, self.clock.now()))
                await uow.quotas.free(file.owner, file.size)
                abandon(uow, derived_prefix(file.id))
            await uow.commit()


def _ids(files: Sequence[File]) -> tuple[FileId, ...]:
    return tuple(file.id for file in files[:MOST_NAMED])


class TidyMedia(msgspec.Struct, frozen=True, kw_only=True):
    """Reconcile without anybody looking on: mend what is harmless, and say in the log what is not.

    Lost files are only told. So is everything when there are so many orphans that the storage and the database can
    hardly belong together: an old backup that was restored must not cost the files that came after it.
    """

    begin: Callable[[], MediaUnitOfWork]
    reconcile: Reconcile

    async def __call__(self, job: UUID | None = None) -> Findings:
        found = await self.reconcile()
        for id in found.lost:
            log.error("the bytes of file %s are not in the storage", id)
        if found.suspicious:
            log.error("%d of %d objects belong to no file: not removed by itself", found.orphans, found.objects)
        elif not found.clean:
            found = await self.reconcile(mend=True, spare_lost=True)
        async with self.begin() as uow:
            uow.complete(job)
            await uow.commit()
        return found
