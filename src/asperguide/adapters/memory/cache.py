"""A cache in this process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from asperguide.shared.ports import Cache, Cached, Clock

REFUSAL = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class _Kept:
    entry: Cached
    since: datetime
    until: datetime


class MemoryCache(Cache):
    """Keeps at most `max_entries` entries; the one not read for longest goes first."""

    def __init__(self, clock: Clock, max_entries: int = 10_000) -> None:
        self._clock = clock
        self._max_entries = max_entries
        self._entries: dict[str, _Kept] = {}
        self._purged: dict[str, tuple[int, datetime]] = {}
        self._listeners: list[Callable[[Mapping[str, int] | None], None]] = []

    async def get(self, key: str) -> Cached | None:
        """The entry with the rest of its life, or None."""
        now = self._clock.now()
        kept = self._alive(key, now)
        if kept is None:
            return None
        self._entries[key] = self._entries.pop(key)
        return Cached(version=kept.entry.version, value=kept.entry.value, left=kept.until - now)

    async def put(self, key: str, entry: Cached, ttl: timedelta) -> None:
        """Keep the entry unless it is known to be old."""
        now = self._clock.now()
        purged, refused_until = self._purged.get(key, (entry.version, now))
        if ttl <= timedelta() or (entry.version < purged and now < refused_until):
            return
        kept = self._alive(key, now)
        if kept is not None and (kept.entry.version, kept.until) > (entry.version, now + ttl):
            return
        self._entries.pop(key, None)
        self._entries[key] = _Kept(entry, now, now + ttl)
        if len(self._entries) > self._max_entries:
            self._entries.pop(next(iter(self._entries)))

    async def purge(self, versions: Mapping[str, int]) -> None:
        """Forget the keys and remember their versions for a minute."""
        now = self._clock.now()
        for key, version in versions.items():
            self._entries.pop(key, None)
            known, until = self._purged.pop(key, (version, now))
            self._purged[key] = (max(version, known) if now < until else version, now + REFUSAL)
        self._sweep(now)
        for listener in self._listeners:
            listener(versions)

    def on_purge(self, listener: Callable[[Mapping[str, int] | None], None]) -> None:
        """Call the listener inside each `purge`."""
        self._listeners.append(listener)

    async def listen(self) -> None:
        """There are no other processes to hear of."""

    def _alive(self, key: str, now: datetime) -> _Kept | None:
        """What is kept and not expired; an entry from the future (the clock was set back) is dropped."""
        kept = self._entries.get(key)
        if kept is None or kept.since <= now < kept.until:
            return kept
        del self._entries[key]
        return None

    def _sweep(self, now: datetime) -> None:
        """Drop refusals that are over: they are in the order in which they end."""
        while self._purged:
            oldest = next(iter(self._purged))
            if now < self._purged[oldest][1] and len(self._purged) <= self._max_entries:
                return
            del self._purged[oldest]
