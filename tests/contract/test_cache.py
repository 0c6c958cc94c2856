"""The law of caches, on memory and on Redis; then what only Redis has to survive."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from time import monotonic

import pytest

from asperguide.adapters.memory.cache import MemoryCache
from asperguide.adapters.redis.cache import RedisCache
from asperguide.adapters.redis.connection import Breaker, OutOfReach, connect
from asperguide.adapters.redis.probe import RedisProbe
from asperguide.adapters.system import SystemClock
from asperguide.shared.ports import Cache, Cached
from asperguide.testing import MovableClock
from asperguide.testing.contracts import CacheContract, PassTime, moving, waiting
from asperguide.testing.contracts.cache import MINUTE, versions_of
from tests.servers import RedisServer, eventually

PREFIX = "test:"


@contextlib.asynccontextmanager
async def redis_cache(server: RedisServer, over: str = "tcp", pause: float = 0.2) -> AsyncIterator[RedisCache]:
    if over == "unix":
        client = connect(socket_path=str(server.socket_path), password=server.password)
    else:
        client = connect(host=server.host, port=server.port, password=server.password)
    async with client:
        yield RedisCache(client, Breaker(pause), PREFIX)


@contextlib.asynccontextmanager
async def listening(cache: RedisCache) -> AsyncIterator[list[Mapping[str, int] | None]]:
    """What the cache tells its listeners while it hears the others; ready when the line stands."""
    told: list[Mapping[str, int] | None] = []
    cache.on_purge(told.append)
    task = asyncio.create_task(cache.listen())
    try:
        await eventually(lambda: None in told)
        told.clear()
        yield told
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture(params=["memory", "redis-tcp", "redis-unix"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Cache, PassTime]]:
    """A cache, and how time passes for it."""
    if request.param == "memory":
        clock = MovableClock()
        yield MemoryCache(clock), moving(clock)
        return
    async with redis_cache(request.getfixturevalue("redis_server"), request.param.removeprefix("redis-")) as cache:
        yield cache, waiting


@pytest.fixture
def cache(subject: tuple[Cache, PassTime]) -> Cache:
    return subject[0]


@pytest.fixture
def pass_time(subject: tuple[Cache, PassTime]) -> PassTime:
    return subject[1]


class TestCaches(CacheContract):
    """Each of them."""


async def test_memory_keeps_at_most_its_entries_and_drops_the_one_not_read_for_longest() -> None:
    cache = MemoryCache(MovableClock(), max_entries=2)
    for key in ("a", "b"):
        await cache.put(key, Cached(version=1, value=b""), MINUTE)
    await cache.get("a")
    await cache.put("c", Cached(version=1, value=b""), MINUTE)
    assert [await versions_of(cache, key) for key in ("a", "b", "c")] == [1, None, 1]


async def test_memory_forgets_refusals_after_a_minute_and_keeps_few() -> None:
    clock = MovableClock()
    cache = MemoryCache(clock, max_entries=100)
    await cache.purge({"a": 2})
    clock.advance(timedelta(seconds=59))
    await cache.put("a", Cached(version=1, value=b""), MINUTE)
    assert await cache.get("a") is None
    clock.advance(timedelta(seconds=2))
    await cache.put("a", Cached(version=1, value=b""), MINUTE)
    assert await versions_of(cache, "a") == 1
    await cache.purge({f"k{n}": 1 for n in range(1_000)})
    assert len(cache._purged) == 100


async def test_memory_drops_an_entry_from_the_future_when_the_clock_was_set_back() -> None:
    clock = MovableClock()
    cache = MemoryCache(clock)
    await cache.put("a", Cached(version=1, value=b""), MINUTE)
    clock.advance(-timedelta(days=1))
    assert await cache.get("a") is None


async def test_redis_tombstones_end_after_a_minute_and_every_key_has_the_prefix(redis_server: RedisServer) -> None:
    async with redis_cache(redis_server) as cache:
        await cache.purge({"a": 2})
        await cache.put("a", Cached(version=2, value=b""), MINUTE)
        with redis_server.client() as outside:
            keys = set(outside.scan_iter())
            assert keys == {b"test:cache:{a}", b"test:cache:{a}:purged"}
            assert 55_000 < outside.pttl("test:cache:{a}:purged") <= 60_000


async def test_a_purge_reaches_the_listeners_of_other_processes_at_once(redis_server: RedisServer) -> None:
    async with redis_cache(redis_server) as here, redis_cache(redis_server) as there, listening(there) as told:
        began = monotonic()
        await here.purge({"user:1": 4})
        await eventually(lambda: told)
        assert told == [{"user:1": 4}]
        assert monotonic() - began < 2


async def test_words_of_another_release_on_the_channel_count_as_something_missed(redis_server: RedisServer) -> None:
    async with redis_cache(redis_server) as cache, listening(cache) as told:
        with redis_server.client() as outside:
            outside.publish("test:purged", b"\xff not ours")
        await eventually(lambda: told)
        assert told == [None]


async def test_redis_forgetting_its_scripts_is_not_noticed(redis_server: RedisServer) -> None:
    async with redis_cache(redis_server) as cache:
        await cache.put("a", Cached(version=1, value=b"1"), MINUTE)
        with redis_server.client() as outside:
            outside.script_flush()
        assert await versions_of(cache, "a") == 1
        await cache.put("a", Cached(version=2, value=b"2"), MINUTE)
        assert await versions_of(cache, "a") == 2


async def test_a_redis_that_is_gone_looks_empty_and_is_used_again_when_back(own_redis: RedisServer) -> None:
    async with redis_cache(own_redis) as cache, listening(cache) as told:
        await cache.put("a", Cached(version=1, value=b""), MINUTE)
        own_redis.stop()
        assert await cache.get("a") is None
        await cache.put("a", Cached(version=1, value=b""), MINUTE)
        await cache.purge({"b": 2})
        await eventually(lambda: None in told)
        own_redis.start()
        told.clear()

        async def works() -> bool:
            await cache.put("a", Cached(version=1, value=b""), MINUTE)
            return await cache.get("a") is not None

        await eventually(works)
        await eventually(lambda: None in told)
        async with redis_cache(own_redis) as other:
            await other.purge({"c": 3})
        await eventually(lambda: {"c": 3} in told)


async def test_a_purge_that_redis_missed_is_made_up_for_before_anything_is_read(own_redis: RedisServer) -> None:
    async with redis_cache(own_redis) as cache, redis_cache(own_redis) as slow:
        await cache.put("a", Cached(version=1, value=b"old"), MINUTE)
        own_redis.daemon.freeze()
        await cache.purge({"a": 2})
        own_redis.daemon.thaw()
        await eventually(lambda: cache._breaker.lets_through)
        assert await cache.get("a") is None
        await slow.put("a", Cached(version=1, value=b"slow fill"), MINUTE)
        assert await slow.get("a") is None


async def test_others_hear_of_a_purge_that_redis_missed_though_nothing_else_happens_here(
    own_redis: RedisServer,
) -> None:
    async with redis_cache(own_redis) as cache, redis_cache(own_redis) as other, listening(cache):
        await cache.put("a", Cached(version=1, value=b"old"), MINUTE)
        own_redis.daemon.freeze()
        await cache.purge({"b": 2})
        await cache.purge({"a": 2})  # is not even sent: the one before had no answer
        own_redis.daemon.thaw()

        async def is_gone() -> bool:
            return await other.get("a") is None

        assert not await is_gone()
        await eventually(is_gone)


async def test_a_frozen_redis_costs_half_a_second_once(own_redis: RedisServer) -> None:
    async with redis_cache(own_redis, "unix", pause=20) as cache:
        await cache.put("a", Cached(version=1, value=b""), MINUTE)
        own_redis.daemon.freeze()
        began = monotonic()
        assert set(await asyncio.gather(*(cache.get("a") for _ in range(100)))) == {None}
        first = monotonic()
        for _ in range(100):
            assert await cache.get("a") is None
            await cache.put("a", Cached(version=2, value=b""), MINUTE)
        assert first - began < 5
        assert monotonic() - first < 5
        own_redis.daemon.thaw()


async def test_an_answer_that_drips_in_for_ever_is_given_up() -> None:
    async def drip() -> None:
        while True:
            await asyncio.sleep(0.1)

    began = monotonic()
    with pytest.raises(OutOfReach):
        await Breaker().call(drip)
    assert 0.4 < monotonic() - began < 5


async def test_a_wrong_password_looks_like_an_empty_cache(redis_server: RedisServer) -> None:
    client = connect(host=redis_server.host, port=redis_server.port, password="wrong")
    async with client:
        cache = RedisCache(client, Breaker(), PREFIX)
        await cache.put("a", Cached(version=1, value=b""), MINUTE)
        assert await cache.get("a") is None


async def test_the_breaker_says_once_that_redis_went_and_once_that_it_came(
    own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="asperguide.adapters.redis.connection")
    async with redis_cache(own_redis) as cache:
        own_redis.stop()
        for _ in range(50):
            await cache.get("a")
        own_redis.start()
        await eventually(lambda: _answers(cache))
        assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def _answers(cache: RedisCache) -> bool:
    await cache.put("again", Cached(version=1, value=b""), MINUTE)
    return await cache.get("again") is not None


async def test_the_probe_tells_the_version_and_raises_when_redis_is_gone(own_redis: RedisServer) -> None:
    async with connect(socket_path=str(own_redis.socket_path), password=own_redis.password) as client:
        probe = RedisProbe(client)
        assert (await probe.check()).startswith("Redis ")
        assert (probe.name, probe.required) == ("redis", False)
        own_redis.stop()
        with pytest.raises(Exception, match=r"(?i)socket|refused|connect"):
            await probe.check()


def test_a_real_clock_is_good_enough_for_the_memory_cache() -> None:
    async def round_trip() -> int | None:
        cache = MemoryCache(SystemClock())
        await cache.put("a", Cached(version=1, value=b""), MINUTE)
        return await versions_of(cache, "a")

    assert asyncio.run(round_trip()) == 1
