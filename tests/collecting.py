"""What the service sends to others, taken by real servers on this machine: an OTLP collector and a Sentry."""

import gzip
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from asperguide.adapters.opentelemetry.collector import OtlpCollector
from asperguide.adapters.opentelemetry.tracer import OpenTelemetryTracer
from asperguide.adapters.system import SystemClock

LOCALHOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Told:
    """A span as the collector got it; ids are hexadecimal, `parent` is empty for the first of a trace."""

    trace: str
    id: str
    parent: str
    name: str
    kind: int
    attributes: dict[str, Any]
    failed: bool
    began: int
    ended: int


class Receiver(ThreadingHTTPServer):
    """Keeps what is posted to it, and answers `status`; it answers nobody while it is not `open`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((LOCALHOST, 0), _Post)
        self.status = 200
        self.open = threading.Event()
        self.open.set()
        self.tried: list[str] = []
        self.bodies: list[tuple[str, bytes]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOCALHOST}:{self.server_port}"

    @property
    def dsn(self) -> str:
        """What to tell a Sentry SDK."""
        return f"http://publickey@{LOCALHOST}:{self.server_port}/42"

    def text_of(self, place: str = "") -> str:
        """All that was sent to this path, or to any, as far as it is text."""
        return "\n".join(body.decode("utf-8", "replace") for path, body in list(self.bodies) if place in ("", path))

    def spans(self, trace: str = "") -> list[Told]:
        """Every span so far, or those of one trace."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        requests = [ExportTraceServiceRequest.FromString(body) for path, body in self._at("/v1/traces")]
        spans = [
            _told(span)
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        return [span for span in spans if trace in ("", span.trace)]

    def metrics(self) -> list[dict[str, Any]]:
        """The bodies of what came to `/v1/metrics`."""
        return [json.loads(body) for _, body in self._at("/v1/metrics")]

    def log_records(self) -> list[dict[str, Any]]:
        """The records that came to `/v1/logs`."""
        bodies = [json.loads(body) for _, body in self._at("/v1/logs")]
        scopes = [scope for body in bodies for resource in body["resourceLogs"] for scope in resource["scopeLogs"]]
        return [record for scope in scopes for record in scope["logRecords"]]

    def reports(self) -> list[dict[str, Any]]:
        """The events that a Sentry SDK sent."""
        found = []
        for _, body in self._at("/api/42/envelope/"):
            lines = body.split(b"\n")
            items = zip(lines[1::2], lines[2::2], strict=False)
            found += [json.loads(item) for head, item in items if json.loads(head)["type"] == "event"]
        return found

    def _at(self, place: str) -> Sequence[tuple[str, bytes]]:
        return [(path, body) for path, body in list(self.bodies) if path == place]


class _Post(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers["content-encoding"] == "gzip":
            body = gzip.decompress(body)
        self.server.tried.append(self.path)
        self.server.open.wait()
        if self.server.status == 200:
            self.server.bodies.append((self.path, body))
        self.send_response(self.server.status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver during the context."""
    server = Receiver()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.open.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def collector() -> Iterator[Receiver]:
    """An OTLP collector."""
    with receiving() as server:
        yield server


@pytest.fixture
def tracer(collector: Receiver) -> Iterator[OpenTelemetryTracer]:
    """What records every trace that begins, and sends it to the collector."""
    made = OpenTelemetryTracer(OtlpCollector(endpoint=collector.url), ratio=1.0, clock=SystemClock())
    yield made
    made.close()


def _told(span: Any) -> Told:
    return Told(
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        name=span.name,
        kind=span.kind,
        attributes={one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes},
        failed=span.status.code == 2,
        began=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
    )
