"""What is sent to the addresses of prints by those who have no print, on a real database."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from asperguide.ar.model import ContentState
from asperguide.ar.rotation import PlaybackMode
from tests.http.bad_input.house import URL, House, problem_of
from tests.http.sample import ANN
from tests.showcase import change, print_of

IDS = (
    "", " ", "x", "A" * 21, "A" * 23, "A" * 21 + "B", "x' OR id='2", "' UNION SELECT 1 --", "\0", "A" * 21 + "\0",
    "A" * 10_000, "é" * 22, "\U0001f600" * 22, "A" * 22 + "\u202e", "%", "%s%n", "{{7*7}}", "<script>", "null", "0",
    "-1", "\u2028", "A" * 22 + " ", "AAAAAAAAAAAAAAAAAAAAA=", "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10",
)  # fmt: skip
PARTS = ("check", "manifest", "marker", "photo", f"videos/{ANN.user}", f"videos/{ANN.user}/poster")


@pytest.fixture
def house(build_house: Callable[..., House], tmp_path: Path) -> House:
    """The application with a folder of its own for objects."""
    return build_house(data_dir=tmp_path, rate_limit_views=10**6)


@pytest.mark.parametrize("id", IDS, ids=range(len(IDS)))
async def test_ids_that_are_none_lead_nowhere(house: House, id: str) -> None:
    for part in PARTS:
        answer = await house.api.get(f"/viewer/{quote(id, safe='')}/{part}")
        if answer.status_code == 200:
            assert (part, answer.json()) == ("check", {"available": False, "reason": "invalid_id"})
        else:
            assert problem_of(answer)["status"] in (404, 414)
    page = await house.api.get(f"{URL}/view/{quote(id, safe='')}")
    assert page.status_code in (404, 414)
    assert "<script>alert" not in page.text


async def test_an_id_is_compared_byte_by_byte(house: House) -> None:
    content = await print_of(house.container, ANN, public_id="AbCdEfGhIjKlMnOpQrStUA")
    assert content.public_id == "AbCdEfGhIjKlMnOpQrStUA"
    for id, found in ((content.public_id, True), ("abCdEfGhIjKlMnOpQrStUA", False), ("ABCDEFGHIJKLMNOPQRSTUA", False)):
        answer = await house.expect(200, "GET", f"/viewer/{id}/check")
        assert answer == {"available": found, "reason": None if found else "not_found"}


@pytest.mark.parametrize(
    "query",
    ["session=short", "session=" + "x" * 65, "session=a%27%20OR%201%3D1%20--", "session=%00%00%00%00%00%00%00%00",
     "session=" + "x" * 7_000, "session=%F0%9F%98%80%F0%9F%98%80%F0%9F%98%80", "session=", "session=abcdefgh%0a"],
)  # fmt: skip
async def test_sessions_that_are_none_are_refused_and_take_no_turn(house: House, query: str) -> None:
    content = await print_of(house.container, ANN, mode=PlaybackMode.CYCLIC)
    answer = await house.api.get(f"/viewer/{content.public_id}/manifest?{query}")
    assert problem_of(answer)["status"] == 422
    first = await house.expect(200, "GET", f"/viewer/{content.public_id}/manifest?session=abcdefgh")
    assert first["video"]["id"] == str(content.videos[0].id)


async def test_sessions_that_are_told_twice_or_written_in_another_case(house: House) -> None:
    content = await print_of(house.container, ANN, mode=PlaybackMode.CYCLIC)
    path = f"/viewer/{content.public_id}/manifest"
    seen = [await house.expect(200, "GET", f"{path}?session={session}") for session in ("abcdefgh", "ABCDEFGH")]
    assert seen[0]["video"]["id"] != seen[1]["video"]["id"]
    twice = await house.api.get(f"{path}?session=abcdefgh&session=ABCDEFGH")
    assert twice.status_code in (200, 422)


async def test_many_new_sessions_at_once_take_turns_one_after_the_other(house: House) -> None:
    content = await print_of(house.container, ANN, mode=PlaybackMode.CYCLIC)
    path = f"/viewer/{content.public_id}/manifest?session=visitor-"
    answers = await asyncio.gather(*(house.api.get(f"{path}{n}") for n in range(40)))
    videos = [answer.json()["video"]["id"] for answer in answers]
    assert sorted(map(videos.count, {*videos})) == [20, 20]


async def test_strangers_preview_nothing(house: House) -> None:
    content = await print_of(house.container, ANN, state=ContentState.DRAFT)
    somebody = await house.person()
    for headers in ({}, somebody.headers, {"authorization": "Bearer x"}, {"authorization": "Basic eDp5"}):
        for part in ("manifest", "photo", "marker", f"videos/{content.videos[0].id}"):
            answer = await house.api.get(f"/viewer/{content.public_id}/{part}?preview", headers=headers)
            assert problem_of(answer)["code"] == "NOT_PUBLISHED"
        check = await house.expect(200, "GET", f"/viewer/{content.public_id}/check?preview", headers=headers)
        assert check["reason"] == "not_published"


async def test_bytes_that_are_missing_are_not_found(house: House) -> None:
    content = await print_of(house.container, ANN)
    for part in ("photo", "marker", *(f"videos/{content.videos[0].id}{end}" for end in ("", "/poster", "/thumbnail"))):
        await house.refused(404, "NOT_FOUND", "GET", f"/viewer/{content.public_id}/{part}")
    await house.refused(404, "NOT_FOUND", "GET", f"/viewer/{content.public_id}/videos/{content.id}")


@pytest.mark.parametrize(
    "title",
    [
        '"><script>alert(1)</script>',
        "漢" * 255,
        "החתונה של נועה",
        "\u202ereversed",
        "{{7*7}}",
        "%s%n",
        "\u2028",
        "'" * 255,
    ],
    ids=range(8),
)
async def test_titles_are_shown_as_they_are(house: House, title: str) -> None:
    content = await print_of(house.container, ANN)
    videos = tuple(replace(video, title=title) for video in content.videos)
    await change(house.container, content, title=title, videos=videos)
    manifest = await house.expect(200, "GET", f"/viewer/{content.public_id}/manifest")
    assert (manifest["title"], manifest["video"]["title"]) == (title, title)
    page = await house.api.get(f"{URL}/view/{content.public_id}")
    assert page.status_code == 200 and "<script>alert" not in page.text


@pytest.mark.parametrize(
    ("name", "value"),
    [("if-none-match", '"' * 5_000), ("if-none-match", "W/"), ("range", "bytes=-0"), ("range", "bytes=9-1,2-3"),
     ("accept-language", "fr;q=" * 500), ("accept-language", "\u00e9"), ("origin", "null"),
     ("host", "elsewhere.example")],
)  # fmt: skip
async def test_header_fields_that_are_nonsense_do_no_harm(house: House, name: str, value: str) -> None:
    content = await print_of(house.container, ANN)
    headers = {name: value.encode("latin-1")}
    for path in (f"/viewer/{content.public_id}/manifest", f"{URL}/view/{content.public_id}"):
        answer = await house.api.get(path, headers=headers)  # type: ignore[arg-type]
        assert answer.status_code in (200, 304, 400)
        assert "elsewhere.example" not in answer.text
