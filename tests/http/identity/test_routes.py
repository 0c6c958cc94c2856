"""Every route of the API is there, answers with its status, and is closed to those it is not for."""

import pytest
from litestar.routes import HTTPRoute

from asperguide.adapters.http.routes import ANYTHING, Declared, declared_by
from tests.http.identity.api import ABSENT, BETTER, PASSWORD, Api, newcomer, pointers, problem, token_of

EXPECTED = {
    "POST /users", "GET /users", "POST /users/email-verification", "POST /users/email-verification/resend",
    "GET /users/username-available", "POST /password/forgot", "POST /password/reset", "POST /users/me/reopen",
    "GET /users/me", "PATCH /users/me", "DELETE /users/me", "PUT /users/me/username", "POST /users/me/email",
    "PUT /users/me/password", "GET /users/me/security-events",
    "PUT /users/me/avatar", "DELETE /users/me/avatar", "GET /users/{id}/avatar/{name}/{size}",
    "POST /sessions", "GET /sessions", "DELETE /sessions", "POST /sessions/refresh", "DELETE /sessions/current",
    "DELETE /sessions/{id}",
    "GET /admin/users", "GET /admin/users/{id}", "POST /admin/users/{id}/roles",
    "DELETE /admin/users/{id}/roles/{role}", "POST /admin/users/{id}/suspend", "POST /admin/users/{id}/restore",
    "DELETE /admin/users/{id}/sessions", "POST /admin/users/{id}/impersonate", "GET /admin/security-events",
    "POST /oauth/token", "POST /oauth/revoke", "POST /oauth/introspect",
    "GET /admin/jobs", "GET /admin/jobs/{id}", "POST /admin/jobs/{id}/retry", "POST /admin/jobs/{id}/cancel",
    "POST /admin/jobs/prune", "GET /admin/queues", "POST /admin/queues/{queue}/pause",
    "POST /admin/queues/{queue}/resume",
    "GET /jobs", "GET /jobs/{id}", "DELETE /jobs/{id}",
    "POST /users/me/export", "GET /users/me/exports/{id}", "GET /exports/{token}",
    "POST /uploads", "GET /uploads", "GET /uploads/{id}", "DELETE /uploads/{id}", "POST /uploads/{id}/parts",
    "POST /uploads/{id}/complete", "POST /uploads/tus", "GET /uploads/tus/{id}", "PATCH /uploads/tus/{id}",
    "DELETE /uploads/tus/{id}",
    "POST /files", "PUT /files", "GET /files", "GET /files/{id}", "PATCH /files/{id}", "DELETE /files/{id}",
    "POST /files/{id}/restore", "GET /files/{id}/content", "GET /files/{id}/image", "POST /files/{id}/conversions",
    "GET /files/{id}/links", "POST /files/{id}/links", "DELETE /files/{id}/links/{link}", "GET /links/{token}",
    "GET /users/me/quota",
    "GET /videos/{id}", "GET /videos/{id}/hls/{name}", "GET /videos/{id}/mp4/{height}",
    "GET /videos/{id}/sprites/{name}", "GET /videos/{id}/thumbnails/{name}", "POST /videos/{id}/cancel",
    "POST /videos/{id}/poster", "POST /videos/{id}/retry",
    "POST /drafts", "GET /drafts", "GET /drafts/{id}", "PUT /drafts/{id}", "DELETE /drafts/{id}",
    "POST /recipients", "GET /recipients", "GET /recipients/{id}", "PATCH /recipients/{id}", "DELETE /recipients/{id}",
    "POST /capsules", "GET /capsules", "GET /capsules/{id}", "POST /capsules/{id}/seal", "POST /capsules/{id}/open",
    "GET /capsules/{id}/early-view", "POST /capsules/{id}/cancel", "POST /capsules/{id}/postpone",
    "PATCH /capsules/{id}/recipients/{recipient}", "POST /capsules/{id}/reply", "PUT /capsules/{id}/reflection",
    "GET /capsules/{id}/proof", "GET /capsules/{id}/attachments/{file}", "GET /capsules/claims/{token}",
    "POST /capsules/claims/{token}", "POST /capsules/{id}/countdowns", "GET /capsules/{id}/countdowns",
    "DELETE /capsules/{id}/countdowns/{countdown}", "GET /capsules/countdowns/{token}",
    "POST /viewer/{public_id}/events",
    "GET /contents/{id}/analytics", "GET /contents/{id}/analytics.csv", "GET /contents/{id}/analytics.svg",
    "GET /contents/{content}/videos/{id}/analytics", "GET /contents/{content}/videos/{id}/analytics.csv",
    "GET /contents/{content}/videos/{id}/analytics.svg",
    "GET /projects/{id}/analytics", "GET /projects/{id}/analytics.csv", "GET /projects/{id}/analytics.svg",
    "GET /companies/{id}/analytics", "GET /companies/{id}/analytics.csv", "GET /companies/{id}/analytics.svg",
    "GET /admin/companies", "GET /admin/companies/{id}", "PATCH /admin/companies/{id}", "GET /companies",
    "POST /companies", "DELETE /companies/{id}", "GET /companies/{id}", "PATCH /companies/{id}",
    "GET /companies/{id}/activity", "GET /companies/{id}/clients", "POST /companies/{id}/clients",
    "GET /companies/{id}/clients/export", "DELETE /companies/{id}/clients/{client}",
    "GET /companies/{id}/clients/{client}", "PATCH /companies/{id}/clients/{client}", "GET /companies/{id}/invitations",
    "POST /companies/{id}/invitations", "DELETE /companies/{id}/invitations/{invitation}",
    "POST /companies/{id}/invitations/{invitation}/resend", "POST /companies/{id}/leave", "GET /companies/{id}/members",
    "DELETE /companies/{id}/members/{user}", "GET /companies/{id}/members/{user}",
    "PATCH /companies/{id}/members/{user}", "POST /companies/{id}/owner", "GET /companies/{id}/projects",
    "POST /companies/{id}/projects", "POST /companies/{id}/projects/from-template",
    "POST /companies/{id}/projects/import", "GET /companies/{id}/settings", "PATCH /companies/{id}/settings",
    "DELETE /contents/{id}", "GET /contents/{id}", "PATCH /contents/{id}", "POST /contents/{id}/archive",
    "GET /contents/{id}/calendar", "POST /contents/{id}/duplicate", "PUT /contents/{id}/photo",
    "GET /contents/{id}/playback", "PATCH /contents/{id}/playback", "POST /contents/{id}/publish",
    "GET /contents/{id}/qr.png", "GET /contents/{id}/qr.svg", "POST /contents/{id}/regenerate",
    "DELETE /contents/{id}/rotation", "GET /contents/{id}/rotation", "POST /contents/{id}/rotation",
    "PUT /contents/{id}/rotation", "DELETE /contents/{id}/scene", "GET /contents/{id}/scene",
    "PUT /contents/{id}/scene", "GET /contents/{id}/schedules", "POST /contents/{id}/schedules",
    "DELETE /contents/{id}/schedules/{window}", "PATCH /contents/{id}/schedules/{window}",
    "POST /contents/{id}/unpublish", "GET /contents/{id}/videos", "POST /contents/{id}/videos",
    "PUT /contents/{id}/videos/order", "DELETE /contents/{id}/videos/{video}", "PATCH /contents/{id}/videos/{video}",
    "POST /contents/{id}/videos/{video}/thumbnail", "GET /invitations/{token}", "POST /invitations/{token}/accept",
    "POST /invitations/{token}/decline", "POST /markers/analyze", "DELETE /projects/{id}", "GET /projects/{id}",
    "PATCH /projects/{id}", "GET /projects/{id}/access", "PATCH /projects/{id}/access",
    "DELETE /projects/{id}/access/{user}", "PUT /projects/{id}/access/{user}", "POST /projects/{id}/activate",
    "POST /projects/{id}/archive", "GET /projects/{id}/contents", "POST /projects/{id}/contents",
    "POST /projects/{id}/duplicate", "POST /projects/{id}/export", "GET /projects/{id}/exports/{export}",
    "GET /viewer/{public_id}/check", "GET /viewer/{public_id}/images/{file}", "GET /viewer/{public_id}/manifest",
    "GET /viewer/{public_id}/marker", "GET /viewer/{public_id}/photo", "GET /viewer/{public_id}/videos/{video}",
    "GET /viewer/{public_id}/videos/{video}/{still}",
    "POST /projects/{id}/extend", "POST /projects/{id}/restore",
    "GET /admin/storage/connections", "POST /admin/storage/connections/{name}/test",
    "POST /admin/storage/connections/{name}/links", "GET /admin/storage/connections/{name}/buckets",
    "POST /admin/storage/connections/{name}/buckets", "DELETE /admin/storage/connections/{name}/buckets/{bucket}",
    "GET /admin/storage/connections/{name}/objects", "GET /admin/storage/connections/{name}/object",
    "DELETE /admin/storage/connections/{name}/object",
}  # fmt: skip
OPTIONAL = {
    "GET /files/{id}", "GET /files/{id}/content", "GET /files/{id}/image", "GET /videos/{id}",
    "GET /videos/{id}/hls/{name}", "GET /videos/{id}/mp4/{height}", "GET /videos/{id}/sprites/{name}",
    "GET /videos/{id}/thumbnails/{name}",
}  # fmt: skip
"""What strangers may see when its owner shows it to them."""
PUBLIC = {
    "POST /users", "POST /users/email-verification", "POST /users/email-verification/resend",
    "GET /users/username-available", "POST /password/forgot", "POST /password/reset", "POST /users/me/reopen",
    "POST /sessions", "POST /sessions/refresh", "POST /oauth/token", "POST /oauth/revoke",
    "GET /users/{id}/avatar/{name}/{size}", "GET /exports/{token}", "GET /links/{token}",
    "GET /capsules/claims/{token}", "GET /capsules/countdowns/{token}", "POST /viewer/{public_id}/events",
    "GET /invitations/{token}", "POST /invitations/{token}/decline", "GET /viewer/{public_id}/check",
    "GET /viewer/{public_id}/images/{file}", "GET /viewer/{public_id}/manifest", "GET /viewer/{public_id}/marker",
    "GET /viewer/{public_id}/photo", "GET /viewer/{public_id}/videos/{video}",
    "GET /viewer/{public_id}/videos/{video}/{still}",
}  # fmt: skip


