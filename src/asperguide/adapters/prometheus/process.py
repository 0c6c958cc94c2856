"""How this process itself is: its memory, its files, the pauses of its collector and of its event loop."""

import asyncio
import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asperguide.adapters.measuring import Family, Histogram, Measured, counter, gauge

TICK = 0.5
PAUSES = (0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)


class ProcessMeasures(Measured):
    """Watches pauses and lag between `start` and `stop`, in the event loop that runs then."""

    def __init__(self) -> None:
        self._pauses = Histogram(
            "asperguide_gc_pause_seconds",
            "How long the garbage collector held everything.",
            "generation",
            bounds=PAUSES,
        )
        self._lag = Histogram(
            "asperguide_event_loop_lag_seconds", "How much later than asked the event loop came back.", bounds=PAUSES
        )
        self._began = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to measure."""
        gc.callbacks.append(self._collecting)
        self._wait()

    def stop(self) -> None:
        """Leave nothing behind in the interpreter and the loop."""
        gc.callbacks.remove(self._collecting)
        if self._timer is not None:
            self._timer.cancel()

    def measure(self) -> Iterator[Family]:
        """Names without our own in front are those that every Prometheus client gives."""
        yield counter("process_cpu_seconds", "Processor time that was used.", time.process_time())
        yield gauge("process_resident_memory_bytes", "Memory that the process holds.", _resident())
        yield gauge("process_open_fds", "Files and sockets that are open.", _open_files())
        yield self._pauses.family()
        yield self._lag.family()

    def _collecting(self, phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self._pauses.observe(time.perf_counter() - self._began, str(info["generation"]))

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(TICK, self._came_back, loop.time() + TICK)

    def _came_back(self, asked: float) -> None:
        self._lag.observe(max(0.0, asyncio.get_running_loop().time() - asked))
        self._wait()


def _resident() -> float | None:
    """Only Linux tells it cheaply, and nobody once a process has all the files open that it may."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    except OSError:
        return None
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


def _open_files() -> float | None:
    try:
        return float(sum(1 for _ in Path("/proc/self/fd").iterdir()))
    except OSError:
        return None
