"""Counting views in a database: events that wait are counted under the lock of their company's row."""

import functools
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from asperguide.adapters.sql.analytics_rows import CountRow, EventRow, FoldRow, SessionRow
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.store import Store, to_row
from asperguide.adapters.sql.types import KeyBytes, Uuid
from asperguide.adapters.sql.unit_of_work import SqlUnitOfWork
from asperguide.ar.analytics_model import DIGEST, TALLIED, Count, Event
from asperguide.ar.analytics_ports import AnalyticsUnitOfWork, Counts
from asperguide.ar.model import ContentId
from asperguide.ar.videos import VideoId
from asperguide.shared.ports import Clock
from asperguide.shared.tenancy import CompanyId

_events, _sessions, _counts = EventRow.__table__.c, SessionRow.__table__.c, CountRow.__table__.c
_company = sa.bindparam("_company", type_=Uuid())
_limit = sa.bindparam("_limit", type_=sa.Integer)

_IDS = ("company", "project", "content", "video")
# Of a thousand events most ids are the same few: they are read as bytes, and made once each.
_waiting = Prepared(
    sa.select(
        *(
            sa.type_coerce(_events[name], KeyBytes(DIGEST)).label(name) if name in _IDS else _events[name]
            for name in Event.__slots__
        )
    )
    .where(_events.waiting == 1, _events.company == _company)
    .order_by(_events.received_at, _events.digest)
    .limit(_limit)
)


_let_go = Prepared(sa.delete(FoldRow.__table__).where(FoldRow.__table__.c.company == _company))


@functools.cache
def _among(column: Any, count: int) -> sa.ColumnElement[bool]:
    return column.in_([sa.bindparam(f"_d{n}", type_=KeyBytes(DIGEST)) for n in range(count)])  # type: ignore[no-any-return]


@functools.cache
def _seen(count: int) -> Prepared:
    theirs = _sessions.company == _company
    return Prepared(sa.select(_sessions.digest, _sessions.seen).where(_among(_sessions.digest, count), theirs))


@functools.cache
def _counted(count: int) -> Prepared:
    theirs = _events.company == _company
    return Prepared(sa.update(EventRow.__table__).where(_among(_events.digest, count), theirs).values(waiting=None))


def _named(digests: Sequence[bytes]) -> dict[str, bytes]:
    """By the names of their parameters; the last one is repeated until there are a power of two."""
    count = 1 << (len(digests) - 1).bit_length()
    return {f"_d{n}": digests[min(n, len(digests) - 1)] for n in range(count)}


