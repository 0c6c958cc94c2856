"""The ledger of messages to work on: what a row holds, and the port through which workers take and finish rows."""

import hashlib
import re
from abc import abstractmethod
from collections.abc import Sequence, Set
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID
from zlib import crc32

import msgspec

from asperguide.shared.ports import JobOptions, Message
from asperguide.shared.tracing import Trace

MEDIA_QUEUE = "media"
"""The queue of what takes minutes or more: workers have places of their own for it."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class JobRefused(Exception):
    """Working on this message can never succeed: it is not tried again."""


class LeaseLost(Exception):
    """Another worker may be at this job: whatever was to be committed with its end is undone."""


class JobState(StrEnum):
    """waiting: due at `run_at`. running: leased by a worker. dead: given up. The last three are history."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A row to be put into the ledger. Putting an `id` or a live `unique_key` that is known changes nothing."""

    id: UUID
    kind: str
    payload: str
    queue: str = "default"
    priority: int = 0
    run_at: datetime
    max_attempts: int = 20
    unique_key: str | None = None
    request_id: str | None = None
    traceparent: str | None = None
    created_at: datetime
    owner: UUID | None = None
    result: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedJob:
    """A row that a worker holds. `attempts` counts this one; `fence` proves that the lease is still this worker's."""

    id: UUID
    kind: str
    payload: str
    queue: str
    priority: int
    run_at: datetime
    attempts: int
    max_attempts: int
    fence: int
    request_id: str | None = None
    traceparent: str | None = None
    created_at: datetime
    owner: UUID | None = None


class Work(Protocol):
    """A job in the hands of this process, as whoever runs it and whoever is run for it see it.

    `ending` is true from when a transaction holds the end of the job, and false again when that is undone; `progress`
    is in percent, None when nothing was said of it.
    """

    job: ClaimedJob
    ending: bool
    progress: int | None


at_work: ContextVar[Work | None] = ContextVar("asperguide_at_work", default=None)
"""The job that this task is run for, None outside of a worker."""


def work_on(job: UUID | None) -> Work | None:
    """The work of this task if it is at the job of that id: only who was given the id may end the job."""
    work = at_work.get()
    return work if work is not None and work.job.id == job else None


def report_progress(percent: int) -> None:
    """Say how far the job of this task has come; it is written down within a second. Nothing outside of a worker.

    ValueError when it is not within 0 and 100.
    """
    if not 0 <= percent <= 100:
        raise ValueError("progress is from 0 to 100 percent")
    if (work := at_work.get()) is not None:
        work.progress = percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """A lease that looks over. It is over indeed when it still looks exactly so after a while."""

    id: UUID
    fence: int
    leased_until: datetime


class Ledger(Protocol):
    """Rows that outlive any process: each is worked on at least once, by one worker at a time.

    A worker that dies loses its lease, and `rescue` makes the row due again. Whoever lost a row is told so: every
    method that takes a claimed job gives False, and changes nothing, when its fence is no longer the current one.
    """

    @abstractmethod
    async def put(self, jobs: Sequence[NewJob]) -> None:
        """Insert the rows that are not there yet."""
        ...

    @abstractmethod
    async def claim(self, worker: str, queue: str, limit: int, lease: timedelta) -> Sequence[ClaimedJob]:
        """Take due rows of the queue: the lowest `priority` first, then the oldest. Never gives a row twice."""
        ...

    @abstractmethod
    async def heartbeat(self, job: ClaimedJob, lease: timedelta, progress: int | None = None) -> bool:
        """Hold the row for another `lease` from now; `progress` is in percent."""
        ...

    @abstractmethod
    async def held(self, jobs: Sequence[ClaimedJob]) -> Set[UUID]:
        """Those of the jobs that are still their holder's, by id; nothing is written and nobody waited for."""
        ...

    @abstractmethod
    async def finish(self, job: ClaimedJob, children: Sequence[NewJob] = ()) -> bool:
        """Done; `children` are put in the same transaction.

        What is asked for at about the same time may be written together; the answer is each caller's own.
        """
        ...

    @abstractmethod
    async def fail(self, job: ClaimedJob, error: str, retry_at: datetime | None, failure: str | None = None) -> bool:
        """Did not work: due again at `retry_at`, or dead when that is None.

        `error` is for operators, `failure` for the owner. The first 500 characters of each are kept.
        """
        ...

    @abstractmethod
    async def hand_back(self, job: ClaimedJob) -> bool:
        """Not worked on after all: due at once, and this attempt does not count."""
        ...

    @abstractmethod
    async def lapsed(self, longest: timedelta | None = None, limit: int = 100) -> Sequence[Lapse]:
        """Leases that are over by the clock, or reach further than `longest` from now, which no right clock gave.

        The clocks of workers may disagree: who wants to be sure looks again after a heartbeat would have come.
        """
        ...

    @abstractmethod
    async def rescue(self, lapses: Sequence[Lapse]) -> int:
        """Make these rows due again, `apart`, or dead after their last attempt, if nothing changed. How many."""
        ...

    @abstractmethod
    async def prune(self, before: datetime, limit: int = 1000) -> int:
        """Forget done and cancelled rows that finished before that instant; dead ones stay. How many."""
        ...


def apart(id: UUID, attempts: int) -> timedelta:
    """How long a row waits whose worker has died in this attempt: not at all the first time.

    Later each waits for a time of its own, longer from attempt to attempt and a minute at most: a job that gets its
    workers killed shall not take those along to the end that happen to run beside it.
    """
    if attempts < 2:
        return timedelta()
    share = crc32(id.bytes + attempts.to_bytes(4)) / 2**32
    return timedelta(seconds=share * min(1 << min(attempts, 6), 60))


def kind_of(message: type[Message]) -> str:
    """The name of a type of messages in the ledger: its context and its name, `identity.user-registered`."""
    _, _, inner = message.__module__.partition(".")
    context = inner.partition(".")[0] or message.__module__
    return f"{context}.{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '-', message.__name__).lower()}"


def as_job(message: Message, options: JobOptions, *, id: UUID, now: datetime, trace: Trace) -> NewJob:
    """The row that a message becomes. What is unique for a period has the id of key and period instead of `id`."""
    return NewJob(
        id=id if options.unique_for is None else _id_of_period(options.unique_key, options.unique_for, now),
        kind=kind_of(type(message)),
        payload=msgspec.json.encode(message).decode(),
        queue=options.queue,
        priority=options.priority,
        run_at=options.run_at or now,
        max_attempts=options.max_attempts,
        unique_key=options.unique_key,
        request_id=trace.request_id,
        traceparent=trace.traceparent,
        created_at=now,
        owner=options.owner,
        result=options.result,
    )


def _id_of_period(key: str | None, length: timedelta, now: datetime) -> UUID:
    name = f"{length.total_seconds():.0f} {(now - EPOCH) // length} {key}"
    return UUID(bytes=hashlib.sha256(name.encode()).digest()[:16])
