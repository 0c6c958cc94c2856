"""Running asynchronous use cases from synchronous commands."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from asperguide.adapters.logs import configuring
from asperguide.adapters.system import SystemClock
from asperguide.choosing import log_rules
from asperguide.container import Container
from asperguide.server import close, prepare
from asperguide.settings import load

T = TypeVar("T")


def run(
    work: Callable[[Container], Awaitable[T]],
    *,
    on_current_schema: bool = True,
    log_level: int = logging.WARNING,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> T:
    """Make a container of the settings, do the work in it and close it again. Raises what the work raises.

    What is logged is at least of this level, unless the settings say another. The loop is asyncio's own by default.
    """
    settings = load()

    async def once() -> T:
        container = Container(settings=settings)
        try:
            if on_current_schema:
                await prepare(container)
            return await work(container)
        finally:
            await close(container)

    logging_on = configuring.running(log_rules(settings, log_level), SystemClock())
    with logging_on, asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(once())
