"""The jobs that are being worked on: their leases are held, their progress is told, and those that are lost stop."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from asperguide.shared.errors import Unavailable
from asperguide.shared.ledger import ClaimedJob, Ledger, Work

log = logging.getLogger("asperguide.jobs")

ASK_SECONDS = 0.5
"""After the bell rang the ledger is asked about jobs that have run for so long, and not again for as long."""
PROGRESS_SECONDS = 1.0
"""What a job says of its progress is written down after so long."""


@dataclass(slots=True, kw_only=True, eq=False)
class InHand(Work):
    """A job from its claim to its end. `told` is the progress that is written down, `lost` that it is not ours."""

    job: ClaimedJob
    ending: bool = False
    progress: int | None = None
    told: int | None = None
    began: float = field(default_factory=time.monotonic)
    lost: asyncio.Event = field(default_factory=asyncio.Event)


class Hands:
    """Holds the leases of jobs. `rung` is to be set when the bell rings, which it does for cancelled jobs too.

    Short jobs cost the ledger nothing: heartbeats come every sixth of a `lease`, the question whether long jobs are
    still ours is one for all of them and is asked after a ring, at most twice a second.
    """

    def __init__(self, ledger: Ledger, lease: timedelta) -> None:
        self._ledger, self._lease = ledger, lease / 2
        self._every, self._safe = lease.total_seconds() / 6, lease.total_seconds() * 2 / 3
        self._held: set[InHand] = set()
        self.rung = asyncio.Event()

    async def hold(self, work: InHand) -> None:
        """Send heartbeats; ends when the lease is lost, or may be because the ledger did not answer for so long."""
        self._held.add(work)
        try:
            await self._beat(work)
        finally:
            self._held.discard(work)

    async def watch(self) -> None:
        """Stop what was cancelled, until cancelled: jobs of any age are stopped within a second of the ring."""
        while True:
            await self.rung.wait()
            self.rung.clear()
            before = time.monotonic() - ASK_SECONDS
            long = [work for work in self._held if work.began <= before]
            younger = len(long) < len(self._held)
            with surviving("the ledger could not be asked for cancelled jobs"):
                await self._stop_lost(long)
            await asyncio.sleep(ASK_SECONDS)
            if younger:
                self.rung.set()

    async def _stop_lost(self, works: list[InHand]) -> None:
        if not works:
            return
        ours = await self._ledger.held([work.job for work in works])
        for work in works:
            # One that ends with its effect is no longer held either, and says so before anybody can read it.
            if work.job.id not in ours and not work.ending:
                work.lost.set()

    async def _beat(self, work: InHand) -> None:
        held_until = time.monotonic() + self._safe
        while time.monotonic() < held_until:
            await self._pause(work)
            if work.lost.is_set():
                return
            asked, said = time.monotonic(), work.progress
            with surviving(f"no heartbeat for job {work.job.id}"):
                if await self._ledger.heartbeat(work.job, self._lease, said):
                    held_until, work.told = asked + self._safe, said
                elif work.ending:
                    # Nothing is left to hold: the end is written, and what comes after it may take its time.
                    await asyncio.Event().wait()
                else:
                    return

    async def _pause(self, work: InHand) -> None:
        """Until the next heartbeat is due, or there is something to tell: progress, or that the lease is lost."""
        due = time.monotonic() + self._every
        while (left := due - time.monotonic()) > 0 and not work.lost.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, PROGRESS_SECONDS)):
                    await work.lost.wait()
            if work.progress != work.told:
                return


@contextlib.contextmanager
def surviving(what: str) -> Iterator[None]:
    """Whatever the ledger does, the worker goes on: polling and leases make up for it."""
    try:
        yield
    except Unavailable as error:
        log.warning("%s: %s", what, error)
    except Exception:
        log.exception(what)
