"""Administration over HTTP: lists, roles, suspension, acting for others."""

import pytest

from tests.http.identity.api import ABSENT, PASSWORD, Api, problem, token_of


async def test_the_list_of_users_is_paged_by_link_and_cursor_without_gaps_or_doubles(api: Api) -> None:
    token = token_of(await api.admin())
    for number in range(5):
        await api.member(f"user{number}")
    seen: list[str] = []
    answer = await api("GET", "/admin/users", token, params={"limit": "2", "sort": "username", "count": "true"})
    assert answer.json()["total"] == 6
    while True:
        seen += [one["username"] for one in answer.json()["items"]]
        if (cursor := answer.json()["next_cursor"]) is None:
            break
        target, _, rel = answer.headers["link"].partition(">")
        assert rel == '; rel="next"'
        assert cursor in target
        path = target.removeprefix("<").partition("/api/v1")[2]
        answer = await api("GET", path, token)
        assert answer.status_code == 200, answer.text
    assert "link" not in answer.headers
    assert seen == ["boss", "user0", "user1", "user2", "user3", "user4"]


async def test_the_list_of_users_is_filtered_and_sorted(api: Api) -> None:
    token = token_of(await api.admin())
    await api.member("anna")
    await api.member("zoe")

    async def names(**params: str) -> list[str]:
        answer = await api("GET", "/admin/users", token, params=params)
        assert answer.status_code == 200, answer.text
        assert "total" not in answer.json()
        return [one["username"] for one in answer.json()["items"]]

    assert await names() == ["zoe", "anna", "boss"]
    assert await names(sort="created_at") == ["boss", "anna", "zoe"]
    assert await names(sort="-username") == ["zoe", "boss", "anna"]
    assert await names(**{"filter[role]": "admin"}) == ["boss"]
    assert await names(**{"filter[email]": "ANNA@example.org"}) == ["anna"]
    assert await names(**{"filter[username]": "Zoe", "filter[state]": "active"}) == ["zoe"]
    assert await names(**{"filter[state]": "suspended"}) == []


@pytest.mark.parametrize(
    "params",
    [
        {"sort": "password"}, {"filter[hash]": "x"}, {"filter[role]": "zzz"}, {"filter[state]": ""}, {"limit": "0"},
        {"limit": "101"}, {"limit": "x"}, {"cursor": "garbage"}, {"count": "maybe"}, {"unknown": "1"},
    ],
)  # fmt: skip
async def test_what_a_list_cannot_be_asked_is_refused(api: Api, params: dict[str, str]) -> None:
    answer = await api("GET", "/admin/users", token_of(await api.admin()), params=params)
    assert answer.status_code == 422, answer.text
    problem(answer, 422, answer.json()["internal_code"])


async def test_a_cursor_of_another_order_is_refused(api: Api) -> None:
    token = token_of(await api.admin())
    await api.member("anna")
    first = await api("GET", "/admin/users", token, params={"limit": "1", "sort": "username"})
    params = {"cursor": first.json()["next_cursor"], "sort": "created_at"}
    problem(await api("GET", "/admin/users", token, params=params), 422, 42202)


async def test_one_account_has_an_etag(api: Api) -> None:
    token, anna = token_of(await api.admin()), await api.member("anna")
    answer = await api("GET", f"/admin/users/{anna.actor.user}", token)
    assert (answer.status_code, answer.json()["email"]) == (200, "anna@example.org")
    tag = {"if-none-match": answer.headers["etag"]}
    assert (await api("GET", f"/admin/users/{anna.actor.user}", token, headers=tag)).status_code == 304
    problem(await api("GET", f"/admin/users/{ABSENT}", token), 404, 40410)
    assert (await api("GET", "/admin/users/no-uuid", token)).status_code == 404


