"""The figures that adapters count, sent to a collector as OTLP's JSON: no SDK is needed for what is counted already.

Counters and histograms are cumulative, so that what a collector missed is in what it gets next, and nothing is kept
for it meanwhile.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from asperguide.adapters.measuring import Family, Sample
from asperguide.adapters.opentelemetry.collector import PATIENCE_SECONDS, SCOPE, OtlpCollector
from asperguide.shared.ports import Clock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CUMULATIVE = 2
UNITS = {"seconds": "s", "bytes": "By"}
"""By the ends of names. Others have none: Prometheus would call a gauge of unit 1 a ratio."""

log = logging.getLogger("asperguide.metrics")


class FigureSender:
    """Sends families to the collector, from a thread. One that does not take them is told about once."""

    def __init__(self, collector: OtlpCollector, clock: Clock) -> None:
        self._collector, self._clock = collector, clock
        self._began = clock.now()
        self._works = True

    async def send(self, families: Sequence[Family], process: str) -> None:
        """Send the figures of this process, which is `process` of its machine. Takes 5 s at most, and never raises."""
        problem = await asyncio.to_thread(self._post, families, process)
        if problem and self._works:
            log.warning("metrics cannot be sent to %s: %s", self._collector.url("metrics"), problem)
        elif not problem and not self._works:
            log.warning("metrics are sent to %s again", self._collector.url("metrics"))
        self._works = not problem

    def _post(self, families: Sequence[Family], process: str) -> str:
        """What went wrong, if anything did."""
        about = self._collector.about
        instance = {"service.instance.id": f"{about.get('host.name', '')}/{process}"}
        body = as_otlp(families, {**about, **instance}, {"process": process}, self._began, self._clock.now())
        headers = {"Content-Type": "application/json", **self._collector.headers}
        url = self._collector.url("metrics")
        try:
            status = httpx.post(url, content=body, headers=headers, timeout=PATIENCE_SECONDS).status_code
        except httpx.HTTPError as error:
            return type(error).__name__
        return f"it answered {status}" if status >= 300 else ""


def as_otlp(
    families: Iterable[Family], about: Mapping[str, str], labels: Mapping[str, str], began: datetime, now: datetime
) -> bytes:
    """An ExportMetricsServiceRequest; every figure has these labels beside its own, and counts since `began`."""
    times = {"startTimeUnixNano": _nanoseconds(began), "timeUnixNano": _nanoseconds(now)}
    metrics = [_metric(family, labels, times) for family in families if family.samples]
    scope = {"scope": {"name": SCOPE}, "metrics": metrics}
    resource = {"attributes": _attributes(about)}
    return msgspec.json.encode({"resourceMetrics": [{"resource": resource, "scopeMetrics": [scope]}]})


def _metric(family: Family, labels: Mapping[str, str], times: Mapping[str, str]) -> dict[str, Any]:
    unit = UNITS.get(family.name.rpartition("_")[2], "")
    metric: dict[str, Any] = {"name": family.name, "description": family.help, "unit": unit}
    if family.kind == "histogram":
        points = [{**times, **point} for point in _distributions(family.samples, labels)]
        return {**metric, "histogram": {"dataPoints": points, "aggregationTemporality": CUMULATIVE}}
    points = [
        {**times, "asDouble": sample.value, "attributes": _attributes({**sample.labels, **labels})}
        for sample in family.samples
    ]
    if family.kind == "gauge":
        return {**metric, "gauge": {"dataPoints": points}}
    return {**metric, "sum": {"dataPoints": points, "aggregationTemporality": CUMULATIVE, "isMonotonic": True}}


def _distributions(samples: Sequence[Sample], labels: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """One point for each combination of labels: the buckets of its samples, each counted by itself."""
    bounds: list[float] = []
    below: list[float] = []
    for sample in samples:
        if sample.suffix == "_bucket":
            bounds.append(float(sample.labels["le"]))
            below.append(sample.value)
        elif sample.suffix == "_sum":
            yield {
                "count": str(int(below[-1])),
                "sum": sample.value,
                "bucketCounts": [str(int(n - before)) for before, n in zip([0, *below], below, strict=False)],
                "explicitBounds": bounds[:-1],
                "attributes": _attributes({**sample.labels, **labels}),
            }
            bounds, below = [], []


def _attributes(values: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]


def _nanoseconds(moment: datetime) -> str:
    return str((moment - EPOCH) // MICROSECOND * 1000)
