"""Reading a thing through two caches: decoded objects in this process, then the shared cache, then its source.

However many tiers a value passes, it is never served longer than `ttl` after it was asked for at its source.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from time import monotonic
from typing import Any, Generic, TypeVar
from zlib import crc32

import msgspec

from asperguide.adapters.measuring import Family, Measured, Sample
from asperguide.shared.ports import Cache, Cached, Clock

V = TypeVar("V")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
STAMP = 8
NEAR_TTL = timedelta(seconds=5)
LONG = timedelta(minutes=1)
REFUSAL = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class _Near(Generic[V]):
    """A value with the span of wall-clock time in which it may be served, and the monotonic instant of its end."""

    value: V
    version: int
    since: datetime
    until: datetime
    ends: float


class ReadThrough(Measured, Generic[V]):
    """Things of one type by key; in the shared cache the key has `name` in front.

    `version` tells the version of a value; it must grow with every change. `ttl` is a hard bound; above a minute it
    is shortened by up to a tenth, differently for each key. Objects in this process live for `near_ttl` at most.
    """

    def __init__(
        self,
        cache: Cache,
        clock: Clock,
        name: str,
        type_: type[V],
        version: Callable[[V], int],
        ttl: timedelta,
        near_ttl: timedelta = NEAR_TTL,
        max_entries: int = 10_000,
    ) -> None:
        self._cache = cache
        self._now = clock.now
        self._name = name
        self._prefix = f"{name}:"
        self._version = version
        self._ttl = ttl
        self._near_ttl = min(ttl, near_ttl)
        self._max_entries = max_entries
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(type_).decode
        self._near: dict[str, _Near[V]] = {}
        self._lowest: dict[str, int] = {}
        self._flights: dict[str, asyncio.Future[V | None]] = {}
        self._flying: set[asyncio.Task[None]] = set()
        self._hits, self._misses, self._shared_hits, self._shared_misses = 0, 0, 0, 0
        cache.on_purge(self._purged)

    def near(self, key: str) -> V | None:
        """The value if this process holds it, without waiting; None says nothing about the thing."""
        kept = self._near.get(key)
        if kept is not None:
            if kept.since <= self._now() < kept.until and monotonic() < kept.ends:
                self._hits += 1
                return kept.value
            del self._near[key]
        self._misses += 1
        return None

    async def get(self, key: str, load: Callable[[], Awaitable[V | None]]) -> V | None:
        """The value from the nearest tier that has it, else from `load`; None when there is no such thing.

        Concurrent callers share one `load`, which runs in a task of its own: it must not use a caller's transaction,
        and goes on when a caller is cancelled. What it raises reaches everybody who waits, and is not kept.
        """
        value = self.near(key)
        return value if value is not None else await self.asked(key, load)

    def asked(self, key: str, load: Callable[[], Awaitable[V | None]]) -> "asyncio.Future[V | None]":
        """What `get` will give when this process does not hold it, asked for already."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.get_running_loop().create_future()
            flight.add_done_callback(_seen)
            task = asyncio.create_task(self._fly(key, flight, load))
            self._flying.add(task)
            task.add_done_callback(self._flying.discard)
        answer = asyncio.shield(flight)
        answer.add_done_callback(_seen)
        return answer

    def measure(self) -> Iterator[Family]:
        """How often each tier was asked, by whether it had what was wanted; a miss of the last one is a read."""
        asked = {
            ("near", "hit"): self._hits,
            ("near", "miss"): self._misses,
            ("shared", "hit"): self._shared_hits,
            ("shared", "miss"): self._shared_misses,
        }
        samples = [
            Sample("_total", {"cache": self._name, "tier": tier, "result": result}, count)
            for (tier, result), count in asked.items()
        ]
        yield Family("asperguide_cache_requests", "counter", "Things that a cache was asked for.", samples)

    async def purge(self, versions: Mapping[str, int]) -> None:
        """Forget the keys everywhere: `Cache.purge` with the name in front of each."""
        await self._cache.purge({self._prefix + key: version for key, version in versions.items()})

    def forget(self, versions: Mapping[str, int]) -> None:
        """Drop and refuse here what is older than the given versions; what is under way is not kept."""
        for key, version in versions.items():
            self._flights.pop(key, None)
            self._lowest[key] = lowest = max(version, self._lowest.pop(key, version))
            kept = self._near.get(key)
            if kept is not None and kept.version < lowest:
                del self._near[key]
        _make_room(self._lowest, self._max_entries)

    def forget_all(self) -> None:
        """Drop everything held here; what is under way is not kept."""
        self._near.clear()
        self._flights.clear()

    def _purged(self, versions: Mapping[str, int] | None) -> None:
        if versions is None:
            self.forget_all()
            return
        start = len(self._prefix)
        self.forget({key[start:]: version for key, version in versions.items() if key.startswith(self._prefix)})

    async def _fly(self, key: str, flight: "asyncio.Future[V | None]", load: Callable[[], Awaitable[V | None]]) -> None:
        """Tell the flight's callers first, the shared cache then: nobody waits until the others can have it too."""
        sharing = None
        try:
            value, sharing = await self._fetch(key, flight, load)
            flight.set_result(value)
        except asyncio.CancelledError:
            flight.cancel()
            raise
        except Exception as error:
            flight.set_exception(error)
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]
        if sharing is not None:
            await self._share(key, *sharing)

    async def _fetch(
        self, key: str, flight: "asyncio.Future[V | None]", load: Callable[[], Awaitable[V | None]]
    ) -> tuple[V | None, tuple[V, datetime, float] | None]:
        """The value, and what to share. It is kept only while the flight is on record: no purge came in between."""
        asked = monotonic()
        cached = await self._cache.get(self._prefix + key)
        opened = None if cached is None else self._opened(key, cached)
        if cached is not None and opened is not None:
            self._shared_hits += 1
            value, loaded = opened
            if self._flights.get(key) is flight:
                self._keep(key, value, loaded, asked + cached.left.total_seconds())
            return value, None
        self._shared_misses += 1
        loaded, asked = self._now(), monotonic()
        fresh = await load()
        if fresh is None or self._flights.get(key) is not flight or self._is_old(key, fresh):
            return fresh, None
        self._keep(key, fresh, loaded, asked + self._life(key).total_seconds())
        return fresh, (fresh, loaded, asked)

    def _keep(self, key: str, value: V, loaded: datetime, ends: float) -> None:
        until = min(loaded + self._life(key), self._now() + self._near_ttl)
        ends = min(ends, monotonic() + self._near_ttl.total_seconds())
        self._near.pop(key, None)
        self._near[key] = _Near(value, self._version(value), loaded, until, ends)
        _make_room(self._near, self._max_entries)

    async def _share(self, key: str, value: V, loaded: datetime, asked: float) -> None:
        """Put the value into the shared cache for the rest of its life, stamped with the instant it was asked for."""
        age = max(self._now() - loaded, timedelta(seconds=monotonic() - asked))
        if age < REFUSAL:  # a purge that long ago is no longer remembered there
            stamp = ((loaded - EPOCH) // MICROSECOND).to_bytes(STAMP, "big")
            entry = Cached(version=self._version(value), value=stamp + self._encode(value))
            await self._cache.put(self._prefix + key, entry, self._life(key) - age)

    def _opened(self, key: str, cached: Cached) -> tuple[V, datetime] | None:
        """The value and when it was asked for; None when too old, from the future, or not what is expected here."""
        stamp = int.from_bytes(cached.value[:STAMP], "big")
        age = (self._now() - EPOCH) // MICROSECOND - stamp
        if not 0 <= age < self._life(key) // MICROSECOND:
            return None
        try:
            value = self._decode(cached.value[STAMP:])
        except msgspec.DecodeError:
            return None
        return None if self._is_old(key, value) else (value, EPOCH + stamp * MICROSECOND)

    def _is_old(self, key: str, value: V) -> bool:
        return self._version(value) < self._lowest.get(key, self._version(value))

    def _life(self, key: str) -> timedelta:
        return self._ttl if self._ttl <= LONG else self._ttl * (1 - crc32(key.encode()) / 2**32 / 10)


def _seen(flight: "asyncio.Future[Any]") -> None:
    """Its failure is not reported as lost, also when everybody who waited is gone."""
    if not flight.cancelled():
        flight.exception()


def _make_room(entries: dict[str, Any], most: int) -> None:
    """Drop the oldest tenth when there are too many: finding one oldest alone costs as much as finding them all."""
    if (surplus := len(entries) - most) > 0:
        for key in list(islice(entries, max(surplus, most // 10))):
            del entries[key]
