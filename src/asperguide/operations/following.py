"""What people do about long work that was asked for in their name: look how far it is, cancel it."""

from collections.abc import Callable
from uuid import UUID

from msgspec import Struct

from asperguide.operations.errors import JobNotCancellable, JobNotFound
from asperguide.operations.events import JobCancelled
from asperguide.operations.model import Job, JobInFull, MyJob, MyJobState
from asperguide.operations.ports import JobReads, OperationsUnitOfWork
from asperguide.shared.actor import Actor
from asperguide.shared.ledger import JobState
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock

UNTOLD = "This did not work out. Please try again later."


class ShowMyJob(Struct, frozen=True, kw_only=True):
    """How far a job of mine is: its state, its progress from 0 to 1, and in the end its result or why it failed.

    `result` is the path of what is there once it is done. While it waits or runs, `Retry-After` says when to ask again.
    Jobs that are done or cancelled are forgotten after a week.
    """

    reads: JobReads

    async def __call__(self, actor: Actor, id: UUID) -> MyJob:
        return as_seen(await _mine(self.reads, actor, id))


class ListMyJobs(Struct, frozen=True, kw_only=True):
    """My long work, the newest first: what waits and runs, and what is over and not forgotten yet."""

    reads: JobReads

    async def __call__(self, actor: Actor, page: PageRequest = PageRequest()) -> Page[MyJob]:
        found = await self.reads.of(actor.user, page)
        return Page(items=tuple(as_seen(job) for job in found.items), next_cursor=found.next_cursor, total=found.total)


class CancelMyJob(Struct, frozen=True, kw_only=True):
    """End a job of mine that waits or runs; one that runs is stopped within a second. Cancelling twice changes nothing.

    What it did until then is cleaned up where that makes sense. Refused when the job is done or has failed.
    """

    begin: Callable[[], OperationsUnitOfWork]
    reads: JobReads
    clock: Clock

    async def __call__(self, actor: Actor, id: UUID) -> None:
        job = await _mine(self.reads, actor, id)
        async with self.begin() as uow:
            if cancelled := await uow.jobs.cancel(id, self.clock.now()):
                # The bell that rings for this message also has the job's worker look whether it is still its own.
                uow.announce(JobCancelled(job=id, kind=job.kind, payload=job.payload))
                await uow.commit()
        if not cancelled and (await _mine(self.reads, actor, id)).state is not JobState.CANCELLED:
            raise JobNotCancellable


def as_seen(job: Job) -> MyJob:
    """The job without what only operators may know."""
    done, failed = job.state is JobState.DONE, job.state is JobState.DEAD
    return MyJob(
        id=job.id,
        kind=job.kind,
        state=MyJobState.FAILED if failed else MyJobState(job.state.value),
        progress=1.0 if done else (job.progress or 0) / 100,
        result=job.result if done else None,
        failure=(job.failure or UNTOLD) if failed else None,
        created_at=job.created_at,
        finished_at=job.finished_at,
    )


async def _mine(reads: JobReads, actor: Actor, id: UUID) -> JobInFull:
    """Somebody else's job is as absent as one that never was."""
    job = await reads.get(id)
    if job is None or job.owner != actor.user:
        raise JobNotFound
    return job
