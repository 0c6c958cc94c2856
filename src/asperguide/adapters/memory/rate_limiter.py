"""Rate limits counted in this process."""

from dataclasses import dataclass
from datetime import datetime

from asperguide.shared.ports import Admission, Budget, Clock, RateLimiter

FIRST_SWEEP = 1_000


@dataclass(slots=True)
class _Window:
    ends: datetime
    used: int = 0


class MemoryRateLimiter(RateLimiter):
    """Exact in one process. Windows that ended are swept whenever their number has doubled since the last sweep."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str], _Window] = {}
        self._sweep_at = FIRST_SWEEP

    async def take(self, budget: Budget, subject: str) -> Admission:
        """Spend one call of the subject's window, which the first call opens."""
        now, key = self._clock.now(), (budget.name, subject)
        window = self._windows.get(key)
        if window is None or window.ends <= now:
            window = self._open(key, budget, now)
        elif window.ends - now > budget.window:  # the clock was set back: nobody waits longer than a window
            window.ends = now + budget.window
        admitted = window.used < budget.limit
        window.used += admitted
        return Admission(admitted=admitted, remaining=max(0, budget.limit - window.used), resets_in=window.ends - now)

    def _open(self, key: tuple[str, str], budget: Budget, now: datetime) -> _Window:
        if len(self._windows) >= self._sweep_at:
            self._windows = {key: window for key, window in self._windows.items() if window.ends > now}
            self._sweep_at = max(FIRST_SWEEP, 2 * len(self._windows))
        window = _Window(now + budget.window)
        if budget.limit > 0:
            self._windows[key] = window
        return window
