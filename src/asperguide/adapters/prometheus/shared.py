"""Figures that every process would give alike: they are asked of the database, at most every ten seconds."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from time import monotonic

from asperguide.adapters.measuring import Family, Sample, gauge, gauges
from asperguide.operations.invariants import CheckInvariants
from asperguide.operations.model import Queue
from asperguide.operations.ports import JobReads
from asperguide.shared.errors import Unavailable
from asperguide.shared.ports import Clock

log = logging.getLogger("asperguide.metrics")

REMEMBERED_SECONDS = 10.0
INVARIANTS_SECONDS = 60.0
PATIENCE = 2.0


class SharedFigures:
    """What `reads` tells, remembered for so long that any number of scrapes costs the database the same."""

    def __init__(
        self, reads: JobReads, check: CheckInvariants, clock: Clock, seconds: Callable[[], float] = monotonic
    ) -> None:
        self._check, self._judged, self._judged_until = check, list[Family](), float("-inf")
        self._reads, self._clock, self._seconds = reads, clock, seconds
        self._known: list[Family] = []
        self._until = float("-inf")
        self._asking = asyncio.Lock()

    async def figures(self) -> list[Family]:
        """The figures; when the database does not answer within two seconds, or not as it should, only that."""
        async with self._asking:
            if self._seconds() >= self._until:
                self._known = await self._ask()
                self._until = self._seconds() + REMEMBERED_SECONDS
            return self._known

    async def _ask(self) -> list[Family]:
        name, help = "asperguide_ledger_readable", "Whether the ledger could be asked for its figures."
        now = self._clock.now()
        try:
            async with asyncio.timeout(PATIENCE):
                queues = await self._reads.queues(now)
                await self._judge()
        except (Unavailable, TimeoutError) as error:
            log.warning("metrics without those of the ledger: %s", error or "it did not answer in time")
            return [gauge(name, help, 0)]
        except Exception:
            # Whatever is wrong there: what processes tell of themselves is needed now.
            log.exception("metrics without those of the ledger")
            return [gauge(name, help, 0)]
        return [gauge(name, help, 1), *_told(queues, now), *self._judged]

    async def _judge(self) -> None:
        """Look at the invariants, less often: they concern more than the ledger."""
        if self._seconds() >= self._judged_until:
            broken = {one.name: float(not one.holds) for one in await self._check()}
            help = "Whether something is not as it must be."
            self._judged = [gauges("asperguide_invariant_violated", help, "invariant", broken)]
            self._judged_until = self._seconds() + INVARIANTS_SECONDS


def _told(queues: Sequence[Queue], now: datetime) -> Iterator[Family]:
    states = ((queue.name, state, count) for queue in queues for state, count in _counts(queue).items())
    samples = [Sample("", {"queue": name, "state": state}, count) for name, state, count in states]
    yield Family("asperguide_ledger_jobs", "gauge", "Rows of the ledger that are not over, or dead.", samples)
    ages = {queue.name: max(0.0, (now - (queue.oldest_due_at or now)).total_seconds()) for queue in queues}
    yield gauges("asperguide_ledger_age_seconds", "For how long the oldest due row has been due.", "queue", ages)
    paused = {queue.name: float(queue.paused_at is not None) for queue in queues}
    yield gauges("asperguide_queue_paused", "Whether an operator paused the queue.", "queue", paused)


def _counts(queue: Queue) -> dict[str, int]:
    later = queue.waiting - queue.due
    return {"due": queue.due, "later": later, "running": queue.running, "dead": queue.dead}
