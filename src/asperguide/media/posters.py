"""The moment that stands for a video: choosing it, and making the stills of it."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from asperguide.media.errors import InvalidFile, VideoInWrongState, VideoNotFound
from asperguide.media.events import PosterWanted
from asperguide.media.keeping import content_of, keep
from asperguide.media.model import File, FileId, FileState, video_prefix
from asperguide.media.ports import MediaUnitOfWork, Refusal, VideoTools
from asperguide.media.settling import MOST_ATTEMPTS, QUEUE, abandon
from asperguide.media.videos import STILLS, Derived, Video, VideoState
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.commands import checked
from asperguide.shared.errors import DomainError
from asperguide.shared.ports import Clock, Ids, JobOptions
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.storage import ObjectMissing, ObjectStorage


class Poster(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which moment of a video stands for it; behind its end it is the first."""

    at: Annotated[float, Meta(ge=0, le=600, description="Seconds from the beginning.", examples=[12.5])]


class SetPoster(Struct, frozen=True, kw_only=True):
    """Choose the moment of a video of mine that its thumbnails and its poster show. They are made by a job.

    The job is the one that processes the video if that is not over yet.
    """

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock

    async def __call__(self, actor: Actor, id: FileId, poster: Poster) -> UUID:
        poster = checked(poster, InvalidFile)
        return await until_unhindered(partial(self._choose, actor, id, poster.at))

    async def _choose(self, actor: Actor, id: FileId, at: float) -> UUID:
        async with self.begin() as uow:
            _, video = await my_video(uow, actor, id)
            if video.state in (VideoState.FAILED, VideoState.CANCELLED) and not video.made:
                raise VideoInWrongState
            video = await uow.videos.save(video.with_poster(at, self.clock.now()))
            job = video.job if video.under_way and video.job is not None else have_stills_made(uow, video)
            await uow.commit(job)
        return job


def have_stills_made(uow: MediaUnitOfWork, video: Video, by: UserId | None = None, result: str | None = None) -> UUID:
    """A worker is to make the stills of the moment that the row says; the job that does.

    It is the owner's, and leads to the video, unless another user wants it, who finds them elsewhere.
    """
    options = JobOptions(
        queue=QUEUE, max_attempts=MOST_ATTEMPTS, owner=by or video.owner, result=result or f"/api/v1/videos/{video.id}"
    )
    return uow.announce(PosterWanted(file=video.id), options)


async def my_video(uow: MediaUnitOfWork, actor: Actor, id: FileId) -> tuple[File, Video]:
    """A video of the actor's. Raises VideoNotFound, alike for what is foreign and what is not."""
    file, video = await uow.files.get(id), await uow.videos.get(id)
    if file is None or video is None or not file.belongs_to(actor) or file.state is not FileState.READY:
        raise VideoNotFound
    return file, video


class MakeStills(Struct, frozen=True, kw_only=True):
    """Make the stills of a video anew, of the moment that was chosen last. Nothing while it is processed: that does."""

    begin: Callable[[], MediaUnitOfWork]
    storage: ObjectStorage
    tools: VideoTools
    clock: Clock
    ids: Ids

    async def __call__(self, message: PosterWanted, job: UUID | None = None) -> None:
        async with self.begin() as uow:
            file, video = await uow.files.get(message.file), await uow.videos.get(message.file)
        if file is None or video is None or file.state is not FileState.READY or video.under_way:
            await self._end(job)
            return
        folder = f"{video_prefix(file.id)}{self.ids.new()}/"
        try:
            stills = await self._make(file, video, folder)
            await until_unhindered(partial(self._show, video, folder, stills, job))
        except (Refusal, ObjectMissing):
            # It was processed before: only what lies there can have gone. The stills stay as they are.
            await self._end(job, folder)
        except BaseException:
            with suppress(DomainError):
                await self._end(None, folder)
            raise

    async def _make(self, file: File, video: Video, folder: str) -> tuple[Derived, ...]:
        async with self.tools.bench(content_of(self.storage, file), file.media_type) as bench:
            return await keep(self.storage, folder, await bench.stills(video.poster_at))

    async def _show(self, begun: Video, folder: str, stills: tuple[Derived, ...], job: UUID | None) -> None:
        async with self.begin() as uow:
            video = await uow.videos.get(begun.id)
            if video is None or video.poster_at != begun.poster_at or video.under_way:
                # Another moment was chosen, which has a job of its own, or all is made anew.
                abandon(uow, folder)
            else:
                for old in (one for one in video.made if one.role in STILLS):
                    abandon(uow, old.key)
                await uow.videos.save(video.with_stills(stills, self.clock.now()))
            uow.complete(job)
            await uow.commit()

    async def _end(self, job: UUID | None, folder: str = "") -> None:
        async with self.begin() as uow:
            if folder:
                abandon(uow, folder)
            uow.complete(job)
            await uow.commit()
