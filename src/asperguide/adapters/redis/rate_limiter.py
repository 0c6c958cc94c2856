"""Rate limits counted in Redis, exact over all processes, mostly without asking Redis.

A window is a hash: `used` calls, and `began`, the instant that names it. It is gone when its time to live is over.
A process takes a small chunk of what is left, spends it without a round trip, and gives back what it does not need.
The first chunk is one call and each is up to twice the last, so that most callers leave nothing to give back.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from time import monotonic

from redis.asyncio import Redis

from asperguide.adapters.redis.batching import Batched
from asperguide.adapters.redis.connection import Breaker, OutOfReach
from asperguide.shared.ports import Admission, Budget, RateLimiter

MILLISECOND = timedelta(milliseconds=1)
TICK = 0.1
MOST_LEASES = 20_000
FIRST_SWEEP = 1_000
MOST_TOKENS = 1_000
MOST_RETURNED = 500

# What a process admitted alone is added, and all that it spent when Redis forgot the window (it restarted).
# For each key: limit, window, the window known to the caller (0: none), spent in it, admitted alone, ms left of it,
# and how many calls are wanted.
LEASE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function lease(key, limit, length, known, spent, alone, rest, wanted)
  local kept = redis.call('HMGET', key, 'used', 'began')
  local used, began = tonumber(kept[1]), tonumber(kept[2])
  local fresh = not began or now < began or now >= began + length
  if fresh then used, began = 0, now end
  if known == 0 then known = now + rest - length end
  local owed = 0
  if now < known + length then owed = alone + (known ~= began and spent or 0) end
  if fresh and owed > 0 then began = known end
  local left = math.max(0, limit - used - owed)
  local chunk = math.min(left, math.max(1, math.min(wanted, math.floor(left / 64))))
  if owed + chunk > 0 then
    redis.call('HSET', key, 'used', used + owed + chunk, 'began', began)
    redis.call('PEXPIREAT', key, began + length)
  end
  return {chunk, left - chunk, (began + length) * 1000 - time[1] * 1000000 - time[2], began}
end

local leased = {}
for n = 1, #KEYS do
  local given = {}
  for m = 1, 7 do given[m] = tonumber(ARGV[7 * (n - 1) + m]) end
  leased[n] = lease(KEYS[n], unpack(given))
end
return leased
"""

GIVE_BACK = """
for n = 1, #KEYS do
  local began, change = ARGV[2 * n - 1], ARGV[2 * n]
  if redis.call('HGET', KEYS[n], 'began') == began then redis.call('HINCRBY', KEYS[n], 'used', change) end
end
return 1
"""

Asked = tuple[str, tuple[int, ...]]
"""A key, and what the script is told about it."""
Leased = tuple[int, int, int, int]
"""A chunk, what is left beside it, the microseconds to the end of the window, and the window."""


@dataclass(slots=True, eq=False)
class _Lease:
    """This process's part in one subject's window, which is over at the monotonic instant `ends`.

    Of `taken` calls `tokens` are still to spend, below `low` of them more are fetched; `alone` were admitted without
    Redis. `left` were anybody's then. `wanted` calls are asked for next.
    """

    key: str
    left: int
    window: int = 0
    ends: float = 0.0
    tokens: int = 0
    low: int = 0
    wanted: int = 1
    taken: int = 0
    alone: int = 0
    tokens_before: int = -1
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def begin(self, limit: int) -> None:
        """Forget the window that ended."""
        self.left, self.window, self.tokens, self.taken, self.alone, self.wanted = limit, 0, 0, 0, 0, 1

    def admission(self, admitted: bool) -> Admission:
        """What to tell the caller."""
        rest = timedelta(0, max(0.0, self.ends - monotonic()))
        return Admission(admitted=admitted, remaining=self.left + self.tokens, resets_in=rest)


