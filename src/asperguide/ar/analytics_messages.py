"""What is put into the ledger for counting, and what the clock asks for."""

from datetime import UTC, datetime, timedelta

from asperguide.shared.ports import JobOptions, Message

PERIOD = timedelta(seconds=5)
"""How often events are counted while there are any."""
ALL_IN = timedelta(seconds=10)
"""Events of what is shown no more are taken for 5 s, and written down within a few more."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class EventsFoldDue(Message, frozen=True, kw_only=True):
    """Time to count what viewers did."""


class EventsPruneDue(Message, frozen=True, kw_only=True):
    """Time to forget events that were counted long ago."""


def fold_period(now: datetime) -> datetime:
    """The end of the period that it is: when what comes in it is counted."""
    return EPOCH + ((now - EPOCH) // PERIOD + 1) * PERIOD


def at_end_of(period: datetime) -> JobOptions:
    """How counting is put into the ledger: once a period, behind what somebody waits for."""
    key = f"analytics-fold:{period.isoformat()}"
    return JobOptions(run_at=period, priority=1, unique_key=key, unique_for=PERIOD)


def once_all_in(now: datetime) -> JobOptions:
    """How forgetting what goes now is put into the ledger: after its last events, behind what somebody waits for."""
    return JobOptions(run_at=now + ALL_IN, priority=1)
