"""Metrics over HTTP: every request is counted under a name of ours, and strangers read nothing."""

import asyncio
from typing import Any

import httpx
import pytest

from asperguide.adapters.http.metrics import Metrics, MetricsPage
from tests.figures import figure
from tests.http.sample import SIGNED_IN, THING, World, raw
from tests.servers import eventually

REQUESTS = "asperguide_http_request_seconds_count"
TOKEN = "b3Jn4wq0Zk7fXyT1uLhPc9sVd2mGeRa8"


def routes(world: World) -> set[str]:
    """Every name of a route that there is."""
    return {
        sample.labels["route"]
        for family in world.app.measure()
        for sample in family.samples
        if "route" in sample.labels
    }


async def test_requests_are_counted_by_method_template_and_class_of_status() -> None:
    world = World()
    async with world.client(headers=SIGNED_IN) as client:
        for _ in range(3):
            await client.get(f"/things/{THING}")
        await client.head("/things/")
        await client.options("/things")
    async with world.client() as stranger:
        await stranger.get(f"/things/{THING}")
        await stranger.post("/open", content=b"{", headers={"content-type": "application/json"})
    assert figure(world.app, REQUESTS, method="GET", route="/things/{id}", status="2xx") == 3
    assert figure(world.app, REQUESTS, method="GET", route="/things/{id}", status="4xx") == 1
    assert figure(world.app, REQUESTS, method="HEAD", route="/things", status="2xx") == 1
    assert figure(world.app, REQUESTS, method="OPTIONS", route="/things", status="2xx") == 1
    assert figure(world.app, REQUESTS, method="POST", route="/open", status="4xx") == 1
    assert figure(world.app, REQUESTS) == 7
    assert figure(world.app, "asperguide_http_requests_in_flight") == 0


async def test_strangers_cannot_make_names_up() -> None:
    world = World()
    async with world.client() as client:
        for number in range(30):
            await client.request(f"M{number}", f"/nowhere/{number}")
            await client.request(f"M{number}", "/who")
    assert routes(world) == {"unknown"}
    assert figure(world.app, REQUESTS, method="other", route="unknown", status="4xx") == 60


@pytest.mark.expects_error_log
async def test_a_defect_is_a_5xx_and_a_caller_who_hung_up_is_gone() -> None:
    world = World()
    async with world.client() as client:
        await client.get("/boom")
    headers = [(b"content-type", b"application/json"), (b"content-length", b"9")]
    await raw(world.app, path="/open", method="POST", headers=headers, body=[])
    assert figure(world.app, REQUESTS, route="/boom", status="5xx") == 1
    assert figure(world.app, REQUESTS, route="/open", status="gone") == 1


async def test_what_runs_is_in_flight_and_what_took_long_is_in_a_high_bucket() -> None:
    world = World()
    slow = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await slow.wait()
        return {"type": "http.disconnect"}

    async def send(_: object) -> None:
        """Nobody listens."""

    scope = {"type": "http", "method": "POST", "path": "/open", "query_string": b"", "scheme": "http"}
    scope |= {"headers": [(b"content-type", b"application/json"), (b"content-length", b"9")], "http_version": "1.1"}
    scope |= {"client": ("192.0.2.1", 1), "server": ("api.example", 80)}
    request = asyncio.create_task(world.app(scope, receive, send))
    await eventually(lambda: figure(world.app, "asperguide_http_requests_in_flight") == 1)
    await asyncio.sleep(0.02)
    slow.set()
    await request
    assert figure(world.app, "asperguide_http_request_seconds_bucket", le="0.01") == 0
    assert figure(world.app, "asperguide_http_request_seconds_bucket", le="+Inf") == 1


async def test_refusals_of_rate_limits_are_counted_by_budget() -> None:
    world = World()
    async with world.client() as client:
        for _ in range(5):
            await client.post("/sign-in")
    assert figure(world.app, "asperguide_rate_limit_refusals_total", budget="credentials") == 2
    assert figure(world.app, REQUESTS, route="/sign-in", status="4xx") == 2


def metrics_of(world_options: dict[str, Any], token: str = "") -> World:
    """The sample with metrics."""

    async def text(accept: str) -> tuple[bytes, str]:
        return b"a_metric 1\n", f"text/plain; asked={accept.partition('/')[0]}"

    metrics = Metrics(text=text, token=token)
    return World(more_routes=[MetricsPage], use_cases={"metrics": lambda: metrics}, **world_options)


async def read(world: World, **headers: str) -> httpx.Response:
    async with world.client() as client:
        return await client.get("/metrics", headers=headers)


async def test_this_machine_may_read_without_a_token_as_often_as_it_likes() -> None:
    world = metrics_of({"peer": "127.0.0.1"})
    answers = [await read(world, accept="text/plain") for _ in range(100)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].text == "a_metric 1\n"
    assert answers[0].headers["content-type"] == "text/plain; asked=text"
    assert answers[0].headers["cache-control"] == "no-store"
    assert (await read(metrics_of({"peer": "::ffff:127.0.0.1"}))).status_code == 200


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("192.0.2.1", {}),
        ("10.0.0.1", {}),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}),
        ("127.0.0.1", {"via": "1.1 proxy"}),
    ],
)
async def test_nobody_else_may_and_no_proxy_for_anybody(peer: str, headers: dict[str, str]) -> None:
    answer = await read(metrics_of({"peer": peer}), **headers)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert answer.json()["code"] == "METRICS_ARE_LOCAL"


@pytest.mark.parametrize("authorization", ["", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}"])
@pytest.mark.parametrize("peer", ["192.0.2.1", "127.0.0.1"])
async def test_with_a_token_only_the_token_opens_them(peer: str, authorization: str) -> None:
    world = metrics_of({"peer": peer}, TOKEN)
    refused = await read(world, **({"authorization": authorization} if authorization else {}))
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert (await read(world, authorization=f"Bearer {TOKEN}")).status_code == 200


async def test_a_token_of_a_user_opens_nothing() -> None:
    assert (await read(metrics_of({}, TOKEN), **SIGNED_IN)).status_code == 401
