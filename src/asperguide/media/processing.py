"""Making videos playable: renditions, segments, stills and sprites, in a folder that nobody else writes to."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import UUID

from msgspec import Struct

from asperguide.media.attempts import OUR_FAULT, is_last
from asperguide.media.events import VideoProcessingWanted, VideoSettled
from asperguide.media.keeping import content_of, keep
from asperguide.media.limits import BROKEN
from asperguide.media.model import File, FileId, FileState, video_prefix
from asperguide.media.ports import MediaUnitOfWork, Refusal, VideoTools
from asperguide.media.posters import have_stills_made
from asperguide.media.settling import abandon
from asperguide.media.videos import Derived, Facts, Video
from asperguide.shared.errors import DomainError
from asperguide.shared.ledger import report_progress
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.storage import ObjectMissing, ObjectStorage

KEPT = (FileState.READY, FileState.DELETED)
"""Also of one that may be restored: it is to be playable then."""
LOOKING, MAKING = 5, 85
"""Percent of all the work that are over once it was looked at, and that making takes; the rest is keeping."""


class ProcessVideo(Struct, frozen=True, kw_only=True):
    """Make a video playable, and have it shown once all of it is there.

    It can be stopped at any point and begun anew: until the end everybody sees what was made before. What cannot be
    processed has failed, with a reason; what fails for our reasons is tried again, and has failed after the last time.
    """

    begin: Callable[[], MediaUnitOfWork]
    storage: ObjectStorage
    tools: VideoTools
    clock: Clock
    ids: Ids

    async def __call__(self, message: VideoProcessingWanted, job: UUID | None = None) -> None:
        begun = await until_unhindered(partial(self._begin, message.file, job))
        if begun is None:
            return
        file, video = begun
        folder = f"{video_prefix(file.id)}{self.ids.new()}/"
        try:
            facts, made = await self._make(file, video, folder)
            await until_unhindered(partial(self._show, video, folder, facts, made, job))
        except Refusal as refused:
            await until_unhindered(partial(self._fail, file.id, folder, str(refused), job))
        except ObjectMissing:
            await until_unhindered(partial(self._fail, file.id, folder, BROKEN, job))
        except BaseException as error:
            await self._give_up(file.id, folder, failed=is_last(job) and not isinstance(error, asyncio.CancelledError))
            raise

    async def _begin(self, id: FileId, job: UUID | None) -> tuple[File, Video] | None:
        """The file and its video, now being processed; None, and the job is done, when nobody wants that any more."""
        async with self.begin() as uow:
            file, video = await uow.files.get(id), await uow.videos.get(id)
            if file is None or video is None or file.state not in KEPT or not video.under_way:
                uow.complete(job)
                await uow.commit()
                return None
            video = await uow.videos.save(video.processing(self.clock.now()))
            await uow.commit()
        return file, video

    async def _make(self, file: File, video: Video, folder: str) -> tuple[Facts, tuple[Derived, ...]]:
        async with self.tools.bench(content_of(self.storage, file), file.media_type) as bench:
            facts = await bench.probe()
            stills = await bench.stills(video.poster_at)
            report_progress(LOOKING)
            films = await bench.ladder(lambda share: report_progress(LOOKING + int(MAKING * share)))
            return facts, await keep(self.storage, folder, [*films, *stills])

    async def _show(self, begun: Video, folder: str, facts: Facts, made: tuple[Derived, ...], job: UUID | None) -> None:
        """From now on this is what is shown, unless nobody wants it any more; the other folder is left behind."""
        async with self.begin() as uow:
            video = await uow.videos.get(begun.id)
            if video is None or not video.under_way:
                abandon(uow, folder)
            else:
                for old in folders_of(video):
                    abandon(uow, old)
                run = folder.split("/")[-2]
                await uow.videos.save(video.ready(facts, run, made, self.clock.now()))
                uow.announce(VideoSettled(file=video.id))
                if video.poster_at != begun.poster_at:
                    have_stills_made(uow, video)
            uow.complete(job)
            await uow.commit()

    async def _fail(self, id: FileId, folder: str, reason: str, job: UUID | None) -> None:
        async with self.begin() as uow:
            video = await uow.videos.get(id)
            if video is not None and video.under_way:
                await uow.videos.save(video.failed(reason, self.clock.now()))
                uow.announce(VideoSettled(file=id))
            abandon(uow, folder)
            uow.complete(job)
            await uow.commit()

    async def _give_up(self, id: FileId, folder: str, *, failed: bool) -> None:
        """Have what was put there removed; if even that cannot be told, reconciling finds it one day."""
        with suppress(DomainError):
            async with self.begin() as uow:
                video = await uow.videos.get(id) if failed else None
                if video is not None and video.under_way:
                    await uow.videos.save(video.failed(OUR_FAULT, self.clock.now()))
                    uow.announce(VideoSettled(file=id))
                abandon(uow, folder)
                await uow.commit()


def folders_of(video: Video) -> set[str]:
    """Where everything lies that was made of it."""
    return {one.key.rpartition("/")[0] + "/" for one in video.made}
