"""Requests that come twice, late, or with the wrong idea of what is there."""

import asyncio

import pytest

from tests.http.bad_input.house import House, problem_of, registration


async def test_a_stale_version_is_412_and_changes_nothing(house: House) -> None:
    who = await house.person()
    first = (await house.api.get("/users/me", headers=who.headers)).headers["etag"]
    await house.expect(
        200, "PATCH", "/users/me", json={"full_name": "Síle"}, headers={**who.headers, "if-match": first}
    )
    for etag in (first, '"0"', 'W/"2"', '"x"', "garbage", '"1", "2"', '"999999999999999999999"'):
        headers = {**who.headers, "if-match": etag}
        change = {"json": {"full_name": "Mallory"}}
        await house.refused(412, "PRECONDITION_FAILED", "PATCH", "/users/me", headers=headers, **change)
    username = {"json": {"username": registration()["username"]}, "headers": {**who.headers, "if-match": first}}
    await house.refused(412, "PRECONDITION_FAILED", "PUT", "/users/me/username", **username)
    me = await house.api.get("/users/me", headers=who.headers)
    assert me.json()["full_name"] == "Síle"
    known = await house.api.get("/users/me", headers={**who.headers, "if-none-match": me.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


def keyed(key: str) -> dict[str, str]:
    return {"idempotency-key": key}


async def test_a_repeated_registration_gets_the_same_answer_and_happens_once(house: House) -> None:
    told = registration()
    headers = keyed(told["username"])
    first = await house.api.post("/users", json=told, headers=headers)
    again = await house.api.post("/users", json=dict(reversed(told.items())), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    await house.code_for(told["email"])
    assert len([mail for mail in house.mailer.sent if mail.to == told["email"]]) == 1


async def test_the_same_key_with_another_body_is_refused(house: House) -> None:
    told = registration()
    await house.expect(201, "POST", "/users", json=told, headers=keyed("x" + told["username"]))
    await house.refused(
        422, "IDEMPOTENCY_KEY_REUSED", "POST", "/users", json=registration(), headers=keyed("x" + told["username"])
    )


async def test_the_same_request_twice_at_once_happens_once(house: House) -> None:
    for _ in range(10):
        told = registration()
        posting = (house.api.post("/users", json=told, headers=keyed(told["username"])) for _ in range(4))
        answers = await asyncio.gather(*posting)
        assert {answer.status_code for answer in answers} <= {201, 409}
        made = [answer.json()["id"] for answer in answers if answer.status_code == 201]
        assert len(set(made)) == 1
        for answer in answers:
            if answer.status_code == 409:
                assert problem_of(answer)["code"] == "STILL_RUNNING"
        assert (await house.api.post("/users", json=told, headers=keyed(told["username"]))).json()["id"] == made[0]


async def test_a_refused_request_frees_its_key(house: House) -> None:
    taken = await house.register()
    told = registration(username=taken["username"])
    for _ in range(2):
        await house.refused(409, "USERNAME_TAKEN", "POST", "/users", json=told, headers=keyed("y" + told["email"]))
    await house.expect(201, "POST", "/users", json=registration(), headers=keyed("y" + told["email"]))


async def test_a_repeated_sign_in_gets_the_same_tokens(house: House) -> None:
    who = await house.person()
    given = {"login": who.email, "password": "quartz-lantern-47-violet"}
    answers = [await house.expect(201, "POST", "/sessions", json=given, headers=keyed(who.username)) for _ in range(2)]
    assert answers[0] == answers[1]
    listed = await house.expect(200, "GET", "/sessions", headers=who.headers)
    assert len(listed["items"]) == 2


async def test_people_share_no_keys(house: House) -> None:
    admin, other = await house.admin(), await house.admin()
    who = await house.person()
    path = f"/admin/users/{(await house.expect(200, 'GET', '/users/me', headers=who.headers))['id']}/impersonate"
    first = await house.expect(201, "POST", path, headers={**admin.headers, **keyed("same")})
    assert first == await house.expect(201, "POST", path, headers={**admin.headers, **keyed("same")})
    assert first != await house.expect(201, "POST", path, headers={**other.headers, **keyed("same")})


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "a\tb"], ids=["empty", "space", "accent", "long", "tab"])
async def test_a_key_that_is_none_is_400(house: House, key: str) -> None:
    headers = {"idempotency-key": key.encode()}
    await house.refused(400, "MALFORMED_REQUEST", "POST", "/users", json=registration(), headers=headers)


async def test_a_header_that_may_come_once_comes_once(house: House) -> None:
    headers = [("idempotency-key", "a"), ("idempotency-key", "b")]
    await house.refused(400, "MALFORMED_REQUEST", "POST", "/users", json=registration(), headers=headers)
