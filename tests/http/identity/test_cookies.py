"""Sessions in cookies: what the cookies are like, and that no other site can use them."""

from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest

from tests.http.identity.api import PASSWORD, Api, problem

ACCESS, REFRESH, DEVICE = "__Host-access", "__Secure-refresh", "__Host-device"
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}


def cookies_of(answer: httpx.Response) -> SimpleCookie:
    """The cookies that an answer sets, with their attributes."""
    jar: SimpleCookie = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        jar.load(line)
    return jar


def sent(cookies: SimpleCookie, *names: str) -> dict[str, str]:
    """The header with which a browser sends these cookies."""
    return {"cookie": "; ".join(f"{name}={cookies[name].value}" for name in names or cookies)}


async def signed_in(api: Api) -> tuple[SimpleCookie, dict[str, Any]]:
    """The cookies and the body of a sign-in by cookie."""
    await api.member()
    body = {"login": "siobhan", "password": PASSWORD, "transport": "cookie"}
    answer = await api("POST", "/sessions", json=body)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    return cookies_of(answer), answer.json()


async def test_tokens_are_in_cookies_that_scripts_cannot_read_and_not_in_the_body(api: Api) -> None:
    cookies, body = await signed_in(api)
    assert body.keys() == {"expires_in", "csrf_token", "session"}
    assert cookies.keys() == {ACCESS, REFRESH, DEVICE}
    for name, path, same_site in [
        (ACCESS, "/", "lax"), (REFRESH, "/api/v1/sessions/refresh", "strict"), (DEVICE, "/", "strict"),
    ]:  # fmt: skip
        cookie = cookies[name]
        assert (cookie["secure"], cookie["httponly"], cookie["domain"]) == (True, True, ""), name
        assert (cookie["path"], cookie["samesite"].lower()) == (path, same_site), name
        assert int(cookie["max-age"]) > 0
        assert cookie.value not in str(body)
    assert int(cookies[ACCESS]["max-age"]) == body["expires_in"] == 900
    assert int(cookies[REFRESH]["max-age"]) == 14 * 86400


async def test_reading_needs_no_proof_and_changing_needs_one(api: Api) -> None:
    cookies, body = await signed_in(api)
    with_cookie = sent(cookies, ACCESS)
    assert (await api("GET", "/users/me", headers=with_cookie)).json()["username"] == "siobhan"
    refused: list[dict[str, str]] = [
        {}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"}, {"origin": "null"}, {"x-csrf-token": "0" * 64},
        {"x-csrf-token": body["csrf_token"][:-1]},
    ]  # fmt: skip
    for proof in refused:
        answer = await api("PATCH", "/users/me", json={"full_name": "Evil"}, headers={**with_cookie, **proof})
        problem(answer, 403, 40201)
    assert (await api("GET", "/users/me", headers=with_cookie)).json()["full_name"] == "Siobhan"
    accepted = [SAME_ORIGIN, {"origin": api.world.container.settings().url}, {"x-csrf-token": body["csrf_token"]}]
    for number, proof in enumerate(accepted):
        name = f"Siobhan {number}"
        answer = await api("PATCH", "/users/me", json={"full_name": name}, headers={**with_cookie, **proof})
        assert (answer.status_code, answer.json()["full_name"]) == (200, name)


async def test_the_csrf_token_of_another_session_proves_nothing(api: Api) -> None:
    cookies, _ = await signed_in(api)
    body = {"login": "siobhan", "password": PASSWORD, "transport": "cookie"}
    other = (await api("POST", "/sessions", json=body)).json()["csrf_token"]
    headers = {**sent(cookies, ACCESS), "x-csrf-token": other}
    problem(await api("PATCH", "/users/me", json={"full_name": "Evil"}, headers=headers), 403, 40201)


async def test_a_refresh_by_cookie_sets_new_ones_and_tells_no_token(api: Api) -> None:
    cookies, body = await signed_in(api)
    answer = await api("POST", "/sessions/refresh", headers={**sent(cookies, REFRESH), **SAME_ORIGIN})
    assert (answer.status_code, answer.json().keys()) == (200, {"expires_in", "csrf_token", "session"})
    assert answer.json()["csrf_token"] == body["csrf_token"]
    renewed = cookies_of(answer)
    assert renewed.keys() == {ACCESS, REFRESH}
    assert renewed[REFRESH].value != cookies[REFRESH].value
    assert (await api("GET", "/users/me", headers=sent(renewed, ACCESS))).status_code == 200


async def test_a_refresh_by_cookie_from_another_site_is_refused(api: Api) -> None:
    cookies, _ = await signed_in(api)
    for proof in ({}, {"sec-fetch-site": "cross-site"}):
        problem(await api("POST", "/sessions/refresh", headers={**sent(cookies, REFRESH), **proof}), 403, 40201)
    problem(await api("POST", "/sessions/refresh"), 401, 40112)
    headers = {"cookie": f"{REFRESH}=garbage", **SAME_ORIGIN}
    problem(await api("POST", "/sessions/refresh", headers=headers), 401, 40112)


@pytest.mark.parametrize("path", ["/sessions/current", "/sessions", "/users/me"])
async def test_signing_out_ends_the_session_and_clears_its_cookies(api: Api, path: str) -> None:
    cookies, _ = await signed_in(api)
    answer = await api("DELETE", path, headers={**sent(cookies, ACCESS), **SAME_ORIGIN})
    assert answer.status_code in (200, 204), answer.text
    assert '"storage"' in answer.headers["clear-site-data"]
    gone = cookies_of(answer)
    assert gone.keys() == {ACCESS, REFRESH}
    for name in gone:
        assert (gone[name].value, gone[name]["max-age"], gone[name]["path"]) == ("", "0", cookies[name]["path"])
    problem(await api("GET", "/users/me", headers=sent(cookies, ACCESS)), 401, 40111)
    answer = await api("POST", "/sessions/refresh", headers={**sent(cookies, REFRESH), **SAME_ORIGIN})
    problem(answer, 401, 40112)


async def test_ending_my_own_session_by_its_id_clears_cookies_and_ending_another_does_not(api: Api) -> None:
    cookies, body = await signed_in(api)
    other = (await api("POST", "/sessions", json={"login": "siobhan", "password": PASSWORD})).json()
    headers = {**sent(cookies, ACCESS), **SAME_ORIGIN}
    answer = await api("DELETE", f"/sessions/{other['session']['id']}", headers=headers)
    assert (answer.status_code, "clear-site-data" in answer.headers) == (204, False)
    answer = await api("DELETE", f"/sessions/{body['session']['id']}", headers=headers)
    assert (answer.status_code, "clear-site-data" in answer.headers) == (204, True)


async def test_a_device_that_is_known_stays_so_over_sign_ins(api: Api) -> None:
    cookies, _ = await signed_in(api)
    body = {"login": "siobhan", "password": PASSWORD, "transport": "cookie"}
    for _ in range(12):
        await api("POST", "/sessions", json={**body, "password": "wrong"})
    problem(await api("POST", "/sessions", json=body), 429, 42910)
    answer = await api("POST", "/sessions", json=body, headers=sent(cookies, DEVICE))
    assert answer.status_code == 201
