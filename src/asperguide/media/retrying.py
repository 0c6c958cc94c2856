"""Processing a video once more, or not to its end."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from msgspec import Struct

from asperguide.media.errors import VideoInWrongState
from asperguide.media.events import VideoProcessingWanted, VideoSettled
from asperguide.media.model import FileId
from asperguide.media.ports import LongWork, MediaUnitOfWork
from asperguide.media.posters import my_video
from asperguide.media.settling import have_processed, processing_key
from asperguide.shared.actor import Actor
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered


class RetryProcessing(Struct, frozen=True, kw_only=True):
    """Have a video of mine processed again: one that failed, was cancelled, or is to be made anew.

    What was made before is shown until then. Refused while a job is at it.
    """

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock

    async def __call__(self, actor: Actor, id: FileId) -> UUID:
        return await until_unhindered(partial(self._retry, actor, id))

    async def _retry(self, actor: Actor, id: FileId) -> UUID:
        async with self.begin() as uow:
            file, video = await my_video(uow, actor, id)
            if await uow.live_job(processing_key(id)) is not None:
                raise VideoInWrongState
            job = have_processed(uow, file)
            await uow.videos.save(video.waiting(job, self.clock.now()))
            await uow.commit(job)
        return job


class CancelProcessing(Struct, frozen=True, kw_only=True):
    """Stop processing a video of mine, at once. What was made before stays; it can be processed again."""

    begin: Callable[[], MediaUnitOfWork]
    work: LongWork
    clock: Clock

    async def __call__(self, actor: Actor, id: FileId) -> None:
        job = await until_unhindered(partial(self._cancel, actor, id))
        if job is not None:
            # Only to have it stop sooner: whoever ends it looks at the row, and shows nothing.
            await self.work.cancel(actor, job)

    async def _cancel(self, actor: Actor, id: FileId) -> UUID | None:
        async with self.begin() as uow:
            _, video = await my_video(uow, actor, id)
            await uow.videos.save(video.cancelled(self.clock.now()))
            await uow.commit()
        return video.job


class StopProcessing(Struct, frozen=True, kw_only=True):
    """The job was cancelled: so is the video, unless another job is at it by now."""

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock

    async def __call__(self, message: VideoProcessingWanted, job: UUID | None = None) -> None:
        await until_unhindered(partial(self._stop, message.file, job))

    async def _stop(self, id: FileId, job: UUID | None) -> None:
        async with self.begin() as uow:
            video = await uow.videos.get(id)
            if video is not None and video.under_way and await uow.live_job(processing_key(id)) is None:
                await uow.videos.save(video.cancelled(self.clock.now()))
                uow.announce(VideoSettled(file=id))
            uow.complete(job)
            await uow.commit()
