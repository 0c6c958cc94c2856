"""One bounded run of `wrk` on the client's core, and what it saw."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import CLIENT_CORE, pinned_to

SCRIPT = Path(__file__).with_name("replay.lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one run saw. Times in milliseconds.

    `cpu` is what the server's process used meanwhile, in seconds; `neighbours` the share of its core others took.
    """

    count: int
    seconds: float
    p50: float = 0.0
    p99: float = 0.0
    slowest: float = 0.0
    refused: int = 0
    broken: int = 0
    sent: int = 0
    cpu: float = 0.0
    neighbours: float = 0.0

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.count / self.seconds

    @property
    def rate_per_cpu(self) -> float:
        """Answers per second of processor time: what neighbours on a busy machine disturb least."""
        return self.count / self.cpu if self.cpu else 0.0


def raw(method: str, path: str, headers: Mapping[str, str] | None = None, body: object = None) -> bytes:
    """An HTTP/1.1 request, ready to be sent; `body` becomes JSON."""
    fields = {"Host": "127.0.0.1", "Accept": "application/json", **(headers or {})}
    content = b"" if body is None else json.dumps(body).encode()
    if body is not None:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content


def write_requests(path: Path, requests: Iterable[bytes]) -> Path:
    """Keep prepared requests in the form that the wrk script reads."""
    with path.open("wb") as file:
        for request in requests:
            file.write(b"%d\n%b" % (len(request), request))
    return path


def wrk(port: int, requests: Path, *, connections: int, seconds: int, first: int = 0, limit: int = 0) -> Load:
    """Send prepared requests in a circle from the `first` one on, at most `limit` of them unless that is 0."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s"]
    command += ["-s", str(SCRIPT), f"http://127.0.0.1:{port}", "--", str(requests), str(first), str(limit)]
    settle = pinned_to(CLIENT_CORE)
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=seconds + 60, preexec_fn=settle)
    return _read(json.loads(ran.stdout.rpartition(b"FIGURES ")[2]))


def _read(seen: Mapping[str, float]) -> Load:
    ran_out = seen["ended"] > 0
    return Load(
        count=int(seen["sent"] if ran_out else seen["requests"]),
        seconds=seen["ended"] - seen["began"] if ran_out else seen["micros"] / 1e6,
        p50=seen["p50"] / 1000,
        p99=seen["p99"] / 1000,
        slowest=seen["slowest"] / 1000,
        refused=int(seen["refused"]),
        broken=int(seen["broken"]),
        sent=int(seen["sent"]),
    )
