"""How this service talks to Redis: half a second for an answer, and a pause for a server that does not give one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from time import monotonic
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, Connection, Redis, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from asperguide.adapters.measuring import Family, Measured, counter, gauge
from asperguide.adapters.tracing import Tracer

T = TypeVar("T")

logger = logging.getLogger(__name__)

PATIENCE = 0.5
PAUSE = 1.0
CONNECTIONS = 32


def connect(
    host: str = "",
    port: int = 6379,
    socket_path: str = "",
    username: str = "",
    password: str = "",
    database: int = 0,
    tracer: Tracer | None = None,
) -> Redis:
    """A client over the unix socket when there is one, else over TCP. Connects when first used; never retries.

    It tells its tracer of each command, if it has one.
    """
    where: dict[str, Any] = {"path": socket_path} if socket_path else {"host": host, "port": port}
    pool = BlockingConnectionPool(
        connection_class=UnixDomainSocketConnection if socket_path else Connection,
        max_connections=CONNECTIONS,
        # Half the patience: whoever waits for a connection has given up before a hanging server frees one.
        timeout=PATIENCE / 2,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        driver_info=None,
        username=username or None,
        password=password or None,
        db=database,
        **where,
    )
    if tracer is None:
        return Redis.from_pool(pool)
    from asperguide.adapters.redis.tracing import TracedRedis

    client: Any = TracedRedis.from_pool(pool)
    client.tracer = tracer
    return client  # type: ignore[no-any-return]


class OutOfReach(Exception):
    """Redis did not answer, answered with an error, or was not asked because it did so a moment ago."""


class Breaker(Measured):
    """Stops asking a Redis that fails: one call per second finds out whether it is back, the others fail at once."""

    def __init__(self, pause: float = PAUSE) -> None:
        self._pause = pause
        self._broken = False
        self._ask_again_at = 0.0
        self._failures = 0

    @property
    def lets_through(self) -> bool:
        """Whether a call made now would reach for Redis."""
        return not self._broken or monotonic() >= self._ask_again_at

    def measure(self) -> Iterator[Family]:
        """Whether the service does without Redis at the moment, and how often it got no answer."""
        yield gauge("asperguide_redis_out_of_reach", "Whether the breaker keeps calls from Redis.", float(self._broken))
        yield counter(
            "asperguide_redis_failures", "Calls that Redis failed, or did not answer in time.", self._failures
        )

    async def call(self, operation: Callable[[], Awaitable[T]]) -> T:
        """The operation's result within half a second. Raises OutOfReach."""
        if not self.lets_through:
            raise OutOfReach
        self._ask_again_at = monotonic() + self._pause  # while broken, this call is the one that finds out
        try:
            async with asyncio.timeout(PATIENCE):
                result = await operation()
        except (RedisError, OSError, TimeoutError) as error:
            self._open(error)
            raise OutOfReach from error
        self._close()
        return result

    def _open(self, error: Exception) -> None:
        self._failures += 1
        self._ask_again_at = monotonic() + self._pause
        if not self._broken:
            self._broken = True
            logger.warning("redis is out of reach, going on without it: %s", str(error) or type(error).__name__)

    def _close(self) -> None:
        if self._broken:
            self._broken = False
            logger.info("redis answers again")
