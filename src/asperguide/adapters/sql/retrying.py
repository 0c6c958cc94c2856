"""Runs a use case again when the database undid its transaction to let another one pass."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from asperguide.adapters.sql.failures import TransactionLost
from asperguide.shared.ports import Ids

P = ParamSpec("P")
R = TypeVar("R")

RETRIES = 3
LONGEST_PAUSE_SECONDS = 0.1


def retrying(call: Callable[P, Awaitable[R]], ids: Ids) -> Callable[P, Awaitable[R]]:
    """The same call, made again up to three times after a deadlock or a lock wait; then TransactionLost goes through.

    Only for calls that can be made again: all that a lost call did in the database is undone, what it did elsewhere
    is not. An iterator among the arguments would be read to its end by the first try.
    """

    async def again(*args: P.args, **kwargs: P.kwargs) -> R:
        for retry in range(RETRIES):
            try:
                return await call(*args, **kwargs)
            except TransactionLost:
                chance = int.from_bytes(ids.secret()[:2]) / 0xFFFF
                await asyncio.sleep(LONGEST_PAUSE_SECONDS * 2**retry * chance)
        return await call(*args, **kwargs)

    return again
