"""What logging costs, whether several processes lose a line, and whether anybody feels a sink that is down."""

import gzip
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import mean

import msgspec

from benchmarks.figures import Check, Report, lost
from benchmarks.processes import SERVER_CORE, environment, pinned_to, python
from benchmarks.rigs import Run
from benchmarks.service import service
from benchmarks.subjects import Web

ON_THE_REQUEST_PATH = ("the line of a request", "a message with two values", "a message with extras")
MOST_MICROSECONDS = 50.0
WRITERS = 2
LINES_A_SECOND = 10_000
STORM_SECONDS = 10
PART_BYTES = 10 * 1024 * 1024
SPOOLED_MIB = 16.0
"""What a sink that hangs may hold: a full spool, and as much that it is working on."""


def logging_cost(run: Run) -> Report:
    """The mean cost of a log call, on the thread that makes it, while lines go to standard error and a file."""
    told = _writer("cost", str(run.folder), str(run.rounds)).communicate()[0]
    found: dict[str, list[float]] = msgspec.json.decode(told)
    checks = [
        Check(
            name=name, value=mean(means), unit="µs", spread=(max(means) - min(means)) / mean(means),
            at_most=MOST_MICROSECONDS if name in ON_THE_REQUEST_PATH else None,
        )
        for name, means in found.items()
    ]  # fmt: skip
    return Report("logging", checks=checks)


def log_storm(run: Run) -> Report:
    """10 000 lines a second for 10 s from two processes into one file that rotates: none lost, none torn."""
    path, rate = run.folder / "storm.log", LINES_A_SECOND // WRITERS
    writers = [_writer("storm", str(name), str(path), str(rate), str(STORM_SECONDS)) for name in range(WRITERS)]
    told = [msgspec.json.decode(writer.communicate()[0]) for writer in writers]
    parts = [*sorted(path.parent.glob("storm.log.2*")), path]
    texts = [gzip.decompress(part.read_bytes()) if part.suffix == ".gz" else part.read_bytes() for part in parts]
    lines = b"".join(texts).splitlines()
    seen: dict[str, list[int]] = {str(name): [] for name in range(WRITERS)}
    torn = 0
    for line in lines:
        try:
            event = msgspec.json.decode(line)
            seen[event["writer"]].append(event["number"])
        except (msgspec.DecodeError, KeyError):
            torn += 1
    whole = list(range(rate * STORM_SECONDS))
    missing = sum(len(set(whole) - set(numbers)) for numbers in seen.values())
    checks = [
        Check(name="lines written", value=len(lines), at_least=LINES_A_SECOND * STORM_SECONDS),
        Check(name="lines lost", value=missing, at_most=0),
        Check(name="lines torn", value=torn, at_most=0),
        Check(
            name="writers whose lines are out of order or twice",
            value=sum(n != whole for n in seen.values()),
            at_most=0,
        ),
        Check(name="parts", value=len(parts), at_least=2),
        Check(name="largest part", value=max(map(len, texts)), unit="bytes", at_most=PART_BYTES),
        Check(
            name="lines a second", value=len(lines) / max(one["took"] for one in told), at_least=0.95 * LINES_A_SECOND
        ),
        Check(name="slowest call", value=max(one["slowest_ms"] for one in told), unit="ms"),
    ]
    return Report("log-storm", checks=checks)


def log_sink_down(run: Run) -> Report:
    """Warm reads while the collector of the log never answers, beside the same service with no collector."""
    with ExitStack() as stack:
        down = {"OPENOBSERVE_URL": stack.enter_context(silence()), "OPENOBSERVE_TOKEN": "never-asked-for"}
        subjects = []
        for name, settings in (("no collector", {}), ("collector down", down)):
            ours = stack.enter_context(service(run.folder / name.replace(" ", "-"), run.seed, None, 1, **settings))
            reader = ours.signed_in(ours.new_account(run.seed))
            subjects.append(Web(name, ours.server, ours.port, run.requests(name, [reader.read()])))
        series = run.turns(subjects, 3 * run.seconds)
        weights = [subject.server.resident() for subject in subjects]
    without, with_down = series
    pairs = zip(with_down.loads, without.loads, strict=True)
    slower = sorted(ours.p99 / theirs.p99 for ours, theirs in pairs)[len(without.loads) // 2]
    checks = [
        Check(name="p99, collector down / none", value=slower, unit="x", at_most=1.1),
        Check(name="memory on top", value=weights[1] - weights[0], unit="MiB", at_most=2 * SPOOLED_MIB),
        lost(*series),
    ]
    return Report("log-sink-down", series, checks)


def _writer(*arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        python("-m", "benchmarks.log_writer", *arguments),
        env=environment({}), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        preexec_fn=pinned_to(SERVER_CORE) if arguments[0] == "cost" else None,
    )  # fmt: skip


@contextmanager
def silence() -> Iterator[str]:
    """The address of a server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
