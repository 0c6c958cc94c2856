"""Bodies that no honest client sends: refused in milliseconds with a clear problem, never with a 500."""

import time

import pytest

from tests.http.bad_input.house import House, problem_of, registration

JSON = {"content-type": "application/json"}
GOOD = b'{"login": "nobody", "password": "quartz-lantern-47-violet"}'

MALFORMED = {
    "empty": b"",
    "not JSON": b"login=x",
    "half": GOOD[:-1],
    "two texts": GOOD + GOOD,
    "invalid UTF-8": b'{"login": "\xff\xfe", "password": "x"}',
    "UTF-16": GOOD.decode().encode("utf-16"),
    "5000 lists deep": b"[" * 5000 + b"]" * 5000,
    "5000 objects deep": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "65 deep": b'{"login": ' + b"[" * 65 + b"]" * 65 + b"}",
    "duplicate names": b'{"login": "a", "login": "b", "password": "x"}',
    "NaN": b'{"login": NaN, "password": "x"}',
    "Infinity": b'{"login": "x", "password": -Infinity}',
    "1e999": b'{"login": 1e999, "password": "x"}',
    "huge integer": b'{"login": ' + b"9" * 5000 + b', "password": "x"}',
    "NUL": b'{"login": "a\\u0000b", "password": "x"}',
    "lone surrogate": b'{"login": "\\ud800", "password": "x"}',
    "surrogate in a name": b'{"\\udfff": 1, "login": "x", "password": "x"}',
    "raw control character": b'{"login": "a\nb", "password": "x"}',
    "single quotes": b"{'login': 'x'}",
    "100 000 lists": b"[" + b"[]," * 100_000 + b"[]]",
}
WRONG = {
    "null": b"null",
    "a list": b"[]",
    "a string": b'"x"',
    "a number": b"7",
    "unknown field": b'{"login": "x", "password": "x", "admin": true}',
    "wrong type": b'{"login": 7, "password": "x"}',
    "null field": b'{"login": null, "password": "x"}',
    "list for a string": b'{"login": ["x"], "password": "x"}',
    "missing field": b'{"login": "x"}',
    "19 digits": b'{"login": 9999999999999999999, "password": "x"}',
    "empty strings": b'{"login": "", "password": ""}',
    "unknown transport": b'{"login": "x", "password": "x", "transport": "pigeon"}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_no_strict_json_is_400(house: House, body: bytes) -> None:
    started = time.monotonic()
    problem = problem_of(await house.api.post("/sessions", content=body, headers=JSON))
    assert (problem["status"], problem["code"]) == (400, "MALFORMED_BODY"), problem
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
async def test_what_has_another_shape_is_422_with_its_fields(house: House, body: bytes) -> None:
    problem = problem_of(await house.api.post("/sessions", content=body, headers=JSON))
    assert (problem["status"], problem["code"]) == (422, "INVALID_FIELDS"), problem
    assert problem["errors"]


async def test_two_mebibytes_are_413_however_they_are_announced(house: House) -> None:
    async def chunks(size: int) -> "object":
        for _ in range(size // 65536):
            yield b" " * 65536

    two = 2 * 1024 * 1024
    await house.refused(413, "PAYLOAD_TOO_LARGE", "POST", "/sessions", content=b" " * two, headers=JSON)
    await house.refused(413, "PAYLOAD_TOO_LARGE", "POST", "/sessions", content=chunks(two), headers=JSON)


async def test_other_media_types_are_415(house: House) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/json; charset=x"):
        headers = {"content-type": kind}
        await house.refused(415, "UNSUPPORTED_MEDIA_TYPE", "POST", "/sessions", content=GOOD, headers=headers)
    await house.refused(415, "UNSUPPORTED_MEDIA_TYPE", "POST", "/oauth/token", content=GOOD, headers=JSON)
    await house.refused(415, "UNSUPPORTED_MEDIA_TYPE", "POST", "/sessions", content=GOOD)


async def test_null_clears_what_can_be_empty_and_nothing_else(house: House) -> None:
    who = await house.person(gender="F", age_range="31-40")
    cleared = await house.expect(
        200, "PATCH", "/users/me", json={"gender": None, "age_range": None}, headers=who.headers
    )
    assert (cleared["gender"], cleared["age_range"]) == (None, None)
    nothing = dict.fromkeys(("username", "full_name", "locale", "time_zone", "preferences"))
    problem = await house.refused(422, "INVALID_FIELDS", "PATCH", "/users/me", json=nothing, headers=who.headers)
    assert {error["pointer"] for error in problem["errors"]} == {f"#/{name}" for name in nothing}
    for unchangeable in ("email", "roles", "state", "id", "version"):
        await house.refused(422, "INVALID_FIELDS", "PATCH", "/users/me", json={unchangeable: "x"}, headers=who.headers)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/users/me/", 401),
        ("/users/%00", 404),
        ("/sessions/not-a-uuid", 404),
        ("/admin/users/00000000-0000-0000-0000-00000000000g", 404),
        ("/users/me/../me", 401),
        ("/nowhere", 404),
        ("/" + "x" * 9000, 414),
        ("/users/username-available?username=%ff", 422),
        ("/users/username-available?username=a%00b", 422),
        ("/users/username-available?username=' OR 1=1", 422),
        ("/users/username-available", 422),
        ("/users/username-available?username=" + "x" * 51, 422),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_addresses_that_lead_nowhere_are_told_so(house: House, path: str, status: int) -> None:
    assert problem_of(await house.api.get(path))["status"] == status


async def test_a_method_that_is_not_there_is_405_with_those_that_are(house: House) -> None:
    answer = await house.api.put("/sessions", json={})
    assert (problem_of(answer)["status"], answer.headers["allow"]) == (405, "DELETE, GET, HEAD, OPTIONS, POST")


async def test_a_registration_that_is_refused_leaves_nothing(house: House) -> None:
    told = registration()
    for wrong in ({"time_zone": "Mars"}, {"password": "password"}, {"gender": 7}):
        await house.expect(422, "POST", "/users", json={**told, **wrong})
    available = await house.expect(200, "GET", f"/users/username-available?username={told['username']}")
    assert available["available"] is True
    await house.expect(201, "POST", "/users", json=told)
