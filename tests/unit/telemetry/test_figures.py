"""Metrics for a collector: every kind of family in OTLP's own words, and a collector that is away."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from asperguide.adapters.measuring import Counter, Family, Histogram, gauge, gauges
from asperguide.adapters.opentelemetry.collector import OtlpCollector
from asperguide.adapters.opentelemetry.figures import FigureSender, as_otlp
from asperguide.adapters.system import SystemClock
from tests.collecting import Receiver, receiving

BEGAN = datetime(2031, 5, 17, 12, tzinfo=UTC)
NOW = BEGAN + timedelta(seconds=60, microseconds=7)


def families() -> list[Family]:
    mails = Counter("asperguide_mails", "Mails.", "outcome")
    for outcome in ("sent", "sent", "delayed"):
        mails.add(outcome)
    seconds = Histogram("asperguide_job_seconds", "How long.", "kind", bounds=(0.1, 1.0))
    for took, kind in ((0.05, "a"), (0.1, "a"), (0.5, "a"), (7.0, "a"), (0.5, "b")):
        seconds.observe(took, kind)
    paused = gauges("asperguide_queue_paused", "Paused.", "queue", {"default": 1.0})
    return [mails.family(), seconds.family(), paused, gauge("process_resident_memory_bytes", "Memory.", None)]


def test_every_kind_of_figure_reads_as_the_protocol_has_it() -> None:
    body = as_otlp(families(), {"service.name": "asperguide"}, {"process": "1"}, BEGAN, NOW)
    (resource,) = Parse(body, ExportMetricsServiceRequest()).resource_metrics
    assert [(one.key, one.value.string_value) for one in resource.resource.attributes] == [
        ("service.name", "asperguide")
    ]
    mails, seconds, paused = resource.scope_metrics[0].metrics
    assert (mails.name, mails.unit, mails.sum.is_monotonic, mails.sum.aggregation_temporality) == (
        "asperguide_mails", "", True, 2,
    )  # fmt: skip
    counts = {labels(point): point.as_double for point in mails.sum.data_points}
    assert counts == {(("outcome", "sent"), ("process", "1")): 2, (("outcome", "delayed"), ("process", "1")): 1}
    (point, other) = seconds.histogram.data_points
    assert (seconds.unit, seconds.histogram.aggregation_temporality) == ("s", 2)
    assert labels(point) == (("kind", "a"), ("process", "1"))
    assert (list(point.explicit_bounds), list(point.bucket_counts)) == ([0.1, 1.0], [2, 1, 1])
    assert (point.count, point.sum) == (4, pytest.approx(7.65))
    assert (list(other.bucket_counts), other.count) == ([0, 1, 0], 1)
    assert point.start_time_unix_nano == int(BEGAN.timestamp()) * 10**9
    assert point.time_unix_nano == (int(BEGAN.timestamp()) + 60) * 10**9 + 7000
    assert [labels(one) for one in paused.gauge.data_points] == [(("process", "1"), ("queue", "default"))]
    assert paused.gauge.data_points[0].as_double == 1


def labels(point: object) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((one.key, one.value.string_value) for one in point.attributes))  # type: ignore[attr-defined]


async def test_a_collector_that_is_away_is_told_about_once_and_misses_nothing(
    collector: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    sender = FigureSender(OtlpCollector(endpoint=collector.url, about={"host.name": "h"}), SystemClock())
    collector.status = 503
    for _ in range(3):
        await sender.send(families(), "1")
    collector.status = 200
    await sender.send(families(), "1")
    await sender.send(families(), "1")
    url = f"{collector.url}/v1/metrics"
    assert caplog.messages == [f"metrics cannot be sent to {url}: it answered 503", f"metrics are sent to {url} again"]
    assert len(collector.metrics()) == 2
    (resource,) = collector.metrics()[0]["resourceMetrics"]
    assert {"key": "service.instance.id", "value": {"stringValue": "h/1"}} in resource["resource"]["attributes"]


async def test_a_collector_that_is_not_there_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    with receiving() as gone:
        url = gone.url
    await FigureSender(OtlpCollector(endpoint=url), SystemClock()).send(families(), "1")
    assert caplog.messages == [f"metrics cannot be sent to {url}/v1/metrics: ConnectError"]
