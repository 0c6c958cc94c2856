"""Who may call what: every route of the table, as a stranger, as a user and as an administrator."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from asperguide.adapters.http.routes import Declared, declared_by
from asperguide.container import Container
from asperguide.server import build
from asperguide.settings import Settings
from tests.http.bad_input.house import SECRET, URL, House, Person, problem_of

EXAMPLES = defaultdict(lambda: "x", id="01900000-0000-7000-8000-000000000000", role="moderator")


def table() -> Iterator[tuple[str, str, Declared]]:
    """Method, path and declaration of every route."""
    app = build(Container(settings=Settings(oauth_secret_key=SECRET))).app
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                    yield method, route.path_format, declared_by(handler)


ROUTES = sorted(table(), key=lambda found: found[:2])
CLOSED = [(method, path) for method, path, declared in ROUTES if not declared.public]
OPEN = [(method, path) for method, path, declared in ROUTES if declared.public]
ADMIN = [(method, path) for method, path in CLOSED if path.startswith("/api/v1/admin")]
MINE = [found for found in CLOSED if found not in ADMIN]


def test_nothing_of_the_api_is_open_by_mistake() -> None:
    assert {path for _, path in OPEN if path.startswith("/api/v1")} == {
        "/api/v1/users",
        "/api/v1/users/email-verification",
        "/api/v1/users/email-verification/resend",
        "/api/v1/users/username-available",
        "/api/v1/users/me/reopen",
        "/api/v1/password/forgot",
        "/api/v1/password/reset",
        "/api/v1/sessions",
        "/api/v1/sessions/refresh",
        "/api/v1/oauth/token",
        "/api/v1/oauth/revoke",
    }
    assert len(ADMIN) == 17


async def call(house: House, method: str, path: str, who: Person | None) -> httpx.Response:
    """One well-formed request, with the body that the OpenAPI document gives as an example."""
    document = (await house.api.get(f"{URL}/openapi.json")).json()
    request: dict[str, Any] = {"headers": who.headers if who else {}}
    operation = document["paths"].get(path, {}).get(method.lower(), {})
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        form = kind.endswith("urlencoded")
        request |= {"data": content["example"]} if form else {"content": json.dumps(content["example"])}
        request["headers"] = {**request["headers"], "content-type": kind}
    query = {"/api/v1/users": {"search": "siobhan"}, "/api/v1/users/username-available": {"username": "siobhan"}}
    params = query.get(path) if method == "GET" else None
    return await house.api.request(method, f"{URL}{path.format_map(EXAMPLES)}", params=params, **request)


@pytest.mark.parametrize(("method", "path"), CLOSED)
async def test_a_stranger_is_told_to_sign_in(house: House, method: str, path: str) -> None:
    answer = await call(house, method, path, None)
    assert (answer.status_code, problem_of(answer)["code"]) == (401, "TOKEN_NEEDED")


@pytest.mark.parametrize(("method", "path"), ADMIN)
async def test_only_an_administrator_who_acts_as_one_gets_through(house: House, method: str, path: str) -> None:
    admin, other = await house.admin(), await house.person()
    answer = await call(house, method, path, other)
    assert (answer.status_code, problem_of(answer)["code"]) == (403, "ROLE_NEEDED")
    me = await house.expect(200, "GET", "/users/me", headers=other.headers)
    token = await house.expect(201, "POST", f"/admin/users/{me['id']}/impersonate", headers=admin.headers)
    acting = Person(email=other.email, username=other.username, tokens=token)
    answer = await call(house, method, path, acting)
    assert (answer.status_code, problem_of(answer)["code"]) == (403, "NOT_WHILE_IMPERSONATING")
    answer = await call(house, method, path, admin)
    assert answer.status_code == (404 if "{id}" in path else 200), answer.text


@pytest.mark.parametrize(("method", "path"), MINE)
async def test_everybody_gets_through_to_what_is_theirs(house: House, method: str, path: str) -> None:
    for who in (await house.person(), await house.admin()):
        answer = await call(house, method, path, who)
        if answer.status_code == 403:
            assert problem_of(answer)["code"] == "PASSWORD_WRONG"  # the example's
        else:
            assert answer.status_code < 300 or answer.status_code in (404, 409), answer.text


@pytest.mark.parametrize(("method", "path"), OPEN)
async def test_an_open_route_asks_nobody_who_they_are(house: House, method: str, path: str) -> None:
    answer = await call(house, method, path, None)
    if path == "/metrics":
        assert problem_of(answer)["code"] == "METRICS_ARE_LOCAL"  # not for people, whoever they are
    elif answer.status_code == 401:
        assert problem_of(answer)["code"] in ("SIGN_IN_REFUSED", "REFRESH_TOKEN_REFUSED")
    else:
        assert answer.status_code not in (403, 405, 500), answer.text
