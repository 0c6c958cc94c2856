"""The law of doorbells, on memory and on Redis."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from time import monotonic

import pytest

from asperguide.adapters.memory.doorbell import MemoryDoorbell
from asperguide.adapters.redis.connection import Breaker, connect
from asperguide.adapters.redis.doorbell import RedisDoorbell
from asperguide.shared.ports import Doorbell
from asperguide.testing.contracts import DoorbellContract
from asperguide.testing.contracts.doorbell import LONG, SOON, settle
from tests.servers import RedisServer, eventually


@contextlib.asynccontextmanager
async def redis_doorbell(server: RedisServer) -> AsyncIterator[RedisDoorbell]:
    async with connect(socket_path=str(server.socket_path), password=server.password) as client:
        bell = RedisDoorbell(client, Breaker(pause=0.2), MemoryDoorbell())
        yield bell
        await bell.aclose()


@pytest.fixture(params=["memory", "redis"])
async def bell(request: pytest.FixtureRequest) -> AsyncIterator[Doorbell]:
    if request.param == "memory":
        yield MemoryDoorbell()
        return
    async with redis_doorbell(request.getfixturevalue("redis_server")) as bell:
        await settle(bell)
        yield bell


class TestDoorbells(DoorbellContract):
    """Each of them."""


async def test_a_ring_is_heard_in_another_process(redis_server: RedisServer) -> None:
    async with redis_doorbell(redis_server) as here, redis_doorbell(redis_server) as there:
        await settle(there)
        waiting = asyncio.create_task(there.wait(LONG))
        await here.ring()
        began = monotonic()
        assert await waiting is True
        assert monotonic() - began < 5


async def test_without_redis_waiting_ends_at_the_timeout_and_a_ring_is_heard_in_this_process(
    own_redis: RedisServer,
) -> None:
    async with redis_doorbell(own_redis) as bell:
        await settle(bell)
        own_redis.stop()
        await settle(bell)
        assert await bell.wait(SOON) is False
        waiting = asyncio.create_task(bell.wait(LONG))
        await asyncio.sleep(0)
        await bell.ring()
        assert await waiting is True


async def test_after_redis_came_back_rings_are_heard_again(own_redis: RedisServer) -> None:
    async with redis_doorbell(own_redis) as here, redis_doorbell(own_redis) as there:
        await settle(there)
        own_redis.stop()
        await settle(there)
        own_redis.start()

        async def heard() -> bool:
            await here.ring()
            return await there.wait(timedelta(milliseconds=100))

        await eventually(heard)


async def test_a_line_on_which_nobody_says_anything_stays_up(redis_server: RedisServer) -> None:
    async with redis_doorbell(redis_server) as bell:
        await settle(bell)
        assert await bell.wait(timedelta(seconds=2)) is False


async def test_a_frozen_redis_is_noticed_and_what_was_missed_counts_as_a_ring(own_redis: RedisServer) -> None:
    async with redis_doorbell(own_redis) as bell:
        await settle(bell)
        own_redis.daemon.freeze()
        assert await bell.wait(timedelta(seconds=5)) is True
        own_redis.daemon.thaw()
