"""Listening to a channel for as long as the service runs."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from asperguide.adapters.redis.connection import PATIENCE

logger = logging.getLogger(__name__)

QUIET = 1.0
RETRY_AFTER = 0.25
UNREACHABLE = (RedisError, OSError, TimeoutError)


async def follow(client: Redis, channel: str) -> AsyncGenerator[bytes | None, None]:
    """What is said on the channel, for ever, reconnecting as often as needed.

    None means that something may have been missed: the line was lost, or it stands (again).
    """
    while True:
        line = client.pubsub()
        try:
            await line.subscribe(channel)
            while True:
                message = await _next(line)
                if message["type"] in ("subscribe", "message"):
                    yield message["data"] if message["type"] == "message" else None
        except UNREACHABLE as error:
            logger.debug("lost the channel %s: %s", channel, error)
        finally:
            with contextlib.suppress(*UNREACHABLE):
                await line.aclose()  # type: ignore[no-untyped-call]
        yield None
        await asyncio.sleep(RETRY_AFTER)


async def _next(line: PubSub) -> dict[str, Any]:
    """The next message; a line that is quiet for a second is asked for a sign of life."""
    message: dict[str, Any] | None = await line.get_message(timeout=QUIET)
    if message is None:
        await line.ping()
        message = await line.get_message(timeout=PATIENCE)
    if message is None:
        raise TimeoutError("no sign of life")
    return message
