"""Reading through: few loads, nothing old, nobody harmed by somebody else's failure; on memory and on Redis."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import pytest

from asperguide.adapters.caching.read_through import ReadThrough
from asperguide.adapters.memory.cache import MemoryCache
from asperguide.adapters.redis.cache import RedisCache
from asperguide.adapters.redis.connection import Breaker, connect
from asperguide.shared.ports import Cache
from asperguide.testing import MovableClock
from tests.servers import RedisServer, eventually

TTL = timedelta(seconds=5)
SEVEN = UUID(int=7)


class Mood(StrEnum):
    """How the thing feels."""

    CALM = "calm"
    CROSS = "cross"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something with a version, as a context would have it."""

    id: UUID = SEVEN
    version: int = 1
    name: str = "O'Neil 日本"
    moods: tuple[Mood, ...] = (Mood.CROSS,)
    seen_at: datetime = datetime(2031, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)


class Source:
    """Where things come from; counts how often it was asked, and answers when it is allowed to."""

    def __init__(self, thing: Thing | None = None) -> None:
        self.thing = thing or Thing()
        self.loads = 0
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()

    async def load(self) -> Thing:
        """What it held when it was asked, as a slow reader of a snapshot sees it."""
        self.loads += 1
        seen = self.thing
        self.asked.set()
        await self.open.wait()
        return seen


def reader(cache: Cache, clock: MovableClock, name: str = "thing", **options: object) -> ReadThrough[Thing]:
    ttl = options.pop("ttl", TTL)
    return ReadThrough(cache, clock, name, Thing, lambda thing: thing.version, ttl, **options)  # type: ignore[arg-type]


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@contextlib.asynccontextmanager
async def redis_cache(server: RedisServer) -> AsyncIterator[RedisCache]:
    async with connect(socket_path=str(server.socket_path), password=server.password) as client:
        yield RedisCache(client, Breaker(pause=0.2), "test:")


@pytest.fixture(params=["memory", "redis"])
async def cache(request: pytest.FixtureRequest, clock: MovableClock) -> AsyncIterator[Cache]:
    if request.param == "memory":
        yield MemoryCache(clock)
        return
    async with redis_cache(request.getfixturevalue("redis_server")) as cache:
        yield cache


@pytest.fixture
def things(cache: Cache, clock: MovableClock) -> ReadThrough[Thing]:
    return reader(cache, clock)


@pytest.fixture
def source() -> Source:
    return Source()


async def test_the_first_reader_loads_and_the_next_find_it_near(things: ReadThrough[Thing], source: Source) -> None:
    assert things.near("a") is None
    assert await things.get("a", source.load) == source.thing
    assert things.near("a") is source.thing
    assert await things.get("a", source.load) is source.thing
    assert source.loads == 1


async def test_another_process_finds_it_in_the_shared_cache_as_it_was(
    cache: Cache, clock: MovableClock, source: Source
) -> None:
    await reader(cache, clock).get("a", source.load)
    assert await reader(cache, clock).get("a", source.load) == source.thing
    assert source.loads == 1


async def test_names_keep_kinds_of_things_apart(cache: Cache, clock: MovableClock, source: Source) -> None:
    await reader(cache, clock, "thing").get("a", source.load)
    await reader(cache, clock, "other").get("a", source.load)
    assert source.loads == 2


async def test_absence_is_not_kept(things: ReadThrough[Thing], source: Source) -> None:
    async def nothing() -> None:
        source.loads += 1

    assert await things.get("a", nothing) is None
    assert await things.get("a", nothing) is None
    assert source.loads == 2
    assert await things.get("a", source.load) == source.thing


async def test_a_hundred_callers_share_one_load(things: ReadThrough[Thing], source: Source) -> None:
    source.open.clear()
    callers = [asyncio.create_task(things.get("a", source.load)) for _ in range(100)]
    await source.asked.wait()
    source.open.set()
    assert await asyncio.gather(*callers) == [source.thing] * 100
    assert source.loads == 1


async def test_a_cancelled_caller_takes_nobody_along_and_the_load_goes_on(
    things: ReadThrough[Thing], source: Source
) -> None:
    source.open.clear()
    first, second, third = (asyncio.create_task(things.get("a", source.load)) for _ in range(3))
    await source.asked.wait()
    for caller in (first, third):
        caller.cancel()
    await asyncio.wait([first, third])
    source.open.set()
    assert await second == source.thing
    assert source.loads == 1


async def test_when_every_caller_is_cancelled_the_load_still_serves_the_next(
    things: ReadThrough[Thing], source: Source
) -> None:
    source.open.clear()
    only = asyncio.create_task(things.get("a", source.load))
    await source.asked.wait()
    only.cancel()
    await asyncio.wait([only])
    source.open.set()
    assert await things.get("a", source.load) == source.thing
    assert source.loads == 1


