"""Forgetting what nobody asks for any more: old view sessions, and all of contents and companies that are gone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from asperguide.ar.analytics_folding import FoldEvents, ForgetViews
from asperguide.ar.analytics_ports import AnalyticsUnitOfWork
from asperguide.ar.events import ContentRemoved, VideosRemoved
from asperguide.ar.model import ContentId, Customer
from asperguide.ar.packing_shelf import packed_of
from asperguide.ar.ports import ArUnitOfWork, KeptFiles, MediaFiles
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.storage import ObjectStorage
from asperguide.shared.tenancy import ClientId, CompanyId

KEPT = timedelta(days=30)
AT_ONCE = 1000


class ForgetSessions(Struct, frozen=True, kw_only=True):
    """Forget view sessions 30 days after they came; one that comes back gets another turn. How many."""

    begin: Callable[[], ArUnitOfWork]
    clock: Clock

    async def __call__(self, job: UUID | None = None) -> int:
        total, before = 0, self.clock.now() - KEPT
        while True:
            async with self.begin() as uow:
                count = await uow.turns.forget_before(before, AT_ONCE)
                if count < AT_ONCE:
                    uow.complete(job)
                await uow.commit()
            total += count
            if count < AT_ONCE:
                return total


class ForgetContent(Struct, frozen=True, kw_only=True):
    """Forget what viewers did with a content that is gone, and whatever they did as it went.

    Events that wait are counted before: what they mean for its project and company stays.
    """

    begin: Callable[[], ArUnitOfWork]
    fold: FoldEvents
    forget: ForgetViews

    async def __call__(self, message: ContentRemoved, job: UUID | None = None) -> None:
        while await self.fold(message.company):
            pass
        await self.forget(message.company, message.content, message.videos)
        async with self.begin() as uow:
            await uow.turns.forget(message.content)
            uow.complete(job)
            await uow.commit()


class ForgetVideos(Struct, frozen=True, kw_only=True):
    """Forget what was counted of videos that were taken from a content; what it means for the content stays."""

    begin: Callable[[], AnalyticsUnitOfWork]
    fold: FoldEvents

    async def __call__(self, message: VideosRemoved, job: UUID | None = None) -> None:
        while await self.fold(message.company):
            pass
        async with self.begin() as uow:
            await uow.counts.hold(message.company)
            await uow.counts.forget_videos(message.company, message.videos)
            uow.complete(job)
            await uow.commit()


class ClientGone(Protocol):
    """That nothing is known of a client any more, as whoever kept them announces it."""

    @property
    def company(self) -> CompanyId:
        """Whose client it was."""
        ...

    @property
    def client(self) -> ClientId:
        """Which."""
        ...


class ForgetClient(Struct, frozen=True, kw_only=True):
    """Have prints that were made for a client who is erased be for nobody, in whatever state they are."""

    begin: Callable[[], ArUnitOfWork]
    clock: Clock

    async def __call__(self, message: ClientGone, job: UUID | None = None) -> None:
        while ids := await self._some(message):
            for id in ids:
                await until_unhindered(partial(self._forget, message, id))
        async with self.begin() as uow:
            uow.complete(job)
            await uow.commit()

    async def _some(self, message: ClientGone) -> Sequence[ContentId]:
        async with self.begin() as uow:
            return await uow.contents.of_client(message.company, message.client, AT_ONCE)

    async def _forget(self, message: ClientGone, id: ContentId) -> None:
        async with self.begin() as uow:
            content = await uow.contents.get(message.company, id)
            if content is not None and content.customer.client == message.client:
                await uow.contents.save(replace(content, customer=Customer(), updated_at=self.clock.now()))
                await uow.commit()


class CompanyGone(Protocol):
    """That a company is no more, as whoever kept them announces it."""

    @property
    def company(self) -> CompanyId:
        """Which."""
        ...


class ForgetPrintsOfCompany(Struct, frozen=True, kw_only=True):
    """Forget what is left of the prints of a company that is gone: figures, numbers, archives, and stray files."""

    begin: Callable[[], ArUnitOfWork]
    forget: ForgetViews
    files: MediaFiles
    kept: KeptFiles
    storage: ObjectStorage
    clock: Clock

    async def __call__(self, message: CompanyGone, job: UUID | None = None) -> None:
        await self._drop_files(message.company)
        await self._drop_archives(message.company)
        await self.forget(message.company)
        async with self.begin() as uow:
            await uow.numbers.forget(message.company)
            uow.complete(job)
            await uow.commit()

    async def _drop_files(self, company: CompanyId) -> None:
        now, cursor = self.clock.now(), None
        while True:
            files, cursor = await self.kept.old(company, now, cursor)
            await self.files.drop(company, files)
            if cursor is None:
                return

    async def _drop_archives(self, company: CompanyId) -> None:
        cursor = None
        while True:
            page = await self.storage.list(packed_of(company), cursor=cursor)
            await self.storage.delete(*(one.key for one in page.objects))
            if (cursor := page.next_cursor) is None:
                return
