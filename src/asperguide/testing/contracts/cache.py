"""The law of caches."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from asperguide.shared.ports import Cache, Cached
from asperguide.testing.contracts.checking import PassTime

MINUTE = timedelta(minutes=1)


async def versions_of(cache: Cache, key: str) -> int | None:
    """The version of the entry, None when there is none."""
    found = await cache.get(key)
    return None if found is None else found.version


class CacheContract:
    """Give it fixtures `cache`, empty, and `pass_time`, which lets time pass for it."""

    async def test_an_unknown_key_is_absent(self, cache: Cache) -> None:
        assert await cache.get("nobody") is None

    async def test_bytes_come_back_as_they_were_put(self, cache: Cache) -> None:
        for value in (b"", b"plain", b"7:with:colons", bytes(range(256)), b"x" * 1_000_000):
            key = f"clé:日本:{len(value)}"
            await cache.put(key, Cached(version=7, value=value), MINUTE)
            found = await cache.get(key)
            assert found is not None
            assert (found.version, found.value) == (7, value)

    async def test_an_entry_tells_how_long_it_still_lives(self, cache: Cache) -> None:
        await cache.put("a", Cached(version=1, value=b"1"), MINUTE)
        found = await cache.get("a")
        assert found is not None
        assert MINUTE - timedelta(seconds=5) < found.left <= MINUTE

    async def test_an_entry_is_gone_after_its_time(self, cache: Cache, pass_time: PassTime) -> None:
        await cache.put("a", Cached(version=1, value=b"1"), timedelta(milliseconds=40))
        assert await versions_of(cache, "a") == 1
        await pass_time(timedelta(milliseconds=41))
        assert await cache.get("a") is None

    async def test_an_entry_without_time_to_live_is_not_kept(self, cache: Cache) -> None:
        for ttl in (timedelta(), timedelta(seconds=-1)):
            await cache.put("a", Cached(version=1, value=b"1"), ttl)
            assert await cache.get("a") is None

    async def test_a_higher_version_replaces_a_lower_one(self, cache: Cache) -> None:
        for version in (1, 2, 9, 10):
            await cache.put("a", Cached(version=version, value=b"%d" % version), MINUTE)
            assert await versions_of(cache, "a") == version

    async def test_a_lower_version_is_refused(self, cache: Cache) -> None:
        await cache.put("a", Cached(version=10, value=b"10"), MINUTE)
        await cache.put("a", Cached(version=9, value=b"9"), 2 * MINUTE)
        assert await versions_of(cache, "a") == 10

    async def test_of_the_same_version_the_one_that_lives_longer_stays(self, cache: Cache) -> None:
        for value, ttl in ((b"middle", MINUTE), (b"short", MINUTE / 2), (b"long", 2 * MINUTE)):
            await cache.put("a", Cached(version=1, value=value), ttl)
            found = await cache.get("a")
            assert found is not None
            assert found.value == {b"middle": b"middle", b"short": b"middle", b"long": b"long"}[value]

    async def test_a_purged_key_is_absent_and_others_are_not(self, cache: Cache) -> None:
        for key in ("a", "b", "c"):
            await cache.put(key, Cached(version=1, value=b""), MINUTE)
        await cache.purge({"a": 2, "b": 1, "unknown": 5})
        assert [await versions_of(cache, key) for key in ("a", "b", "c")] == [None, None, 1]

    async def test_after_a_purge_older_versions_are_refused_and_the_purged_one_is_welcome(self, cache: Cache) -> None:
        await cache.purge({"a": 10})
        await cache.put("a", Cached(version=9, value=b"slow fill"), MINUTE)
        assert await cache.get("a") is None
        await cache.put("a", Cached(version=10, value=b"new"), MINUTE)
        assert await versions_of(cache, "a") == 10

    async def test_a_purge_still_refuses_after_a_newer_entry_came_and_went(
        self, cache: Cache, pass_time: PassTime
    ) -> None:
        await cache.purge({"a": 2})
        await cache.put("a", Cached(version=2, value=b"2"), timedelta(milliseconds=20))
        await pass_time(timedelta(milliseconds=30))
        await cache.put("a", Cached(version=1, value=b"slow fill"), MINUTE)
        assert await cache.get("a") is None

    async def test_a_late_purge_of_a_lower_version_does_not_weaken_a_higher_one(self, cache: Cache) -> None:
        await cache.purge({"a": 5})
        await cache.purge({"a": 3})
        await cache.put("a", Cached(version=4, value=b"4"), MINUTE)
        assert await cache.get("a") is None

    async def test_a_purge_of_nothing_is_nothing(self, cache: Cache) -> None:
        await cache.purge({})

    async def test_a_purge_of_many_keys_at_once(self, cache: Cache) -> None:
        keys = [f"k{n}" for n in range(1_200)]
        await cache.put("k1199", Cached(version=1, value=b""), MINUTE)
        await cache.purge(dict.fromkeys(keys, 2))
        assert await cache.get("k1199") is None

    async def test_a_purge_is_told_here_before_it_waits(self, cache: Cache) -> None:
        told: list[Mapping[str, int] | None] = []
        cache.on_purge(told.append)
        purging = asyncio.create_task(cache.purge({"a": 3}))
        await asyncio.sleep(0)
        assert told == [{"a": 3}]
        await purging

    async def test_many_fillers_at_once_leave_the_highest_version(self, cache: Cache) -> None:
        versions = [n * 7 % 41 for n in range(41)]
        await asyncio.gather(*(cache.put("a", Cached(version=n, value=b"%d" % n), MINUTE) for n in versions))
        found = await cache.get("a")
        assert found is not None
        assert (found.version, found.value) == (40, b"40")

    async def test_a_cancelled_call_does_not_hand_its_answer_to_the_next(self, cache: Cache) -> None:
        for key in ("a", "b"):
            await cache.put(key, Cached(version=1, value=key.encode()), MINUTE)
        for turns in range(40):
            asking = asyncio.create_task(cache.get("a"))
            for _ in range(turns % 20):
                await asyncio.sleep(0)
            asking.cancel()
            found = await cache.get("b")
            assert found is not None
            assert found.value == b"b"
