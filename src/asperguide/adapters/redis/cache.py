"""A cache in Redis, shared by every process."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import islice

import msgspec
from redis.asyncio import Redis

from asperguide.adapters.redis.batching import Batched
from asperguide.adapters.redis.connection import Breaker, OutOfReach
from asperguide.adapters.redis.subscription import follow
from asperguide.shared.ports import Cache, Cached

REFUSAL = timedelta(seconds=60)
MOST_OWED = 10_000
RETRY_AFTER = 0.25
BATCH = 500

# An entry is `<version>:<bytes>`; beside it a tombstone holds the lowest version that is still welcome.
GET = """
local found = {}
for n = 1, #KEYS do found[n] = {redis.call('GET', KEYS[n]), redis.call('PTTL', KEYS[n])} end
return found
"""

PUT = """
local function put(entry, tombstone, version, value, ttl)
  local lowest = redis.call('GET', tombstone)
  if lowest and tonumber(version) < tonumber(lowest) then return end
  local kept = string.match(redis.call('GETRANGE', entry, 0, 24), '^(-?%d+):')
  if kept then
    if tonumber(kept) > tonumber(version) then return end
    if tonumber(kept) == tonumber(version) and redis.call('PTTL', entry) > tonumber(ttl) then return end
  end
  redis.call('SET', entry, version .. ':' .. value, 'PX', ttl)
end
for n = 1, #KEYS / 2 do
  put(KEYS[2 * n - 1], KEYS[2 * n], ARGV[3 * n - 2], ARGV[3 * n - 1], ARGV[3 * n])
end
return 1
"""

PURGE = """
for n = 1, #KEYS, 2 do
  local version = ARGV[3 + (n - 1) / 2]
  local lowest = redis.call('GET', KEYS[n + 1])
  if lowest and tonumber(lowest) > tonumber(version) then version = lowest end
  redis.call('DEL', KEYS[n])
  redis.call('SET', KEYS[n + 1], version, 'PX', ARGV[1])
end
redis.call('PUBLISH', ARGV[2], ARGV[#ARGV])
return 1
"""


Given = tuple[tuple[str, str], tuple[int, bytes, int]]
"""The names of an entry and its tombstone; version, value and milliseconds to live."""


class RedisCache(Cache):
    """Entries and tombstones below `prefix`.

    A purge that Redis missed is made up for before anything is read here, and while `listen` runs also as soon as Redis
    is there again: other processes cannot know of it.
    """

    def __init__(self, client: Redis, breaker: Breaker, prefix: str = "asperguide:") -> None:
        self._client = client
        self._breaker = breaker
        self._prefix = prefix
        self._channel = f"{prefix}purged"
        self._get = client.register_script(GET)
        self._put = client.register_script(PUT)
        self._asked = Batched(self._ask)
        self._given = Batched(self._give)
        self._purge = client.register_script(PURGE)
        self._owed: dict[str, int] = {}
        self._paying, self._in_debt = asyncio.Lock(), asyncio.Event()
        self._listeners: list[Callable[[Mapping[str, int] | None], None]] = []

    async def get(self, key: str) -> Cached | None:
        """The entry with the rest of its life, or None."""
        try:
            found, left = await self._asked(self._entry(key))
        except OutOfReach:
            return None
        version, colon, value = (found or b"").partition(b":")
        if not colon or left <= 0:
            return None
        return Cached(version=int(version), value=value, left=timedelta(milliseconds=left))

    async def put(self, key: str, entry: Cached, ttl: timedelta) -> None:
        """Keep the entry unless Redis knows that it is old."""
        milliseconds = ttl // timedelta(milliseconds=1)
        if milliseconds <= 0:
            return
        given = (self._entry(key), self._tombstone(key)), (entry.version, entry.value, milliseconds)
        with contextlib.suppress(OutOfReach):
            await self._given(given)

    async def purge(self, versions: Mapping[str, int]) -> None:
        """Forget the keys here at once, then in Redis; what Redis does not hear now is told to it later."""
        self._tell(versions)
        for key, version in versions.items():
            self._owed[key] = max(version, self._owed.pop(key, version))
        while len(self._owed) > MOST_OWED:
            del self._owed[next(iter(self._owed))]
        try:
            await self._pay()
        except OutOfReach:
            self._in_debt.set()

    def on_purge(self, listener: Callable[[Mapping[str, int] | None], None]) -> None:
        """Call the listener for purges of this process, and of the others while `listen` runs."""
        self._listeners.append(listener)

    async def listen(self) -> None:
        """Hear what other processes purge, and tell Redis what it has missed, until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._hear())
            both.create_task(self._make_up())

    async def _hear(self) -> None:
        async with contextlib.aclosing(follow(self._client, self._channel)) as messages:
            async for message in messages:
                self._heard(message)

    async def _make_up(self) -> None:
        while True:
            await self._in_debt.wait()
            try:
                await self._pay()
            except OutOfReach:
                await asyncio.sleep(RETRY_AFTER)
            else:
                self._in_debt.clear()

    async def _ask(self, keys: Sequence[str]) -> Sequence[tuple[bytes | None, int]]:
        await self._pay()
        found: Sequence[tuple[bytes | None, int]] = await self._breaker.call(lambda: self._get(keys=keys))
        return found

    async def _give(self, given: Sequence[Given]) -> Sequence[None]:
        await self._pay()
        keys = [key for names, _ in given for key in names]
        args = [argument for _, arguments in given for argument in arguments]
        await self._breaker.call(lambda: self._put(keys=keys, args=args))
        return [None] * len(given)

    async def _pay(self) -> None:
        """Send the purges that Redis has not confirmed. Raises OutOfReach."""
        if not self._owed:
            return
        async with self._paying:
            while self._owed:
                owed = dict(islice(self._owed.items(), BATCH))
                await self._breaker.call(partial(self._send, owed))
                for key, version in owed.items():
                    if self._owed.get(key) == version:
                        del self._owed[key]

    async def _send(self, owed: dict[str, int]) -> None:
        keys = [name for key in owed for name in (self._entry(key), self._tombstone(key))]
        milliseconds = REFUSAL // timedelta(milliseconds=1)
        await self._purge(keys=keys, args=[milliseconds, self._channel, *owed.values(), msgspec.json.encode(owed)])

    def _heard(self, message: bytes | None) -> None:
        try:
            self._tell(None if message is None else msgspec.json.decode(message, type=dict[str, int]))
        except msgspec.DecodeError:  # another release may say it in words that this one does not know
            self._tell(None)

    def _tell(self, versions: Mapping[str, int] | None) -> None:
        for listener in self._listeners:
            listener(versions)

    def _entry(self, key: str) -> str:
        return f"{self._prefix}cache:{{{key}}}"

    def _tombstone(self, key: str) -> str:
        return f"{self._prefix}cache:{{{key}}}:purged"
