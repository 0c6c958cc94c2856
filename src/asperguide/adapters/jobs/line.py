"""Claiming ahead: short jobs are taken many at a time, long ones no sooner than there is a place for them."""

import time
from collections import deque
from collections.abc import Sequence

from asperguide.shared.ledger import ClaimedJob

SOON_SECONDS = 0.2
"""Jobs are claimed ahead as long as they begin so soon."""
MOST_AHEAD = 200
REST_SECONDS = 0.1


class Line:
    """The jobs of one queue that were claimed and have not begun, and how many of them may run at a time.

    While full claims are used up soon, each takes more ahead than the last; otherwise none takes any. A `calm` line
    that was found empty is left alone for a moment.
    """

    def __init__(self, queue: str, places: int, *, calm: bool = False) -> None:
        self.queue, self.places, self.busy = queue, places, 0
        self._waiting: deque[tuple[ClaimedJob, float]] = deque()
        self._ahead = 0
        self._filled_at = 0.0
        self._calm, self._empty_at = calm, 0.0

    def rest(self) -> float:
        """For how many seconds the line is to be left alone."""
        return self._empty_at + REST_SECONDS - time.monotonic()

    def wanted(self) -> int:
        """How many jobs to claim."""
        if len(self._waiting) > self._ahead // 2:
            return 0
        if time.monotonic() - self._filled_at > SOON_SECONDS:
            self._ahead = 0
        return self.places - self.busy + self._ahead - len(self._waiting)

    def join(self, jobs: Sequence[ClaimedJob], wanted: int) -> None:
        """Take what was claimed, when so many were wanted."""
        now = time.monotonic()
        self._waiting.extend((job, now) for job in jobs)
        if self._calm and not jobs:
            self._empty_at = now
        if len(jobs) >= wanted:
            soon = now - self._filled_at <= SOON_SECONDS
            self._ahead = min(2 * self._ahead + self.places, MOST_AHEAD) if soon else 0
            self._filled_at = now

    def step(self) -> ClaimedJob | None:
        """The next job, in a place that was free; None when there is no job or no place."""
        if not self._waiting or self.busy >= self.places:
            return None
        self.busy += 1
        return self._waiting.popleft()[0]

    def leave(self, patience: float) -> list[ClaimedJob]:
        """The jobs that have waited for so many seconds, which wait no more."""
        before, gone = time.monotonic() - patience, list[ClaimedJob]()
        while self._waiting and self._waiting[0][1] <= before:
            gone.append(self._waiting.popleft()[0])
            self._ahead = 0
        return gone