UNKNOWN = {"code": "UNKNOWN_PARAMETER", "detail": "There is no such parameter."}
IDS = (
    "client", "content", "countdown", "export", "file", "id", "invitation", "link", "recipient", "user", "video",
    "window",
)  # fmt: skip


def address(path: str) -> str:
    """Of something that is not there."""
    known = {"{role}": "moderator", "{queue}": "default", "{height}": "360", "{size}": "64"}
    known |= {f"{{{name}}}": ABSENT for name in IDS}
    for name, value in known.items():
        path = path.replace(name, value)
    return path.replace("{", "").replace("}", "")


def declared(api: Api) -> dict[str, Declared]:
    """Each `METHOD /path` below `/api/v1`, and what it says of itself."""
    return {
        f"{method} {route.path_format.removeprefix('/api/v1')}": declared_by(handler)
        for route in api.edge.app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/v1/")
        for handler in route.route_handlers
        for method in handler.http_methods - {"OPTIONS"}
    }


def routes_of(api: Api) -> dict[str, bool]:
    """Each route, and whether it says that it is public."""
    return {route: says.public for route, says in declared(api).items()}


def test_the_routes_are_those_that_were_promised_and_no_others(api: Api) -> None:
    routes = routes_of(api)
    assert routes.keys() == EXPECTED
    assert {route for route, public in routes.items() if public} == PUBLIC
    assert {route for route, says in declared(api).items() if says.optional} == OPTIONAL


