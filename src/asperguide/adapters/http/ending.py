"""How a serving process ends: first it is not ready any more, then it stops listening, then it is done."""

import asyncio
import logging
import multiprocessing
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from socket import socket
from typing import Any

from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from asperguide.adapters.signals import SIGNALS, end_in, when_told_to_end

REQUESTS_SECONDS = 19.5
"""What requests get to finish once nobody listens: 20 s with what closing takes."""
CLOSING_SECONDS = 20.0
"""By when a process has ended after it stopped listening; what still runs then is cut off."""
FIRST_TRIES = 3
LONGEST_PAUSE = 30.0

log = logging.getLogger("asperguide.server")


def end_well(drain: Callable[[], None], *, pause: float) -> None:
    """On SIGTERM, or when the parent process is gone: `drain` at once, and `pause` s later the server is told to stop.

    On SIGINT, which comes from a person, without the pause. The same signal a second time ends the process at once.
    """
    loop = asyncio.get_running_loop()
    stop: dict[int, Any] = {number: signal.getsignal(number) for number in SIGNALS}

    def begin(number: int) -> None:
        drain()
        loop.call_later(pause if number == signal.SIGTERM else 0, stop[number], number, None)

    def orphaned(sentinel: int) -> None:
        loop.remove_reader(sentinel)
        end_in(pause + CLOSING_SECONDS)
        begin(signal.SIGTERM)

    when_told_to_end(begin, within=pause + CLOSING_SECONDS)
    if (parent := multiprocessing.parent_process()) is not None:
        loop.add_reader(parent.sentinel, orphaned, parent.sentinel)


def quiet_after(server: Server) -> None:
    """uvicorn raises the signal that ended it once more when it has ended in good order: make that exit code 0."""

    def hear(number: int, _: object) -> None:
        if not server.started:
            raise SystemExit(128 + number)

    for number in SIGNALS:
        signal.signal(number, hear)


class Supervisor(Multiprocess):
    """The parent of several serving processes: replaces those that die, and passes on at once what it is told.

    A child that cannot start, as when the database is away, is tried again after growing pauses, and disturbs those
    that serve in nothing. As long as none ever served, `FIRST_TRIES` failures of one end them all.

    Its children are told SIGTERM for SIGINT too: one that a terminal has told already takes that for nothing new.
    """

    def __init__(self, config: Config, sockets: list[socket]) -> None:
        super().__init__(config, sockets)
        self._told: set[int | None] = set()
        self._times = 0
        self._served = self._given_up = False
        self._failures: dict[int, int] = {}
        self._due: dict[Process, float] = {}
        for number in SIGNALS:
            signal.signal(number, self._hear)

    def run(self) -> None:
        """Until told to end. SystemExit when told twice, or when no child could start."""
        super().run()
        if self._times > 1:
            raise SystemExit(128 + signal.SIGTERM)
        if self._given_up:
            raise SystemExit(STARTUP_FAILURE)

    def keep_subprocess_alive(self) -> None:
        """Look after each place once."""
        for place, process in enumerate(self.processes):
            if self._ending:
                return
            if process in self._due:
                if time.monotonic() >= self._due[process]:
                    del self._due[process]
                    self._start(place)
            elif process.is_alive(timeout=self.config.timeout_worker_healthcheck):
                if (place in self._failures or not self._served) and process.is_ready():
                    self._served = True
                    self._failures.pop(place, None)
            else:
                process.kill()
                process.join()
                if not self._ending:
                    self._replace(place, process)

    @property
    def _ending(self) -> bool:
        """Whether it was told to, perhaps just now: then nobody is replaced."""
        return self._times > 0 or self.should_exit.is_set()

    def _replace(self, place: int, process: Process) -> None:
        """Start another at once, unless this one could not: then later, or not at all."""
        if process.exitcode != STARTUP_FAILURE:
            log.warning("process %s died with %s, another takes its place", process.pid, process.exitcode)
            self._start(place)
            return
        self._failures[place] = failures = self._failures.get(place, 0) + 1
        if not self._served and failures >= FIRST_TRIES:
            log.error("no process can start")
            self._given_up = True
            self.should_exit.set()
            return
        pause = min(2.0 ** (failures - 1), LONGEST_PAUSE)
        log.warning("process %s could not start, another is tried in %g s", process.pid, pause)
        self._due[process] = time.monotonic() + pause

    def _start(self, place: int) -> None:
        self.processes[place] = Process(self.config, self.sockets)
        self.processes[place].start()

    def terminate_all(self) -> None:
        """Tell those that were started meanwhile."""
        for process in self.processes:
            if process.pid not in self._told:
                self._tell(process)

    def join_all(self) -> None:
        """Wait for every child, hearing signals meanwhile."""
        while sentinels := [each.process.sentinel for each in self.processes if each.process.is_alive()]:
            wait(sentinels, timeout=1)

    def _hear(self, number: int, _: object) -> None:
        self.signal_queue.append(number)
        self._times += 1
        for process in self.processes:
            self._tell(process)

    def _tell(self, process: Process) -> None:
        if process.process.is_alive():
            self._told.add(process.pid)
            process.process.terminate()
