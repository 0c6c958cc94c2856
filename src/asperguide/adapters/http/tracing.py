"""The edge of a service that is traced: each request is a span, with what goes on meanwhile below it."""

from typing import Any

from litestar import Litestar

from asperguide.adapters.http.access import Passage
from asperguide.adapters.http.calls import TRACEPARENT, Call
from asperguide.adapters.http.edge import Edge
from asperguide.adapters.http.measures import METHODS, RequestMeasures
from asperguide.adapters.tracing import Span, Tracer, is_recorded

GONE = "client gone"


class TracedEdge(Edge):
    """An edge that tells of every request but those for health and metrics, by its route and never by its address."""

    def __init__(self, app: Litestar, *, tracer: Tracer, **rest: Any) -> None:
        super().__init__(app, **rest)
        self._measures = self._spans = RequestSpans(tracer)

    def learn_routes(self) -> None:
        """Also which of them nobody wants to be told about."""
        super().learn_routes()
        self._untold = {
            route.path
            for route in self.app.routes
            if any(self._plans[handler].exempt for handler in getattr(route, "route_handlers", ()))
        }

    def _traceparent(self, call: Call, passage: Passage) -> str:
        if passage.path in self._untold:
            return super()._traceparent(call, passage)
        return self._spans.begin_span(call, passage)


class RequestSpans(RequestMeasures):
    """Measures that end a request's span with it."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()
        self._tracer = tracer
        self._open: dict[Passage, Span] = {}

    def begin_span(self, call: Call, passage: Passage) -> str:
        """The traceparent of a new span: a part of the caller's trace when it names one, else of a new one."""
        given = call.headers.get(b"traceparent", b"")
        parent = given.decode("ascii") if TRACEPARENT.fullmatch(given) else None
        attributes = {"http.request.method": _method(passage), "asperguide.request_id": call.request_id}
        span = self._tracer.begin(_method(passage), "server", parent, attributes)
        if is_recorded(span.traceparent):
            self._open[passage] = span
        return span.traceparent

    def end(self, passage: Passage) -> None:
        """The request is over, and so is its span."""
        super().end(passage)
        if (span := self._open.pop(passage, None)) is None:
            return
        attributes: dict[str, str | int] = {}
        name, error = _method(passage), ""
        if passage.template:
            attributes["http.route"], name = passage.template, f"{name} {passage.template}"
        if passage.status:
            attributes["http.response.status_code"] = passage.status
        if not passage.status or passage.status >= 500:
            error = str(passage.status or GONE)
        span.end(name=name, attributes=attributes, error=error)


def _method(passage: Passage) -> str:
    """What a stranger calls a method may be anything."""
    return passage.method if passage.method in METHODS else "_OTHER"