def test_long_work_can_be_followed(api: Api) -> None:
    """Whatever answers 202 tells of a job, apart from what ends with a mail, and from what is kept already."""
    accepting = {
        f"{method} {route.path_format.removeprefix('/api/v1')}": declared_by(handler).long
        for route in api.edge.app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if handler.status_code == 202
    }
    assert {route for route, long in accepting.items() if not long} == {
        "POST /users/email-verification/resend", "POST /password/forgot", "POST /users/me/email",
        "POST /viewer/{public_id}/events",
    }  # fmt: skip


async def test_strangers_get_401_from_every_route_that_is_not_open_to_them(api: Api) -> None:
    closed = [route for route, says in declared(api).items() if not (says.public or says.optional)]
    assert len(closed) == len(EXPECTED) - len(PUBLIC) - len(OPTIONAL)
    for route in closed:
        method, path = route.split(" ")
        answer = await api(method, address(path))
        problem(answer, 401, 40101)
        assert answer.headers["www-authenticate"] == "Bearer", route


async def test_strangers_are_never_asked_to_sign_in_by_a_public_route(api: Api) -> None:
    for route in PUBLIC - {"POST /sessions/refresh", "GET /users/{id}/avatar/{name}/{size}"}:
        answer = await api(*route.split(" "))
        expected = (200,) if route.endswith("/check") else (400, 404, 415, 422)  # the one that answers in any case
        assert answer.status_code in expected, (route, answer.text)


