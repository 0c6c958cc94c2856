"""Rolling restarts: two processes behind haproxy are replaced in turn, under load, and no client may notice."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from shutil import which

import httpx

from benchmarks.figures import Check, Report
from benchmarks.processes import CLIENT_CORE, ROOT, DidNotStart, Pinned, free_port
from benchmarks.rigs import Run
from benchmarks.service import API, Account, Service, serve, service

RATE = 100
CLIENTS = 20
SETTLED_SECONDS = 3.0
"""How long the proxy takes to find a process well again, and then some."""
LONGEST_DRAIN = 25.0


def rolling_restarts(run: Run) -> Report:
    """A hundred requests a second over kept connections while each process is restarted so many times."""
    with service(run.folder, run.seed, run.servers, processes=2, WORKER_EMBEDDED="false") as ours:
        people = [ours.signed_in(ours.new_account(run.seed)) for _ in range(CLIENTS)]
        with haproxy(run.folder, ours.ports) as port:
            seen = asyncio.run(_restart_all(ours, run, f"http://127.0.0.1:{port}{API}", people))
    note = ", ".join(f"{answer}: {count}" for answer, count in sorted(seen.answers.items()))
    return Report(
        "rolling-restarts",
        checks=[
            Check(name="failed requests", value=seen.failed, at_least=0, at_most=0, note=note),
            Check(name="requests per second", value=seen.rate, at_least=0.95 * RATE, note=f"{seen.count} requests"),
            Check(name="slowest answer", value=max(seen.seconds) * 1000, unit="ms"),
            Check(name="99th percentile", value=sorted(seen.seconds)[int(0.99 * seen.count)] * 1000, unit="ms"),
            Check(name="restarts ended with 0", value=seen.well_ended, at_least=2 * run.restarts),
            Check(name="longest drain", value=max(seen.drains), unit="s", at_most=LONGEST_DRAIN),
        ],
    )


@dataclass(slots=True)
class Seen:
    """What clients and operators saw."""

    answers: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    drains: list[float] = field(default_factory=list)
    well_ended: int = 0
    lasted: float = 0.0

    @property
    def count(self) -> int:
        """All requests."""
        return self.answers.total()

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.count / self.lasted

    @property
    def failed(self) -> int:
        """Those that were not answered with 200."""
        return self.count - self.answers["200"]


@contextmanager
def haproxy(folder: Path, ports: list[int]) -> Iterator[int]:
    """The proxy as it is deployed, in front of two processes; gives its port. Raises DidNotStart."""
    program = which("haproxy") or which("haproxy", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise DidNotStart("haproxy is not installed")
    port = free_port()
    names = {"BIND": f"127.0.0.1:{port}", "API_1": f"127.0.0.1:{ports[0]}", "API_2": f"127.0.0.1:{ports[1]}"}
    command = [program, "-db", "-f", str(ROOT / "deploy" / "haproxy.cfg")]
    with Pinned.start("haproxy", command, folder, names, core=CLIENT_CORE) as proxy:
        proxy.answers(port, "/health/ready")
        yield port


async def _restart_all(ours: Service, run: Run, base: str, people: list[Account]) -> Seen:
    seen = Seen()
    started = time.perf_counter()
    clients = [asyncio.create_task(_keep_asking(base, who, seen, number)) for number, who in enumerate(people)]
    try:
        await asyncio.sleep(1)
        for turn in range(2 * run.restarts):
            await asyncio.to_thread(_restart, ours, run.folder, turn % 2, seen)
            await asyncio.sleep(SETTLED_SECONDS)
    finally:
        seen.lasted = time.perf_counter() - started
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        for server in ours.servers:
            server.stop()
    return seen


def _restart(ours: Service, folder: Path, number: int, seen: Seen) -> None:
    process, port = ours.servers[number].process, ours.ports[number]
    began = time.perf_counter()
    process.send_signal(signal.SIGTERM)
    seen.well_ended += process.wait(60) == 0
    seen.drains.append(time.perf_counter() - began)
    ours.servers[number] = serve(folder, ours.settings, port)
    ours.servers[number].answers(port, "/health/ready")


async def _keep_asking(base: str, who: Account, seen: Seen, number: int) -> None:
    """Reads, and now and then a write, evenly over time, on one connection as long as it lasts."""
    every = CLIENTS / RATE
    due = time.perf_counter() + number / RATE
    async with httpx.AsyncClient(base_url=base, headers=who.bearer, timeout=30) as client:
        for method, path, body in cycle(JOURNEY):
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            due += every
            began = time.perf_counter()
            try:
                word = str((await client.request(method, path, json=body)).status_code)
            except httpx.HTTPError as error:
                word = type(error).__name__
            seen.answers[word] += 1
            seen.seconds.append(time.perf_counter() - began)


JOURNEY = (
    ("GET", "/users/me", None),
    ("GET", "/sessions", None),
    ("PATCH", "/users/me", {"full_name": "Síle Ní Bhriain"}),
    ("GET", "/users/me", None),
    ("PATCH", "/users/me", {"full_name": "Síle O'Brien"}),
)
