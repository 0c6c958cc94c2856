"""The ledger in memory: what tests and the library's world work through."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from asperguide.shared.actor import UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ledger import ClaimedJob, JobState, Lapse, Ledger, NewJob, apart
from asperguide.shared.ports import Clock

ERROR_LENGTH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryJob:
    """One row, live or history."""

    job: NewJob
    state: JobState = JobState.WAITING
    run_at: datetime
    attempts: int = 0
    fence: int = 0
    worker: str | None = None
    leased_until: datetime | None = None
    unique_key: str | None = None
    error: str | None = None
    failure: str | None = None
    progress: int | None = None
    finished_at: datetime | None = None


class MemoryLedger(Ledger):
    """All rows by id, in the order in which they were put; and since when which queue is paused, by whom."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rows: dict[UUID, MemoryJob] = {}
        self.pauses: dict[str, tuple[datetime, UserId]] = {}

    def insert(self, jobs: Sequence[NewJob]) -> None:
        """`put` for those who are in a transaction of their own."""
        for job in jobs:
            keys = {row.unique_key for row in self.rows.values()} - {None}
            if job.id not in self.rows and job.unique_key not in keys:
                self.rows[job.id] = MemoryJob(job=job, run_at=job.run_at, unique_key=job.unique_key)

    def check_owned(self, jobs: Sequence[NewJob]) -> None:
        """Raises EditedMeanwhile when one that is to be put for an owner would not be."""
        keys = {row.unique_key: row.job.id for row in self.rows.values()}
        for job in jobs:
            if job.unique_key is not None:
                id = keys.setdefault(job.unique_key, job.id)
                if job.owner is not None and id != job.id and job.id not in self.rows:
                    raise EditedMeanwhile

    def live(self, unique_key: str) -> UUID | None:
        """The row that has the key."""
        return next((id for id, row in self.rows.items() if row.unique_key == unique_key), None)

    async def put(self, jobs: Sequence[NewJob]) -> None:
        """Insert the rows that are not there yet."""
        self.insert(jobs)

    async def claim(self, worker: str, queue: str, limit: int, lease: timedelta) -> Sequence[ClaimedJob]:
        """Take due rows."""
        now = self._clock.now()
        if queue in self.pauses:
            return []
        due = self._select(lambda row: row.job.queue == queue and row.state is JobState.WAITING and row.run_at <= now)
        due.sort(key=lambda row: (row.job.priority, row.run_at))
        for row in due[:limit]:
            self.rows[row.job.id] = replace(
                row,
                state=JobState.RUNNING,
                attempts=row.attempts + 1,
                fence=row.fence + 1,
                worker=worker,
                leased_until=now + lease,
            )
        return [_claimed(self.rows[row.job.id]) for row in due[:limit]]

    async def heartbeat(self, job: ClaimedJob, lease: timedelta, progress: int | None = None) -> bool:
        """Move the end of the lease."""
        return self._change(
            job,
            lambda row: replace(
                row,
                leased_until=self._clock.now() + lease,
                progress=row.progress if progress is None else progress,
            ),
        )

    async def held(self, jobs: Sequence[ClaimedJob]) -> Set[UUID]:
        """Compared."""
        return {job.id for job in jobs if self.holds(job)}

    async def finish(self, job: ClaimedJob, children: Sequence[NewJob] = ()) -> bool:
        """Mark as done and put the children."""
        if done := self.end(job):
            self.insert(children)
        return done

    def end(self, job: ClaimedJob) -> bool:
        """`finish` for those who are in a transaction of their own."""
        return self._change(job, lambda row: self._over(row, JobState.DONE))

    def holds(self, job: ClaimedJob) -> bool:
        """Whether the job is still its holder's."""
        row = self.rows.get(job.id)
        return row is not None and row.fence == job.fence and row.state is JobState.RUNNING

    async def fail(self, job: ClaimedJob, error: str, retry_at: datetime | None, failure: str | None = None) -> bool:
        """Back into the queue, or into the dead letters."""

        def failed(row: MemoryJob) -> MemoryJob:
            after = self._over(row, JobState.DEAD) if retry_at is None else _waiting(row, retry_at)
            return replace(after, error=error[:ERROR_LENGTH], failure=failure and failure[:ERROR_LENGTH])

        return self._change(job, failed)

    async def hand_back(self, job: ClaimedJob) -> bool:
        """Due since now, the attempt taken back."""
        return self._change(job, lambda row: replace(_waiting(row, self._clock.now()), attempts=row.attempts - 1))

    async def lapsed(self, longest: timedelta | None = None, limit: int = 100) -> Sequence[Lapse]:
        """Leases that look over."""
        now = self._clock.now()
        latest = None if longest is None else now + longest
        return [
            lapse
            for row in self.rows.values()
            if (lapse := _lapse(row)) is not None
            and (lapse.leased_until < now or (latest is not None and lapse.leased_until > latest))
        ][:limit]

    async def rescue(self, lapses: Sequence[Lapse]) -> int:
        """End these leases."""
        lost = [row for lapse in lapses if (row := self.rows.get(lapse.id)) is not None and _lapse(row) == lapse]
        for row in lost:
            again = row.attempts < row.job.max_attempts
            due = self._clock.now() + apart(row.job.id, row.attempts)
            after = _waiting(row, due) if again else self._over(row, JobState.DEAD)
            self.rows[row.job.id] = replace(after, error="the worker died or lost its lease")
        return len(lost)

    async def prune(self, before: datetime, limit: int = 1000) -> int:
        """Forget history."""
        old = self.history((JobState.DONE, JobState.CANCELLED), before, limit)
        for id in old:
            del self.rows[id]
        return len(old)

    def history(self, states: Sequence[JobState], before: datetime, limit: int) -> list[UUID]:
        """At most so many rows that ended so before that."""
        old = self._select(lambda row: row.state in states and row.finished_at is not None and row.finished_at < before)
        return [row.job.id for row in old[:limit]]

    def next_due(self) -> datetime | None:
        """When the next waiting row is due, None when none waits."""
        return min((row.run_at for row in self.rows.values() if row.state is JobState.WAITING), default=None)

    def _select(self, where: Callable[[MemoryJob], bool]) -> list[MemoryJob]:
        return [row for row in self.rows.values() if where(row)]

    def _change(self, job: ClaimedJob, change: Callable[[MemoryJob], MemoryJob]) -> bool:
        if holds := self.holds(job):
            self.rows[job.id] = change(self.rows[job.id])
        return holds

    def _over(self, row: MemoryJob, state: JobState) -> MemoryJob:
        return replace(row, state=state, finished_at=self._clock.now(), leased_until=None, unique_key=None)


def _lapse(row: MemoryJob) -> Lapse | None:
    if row.state is not JobState.RUNNING or row.leased_until is None:
        return None
    return Lapse(id=row.job.id, fence=row.fence, leased_until=row.leased_until)


def _waiting(row: MemoryJob, run_at: datetime) -> MemoryJob:
    return replace(row, state=JobState.WAITING, run_at=run_at, leased_until=None, worker=None)


def _claimed(row: MemoryJob) -> ClaimedJob:
    job = row.job
    return ClaimedJob(
        id=job.id,
        kind=job.kind,
        payload=job.payload,
        queue=job.queue,
        priority=job.priority,
        run_at=row.run_at,
        attempts=row.attempts,
        max_attempts=job.max_attempts,
        fence=row.fence,
        request_id=job.request_id,
        traceparent=job.traceparent,
        created_at=job.created_at,
        owner=job.owner,
    )