async def test_a_query_says_only_what_a_route_knows_but_where_people_hand_addresses_on(api: Api) -> None:
    lenient = {route for route, says in declared(api).items() if says.lenient}
    handed_on = {"GET /exports/{token}", "GET /links/{token}"}
    assert lenient == handed_on | {route for route in EXPECTED if "/viewer/" in route or "/oauth/" in route}
    token = token_of(await api.admin())
    headers = {"content-type": "application/json", "if-match": '"1"'}
    for route, says in declared(api).items():
        method, path = route.split(" ")
        given = {"content-type": says.streams[0].replace(ANYTHING, "text/plain")} if says.streams else {}
        answer = await api(method, f"{address(path)}?utm_source=x", token, headers={**headers, **given})
        if route in lenient:
            assert "utm_source" not in answer.text, route
        else:
            body = problem(answer, 422, 42203)
            assert body["errors"] == [{"pointer": "?utm_source", **UNKNOWN}], route
    for page in ("/.well-known/jwks.json", "/account/forgotten"):
        assert (await api("GET", f"{page}?utm_source=x&utm_source=y")).status_code == 200


async def test_a_user_gets_403_from_every_route_of_administrators(api: Api) -> None:
    token = token_of(await api.member())
    bodies = {
        "POST /admin/users/{id}/roles": {"role": "admin"},
        "POST /admin/jobs/prune": {"before": "2031-01-01T00:00:00Z"},
        "POST /admin/storage/connections/{name}/buckets": {"name": "archive"},
        "POST /admin/storage/connections/{name}/links": {"key": "files/7", "minutes": 15},
        "PATCH /admin/companies/{id}": {"tier": "pro"},
    }
    routes = [route for route in routes_of(api) if "/admin/" in route]
    assert len(routes) == 29
    for route in routes:
        method, path = route.split(" ")
        query = {"key": "files/7"} if path.endswith("/object") else {}
        problem(await api(method, address(path), token, json=bodies.get(route), params=query), 403, 40212)


async def test_somebody_comes_confirms_signs_in_changes_things_and_leaves(api: Api) -> None:
    answer = await api("POST", "/users", json=newcomer())
    assert answer.status_code == 201
    assert answer.json().keys() == {"id", "email", "username", "full_name", "state", "created_at"}
    assert (await api("POST", "/users/email-verification/resend", json={"email": "x@example.org"})).status_code == 202
    await api.world.settle()
    code = api.world.code_for("siobhan@example.org")
    answer = await api("POST", "/users/email-verification", json={"code": code})
    assert (answer.status_code, answer.content) == (204, b"")

    answer = await api("POST", "/sessions", json={"login": "siobhan", "password": PASSWORD, "device_name": "phone"})
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    pair = answer.json()
    assert (pair["token_type"], pair["expires_in"], pair["session"]["device_name"]) == ("Bearer", 900, "phone")
    answer = await api("POST", "/sessions/refresh", json={"refresh_token": pair["refresh_token"]})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    token = answer.json()["access_token"]

    answer = await api("GET", "/sessions", token)
    assert [one["current"] for one in answer.json()["items"]] == [True]
    answer = await api("PUT", "/users/me/username", token, json={"username": "sio"})
    assert (answer.status_code, answer.json()["username"]) == (200, "sio")
    body = {"new_password": BETTER, "current_password": PASSWORD}
    assert (await api("PUT", "/users/me/password", token, json=body)).status_code == 204
    answer = await api("POST", "/users/me/email", token, json={"email": "new@example.org"})
    assert (answer.status_code, answer.json() if answer.content else None) == (202, None)
    assert (await api("DELETE", "/sessions/current", token)).status_code == 204
    problem(await api("GET", "/users/me", token), 401, 40111)


async def test_the_devices_of_a_person_are_ended_one_by_one_the_others_or_all(api: Api) -> None:
    token = token_of(await api.member())
    body = {"login": "siobhan", "password": PASSWORD}
    others = [(await api("POST", "/sessions", json=body)).json() for _ in range(3)]
    assert (await api("DELETE", f"/sessions/{others[0]['session']['id']}", token)).status_code == 204
    problem(await api("DELETE", f"/sessions/{ABSENT}", token), 404, 40411)
    answer = await api("DELETE", "/sessions", token, params={"others": "true"})
    assert (answer.status_code, answer.json()) == (200, {"ended": 2})
    assert (await api("GET", "/users/me", token)).status_code == 200
    answer = await api("DELETE", "/sessions", token)
    assert (answer.status_code, answer.json()) == (200, {"ended": 1})
    problem(await api("GET", "/users/me", token), 401, 40111)


