"""Waiting for what must come to its end whoever is cancelled meanwhile."""

import asyncio
from typing import Any


async def outlast(task: "asyncio.Task[Any]") -> asyncio.CancelledError | None:
    """Wait until the task is done, however often we are cancelled. The last cancellation, for the caller to raise.

    Only for what takes milliseconds: starting a process, reaping one that was killed, removing a folder.
    """
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    return cancelled
