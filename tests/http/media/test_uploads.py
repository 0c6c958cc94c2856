"""Uploads over HTTP: starting, sending by signed requests, in parts, finishing and giving up."""

from datetime import timedelta
from typing import Any

import pytest

from tests.http.identity.api import ABSENT, PASSWORD, Api, pointers, problem
from tests.http.media.samples import png, sha256

MIB = 1024 * 1024


def announced(content: bytes, **changes: Any) -> dict[str, Any]:
    return {"name": "Tour.png", "size": len(content), "media_type": "image/png", **changes}


async def start(api: Api, token: str, content: bytes, **changes: Any) -> dict[str, Any]:
    answer = await api("POST", "/uploads", token, json=announced(content, **changes))
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/uploads/{answer.json()['upload']['id']}"
    started: dict[str, Any] = answer.json()
    return started


async def test_a_file_goes_straight_to_the_storage_and_is_ready_when_finished(api: Api, token: str) -> None:
    content = png(6, 6)
    started = await start(api, token, content, sha256=sha256(content), tags=["garden"])
    assert (started["file"]["state"], started["send"]["method"]) == ("awaiting", "PUT")
    id = started["upload"]["id"]
    assert started["file"]["id"] == id
    problem(await api("POST", f"/uploads/{id}/complete", token), 409, 40943)
    await api.world.storage.put(f"quarantine/{id}", content, media_type="image/png")
    finished = await api("POST", f"/uploads/{id}/complete", token)
    assert (finished.status_code, finished.json()["state"], finished.json()["tags"]) == (200, "ready", ["garden"])
    again = await api("POST", f"/uploads/{id}/complete", token)
    assert again.json() == finished.json()
    assert (await api("GET", f"/files/{id}/content", token)).content == content


async def test_a_large_file_goes_in_parts(api: Api, token: str) -> None:
    content = bytes(5) + png(size=9 * MIB)
    started = await start(api, token, content, transport="multipart", media_type="application/octet-stream")
    id = started["upload"]["id"]
    assert (started["send"], started["upload"]["part_size"]) == (None, 8 * MIB)
    links = (await api("POST", f"/uploads/{id}/parts", token, json={"numbers": [2, 1, 2]})).json()["items"]
    assert [(link["number"], link["size"]) for link in links] == [(2, len(content) - 8 * MIB), (1, 8 * MIB)]
    problem(await api("POST", f"/uploads/{id}/complete", token), 409, 40943)
    problem(await api("POST", f"/uploads/{id}/parts", token, json={"numbers": [3]}), 422, 42242)
    wrong = await api("POST", f"/uploads/{id}/parts", token, json={"numbers": [0] * 101})
    assert pointers(problem(wrong, 422, 42203))


async def test_an_upload_under_a_key_is_started_once(api: Api, token: str) -> None:
    key = {"idempotency-key": "upload-1"}
    first, again = [await api("POST", "/uploads", token, json=announced(png()), headers=key) for _ in range(2)]
    assert first.json() == again.json()
    assert len((await api("GET", "/uploads", token)).json()["items"]) == 1


async def test_uploads_are_listed_looked_at_and_given_up(api: Api, token: str) -> None:
    ids = []
    for _ in range(3):
        ids.append((await start(api, token, png()))["upload"]["id"])
        await api.world.advance(seconds=1)
    answer = await api("GET", "/uploads", token, params={"limit": "2"})
    assert [one["id"] for one in answer.json()["items"]] == [ids[2], ids[1]]
    assert answer.json()["next_cursor"]
    seen = await api("GET", f"/uploads/{ids[0]}", token)
    assert (seen.json()["offset"], seen.json()["complete"]) == (0, False)
    known = {"if-none-match": seen.headers["etag"]}
    assert (await api("GET", f"/uploads/{ids[0]}", token, headers=known)).status_code == 304
    before = (await api("GET", "/users/me/quota", token)).json()["reserved_files"]
    assert (await api("DELETE", f"/uploads/{ids[0]}", token)).status_code == 204
    problem(await api("GET", f"/uploads/{ids[0]}", token), 404, 40441)
    problem(await api("DELETE", f"/uploads/{ids[0]}", token), 404, 40441)
    assert (await api("GET", "/users/me/quota", token)).json()["reserved_files"] == before - 1


async def test_uploads_of_others_are_like_uploads_that_are_not(api: Api, token: str, stranger: str) -> None:
    id = (await start(api, token, png()))["upload"]["id"]
    for one in (id, ABSENT):
        for method, path, body in (
            ("GET", f"/uploads/{one}", None),
            ("DELETE", f"/uploads/{one}", None),
            ("POST", f"/uploads/{one}/parts", {"numbers": [1]}),
            ("POST", f"/uploads/{one}/complete", None),
        ):
            problem(await api(method, path, stranger, json=body), 404, 40441)
            problem(await api(method, path, json=body), 401, 40101)


async def test_an_upload_that_is_over_time_is_gone(api: Api, token: str) -> None:
    id = (await start(api, token, png()))["upload"]["id"]
    api.world.clock.advance(timedelta(hours=24))
    fresh = (await api("POST", "/sessions", json={"login": "siobhan", "password": PASSWORD})).json()["access_token"]
    problem(await api("POST", f"/uploads/{id}/complete", fresh), 404, 40441)


@pytest.mark.parametrize(
    ("changes", "status", "code", "place"),
    [
        ({"size": 0}, 422, 42203, "#/size"),
        ({"size": -1}, 422, 42203, "#/size"),
        ({"size": 600 * MIB}, 413, 41320, "#/size"),
        ({"media_type": "text/html"}, 415, 41520, "#/media_type"),
        ({"media_type": "image/svg+xml"}, 415, 41520, "#/media_type"),
        ({"media_type": "png"}, 422, 42203, "#/media_type"),
        ({"name": ""}, 422, 42203, "#/name"),
        ({"name": "x" * 256}, 422, 42203, "#/name"),
        ({"name": "a\tb"}, 422, 42242, "#/name"),
        ({"sha256": "xyz"}, 422, 42203, "#/sha256"),
        ({"visibility": "everybody"}, 422, 42203, "#/visibility"),
        ({"tags": ["x"] * 21}, 422, 42203, "#/tags"),
        ({"transport": "small"}, 422, 42242, "#/transport"),
        ({"transport": "pigeon"}, 422, 42203, "#/transport"),
        ({"owner": ABSENT}, 422, 42203, "#/owner"),
    ],
)
async def test_what_is_not_acceptable_is_told_before_a_byte_is_sent(
    api: Api, token: str, changes: dict[str, Any], status: int, code: int, place: str
) -> None:
    answer = await api("POST", "/uploads", token, json=announced(png(), **changes))
    assert pointers(problem(answer, status, code)) == {place}


async def test_who_has_no_room_left_is_told(api: Api, token: str) -> None:
    for _ in range(20):
        assert (await api("POST", "/uploads", token, json=announced(b"", size=500 * MIB))).status_code == 201
    problem(await api("POST", "/uploads", token, json=announced(b"", size=500 * MIB)), 403, 40240)
