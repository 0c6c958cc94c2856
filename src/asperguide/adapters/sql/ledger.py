"""The ledger as a table: rows are inserted by units of work, and leased by workers under a fencing token."""

import functools
from collections.abc import Callable, Sequence, Set
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.grouping import Grouped
from asperguide.adapters.sql.pauses import not_paused
from asperguide.adapters.sql.prepared import Prepared, by_ids, named_ids
from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.store import Store, to_row
from asperguide.adapters.sql.types import EnumText, KeyText, LongText
from asperguide.operations.errors import JobKeyTaken
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ledger import ClaimedJob, JobState, Lapse, LeaseLost, Ledger, NewJob, apart
from asperguide.shared.ports import Clock

ERROR_LENGTH = 500
RESULT_LENGTH = 500


class LedgerJob(Row):
    """A message to work on, being worked on, or history. `unique_key` is emptied when the row becomes history.

    `kept_key` is not: what is retried takes its key from there.
    """

    __tablename__ = "ledger_jobs"
    __errors__: ClassVar = {"uq_ledger_jobs_unique_key": JobKeyTaken}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(KeyText(160))
    payload: Mapped[str] = mapped_column(LongText())
    queue: Mapped[str] = mapped_column(KeyText(40))
    priority: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[JobState] = mapped_column(EnumText(JobState, 16), default=JobState.WAITING)
    run_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    max_attempts: Mapped[int] = mapped_column(sa.Integer)
    leased_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    worker: Mapped[str | None] = mapped_column(KeyText(120))
    unique_key: Mapped[str | None] = mapped_column(KeyText(190))
    error: Mapped[str | None] = mapped_column(sa.String(ERROR_LENGTH))
    progress: Mapped[int | None] = mapped_column(sa.Integer)
    request_id: Mapped[str | None] = mapped_column(sa.String(64))
    traceparent: Mapped[str | None] = mapped_column(sa.String(64))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    kept_key: Mapped[str | None] = mapped_column(KeyText(190))
    owner: Mapped[UUID | None]
    result: Mapped[str | None] = mapped_column(sa.String(RESULT_LENGTH))
    failure: Mapped[str | None] = mapped_column(sa.String(ERROR_LENGTH))

    __table_args__ = (
        sa.UniqueConstraint("unique_key"),
        # Read in this order a claim locks the rows it takes and no others.
        sa.Index("ix_ledger_jobs_claim", "queue", "state", "priority", "run_at"),
        sa.Index("ix_ledger_jobs_lease", "state", "leased_until"),
        sa.Index("ix_ledger_jobs_history", "state", "finished_at"),
        # Rows of nobody, which are most, are only ever added at the end of theirs.
        sa.Index("ix_ledger_jobs_owner", "owner", "created_at", "id"),
    )


jobs = LedgerJob.__table__.c
LOWEST = -(2**31)

