"""The ledger as operators see it, and what is written down about what they do to it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from asperguide.shared.actor import Actor, Origin, UserId
from asperguide.shared.ledger import JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A row of the ledger without its message, which may name people.

    `error` is the reason of the last failure, `progress` is in percent, `worker` who had it last. `owner` waits for it,
    `result` is the path of what will be there; when it is dead `failure` is what the owner may be told of the reason.
    """

    id: UUID
    kind: str
    queue: str
    priority: int
    state: JobState
    run_at: datetime
    attempts: int
    max_attempts: int
    progress: int | None
    error: str | None
    worker: str | None
    leased_until: datetime | None
    request_id: str | None
    created_at: datetime
    finished_at: datetime | None
    owner: UserId | None = None
    result: str | None = None
    failure: str | None = None


class MyJobState(StrEnum):
    """How far it is: in line, being worked on, or over in one of three ways."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def in_the_ledger(self) -> JobState:
        """What the ledger calls it."""
        return JobState.DEAD if self is MyJobState.FAILED else JobState(self.value)


class MyJob(msgspec.Struct, frozen=True, kw_only=True):
    """Long work as its owner sees it: `progress` goes from 0 to 1.

    `result` is the path of what is there once it is done, `failure` says why it never will be.
    """

    id: UUID
    kind: str
    state: MyJobState
    progress: float
    result: str | None
    failure: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobInFull(Job):
    """A row of the ledger with its message as JSON text: it may name people, and never carries a secret."""

    payload: str
    unique_key: str | None
    traceparent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How full a queue is. `due` are those of the waiting that could run now, the oldest since `oldest_due_at`."""

    name: str
    waiting: int = 0
    due: int = 0
    running: int = 0
    dead: int = 0
    oldest_due_at: datetime | None = None
    paused_at: datetime | None = None
    paused_by: UserId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A maintenance that is under way: what people are told, and after how many seconds they may try again."""

    message: str
    retry_after: int
    since: datetime
    by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What invariants are judged by, beside the queues.

    `time` is what the database takes for now, `oldest_lease` the earliest end of a lease whose job counts as running,
    `stray_sessions` are live sessions of people who are suspended or gone; under `maintenance` nobody works on jobs.
    `unchecked_since` is when the file that waits for longest came into the state it waits in, `upload_over_since` the
    earliest end of an upload that is still there, `announcement_due_at` when the earliest announcement of a letter that
    still waits is due.
    """

    time: datetime
    oldest_lease: datetime | None
    stray_sessions: int
    schema_fits: bool
    maintenance: bool
    unchecked_since: datetime | None = None
    upload_over_since: datetime | None = None
    announcement_due_at: datetime | None = None
    event_waiting_since: datetime | None = None


class DeedKind(StrEnum):
    """What an operator did."""

    JOB_RETRIED = "job-retried"
    JOB_CANCELLED = "job-cancelled"
    JOBS_PRUNED = "jobs-pruned"
    QUEUE_PAUSED = "queue-paused"
    QUEUE_RESUMED = "queue-resumed"
    MAINTENANCE_BEGUN = "maintenance-begun"
    MAINTENANCE_ENDED = "maintenance-ended"
    BUCKET_CREATED = "bucket-created"
    BUCKET_DELETED = "bucket-deleted"
    OBJECT_LINKED = "object-linked"
    OBJECT_DELETED = "object-deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Who did what to what, when, from where. `about` is the job, the queue or the object, up to 200 characters."""

    id: UUID
    kind: DeedKind
    by: UserId
    about: str
    origin: Origin
    at: datetime


def deed(id: UUID, kind: DeedKind, about: object, actor: Actor, origin: Origin, at: datetime) -> Deed:
    """A line for the audit trail."""
    return Deed(id=id, kind=kind, by=actor.user, about=str(about)[:200], origin=origin, at=at)
