"""`python -m benchmarks.log_writer cost|storm ...`: a process that logs as the service does."""

import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from asperguide.adapters.http.access import Passage
from asperguide.adapters.http.calls import Call
from asperguide.adapters.logs import configuring
from asperguide.adapters.logs.rules import LogRules
from asperguide.adapters.system import SystemClock, SystemIds
from asperguide.shared.tracing import Trace, trace

CALLS = 2_000
TICK_SECONDS = 0.01

log = logging.getLogger("asperguide.benchmark")


def cost(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Mean microseconds of each kind of call, round by round, while lines go to standard error and a file."""
    ids = SystemIds()
    trace.set(Trace(request_id=str(ids.new()), user=str(ids.new())))
    call = Call({}, "/api/v1/users/me", str(ids.new()))
    passage = Passage({"method": "GET", "path": "/api/v1/users/me", "client": ("127.0.0.1", 5000)})
    passage.template, passage.status, passage.size = "/api/v1/users/me", 200, 512
    kinds: dict[str, Callable[[], None]] = {
        "the line of a request": lambda: passage.tell(call, 3600.0),
        "a message with two values": lambda: log.info("job %s failed at attempt %d", "identity.user-registered", 3),
        "a message with extras": lambda: log.info("done", extra={"kind": "identity.user-registered", "attempts": 3}),
        "an exception": _fail,
        "a level that is off": lambda: log.debug("unheard %s", "of"),
    }
    with configuring.running(LogRules(file=folder / "cost.log"), SystemClock()) as logs:
        found: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(rounds):
            for name, make in kinds.items():
                began = time.perf_counter()
                for _ in range(CALLS):
                    make()
                found[name].append((time.perf_counter() - began) / CALLS * 1e6)
                logs.flush()
    return found


def storm(name: str, path: Path, rate: int, seconds: int) -> dict[str, float]:
    """Log `rate` lines a second into the file that others write to as well."""
    with configuring.running(LogRules(file=path), SystemClock()):
        began, number, slowest = time.perf_counter(), 0, 0.0
        while number < rate * seconds:
            due = min(rate * seconds, int((time.perf_counter() - began) * rate))
            while number < due:
                before = time.perf_counter()
                log.info(
                    "a line of an ordinary length, as services write them", extra={"writer": name, "number": number}
                )
                slowest = max(slowest, time.perf_counter() - before)
                number += 1
            time.sleep(TICK_SECONDS)
        took = time.perf_counter() - began
    return {"took": took, "slowest_ms": slowest * 1000}


def _fail() -> None:
    try:
        raise ValueError("no good")
    except ValueError:
        log.warning("failed", exc_info=True)


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    told = (
        cost(Path(rest[0]), int(rest[1]))
        if what == "cost"
        else storm(rest[0], Path(rest[1]), int(rest[2]), int(rest[3]))
    )
    sys.stdout.write(msgspec.json.encode(told).decode())
