"""Spans on their way to a collector: which are recorded, what they hold, and a collector that is away or slow."""

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from asperguide.adapters.opentelemetry import pipeline
from asperguide.adapters.opentelemetry.collector import OtlpCollector
from asperguide.adapters.opentelemetry.tracer import OpenTelemetryTracer
from asperguide.adapters.system import SystemClock
from asperguide.adapters.tracing import TracedMailer, traced
from asperguide.choosing import tracer as chosen
from asperguide.settings import Settings
from asperguide.shared.errors import NotFound
from asperguide.shared.ports import Mail, MailDelayed, Mailer
from asperguide.shared.tracing import Trace, trace
from tests.collecting import Receiver, Told
from tests.servers import wait_until

RECORDED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NOT_RECORDED = RECORDED[:-2] + "00"
MAIL = Mail(key="k", to="siobhan@example.org", subject="s", text="t", html="h")

Making = Callable[..., OpenTelemetryTracer]


@pytest.fixture
def making(collector: Receiver) -> Iterator[Making]:
    made: list[OpenTelemetryTracer] = []

    def make(ratio: float = 1.0, **about: str) -> OpenTelemetryTracer:
        where = OtlpCollector(endpoint=collector.url, headers={"authorization": "Basic x"}, about=about)
        made.append(OpenTelemetryTracer(where, ratio=ratio, clock=SystemClock()))
        return made[-1]

    yield make
    collector.open.set()
    for tracer in made:
        tracer.close()


@pytest.fixture
def below() -> Iterator[None]:
    """A recorded span is under way in this test."""
    token = trace.set(Trace(traceparent=RECORDED))
    yield
    trace.reset(token)


def sent(tracer: OpenTelemetryTracer, collector: Receiver) -> dict[str, Told]:
    """What had been sent when the tracer was closed, by name."""
    tracer.close()
    return {span.name: span for span in collector.spans()}


def test_a_span_continues_the_trace_that_it_is_given(making: Making, collector: Receiver) -> None:
    tracer = making()
    span = tracer.begin("one", "server", RECORDED, {"a": 1})
    span.end(name="better", attributes={"b": "x"}, error="ValueError")
    found = sent(tracer, collector)["better"]
    assert span.traceparent == f"00-{RECORDED[3:35]}-{found.id}-01"
    assert (found.trace, found.parent) == (RECORDED[3:35], RECORDED[36:52])
    assert found.attributes == {"a": 1, "b": "x", "error.type": "ValueError"}
    assert found.failed


def test_of_new_traces_a_share_is_recorded_and_of_others_what_the_caller_records(
    making: Making, collector: Receiver
) -> None:
    tracer = making(ratio=0.0)
    spans = [tracer.begin(str(parent), "server", parent) for parent in (None, RECORDED, NOT_RECORDED)]
    for span in spans:
        span.end()
    assert [int(span.traceparent[-2:], 16) & 1 for span in spans] == [0, 1, 0]
    assert spans[2].traceparent[3:35] == RECORDED[3:35]
    assert sent(tracer, collector).keys() == {RECORDED}
    tracer = making(ratio=0.25)
    flags = [int(tracer.begin("new", "server", None).traceparent[-2:], 16) & 1 for _ in range(2000)]
    assert 300 < sum(flags) < 700


async def test_a_call_is_a_span_with_what_happens_inside_below_it(
    making: Making, collector: Receiver, below: None
) -> None:
    tracer = making()
    inside: list[Trace] = []

    async def call(answer: str) -> str:
        inside.append(trace.get())
        tracer.tell("SELECT users", 0.25, {"db.query.text": "SELECT 1"})
        await asyncio.sleep(0)
        return answer

    assert await traced(tracer, "story", call)("yes") == "yes"
    assert trace.get().traceparent == RECORDED
    found = sent(tracer, collector)
    story, statement = found["story"], found["SELECT users"]
    assert (story.parent, statement.parent) == (RECORDED[36:52], story.id)
    assert inside == [Trace(traceparent=f"00-{story.trace}-{story.id}-01")]
    assert 0.24e9 < statement.ended - statement.began < 0.26e9


async def test_a_refusal_is_an_outcome_and_a_failure_an_error_of_which_only_the_type_is_told(
    making: Making, collector: Receiver, below: None
) -> None:
    tracer = making()

    async def fail(error: Exception) -> None:
        raise error

    with pytest.raises(NotFound):
        await traced(tracer, "refusal", fail)(NotFound())
    with pytest.raises(ValueError, match="hunter2"):
        await traced(tracer, "failure", fail)(ValueError("hunter2"))
    found = sent(tracer, collector)
    assert (found["refusal"].failed, found["refusal"].attributes) == (False, {"asperguide.refusal": "not-found"})
    assert (found["failure"].failed, found["failure"].attributes) == (True, {"error.type": "ValueError"})
    assert "hunter2" not in collector.text_of()


