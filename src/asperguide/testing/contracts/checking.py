"""What all contracts share: an error that must be raised, and time that passes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, Self, TypeVar

from asperguide.testing.clock import MovableClock

E = TypeVar("E", bound=BaseException)

PassTime = Callable[[timedelta], Awaitable[None]]
"""Lets so much time pass for an adapter."""


class raises(Generic[E]):  # noqa: N801 - reads as a statement
    """The block must end with this error, then kept as `value`. AssertionError when it ends without.

    Any other error passes through.
    """

    value: E

    def __init__(self, kind: type[E]) -> None:
        self._kind = kind

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if error is None:
            raise AssertionError(f"{self._kind.__name__} was not raised")
        if not isinstance(error, self._kind):
            return False
        self.value = error
        return True


def moving(clock: MovableClock) -> PassTime:
    """Time for adapters that take it from this clock."""

    async def move(by: timedelta) -> None:
        clock.advance(by)

    return move


async def waiting(by: timedelta) -> None:
    """Time for adapters that look at a clock of their own: it really passes."""
    await asyncio.sleep(by.total_seconds())
