"""The ends that a file on its way can come to; each settles its quota in the same transaction, exactly once.

All of them compare the version of the file's row: of several at once one wins, the others get EditedMeanwhile.
"""

import sys
from datetime import datetime
from uuid import UUID

from asperguide.media.events import FileArrived, ObjectsAbandoned, VideoProcessingWanted
from asperguide.media.examining import Verdict
from asperguide.media.model import (
    File,
    FileId,
    FileState,
    arrivals_prefix,
    derived_prefix,
    final_prefix,
    quarantine_key,
)
from asperguide.media.repositories import MediaUnitOfWork
from asperguide.media.transport import Transport, Upload
from asperguide.media.videos import Video
from asperguide.shared.actor import UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ports import JobOptions

QUEUE = "media"
"""Where work waits that takes minutes and all of a processor."""
MOST_ATTEMPTS = 5
"""How often a video is tried when it is not the video's fault."""


async def settle(uow: MediaUnitOfWork, file: File, verdict: Verdict, now: datetime) -> File:
    """The file is ready, or refused, as was found; what was set aside for it is used, or free again."""
    if verdict.content is None:
        refused = await uow.files.save(file.refused(verdict.refusal, now))
        await uow.quotas.release(file.owner, file.size)
        abandon(uow, quarantine_key(file.id))
        return refused
    ready = await uow.files.save(file.accepted(verdict.content, verdict.key, now))
    await uow.quotas.settle(file.owner, file.size, ready.size)
    if verdict.facts is not None and verdict.facts.video_codec is not None:
        job = have_processed(uow, file)
        video = Video(id=file.id, owner=file.owner, facts=verdict.facts, job=job, created_at=now, updated_at=now)
        await uow.videos.add(video)
    return ready


def have_processed(uow: MediaUnitOfWork, file: File, by: UserId | None = None) -> UUID:
    """A worker is to make the video playable; the job that does, which is the user's who wants it, if anybody does."""
    options = JobOptions(
        queue=QUEUE, unique_key=processing_key(file.id), max_attempts=MOST_ATTEMPTS, owner=by or file.owner,
        result=f"/api/v1/videos/{file.id}",
    )  # fmt: skip
    return uow.announce(VideoProcessingWanted(file=file.id), options)


def processing_key(id: FileId) -> str:
    """Under this key there is at most one job that processes the video."""
    return f"process-video:{id}"


async def quarantine(uow: MediaUnitOfWork, file: File, size: int, now: datetime) -> File:
    """All bytes of the file are there, as many as `size`, and a worker is to look at them."""
    arrived = await uow.files.save(file.arrived(size, now))
    if size != file.size:
        # It was not known how many would come: what was set aside too much is free again.
        await uow.quotas.release(file.owner, file.size)
        await uow.quotas.reserve(file.owner, size, most_bytes=sys.maxsize, most_files=sys.maxsize)
    have_checked(uow, file.id)
    return arrived


def have_checked(uow: MediaUnitOfWork, id: FileId) -> None:
    """A worker is to look at the bytes of the file."""
    uow.announce(FileArrived(file=id), JobOptions(unique_key=f"check-file:{id}"))


async def give_up(uow: MediaUnitOfWork, upload: Upload) -> None:
    """The file will not come: its row, its upload's and what was set aside are gone, its bytes will be."""
    await uow.uploads.remove(upload)
    file = await uow.files.get(upload.id)
    if file is None or not file.awaited:
        raise EditedMeanwhile
    await forget(uow, file)


async def forget(uow: MediaUnitOfWork, file: File) -> None:
    """The file is gone for good, in whatever state it is; so is what counted for it, and all its bytes will be."""
    await uow.files.remove(file)
    if file.state in (FileState.READY, FileState.DELETED):
        await uow.quotas.free(file.owner, file.size)
    elif file.state is not FileState.REFUSED:
        await uow.quotas.release(file.owner, file.size)
    for key in _keys_of(file):
        abandon(uow, key)


def _keys_of(file: File) -> tuple[str, ...]:
    """Where there may be bytes of a file in its state; those of a refused one were thrown away when it was."""
    match file.state:
        case FileState.AWAITING:
            return quarantine_key(file.id), arrivals_prefix(file.id)
        case FileState.QUARANTINED | FileState.CHECKING:
            return quarantine_key(file.id), final_prefix(file.id)
        case FileState.READY | FileState.DELETED:
            return final_prefix(file.id), derived_prefix(file.id)
    return ()


def leave_copy(uow: MediaUnitOfWork, file: File | None, key: str) -> None:
    """Have a copy removed that was made for nothing, unless it is what the file has become, or may still become."""
    if file is None or (not file.awaited and not file.unchecked and file.key != key):
        abandon(uow, key)


def abandon(uow: MediaUnitOfWork, key: str) -> None:
    """Have the object with this key removed, or all whose keys begin with it when it ends with `/`."""
    uow.announce(ObjectsAbandoned(key=key))


def leave_pieces(uow: MediaUnitOfWork, upload: Upload) -> None:
    """Have the pieces removed that were kept while the bytes came."""
    if upload.transport is Transport.TUS:
        abandon(uow, arrivals_prefix(upload.id))
