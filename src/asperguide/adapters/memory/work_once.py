"""Work that several callers of this process want at the same time, done once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from asperguide.media.errors import TooManyImages
from asperguide.media.ports import WorkOnce

RETRY_AFTER = timedelta(seconds=5)


class MemoryWorkOnce(WorkOnce):
    """Up to `at_once` different things are done at a time, and `waiting` ones wait: that costs next to nothing.

    Two are enough: while the images of one are made, the bytes for the other are fetched, and no more than two files
    are held in memory.
    """

    def __init__(self, at_once: int = 2, waiting: int = 100) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def do(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """In a task of its own, first come, first served."""
        task = self._under_way.get(name)
        if task is None:
            if len(self._under_way) >= self._most:
                raise TooManyImages(retry_after=RETRY_AFTER)
            task = self._under_way[name] = asyncio.create_task(self._do(work))
            task.add_done_callback(lambda task: self._done(name, task))
        await asyncio.shield(task)

    async def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        async with self._places:
            await work()

    def _done(self, name: str, task: "asyncio.Task[None]") -> None:
        del self._under_way[name]
        if not task.cancelled():
            task.exception()  # seen, even when every caller has gone
