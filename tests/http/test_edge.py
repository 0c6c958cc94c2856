"""The edge: who may pass, what every answer carries, and that nothing hostile gets further than a 4xx."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from asperguide.adapters.http.addresses import client_address, subscriber
from asperguide.adapters.http.calls import current_call
from asperguide.adapters.http.routes import declared_by
from tests.http.sample import ANN, KINDS, SIGNED_IN, THING, World, raw

EVERY_ANSWER = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "vary": "Origin",
}
PUBLIC = {"/who", "/open", "/sign-in", "/form", "/large", "/old", "/query", "/exempt", "/boom"}
TRACE = "0af7651916cd43dd8448eb211c80319c"


def problem(answer: httpx.Response, status: int, code: int) -> dict[str, Any]:
    """The problem in an answer of this status and internal code."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["internal_code"]) == (status, code)
    return body


async def test_a_signed_in_person_reaches_a_closed_route() -> None:
    async with World().client(headers=SIGNED_IN) as client:
        answer = await client.get(f"/things/{THING}")
    assert (answer.status_code, answer.json()["title"]) == (200, "Tour")
    assert answer.headers["cache-control"] == "no-store"


async def test_every_answer_carries_the_security_fields_whatever_it_is() -> None:
    world = World()
    async with world.client() as client:
        answers = [
            await client.get("/who"),
            await client.get("/nowhere"),
            await client.post("/who"),
            await client.get("/things"),
            await client.options("/things"),
            await client.post("/open", content=b"{", headers={"content-type": "application/json"}),
        ]
    assert [answer.status_code for answer in answers] == [200, 404, 405, 401, 204, 400]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in EVERY_ANSWER} == EVERY_ANSWER
        assert "server" not in answer.headers
        assert "x-xss-protection" not in answer.headers
        assert answer.headers["x-request-id"]


async def test_hsts_is_for_https_only() -> None:
    async with World(rules={"public_url": "http://127.0.0.1:5000"}).client() as client:
        assert "strict-transport-security" not in (await client.get("/who")).headers


def test_every_route_is_closed_unless_it_says_public() -> None:
    routes = [route for route in World().app.app.routes if isinstance(route, HTTPRoute)]
    open_to_all = {
        route.path
        for route in routes
        for handler in route.route_handlers
        if "OPTIONS" not in handler.http_methods and declared_by(handler).public
    }
    assert open_to_all == PUBLIC


async def test_strangers_get_401_from_every_route_that_is_not_public() -> None:
    world = World()
    world.rules["anonymous"] = None
    closed = 0
    for route in world.app.app.routes:
        if not isinstance(route, HTTPRoute) or route.path in PUBLIC:
            continue
        for method in route.methods - {"OPTIONS"}:
            path = route.path_format.replace("{id}", str(THING))
            status, headers, body = await raw(world.app, method=method, path=path)
            assert (status, json.loads(body)["internal_code"]) == (401, 40101), (method, path)
            assert headers[b"www-authenticate"] == b"Bearer"
            closed += 1
    assert closed == 7


async def test_a_refused_token_says_so_as_rfc_6750_wants() -> None:
    async with World().client(headers={"authorization": "Bearer garbage"}) as client:
        answer = await client.get("/forgotten")
    problem(answer, 401, 49901)
    challenge = 'Bearer error="invalid_token", error_description="The access token is \'no\' good."'
    assert answer.headers["www-authenticate"] == challenge


async def test_a_public_route_ignores_a_bad_token_and_a_dead_database() -> None:
    world = World()
    async with world.client(headers={"authorization": "Bearer garbage"}) as client:
        assert (await client.get("/who")).json()["user"] is None
        world.database_is_down = True
        assert (await client.get("/who")).json()["user"] is None


async def test_a_closed_route_says_when_nobody_can_check_the_token() -> None:
    world = World(database_is_down=True)
    async with world.client(headers={"authorization": "Bearer cold"}) as client:
        answer = await client.get("/forgotten")
    problem(answer, 503, 50301)
    assert answer.headers["retry-after"] == "5"


async def test_a_token_unknown_to_the_near_cache_is_looked_up() -> None:
    async with World(slow_tokens={"cold": ANN}).client(headers={"authorization": "bearer cold"}) as client:
        assert (await client.get("/who")).json()["user"] == str(ANN.user)


@pytest.mark.parametrize("value", ["Basic YW5u", "Bearer", "Bearer ", "Bearer " + "x" * 5000, "ann", "Bearer änn"])
async def test_another_scheme_is_no_token(value: str) -> None:
    async with World().client(headers={"authorization": value.encode("latin-1")}) as client:  # type: ignore[dict-item]
        answer = await client.get("/forgotten")
    problem(answer, 401, 40101)
    assert answer.headers["www-authenticate"] == "Bearer"


