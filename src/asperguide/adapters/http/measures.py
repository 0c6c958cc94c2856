"""Rate, errors and duration of requests per route, with names of which there are only so many."""

from collections.abc import Iterator
from time import perf_counter

from asperguide.adapters.http.access import Passage
from asperguide.adapters.measuring import Family, Histogram, gauge

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CLASSES = ("gone", "1xx", "2xx", "3xx", "4xx", "5xx")
"""`gone` are requests whose caller hung up before there was an answer."""


class RequestMeasures:
    """Every request is begun and ended once. Addresses that lead nowhere are one route, strange methods one method."""

    def __init__(self) -> None:
        self._in_flight = 0
        self._seconds = Histogram(
            "asperguide_http_request_seconds",
            "How long requests took, from the last header field that was read to the last byte that was handed over.",
            "method",
            "route",
            "status",
        )

    def begin(self) -> None:
        """A request is there."""
        self._in_flight += 1

    def end(self, passage: Passage) -> None:
        """Its answer has left, or never will."""
        self._in_flight -= 1
        self._seconds.observe(
            perf_counter() - passage.began,
            passage.method if passage.method in METHODS else "other",
            passage.template or "unknown",
            CLASSES[passage.status // 100],
        )

    def measure(self) -> Iterator[Family]:
        """The figures."""
        yield gauge("asperguide_http_requests_in_flight", "Requests without a whole answer yet.", self._in_flight)
        yield self._seconds.family()
