"""A doorbell that every process hears."""

import asyncio
import contextlib
from datetime import timedelta

from redis.asyncio import Redis

from asperguide.adapters.redis.connection import Breaker, OutOfReach
from asperguide.adapters.redis.subscription import follow
from asperguide.shared.ports import Doorbell


class RedisDoorbell(Doorbell):
    """Rings over pub/sub. `local` is where this process waits; it is all there is while Redis is out of reach."""

    def __init__(self, client: Redis, breaker: Breaker, local: Doorbell, prefix: str = "asperguide:") -> None:
        self._client = client
        self._breaker = breaker
        self._local = local
        self._channel = f"{prefix}doorbell"
        self._listener: asyncio.Task[None] | None = None

    async def ring(self) -> None:
        """Tell every process, this one included; only this one when there is no Redis."""
        try:
            await self._breaker.call(lambda: self._client.publish(self._channel, b""))
        except OutOfReach:
            await self._local.ring()

    async def wait(self, timeout: timedelta) -> bool:
        """Wait for a ring of any process; the first call starts the listening."""
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        return await self._local.wait(timeout)

    async def aclose(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.wait([self._listener])
            self._listener = None

    async def _listen(self) -> None:
        async with contextlib.aclosing(follow(self._client, self._channel)) as messages:
            async for _ in messages:
                await self._local.ring()
