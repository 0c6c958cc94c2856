"""Bodies: strict JSON, all field errors at once, and hostile ones refused in milliseconds."""

import contextlib
import json
import time
from typing import Any

import httpx
import pytest

from asperguide.adapters.http.bodies import strict_form, strict_json
from asperguide.adapters.http.problems import MalformedBody
from tests.http.sample import SIGNED_IN, World

JSON = {**SIGNED_IN, "content-type": "application/json"}
DEEP = 5000


async def send(body: bytes, path: str = "/things", **headers: str) -> httpx.Response:
    async with World().client(headers={**JSON, **headers}) as client:
        return await client.post(path, content=body)


NO_JSON: dict[str, bytes] = {
    "nothing but a brace": b"{",
    "words": b"hello",
    "single quotes": b"{'title': 'a'}",
    "a comma too many": b'{"title": "a",}',
    "two values": b'{"title": "a"} {}',
    "a comment": b'{"title": "a"} // hi',
    "a byte order mark": b'\xef\xbb\xbf{"title": "a"}',
    "UTF-16": '{"title": "a"}'.encode("utf-16"),
    "broken UTF-8": b'{"title": "\xff\xfe"}',
    "overlong UTF-8": b'{"title": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"title": "\xed\xa0\x80"}',
    "a lone high surrogate": b'{"title": "\\ud800"}',
    "a lone low surrogate": b'{"title": "\\udc00 x"}',
    "a lone surrogate as a name": b'{"\\ud800": 1}',
    "an escaped NUL": b'{"title": "a\\u0000b"}',
    "an escaped NUL deep inside": b'{"title": "a", "tags": ["\\u0000"]}',
    "a NUL": b'{"title": "a\x00b"}',
    "a raw newline in a string": b'{"title": "a\nb"}',
    "NaN": b'{"weight": NaN}',
    "Infinity": b'{"weight": Infinity}',
    "minus infinity": b'{"weight": -Infinity}',
    "a float beyond all": b'{"weight": 1e999}',
    "a huge integer": b'{"count": ' + b"9" * 20 + b"}",
    "an absurd integer": b'{"count": ' + b"9" * 900_000 + b"}",
    "a leading zero": b'{"count": 01}',
    "a doubled name": b'{"title": "a", "title": "b"}',
    "a doubled name deep inside": b'{"title": "a", "owner": {"name": "x", "name": "y"}}',
    "a doubled name by escape": b'{"title": "a", "\\u0074itle": "b"}',
    "65 arrays": b"[" * 65 + b"]" * 65,
    "65 objects": b'{"a":' * 65 + b"1" + b"}" * 65,
    "65 of both": b'{"a":[' * 33 + b"1" + b"]}" * 33,
    "5000 arrays": b"[" * DEEP + b"]" * DEEP,
    "5000 objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "5000 arrays that never end": b"[" * DEEP,
    "half a mebibyte of brackets": b"[" * 524_000 + b"]" * 524_000,
    "brackets behind a quote": b'["\\"' + b"[" * DEEP + b'", ' + b"[" * DEEP + b"]" * DEEP + b"]",
    "very many arrays side by side": b"[" + b"[]," * 200_000 + b"[]]",
    "nothing": b"",
    "spaces": b"   ",
}

OTHER_SHAPES: dict[str, bytes] = {
    "an array": b"[]",
    "null": b"null",
    "a number": b"1",
    "a string": b'"title"',
    "an empty object": b"{}",
    "an unknown field": b'{"title": "a", "is_admin": true}',
    "an unknown nested field": b'{"title": "a", "owner": {"name": "ab", "id": 1}}',
    "a number for text": b'{"title": 1}',
    "text for a number": b'{"title": "a", "count": "1"}',
    "a float for an integer": b'{"title": "a", "count": 1.5}',
    "true for an integer": b'{"title": "a", "count": true}',
    "null where a value must be": b'{"title": null}',
    "an empty text": b'{"title": ""}',
    "a long text": b'{"title": "' + b"x" * 5000 + b'"}',
    "a value of no enum": b'{"title": "a", "role": "god"}',
    "a list of the wrong things": b'{"title": "a", "tags": [1, "toolong", null]}',
    "an object for a list": b'{"title": "a", "tags": {}}',
    "19 digits": b'{"title": "a", "count": 9999999999999999999}',
    "no time": b'{"title": "a", "owner": {"name": "ab", "born": "yesterday"}}',
    "64 levels": b'{"title": ' + b"[" * 63 + b"]" * 63 + b"}",
}


@pytest.mark.parametrize("name", NO_JSON)
async def test_what_is_no_strict_json_is_400_in_milliseconds(name: str) -> None:
    started = time.process_time()
    answer = await send(NO_JSON[name])
    assert (answer.status_code, answer.json()["internal_code"]) == (400, 40001)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("name", OTHER_SHAPES)
async def test_json_of_another_shape_is_422_and_names_what_is_wrong(name: str) -> None:
    answer = await send(OTHER_SHAPES[name])
    assert (answer.status_code, answer.json()["internal_code"]) == (422, 42203)
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"title": "O\'Neil \\u00e9 \\ud83d\\ude00 \\\\u0000"}',
        '{"title": "日本語 😀"}'.encode(),
        b' {"title":"a","count":10,"weight":1,"tags":["a"],"owners":[{"name":"ab"}],"owner":null} ',
        b'{"title": "' + b"[" * 20 + b'"}',
    ],
)
async def test_honest_json_is_accepted(body: bytes) -> None:
    answer = await send(body)
    assert answer.status_code == 201
    assert answer.json()["title"] == json.loads(body)["title"]


