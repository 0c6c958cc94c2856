"""Sending log lines to a collector over HTTP, in batches: OpenObserve's JSON ingestion, and OTLP as JSON.

Called by the thread of its spool, which tries again what was not taken. What it logs itself goes to the other sinks.
"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from asperguide.adapters.logs.rules import Collector
from asperguide.adapters.logs.spool import Sink, Unwritten

if TYPE_CHECKING:
    import httpx

PATIENCE_SECONDS = 5.0
TRY_AGAIN = frozenset({401, 403, 404, 408, 425, 429})
"""What a collector answers that is being set up, is busy, or was given a wrong token: not the fault of these lines."""
BACKLOG = 10
"""So many batches are a backlog: it goes in batches twenty times as large."""
TIME = slice(len('{"timestamp":"'), len('{"timestamp":"2031-01-01T00:00:00.000000Z'))
SEVERITIES = {"debug": 5, "info": 9, "warning": 13, "error": 17, "critical": 21}

log = logging.getLogger("asperguide.logs")

Event = dict[str, Any]


Encode = Callable[[Sequence[bytes]], bytes]
"""Makes the body of a request of JSON lines."""


class Shipper(Sink):
    """POSTs `batch_size` lines at a time, a backlog in larger batches, and waits at most 5 s for each step of that."""

    def __init__(self, url: str, headers: Mapping[str, str], encode: Encode, batch_size: int) -> None:
        self.name = url.partition("?")[0]
        self._url, self._headers, self._encode, self._batch_size = url, headers, encode, batch_size
        self._client: httpx.Client | None = None
        self._process = 0

    def write(self, lines: list[bytes]) -> None:
        """Send in order. A batch that the collector refuses for what is in it is given up, and told."""
        import httpx

        size = self._batch_size * (1 if len(lines) <= BACKLOG * self._batch_size else 2 * BACKLOG)
        for start in range(0, len(lines), size):
            batch = lines[start : start + size]
            try:
                status = self._connected().post(self._url, content=self._encode(batch)).status_code
            except httpx.HTTPError as error:
                raise Unwritten(lines[start:], type(error).__name__) from None
            if status >= 500 or status in TRY_AGAIN:
                raise Unwritten(lines[start:], f"it answered {status}")
            if status >= 300:
                log.warning("%d log lines were refused by %s with %d", len(batch), self.name, status)

    def _connected(self) -> "httpx.Client":
        """The client of this process: a forked child has connections of its own."""
        import httpx

        if self._client is None or self._process != os.getpid():
            self._client = httpx.Client(headers=self._headers, timeout=PATIENCE_SECONDS)
            self._process = os.getpid()
        return self._client


def shipper(collector: Collector) -> Shipper:
    """The sink for a collector."""
    headers = {"Content-Type": "application/json", **collector.headers}
    encode = as_otlp if collector.otlp else as_openobserve
    return Shipper(collector.url, headers, encode, collector.batch_size)


def as_openobserve(lines: Sequence[bytes]) -> bytes:
    """A list of the lines as they are, each with its time in microseconds as `_timestamp`."""
    timed = (b'{"_timestamp":%d,%s' % (_nanoseconds(line) // 1000, line[1:-1]) for line in lines)
    return b"[%s]" % b",".join(timed)


def as_otlp(lines: Sequence[bytes]) -> bytes:
    """An ExportLogsServiceRequest in OTLP's JSON encoding (opentelemetry.io/docs/specs/otlp)."""
    resource = {"attributes": [_attribute("service.name", "asperguide")]}
    records = [_otlp_record(msgspec.json.decode(line), _nanoseconds(line)) for line in lines]
    scope = {"scope": {"name": "asperguide.logs"}, "logRecords": records}
    return msgspec.json.encode({"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]})


def _otlp_record(event: Event, nanoseconds: int) -> Event:
    level, body = event.pop("level"), event.pop("event")
    record: Event = {
        "timeUnixNano": str(nanoseconds),
        "severityNumber": SEVERITIES.get(level, 9),
        "severityText": level.upper(),
        "body": {"stringValue": body},
    }
    if traceparent := event.pop("traceparent", ""):
        record |= {"traceId": event.pop("trace_id"), "spanId": event.pop("span_id"), "flags": int(traceparent[53:], 16)}
    if error := event.pop("exception", None):
        event |= {f"exception.{name}": value for name, value in error.items()}
        event["exception.stacktrace"] = event.pop("exception.traceback")
    del event["timestamp"]
    record["attributes"] = [_attribute(name, value) for name, value in event.items()]
    return record


def _attribute(name: str, value: Any) -> Event:
    return {"key": name, "value": _otlp_value(value)}


def _otlp_value(value: Any) -> Event:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"stringValue": msgspec.json.encode(value).decode()}


def _nanoseconds(line: bytes) -> int:
    """When it was logged, since 1970: exact, which a float would not be. Every line begins with its time."""
    moment = datetime.fromisoformat(line[TIME].decode())
    return int(moment.replace(microsecond=0).timestamp()) * 1_000_000_000 + moment.microsecond * 1000