class SqlCounts(Counts):
    """Rows of `ar_counts` and `ar_sessions`; `clock` is when they were changed."""

    __slots__ = ("_clock", "_store")

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def hold(self, company: CompanyId) -> None:
        """Write the company's row, which locks it."""
        await self._store.execute(_hold(self._dialect), {"company": company, "at": self._clock.now()})

    async def waiting(self, company: CompanyId, limit: int) -> Sequence[Event]:
        """In the order of the index."""
        found = await self._store.execute(_waiting, {"_company": company, "_limit": limit})
        return [_event(row) for row in found]

    async def seen(self, company: CompanyId, sessions: Collection[bytes]) -> Mapping[bytes, int]:
        """By primary key."""
        if not sessions:
            return {}
        named = _named(sorted(sessions))
        found = await self._store.execute(_seen(len(named)), {**named, "_company": company})
        return dict(iter(found))

    async def add(
        self, company: CompanyId, counts: Sequence[Count], seen: Mapping[bytes, int], events: Sequence[Event]
    ) -> None:
        """Three statements, each on rows in the order of their keys."""
        if counts:
            rows = [{**to_row(CountRow, one), **to_row(CountRow, one.tally)} for one in sorted(counts, key=_key)]
            await self._store.execute(_add(self._dialect), rows)
        if seen:
            at = self._clock.now()
            known = [{"digest": one, "company": company, "seen": seen[one], "at": at} for one in sorted(seen)]
            await self._store.execute(_remember(self._dialect), known)
        if events:
            named = _named(sorted(event.digest for event in events))
            await self._store.change(_counted(len(named)), **named, _company=company)

    async def prune(self, before: datetime, limit: int) -> int:
        """Found by the indexes of time, deleted by primary key."""
        old = sa.select(_events.digest).where(_events.received_at < before, _events.waiting.is_(None)).limit(limit)
        idle = sa.select(_sessions.digest).where(_sessions.at < before).limit(limit)
        return await self._delete(EventRow, old) + await self._delete(SessionRow, idle)

    async def forget(
        self, company: CompanyId, content: ContentId | None, videos: Collection[VideoId], limit: int
    ) -> int:
        """Events, then sessions of a whole company (those of a content are pruned in time), then counts."""
        events = sa.select(_events.digest).where(_events.company == company)
        counts = sa.delete(CountRow.__table__).where(_counts.company == company)
        if content is not None:
            events = events.where(_events.content == content)
            counts = counts.where(_counts.subject.in_([content, *videos]))
        gone = await self._delete(EventRow, events.limit(limit))
        if content is None and gone < limit:
            sessions = sa.select(_sessions.digest).where(_sessions.company == company)
            gone += await self._delete(SessionRow, sessions.limit(limit - gone))
        if gone >= limit:
            return gone
        if content is None:
            await self._store.change(_let_go, _company=company)
        return gone + await self._store.change(counts)

    async def forget_videos(self, company: CompanyId, videos: Collection[VideoId]) -> int:
        """By primary keys, as far as they go."""
        theirs = (_counts.company == company, _counts.subject.in_(list(videos)))
        return await self._store.change(sa.delete(CountRow.__table__).where(*theirs))

    async def _delete(self, row: type[Row], found: "sa.Select[Any]") -> int:
        digests = (await self._store.execute(found)).scalars().all()
        if not digests:
            return 0
        return await self._store.change(sa.delete(row.__table__).where(row.__table__.c.digest.in_(digests)))

    @property
    def _dialect(self) -> str:
        return self._store.connection.dialect.name


class SqlAnalyticsUnitOfWork(SqlUnitOfWork, AnalyticsUnitOfWork):
    """A transaction of the database."""

    @property
    def counts(self) -> SqlCounts:
        """What waits, and what was counted."""
        return SqlCounts(self.store, self._clock)


_PLACES = {name: place for place, name in enumerate(Event.__slots__)}
_ID_PLACES = [_PLACES[name] for name in _IDS]


@functools.lru_cache(maxsize=4096)
def _uuid(found: bytes | None) -> UUID | None:
    return None if found is None else UUID(bytes=found)


def _event(row: Sequence[Any]) -> Event:
    values = list(row)
    for place in _ID_PLACES:
        values[place] = _uuid(values[place])
    return Event(**dict(zip(Event.__slots__, values, strict=True)))


def _key(count: Count) -> tuple[UUID, str, int, str]:
    return count.subject, count.dimension.value, count.day.toordinal(), count.value


@functools.cache
def _hold(dialect: str) -> Prepared:
    return _upsert(FoldRow, dialect, ("at",))


@functools.cache
def _remember(dialect: str) -> Prepared:
    return _upsert(SessionRow, dialect, ("seen", "at"))


def _upsert(row: type[Row], dialect: str, names: Sequence[str]) -> Prepared:
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        new = sqlite.insert(row.__table__)
        return Prepared(new.on_conflict_do_update(set_={name: new.excluded[name] for name in names}))
    added = mysql.insert(row.__table__)
    return Prepared(added.on_duplicate_key_update({name: added.inserted[name] for name in names}))


@functools.cache
def _add(dialect: str) -> Prepared:
    """Insert, or add to what is there."""
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        new = sqlite.insert(CountRow.__table__)
        return Prepared(new.on_conflict_do_update(set_={name: _counts[name] + new.excluded[name] for name in TALLIED}))
    added = mysql.insert(CountRow.__table__)
    return Prepared(added.on_duplicate_key_update({name: _counts[name] + added.inserted[name] for name in TALLIED}))