async def test_all_field_errors_come_at_once_with_pointers_and_without_values() -> None:
    body = {
        "title": "hunter2" * 10,
        "count": 11,
        "role": "hunter3",
        "owner": {"name": "x", "born": "hunter4"},
        "tags": ["ok", "hunter5"],
        "owners": [{"name": "ab"}, {}],
        "is/ad~min": "hunter6",
    }
    answer = await send(json.dumps(body).encode())
    assert answer.status_code == 422
    assert {(error["pointer"], error["code"], error["detail"]) for error in answer.json()["errors"]} == {
        ("#/title", "TOO_LONG", "At most 20 characters."),
        ("#/count", "TOO_LARGE", "At most 10."),
        ("#/role", "NOT_ALLOWED", "Not one of the allowed values."),
        ("#/owner/name", "TOO_SHORT", "At least 2 characters."),
        ("#/owner/born", "WRONG_FORMAT", "Invalid RFC3339 encoded datetime."),
        ("#/tags/1", "TOO_LONG", "At most 5 characters."),
        ("#/owners/1/name", "REQUIRED", "Is required."),
        ("#/is~1ad~0min", "UNKNOWN_FIELD", "There is no such field."),
    }
    assert "hunter" not in answer.text


async def test_errors_are_counted_up_to_fifty() -> None:
    answer = await send(json.dumps({"title": "a", "tags": ["toolong"] * 1000}).encode())
    assert len(answer.json()["errors"]) == 50


async def test_of_very_long_lists_the_first_error_far_behind_is_told() -> None:
    answer = await send(json.dumps({"title": "a", "tags": ["a"] * 1000 + ["toolong", "toolong"]}).encode())
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/tags/1000"]


@pytest.mark.parametrize(
    "media_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/json; charset=latin-1"],
)
async def test_another_media_type_is_415(media_type: str) -> None:
    answer = await send(b'{"title": "a"}', **{"content-type": media_type})
    assert (answer.status_code, answer.json()["internal_code"]) == (415, 41501)
    assert answer.json()["detail"] == "Send application/json."


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;charset=UTF-8"],
)
async def test_json_may_name_its_only_charset(media_type: str) -> None:
    assert (await send(b'{"title": "a"}', **{"content-type": media_type})).status_code == 201


class TestMergePatch:
    @staticmethod
    async def change(body: bytes) -> httpx.Response:
        async with World().client(headers={**JSON, "if-match": '"3"'}) as client:
            return await client.patch("/things/0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10", content=body)

    @pytest.mark.parametrize("body", [{}, {"title": "a"}, {"note": None}, {"title": "a", "note": "b"}])
    async def test_absent_is_unchanged_and_null_clears_where_it_may(self, body: dict[str, Any]) -> None:
        assert (await self.change(json.dumps(body).encode())).json() == body

    async def test_null_where_nothing_may_be_cleared_is_422(self) -> None:
        answer = await self.change(b'{"title": null}')
        assert answer.status_code == 422
        assert answer.json()["errors"] == [
            {"pointer": "#/title", "code": "NULL", "detail": "Null is not possible here."}
        ]


class TestForms:
    @staticmethod
    async def submit(body: bytes) -> httpx.Response:
        async with World().client(headers={"content-type": "application/x-www-form-urlencoded"}) as client:
            return await client.post("/form", content=body)

    async def test_a_form_becomes_a_struct(self) -> None:
        assert (await self.submit(b"login=o%27neil+x&times=2")).json() == {"login": "o'neil x", "times": 2}

    @pytest.mark.parametrize("body", [b"", b"times=2", b"login=a&times=x", b"login=a&is_admin=1"])
    async def test_another_shape_is_422(self, body: bytes) -> None:
        assert (await self.submit(body)).status_code == 422

    @pytest.mark.parametrize(
        "body",
        [b"login=a&login=b", b"login=%ff", b"login=\xff", b"login=%00", b"&".join(b"a%d=1" % n for n in range(60))],
    )
    async def test_what_is_no_form_is_400(self, body: bytes) -> None:
        assert (await self.submit(body)).json()["internal_code"] == 40001

    def test_no_form_is_kept_after_it_was_read(self) -> None:
        assert strict_form(b"password=x") == {"password": "x"}
        assert not hasattr(strict_form, "cache_info")


@pytest.mark.parametrize("levels", [64, 63, 1])
def test_depth_up_to_64_is_fine(levels: int) -> None:
    strict_json(b"[" * levels + b"]" * levels)
    strict_json(b'[{"a":' * (levels // 2) + b"1" + b"}]" * (levels // 2))


def test_brackets_in_strings_do_not_count_as_depth() -> None:
    text = '[{"\\"[\\\\' * 100
    assert strict_json(json.dumps({"a": text, "b": [text]}).encode())["a"] == text


def test_the_worst_mebibytes_take_milliseconds() -> None:
    worst = [
        b"[" * 1_048_576,
        b"[" + b"[]," * 349_000 + b"[]]",
        b"[" + (b"[" * 63 + b"]" * 63 + b",") * 8_000 + b"1]",
        b'"' + b"\\" * 1_048_574,
        b'{"a":' * 200_000,
        b"[" + b"1," * 500_000 + b"1]",
        b"[" + b'"\\u00e9",' * 90_000 + b"1]",
        b"[" + b"1e1," * 250_000 + b"1]",
        b"{" + b",".join(b'"%d":1' % number for number in range(80_000)) + b"}",
    ]
    for body in worst:
        started = time.process_time()
        with contextlib.suppress(MalformedBody):
            strict_json(body)
        assert time.process_time() - started < 4, body[:20]
