"""The text that Prometheus reads, made of the figures of several processes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from asperguide.adapters.measuring import Family
from asperguide.adapters.prometheus.neighbours import Neighbours

Shared = Callable[[], Awaitable[Iterable[Family]]]
"""Figures that are the same whichever process is asked, such as those of the ledger."""


class Exposition:
    """Everything there is to know: what each process of this machine counted, and what they share."""

    def __init__(self, neighbours: Neighbours, shared: Shared) -> None:
        self._neighbours, self._shared = neighbours, shared

    async def text(self, accept: str = "") -> tuple[bytes, str]:
        """The text and its media type: OpenMetrics for an Accept field that asks for it, else Prometheus' own.

        Figures of a process have the label `process`, a small number that its successor inherits.
        """
        shared, processes = await asyncio.gather(self._shared(), self._neighbours.measure())
        # Thousands of lines: in a thread, so that requests of this process are served meanwhile.
        return await asyncio.to_thread(_rendered, list(shared), processes, accept)


def _rendered(shared: Sequence[Family], processes: Mapping[str, Sequence[Family]], accept: str) -> tuple[bytes, str]:
    from prometheus_client.exposition import choose_encoder

    encode, media_type = choose_encoder(accept)
    return encode(_Collected(shared, processes)), media_type


class _Collected:
    """What the library calls a registry."""

    def __init__(self, shared: Sequence[Family], processes: Mapping[str, Sequence[Family]]) -> None:
        self._shared, self._processes = shared, processes

    def collect(self) -> Iterator[Any]:
        """Each family once, with the samples of all processes."""
        from prometheus_client import Metric

        found: dict[str, Metric] = {}

        def add(family: Family, extra: Mapping[str, str]) -> None:
            metric = found.get(family.name)
            if metric is None:
                metric = found[family.name] = Metric(family.name, family.help, family.kind)
            for sample in family.samples:
                metric.add_sample(family.name + sample.suffix, {**sample.labels, **extra}, sample.value)

        for family in self._shared:
            add(family, {})
        for process, families in self._processes.items():
            for family in families:
                add(family, {"process": process})
        yield from found.values()
