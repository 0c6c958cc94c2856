"""Processes pinned to a core: started, awaited, measured and ended by their own id."""

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
SERVER_CORE = 0
CLIENT_CORE = 1 if (os.cpu_count() or 1) > 1 else 0
TICKS = os.sysconf("SC_CLK_TCK")
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


class DidNotStart(Exception):
    """A process ended early or stayed silent; the message carries the end of what it wrote."""


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """A small, known environment, so that no setting of the person who measures leaks in."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", **extra}


def busy(core: int) -> float:
    """Processor seconds that `core` has spent working since the machine started, for whomever."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            user, nice, system, _, _, irq, soft, steal = map(int, ticks[:8])
            return (user + nice + system + irq + soft + steal) / TICKS
    return 0.0


def get(port: int, path: str, timeout: float = 1.0) -> int:
    """The status of one GET, or 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def pinned_to(core: int) -> Callable[[], None]:
    """What a child does before it becomes another program: stay on `core`, and end when we end, however that comes."""

    def settle() -> None:
        os.sched_setaffinity(0, {core})
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    return settle


@dataclass(slots=True)
class Pinned:
    """A running process on one core. Leaving the context ends it."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    started: float

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        folder: Path,
        env: Mapping[str, str] | None = None,
        core: int = SERVER_CORE,
    ) -> Self:
        """Start `command` in `folder`, which also takes its output as `<name>.log`."""
        log = folder / f"{name}.log"
        started = time.perf_counter()
        with log.open("ab") as out:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment(env or {}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=pinned_to(core),
            )
        return cls(name, process, log, started)

    def answers(self, port: int, path: str, status: int | None = 200, within: float = 30.0) -> float:
        """Wait for an answer of `status` (None: any); the seconds since the start. DidNotStart without one in time."""
        asked = time.perf_counter()
        while time.perf_counter() - asked < within:
            if (seen := get(port, path)) and status in (seen, None):
                return time.perf_counter() - self.started
            self.must_run()
            time.sleep(0.002)
        raise DidNotStart(f"{self.name} did not answer {path} within {within} s\n{self.tail()}")

    def must_run(self) -> None:
        """Raises DidNotStart when the process has ended."""
        if self.process.poll() is not None:
            raise DidNotStart(f"{self.name} ended with {self.process.returncode}\n{self.tail()}")

    def tail(self) -> str:
        """The last lines the process wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def cpu(self) -> float:
        """Processor seconds used so far, all threads together."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident(self) -> float:
        """Resident memory in MiB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise DidNotStart(f"{self.name} is gone")

    def stop(self) -> None:
        """Ask twice (the second time means at once), then insist."""
        for _ in range(2):
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                try:
                    self.process.wait(0.3)
                except subprocess.TimeoutExpired:
                    continue
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def python(*arguments: str) -> list[str]:
    """This interpreter with these arguments."""
    return [sys.executable, *arguments]
