"""Files of those who are no users, such as companies: how they get them, what is made of them, and how they lose them.

Nobody is let through here: whoever calls has asked before what the person in front of them may do.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from msgspec import Struct

from asperguide.media.errors import InvalidFile, QuotaExceeded, VideoNotFound
from asperguide.media.model import File, FileId, FileState, OwnerId
from asperguide.media.ports import MediaPolicy, MediaUnitOfWork, Room
from asperguide.media.posters import have_stills_made
from asperguide.media.settling import forget, give_up, have_processed, processing_key
from asperguide.media.videos import Video, VideoState
from asperguide.shared.actor import Actor, UserId, refuse_impersonators
from asperguide.shared.errors import FieldError
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered

FRESH = timedelta(seconds=30)
"""How long a file counts as touched, before it is touched again."""
UNFIT = {
    FileState.AWAITING: "Not all bytes of this file have arrived.",
    FileState.REFUSED: "This file was refused.",
    FileState.DELETED: "This file was deleted.",
}


Look = Callable[[Sequence[File]], None]
"""Raises whatever it likes when files, in the order that they were given in, are not to be handed over."""


def _all_well(_: Sequence[File]) -> None:
    return


class HandOver(Struct, frozen=True, kw_only=True):
    """Make files of mine somebody else's: all or none, with what was made of them, and what they count for.

    Nobody else sees them then, and links to them end. What is theirs already stays so, and counts as touched. Files are
    of the given families of types. Nobody gives files away while acting for somebody else. Raises InvalidFile, whose
    pointers are the places of files in the order that they were given in; QuotaExceeded.
    """

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock
    policy: MediaPolicy

    async def __call__(
        self, actor: Actor, files: Sequence[FileId], to: Room, families: Collection[str], look: Look = _all_well
    ) -> Sequence[File]:
        refuse_impersonators(actor)
        return await until_unhindered(partial(self._move_all, actor, files, to, families, look))

    async def _move_all(
        self, actor: Actor, files: Sequence[FileId], to: Room, families: Collection[str], look: Look
    ) -> Sequence[File]:
        async with self.begin() as uow:
            found = [await uow.files.get(id) for id in files]
            fit = _fit(found, actor, to, families)
            look(fit)
            moved = {file.id: await self._moved(uow, file, to) for file in {file.id: file for file in fit}.values()}
            await uow.commit()
        return [moved[id] for id in files]

    async def _moved(self, uow: MediaUnitOfWork, file: File, to: Room) -> File:
        now = self.clock.now()
        if file.owner == to.owner and now - file.updated_at < FRESH:
            return file  # many may name it at once: none of them is to come in the way of another
        if file.owner != to.owner:
            await self._count(uow, file, to)
            await uow.links.revoke_all(file.id)
            if (video := await uow.videos.get(file.id)) is not None:
                await uow.videos.save(video.handed_to(to.owner, now))
        return await uow.files.save(file.handed_to(to.owner, now))

    async def _count(self, uow: MediaUnitOfWork, file: File, to: Room) -> None:
        """From what one owner has, or has set aside, to the same of the other."""
        most_files = self.policy.quota_files
        if not await uow.quotas.reserve(to.owner, file.size, most_bytes=to.most_bytes, most_files=most_files):
            raise QuotaExceeded
        if file.state is FileState.READY:
            await uow.quotas.settle(to.owner, file.size, file.size)
            await uow.quotas.free(file.owner, file.size)
        else:
            await uow.quotas.release(file.owner, file.size)


def _fit(found: Sequence[File | None], actor: Actor, to: Room, families: Collection[str]) -> list[File]:
    """The files. Raises InvalidFile unless all of them can be handed over."""
    wrong, fit = [], []
    for place, file in enumerate(found):
        if file is None or (file.owner != to.owner and not file.belongs_to(actor)):
            wrong.append(FieldError(pointer=f"#/{place}", code="UNKNOWN", detail="There is no such file of yours."))
        elif file.state in UNFIT:
            wrong.append(FieldError(pointer=f"#/{place}", code="NOT_ALLOWED", detail=UNFIT[file.state]))
        elif file.family not in families:
            wrong.append(FieldError(pointer=f"#/{place}", code="NOT_ALLOWED", detail="It has another type."))
        else:
            fit.append(file)
    if wrong:
        raise InvalidFile(fields=tuple(wrong))
    return fit


class DropFiles(Struct, frozen=True, kw_only=True):
    """Throw files of an owner away for good, each in its own transaction; their bytes follow. Those that stay.

    What is not theirs is left alone, and so is what has changed since that instant, if one is given: it stays.
    """

    begin: Callable[[], MediaUnitOfWork]

    async def __call__(
        self, owner: OwnerId, files: Collection[FileId], untouched_since: datetime | None = None
    ) -> Sequence[FileId]:
        return [
            id
            for id in dict.fromkeys(files)
            if not await until_unhindered(partial(self._drop, owner, id, untouched_since))
        ]

    async def _drop(self, owner: OwnerId, id: FileId, untouched_since: datetime | None) -> bool:
        """Whether it is gone, or was never theirs."""
        async with self.begin() as uow:
            file = await uow.files.get(id)
            if file is None or file.owner != owner:
                return True
            if untouched_since is not None and file.updated_at >= untouched_since:
                return False
            upload = await uow.uploads.get(id) if file.awaited else None
            await (forget(uow, file) if upload is None else give_up(uow, upload))
            await uow.commit()
        return True


class ProcessAgain(Struct, frozen=True, kw_only=True):
    """Have a video of an owner processed once more; what was made before is shown until then.

    Nothing while a job is at it. `by` can follow the job. Raises VideoNotFound.
    """

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock

    async def __call__(self, owner: OwnerId, id: FileId, by: UserId) -> None:
        await until_unhindered(partial(self._again, owner, id, by))

    async def _again(self, owner: OwnerId, id: FileId, by: UserId) -> None:
        async with self.begin() as uow:
            file, video = await _video_of(uow, owner, id)
            if await uow.live_job(processing_key(id)) is None:
                await uow.videos.save(video.waiting(have_processed(uow, file, by), self.clock.now()))
                await uow.commit()


class ChooseMoment(Struct, frozen=True, kw_only=True):
    """Have the stills of a video of an owner show another moment, by a job, which `by` can follow to the `result`.

    While the video is processed, that makes them, and the job has nothing to do. Raises VideoNotFound, also for one
    that cannot be shown.
    """

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock

    async def __call__(self, owner: OwnerId, id: FileId, at: float, by: UserId, result: str) -> UUID:
        return await until_unhindered(partial(self._choose, owner, id, at, by, result))

    async def _choose(self, owner: OwnerId, id: FileId, at: float, by: UserId, result: str) -> UUID:
        async with self.begin() as uow:
            _, video = await _video_of(uow, owner, id)
            if video.state in (VideoState.FAILED, VideoState.CANCELLED) and not video.made:
                raise VideoNotFound
            video = await uow.videos.save(video.with_poster(at, self.clock.now()))
            job = have_stills_made(uow, video, by, result)
            await uow.commit(job)
        return job


async def _video_of(uow: MediaUnitOfWork, owner: OwnerId, id: FileId) -> tuple[File, Video]:
    file, video = await uow.files.get(id), await uow.videos.get(id)
    if file is None or video is None or file.owner != owner or file.state is not FileState.READY:
        raise VideoNotFound
    return file, video
