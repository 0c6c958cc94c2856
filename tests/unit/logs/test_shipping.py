"""Sending lines to collectors: batches, repeats, bounds and the end, against a real HTTP server that misbehaves."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from asperguide.adapters.logs import configuring, spool
from asperguide.adapters.logs.configuring import Logs
from asperguide.adapters.logs.rules import Collector
from asperguide.adapters.system import SystemClock
from asperguide.choosing import log_rules
from asperguide.settings import Settings, SettingsRefused, check
from asperguide.shared.tracing import Trace, trace
from tests.servers import wait_until

log = logging.getLogger("somebody")
TOKEN = "cm9vdEBleGFtcGxlLm9yZzpodW50ZXIy"


class Collecting(ThreadingHTTPServer):
    """Keeps what it is sent while `status` is 200; waits while it is not `open`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.status = 200
        self.open = threading.Event()
        self.open.set()
        self.bodies: list[Any] = []
        self.requests: list[tuple[str, str | None]] = []
        self.at: list[float] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def events(self) -> list[str]:
        return [event["event"] for body in self.bodies for event in body]


class Answer(BaseHTTPRequestHandler):
    server: Collecting

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.at.append(time.monotonic())
        self.server.requests.append((self.path, self.headers["authorization"]))
        self.server.open.wait()
        if self.server.status == 200:
            self.server.bodies.append(json.loads(body))
        self.send_response(self.server.status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collecting]:
    server = Collecting()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.open.set()
    server.shutdown()
    server.server_close()


@contextmanager
def shipping(collector: Collecting, **settings: Any) -> Iterator[Logs]:
    given = Settings(openobserve_url=collector.url, openobserve_token=TOKEN, **settings)
    with configuring.running(log_rules(given), SystemClock()) as logs:
        yield logs


def test_lines_go_out_in_batches_of_so_many_or_after_so_long(collector: Collecting) -> None:
    with shipping(collector, openobserve_flush_interval=0.3):
        for number in range(25):
            log.info("line %d", number)
        wait_until(lambda: len(collector.events) == 25, 5)
        assert max(map(len, collector.bodies)) == 10
        log.info("alone")
        wait_until(lambda: "alone" in collector.events, 5)
    assert collector.events == [*(f"line {number}" for number in range(25)), "alone"]
    assert set(collector.requests) == {("/api/default/asperguide/_json", f"Basic {TOKEN}")}
    first = collector.bodies[0][0]
    assert abs(first["_timestamp"] / 1e6 - time.time()) < 60
    assert (first["level"], first["logger"]) == ("info", "somebody")


def test_a_backlog_goes_in_larger_batches(collector: Collecting) -> None:
    with shipping(collector):
        for number in range(2000):
            log.info("line %d", number)
    assert collector.events == [f"line {number}" for number in range(2000)]
    assert len(collector.requests) <= 100  # 200 by tens
    assert max(map(len, collector.bodies)) <= 200


def test_a_few_lines_wait_for_more_until_the_interval_is_over(collector: Collecting) -> None:
    with shipping(collector, openobserve_flush_interval=60):
        log.info("one")
        time.sleep(0.2)
        assert collector.requests == []
    assert collector.events == ["one"]


