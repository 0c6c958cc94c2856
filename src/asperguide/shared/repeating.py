"""Doing again what another change came in the way of, and looking again when something is due."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ports import JobOptions, Message, UnitOfWork

R = TypeVar("R")

MOST_TRIES = 5
GRAIN = timedelta(seconds=1)
"""What is due within the same second is looked for once."""


async def until_unhindered(transaction: Callable[[], Awaitable[R]]) -> R:
    """Run the transaction, anew when somebody changed the same thing meanwhile, five times at most.

    It has to read what it changes. Raises EditedMeanwhile after the last try.
    """
    for _ in range(MOST_TRIES - 1):
        with suppress(EditedMeanwhile):
            return await transaction()
    return await transaction()


def look_again(uow: UnitOfWork, sweep: Message, name: str, soon: datetime | None, by: datetime) -> None:
    """Have a sweep made when the next thing is due, if that is before the sweep that comes `by` then in any case."""
    if soon is not None and soon <= by:
        at = soon if soon.microsecond == 0 else soon.replace(microsecond=0) + GRAIN
        uow.announce(sweep, JobOptions(run_at=at, unique_key=f"{name}:{at.isoformat()}"))
