"""Doing in one round trip what is asked for in one turn of the event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MOST = 200


class Batched(Generic[K, V]):
    """Hands the items of a turn over to `do` together, which gives one result each, in order.

    What `do` raises reaches everybody of the batch. A caller that is cancelled does not disturb the others.
    """

    def __init__(self, do: Callable[[Sequence[K]], Awaitable[Sequence[V]]]) -> None:
        self._do = do
        self._items: list[K] = []
        self._task: asyncio.Task[Sequence[V]] | None = None

    async def __call__(self, item: K) -> V:
        """The result for this item."""
        if self._task is None or len(self._items) >= MOST:
            self._items = []
            self._task = asyncio.create_task(self._run(self._items))
        place, task = len(self._items), self._task
        self._items.append(item)
        return (await asyncio.shield(task))[place]

    async def _run(self, items: list[K]) -> Sequence[V]:
        await asyncio.sleep(0)
        if self._items is items:
            self._task = None
        return await self._do(items)
