"""My account over HTTP: versions, merge patches, keys against doing things twice, and the security log."""

import asyncio

import pytest

from tests.http.identity.api import PASSWORD, Api, newcomer, pointers, problem, token_of


async def test_my_account_has_an_etag_and_is_not_sent_twice(api: Api) -> None:
    token = token_of(await api.member())
    first = await api("GET", "/users/me", token)
    assert first.headers["etag"] == f'"{first.json()["version"]}"'
    again = await api("GET", "/users/me", token, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    changed = await api("PATCH", "/users/me", token, json={"full_name": "Another"})
    assert changed.headers["etag"] != first.headers["etag"]
    answer = await api("GET", "/users/me", token, headers={"if-none-match": first.headers["etag"]})
    assert (answer.status_code, answer.headers["etag"]) == (200, changed.headers["etag"])


@pytest.mark.parametrize(("method", "path"), [("PATCH", "/users/me"), ("PUT", "/users/me/username")])
async def test_a_change_of_an_old_version_is_refused_and_changes_nothing(api: Api, method: str, path: str) -> None:
    token = token_of(await api.member())
    old = (await api("GET", "/users/me", token)).headers["etag"]
    answer = await api(method, path, token, json={"username": "second"}, headers={"if-match": old})
    assert answer.status_code == 200
    for stale in (old, '"0"', 'W/"2"', "garbage"):
        problem(await api(method, path, token, json={"username": "third"}, headers={"if-match": stale}), 412, 41201)
    assert (await api("GET", "/users/me", token)).json()["username"] == "second"
    for current in (answer.headers["etag"], "*"):
        again = await api(method, path, token, json={"username": "second"}, headers={"if-match": current})
        assert again.status_code == 200


async def test_of_two_changes_of_the_same_version_at_once_one_wins(api: Api) -> None:
    token = token_of(await api.member())
    tag = {"if-match": (await api("GET", "/users/me", token)).headers["etag"]}
    names = ("One", "Two", "Three")
    calls = [api("PATCH", "/users/me", token, json={"full_name": name}, headers=tag) for name in names]
    answers = await asyncio.gather(*calls)
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]


async def test_a_merge_patch_keeps_what_is_absent_and_clears_what_is_null(api: Api) -> None:
    token = token_of(await api.member("siobhan"))
    given = {"gender": "F", "age_range": "31-40", "locale": "fr-CA", "time_zone": "Europe/Dublin"}
    assert (await api("PATCH", "/users/me", token, json=given)).status_code == 200
    answer = await api("PATCH", "/users/me", token, json={"gender": None, "preferences": {"transparency": 30}})
    body = answer.json()
    assert (body["gender"], body["age_range"], body["locale"]) == (None, "31-40", "fr-CA")
    assert body["preferences"]["transparency"] == 30
    blue = {"colour_filter": "tritanopia", "filter_intensity": 7}
    body = (await api("PATCH", "/users/me", token, json={"preferences": blue})).json()
    assert body["preferences"] == {**blue, "transparency": 30}
    body = (await api("PATCH", "/users/me", token, json={"preferences": {"transparency": 5}})).json()
    assert body["preferences"] == {**blue, "transparency": 5}
    before = body["version"]
    assert (await api("PATCH", "/users/me", token, json={})).json()["version"] == before


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"full_name": None}, "#/full_name"),
        ({"username": None}, "#/username"),
        ({"locale": None}, "#/locale"),
        ({"time_zone": None}, "#/time_zone"),
        ({"preferences": None}, "#/preferences"),
        ({"full_name": 7}, "#/full_name"),
        ({"full_name": "   "}, "#/full_name"),
        ({"full_name": "x" * 256}, "#/full_name"),
        ({"full_name": "a\nb"}, "#/full_name"),
        ({"gender": "X"}, "#/gender"),
        ({"age_range": "7"}, "#/age_range"),
        ({"time_zone": "Mars/Base"}, "#/time_zone"),
        ({"preferences": {"transparency": 101}}, "#/preferences/transparency"),
        ({"preferences": {"sound": 1}}, "#/preferences/sound"),
        ({"preferences": {"colour_filter": None}}, "#/preferences/colour_filter"),
        ({"email": "new@example.org"}, "#/email"),
        ({"roles": ["admin"]}, "#/roles"),
        ({"state": "active"}, "#/state"),
        ({"version": 9}, "#/version"),
    ],
)
async def test_what_cannot_be_patched_is_named_and_nothing_changes(
    api: Api, patch: dict[str, object], pointer: str
) -> None:
    token = token_of(await api.member())
    before = (await api("GET", "/users/me", token)).json()
    answer = await api("PATCH", "/users/me", token, json={"locale": "fr", **patch})
    assert answer.status_code == 422
    assert pointers(problem(answer, 422, answer.json()["internal_code"])) == {pointer}
    assert (await api("GET", "/users/me", token)).json() == before


