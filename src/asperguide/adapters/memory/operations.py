"""Operations in memory: the ledger to look at and to intervene in, and the audit trail."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import partial
from typing import Any, Self, TypeVar
from uuid import UUID

from asperguide.adapters.memory.identity_tables import AUDIT
from asperguide.adapters.memory.ledger import MemoryJob, MemoryLedger
from asperguide.adapters.memory.paging import page_of
from asperguide.adapters.memory.tables import MemoryDatabase, Rows, Table
from asperguide.adapters.memory.unit_of_work import MemoryUnitOfWork
from asperguide.identity.audit import SecurityEvent, SecurityEventKind, event
from asperguide.operations.errors import JobKeyTaken
from asperguide.operations.listing import JOBS, MY_JOBS
from asperguide.operations.model import Deed, Job, JobInFull, Maintenance, Queue
from asperguide.operations.ports import (
    AuditTrail,
    JobBoard,
    JobReads,
    MaintenanceReads,
    MaintenanceSwitch,
    OperationsUnitOfWork,
)
from asperguide.shared.actor import UserId
from asperguide.shared.ledger import JobState
from asperguide.shared.pages import Page, PageRequest

J = TypeVar("J", bound=Job)
Change = Callable[[], object]
FILTERS: Mapping[str, Callable[[Job, Any], bool]] = {
    "state": lambda job, state: job.state is state,
    "queue": lambda job, queue: job.queue == queue,
    "kind": lambda job, kind: job.kind == kind,
}
RETRYABLE = (JobState.WAITING, JobState.DEAD, JobState.CANCELLED)


class MemoryJobReads(JobReads):
    """Looks at the rows of a ledger in memory."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger

    async def list(self, page: PageRequest) -> Page[Job]:
        """Every row is looked at."""
        found = [_as(Job, row) for row in self._ledger.rows.values()]
        return page_of(found, JOBS.read(page), FILTERS)

    async def of(self, owner: UserId, page: PageRequest) -> Page[Job]:
        """Every row is looked at."""
        found = [_as(Job, row) for row in self._ledger.rows.values() if row.job.owner == owner]
        return page_of(found, MY_JOBS.read(page, owner), FILTERS)

    async def get(self, id: UUID) -> JobInFull | None:
        """By id."""
        row = self._ledger.rows.get(id)
        return None if row is None else _as(JobInFull, row)

    async def queues(self, now: datetime) -> Sequence[Queue]:
        """Every row is looked at."""
        names = {row.job.queue for row in self._ledger.rows.values()} | self._ledger.pauses.keys()
        return [self._queue(name, now) for name in sorted(names)]

    def _queue(self, name: str, now: datetime) -> Queue:
        rows = [row for row in self._ledger.rows.values() if row.job.queue == name]
        states = Counter(row.state for row in rows)
        due = [row.run_at for row in rows if row.state is JobState.WAITING and row.run_at <= now]
        paused_at, paused_by = self._ledger.pauses.get(name, (None, None))
        return Queue(
            name=name, waiting=states[JobState.WAITING], due=len(due), running=states[JobState.RUNNING],
            dead=states[JobState.DEAD], oldest_due_at=min(due, default=None), paused_at=paused_at, paused_by=paused_by,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MemoryJobBoard(JobBoard):
    """Decides by the rows as they are, and changes them with the commit, through `later`."""

    ledger: MemoryLedger
    later: Callable[[Change], None]

    async def retry(self, id: UUID, now: datetime) -> bool:
        """Due since now."""
        row = self.ledger.rows.get(id)
        if row is None or row.state not in RETRYABLE:
            return False
        key = row.job.unique_key
        if key and any(other.unique_key == key and other is not row for other in self.ledger.rows.values()):
            raise JobKeyTaken
        return self._change(
            id, RETRYABLE, unique_key=key,
            state=JobState.WAITING, run_at=now, attempts=0, progress=None, worker=None, finished_at=None, failure=None,
        )  # fmt: skip

    async def cancel(self, id: UUID, now: datetime) -> bool:
        """Over, with a fence that no worker has."""
        row = self.ledger.rows.get(id)
        return row is not None and self._change(
            id, (JobState.WAITING, JobState.RUNNING),
            state=JobState.CANCELLED, finished_at=now, leased_until=None, unique_key=None, fence=row.fence + 1,
        )  # fmt: skip

    async def pause(self, queue: str, by: UserId, now: datetime) -> None:
        """Noted, unless it was before."""
        self.later(lambda: self.ledger.pauses.setdefault(queue, (now, by)))

    async def resume(self, queue: str) -> None:
        """Forgotten."""
        self.later(lambda: self.ledger.pauses.pop(queue, None))

    async def prune(self, states: Sequence[JobState], before: datetime, limit: int) -> int:
        """Forgotten."""
        old = self.ledger.history(states, before, limit)
        for id in old:
            self.later(partial(self.ledger.rows.pop, id, None))
        return len(old)

    def _change(self, id: UUID, states: Sequence[JobState], **values: Any) -> bool:
        row = self.ledger.rows.get(id)
        if row is None or row.state not in states:
            return False
        self.later(lambda: self.ledger.rows.update({id: replace(row, **values)}))
        return True


@dataclass(frozen=True, slots=True)
class MemoryAuditTrail(AuditTrail):
    """Lines of the security log that are about nobody's account."""

    rows: Rows[SecurityEvent]

    async def add(self, deed: Deed) -> None:
        """One row."""
        kind = SecurityEventKind(deed.kind)
        self.rows.add(event(deed.id, kind, deed.at, user=None, by=deed.by, origin=deed.origin, detail=deed.about))


@dataclass(frozen=True, slots=True)
class MaintenanceEntry:
    """The one row."""

    id: int
    maintenance: Maintenance


MAINTENANCE = Table(name="maintenance", entity=MaintenanceEntry)


class MemoryMaintenanceReads(MaintenanceReads):
    """Looks at what is committed."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def current(self) -> Maintenance | None:
        """The row."""
        found = self._database.rows(MAINTENANCE).get(1)
        return None if found is None else found.maintenance


@dataclass(frozen=True, slots=True)
class MemoryMaintenanceSwitch(MaintenanceSwitch):
    """The row, as part of a transaction."""

    rows: Rows[MaintenanceEntry]

    async def begin(self, maintenance: Maintenance) -> None:
        """Put in the place of what is there."""
        await self.end()
        self.rows.add(MaintenanceEntry(1, maintenance))

    async def end(self) -> bool:
        """Removed."""
        return bool(self.rows.remove(lambda _: True))


class MemoryOperationsUnitOfWork(MemoryUnitOfWork, OperationsUnitOfWork):
    """A transaction in memory over the ledger and the security log."""

    async def __aenter__(self) -> Self:
        self._changes: list[Change] = []
        return await super().__aenter__()

    @property
    def jobs(self) -> MemoryJobBoard:
        """The ledger."""
        return MemoryJobBoard(self._ledger, self._changes.append)

    @property
    def audit(self) -> MemoryAuditTrail:
        """The security log."""
        return MemoryAuditTrail(self.rows(AUDIT))

    @property
    def maintenance(self) -> MemoryMaintenanceSwitch:
        """The switch."""
        return MemoryMaintenanceSwitch(self.rows(MAINTENANCE))

    async def commit(self, answer: object = None) -> None:
        """Make it permanent; the ledger is changed last, and nothing waits in between."""
        await super().commit(answer)
        for change in self._changes:
            change()


def _as(kind: type[J], row: MemoryJob) -> J:
    """The row for operators; where it and what was put have a field of one name, the row's is the present one."""
    names = [field.name for field in fields(kind)]
    return kind(**{name: getattr(row if hasattr(row, name) else row.job, name) for name in names})