async def test_roles_are_granted_and_revoked_but_the_last_admin_stays(api: Api) -> None:
    boss, anna = await api.admin(), await api.member("anna")
    token, roles = token_of(boss), f"/admin/users/{anna.actor.user}/roles"
    answer = await api("POST", roles, token, json={"role": "moderator"})
    assert (answer.status_code, set(answer.json()["roles"])) == (200, {"user", "moderator"})
    answer = await api("DELETE", f"{roles}/moderator", token)
    assert (answer.status_code, answer.json()["roles"]) == (200, ["user"])
    problem(await api("DELETE", f"{roles}/user", token), 409, 40913)
    problem(await api("DELETE", f"/admin/users/{boss.actor.user}/roles/admin", token), 409, 40912)


@pytest.mark.parametrize("role", ["zzz", "ADMIN", "admin'--", "%00", "admin,user"])
async def test_a_role_that_there_is_not_is_refused(api: Api, role: str) -> None:
    token, anna = token_of(await api.admin()), await api.member("anna")
    answer = await api("DELETE", f"/admin/users/{anna.actor.user}/roles/{role}", token)
    assert answer.status_code in (400, 404, 422), answer.text
    problem(answer, answer.status_code, answer.json()["internal_code"])
    answer = await api("POST", f"/admin/users/{anna.actor.user}/roles", token, json={"role": role})
    problem(answer, 422, 42203)


async def test_a_suspended_person_is_out_and_a_restored_one_back(api: Api) -> None:
    token, anna = token_of(await api.admin()), await api.member("anna")
    path, body = f"/admin/users/{anna.actor.user}", {"login": "anna", "password": PASSWORD}
    answer = await api("POST", f"{path}/suspend", token)
    assert (answer.status_code, answer.json()["state"]) == (200, "suspended")
    problem(await api("GET", "/users/me", token_of(anna)), 401, 40111)
    problem(await api("POST", "/sessions", json=body), 401, 40110)
    problem(await api("POST", f"{path}/suspend", token), 409, 40913)
    answer = await api("POST", f"{path}/restore", token)
    assert (answer.status_code, answer.json()["state"]) == (200, "active")
    assert (await api("POST", "/sessions", json=body)).status_code == 201
    answer = await api("DELETE", f"{path}/sessions", token)
    assert (answer.status_code, answer.json()) == (200, {"ended": 1})


async def test_whoever_acts_for_somebody_is_written_down_and_may_do_nothing_grave(api: Api) -> None:
    boss, anna = await api.admin(), await api.member("anna")
    path, key = f"/admin/users/{anna.actor.user}/impersonate", {"idempotency-key": "once"}
    answer = await api("POST", path, token_of(boss), headers=key)
    assert answer.status_code == 201
    assert "refresh_token" not in answer.json()
    again = await api("POST", path, token_of(boss), headers=key)
    assert (again.headers["idempotency-replayed"], again.json()) == ("true", answer.json())
    acting = answer.json()["access_token"]
    assert (await api("GET", "/users/me", acting)).json()["username"] == "anna"
    body = {"new_password": "umber-kestrel-82-quilt", "current_password": PASSWORD}
    problem(await api("PUT", "/users/me/password", acting, json=body), 403, 40213)
    problem(await api("DELETE", "/users/me", acting), 403, 40213)
    problem(await api("GET", "/users/me/security-events", acting), 403, 40213)
    problem(await api("POST", path, acting), 403, 40213)
    params = {"filter[kind]": "impersonated", "filter[user]": str(anna.actor.user)}
    events = (await api("GET", "/admin/security-events", token_of(boss), params=params)).json()["items"]
    assert [event["by"] for event in events] == [str(boss.actor.user)]


async def test_the_security_log_is_filtered_by_person(api: Api) -> None:
    token, anna = token_of(await api.admin()), await api.member("anna")
    params = {"filter[user]": str(anna.actor.user), "count": "true", "limit": "2"}
    answer = await api("GET", "/admin/security-events", token, params=params)
    assert (answer.json()["total"], len(answer.json()["items"])) == (3, 2)
    assert 'rel="next"' in answer.headers["link"]
    assert {event["user"] for event in answer.json()["items"]} == {str(anna.actor.user)}
    for wrong in ({"filter[user]": "no-uuid"}, {"filter[outcome]": "maybe"}, {"sort": "kind"}):
        assert (await api("GET", "/admin/security-events", token, params=wrong)).status_code == 422
