"""What is measured: a server that runs, the requests for it, and rounds that take turns."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import msgspec

from benchmarks.figures import Series
from benchmarks.load import Load, wrk
from benchmarks.peers.person import SECRET
from benchmarks.processes import SERVER_CORE, Pinned, busy, environment, free_port, pinned_to, python
from benchmarks.servers import Backends

TWIN_USERS = 4000


class Subject(Protocol):
    """Something that can be put under load."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    def warm(self) -> None:
        """Get caches, connections and the interpreter going."""
        ...

    def measure(self, seconds: int) -> Load:
        """One round."""
        ...


@dataclass(slots=True)
class Web:
    """Prepared requests for one server, each round going on where the last one ended.

    A `portion` above 0 ends a round after so many requests: with enough of them none is ever sent twice.
    """

    name: str
    server: Pinned
    port: int
    requests: Path
    connections: int = 16
    portion: int = 0
    position: int = 0

    def warm(self) -> None:
        """A short run that is not counted."""
        self.measure(1)

    def measure(self, seconds: int) -> Load:
        """One run of wrk and the processor time that the server spent on it."""
        before, busy_before = self.server.cpu(), busy(SERVER_CORE)
        bounds = {"connections": self.connections, "seconds": seconds, "limit": self.portion}
        load = wrk(self.port, self.requests, first=self.position, **bounds)
        self.position += load.sent
        cpu = self.server.cpu() - before
        return replace(load, cpu=cpu, neighbours=max(0.0, busy(SERVER_CORE) - busy_before - cpu) / seconds)


@dataclass(slots=True)
class HashAlone:
    """The hash rate of the server's core when nothing else is done."""

    library: str = "argon2"

    @property
    def name(self) -> str:
        """Which library is alone."""
        return f"{self.library} alone"

    def warm(self) -> None:
        """Nothing is kept between rounds."""

    def measure(self, seconds: int) -> Load:
        """One run in a process of its own."""
        command = python("-m", "benchmarks.peers.argon2_alone", self.library, str(seconds))
        settle = pinned_to(SERVER_CORE)
        out = subprocess.run(command, env=environment({}), check=True, stdout=subprocess.PIPE, preexec_fn=settle).stdout
        return msgspec.json.decode(out, type=Load)


def take_turns(subjects: Sequence[Subject], rounds: int, seconds: int) -> list[Series]:
    """A B C, A B C, ...: what disturbs the machine for a while disturbs all of them."""
    series = [Series(subject.name) for subject in subjects]
    for subject in subjects:
        subject.warm()
    for _ in range(rounds):
        for subject, one in zip(subjects, series, strict=True):
            one.loads.append(subject.measure(seconds))
    return series


@contextmanager
def peer(module: str, folder: Path, servers: Backends) -> Iterator[tuple[Pinned, int]]:
    """A peer that answers; gives the process and its port."""
    port = free_port()
    with start_peer(module, folder, servers, port) as server:
        server.answers(port, "/users/me", status=None)
        yield server, port


def start_peer(module: str, folder: Path, servers: Backends, port: int) -> Pinned:
    """A peer under uvicorn, one process, started and not yet ready."""
    flags = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    command = python("-m", "uvicorn", f"benchmarks.peers.{module}:app", "--port", str(port), *flags)
    where = {"BENCH_REDIS_PORT": str(servers.redis_port), "BENCH_SQL_URL": servers.url("twin")}
    return Pinned.start(module, command, folder, {**where, "BENCH_SECRET": SECRET, "BENCH_USERS": str(TWIN_USERS)})