def test_a_collector_that_fails_gets_everything_later_after_1_2_and_4_seconds(
    collector: Collecting, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert spool.PAUSES == (1, 2, 4)
    monkeypatch.setattr(spool, "PAUSES", (0.1, 0.2, 0.4))
    collector.status = 503
    with shipping(collector):
        for number in range(20):
            log.info("line %d", number)
        wait_until(lambda: len(collector.at) >= 4, 10)
        collector.status = 200
        told: list[str] = []

        def it_is_well_again() -> bool:
            told.extend(json.loads(line)["event"] for line in capfd.readouterr().err.splitlines())
            return any("again" in event for event in told)

        wait_until(it_is_well_again, 10)
    assert collector.events == [f"line {number}" for number in range(20)]
    pauses = [after - before for before, after in zip(collector.at[:3], collector.at[1:4], strict=True)]
    assert all(found >= least for found, least in zip(pauses, (0.1, 0.2, 0.4), strict=True))
    assert [event for event in told if "cannot be written" in event or "again" in event] == [
        f"log lines cannot be written to {collector.url}/api/default/asperguide/_json, they wait: it answered 503",
        f"log lines are written to {collector.url}/api/default/asperguide/_json again",
    ]


def test_its_own_troubles_are_not_sent_to_it(collector: Collecting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "PAUSES", (0.05,))
    collector.status = 500
    with shipping(collector, log_level="debug", openobserve_batch_size=1):
        log.info("line")
        wait_until(lambda: len(collector.at) >= 3, 5)
        collector.status = 200
    assert collector.events == ["line"]


def test_what_a_collector_refuses_is_given_up_and_told(
    collector: Collecting, capfd: pytest.CaptureFixture[str]
) -> None:
    with shipping(collector, openobserve_batch_size=1):
        collector.status = 400
        log.info("bad")
        wait_until(lambda: collector.at, 5)
        wait_until(lambda: "1 log lines were refused" in capfd.readouterr().err, 5)
        collector.status = 200
        log.info("good")
    assert collector.events == ["good"]


def test_a_collector_that_hangs_holds_nobody_up_and_memory_is_bounded(
    collector: Collecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuring, "FLUSH_SECONDS", 0.5)
    collector.open.clear()
    with shipping(collector) as logs:
        (remote,) = (one for one in logs.spools if "http" in one._sink.name)
        remote._most = 50_000
        for number in range(10):
            log.info("first %d", number)
        wait_until(lambda: collector.requests, 5)
        began = time.monotonic()
        for number in range(3000):
            log.info("line %d", number)
        assert time.monotonic() - began < 3
        assert remote._held <= 50_000
        assert remote._lost > 2000
        began = time.monotonic()
    assert time.monotonic() - began < 3


def test_the_end_waits_once_and_no_longer_than_it_may(collector: Collecting, monkeypatch: pytest.MonkeyPatch) -> None:
    assert configuring.FLUSH_SECONDS == 10
    monkeypatch.setattr(Logs.flush, "__defaults__", (0.4,))
    collector.open.clear()
    with shipping(collector):
        log.info("line")
        began = time.monotonic()
        configuring.flush()
        assert time.monotonic() - began >= 0.4
    assert time.monotonic() - began < 3


def test_nothing_listens_is_a_reason_to_wait(
    collector: Collecting, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuring, "FLUSH_SECONDS", 0.1)
    given = Settings(openobserve_url="http://127.0.0.1:1", openobserve_token=TOKEN, openobserve_batch_size=1)
    with configuring.running(log_rules(given), SystemClock()):
        log.info("line")
        wait_until(lambda: "they wait: ConnectError" in capfd.readouterr().err, 5)


def test_any_collector_of_open_telemetry_gets_otlp(collector: Collecting) -> None:
    given = Settings(
        otel_exporter_otlp_endpoint=f"{collector.url}/", otel_exporter_otlp_headers="Authorization=Bearer%20abc, x-a=1"
    )
    token = trace.set(Trace(request_id="r-1", traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
    try:
        with configuring.running(log_rules(given), SystemClock()):
            log.warning("hello", extra={"size": 3, "share": 0.5, "ok": True, "many": [1, "a"]})
            try:
                raise ValueError("no good")
            except ValueError:
                log.warning("failed", exc_info=True)
    finally:
        trace.reset(token)
    assert collector.requests == [("/v1/logs", "Bearer abc")]
    (resource,) = collector.bodies[0]["resourceLogs"]
    assert resource["resource"]["attributes"] == [{"key": "service.name", "value": {"stringValue": "asperguide"}}]
    hello, failed = resource["scopeLogs"][0]["logRecords"]
    assert abs(int(hello.pop("timeUnixNano")) / 1e9 - time.time()) < 60
    values = {one["key"]: one["value"] for one in hello.pop("attributes")}
    assert hello == {
        "severityNumber": 13, "severityText": "WARNING", "body": {"stringValue": "hello"}, "flags": 1,
        "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
    }  # fmt: skip
    assert (values["size"], values["share"]) == ({"intValue": "3"}, {"doubleValue": 0.5})
    assert (values["ok"], values["many"]) == ({"boolValue": True}, {"stringValue": '[1,"a"]'})
    assert (values["request_id"], values["logger"]) == ({"stringValue": "r-1"}, {"stringValue": "somebody"})
    told = {one["key"]: one["value"]["stringValue"] for one in failed["attributes"] if "exception" in one["key"]}
    assert told.pop("exception.stacktrace").endswith("ValueError: no good")
    assert told == {"exception.type": "ValueError", "exception.message": "no good"}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"openobserve_url": "logs"}, "OPENOBSERVE_URL"),
        ({"openobserve_url": "https://logs.example.org"}, "OPENOBSERVE_URL"),
        ({"otel_exporter_otlp_endpoint": "collector:4317"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ({"otel_exporter_otlp_headers": "abc"}, "OTEL_EXPORTER_OTLP_HEADERS"),
    ],
)
def test_a_collector_that_cannot_be_one_is_refused_by_name(given: dict[str, Any], name: str) -> None:
    with pytest.raises(SettingsRefused, match=f"^{name}: "):
        check(Settings(oauth_secret_key="b3Jn4wq0Zk7fXyT1uLhPc9sVd2mGeRa8", **given))


def test_tokens_of_collectors_are_masked_and_not_shown() -> None:
    given = {"openobserve_url": "https://logs.example.org", "openobserve_token": TOKEN}
    otlp = {"otel_exporter_otlp_endpoint": "https://otlp.example.org"}
    headers = f"authorization=Bearer%20x{TOKEN},x-tenant=guides"
    rules = log_rules(Settings(otel_exporter_otlp_headers=headers, **given, **otlp))
    assert {TOKEN, f"Bearer x{TOKEN}"} <= set(rules.secrets)
    assert "guides" not in rules.secrets
    assert TOKEN not in repr(rules)
    assert "abc" not in repr(Collector(url="x", headers={"authorization": "abc"}))
