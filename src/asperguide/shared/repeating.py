"""Doing again what another change came in the way of."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from asperguide.shared.errors import EditedMeanwhile

R = TypeVar("R")

MOST_TRIES = 5


async def until_unhindered(transaction: Callable[[], Awaitable[R]]) -> R:
    """Run the transaction, anew when somebody changed the same thing meanwhile, five times at most.

    It has to read what it changes. Raises EditedMeanwhile after the last try.
    """
    for _ in range(MOST_TRIES - 1):
        with suppress(EditedMeanwhile):
            return await transaction()
    return await transaction()
