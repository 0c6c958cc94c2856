"""Between whoever logs and where lines go: a bounded queue in memory and a thread that empties it.

Logging never waits for a sink. A sink that fails is tried again with what it did not take; when more waits than the
spool may hold, further lines are counted instead of kept, and the number is told when the sink takes lines again.
"""

import logging
import threading
import time
from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

MOST_BYTES = 8 * 1024 * 1024
PAUSES = (1.0, 2.0, 4.0)
"""Seconds before what failed is tried again; the last one from then on."""
LAST_PAUSE = 0.2
"""The same while the process is ending."""

log = logging.getLogger("asperguide.logs")


class Unwritten(Exception):
    """A sink took only some of the lines, and why."""

    def __init__(self, left: list[bytes], reason: str) -> None:
        super().__init__(reason)
        self.left = left


class Sink(Protocol):
    """Where lines go. Called by one thread of each process, which may wait here as long as it takes."""

    name: str

    @abstractmethod
    def write(self, lines: list[bytes]) -> None:
        """Write whole lines, each ending with a line break, in their order. Raises Unwritten with those that remain."""
        ...


class Spool:
    """Hands lines to a sink `every` so many seconds, at once when `enough` wait or one is urgent.

    `lost` makes the line that tells how many were lost. Holds at most `most` bytes, with what the sink is working on.
    """

    def __init__(
        self, sink: Sink, *, lost: Callable[[int], bytes], every: float, enough: int, most: int = MOST_BYTES
    ) -> None:
        self._sink, self._lost_line = sink, lost
        self._every, self._enough, self._most = every, enough, most
        self.start()

    def start(self) -> None:
        """Begin with nothing; also in a forked child, which has neither the thread nor the lines of its parent."""
        self._lock = threading.RLock()  # a signal handler may log while its thread is in here
        self._lines: list[bytes] = []
        self._held = self._lost = self._failures = 0
        self._writing = self._closing = False
        self._end = 0.0
        self._some, self._hurry = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"logs to {self._sink.name}", daemon=True)
        self._thread.start()

    def put(self, line: bytes, *, urgent: bool = False) -> None:
        """Take the line, or count it as lost. What a sink's own thread says is not for that sink."""
        if threading.get_ident() == self._thread.ident:
            return
        with self._lock:
            if self._held + len(line) > self._most:
                self._lost += 1
                self._some.set()  # its number has to be told, also when no line comes any more
                return
            self._lines.append(line)
            self._held += len(line)
            waiting = len(self._lines)
        if waiting == 1:
            self._some.set()
        if urgent or waiting == self._enough:
            self._hurry.set()

    def flush(self, deadline: float) -> bool:
        """Wait until the sink has everything, or until `deadline` of the monotonic clock; whether it has."""
        while self._lines or self._lost or self._writing:
            if time.monotonic() >= deadline:
                return False
            self._hurry.set()
            time.sleep(0.005)
        return True

    def close(self, deadline: float) -> None:
        """Flush, and end the thread; what the sink has not taken by then is gone."""
        self._end, self._closing = deadline, True
        self._some.set()
        self._hurry.set()
        self._thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while not self._closing or ((self._lines or self._lost) and time.monotonic() < self._end):
            self._some.wait()
            self._gather()
            if lines := self._take():
                self._write(lines)
            self._writing = False

    def _gather(self) -> None:
        """Let lines come together, or the sink recover."""
        if not self._failures:
            self._hurry.wait(self._every)
        elif self._closing:
            time.sleep(LAST_PAUSE)
        else:
            end = time.monotonic() + PAUSES[min(self._failures, len(PAUSES)) - 1]
            while not self._closing and (left := end - time.monotonic()) > 0:
                time.sleep(min(left, LAST_PAUSE))

    def _take(self) -> list[bytes]:
        with self._lock:
            lines, self._lines = self._lines, []
            lost = 0
            if not self._failures:  # while the sink fails, the number grows: it is told once
                lost, self._lost = self._lost, 0
            self._writing = bool(lines or lost)
            self._some.clear()
            self._hurry.clear()
        if self._closing:
            self._some.set()
        return [*lines, self._lost_line(lost)] if lost else lines

    def _write(self, lines: list[bytes]) -> None:
        try:
            self._sink.write(lines)
        except Unwritten as error:
            self._give_back(error.left)
            if self._failures == 1:
                log.warning("log lines cannot be written to %s, they wait: %s", self._sink.name, error)
        except Exception:
            self._let_go()
            log.exception("log lines to %s are lost", self._sink.name)
        else:
            self._let_go()
            if self._failures:
                self._failures = 0
                self._some.set()
                log.warning("log lines are written to %s again", self._sink.name)

    def _let_go(self) -> None:
        """The sink is done with what it had: only what came meanwhile is held."""
        with self._lock:
            self._held = sum(map(len, self._lines))

    def _give_back(self, left: list[bytes]) -> None:
        with self._lock:
            self._failures += 1
            self._lines[:0] = left
            self._let_go()
            self._some.set()


def close_all(spools: "list[Spool]", seconds: float) -> None:
    """Flush and end all of them, within so many seconds altogether."""
    deadline = time.monotonic() + seconds
    for spool in spools:
        with suppress(RuntimeError):  # a thread cannot wait for itself
            spool.close(deadline)
