"""Writing in one transaction what is asked for while the one before is under way."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from asperguide.shared.errors import DatabaseUnavailable

K = TypeVar("K")
V = TypeVar("V")

MOST = 256


class Grouped(Generic[K, V]):
    """Hands items to `write` in groups, one group at a time; `write` gives one result each, in order.

    The busier the database, the larger the groups; an item that comes alone waits for nobody. A database that is away
    fails the whole group; any other failure is that of one item, and the rest of its group is written without it. A
    caller that is cancelled disturbs nobody: its item is written.
    """

    def __init__(
        self,
        write: Callable[[Sequence[K]], Awaitable[Sequence[V]]],
        in_background: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"],
    ) -> None:
        self._write, self._in_background = write, in_background
        self._waiting: list[tuple[K, asyncio.Future[V]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def __call__(self, item: K) -> V:
        """The result for this item."""
        answer: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._writer is None:
            self._writer = self._in_background(self._write_all())
        return await answer

    async def _write_all(self) -> None:
        try:
            await asyncio.sleep(0)
            while self._waiting:
                group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._write_group(group)
        finally:
            self._writer = None

    async def _write_group(self, group: "Sequence[tuple[K, asyncio.Future[V]]]") -> None:
        try:
            results = await self._write([item for item, _ in group])
        except Exception as error:
            if len(group) > 1 and not isinstance(error, DatabaseUnavailable):
                for one in group:
                    await self._write_group([one])
                return
            for _, answer in group:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for (_, answer), result in zip(group, results, strict=True):
                if not answer.done():
                    answer.set_result(result)
