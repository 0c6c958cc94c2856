"""Counting views in memory: the same law as in a database."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from asperguide.adapters.memory.ledger import MemoryLedger
from asperguide.adapters.memory.tables import MemoryDatabase, Rows, Table
from asperguide.adapters.memory.unit_of_work import MemoryUnitOfWork
from asperguide.ar.analytics_calendar import Span
from asperguide.ar.analytics_messages import EventsFoldDue, at_end_of, fold_period
from asperguide.ar.analytics_model import NOTHING, Count, Dimension, Event, Figures, Ranked, Tally
from asperguide.ar.analytics_ports import AnalyticsReads, AnalyticsUnitOfWork, Counts, EventLog
from asperguide.ar.model import ContentId
from asperguide.ar.videos import VideoId
from asperguide.shared.ledger import as_job
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.tenancy import CompanyId, ProjectId
from asperguide.shared.tracing import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvent:
    """An event, and whether it waits to be counted."""

    digest: bytes
    event: Event
    waiting: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSession:
    """What a session is known for, and since when."""

    digest: bytes
    company: CompanyId
    seen: int
    at: datetime


EVENTS = Table(name="ar_events", entity=KeptEvent, key="digest")
SESSIONS = Table(name="ar_sessions", entity=KeptSession, key="digest")
COUNTS = Table(name="ar_counts", entity=Count, key="key")


class MemoryEventLog(EventLog):
    """Rows, and a job in each period of 5 s."""

    def __init__(self, database: MemoryDatabase, ledger: MemoryLedger, clock: Clock, ids: Ids) -> None:
        self._database, self._ledger, self._clock, self._ids = database, ledger, clock, ids

    async def add(self, events: Sequence[Event]) -> None:
        """Those that are not there yet."""
        if not events:
            return
        transaction = await self._database.begin()
        try:
            rows = transaction.rows(EVENTS)
            for event in events:
                if rows.get(event.digest) is None:
                    rows.add(KeptEvent(digest=event.digest, event=event))
            transaction.commit()
        finally:
            transaction.close()
        now = self._clock.now()
        options = at_end_of(fold_period(now))
        self._ledger.insert([as_job(EventsFoldDue(), options, id=self._ids.new(), now=now, trace=Trace())])


@dataclass(frozen=True, slots=True)
class MemoryCounts(Counts):
    """Rows of three tables; one transaction at a time changes them anyway."""

    events: Rows[KeptEvent]
    sessions: Rows[KeptSession]
    rows: Rows[Count]
    clock: Clock

    async def hold(self, company: CompanyId) -> None:
        """Held since the transaction began."""

    async def waiting(self, company: CompanyId, limit: int) -> Sequence[Event]:
        """Sorted."""
        return [row.event for row in sorted(_waiting(self.events, company), key=_received)][:limit]

    async def seen(self, company: CompanyId, sessions: Collection[bytes]) -> Mapping[bytes, int]:
        """Looked up."""
        found = [self.sessions.get(digest) for digest in sessions]
        return {one.digest: one.seen for one in found if one is not None and one.company == company}

    async def add(
        self, company: CompanyId, counts: Sequence[Count], seen: Mapping[bytes, int], events: Sequence[Event]
    ) -> None:
        """Row by row."""
        for count in counts:
            before = self.rows.get(count.key)
            self.rows.remove(lambda row, key=count.key: row.key == key)  # type: ignore[misc]
            self.rows.add(count if before is None else replace(before, tally=before.tally.plus(count.tally)))
        for digest, kinds in seen.items():
            self.sessions.remove(lambda row, digest=digest: row.digest == digest)  # type: ignore[misc]
            self.sessions.add(KeptSession(digest=digest, company=company, seen=kinds, at=self.clock.now()))
        for event in events:
            self.events.patch(event.digest, waiting=False)

    async def prune(self, before: datetime, limit: int) -> int:
        """Of each table."""
        events = self.events.remove(lambda row: not row.waiting and row.event.received_at < before, limit)
        return events + self.sessions.remove(lambda row: row.at < before, limit)

    async def forget(
        self, company: CompanyId, content: ContentId | None, videos: Collection[VideoId], limit: int
    ) -> int:
        """Table by table."""
        whole, subjects = content is None, {content, *videos}
        gone = self.events.remove(_theirs(company, content), limit)
        gone += self.sessions.remove(lambda row: whole and row.company == company, limit - gone)
        if gone >= limit:
            return gone
        return gone + self.rows.remove(lambda row: row.company == company and (whole or row.subject in subjects))

    async def forget_videos(self, company: CompanyId, videos: Collection[VideoId]) -> int:
        """One table."""
        return self.rows.remove(lambda row: row.company == company and row.subject in videos)


class MemoryAnalyticsUnitOfWork(MemoryUnitOfWork, AnalyticsUnitOfWork):
    """A transaction in memory."""

    @property
    def counts(self) -> MemoryCounts:
        """What waits, and what was counted."""
        return MemoryCounts(self.rows(EVENTS), self.rows(SESSIONS), self.rows(COUNTS), self._clock)


class MemoryAnalyticsReads(AnalyticsReads):
    """What is committed."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def companies(self, limit: int) -> Sequence[CompanyId]:
        """Every event is looked at."""
        waiting = self._database.rows(EVENTS).all(lambda row: row.waiting)
        return sorted({row.event.company for row in waiting})[:limit]

    async def waiting(self, company: CompanyId, limit: int) -> int:
        """Counted."""
        return min(limit, len(_waiting(self._database.rows(EVENTS), company)))

    async def figures(self, company: CompanyId, subject: UUID, span: Span) -> Figures:
        """Added up."""
        days, sessions = dict[date, Tally](), defaultdict[Dimension, dict[str, int]](lambda: defaultdict(int))
        for row in self._counts(company, span):
            if row.subject == subject and row.dimension is Dimension.ALL:
                days[row.day] = row.tally
            elif row.subject == subject:
                sessions[row.dimension][row.value] += row.tally.sessions
        return Figures(days=days, sessions={one: dict(values) for one, values in sessions.items()})

    async def top(
        self, company: CompanyId, project: ProjectId | None, span: Span, limit: int, but: Collection[ProjectId] = ()
    ) -> Sequence[Ranked]:
        """Added up and sorted."""
        found: dict[UUID, Tally] = defaultdict(lambda: NOTHING)
        for row in self._counts(company, span):
            if row.ranked is not None and row.ranked not in but and project in (None, row.ranked):
                found[row.subject] = found[row.subject].plus(row.tally)
        ranked = sorted(found.items(), key=lambda one: (-one[1].sessions, one[0]))
        return [
            Ranked(content=ContentId(id), opened=tally.opened, play=tally.play, sessions=tally.sessions)
            for id, tally in ranked[:limit]
        ]

    def _counts(self, company: CompanyId, span: Span) -> Sequence[Count]:
        return self._database.rows(COUNTS).all(
            lambda row: row.company == company and span.first <= row.day <= span.last
        )


def _waiting(rows: Rows[KeptEvent], company: CompanyId) -> list[KeptEvent]:
    return rows.all(lambda row: row.waiting and row.event.company == company)


def _received(row: KeptEvent) -> tuple[datetime, bytes]:
    return row.event.received_at, row.digest


def _theirs(company: CompanyId, content: ContentId | None) -> Callable[[KeptEvent], bool]:
    return lambda row: row.event.company == company and content in (None, row.event.content)
