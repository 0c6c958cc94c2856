"""What adapters count while they work, and how they tell it when somebody asks.

Counting is a lookup and an addition; nothing is formatted, sent or locked before somebody wants the figures. Names,
kinds and suffixes are those of the OpenMetrics format; times are in seconds.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Literal, Protocol, runtime_checkable

import msgspec

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of buckets for what people wait for."""


class Sample(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One figure: the name is that of its family and `suffix`."""

    suffix: str
    labels: Mapping[str, str]
    value: float


class Family(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All figures of one name."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: Sequence[Sample]


@runtime_checkable
class Measured(Protocol):
    """Something that has counted what it did."""

    def measure(self) -> Iterable[Family]:
        """Its figures at this moment, each family whole. Waits for nothing and never raises."""
        ...


class Monitor(Measured):
    """Everything in a process that counts."""

    def __init__(self) -> None:
        self._sources: list[Measured] = []

    def watch(self, source: Measured) -> None:
        """Ask this one too from now on."""
        self._sources.append(source)

    def measure(self) -> list[Family]:
        """All figures; a name may come from several sources, told apart by labels."""
        return [family for source in self._sources for family in source.measure()]


def gauge(name: str, help: str, value: float | None = None, /, **labels: str) -> Family:
    """A family of one figure that goes up and down; of none when there is no value."""
    return Family(name, "gauge", help, () if value is None else (Sample("", labels, value),))


def gauges(name: str, help: str, label: str, values: Mapping[str, float]) -> Family:
    """A family with one figure for each value of the label."""
    return Family(name, "gauge", help, [Sample("", {label: key}, value) for key, value in values.items()])


def counter(name: str, help: str, value: float, /, **labels: str) -> Family:
    """A family of one figure that only grows."""
    return Family(name, "counter", help, (Sample("_total", labels, value),))


class Counter:
    """How often something happened, by the values of its labels. To be used by one thread."""

    def __init__(self, name: str, help: str, *labels: str) -> None:
        self._name, self._help, self._labels = name, help, labels
        self._counts: dict[tuple[str, ...], int] = {}

    def add(self, *values: str) -> None:
        """It happened once more."""
        self._counts[values] = self._counts.get(values, 0) + 1

    def family(self) -> Family:
        """All counts; without labels there is one from the start."""
        counts = self._counts if self._labels else {(): self._counts.get((), 0)}
        samples = [
            Sample("_total", dict(zip(self._labels, values, strict=True)), count) for values, count in counts.items()
        ]
        return Family(self._name, "counter", self._help, samples)


class Histogram:
    """How long something took, by the values of its labels. To be used by one thread."""

    def __init__(self, name: str, help: str, *labels: str, bounds: Sequence[float] = SECONDS) -> None:
        self._name, self._help, self._labels, self._bounds = name, help, labels, bounds
        # For each combination of labels the number of values in each bucket, and the sum of all values at the end.
        self._series: dict[tuple[str, ...], list[float]] = {}

    def observe(self, seconds: float, *values: str) -> None:
        """It took so long once."""
        series = self._series.get(values)
        if series is None:
            series = self._series[values] = [0.0] * (len(self._bounds) + 2)
        series[bisect_left(self._bounds, seconds)] += 1
        series[-1] += seconds

    def family(self) -> Family:
        """Buckets as OpenMetrics counts them: each holds all that took at most so long."""
        ends = [*map(str, self._bounds), "+Inf"]
        samples = list[Sample]()
        # A copy: telling makes objects, and whoever watches the collector of garbage counts in the middle of that.
        for values, series in self._series.copy().items():
            labels = dict(zip(self._labels, values, strict=True))
            below = list(accumulate(series[:-1]))
            samples += [Sample("_bucket", {**labels, "le": end}, count) for end, count in zip(ends, below, strict=True)]
            samples += Sample("_count", labels, below[-1]), Sample("_sum", labels, series[-1])
        return Family(self._name, "histogram", self._help, samples)
