"""What a process tells about itself while it lives."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from asperguide.adapters.measuring import Measured
from asperguide.adapters.prometheus.neighbours import ALONE
from asperguide.adapters.prometheus.process import ProcessMeasures
from asperguide.container import Container

if TYPE_CHECKING:
    from asperguide.adapters.opentelemetry.figures import FigureSender

log = logging.getLogger("asperguide.metrics")


@asynccontextmanager
async def monitored(container: Container) -> AsyncIterator[None]:
    """The container's adapters are asked for their figures, and other processes of this machine can ask for them.

    They are also sent to the collector, if there is one for them, now and then and when the process ends.
    """
    settings, sender = container.settings(), container.figure_sender()
    if not settings.shows_metrics and sender is None:
        yield
        return
    monitor, neighbours, process = container.monitor(), container.neighbours(), ProcessMeasures()
    for source in _adapters(container):
        # What stands in for an adapter in tests need not count.
        if isinstance(source, Measured):
            monitor.watch(source)
    monitor.watch(process)
    process.start()
    await neighbours.open()

    try:
        if sender is None:
            yield
        else:
            send = partial(_send, container, sender)
            async with _every(settings.otel_metric_export_interval / 1000, send):
                yield
    finally:
        await neighbours.close()
        process.stop()


async def _send(container: Container, sender: "FigureSender") -> None:
    """What all processes of a machine would tell alike is told by the first of them."""
    number = container.neighbours().number
    shared = await container.shared_figures().figures() if number == ALONE else []
    await sender.send([*container.monitor().measure(), *shared], number)


@asynccontextmanager
async def _every(seconds: float, do: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Do it now and then, and once more at the end."""
    ending = asyncio.Event()

    async def go_on() -> None:
        over = False
        while not over:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await ending.wait()
            over = ending.is_set()
            try:
                await do()
            except Exception:
                log.exception("metrics cannot be told")

    task = asyncio.create_task(go_on(), name="metrics")
    try:
        yield
    finally:
        ending.set()
        await task


def _adapters(container: Container) -> list[object]:
    redis = container.redis()
    return [
        container.database(),
        container.cached_sessions(),
        container.cached_profiles(),
        container.mailer(),
        container.hasher(),
        container.images(),
        *container.stores().values(),
        *([] if redis is None else [redis.breaker]),
    ]
