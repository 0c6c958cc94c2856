"""A clock that stands still until it is moved."""

from datetime import UTC, datetime, timedelta

from asperguide.shared.ports import Clock

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class MovableClock(Clock):
    """Tells the instant it was last moved to."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """The instant."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move on, or back when `by` is negative."""
        self._now += by

    def set(self, now: datetime) -> None:
        """Move to an instant, which must be aware."""
        if now.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        self._now = now.astimezone(UTC)
