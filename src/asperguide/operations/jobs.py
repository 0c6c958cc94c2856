"""What operators do about jobs: look, retry, cancel, forget."""

from collections.abc import Callable
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from asperguide.operations.errors import JobNotCancellable, JobNotFound, JobNotRetryable
from asperguide.operations.events import JobCancelled
from asperguide.operations.model import DeedKind, Job, JobInFull, deed
from asperguide.operations.ports import JobReads, OperationsUnitOfWork
from asperguide.shared.actor import Actor, Origin, require_admin
from asperguide.shared.ledger import JobState
from asperguide.shared.pages import Instant, Page, PageRequest
from asperguide.shared.ports import Clock, Doorbell, Ids

BATCH = 1000
BATCHES = 10

Over = Literal["done", "cancelled", "dead"]


class Pruning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which jobs to forget: those in one of the states that finished before the instant."""

    before: Instant
    states: Annotated[tuple[Over, ...], Meta(min_length=1)] = ("done", "cancelled")


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs were forgotten; `more` says that there may be others, to be forgotten by the same call again."""

    pruned: int
    more: bool


class ListJobs(Struct, frozen=True, kw_only=True):
    """Jobs in every state, for administrators; the newest first. Their messages are left out: they may name people."""

    reads: JobReads

    async def __call__(self, actor: Actor, page: PageRequest = PageRequest()) -> Page[Job]:
        require_admin(actor)
        return await self.reads.list(page)


class ShowJob(Struct, frozen=True, kw_only=True):
    """One job with its message, for administrators. Messages may name people; none carries a secret."""

    reads: JobReads

    async def __call__(self, actor: Actor, id: UUID) -> JobInFull:
        require_admin(actor)
        return await _existing(self.reads, id)


class RetryJob(Struct, frozen=True, kw_only=True):
    """Make a job that waits, is dead or was cancelled due at once, with all its attempts.

    One that was put under a unique key has it again; refused while another job under that key waits or runs.
    """

    begin: Callable[[], OperationsUnitOfWork]
    reads: JobReads
    doorbell: Doorbell
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: UUID, origin: Origin = Origin()) -> JobInFull:
        require_admin(actor)
        await _existing(self.reads, id)
        now = self.clock.now()
        async with self.begin() as uow:
            if not await uow.jobs.retry(id, now):
                raise JobNotRetryable
            await uow.audit.add(deed(self.ids.new(), DeedKind.JOB_RETRIED, id, actor, origin, now))
            await uow.commit()
        await self.doorbell.ring()
        return await _existing(self.reads, id)


class CancelJob(Struct, frozen=True, kw_only=True):
    """End a job that waits or runs.

    A running one is stopped within a second, or at its next heartbeat within 10 seconds when the bell is not heard.
    What it did until then stays done; if it was somebody's, it is cleaned up as if they had cancelled it.
    """

    begin: Callable[[], OperationsUnitOfWork]
    reads: JobReads
    doorbell: Doorbell
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: UUID, origin: Origin = Origin()) -> JobInFull:
        require_admin(actor)
        job = await _existing(self.reads, id)
        now = self.clock.now()
        async with self.begin() as uow:
            if not await uow.jobs.cancel(id, now):
                raise JobNotCancellable
            if job.owner is not None:
                uow.announce(JobCancelled(job=id, kind=job.kind, payload=job.payload))
            await uow.audit.add(deed(self.ids.new(), DeedKind.JOB_CANCELLED, id, actor, origin, now))
            await uow.commit()
        await self.doorbell.ring()
        return await _existing(self.reads, id)


class PruneJobs(Struct, frozen=True, kw_only=True):
    """Forget jobs that were over before an instant: done and cancelled ones, and dead ones when that is said.

    At most 10 000 in one call; the answer says whether there may be more.
    """

    begin: Callable[[], OperationsUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, wanted: Pruning, origin: Origin = Origin()) -> Pruned:
        require_admin(actor)
        states = tuple(JobState(state) for state in wanted.states)
        about = f"{', '.join(states)} before {wanted.before.isoformat()}"
        line = deed(self.ids.new(), DeedKind.JOBS_PRUNED, about, actor, origin, self.clock.now())
        pruned, count = 0, BATCH
        for batch in range(BATCHES):
            async with self.begin() as uow:
                count = await uow.jobs.prune(states, wanted.before, BATCH)
                if batch == 0:
                    await uow.audit.add(line)
                await uow.commit()
            pruned += count
            if count < BATCH:
                break
        return Pruned(pruned=pruned, more=count == BATCH)


async def _existing(reads: JobReads, id: UUID) -> JobInFull:
    job = await reads.get(id)
    if job is None:
        raise JobNotFound
    return job
