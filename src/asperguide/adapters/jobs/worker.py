"""Works through the ledger: takes due rows, holds their leases, runs their reactions and writes down how it went."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from asperguide.adapters.jobs.confining import Ended, confined
from asperguide.adapters.jobs.holding import Hands, InHand, surviving
from asperguide.adapters.jobs.line import Line
from asperguide.adapters.jobs.measures import JobMeasures
from asperguide.adapters.jobs.reactions import Reaction, Reactions, divided, find, pause, read
from asperguide.adapters.measuring import Family, Measured, gauges
from asperguide.shared.errors import DomainError, Unavailable
from asperguide.shared.ledger import ClaimedJob, JobRefused, Lapse, LeaseLost, Ledger, NewJob, Work, at_work
from asperguide.shared.ports import Clock, Doorbell, Ids, MailRefused
from asperguide.shared.tracing import Trace, trace

log = logging.getLogger("asperguide.jobs")

LEASE = timedelta(seconds=30)
POLL = timedelta(seconds=2)
HOPELESS = (JobRefused, MailRefused)

# Jobs that were claimed ahead and have waited for longer go back.
PATIENCE_SECONDS = 1.0
STOPPING_SECONDS = 3.0
LONGEST_RETRY_SECONDS = 1.0


class Worker(Measured):
    """Runs jobs of each queue side by side, as many as `queues` says. Any number of workers share a ledger.

    The first of the queues is looked at whenever there is a place. The others, while they are empty, no more often
    than every tenth of a second, so that short jobs of the first do not pay for them.

    `run` never ends by itself and no failure of a job or of the database ends it. `drain` ends it in good order;
    cancelling it is like killing the process: what was running becomes due again within `lease` and one `poll`.

    All workers of a ledger have the same `lease`. A row is leased for half of it and a heartbeat comes every sixth; a
    lease that looks over is taken for over when no heartbeat came in a third more. So clocks that are wrong or are set
    take no job from a worker that lives, and keep none with one that is dead. While `resting` no job is taken.

    A job that was cancelled is stopped within a second of a ring of the bell, else by its next heartbeat. What a job
    says of its progress is written once a second. Neither costs a job anything that is short.
    """

    def __init__(
        self,
        ledger: Ledger,
        reactions: Reactions,
        *,
        clock: Clock,
        ids: Ids,
        doorbell: Doorbell,
        queues: Mapping[str, int],
        resting: Callable[[], bool] = lambda: False,
        name: str = "worker",
        lease: timedelta = LEASE,
        poll: timedelta = POLL,
    ) -> None:
        self._ledger, self._reactions = ledger, reactions
        self._clock, self._ids, self._doorbell = clock, ids, doorbell
        self._resting = resting
        self._lines = [Line(queue, places, calm=number > 0) for number, (queue, places) in enumerate(queues.items())]
        self._whole_lease, self._lease, self._poll = lease.total_seconds(), lease / 2, poll
        self.name = f"{name}-{ids.new()}"
        self._running: dict[asyncio.Task[str], ClaimedJob] = {}
        self._hands = Hands(ledger, lease)
        self._wake = asyncio.Event()
        self._draining = self._closed = False
        self._begun = 0
        self._again_at = 0.0
        self._suspects: dict[Lapse, float] = {}
        self._suspect_at = 0.0
        self._measures = JobMeasures(reactions)

    @property
    def running(self) -> tuple[ClaimedJob, ...]:
        """The jobs that are being worked on."""
        return tuple(self._running.values())

    def measure(self) -> Iterator[Family]:
        """What runs, in how many places, and what became of all that ran."""
        busy = {line.queue: line.busy for line in self._lines}
        places = {line.queue: line.places for line in self._lines}
        yield gauges("asperguide_jobs_running", "Jobs being worked on.", "queue", busy)
        yield gauges("asperguide_job_places", "Jobs that a worker takes at once.", "queue", places)
        yield self._measures.family()

    async def run(self) -> None:
        """Work until drained or cancelled."""
        beside = [asyncio.create_task(self._listen()), asyncio.create_task(self._hands.watch())]
        try:
            while not self._draining:
                self._wake.clear()
                with surviving("the ledger could not be read"):
                    await self._hand_back_late()
                    await self._rescue()
                    if not self._resting():
                        await self._start_due(list(self._awake()))
                await self._wake.wait()
        finally:
            self._closed = True
            for task in beside:
                task.cancel()
            if not self._draining:
                await _cancelled(self._running)

    async def run_due(self) -> int:
        """Work until nothing is due; how many jobs ran. For tests and commands, instead of `run`."""
        before = self._begun
        await self._ledger.rescue(await self._ledger.lapsed())
        while await self._start_due(self._lines) or self._running:
            if self._running:
                await asyncio.wait(self._running)
        return self._begun - before

    async def drain(self, patience: timedelta) -> None:
        """Take nothing new, wait so long for what runs, and hand the rest back so that another worker can do it."""
        self._draining = self._closed = True
        self._wake.set()
        await self._hand_back(job for line in self._lines for job in line.leave(0))
        if self._running:
            await asyncio.wait(self._running, timeout=patience.total_seconds())
        rest = dict(self._running)
        await _cancelled(rest)
        await self._hand_back(rest.values())

    async def _listen(self) -> None:
        """Look at the ledger when the bell rings, and now and then without."""
        while True:
            if await self._doorbell.wait(self._poll):
                self._hands.rung.set()
            self._wake.set()

    async def _rescue(self) -> None:
        """Free what dead workers held: leases that look over and have not changed for a while."""
        now = time.monotonic()
        if now < self._suspect_at:
            return
        self._suspect_at = now + self._whole_lease / 30
        lapses = await self._ledger.lapsed(self._lease)
        self._suspects = {lapse: self._suspects.get(lapse, now) for lapse in lapses}
        over = [lapse for lapse, since in self._suspects.items() if now - since >= self._whole_lease / 3]
        if count := await self._ledger.rescue(over):
            log.warning("%d jobs of workers that are gone are due again", count)

    def _awake(self) -> Iterator[Line]:
        """The lines to be looked at now; for those that rest the ledger is looked at again when they have."""
        loop = asyncio.get_running_loop()
        for line in self._lines:
            if (rest := line.rest()) <= 0:
                yield line
            elif self._again_at <= loop.time():
                self._again_at = loop.time() + rest
                loop.call_later(rest, self._wake.set)

    async def _start_due(self, lines: Iterable[Line]) -> int:
        """Take what these queues have places for, and what will have one soon. How many jobs were taken."""
        taken = 0
        for line in lines:
            if (wanted := line.wanted()) > 0:
                jobs = await self._ledger.claim(self.name, line.queue, wanted, self._lease)
                taken += len(jobs)
                line.join(jobs, wanted)
                if self._closed:
                    await self._hand_back(line.leave(0))
                self._begin(line)
        return taken

    def _begin(self, line: Line) -> None:
        while not self._closed and (job := line.step()) is not None:
            task = asyncio.create_task(self._work(job, line), name=f"job {job.kind}")
            self._begun += 1
            self._running[task] = job
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[str]") -> None:
        self._running.pop(task, None)
        self._wake.set()

    async def _hand_back_late(self) -> None:
        """Let other workers have what was taken too early: the jobs before it turned out to be long."""
        if late := [job for line in self._lines for job in line.leave(PATIENCE_SECONDS)]:
            await self._hand_back(late)

    async def _hand_back(self, jobs: Iterable[ClaimedJob]) -> None:
        with surviving("jobs could not be handed back; their leases will run out"):
            await asyncio.gather(*(self._ledger.hand_back(job) for job in jobs))

    async def _work(self, job: ClaimedJob, line: Line) -> str:
        """One job from its lease to its end in the ledger, whatever happens on the way. Its outcome in a word."""
        trace.set(Trace(request_id=job.request_id, traceparent=job.traceparent, job=str(job.id), job_kind=job.kind))
        work = InHand(job=job)
        at_work.set(work)
        began, outcome = time.perf_counter(), "unwritten"
        with surviving(f"the end of job {job.id} could not be written; its lease will run out"):
            try:
                children = await self._do(work, line)
            except Exception as error:
                outcome = await self._failed(work, error)
            else:
                outcome = "done"
                if not work.ending and not await self._told(lambda: self._ledger.finish(job, children)):
                    outcome = "lost"
                    log.warning("job %s (%s) was done, but somebody else has it now", job.id, job.kind)
            self._measures.end(job.kind, outcome, began)
        return outcome

    async def _do(self, work: InHand, line: Line) -> Sequence[NewJob]:
        """React to the job, or give what it is to be divided into; then its place is free for the next.

        What somebody waits for is the first reaction: the job is over when that is, and the others are jobs beside it.
        """
        try:
            first, *others = find(self._reactions, work.job.kind)
            if others and work.job.owner is None:
                return divided(work.job, (first, *others))
            if others:
                await self._ledger.put(divided(work.job, others))
            await self._react(work, first)
            return ()
        finally:
            line.busy -= 1
            self._begin(line)

    async def _react(self, work: InHand, reaction: Reaction) -> None:
        """Run the reaction while the lease is held; LeaseLost when it no longer is."""
        message = read(work.job, reaction.message)
        doing = asyncio.ensure_future(confined(reaction, message, work.job))
        holding = asyncio.create_task(self._hands.hold(work))
        try:
            limit = reaction.timeout.total_seconds()
            ended, _ = await asyncio.wait((doing, holding), timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if not ended:
                raise TimeoutError(f"not done after {limit:g} s")
            if not doing.done():
                raise LeaseLost
            if doing.cancelled():
                raise Ended("the reaction cancelled itself")
            error = doing.exception()
            if error is not None and not isinstance(error, Exception):
                raise Ended(repr(error)) from error
            await doing
        finally:
            await _cancelled((doing, holding))

    async def _failed(self, work: Work, error: Exception) -> str:
        """Write down why, and when to try again if that makes sense. What became of the job, in a word."""
        job = work.job
        reason = f"{type(error).__name__}: {error}"
        if isinstance(error, LeaseLost):
            log.warning("job %s (%s) lost its lease and was stopped", job.id, job.kind)
            return "lost"
        if work.ending:
            log.warning("job %s (%s) is done, but failed after that: %s", job.id, job.kind, reason)
            return "done"
        last = isinstance(error, HOPELESS) or job.attempts >= job.max_attempts
        retry_at = None if last else self._clock.now() + pause(job.attempts, self._ids)
        failure = _for_people(error) if last else None
        if not await self._told(lambda: self._ledger.fail(job, reason, retry_at, failure)):
            return "lost"
        level = logging.ERROR if last else logging.WARNING
        told = "job %s (%s) failed at attempt %d: %s"
        log.log(level, told, job.id, job.kind, job.attempts, reason, exc_info=error if last else None)
        return "dead" if last else "retried"

    async def _told(self, tell: Callable[[], Awaitable[bool]]) -> bool:
        """What the ledger answers; asked again while it is away, for as long as the lease can last."""
        wait, until = 0.05, time.monotonic() + self._whole_lease * 2 / 3
        while True:
            try:
                return await tell()
            except Unavailable:
                if time.monotonic() + wait > until:
                    raise
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_RETRY_SECONDS)


def _for_people(error: Exception) -> str | None:
    """What the owner of the job may know: the words of a refusal, or of the one that had it given up."""
    refusal = next((one for one in (error, error.__cause__) if isinstance(one, DomainError)), None)
    return None if refusal is None else refusal.in_full


async def _cancelled(tasks: Iterable["asyncio.Future[Any]"]) -> None:
    """Cancel all and wait until they have ended; how they ended is of no interest any more.

    What does not stop is left to itself after a while, so that it takes no place for ever.
    """
    waiting = list(tasks)
    for task in waiting:
        task.cancel()
    if not waiting:
        return
    _, stubborn = await asyncio.wait(waiting, timeout=STOPPING_SECONDS)
    for task in stubborn:
        log.error("%s does not stop", task)
    for task in set(waiting) - stubborn:
        if not task.cancelled():
            task.exception()
