"""The ledger as operators look at it and intervene in it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.ledger import LedgerJob, jobs, prune_jobs
from asperguide.adapters.sql.paging import Keyset
from asperguide.adapters.sql.pauses import LedgerPause, pauses
from asperguide.adapters.sql.store import Store
from asperguide.operations.listing import JOBS, MY_JOBS
from asperguide.operations.model import Job, JobInFull, Queue
from asperguide.operations.ports import JobBoard, JobReads
from asperguide.shared.actor import UserId
from asperguide.shared.ledger import JobState
from asperguide.shared.pages import Page, PageRequest

# Rows are only ever added at its end, so that keeping it costs a claim or a finish nothing.
sa.Index("ix_ledger_jobs_created_at", jobs.created_at, jobs.id)

_LIST = Keyset(
    row=LedgerJob,
    entity=Job,
    filters={
        "state": lambda state: jobs.state == state,
        "queue": lambda queue: jobs.queue == queue,
        "kind": lambda kind: jobs.kind == kind,
    },
)
_job = sa.select(LedgerJob.__table__).where(jobs.id == sa.bindparam("id"))
# Servers jump through the index from one name to the next; SQLite reads that index, and no row.
_names = sa.select(jobs.queue).distinct()
_due = sa.and_(jobs.state == JobState.WAITING, jobs.run_at <= sa.bindparam("now"))
# Ranges of the index that claims go by, past all history.
_counts = (
    sa.select(
        jobs.queue,
        jobs.state,
        sa.func.count().label("jobs"),
        sa.func.sum(sa.case((_due, 1), else_=0)).label("due"),
        sa.func.min(sa.case((_due, jobs.run_at))).label("oldest_due_at"),
    )
    .where(
        jobs.queue.in_(sa.bindparam("queues", expanding=True)),
        jobs.state.in_((JobState.WAITING, JobState.RUNNING, JobState.DEAD)),
    )
    .group_by(jobs.queue, jobs.state)
)
_change = sa.update(LedgerJob.__table__).where(jobs.id == sa.bindparam("_id"))
_retry = _change.where(jobs.state.in_((JobState.WAITING, JobState.DEAD, JobState.CANCELLED))).values(
    state=JobState.WAITING,
    run_at=sa.bindparam("_now"),
    attempts=0,
    progress=None,
    worker=None,
    finished_at=None,
    failure=None,
    unique_key=jobs.kept_key,
)
_cancel = _change.where(jobs.state.in_((JobState.WAITING, JobState.RUNNING))).values(
    state=JobState.CANCELLED, finished_at=sa.bindparam("_now"), leased_until=None, unique_key=None, fence=jobs.fence + 1
)
_resume = sa.delete(LedgerPause.__table__).where(pauses.queue == sa.bindparam("_queue"))


class SqlJobReads(JobReads):
    """Each read takes a connection, asks and gives it back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, page: PageRequest) -> Page[Job]:
        """One statement, and one more for a total."""
        async with self._database.reading() as store:
            return await _LIST.page(store, JOBS.read(page))

    async def of(self, owner: UserId, page: PageRequest) -> Page[Job]:
        """One statement, and one more for a total."""
        async with self._database.reading() as store:
            return await _LIST.page(store, MY_JOBS.read(page, owner), jobs.owner == owner)

    async def get(self, id: UUID) -> JobInFull | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.one(_job, JobInFull, id=id)

    async def queues(self, now: datetime) -> Sequence[Queue]:
        """Three statements, whatever the number of queues; finished jobs are not counted."""
        async with self._database.reading() as store:
            names = (await store.execute(_names)).scalars().all()
            counts = (await store.execute(_counts, {"queues": names, "now": now})).mappings().all() if names else ()
            paused = (await store.execute(sa.select(LedgerPause.__table__))).mappings().all()
        found: dict[str, dict[str, Any]] = {name: {} for name in {*names, *(row["queue"] for row in paused)}}
        for row in counts:
            found[row["queue"]][row["state"]] = row["jobs"]
            if row["state"] is JobState.WAITING:
                found[row["queue"]] |= {"due": int(row["due"]), "oldest_due_at": row["oldest_due_at"]}
        for row in paused:
            found[row["queue"]] |= {"paused_at": row["paused_at"], "paused_by": row["by"]}
        return [Queue(name=name, **found[name]) for name in sorted(found)]


class SqlJobBoard(JobBoard):
    """Rows of the ledger and of its pauses, in a transaction."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def retry(self, id: UUID, now: datetime) -> bool:
        """One update."""
        return bool(await self._store.change(_retry, _id=id, _now=now))

    async def cancel(self, id: UUID, now: datetime) -> bool:
        """One update; the fence is raised, so that nothing that a worker still says counts."""
        return bool(await self._store.change(_cancel, _id=id, _now=now))

    async def pause(self, queue: str, by: UserId, now: datetime) -> None:
        """One insert, which forgives a row that is there."""
        statement: Any
        if self._store.connection.dialect.name == "sqlite":
            from sqlalchemy.dialects import sqlite

            statement = sqlite.insert(LedgerPause.__table__).on_conflict_do_nothing()
        else:
            statement = mysql.insert(LedgerPause.__table__).on_duplicate_key_update(queue=pauses.queue)
        await self._store.execute(statement, {"queue": queue, "paused_at": now, "by": by})

    async def resume(self, queue: str) -> None:
        """One delete."""
        await self._store.change(_resume, _queue=queue)

    async def prune(self, states: Sequence[JobState], before: datetime, limit: int) -> int:
        """As the ledger does it."""
        return await prune_jobs(self._store, states, before, limit)