@pytest.mark.parametrize("under_way", [None, NOT_RECORDED])
async def test_where_no_recorded_span_is_under_way_nothing_is_told(
    making: Making, collector: Receiver, under_way: str | None
) -> None:
    tracer = making()

    async def call() -> Trace:
        tracer.tell("SELECT users", 0.1, {})
        return trace.get()

    token = trace.set(Trace(traceparent=under_way))
    assert await traced(tracer, "story", call)() == Trace(traceparent=under_way)
    trace.reset(token)
    assert sent(tracer, collector) == {}


class Refusing(Mailer):
    """Says what servers say."""

    async def send(self, mail: Mail) -> None:
        """No."""
        raise MailDelayed(f"450 {mail.to} is full")


async def test_a_mail_is_a_span_without_its_address(making: Making, collector: Receiver, below: None) -> None:
    tracer = making()
    with pytest.raises(MailDelayed):
        await TracedMailer(Refusing(), tracer, {"server.address": "mail.example"}).send(MAIL)
    found = sent(tracer, collector)["send mail"]
    assert found.attributes == {"server.address": "mail.example", "error.type": "MailDelayed"}
    assert "siobhan" not in collector.text_of()


def test_a_collector_that_hangs_holds_nobody_up_and_memory_is_bounded(
    making: Making, collector: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert (pipeline.MOST, pipeline.PATIENCE_SECONDS, pipeline.FLUSH_SECONDS) == (1024, 5.0, 3.0)
    monkeypatch.setattr(pipeline, "PATIENCE_SECONDS", 60)
    collector.open.clear()
    tracer = making()
    tracer.open()
    entered = counted(monkeypatch)
    for _ in range(300):
        tracer.begin("first", "server", None).end()
    wait_until(lambda: collector.tried, 10)
    for _ in range(5000):
        tracer.begin("more", "server", None).end()
    assert len(entered) <= 300 + pipeline.MOST
    assert caplog.messages == []
    collector.open.set()
    wait_until(lambda: caplog.messages, 20)
    assert caplog.messages == [f"{5300 - len(entered)} spans were lost since the start"]


def test_the_end_waits_for_a_collector_that_hangs_and_no_longer_than_it_may(
    making: Making, collector: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "FLUSH_SECONDS", 0.3)
    collector.open.clear()
    tracer = making()
    tracer.begin("one", "server", None).end()
    began = time.monotonic()
    tracer.close()
    assert 0.3 <= time.monotonic() - began < 4


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The spans that the SDK keeps from here on."""
    kept: list[Any] = []
    on_end = pipeline.BatchSpanProcessor.on_end

    def keep(self: Any, span: Any) -> None:
        kept.append(span)
        on_end(self, span)

    monkeypatch.setattr(pipeline.BatchSpanProcessor, "on_end", keep)
    return kept


def test_a_collector_that_fails_is_told_about_once_and_once_when_it_is_back(
    making: Making, collector: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pipeline, "EVERY_MILLISECONDS", 20)
    collector.status = 401
    tracer = making()
    for number in range(3):
        tracer.begin("lost", "server", None).end()
        wait_until(lambda number=number: len(collector.tried) > number, 10)  # type: ignore[misc]
    wait_until(lambda: caplog.messages, 10)
    collector.status = 200
    wait_until(lambda: tracer.begin("found", "server", None).end() or collector.bodies, 10)
    wait_until(lambda: len(caplog.messages) == 3, 10)
    tracer.close()
    url = f"{collector.url}/v1/traces"
    first, second, third = caplog.messages
    assert first.startswith(f"spans cannot be sent to {url}: Failed to export spans batch code: 401")
    assert (second, third) == (f"spans are sent to {url} again", "3 spans were lost since the start")
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert {span.name for span in collector.spans()} == {"found"}


def test_nothing_is_imported_and_no_thread_started_before_the_first_span(collector: Receiver) -> None:
    before = threading.active_count()
    tracer = chosen(Settings(otel_exporter_otlp_endpoint=collector.url), SystemClock())
    assert tracer is not None
    tracer.tell("SELECT 1", 0.1, {})
    assert threading.active_count() == before
    tracer.close()


def test_there_is_no_tracer_without_a_collector_or_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    somewhere = "http://127.0.0.1:4318"
    assert chosen(Settings(), SystemClock()) is None
    assert chosen(Settings(otel_exporter_otlp_endpoint=somewhere, otel_traces_exporter="none"), SystemClock()) is None
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    assert chosen(Settings(otel_exporter_otlp_endpoint=somewhere), SystemClock()) is None
