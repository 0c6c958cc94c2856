"""Threads for slow work that must not slow anything else."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from asperguide.adapters.measuring import Family, Measured, counter, gauge
from asperguide.adapters.system import give_back_memory
from asperguide.shared.errors import Unavailable

P = ParamSpec("P")
R = TypeVar("R")

RETRY_AFTER = timedelta(seconds=2)
IDLE_SECONDS = 1.0
_LOWEST_PRIORITY = 19


class LowPriorityPool(Measured):
    """At most `threads` jobs at once and `queue` waiting, in threads that yield the processor to everybody else.

    When nothing was asked for a second, the memory that the jobs used goes back to the system: a hash needs 19 MiB.
    Who finds no place is told so by the error `full`.
    """

    def __init__(self, name: str, threads: int, queue: int, full: type[Unavailable]) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_yield_to_everybody)
        self._places = threading.BoundedSemaphore(threads + queue)
        self._resting: asyncio.TimerHandle | None = None
        self._name, self._workers, self._full = name, threads, full
        self._jobs: set[Future[Any]] = set()
        self._refused = 0

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What the work returns or raises. Raises the error `full` at once when there is no place left.

        Work whose caller was cancelled while it waited is never done, and its place is free at once.
        """
        if not self._places.acquire(blocking=False):
            self._refused += 1
            raise self._full(retry_after=RETRY_AFTER)
        job = self._threads.submit(work, *args, **kwargs)
        self._jobs.add(job)
        job.add_done_callback(self._done)
        try:
            return await asyncio.wrap_future(job)
        finally:
            self._rest()

    def measure(self) -> Iterator[Family]:
        """How many jobs run, how many wait, and how many found no place."""
        inside, pool = len(self._jobs), self._name
        running, waiting = min(inside, self._workers), max(inside - self._workers, 0)
        yield gauge("asperguide_threads_busy", "Threads of a pool that work.", running, pool=pool)
        yield gauge("asperguide_threads_waiting", "Work that waits for a thread of a pool.", waiting, pool=pool)
        yield counter("asperguide_threads_refused", "Work for which a pool had no place.", self._refused, pool=pool)

    def _done(self, job: "Future[Any]") -> None:
        self._jobs.discard(job)
        self._places.release()

    def _rest(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
        loop = asyncio.get_running_loop()
        self._resting = loop.call_later(IDLE_SECONDS, self._give_back)

    def _give_back(self) -> None:
        with suppress(RuntimeError):  # closed meanwhile
            self._threads.submit(give_back_memory)

    def close(self) -> None:
        """Drop what waits and end the threads once they are done with what they do."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _yield_to_everybody() -> None:
    """Linux has a priority per thread; elsewhere, and where it is forbidden, the thread stays an ordinary one."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST_PRIORITY)
