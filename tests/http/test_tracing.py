"""Requests as spans: by their route, for every answer, and not at all for health and metrics."""

from functools import partial
from typing import Any

import pytest

from asperguide.adapters.http.tracing import TracedEdge
from asperguide.adapters.opentelemetry.tracer import OpenTelemetryTracer
from tests.collecting import Receiver, Told
from tests.http.sample import SIGNED_IN, THING, World, raw

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def world(tracer: OpenTelemetryTracer) -> World:
    return World(edge=partial(TracedEdge, tracer=tracer))


def sent(tracer: OpenTelemetryTracer, collector: Receiver) -> list[Told]:
    tracer.close()
    return collector.spans()


async def test_a_request_is_a_span_named_by_its_route(
    world: World, tracer: OpenTelemetryTracer, collector: Receiver
) -> None:
    async with world.client(headers={**SIGNED_IN, "x-request-id": "r-1"}) as client:
        answer = await client.get(f"/things/{THING}?canary=1")
    (span,) = sent(tracer, collector)
    assert (span.name, span.kind, span.parent, span.failed) == ("GET /things/{id}", 2, "", False)
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "/things/{id}",
        "http.response.status_code": 200,
        "asperguide.request_id": "r-1",
    }
    assert answer.headers["traceparent"] == f"00-{span.trace}-{span.id}-{answer.headers['traceparent'][-2:]}"
    assert str(THING) not in collector.text_of()


async def test_a_request_is_part_of_the_trace_of_its_caller_unless_that_is_malformed(
    world: World, tracer: OpenTelemetryTracer, collector: Receiver
) -> None:
    async with world.client() as client:
        continued = await client.get("/who", headers={"traceparent": PARENT})
        begun = await client.get("/who", headers={"traceparent": PARENT.replace("-01", "-0x")})
        unrecorded = await client.get("/who", headers={"traceparent": PARENT[:-2] + "00"})
    first, second = sent(tracer, collector)
    assert (first.trace, first.parent, first.id) == (
        PARENT[3:35],
        PARENT[36:52],
        continued.headers["traceparent"][36:52],
    )
    assert (second.trace, second.parent) == (begun.headers["traceparent"][3:35], "")
    assert unrecorded.headers["traceparent"].startswith(PARENT[:35])
    assert unrecorded.headers["traceparent"].endswith("-00")


async def test_health_and_metrics_are_not_told_of(
    world: World, tracer: OpenTelemetryTracer, collector: Receiver
) -> None:
    async with world.client(headers={"traceparent": PARENT}) as client:
        answer = await client.get("/exempt")
    assert answer.headers["traceparent"].startswith(PARENT[:35])
    assert sent(tracer, collector) == []


@pytest.mark.expects_error_log
@pytest.mark.parametrize(
    ("request_", "name", "status", "error"),
    [
        ({"path": "/nowhere/canary"}, "GET", 404, ""),
        ({"path": "/who", "method": "CANARY"}, "_OTHER", 405, ""),
        ({"path": "/things"}, "GET /things", 401, ""),
        ({"path": "/boom"}, "GET /boom", 500, "500"),
    ],
)
async def test_every_answer_ends_its_span(
    world: World,
    tracer: OpenTelemetryTracer,
    collector: Receiver,
    request_: dict[str, Any],
    name: str,
    status: int,
    error: str,
) -> None:
    found, _, _ = await raw(world.app, **request_)
    assert found == status
    (span,) = sent(tracer, collector)
    assert (span.name, span.attributes["http.response.status_code"]) == (name, status)
    assert span.attributes.get("error.type", "") == error
    assert span.failed == bool(error)
    assert "canary" not in collector.text_of().lower()
