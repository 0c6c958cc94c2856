"""Trying pictures as markers over HTTP."""

from collections.abc import AsyncIterator

import httpx
import pytest
from dependency_injector.providers import Object
from msgspec.structs import replace

from asperguide.adapters.pillow.images import image_threads
from asperguide.adapters.pillow.markers import PillowMarkerEye
from asperguide.testing.contracts.images import png
from asperguide.testing.contracts.markers import mosaic
from tests.http.identity.api import PATIENT, Api, problem, token_of
from tests.pictures import encoded, photo

ANALYZE = "/markers/analyze"


async def tried(api: Api, token: str | None, content: bytes, kind: str = "image/png", **fields: str) -> httpx.Response:
    """The answer to a picture."""
    headers = {"content-type": kind, **{name.replace("_", "-"): value for name, value in fields.items()}}
    return await api("POST", ANALYZE, token, content=content, headers=headers)


async def test_a_picture_is_told_how_well_it_will_do(api: Api, token: str) -> None:
    answer = await tried(api, token, mosaic(640, 480))
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["width"], report["height"], report["ratio"]) == (640, 480, 1.3333)
    assert (report["grade"], report["advice"], report["repetitive"]) == ("good", [], False)
    assert 0.6 <= report["score"] <= 1
    assert len(report["fingerprint"]) == 16


async def test_a_real_photo_is_really_looked_at(api: Api, token: str) -> None:
    threads = image_threads()
    with api.world.container.marker_eye.override(Object(PillowMarkerEye(threads))):
        good = (await tried(api, token, encoded(photo(1)), "image/jpeg")).json()
        poor = (await tried(api, token, png(640, 480))).json()
        cut = await tried(api, token, encoded(photo(1))[:20_000], "image/jpeg")
    threads.close()
    assert (good["grade"], good["width"], good["height"]) == ("good", 1200, 900)
    assert good["corners"] > 200
    assert (poor["grade"], poor["score"]) == ("poor", 0)
    problem(cut, 422, 42297)


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("fr", "fr"), ("fr-CA, en;q=0.5", "fr"), ("en, fr;q=0.9", "en"), ("de, fr;q=0.3", "fr"), ("de", "en"),
        ("en;q=0.2, fr;q=0.8", "fr"), ("*", "en"), ("fr;q=0, *", "en"), ("", "en"), ("FR", "fr"), ("fr;q=x", "en"),
        ("fr;q=9", "en"), (";;,,=;q", "en"), ("fr;level=1", "en"), ("fr;q=nan", "en"), ("x" * 5000, "en"),
    ],
)  # fmt: skip
async def test_advice_is_given_in_the_language_that_is_preferred(
    api: Api, token: str, asked: str, language: str
) -> None:
    answer = await tried(api, token, png(640, 480), accept_language=asked)
    assert answer.headers["content-language"] == language
    assert "Accept-Language" in answer.headers["vary"]
    assert answer.json()["advice"][0]["code"] == "few_details"
    assert answer.json()["advice"][0]["text"].startswith("La caméra" if language == "fr" else "There is little")


async def test_bytes_of_no_said_type_are_looked_at(api: Api, token: str) -> None:
    answer = await tried(api, token, mosaic(640, 480), "application/octet-stream")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"<!DOCTYPE html><script>alert(1)</script>", b"<svg onload=alert(1)>", png(30_000, 30_000)],
)
async def test_what_is_no_picture_is_refused(api: Api, token: str, content: bytes) -> None:
    assert "alert" not in problem(await tried(api, token, content), 422, 42297)["detail"]


async def test_a_picture_of_few_pixels_is_refused(api: Api, token: str) -> None:
    body = problem(await tried(api, token, png(10, 10)), 422, 42298)
    assert "300 pixels" in body["detail"]


@pytest.mark.parametrize("kind", ["text/html", "application/json", "image/svg+xml", "multipart/form-data", ""])
async def test_other_types_of_bodies_are_not_taken(api: Api, token: str, kind: str) -> None:
    problem(await tried(api, token, mosaic(640, 480), kind), 415, 41501)


async def test_a_body_has_16_mib_at_most(api: Api, token: str) -> None:
    problem(await tried(api, token, bytes(16 * 1024 * 1024 + 1)), 413, 41301)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1024 * 1024)

    answer = await api("POST", ANALYZE, token, content=endless(), headers={"content-type": "image/png"})
    problem(answer, 413, 41301)


async def test_strangers_are_refused(api: Api) -> None:
    answer = await tried(api, None, mosaic(640, 480))
    assert answer.status_code == 401


async def test_when_too_many_wait_callers_are_told_when_to_come_back(api: Api, token: str) -> None:
    api.world.container.images().busy = True  # type: ignore[attr-defined]
    answer = await tried(api, token, mosaic(640, 480))
    problem(answer, 503, 50331)
    assert int(answer.headers["retry-after"]) >= 1


async def test_everybody_tries_so_many_a_minute_wherever_they_are() -> None:
    api = Api(replace(PATIENT, rate_limit_markers=2))
    async with api.client:
        mine, theirs = [token_of(await api.member(name)) for name in ("siobhan", "malik")]
        for left in (1, 0):
            answer = await tried(api, mine, mosaic(300, 300))
            assert answer.status_code == 200
            assert f'"markers";r={left};' in answer.headers["ratelimit"]
        refused = await tried(api, mine, mosaic(300, 300))
        problem(refused, 429, 42900)
        assert int(refused.headers["retry-after"]) >= 1
        assert (await api("GET", "/users/me", mine)).status_code == 200
        assert (await tried(api, theirs, mosaic(300, 300))).status_code == 200
        await api.world.advance(seconds=61)
        assert (await api("GET", "/users/me", mine)).status_code == 200
        assert (await tried(api, mine, mosaic(300, 300))).status_code == 200