async def test_a_patch_that_is_no_object_is_refused(api: Api) -> None:
    token = token_of(await api.member())
    for body in (b"[]", b"null", b"7", b'"x"'):
        headers = {"content-type": "application/json"}
        answer = await api("PATCH", "/users/me", token, content=body, headers=headers)
        assert answer.status_code in (400, 422), (body, answer.text)


async def test_a_taken_username_is_refused_whatever_its_case(api: Api) -> None:
    token = token_of(await api.member())
    await api.member("padraig")
    problem(await api("PATCH", "/users/me", token, json={"username": "PadRaig"}), 409, 40910)
    problem(await api("PUT", "/users/me/username", token, json={"username": "PADRAIG"}), 409, 40910)


async def test_a_repeated_registration_happens_once_and_answers_the_same(api: Api) -> None:
    key = {"idempotency-key": "registration-1"}
    first = await api("POST", "/users", json=newcomer(), headers=key)
    assert (first.status_code, first.headers.get("idempotency-replayed")) == (201, None)
    again = await api("POST", "/users", json=dict(reversed(newcomer().items())), headers=key)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json() == first.json()
    await api.world.settle()
    assert len(api.world.mails) == 1
    problem(await api("POST", "/users", json=newcomer("other"), headers=key), 422, 42201)
    problem(await api("POST", "/users", json=newcomer("other"), headers={"idempotency-key": "a b"}), 400, 40002)
    problem(await api("POST", "/users", json=newcomer("other"), headers={"idempotency-key": "x" * 256}), 400, 40002)


async def test_a_repeated_sign_in_opens_one_session(api: Api) -> None:
    person = await api.member()
    key, body = {"idempotency-key": "sign-in-1"}, {"login": "siobhan", "password": PASSWORD}
    first, again = [await api("POST", "/sessions", json=body, headers=key) for _ in range(2)]
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json() == first.json()
    assert len((await api("GET", "/sessions", token_of(person))).json()["items"]) == 2
    problem(await api("POST", "/sessions", json={**body, "device_name": "x"}, headers=key), 422, 42201)


async def test_a_refused_sign_in_keeps_no_answer_under_its_key(api: Api) -> None:
    await api.member()
    key = {"idempotency-key": "sign-in-2"}
    problem(await api("POST", "/sessions", json={"login": "siobhan", "password": "no"}, headers=key), 401, 40110)
    answer = await api("POST", "/sessions", json={"login": "siobhan", "password": PASSWORD}, headers=key)
    assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (201, None)


async def test_the_same_key_at_the_same_time_makes_one_account(api: Api) -> None:
    key = {"idempotency-key": "at-once"}
    answers = await asyncio.gather(*(api("POST", "/users", json=newcomer(), headers=key) for _ in range(8)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    for answer in answers:
        if answer.status_code == 409:
            problem(answer, 409, 40902)
            assert "retry-after" not in answer.headers or int(answer.headers["retry-after"]) > 0
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    await api.world.settle()
    assert len(api.world.mails) == 1


async def test_my_security_log_tells_what_happened_and_only_to_me(api: Api) -> None:
    token = token_of(await api.member())
    await api.member("padraig")
    await api("PATCH", "/users/me", token, json={"full_name": "Another"})
    problem(await api("POST", "/sessions", json={"login": "siobhan", "password": "wrong"}), 401, 40110)
    answer = await api("GET", "/users/me/security-events", token, params={"count": "true"})
    kinds = [one["kind"] for one in answer.json()["items"]]
    assert kinds == ["signed-in", "profile-changed", "signed-in", "email-confirmed", "registered"]
    assert answer.json()["total"] == 5
    answer = await api("GET", "/users/me/security-events", token, params={"filter[outcome]": "refused"})
    (refused,) = answer.json()["items"]
    assert (refused["kind"], refused["by"], refused["address"]) == ("signed-in", None, "192.0.2.7")
    for params in ({"filter[user]": "x"}, {"filter[kind]": "zzz"}, {"limit": "101"}, {"cursor": "x"}, {"zzz": "1"}):
        assert (await api("GET", "/users/me/security-events", token, params=params)).status_code == 422, params
