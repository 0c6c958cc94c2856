"""Turning events into counts: each event once, whoever is at it, and however often it breaks off."""

from collections.abc import Callable, Collection
from uuid import UUID

from msgspec import Struct

from asperguide.ar.analytics_counting import fold, sessions_of
from asperguide.ar.analytics_ports import AnalyticsPolicy, AnalyticsReads, AnalyticsUnitOfWork
from asperguide.ar.model import ContentId
from asperguide.ar.videos import VideoId
from asperguide.shared.ports import Clock
from asperguide.shared.tenancy import CompanyId

BATCH = 1000
MOST_BATCHES = 20
"""What somebody who reads waits for: about a second."""
MOST_COMPANIES = 1000
MOST_ROUNDS = 50
MOST_TOLD = 100_000


class FoldEvents(Struct, frozen=True, kw_only=True):
    """Count what viewers of a company did, up to 20 000 events; how many were left over, which mostly is none.

    That an event was counted is committed with the counts themselves, so that none is counted twice or never.
    """

    begin: Callable[[], AnalyticsUnitOfWork]
    reads: AnalyticsReads

    async def __call__(self, company: CompanyId) -> int:
        for _ in range(MOST_BATCHES):
            if not await self.reads.waiting(company, 1):
                return 0
            if await self._batch(company) < BATCH:
                return 0
        return await self.reads.waiting(company, MOST_TOLD)

    async def _batch(self, company: CompanyId) -> int:
        async with self.begin() as uow:
            await uow.counts.hold(company)
            events = await uow.counts.waiting(company, BATCH)
            if events:
                folded = fold(company, events, await uow.counts.seen(company, sessions_of(events)))
                await uow.counts.add(company, folded.counts, folded.seen, events)
                await uow.commit()
        return len(events)


class FoldAllEvents(Struct, frozen=True, kw_only=True):
    """Count what viewers of all companies did. How many companies there were, one after the other."""

    reads: AnalyticsReads
    fold: FoldEvents

    async def __call__(self) -> int:
        total = 0
        for _ in range(MOST_ROUNDS):
            companies, left = await self.reads.companies(MOST_COMPANIES), 0
            for company in companies:
                left += await self.fold(company)
            total += len(companies)
            if not left and len(companies) < MOST_COMPANIES:
                break
        return total


class PruneEvents(Struct, frozen=True, kw_only=True):
    """Forget events that were counted, and sessions that did nothing, for as long as they are kept. How many."""

    begin: Callable[[], AnalyticsUnitOfWork]
    clock: Clock
    policy: AnalyticsPolicy

    async def __call__(self, job: UUID | None = None) -> int:
        before, total = self.clock.now() - self.policy.keep, 0
        while True:
            async with self.begin() as uow:
                count = await uow.counts.prune(before, BATCH)
                if not count:
                    uow.complete(job)
                await uow.commit()
            total += count
            if not count:
                return total


class ForgetViews(Struct, frozen=True, kw_only=True):
    """Remove what is kept of a content that is gone with its videos, or of a whole company. How many rows."""

    begin: Callable[[], AnalyticsUnitOfWork]

    async def __call__(
        self, company: CompanyId, content: ContentId | None = None, videos: Collection[VideoId] = ()
    ) -> int:
        total = 0
        while True:
            async with self.begin() as uow:
                await uow.counts.hold(company)
                count = await uow.counts.forget(company, content, videos, BATCH)
                await uow.commit()
            total += count
            if not count:
                return total
