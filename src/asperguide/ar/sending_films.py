"""Videos that come to a print in one request, instead of being uploaded before."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import datetime

from msgspec import Struct

from asperguide.ar.creating import MOST_AT_ONCE, SentFile
from asperguide.ar.desk import ChangeContent, OpenContent
from asperguide.ar.errors import InvalidContent
from asperguide.ar.filling_in import title_of
from asperguide.ar.filming import demand_room
from asperguide.ar.model import ContentId
from asperguide.ar.ports import ArUnitOfWork, MediaFile, MediaFiles
from asperguide.ar.reel import with_videos
from asperguide.ar.rights import Right
from asperguide.ar.taking import VIDEO, look_at, pointing
from asperguide.ar.terms import wrong
from asperguide.ar.video_views import FilmsView, films_view
from asperguide.ar.videos import ContentVideo, FileId, VideoId
from asperguide.shared.actor import Actor
from asperguide.shared.errors import DomainError, IdempotencyKeyReused
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.tenancy import CompanyFacts, CompanyId


class AddSentFilms(Struct, frozen=True, kw_only=True):
    """Let videos that come in this one request play over a print, of up to 16 MiB each.

    Larger ones are sent as uploads first, and added by their ids. Videos are called like their files, without
    the ending. What came of a request that is refused is thrown away.
    """

    open: OpenContent
    change: ChangeContent
    begin: Callable[[], ArUnitOfWork]
    files: MediaFiles
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: ContentId, parts: AsyncIterator[SentFile]) -> FilmsView:
        company, now = await self.open(actor, id, Right.EDIT), self.clock.now()
        await demand_room(self.open, company.id, id, 1)
        kept: list[MediaFile] = []
        try:
            await self._receive(actor, company, parts, kept)
            videos = self._videos(kept, now)
            only = tuple(video.id for video in videos)
            return await self.change(
                company, id, lambda content, _: with_videos(content, videos),
                lambda content: films_view(content, now, only),
            )  # fmt: skip
        except BaseException:
            with suppress(DomainError):  # what stays is swept away one day
                await self._drop(company.id, kept)
            raise

    async def _receive(
        self, actor: Actor, company: CompanyFacts, parts: AsyncIterator[SentFile], kept: list[MediaFile]
    ) -> None:
        async for part in parts:
            pointer = f"#/videos/{len(kept)}"
            if not part.video or len(kept) >= MOST_AT_ONCE:
                raise InvalidContent(fields=(wrong(pointer, f"Up to {MOST_AT_ONCE} videos, and nothing else."),))
            with pointing(pointer):
                kept.append(await self.files.send(actor, company, part.name, part.media_type, part.chunks))
            look_at(kept[-1], VIDEO, pointer)
        if not kept:
            raise InvalidContent(fields=(wrong("#/videos", "At least one video."),))

    def _videos(self, files: Sequence[MediaFile], now: datetime) -> list[ContentVideo]:
        return [
            ContentVideo(
                id=VideoId(self.ids.new()), file=file.id, title=title_of(file.name), position=0,
                footage=file.footage, failure=file.refusal, created_at=now,
            )
            for file in files
        ]  # fmt: skip

    async def _drop(self, company: CompanyId, kept: Sequence[MediaFile]) -> None:
        """What came, unless the print has it all the same."""
        files = [file.id for file in kept]
        async with self.begin() as uow:
            shown = await uow.contents.named(company, files)
        await self.files.drop(company, [file for file in files if file not in shown])


class CompareSentFilms(Struct, frozen=True, kw_only=True):
    """Whether files that were added to a print are these very ones. Raises IdempotencyKeyReused."""

    open: OpenContent
    files: MediaFiles

    async def __call__(
        self, actor: Actor, id: ContentId, added: Sequence[FileId], parts: AsyncIterator[SentFile]
    ) -> None:
        company = await self.open(actor, id, Right.SEE)
        known, files = await self.files.known(company.id, set(added)), iter(added)
        async for part in parts:
            file, seen = next(files, None), await size_and_digest(part)
            if file is None or _differs(known.get(file), *seen):
                raise IdempotencyKeyReused
        if next(files, None) is not None:
            raise IdempotencyKeyReused


def _differs(file: MediaFile | None, size: int, sha256: str) -> bool:
    """What is gone by now differs from nothing. The digest is known once the file has been checked."""
    return file is not None and (file.size != size or file.sha256 not in (None, sha256))


async def size_and_digest(part: SentFile) -> tuple[int, str]:
    """How many bytes there are, and their SHA-256 in hexadecimal."""
    digest, size = hashlib.sha256(), 0
    async for chunk in part.chunks:
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()
