"""Somebody who asks for something small all the time while the service is busy with something else."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import quantiles

from benchmarks.load import Load
from benchmarks.subjects import Web

INTERVAL = 0.01
FAILED = 20_000.0


@dataclass(slots=True)
class Probed:
    """A subject whose server is asked for `path` while it is measured; `taken` holds milliseconds of all rounds."""

    subject: Web
    path: str
    taken: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of what is measured."""
        return self.subject.name

    def warm(self) -> None:
        """Warm what is measured."""
        self.subject.warm()

    def measure(self, seconds: int) -> Load:
        """One round, probed."""
        with probing(self.subject.port, self.path) as taken:
            load = self.subject.measure(seconds)
        self.taken += taken
        return load

    @property
    def p99(self) -> float:
        """What 99 of 100 probes stayed below, in milliseconds."""
        return quantiles(self.taken, n=100)[98]

    @property
    def note(self) -> str:
        """How many probes there were, and what an ordinary one and the slowest took."""
        middle = quantiles(self.taken, n=2)[0]
        return f"{len(self.taken)} probes, median {middle:.1f} ms, slowest {max(self.taken):.1f} ms"


@contextmanager
def probing(port: int, path: str) -> Iterator[list[float]]:
    """Gives the list that fills with the milliseconds each probe took; a probe that failed counts as 20 s."""
    taken: list[float] = []
    enough = threading.Event()
    thread = threading.Thread(target=_probe, args=(port, path, taken, enough), daemon=True)
    thread.start()
    try:
        yield taken
    finally:
        enough.set()
        thread.join()


def _probe(port: int, path: str, taken: list[float], enough: threading.Event) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    while not enough.wait(INTERVAL):
        began = time.perf_counter()
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            taken.append((time.perf_counter() - began) * 1000 if answer.status == 200 else FAILED)
        except (OSError, http.client.HTTPException):
            connection.close()
            taken.append(FAILED)
    connection.close()