class RedisRateLimiter(RateLimiter):
    """Never above the limit in sum, and N admits exactly N: unspent tokens return after 0.2 s without a call.

    While Redis is out of reach each process counts alone with `fallback`, starting from what was left when it was
    last heard of; what was admitted meanwhile is reported when Redis is back. Only a process killed with tokens in
    hand, or an answer that got lost, makes a window admit fewer (by at most one chunk).
    """

    def __init__(self, client: Redis, breaker: Breaker, fallback: RateLimiter, prefix: str = "asperguide:") -> None:
        self._client = client
        self._breaker = breaker
        self._fallback = fallback
        self._prefix = prefix
        self._lease = client.register_script(LEASE)
        self._give_back = client.register_script(GIVE_BACK)
        self._asked = Batched(self._ask)
        self._leases: dict[tuple[str, str], _Lease] = {}
        self._holding: set[_Lease] = set()
        self._fetching: set[asyncio.Task[None]] = set()
        self._watcher: asyncio.Task[None] | None = None
        self._sweep_at = FIRST_SWEEP

    async def take(self, budget: Budget, subject: str) -> Admission:
        """Spend a token in hand, or ask Redis for more."""
        lease = self._leases.get((budget.name, subject))
        if lease is not None and lease.tokens > 0:
            rest = lease.ends - monotonic()
            if rest > 0:
                lease.tokens -= 1
                if lease.tokens < lease.low and not lease.lock.locked():
                    self._fetch(lease, budget)
                return Admission(admitted=True, remaining=lease.left + lease.tokens, resets_in=timedelta(0, rest))
        return await self._take_more(budget, subject)

    async def aclose(self) -> None:
        """Give back every token in hand: call it before the client is closed."""
        if self._fetching:
            await asyncio.wait(self._fetching)
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait([self._watcher])
        await self._return(list(self._holding))

    async def _take_more(self, budget: Budget, subject: str) -> Admission:
        lease = self._leases.get((budget.name, subject)) or self._remember(budget, subject)
        async with lease.lock:  # whoever waits here may find tokens when it is their turn
            if lease.ends <= monotonic():
                lease.begin(budget.limit)
            if lease.tokens == 0:
                try:
                    await self._refill(lease, budget)
                except OutOfReach:
                    return await self._take_alone(lease, budget, subject)
            if lease.tokens == 0:
                return lease.admission(False)
            lease.tokens -= 1
            if lease.tokens > 0:
                self._watch(lease)
            return lease.admission(True)

    def _fetch(self, lease: _Lease, budget: Budget) -> None:
        """Have more in hand before the last is spent, so that nobody waits. It is no harm when that fails."""
        task = asyncio.create_task(self._refill_ahead(lease, budget))
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)

    async def _refill_ahead(self, lease: _Lease, budget: Budget) -> None:
        async with lease.lock:
            if lease.tokens < lease.low and lease.ends > monotonic():
                with suppress(OutOfReach):
                    await self._refill(lease, budget)
                    self._watch(lease)

    async def _refill(self, lease: _Lease, budget: Budget) -> None:
        """Ask for a chunk. Time is counted from before the question, so that no token outlives its window."""
        asked, alone = monotonic(), lease.alone
        length = budget.window // MILLISECOND
        rest = max(1, int((lease.ends - asked) * 1000))
        given = budget.limit, length, lease.window, lease.taken, alone, rest, lease.wanted
        chunk, left, rest, window = await self._asked((lease.key, given))
        if window != lease.window:
            lease.tokens = 0  # of a window that is over
        lease.taken, lease.alone = lease.taken + alone + chunk, 0
        lease.left, lease.window, lease.ends = left, window, asked + rest / 1_000_000
        lease.tokens, lease.low, lease.wanted = lease.tokens + chunk, chunk // 4, min(2 * chunk, MOST_TOKENS)

    async def _ask(self, asked: Sequence[Asked]) -> Sequence[Leased]:
        keys, args = [key for key, _ in asked], [argument for _, given in asked for argument in given]
        leased: Sequence[Leased] = await self._breaker.call(lambda: self._lease(keys=keys, args=args))
        return leased

    async def _take_alone(self, lease: _Lease, budget: Budget, subject: str) -> Admission:
        """Count here, from what was left of the window when Redis was last heard of."""
        now = monotonic()
        if lease.ends > now and lease.left == 0:
            return lease.admission(False)
        admission = await self._fallback.take(replace(budget, limit=lease.left), subject)
        lease.alone += admission.admitted
        if lease.ends <= now:
            lease.ends = now + admission.resets_in.total_seconds()
        return admission

    def _remember(self, budget: Budget, subject: str) -> _Lease:
        if len(self._leases) >= self._sweep_at:
            self._sweep()
        key = f"{self._prefix}limit:{budget.name}:{subject}"
        lease = self._leases[budget.name, subject] = _Lease(key, budget.limit)
        return lease

    def _sweep(self) -> None:
        """Drop windows that ended whenever their number has doubled, and the oldest when there are far too many."""
        now = monotonic()
        live = [(key, lease) for key, lease in self._leases.items() if lease.ends > now or lease.lock.locked()]
        self._leases = dict(live[-MOST_LEASES // 2 :])
        self._sweep_at = min(MOST_LEASES, max(FIRST_SWEEP, 2 * len(self._leases)))

    def _watch(self, lease: _Lease) -> None:
        lease.tokens_before = -1
        self._holding.add(lease)
        if self._watcher is None or self._watcher.done():
            # For all that is in hand, whoever began it: it belongs to nobody's trace.
            self._watcher = asyncio.get_running_loop().create_task(self._return_idle(), context=Context())

    async def _return_idle(self) -> None:
        """Give back what was not touched for a whole tick; ends when nothing is in hand."""
        while self._holding:
            await asyncio.sleep(TICK)
            idle = []
            for lease in list(self._holding):
                if lease.tokens == 0 or lease.ends <= monotonic():
                    self._holding.discard(lease)
                elif lease.tokens == lease.tokens_before and not lease.lock.locked():
                    idle.append(lease)
                lease.tokens_before = lease.tokens
            await self._return(idle)

    async def _return(self, leases: Sequence[_Lease]) -> None:
        """Hand the tokens back. They are gone from here first: when the answer is lost nobody spends them twice."""
        for first in range(0, len(leases), MOST_RETURNED):
            if not self._breaker.lets_through:
                return
            keys, args = [], []
            for lease in leases[first : first + MOST_RETURNED]:
                keys.append(lease.key)
                args += [lease.window, -lease.tokens]
                lease.taken -= lease.tokens
                lease.tokens = 0
                self._holding.discard(lease)
            with suppress(OutOfReach):
                await self._breaker.call(partial(self._give_back, keys=keys, args=args))