COOKIE = {"cookie": "theme=dark; __Host-access=ann"}


class TestCookies:
    async def test_the_access_cookie_signs_in(self) -> None:
        async with World().client(headers=COOKIE) as client:
            assert (await client.get(f"/things/{THING}")).status_code == 200

    @pytest.mark.parametrize(
        "proof",
        [
            {"sec-fetch-site": "same-origin"},
            {"origin": "https://api.example"},
            {"origin": "https://app.example"},
            {"x-csrf-token": f"csrf-{ANN.user}"},
        ],
    )
    async def test_a_change_needs_one_proof_of_origin(self, proof: dict[str, str]) -> None:
        world = World(rules={"cors_origins": ("https://app.example",)})
        async with world.client(headers={**COOKIE, **proof}) as client:
            assert (await client.delete(f"/things/{THING}")).status_code == 204

    @pytest.mark.parametrize(
        "proof",
        [
            {},
            {"sec-fetch-site": "same-site"},
            {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": "https://api.example.evil.example"},
            {"x-csrf-token": "csrf-of-somebody-else"},
        ],
    )
    async def test_a_change_without_proof_is_refused(self, proof: dict[str, str]) -> None:
        async with World().client(headers={**COOKIE, **proof}) as client:
            problem(await client.delete(f"/things/{THING}"), 403, 40201)

    async def test_a_public_route_wants_the_proof_too_when_it_gets_the_refresh_cookie(self) -> None:
        async with World().client(headers={"cookie": "__Secure-refresh=x"}) as client:
            problem(await client.post("/sign-in"), 403, 40201)

    async def test_a_bearer_token_needs_no_proof_even_beside_a_cookie(self) -> None:
        async with World().client(headers={**COOKIE, **SIGNED_IN}) as client:
            assert (await client.delete(f"/things/{THING}")).status_code == 204

    async def test_cookies_of_others_prove_and_need_nothing(self) -> None:
        async with World().client(headers={"cookie": "a=b; access=ann"}) as client:
            assert (await client.post("/sign-in")).status_code == 200


class TestLimits:
    async def test_anonymous_callers_share_a_budget_per_address(self) -> None:
        world = World(peer="2001:db8:1:2::1")
        async with world.client() as client:
            answers = [await client.get("/who") for _ in range(61)]
        assert answers[0].headers["ratelimit"] == '"default";r=59;t=60'
        assert answers[0].headers["ratelimit-policy"] == '"default";q=60;w=60'
        assert [answer.status_code for answer in answers] == [200] * 60 + [429]
        problem(answers[-1], 429, 42900)
        assert answers[-1].headers["retry-after"] == "60"
        assert answers[-1].headers["ratelimit"] == '"default";r=0;t=60'
        world.peer = "2001:db8:1:2:ffff::9"
        async with world.client() as client:
            assert (await client.get("/who")).status_code == 429
        world.peer = "2001:db8:1:3::1"
        async with world.client() as client:
            assert (await client.get("/who")).status_code == 200
        world.clock.advance(timedelta(seconds=60))
        world.peer = "2001:db8:1:2::1"
        async with world.client() as client:
            assert (await client.get("/who")).status_code == 200

    async def test_a_signed_in_person_has_a_budget_of_their_own_wherever_they_are(self) -> None:
        world = World(rules={"user": World().app._gate._rules.anonymous})
        async with world.client(headers=SIGNED_IN) as client:
            for _ in range(60):
                assert (await client.get("/who")).status_code == 200
            world.peer = "198.51.100.7"
            assert (await client.get("/who")).status_code == 429
        async with world.client() as client:
            assert (await client.get("/who")).status_code == 200

    async def test_unknown_addresses_and_bad_tokens_cost_too(self) -> None:
        async with World().client(headers={"authorization": "Bearer guess"}) as client:
            for _ in range(30):
                await client.get("/nowhere")
                await client.get("/forgotten")
            problem(await client.get("/forgotten"), 429, 42900)

    async def test_a_route_may_have_a_tighter_budget_which_shows_beside_the_general_one(self) -> None:
        async with World().client() as client:
            answers = [await client.post("/sign-in") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit"] == '"default";r=59;t=60, "credentials";r=2;t=60'
        assert answers[0].headers["ratelimit-policy"] == '"default";q=60;w=60, "credentials";q=3;w=60'

    async def test_exempt_routes_are_never_counted(self) -> None:
        async with World().client() as client:
            answers = [await client.get("/exempt") for _ in range(70)]
        assert {answer.status_code for answer in answers} == {200}
        assert "ratelimit" not in answers[0].headers


class TestAddresses:
    def test_without_trusted_proxies_nothing_forwarded_counts(self) -> None:
        assert client_address(())("192.0.2.1", [b"1.2.3.4"]) == "192.0.2.1"

    @pytest.mark.parametrize(
        ("peer", "forwarded", "found"),
        [
            ("10.0.0.1", [b"1.2.3.4"], "1.2.3.4"),
            ("10.0.0.1", [b"6.6.6.6, 1.2.3.4, 10.0.0.2"], "1.2.3.4"),
            ("10.0.0.1", [b"6.6.6.6", b"1.2.3.4"], "1.2.3.4"),
            ("10.0.0.1", [b"1.2.3.4:5678"], "1.2.3.4"),
            ("10.0.0.1", [b"[2001:db8::1]:80"], "2001:db8::1"),
            ("10.0.0.1", [b"1.2.3.4, garbage"], "10.0.0.1"),
            ("10.0.0.1", [b""], "10.0.0.1"),
            ("10.0.0.1", [], "10.0.0.1"),
            ("10.0.0.1", [b"10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("::ffff:10.0.0.1", [b"1.2.3.4"], "1.2.3.4"),
            ("192.0.2.1", [b"1.2.3.4"], "192.0.2.1"),
            ("", [b"1.2.3.4"], ""),
        ],
    )
    def test_the_client_is_the_right_most_hop_that_nobody_trusts(
        self, peer: str, forwarded: list[bytes], found: str
    ) -> None:
        assert client_address(("10.0.0.0/8", "fd00::/8"))(peer, forwarded) == found

    async def test_forged_fields_change_nothing(self) -> None:
        forged = {"x-forwarded-for": "1.2.3.4", "x-real-ip": "1.2.3.4", "forwarded": "for=1.2.3.4"}
        async with World().client(headers=forged) as client:
            assert (await client.get("/who")).json()["address"] == "192.0.2.1"

    async def test_a_trusted_proxy_is_believed(self) -> None:
        world = World(rules={"trusted_proxies": ("192.0.2.0/24",)})
        async with world.client(headers={"x-forwarded-for": "6.6.6.6, 203.0.113.9"}) as client:
            assert (await client.get("/who")).json()["address"] == "203.0.113.9"

    def test_subscribers_are_counted_by_ipv4_address_or_ipv6_network(self) -> None:
        assert subscriber("192.0.2.1") == subscriber("::ffff:192.0.2.1") == "address:192.0.2.1"
        assert subscriber("2001:db8::1") == "address:2001:db8::/64"
        assert subscriber("") == "address:"


class TestRequestIds:
    @pytest.mark.parametrize("value", ["a", "A-1_b.c", "x" * 128])
    async def test_a_sane_one_is_kept(self, value: str) -> None:
        async with World().client(headers={"x-request-id": value}) as client:
            assert (await client.get("/who")).headers["x-request-id"] == value

    @pytest.mark.parametrize("value", ["", "x" * 129, "a b", "a\tb", "ä", "<script>", "a;b"])
    async def test_any_other_is_replaced(self, value: str) -> None:
        _, headers, _ = await raw(World().app, headers=[(b"x-request-id", value.encode())])
        assert headers[b"x-request-id"] != value.encode()
        assert len(headers[b"x-request-id"]) == 36

    async def test_the_problem_names_it(self) -> None:
        async with World().client(headers={"x-request-id": "mine"}) as client:
            assert (await client.get("/nowhere")).json()["request_id"] == "mine"

    async def test_whatever_runs_inside_can_read_it(self) -> None:
        async with World().client(headers={"x-request-id": "mine"}) as client:
            await client.get("/who")
        found = current_call.get()
        assert found is not None
        assert found.request_id == "mine"

    async def test_a_trace_goes_on_under_a_span_of_ours(self) -> None:
        async with World().client(headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}) as client:
            version, trace, span, flags = (await client.get("/who")).headers["traceparent"].split("-")
        assert (version, trace, flags) == ("00", TRACE, "01")
        assert span != "b7ad6b7169203331"
        assert len(span) == 16

    @pytest.mark.parametrize(
        "value", ["", "garbage", f"00-{TRACE}-0000000000000000-01", f"ff-{TRACE}-b7ad6b7169203331-01", "00-" + "0" * 32]
    )
    async def test_a_malformed_trace_is_dropped(self, value: str) -> None:
        async with World().client(headers={"traceparent": value}) as client:
            assert "traceparent" not in (await client.get("/who")).headers


APP = {"origin": "https://app.example"}


class TestCors:
    async def test_an_admitted_origin_may_read_and_ask_first(self) -> None:
        async with World(rules={"cors_origins": ("https://app.example",)}).client(headers=APP) as client:
            answer = await client.get("/nowhere")
            preflight = await client.options("/things", headers={"access-control-request-method": "POST"})
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "RateLimit" in answer.headers["access-control-expose-headers"]
        assert preflight.status_code == 204
        assert "POST" in preflight.headers["access-control-allow-methods"]
        assert "Authorization" in preflight.headers["access-control-allow-headers"]
        assert answer.headers["vary"] == preflight.headers["vary"] == "Origin"

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://app.example.evil.example", ""])
    async def test_any_other_origin_gets_no_permission(self, origin: str) -> None:
        async with World(rules={"cors_origins": ("https://app.example",)}).client(headers={"origin": origin}) as client:
            answer = await client.get("/who")
            preflight = await client.options("/things", headers={"access-control-request-method": "POST"})
        assert not [name for name in (*answer.headers, *preflight.headers) if name.startswith("access-control")]
        assert answer.headers["vary"] == "Origin"


class TestMethods:
    async def test_head_is_get_without_a_body(self) -> None:
        async with World().client(headers=SIGNED_IN) as client:
            got, head = await client.get("/who"), await client.head("/who")
            missing = await client.head("/nowhere")
        assert head.status_code == 200
        assert head.headers["content-length"] == got.headers["content-length"]
        assert missing.status_code == 404
        for path in ("/who", "/nowhere"):
            _, headers, body = await raw(World().app, method="HEAD", path=path)
            assert (body, int(headers[b"content-length"]) > 0) == (b"", True)

    async def test_a_method_that_is_not_there_is_405_with_those_that_are(self) -> None:
        async with World().client() as client:
            answer = await client.put("/things")
        problem(answer, 405, 40003)
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"

    async def test_options_names_the_methods_to_anybody(self) -> None:
        async with World().client() as client:
            answer = await client.options(f"/things/{THING}")
        assert answer.status_code == 204
        assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"
        assert answer.content == b""

    async def test_options_of_the_server_itself_and_of_nothing(self) -> None:
        world = World()
        status, headers, _ = await raw(world.app, method="OPTIONS", path="*")
        assert (status, b"GET" in headers[b"allow"]) == (204, True)
        async with world.client() as client:
            problem(await client.options("/nowhere"), 404, 40401)

    @pytest.mark.parametrize("path", ["/who/", "//who", "/who//"])
    async def test_slashes_at_the_end_or_doubled_do_not_matter(self, path: str) -> None:
        status, _, _ = await raw(World().app, path=path)
        assert status == 200

    async def test_a_retired_route_says_since_and_until_when(self) -> None:
        async with World().client() as client:
            headers = (await client.get("/old")).headers
        assert headers["deprecation"] == "@1893456000"
        assert headers["sunset"] == "Thu, 01 Jan 2032 00:00:00 GMT"
        assert headers["link"] == '</things>; rel="successor-version"'


JSON = {"content-type": "application/json"}


class TestBodies:
    async def test_a_mebibyte_is_enough_unless_the_route_says_otherwise(self) -> None:
        text = json.dumps({"text": "x" * 2 * 1024 * 1024}).encode()
        async with World().client(headers=JSON) as client:
            refused = await client.post("/open", content=text)
            problem(refused, 413, 41301)
            assert refused.headers["connection"] == "close"
            assert (await client.post("/large", content=text)).json() == 2 * 1024 * 1024
            assert (
                await client.post("/open", content=b'{"a": "' + b"x" * (1024 * 1024 - 9) + b'"}')
            ).status_code == 200

    async def test_a_body_of_unknown_length_is_cut_off_too(self) -> None:
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            while sent < 64 * 1024 * 1024:
                sent += 65536
                yield b" " * 65536

        async with World().client(headers=JSON) as client:
            problem(await client.post("/open", content=endless()), 413, 41301)
        assert sent < 2 * 1024 * 1024

    async def test_somebody_who_hangs_up_gets_no_answer_and_is_no_error(self) -> None:
        status, _, _ = await raw(
            World().app,
            method="POST",
            path="/open",
            headers=[(b"content-type", b"application/json"), (b"content-length", b"9")],
            body=[],
        )
        assert status == 0

    async def test_a_stranger_is_refused_before_the_body_is_looked_at(self) -> None:
        async with World().client(headers=JSON) as client:
            problem(await client.post("/things", content=b"x" * 2_000_000), 401, 40101)


def header(name: str, value: bytes) -> dict[str, Any]:
    return {"headers": [(name.encode(), value)]}


HOSTILE: dict[str, tuple[dict[str, Any], int]] = {
    "too many fields": ({"headers": [(b"x-%d" % n, b"1") for n in range(101)]}, 431),
    "one huge field": (header("x-big", b"x" * 40_000), 431),
    "many large fields of one name": ({"headers": [(b"x-a", b"x" * 9_000)] * 5}, 431),
    "huge address": ({"path": "/" + "a" * 9_000}, 414),
    "huge query": ({"query_string": b"a=" + b"b" * 9_000}, 414),
    "host with spaces": (header("host", b"evil host"), 400),
    "host with brackets and script": (header("host", b"<script>"), 400),
    "host with a path": (header("host", b"a/../b"), 400),
    "two hosts": ({"headers": [(b"host", b"a"), (b"host", b"b")]}, 400),
    "two authorizations": ({"headers": [(b"authorization", b"Bearer ann"), (b"authorization", b"Bearer bob")]}, 400),
    "two lengths": (
        {"headers": [(b"content-length", b"1"), (b"content-length", b"2")], "method": "POST", "path": "/open"},
        400,
    ),
    "negative length": ({**header("content-length", b"-1"), "method": "POST", "path": "/open"}, 400),
    "absurd length": ({**header("content-length", b"9" * 30), "method": "POST", "path": "/open"}, 413),
    "length in letters": ({**header("content-length", b"ten"), "method": "POST", "path": "/open"}, 400),
    "host of half an IPv6 address": ({**header("host", b"[::1"), "path": "/query"}, 400),
    "host with an absurd port": ({**header("host", b"a:99999"), "path": "/query"}, 400),
    "host of colons": ({**header("host", b":::"), "path": "/query"}, 400),
    "climbing path": ({"path": "/../../etc/passwd"}, 404),
    "encoded climbing path": ({"path": "/things/..%2f..%2fetc"}, 404),
    "NUL in the path": ({"path": "/who\x00"}, 404),
    "newline in the path": ({"path": "/who\r\nx: y"}, 404),
    "broken text in the path": ({"path": "/\udcff\udcfe"}, 404),
    "id that is none": ({"path": "/things/1"}, 404),
    "id with SQL": ({"path": "/things/x' OR id='2"}, 404),
    "id of letters in other scripts": ({"path": "/things/٣٣٣"}, 404),
    "unknown method": ({"method": "BREW"}, 405),
    "trace": ({"method": "TRACE"}, 405),
    "empty method": ({"method": ""}, 400),
    "token with SQL": ({**header("authorization", b"Bearer x' OR id='2"), "path": "/forgotten"}, 401),
    "token of bytes": ({**header("authorization", b"Bearer \xff\xfe\x00"), "path": "/forgotten"}, 401),
    "cookie of bytes": ({**header("cookie", b"__Host-access=\xff\xfe"), "path": "/forgotten"}, 401),
    "cookie without end": ({**header("cookie", b"__Host-access"), "path": "/forgotten"}, 401),
    "query that is no number": ({"path": "/query", "query_string": b"number=%00"}, 422),
    "query that is too large a number": ({"path": "/query", "query_string": b"number=" + b"9" * 5000}, 422),
    "query without its parameter": ({"path": "/query"}, 422),
    "query of broken text": ({"path": "/query", "query_string": b"number=%ff%fe"}, 422),
    "query of bytes": ({"path": "/query", "query_string": b"\xff\xfe=\x00"}, 400),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_fields_and_addresses_are_refused_with_a_problem(name: str) -> None:
    request, expected = HOSTILE[name]
    status, headers, body = await raw(World().app, **request)
    assert (status, headers[b"content-type"]) == (expected, b"application/problem+json")
    assert json.loads(body)["status"] == expected


@pytest.mark.parametrize(("error", "status"), KINDS, ids=lambda value: type(value).__name__)
async def test_what_a_use_case_raises_becomes_a_problem(error: Exception, status: int) -> None:
    world = World()
    world.store.error = error
    async with world.client(headers=SIGNED_IN) as client:
        answer = await client.put(f"/things/{THING}")
    problem(answer, status, error.internal_code)  # type: ignore[attr-defined]
    assert answer.headers.get("retry-after") == {429: "7", 503: "5"}.get(status)


async def test_websockets_are_refused() -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await World().app({"type": "websocket", "path": "/who", "headers": []}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
