"""Blocking calls in threads of one's own, which are over before anybody is told that they are."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from asperguide.adapters.content import SOON
from asperguide.shared.errors import StorageUnavailable

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A bounded pool. Started with the first call."""

    def __init__(self, count: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What it returns or raises. When cancelled, it is over all the same: nothing of it goes on behind one's back.

        An OSError, such as a full disk, is a StorageUnavailable.
        """
        future = asyncio.get_running_loop().run_in_executor(self._pool, lambda: do(*args, **kwargs))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            while not future.done():
                try:
                    await asyncio.wait([future])
                except asyncio.CancelledError:
                    continue
            future.exception()
            raise
        except OSError as error:
            raise StorageUnavailable(retry_after=SOON) from error

    def close(self) -> None:
        """Wait for what still runs."""
        self._pool.shutdown()
