"""Writing events down: those of requests that come within the same few milliseconds by one transaction."""

import functools
from collections.abc import Sequence

from sqlalchemy.dialects import mysql

from asperguide.adapters.sql.analytics_rows import EventRow
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.grouping import Grouped
from asperguide.adapters.sql.ledger import put_jobs
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.store import to_row
from asperguide.ar.analytics_messages import EventsFoldDue, at_end_of, fold_period
from asperguide.ar.analytics_model import Event
from asperguide.ar.analytics_ports import EventLog
from asperguide.shared.ledger import EPOCH, as_job
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.tracing import Trace


class SqlEventLog(EventLog):
    """Rows of `ar_events`; a job that counts them is put by the same transaction, one in each period of 5 s.

    A group is written in the order of its digests: processes that write the same events wait for each other, and never
    each for the other.
    """

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database, self._clock, self._ids = database, clock, ids
        self._add = Grouped(self._add_all, database.in_background)
        self._told = EPOCH

    async def add(self, events: Sequence[Event]) -> None:
        """With all that others add meanwhile."""
        if events:
            await self._add(events)

    async def _add_all(self, groups: Sequence[Sequence[Event]]) -> Sequence[None]:
        events = {event.digest: event for group in groups for event in group}
        rows = [{**to_row(EventRow, events[digest]), "waiting": 1} for digest in sorted(events)]
        now = self._clock.now()
        period = fold_period(now)
        async with self._database.transaction() as store:
            await store.execute(_put(store.connection.dialect.name), rows)
            if period > self._told:
                job = as_job(EventsFoldDue(), at_end_of(period), id=self._ids.new(), now=now, trace=Trace())
                await put_jobs(store, [job])
        self._told = max(period, self._told)
        return [None] * len(groups)


@functools.cache
def _put(dialect: str) -> Prepared:
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return Prepared(sqlite.insert(EventRow.__table__).on_conflict_do_nothing())
    # Unlike INSERT IGNORE this forgives a known event and nothing else.
    return Prepared(mysql.insert(EventRow.__table__).on_duplicate_key_update(digest=EventRow.__table__.c.digest))
