"""Pictures that nobody could print: refused with a reason, and never at the cost of others."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from PIL import Image

from asperguide.testing.contracts.markers import mosaic
from tests.contract.test_images import HOSTILE
from tests.http.bad_input.house import House, Person, problem_of
from tests.media import PROGRAM, TEXT
from tests.pictures import encoded, photo

ANALYZE = "/markers/analyze"
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
JPEG = encoded(photo(1, 600, 450))

NO_PICTURES: dict[str, bytes] = {
    "nothing": b"",
    "a page": HTML,
    "a page behind the head of a picture": b"\x89PNG\r\n\x1a\n" + HTML,
    "a drawing": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a program": PROGRAM,
    "text": TEXT,
    "zeros": bytes(5000),
    "half a JPEG": JPEG[: len(JPEG) // 2],
    "the head of a JPEG": JPEG[:4],
    "JSON": b'{"width": 640, "height": 480, "score": 1}',
}


@pytest.fixture
async def printer(house: House) -> Person:
    """Somebody who wants to print."""
    return await house.person()


async def tried(house: House, who: Person | None, content: object, kind: str = "image/jpeg") -> httpx.Response:
    """The answer to a picture."""
    headers = {**(who.headers if who else {}), "content-type": kind}
    return await house.api.post(ANALYZE, content=content, headers=headers)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NO_PICTURES)
async def test_what_is_no_picture_is_refused_with_a_reason(house: House, printer: Person, name: str) -> None:
    problem = problem_of(await tried(house, printer, NO_PICTURES[name]))
    assert (problem["status"], problem["code"]) == (422, "MARKER_REFUSED")
    assert problem["detail"].endswith(".")
    assert "alert" not in problem["detail"]


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "65 MiB"])
async def test_hostile_pictures_cost_next_to_nothing(house: House, printer: Person, name: str) -> None:
    await tried(house, printer, JPEG)  # whatever has to be loaded is
    content = HOSTILE[name]()
    started = time.process_time()
    problem = problem_of(await tried(house, printer, content, "application/octet-stream"))
    assert time.process_time() - started < 0.5
    assert problem["status"] in (413, 422)
    assert problem["code"] in ("MARKER_REFUSED", "MARKER_TOO_SMALL", "PAYLOAD_TOO_LARGE")


async def test_too_few_pixels_are_refused_whichever_side_they_lack(house: House, printer: Person) -> None:
    for size in ((10, 10), (299, 2000), (2000, 299)):
        problem = problem_of(await tried(house, printer, encoded(Image.new("RGB", size)), "image/jpeg"))
        assert (problem["status"], problem["code"]) == (422, "MARKER_TOO_SMALL")


async def test_every_honest_kind_of_picture_is_looked_at(house: House, printer: Person) -> None:
    picture = photo(1, 600, 450)
    exif = Image.Exif()
    exif[0x0112] = 8
    for content in (
        encoded(picture.convert("CMYK")),
        encoded(picture.convert("L"), "PNG"),
        encoded(picture.convert("RGBA"), "WEBP"),
        encoded(picture.quantize(64), "GIF", save_all=True, append_images=[photo(2, 600, 450).quantize(64)]),
        encoded(picture, "TIFF"),
        encoded(picture, "AVIF"),
        encoded(picture, "BMP"),
        encoded(picture.convert("1"), "PNG"),
        encoded(picture, exif=exif.tobytes()),
    ):
        answer = await tried(house, printer, content, "application/octet-stream")
        assert answer.status_code == 200, answer.text
        assert sorted((answer.json()["width"], answer.json()["height"])) == [450, 600]


async def test_what_is_said_of_the_picture_decides_nothing(house: House, printer: Person) -> None:
    said = await tried(house, printer, JPEG, "image/png")
    assert said.status_code == 200
    for kind in ("text/html", "image/svg+xml", "image/x-icon", "", "image/jpeg, text/html"):
        assert problem_of(await tried(house, printer, JPEG, kind))["status"] == 415


async def test_bodies_beyond_16_mib_are_not_read_to_their_end(house: House, printer: Person) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1024 * 1024
            yield bytes(1024 * 1024)

    assert problem_of(await tried(house, printer, endless()))["status"] == 413
    assert sent <= 34 * 1024 * 1024  # 16 MiB are read, and as many thrown away beside the answer
    announced = await house.api.post(
        ANALYZE,
        content=b"x",
        headers={**printer.headers, "content-type": "image/jpeg", "content-length": str(17 * 1024 * 1024)},
    )
    assert problem_of(announced)["status"] == 413


async def test_a_crowd_is_served_or_told_to_come_back(house: House) -> None:
    people = [await house.person() for _ in range(2)]
    answers = await asyncio.gather(*(tried(house, people[at % 2], mosaic(400, 400)) for at in range(40)))
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert sum(answer.status_code == 200 for answer in answers) >= 20
    for answer in answers:
        if answer.status_code == 503:
            assert problem_of(answer)["code"] == "TOO_MANY_IMAGES"
            assert int(answer.headers["retry-after"]) >= 1


async def test_strangers_and_other_methods_get_nowhere(house: House, printer: Person) -> None:
    assert problem_of(await tried(house, None, JPEG))["status"] == 401
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = await house.api.request(method, ANALYZE, headers=printer.headers)
        assert problem_of(answer)["status"] == 405
        assert "POST" in answer.headers["allow"]


async def test_who_tries_too_often_waits_alone(build_house: Callable[..., House]) -> None:
    house = build_house(rate_limit_markers=2)
    eager, patient = await house.person(), await house.person()
    statuses = [(await tried(house, eager, b"")).status_code for _ in range(4)]
    assert statuses == [422, 422, 429, 429]
    assert (await tried(house, patient, JPEG)).status_code == 200
    assert (await house.api.get("/users/me", headers=eager.headers)).status_code == 200
