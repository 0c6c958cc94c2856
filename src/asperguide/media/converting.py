"""Making files of files, in other formats: asked for at once, done by a worker; the result is a file like any other."""

import sys
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from functools import partial
from uuid import UUID

import msgspec

from asperguide.media.attempts import OUR_FAULT, is_last
from asperguide.media.errors import ConversionImpossible, QuotaExceeded
from asperguide.media.events import ConversionWanted
from asperguide.media.filing import readable
from asperguide.media.formats import FOOTAGE, PICTURES
from asperguide.media.limits import BROKEN
from asperguide.media.making import Made, MakeConversion
from asperguide.media.model import LONGEST_NAME, MIB, File, FileId, own, quarantine_key
from asperguide.media.ports import MediaPolicy, MediaReads, MediaUnitOfWork, Refusal
from asperguide.media.serving import ready
from asperguide.media.settling import MOST_ATTEMPTS, QUEUE, abandon
from asperguide.media.views import FileView, file_view
from asperguide.shared.actor import Actor
from asperguide.shared.errors import DomainError
from asperguide.shared.ports import Clock, Ids, JobOptions
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.storage import ObjectMissing

LEAST_ROOM = 64 * MIB
GROWTH = 4
"""So many times the source's bytes are set aside, or at least 64 MiB: nobody knows how large it will be."""
NO_ROOM = "There is no room left for this."
STOPPED = "The conversion was cancelled."


class Target(StrEnum):
    """What a file can be converted to: videos and sounds to the first eight, images to the last four."""

    MP4 = "mp4"
    WEBM = "webm"
    GIF = "gif"
    MP3 = "mp3"
    M4A = "m4a"
    OPUS = "opus"
    WAV = "wav"
    FLAC = "flac"
    WEBP = "webp"
    JPEG = "jpeg"
    PNG = "png"
    AVIF = "avif"


