"""Who may call what: every route of the table, as a stranger, as a user and as an administrator."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from asperguide.adapters.http.routes import Declared, declared_by
from asperguide.container import Container
from asperguide.server import build
from asperguide.settings import Settings
from tests.http.bad_input.house import SECRET, URL, House, Person, problem_of

ABSENT = "01900000-0000-7000-8000-000000000000"
IDS = dict.fromkeys(
    (
        "id",
        "link",
        "recipient",
        "file",
        "countdown",
        "user",
        "invitation",
        "client",
        "content",
        "video",
        "window",
        "export",
    ),
    ABSENT,
)
EXAMPLES = defaultdict(lambda: "x", role="moderator", name="default", height="360", **IDS)
NEEDED = {
    "If-Match": '"1"',
    "search": "siobhan", "username": "siobhan", "name": "guide.pdf", "key": "files/a", "month": "2026-05",
    "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Upload-Length": "100",
}  # fmt: skip
"""What parameters get that a route cannot be called without."""


def table() -> Iterator[tuple[str, str, Declared]]:
    """Method, path and declaration of every route."""
    app = build(Container(settings=Settings(oauth_secret_key=SECRET))).app
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                    yield method, route.path_format, declared_by(handler)


DOCUMENT = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text())
ROUTES = sorted(table(), key=lambda found: found[:2])
CLOSED = [(method, path) for method, path, declared in ROUTES if not (declared.public or declared.optional)]
SHARED = [(method, path) for method, path, declared in ROUTES if declared.optional]
OPEN = [(method, path) for method, path, declared in ROUTES if declared.public]
ADMIN = [(method, path) for method, path in CLOSED if path.startswith("/api/v1/admin")]
STREAMED = [(method, path) for method, path, declared in ROUTES if declared.streams]
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
        "/api/v1/exports/{token}",
        "/api/v1/links/{token}",
        "/api/v1/capsules/claims/{token}",
        "/api/v1/capsules/countdowns/{token}",
        "/api/v1/viewer/{public_id}/check",
        "/api/v1/viewer/{public_id}/events",
        "/api/v1/viewer/{public_id}/images/{file}",
        "/api/v1/viewer/{public_id}/manifest",
        "/api/v1/viewer/{public_id}/marker",
        "/api/v1/viewer/{public_id}/photo",
        "/api/v1/viewer/{public_id}/videos/{video}",
        "/api/v1/viewer/{public_id}/videos/{video}/{still}",
        "/api/v1/users/{id}/avatar/{name}/{size}",
        "/api/v1/invitations/{token}",
        "/api/v1/invitations/{token}/decline",
    }
    assert {path.partition("{id}")[0] for _, path in SHARED} == {"/api/v1/files/", "/api/v1/videos/"}
    assert {method for method, _ in SHARED} == {"GET"}
    assert len(ADMIN) == 29


async def call(house: House, method: str, path: str, who: Person | None) -> httpx.Response:
    """One well-formed request, with the body that the OpenAPI document gives as an example."""
    operation = DOCUMENT["paths"].get(path, {}).get(method.lower(), {})
    needed = [one for one in operation.get("parameters", []) if one.get("required")]
    params = {one["name"]: NEEDED[one["name"]] for one in needed if one["in"] == "query"}
    headers = {one["name"]: NEEDED[one["name"]] for one in needed if one["in"] == "header"}
    headers |= who.headers if who else {}
    request: dict[str, Any] = {}
    if kinds := operation.get("requestBody", {}).get("content", {}):
        kind = next((one for one in kinds if one == "application/json"), next(iter(kinds)))
        request, headers = _body(kind, kinds[kind]), {**headers, **_type(kind)}
    url = f"{URL}{path.format_map(EXAMPLES)}"
    return await house.api.request(method, url, params=params, headers=headers, **request)


def _body(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    if kind == "multipart/form-data":
        return {"files": {"file": ("a.txt", b"text", "text/plain")}}
    if "example" not in content:
        return {"content": b"text"}
    return {"data": content["example"]} if kind.endswith("urlencoded") else {"content": json.dumps(content["example"])}


def _type(kind: str) -> dict[str, str]:
    """The client names the type of a form itself, which has a boundary."""
    return {} if kind == "multipart/form-data" else {"content-type": "text/plain" if kind == "*/*" else kind}


@pytest.mark.parametrize(("method", "path"), CLOSED)
async def test_a_stranger_is_told_to_sign_in(house: House, method: str, path: str) -> None:
    answer = await call(house, method, path, None)
    assert (answer.status_code, problem_of(answer)["code"]) == (401, "TOKEN_NEEDED")


@pytest.mark.parametrize(("method", "path"), SHARED)
async def test_what_may_be_shared_is_not_there_for_strangers_unless_it_is(house: House, method: str, path: str) -> None:
    assert (await call(house, method, path, None)).status_code == 404
    headers = {"authorization": "Bearer nonsense"}
    answer = await house.api.request(method, f"{URL}{path.format_map(EXAMPLES)}", headers=headers)
    assert (answer.status_code, problem_of(answer)["code"]) == (401, "ACCESS_TOKEN_REFUSED")


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
    if "/storage/connections/" in path:
        assert answer.status_code < 300 or answer.status_code in (404, 409), answer.text  # a folder has no buckets
    else:
        assert answer.status_code == (404 if "{id}" in path else 200), answer.text


@pytest.mark.parametrize(("method", "path"), MINE)
async def test_everybody_gets_through_to_what_is_theirs(house: House, method: str, path: str) -> None:
    for who in (await house.person(), await house.admin()):
        answer = await call(house, method, path, who)
        if answer.status_code == 403:
            assert problem_of(answer)["code"] == "PASSWORD_WRONG"  # the example's
        else:
            # Where bytes are taken, four letters are not always what is wanted.
            refused = (415, 422) if (method, path) in STREAMED else ()
            assert answer.status_code < 300 or answer.status_code in (404, 409, *refused), answer.text


@pytest.mark.parametrize(("method", "path"), OPEN)
async def test_an_open_route_asks_nobody_who_they_are(house: House, method: str, path: str) -> None:
    answer = await call(house, method, path, None)
    if path == "/metrics":
        assert problem_of(answer)["code"] == "METRICS_ARE_LOCAL"  # not for people, whoever they are
    elif path.startswith("/storage/"):
        assert (answer.status_code, problem_of(answer)["code"]) == (403, "SIGNATURE_REFUSED")  # it carries its right
    elif answer.status_code == 401:
        assert problem_of(answer)["code"] in ("SIGN_IN_REFUSED", "REFRESH_TOKEN_REFUSED")
    else:
        assert answer.status_code not in (403, 405, 500), answer.text