async def test_a_failing_load_fails_all_who_wait_and_is_not_kept(things: ReadThrough[Thing], source: Source) -> None:
    async def fail() -> Thing:
        await source.load()
        raise LookupError("no database")

    source.open.clear()
    callers = [asyncio.create_task(things.get("a", fail)) for _ in range(10)]
    await source.asked.wait()
    source.open.set()
    answers = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(answer) for answer in answers] == [LookupError] * 10
    assert source.loads == 1
    assert await things.get("a", source.load) == source.thing


async def test_a_failing_load_that_nobody_waits_for_makes_no_noise(
    things: ReadThrough[Thing], source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> Thing:
        await source.load()
        raise LookupError("no database")

    source.open.clear()
    only = asyncio.create_task(things.get("a", fail))
    await source.asked.wait()
    only.cancel()
    await asyncio.wait([only])
    source.open.set()
    await eventually(lambda: not things._flights)
    assert caplog.records == []


async def test_a_value_is_served_until_its_time_is_over_and_not_after(
    things: ReadThrough[Thing], source: Source, clock: MovableClock
) -> None:
    await things.get("a", source.load)
    clock.advance(TTL - timedelta(microseconds=1))
    assert things.near("a") is source.thing
    clock.advance(timedelta(microseconds=1))
    assert things.near("a") is None
    await things.get("a", source.load)
    assert source.loads == 2


async def test_tiers_do_not_add_up(cache: Cache, clock: MovableClock, source: Source) -> None:
    await reader(cache, clock).get("a", source.load)
    clock.advance(timedelta(seconds=4))
    late = reader(cache, clock)
    await late.get("a", source.load)
    assert source.loads == 1
    clock.advance(timedelta(seconds=1))
    assert late.near("a") is None
    await late.get("a", source.load)
    assert source.loads == 2


async def test_time_counts_from_before_a_slow_load(
    cache: Cache, things: ReadThrough[Thing], source: Source, clock: MovableClock
) -> None:
    source.open.clear()
    reading = asyncio.create_task(things.get("a", source.load))
    await source.asked.wait()
    clock.advance(timedelta(seconds=3))
    source.open.set()
    await reading
    clock.advance(timedelta(seconds=1, milliseconds=999))
    assert things.near("a") is source.thing
    clock.advance(timedelta(milliseconds=1))
    assert things.near("a") is None
    assert await reader(cache, clock).get("a", Source(Thing(version=2)).load) == Thing(version=2)


async def test_a_load_slower_than_the_time_to_live_is_not_kept(
    cache: Cache, things: ReadThrough[Thing], source: Source, clock: MovableClock
) -> None:
    source.open.clear()
    reading = asyncio.create_task(things.get("a", source.load))
    await source.asked.wait()
    clock.advance(TTL)
    source.open.set()
    assert await reading == source.thing
    assert things.near("a") is None
    await reader(cache, clock).get("a", source.load)
    assert source.loads == 2


async def test_a_clock_set_back_lets_nothing_live_on(
    cache: Cache, things: ReadThrough[Thing], source: Source, clock: MovableClock
) -> None:
    await things.get("a", source.load)
    clock.advance(-timedelta(hours=1))
    assert things.near("a") is None
    await reader(cache, clock).get("a", source.load)
    assert source.loads == 2


async def test_a_clock_set_back_a_little_cannot_stretch_the_real_time(cache: Cache, source: Source) -> None:
    clock = MovableClock()
    things = reader(cache, clock, ttl=timedelta(milliseconds=60))
    await things.get("a", source.load)
    await eventually(lambda: things.near("a") is None)


async def test_long_lives_differ_by_key_and_are_never_longer_than_told(
    cache: Cache, clock: MovableClock, source: Source
) -> None:
    hour = timedelta(hours=1)
    things = reader(cache, clock, ttl=hour)
    for key in ("a", "b", "c"):
        await things.get(key, source.load)
    lives = [found.left for key in ("a", "b", "c") if (found := await cache.get(f"thing:{key}"))]
    assert len(set(lives)) == 3
    assert all(hour * 0.9 - timedelta(seconds=5) <= life <= hour for life in lives)
    clock.advance(timedelta(seconds=5))
    assert things.near("a") is None
    await things.get("a", source.load)
    assert source.loads == 3


async def test_a_purge_makes_the_next_reader_load(things: ReadThrough[Thing], source: Source) -> None:
    await things.get("a", source.load)
    source.thing = Thing(version=2)
    await things.purge({"a": 2})
    assert things.near("a") is None
    assert await things.get("a", source.load) == Thing(version=2)
    assert things.near("a") == Thing(version=2)


async def test_a_purge_of_the_cache_itself_reaches_every_reader_of_this_process(
    cache: Cache, clock: MovableClock, source: Source
) -> None:
    readers = [reader(cache, clock) for _ in range(2)]
    for things in readers:
        await things.get("a", source.load)
        await things.get("b", source.load)
    await cache.purge({"thing:a": 2, "other:b": 2})
    assert [things.near("a") for things in readers] == [None, None]
    assert [things.near("b") for things in readers] == [source.thing] * 2


Step = Callable[[ReadThrough[Thing]], Awaitable[None]]


async def purge(things: ReadThrough[Thing]) -> None:
    await things.purge({"a": 2})


async def forget(things: ReadThrough[Thing]) -> None:
    things.forget({"a": 2})


async def forget_all(things: ReadThrough[Thing]) -> None:
    things.forget_all()


@pytest.mark.parametrize("step", [purge, forget, forget_all])
async def test_a_slow_fill_that_read_before_a_purge_is_not_kept_and_nobody_joins_it(
    things: ReadThrough[Thing], source: Source, step: Step
) -> None:
    source.open.clear()
    slow = asyncio.create_task(things.get("a", source.load))
    await source.asked.wait()
    source.thing = Thing(version=2)
    await step(things)
    source.open.set()
    after = await things.get("a", source.load)
    assert after == Thing(version=2)
    assert await slow == Thing(version=1)
    assert things.near("a") == Thing(version=2)
    assert await things.get("a", source.load) == Thing(version=2)


@pytest.mark.parametrize("fill_first", [True, False])
async def test_a_slow_fill_of_another_process_is_refused_by_the_shared_cache(
    cache: Cache, clock: MovableClock, fill_first: bool
) -> None:
    source, slow_source = Source(), Source()
    here, there = reader(cache, clock), reader(cache, clock)
    slow_source.open.clear()
    slow = asyncio.create_task(there.get("a", slow_source.load))
    await slow_source.asked.wait()
    source.thing = Thing(version=2)
    await here.purge({"a": 2})
    if fill_first:
        await here.get("a", source.load)
    slow_source.open.set()
    await slow
    third = reader(cache, clock)
    assert await third.get("a", source.load) == Thing(version=2)
    assert await here.get("a", source.load) == Thing(version=2)
    assert await there.get("a", source.load) == Thing(version=2)


async def test_an_old_entry_that_came_back_into_the_shared_cache_is_not_believed_here(
    clock: MovableClock, source: Source
) -> None:
    forgetful = MemoryCache(clock)
    here = reader(forgetful, clock)
    await here.purge({"a": 2})
    forgetful._purged.clear()
    await reader(forgetful, clock).get("a", source.load)
    source.thing = Thing(version=2)
    assert await here.get("a", source.load) == Thing(version=2)


async def test_what_the_source_itself_gives_is_served_but_not_kept_when_it_is_known_to_be_old(
    things: ReadThrough[Thing], source: Source
) -> None:
    things.forget({"a": 2})
    assert await things.get("a", source.load) == Thing(version=1)
    assert things.near("a") is None


async def test_a_late_word_of_a_purge_does_not_drop_what_is_newer(things: ReadThrough[Thing]) -> None:
    await things.get("a", Source(Thing(version=3)).load)
    things.forget({"a": 2})
    assert things.near("a") == Thing(version=3)


async def test_bytes_of_another_shape_in_the_shared_cache_count_as_absent(
    cache: Cache, clock: MovableClock, source: Source
) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Other:
        version: int = 1
        moods: str = "was a word in the release before"

    async def other() -> Other:
        return Other()

    await ReadThrough(cache, clock, "thing", Other, lambda it: it.version, TTL).get("a", other)
    assert await reader(cache, clock).get("a", source.load) == source.thing
    assert source.loads == 1


async def test_tables_in_this_process_are_bounded(cache: Cache, clock: MovableClock, source: Source) -> None:
    things = reader(cache, clock, max_entries=10)
    for n in range(50):
        await things.get(f"k{n}", source.load)
    things.forget({f"p{n}": 2 for n in range(50)})
    assert (len(things._near), len(things._lowest), len(things._flights)) == (10, 10, 0)
    assert things.near("k49") is source.thing
    assert things.near("k0") is None


async def test_other_processes_forget_within_milliseconds_and_everything_when_the_line_was_lost(
    own_redis: RedisServer, clock: MovableClock, source: Source
) -> None:
    async with redis_cache(own_redis) as here, redis_cache(own_redis) as there:
        writer, other = reader(here, clock), reader(there, clock)
        lines: list[object] = []
        there.on_purge(lines.append)
        listening = asyncio.create_task(there.listen())
        await eventually(lambda: lines)
        await other.get("a", source.load)
        assert other.near("a")
        await writer.purge({"a": 2})
        await eventually(lambda: other.near("a") is None, 1)
        await other.get("b", source.load)
        assert other.near("b")
        own_redis.stop()
        await eventually(lambda: other.near("b") is None, 2)
        listening.cancel()
        await asyncio.wait([listening])


async def test_without_redis_reading_goes_on(own_redis: RedisServer, clock: MovableClock, source: Source) -> None:
    async with redis_cache(own_redis) as cache:
        things = reader(cache, clock)
        own_redis.stop()
        assert await things.get("a", source.load) == source.thing
        assert things.near("a") is source.thing
        source.thing = Thing(version=2)
        await things.purge({"a": 2})
        assert await things.get("a", source.load) == Thing(version=2)
        assert source.loads == 2
