"""What traces cost those who are served: recorded not at all, one in ten, all, and with a collector that is silent."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median

from benchmarks.figures import Check, Report, Series, lost
from benchmarks.logs import silence
from benchmarks.rigs import Run
from benchmarks.service import service
from benchmarks.subjects import Web

MOST_MIB = 32.0
"""The SDK, and 1024 spans that wait."""
PATIENT = 1.1


def traces(run: Run) -> Report:
    """Warm reads, embedded, beside the same service without a collector; only traces go to the collector."""
    with ExitStack() as stack:
        taking, silent = stack.enter_context(_collector()), stack.enter_context(silence())
        kinds = {
            "no collector": {},
            "one in ten": {"OTEL_EXPORTER_OTLP_ENDPOINT": taking, "OTEL_TRACES_SAMPLER_ARG": "0.1"},
            "every trace": {"OTEL_EXPORTER_OTLP_ENDPOINT": taking, "OTEL_TRACES_SAMPLER_ARG": "1"},
            "every trace, silent": {"OTEL_EXPORTER_OTLP_ENDPOINT": silent, "OTEL_TRACES_SAMPLER_ARG": "1"},
        }
        subjects = []
        for name, settings in kinds.items():
            quiet = {**settings, "LOG_LEVEL": "warning", "OTEL_METRICS_EXPORTER": "none"}
            ours = stack.enter_context(service(run.folder / name.replace(" ", "-"), run.seed, None, 1, **quiet))
            reader = ours.signed_in(ours.new_account(run.seed))
            subjects.append(Web(name, ours.server, ours.port, run.requests(name, [reader.read()])))
        series = run.turns(subjects)
        weights = [subject.server.resident() for subject in subjects]
    off, some, every, silenced = series
    checks = [
        _cost(some, off),
        _cost(every, off),
        _cost(silenced, off),
        Check(
            name="processor time of a request, collector silent / taking",
            value=median(b.rate_per_cpu / a.rate_per_cpu for a, b in zip(silenced.loads, every.loads, strict=True)),
            unit="x", at_most=PATIENT,
        ),
        Check(name="memory on top", value=weights[2] - weights[0], unit="MiB", at_most=MOST_MIB),
        Check(name="memory on top, silent", value=weights[3] - weights[0], unit="MiB", at_most=MOST_MIB),
        lost(*series),
    ]  # fmt: skip
    return Report("traces", series, checks)


def _cost(traced: Series, off: Series) -> Check:
    """Processor time for each request: that of rounds that ran next to each other, so that neighbours hardly count."""
    pairs = zip(traced.loads, off.loads, strict=True)
    value = median(1_000_000 / ours.rate_per_cpu - 1_000_000 / theirs.rate_per_cpu for ours, theirs in pairs)
    return Check(name=f"a request, {traced.name}", value=value, unit="µs")


class _Taking(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def _collector() -> Iterator[str]:
    """The address of a server that takes everything."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Taking) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