_waiting_in_queue = (jobs.queue == sa.bindparam("queue"), jobs.state == JobState.WAITING, not_paused)
_next_priority = Prepared(
    sa.select(jobs.priority, jobs.run_at)
    .where(*_waiting_in_queue, jobs.priority >= sa.bindparam("lowest"))
    .order_by(jobs.priority, jobs.run_at)
    .limit(1)
)
# Of one priority the due rows lie side by side in the index, so that those that are not due yet cost nothing.
_take = Prepared(
    sa.select(*(jobs[name] for name in ClaimedJob.__slots__))
    .where(*_waiting_in_queue, jobs.priority == sa.bindparam("priority"), jobs.run_at <= sa.bindparam("now"))
    .order_by(jobs.run_at)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_lapsed = (
    sa.select(jobs.id, jobs.fence, jobs.leased_until)
    .where(jobs.state == JobState.RUNNING)
    .order_by(jobs.leased_until)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_over_by_now = Prepared(_lapsed.where(jobs.leased_until < sa.bindparam("now")))
_too_long = Prepared(_lapsed.where(jobs.leased_until > sa.bindparam("longest")))
_change_held = Prepared(
    sa.update(LedgerJob.__table__).where(
        jobs.id == sa.bindparam("_id"), jobs.fence == sa.bindparam("_fence"), jobs.state == JobState.RUNNING
    )
)


_live = Prepared(sa.select(jobs.id).where(jobs.unique_key == sa.bindparam("key")))


def _by_ids(make: Callable[[sa.ColumnElement[bool]], sa.Executable]) -> Callable[[int], Prepared]:
    return by_ids(jobs.id, make)


_lease = _by_ids(
    lambda these: (
        sa.update(LedgerJob.__table__)
        .where(these)
        .values(state=JobState.RUNNING, attempts=jobs.attempts + 1, fence=jobs.fence + 1)
    )
)
_lock = _by_ids(
    lambda these: (
        sa.select(jobs.id, jobs.fence, jobs.leased_until, jobs.attempts, jobs.max_attempts, jobs.state)
        .where(these)
        .with_for_update()
    )
)
_states = _by_ids(lambda these: sa.select(jobs.id, jobs.fence, jobs.state).where(these))
_change = _by_ids(lambda these: sa.update(LedgerJob.__table__).where(these))
_take_back = _by_ids(lambda these: sa.update(LedgerJob.__table__).where(these).values(attempts=jobs.attempts - 1))


async def _change_all(store: Store, sized: Callable[[int], Prepared], ids: Sequence[UUID], **values: Any) -> None:
    named = named_ids(ids)
    await store.execute(sized(len(named)), {**values, **named})


async def put_jobs(store: Store, new: Sequence[NewJob]) -> None:
    """Insert the rows that are not there yet, in one statement."""
    if new:
        rows = [{**to_row(LedgerJob, job), "kept_key": job.unique_key} for job in new]
        await store.execute(_put(store.connection.dialect.name), rows)


@functools.cache
def _put(dialect: str) -> Prepared:
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return Prepared(sqlite.insert(LedgerJob.__table__).on_conflict_do_nothing())
    # Unlike INSERT IGNORE this forgives a known key and nothing else.
    return Prepared(mysql.insert(LedgerJob.__table__).on_duplicate_key_update(fence=jobs.fence))


async def check_owned(store: Store, new: Sequence[NewJob]) -> None:
    """Raises EditedMeanwhile when one that was put for an owner is not there: a live job of another id has its key."""
    ids = {job.id for job in new if job.owner is not None and job.unique_key is not None}
    if ids:
        named = named_ids([*ids])
        if {row[0] for row in await store.execute(_states(len(named)), named)} != ids:
            raise EditedMeanwhile


async def find_live(store: Store, unique_key: str) -> UUID | None:
    """The job that has the key."""
    found = (await store.execute(_live, {"key": unique_key})).first()
    return None if found is None else found[0]


class SqlLedger(Ledger):
    """The ledger in the database that the units of work write to."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._finish = Grouped(self._finish_all, database.in_background)
        self._hand_back = Grouped(self._hand_back_all, database.in_background)

    async def put(self, jobs: Sequence[NewJob]) -> None:
        """Insert the rows that are not there yet, in one transaction."""
        async with self._database.transaction() as store:
            await put_jobs(store, jobs)

    async def claim(self, worker: str, queue: str, limit: int, lease: timedelta) -> Sequence[ClaimedJob]:
        """Look first without a lock, so that polling an empty queue disturbs nobody; then lock, mark and go."""
        now = self._clock.now()
        async with self._database.reading() as store:
            priority = await _due_priority(store, queue, LOWEST, now)
        if priority is None or limit <= 0:
            return ()
        taken: list[ClaimedJob] = []
        async with self._database.transaction() as store:
            while priority is not None:
                wanted = {"queue": queue, "now": now, "priority": priority, "limit": limit - len(taken)}
                taken += [_claimed(row) for row in await store.execute(_take, wanted)]
                priority = await _due_priority(store, queue, priority + 1, now) if len(taken) < limit else None
            if taken:
                await _change_all(store, _lease, [job.id for job in taken], worker=worker, leased_until=now + lease)
        return taken

    async def heartbeat(self, job: ClaimedJob, lease: timedelta, progress: int | None = None) -> bool:
        """Move the end of the lease."""
        values: dict[str, Any] = {"leased_until": self._clock.now() + lease}
        return await self._change_one(job, values if progress is None else {**values, "progress": progress})

    async def held(self, jobs: Sequence[ClaimedJob]) -> Set[UUID]:
        """Read without a lock, in one statement."""
        if not jobs:
            return set()
        named = named_ids([job.id for job in jobs])
        async with self._database.reading() as store:
            rows = await store.execute(_states(len(named)), named)
        held = {(id, fence) for id, fence, state in rows if state is JobState.RUNNING}
        return {job.id for job in jobs if (job.id, job.fence) in held}

    async def finish(self, job: ClaimedJob, children: Sequence[NewJob] = ()) -> bool:
        """Mark as done and put the children, unless the fence is old: then nothing happens at all."""
        return await self._finish((job, children))

    async def fail(self, job: ClaimedJob, error: str, retry_at: datetime | None, failure: str | None = None) -> bool:
        """Back into the queue, or into the dead letters."""
        values = over(JobState.DEAD, self._clock.now()) if retry_at is None else _waiting(retry_at)
        told = {"error": error[:ERROR_LENGTH], "failure": failure and failure[:ERROR_LENGTH]}
        return await self._change_one(job, {**values, **told})

    async def hand_back(self, job: ClaimedJob) -> bool:
        """Due since now, the attempt taken back."""
        return await self._hand_back(job)

    async def lapsed(self, longest: timedelta | None = None, limit: int = 100) -> Sequence[Lapse]:
        """Leases that look over, read without a lock."""
        now = self._clock.now()
        async with self._database.reading() as store:
            found = await store.all(_over_by_now, Lapse, now=now, limit=limit)
            if longest is not None:
                found += await store.all(_too_long, Lapse, longest=now + longest, limit=limit)
        return found

    async def rescue(self, lapses: Sequence[Lapse]) -> int:
        """End these leases."""
        if not lapses:
            return 0
        now = self._clock.now()
        async with self._database.transaction() as store:
            seen = set(lapses)
            rows = [
                row
                for row in await _locked(store, [lapse.id for lapse in lapses])
                if row[5] is JobState.RUNNING and Lapse(id=row[0], fence=row[1], leased_until=row[2]) in seen
            ]
            again = {id: now + apart(id, attempts) for id, _, _, attempts, most, _ in rows if attempts < most}
            for values, ids in (
                *((_waiting(due), [id for id in again if again[id] == due]) for due in sorted({*again.values()})),
                (over(JobState.DEAD, now), [row[0] for row in rows if row[0] not in again]),
            ):
                if ids:
                    await _change_all(store, _change, ids, **values, error="the worker died or lost its lease")
        return len(rows)

    async def prune(self, before: datetime, limit: int = 1000) -> int:
        """Delete history in one small batch."""
        async with self._database.writing() as store:
            return await prune_jobs(store, (JobState.DONE, JobState.CANCELLED), before, limit)

    async def _change_one(self, job: ClaimedJob, values: dict[str, Any]) -> bool:
        async with self._database.writing() as store:
            return bool(await store.change(_change_held, **values, _id=job.id, _fence=job.fence))

    async def _finish_all(self, ends: Sequence[tuple[ClaimedJob, Sequence[NewJob]]]) -> Sequence[bool]:
        """Every end and all children in one transaction."""
        async with self._database.transaction() as store:
            ours = await _held(store, [job for job, _ in ends])
            if any(ours):
                met = [end for end, mine in zip(ends, ours, strict=True) if mine]
                await _change_all(store, _change, [job.id for job, _ in met], **over(JobState.DONE, self._clock.now()))
                await put_jobs(store, [child for _, children in met for child in children])
        return ours

    async def _hand_back_all(self, jobs: Sequence[ClaimedJob]) -> Sequence[bool]:
        async with self._database.transaction() as store:
            ours = await _held(store, jobs)
            if any(ours):
                ids = [job.id for job, mine in zip(jobs, ours, strict=True) if mine]
                await _change_all(store, _take_back, ids, **_waiting(self._clock.now()))
        return ours


async def prune_jobs(store: Store, states: Sequence[JobState], before: datetime, limit: int) -> int:
    """Delete what ended so before that, found by the index of history, by primary key. How many rows."""
    old = sa.select(jobs.id).where(jobs.state.in_(states), jobs.finished_at < before).limit(limit)
    ids = (await store.execute(old)).scalars().all()
    return await store.change(sa.delete(LedgerJob.__table__).where(jobs.id.in_(ids))) if ids else 0


async def end_job(store: Store, job: ClaimedJob, now: datetime) -> None:
    """Mark as done in the caller's transaction. Raises LeaseLost when the fence is old: then it must not commit."""
    if not await store.change(_change_held, **over(JobState.DONE, now), _id=job.id, _fence=job.fence):
        raise LeaseLost


async def _due_priority(store: Store, queue: str, lowest: int, now: datetime) -> int | None:
    """The lowest priority from there on of which a row is due."""
    while (found := (await store.execute(_next_priority, {"queue": queue, "lowest": lowest})).first()) is not None:
        priority, earliest = found
        if earliest <= now:
            return int(priority)
        lowest = priority + 1
    return None


async def _locked(store: Store, ids: Sequence[UUID]) -> Any:
    named = named_ids(ids)
    return await store.execute(_lock(len(named)), named)


async def _held(store: Store, jobs: Sequence[ClaimedJob]) -> list[bool]:
    """For each job whether it is still its holder's; the rows are locked. Of a job that is named twice one is."""
    rows = await _locked(store, [job.id for job in jobs])
    held = {(id, fence) for id, fence, _, _, _, state in rows if state is JobState.RUNNING}
    answers = []
    for job in jobs:
        answers.append((job.id, job.fence) in held)
        held.discard((job.id, job.fence))
    return answers


def over(state: JobState, now: datetime) -> dict[str, Any]:
    """What a row becomes when it becomes history."""
    return {"state": state, "finished_at": now, "leased_until": None, "unique_key": None}


def _waiting(run_at: datetime) -> dict[str, Any]:
    return {"state": JobState.WAITING, "run_at": run_at, "leased_until": None, "worker": None}


def _claimed(row: Sequence[Any]) -> ClaimedJob:
    values = dict(zip(ClaimedJob.__slots__, row, strict=True))
    return ClaimedJob(**{**values, "attempts": values["attempts"] + 1, "fence": values["fence"] + 1})