class Conversion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to make of a file."""

    to: Target


class Converting(msgspec.Struct, frozen=True, kw_only=True):
    """The job that makes it, and the file that it will be: `awaiting` until then, `refused` if it cannot be made."""

    job: UUID
    file: FileView


class Convert(msgspec.Struct, frozen=True, kw_only=True):
    """Make a file of mine of one that I may read, in another format.

    The job is told, and the new file, which names its `source`. Room for it is set aside at once.
    """

    begin: Callable[[], MediaUnitOfWork]
    reads: MediaReads
    clock: Clock
    ids: Ids
    policy: MediaPolicy

    async def __call__(self, actor: Actor, id: FileId, conversion: Conversion) -> Converting:
        source = ready(await readable(self.reads, actor, id))
        file = self._awaited(actor, source, str(conversion.to))
        async with self.begin() as uow:
            most_bytes, most_files = self.policy.quota_bytes, self.policy.quota_files
            if not await uow.quotas.reserve(file.owner, file.size, most_bytes=most_bytes, most_files=most_files):
                raise QuotaExceeded
            await uow.files.add(file)
            job = uow.announce(
                ConversionWanted(source=id, file=file.id, to=str(conversion.to)),
                JobOptions(
                    queue=QUEUE, max_attempts=MOST_ATTEMPTS, owner=actor.user, result=f"/api/v1/files/{file.id}"
                ),
            )
            started = Converting(job=job, file=file_view(file, actor))
            await uow.commit(started)
        return started

    def _awaited(self, actor: Actor, source: File, to: str) -> File:
        id, now = FileId(self.ids.new()), self.clock.now()
        room = min(max(GROWTH * source.size, LEAST_ROOM), self.policy.largest_file)
        return File(
            id=id, owner=own(actor.user), name=renamed(source.name, to), key=quarantine_key(id), size=room,
            media_type=type_of(source, to), source=source.id, created_at=now, updated_at=now,
        )  # fmt: skip


def type_of(source: File, to: str) -> str:
    """The type of what is made of the source. Raises ConversionImpossible when that cannot be made of it."""
    if source.family in ("video", "audio") and to in FOOTAGE:
        if source.family == "audio" and FOOTAGE[to].picture:
            raise ConversionImpossible
        return FOOTAGE[to].media_type
    if source.family == "image" and to in PICTURES:
        return PICTURES[to]
    raise ConversionImpossible


def renamed(name: str, to: str) -> str:
    """The name with the ending of the other format."""
    stem = name.rpartition(".")[0] or name
    return f"{stem[: LONGEST_NAME - len(to) - 1]}.{to}"


class ConvertFile(msgspec.Struct, frozen=True, kw_only=True):
    """Make the file that was asked for; it is ready then, or refused for a reason, and its quota as large as it is.

    It can be stopped at any point and begun anew.
    """

    begin: Callable[[], MediaUnitOfWork]
    make: MakeConversion
    clock: Clock
    policy: MediaPolicy

    async def __call__(self, message: ConversionWanted, job: UUID | None = None) -> None:
        async with self.begin() as uow:
            file, source = await uow.files.get(message.file), await uow.files.get(message.source)
        if file is None or not file.awaited:
            await self._end(message.file, job, "")
        elif source is None or source.key == "" or source.awaited or source.unchecked:
            await self._end(message.file, job, BROKEN)
        else:
            await self._convert(source, file, message.to, job)

    async def _convert(self, source: File, file: File, to: str, job: UUID | None) -> None:
        try:
            made = await self.make(source, file, to)
            await until_unhindered(partial(self._keep, file.id, made, job))
        except Refusal as refused:
            await self._end(file.id, job, str(refused))
        except ObjectMissing:
            await self._end(file.id, job, BROKEN)
        except Exception:
            if is_last(job):
                with suppress(DomainError):
                    await self._end(file.id, None, OUR_FAULT)
            raise

    async def _keep(self, id: FileId, made: Made, job: UUID | None) -> None:
        async with self.begin() as uow:
            file = await uow.files.get(id)
            if file is None or not file.awaited:
                if file is None or file.key != made.key:
                    abandon(uow, made.key)
            elif await self._has_room(uow, file, made.content.size):
                ready_file = await uow.files.save(file.accepted(made.content, made.key, self.clock.now()))
                await uow.quotas.settle(file.owner, max(file.size, made.content.size), ready_file.size)
            else:
                await refuse(uow, file, NO_ROOM, self.clock)
                abandon(uow, made.key)
            uow.complete(job)
            await uow.commit()

    async def _has_room(self, uow: MediaUnitOfWork, file: File, size: int) -> bool:
        """What was set aside is enough, or now as much is as it needs."""
        if size <= file.size:
            return True
        most_bytes, most_files = self.policy.quota_bytes, self.policy.quota_files
        await uow.quotas.release(file.owner, file.size)
        if await uow.quotas.reserve(file.owner, size, most_bytes=most_bytes, most_files=most_files):
            return True
        await uow.quotas.reserve(file.owner, file.size, most_bytes=sys.maxsize, most_files=sys.maxsize)
        return False

    async def _end(self, id: FileId, job: UUID | None, reason: str) -> None:
        await until_unhindered(partial(end, self.begin, self.clock, id, job, reason))


async def end(begin: Callable[[], MediaUnitOfWork], clock: Clock, id: FileId, job: UUID | None, reason: str) -> None:
    """The job is done; the file is refused if it is still awaited and there is a reason."""
    async with begin() as uow:
        file = await uow.files.get(id)
        if file is not None and file.awaited and reason:
            await refuse(uow, file, reason, clock)
        uow.complete(job)
        await uow.commit()


async def refuse(uow: MediaUnitOfWork, file: File, reason: str, clock: Clock) -> None:
    """The file will not be made; what was set aside for it is free again."""
    await uow.files.save(file.refused(reason, clock.now()))
    await uow.quotas.release(file.owner, file.size)


class StopConverting(msgspec.Struct, frozen=True, kw_only=True):
    """The job was cancelled: the file will not be made."""

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock

    async def __call__(self, message: ConversionWanted, job: UUID | None = None) -> None:
        await until_unhindered(partial(end, self.begin, self.clock, message.file, job, STOPPED))
