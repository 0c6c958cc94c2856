"""Whether Redis is well."""

from redis.asyncio import Redis

from asperguide.shared.ports import Probe


class RedisProbe(Probe):
    """Asks Redis itself, past the breaker. The service does without Redis, slower: it is not required."""

    name = "redis"
    required = False

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def check(self) -> str:
        """Its version. Raises what the client raises, within a second."""
        found = await self._client.info("server")
        return f"Redis {found['redis_version']}"
