"""A doorbell between tasks of one event loop."""

import asyncio
from datetime import timedelta

from asperguide.shared.ports import Doorbell


class MemoryDoorbell(Doorbell):
    """Wakes everybody who waits; a ring that nobody heard is kept for the next who waits."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._unheard = False

    async def ring(self) -> None:
        """Wake everybody who waits now."""
        self._unheard = not any(not waiter.done() for waiter in self._waiting)
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self, timeout: timedelta) -> bool:
        """Wait for a ring, at most `timeout` of real time."""
        if self._unheard:
            self._unheard = False
            return True
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            done, _ = await asyncio.wait([waiter], timeout=max(0.0, timeout.total_seconds()))
            return bool(done)
        finally:
            self._waiting.discard(waiter)