@pytest.mark.parametrize(
    "query", ["other=true", "others=true&others=true", "others", "others=maybe", "others=true&a=1"]
)
async def test_a_typing_error_signs_nobody_out(api: Api, query: str) -> None:
    person = await api.member()
    token = token_of(person)
    problem(await api("DELETE", f"/sessions?{query}", token), 422, 42203)
    assert len((await api("GET", "/sessions", token)).json()["items"]) == 1


async def test_somebody_elses_session_answers_like_an_absent_one(api: Api) -> None:
    mine, theirs = await api.member(), await api.member("padraig")
    foreign = await api("DELETE", f"/sessions/{theirs.signed_in.session.id}", token_of(mine))
    absent = await api("DELETE", f"/sessions/{ABSENT}", token_of(mine))
    assert problem(foreign, 404, 40411)["detail"] == problem(absent, 404, 40411)["detail"]
    assert (await api("GET", "/users/me", token_of(theirs))).status_code == 200


async def test_a_forgotten_password_is_replaced_by_the_code_in_the_mail(api: Api) -> None:
    token = token_of(await api.member())
    for email in ("siobhan@example.org", "nobody@example.org"):
        assert (await api("POST", "/password/forgot", json={"email": email})).status_code == 202
    await api.world.settle()
    body = {"code": api.world.code_for("siobhan@example.org"), "new_password": BETTER}
    assert (await api("POST", "/password/reset", json=body)).status_code == 204
    problem(await api("POST", "/password/reset", json=body), 422, 42210)
    problem(await api("GET", "/users/me", token), 401, 40111)
    assert (await api("POST", "/sessions", json={"login": "siobhan", "password": BETTER})).status_code == 201


async def test_a_closed_account_is_reopened_by_the_code_in_the_mail(api: Api) -> None:
    token = token_of(await api.member())
    problem(await api("DELETE", "/users/me", token, json={"current_password": "wrong"}), 403, 40210)
    assert (await api("DELETE", "/users/me", token, json={"current_password": PASSWORD})).status_code == 204
    problem(await api("POST", "/sessions", json={"login": "siobhan", "password": PASSWORD}), 401, 40110)
    await api.world.settle()
    body = {"code": api.world.code_for("siobhan@example.org")}
    assert (await api("POST", "/users/me/reopen", json=body)).status_code == 204
    assert (await api("POST", "/sessions", json={"login": "siobhan", "password": PASSWORD})).status_code == 201


async def test_an_account_is_closed_without_a_body_shortly_after_the_password_was_typed(api: Api) -> None:
    token = token_of(await api.member())
    assert (await api("DELETE", "/users/me", token)).status_code == 204


async def test_a_parameter_that_is_wrong_is_named_as_it_was_sent(api: Api) -> None:
    token = token_of(await api.member())
    for query, wrong in (("search=%25", {"?search"}), ("search=%25&limit=a", {"?search", "?limit"}), ("", {"?search"})):
        assert pointers(problem(await api("GET", f"/users?{query}", token), 422, 42203)) == wrong


async def test_people_are_found_without_their_addresses(api: Api) -> None:
    token = token_of(await api.member())
    await api.member("siobhan2")
    answer = await api("GET", "/users", token, params={"search": "siobhan"})
    assert [one["username"] for one in answer.json()["items"]] == ["siobhan", "siobhan2"]
    assert "@" not in answer.text
    assert (await api("GET", "/users", token, params={"search": "%%"})).json()["items"] == []
    for params in ({}, {"search": "s"}, {"search": "s" * 101}, {"search": "si", "limit": "51"}, {"search": "  "}):
        assert (await api("GET", "/users", token, params=params)).status_code == 422, params
    answer = await api("GET", "/users/username-available", params={"username": "SIOBHAN"})
    assert answer.json() == {"username": "SIOBHAN", "available": False}
    answer = await api("GET", "/users/username-available", params={"username": "free"})
    assert answer.json()["available"] is True
    assert (await api("GET", "/users/username-available", params={"username": "no no"})).status_code == 422


async def test_mailed_links_lead_to_pages_that_load_only_our_own_script(api: Api) -> None:
    for name in ("confirm", "move", "reset", "reopen", "forgotten"):
        answer = await api("GET", f"/account/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe-inline" not in answer.headers["content-security-policy"].split("style-src")[0]
        assert '<html lang="en"' in answer.text
    for asked in ("fr-CA", "de, fr;q=0.2, en;q=0.1"):
        answer = await api("GET", "/account/reset", headers={"accept-language": asked})
        assert "Nouveau mot de passe" in answer.text
    answer = await api("GET", "/account/pages.js")
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/javascript")
    problem(await api("GET", "/account/elsewhere"), 404, 40401)
