"""Videos that are added to a print: of uploads and in forms, processed, and thrown away when nobody shows them."""

from dataclasses import replace
from typing import Any

import pytest

from asperguide.adapters.memory.video_tools import toy_clip
from asperguide.identity import SignInRequest
from tests.http.ar.printing import Printer, places
from tests.http.identity.api import PASSWORD, Api, problem, token_of
from tests.media import png, send

CLIP, OTHER = toy_clip(3), toy_clip(5, width=1280, height=720)


@pytest.fixture
async def printer(api: Api) -> Printer:
    return await Printer.called(api)


async def uploaded(printer: Printer, content: bytes = CLIP, media_type: str = "video/mp4") -> str:
    """A file of hers."""
    file = await send(printer.api.world, printer.person.actor, content, name="March.mp4", media_type=media_type)
    return str(file.id)


async def again(printer: Printer) -> Printer:
    """The same person, signed in anew after some time."""
    wanted = SignInRequest(login=printer.person.email, password=PASSWORD)
    signed_in = await printer.api.world.container.sign_in()(wanted)
    return replace(printer, person=replace(printer.person, signed_in=signed_in))


def form(*films: bytes) -> list[tuple[str, tuple[str, bytes, str]]]:
    """Videos as a browser would send them."""
    return [("video", (f"film{n}.mp4", film, "video/mp4")) for n, film in enumerate(films)]


async def test_an_upload_becomes_the_company_s_and_is_shown_once_it_is_processed(printer: Printer, api: Api) -> None:
    file = await uploaded(printer)
    body = {"videos": [{"file": file, "title": "March", "weight": 3, "subscription": "2y", "active": False}]}
    added = await printer("POST", "/videos", json=body)
    assert (added.status_code, added.headers["etag"]) == (201, '"2"')
    (film,) = added.json()["items"]
    assert (film["title"], film["position"], film["weight"], film["state"]) == ("March", 3, 3, "inactive")
    assert film["ends_at"] == "2028-01-01T12:00:00Z"
    await api.world.settle()
    shown = (await printer.expect(200, "GET", "/videos"))["items"][3]
    assert (shown["footage"]["width"], shown["footage"]["media_type"]) == (640, "video/mp4")
    problem(await api("GET", f"/files/{file}", token_of(printer.person)), 404, 40440)


async def test_videos_come_in_a_form(printer: Printer, api: Api) -> None:
    added = await printer.expect(201, "POST", "/videos", files=form(CLIP, OTHER))
    assert [(one["title"], one["position"]) for one in added["items"]] == [("film0", 3), ("film1", 4)]
    await api.world.settle()
    shown = await printer.expect(200, "GET", "/videos")
    assert [one["footage"]["width"] for one in shown["items"][3:]] == [640, 1280]


async def test_a_form_sent_twice_under_a_key_is_one_and_another_one_is_refused(printer: Printer) -> None:
    key = {"idempotency-key": "films"}
    first = await printer.expect(201, "POST", "/videos", files=form(CLIP), headers=key)
    again = await printer("POST", "/videos", files=form(CLIP), headers=key)
    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (201, first, "true")
    await printer.api.world.settle()
    for others in (form(OTHER), form(CLIP, CLIP), form(toy_clip(4))):
        problem(await printer("POST", "/videos", files=others, headers=key), 422, 42201)
    assert len((await printer.expect(200, "GET", "/videos"))["items"]) == 4


async def test_uploads_sent_twice_under_a_key_are_added_once(printer: Printer) -> None:
    key, body = {"idempotency-key": "films"}, {"videos": [{"file": await uploaded(printer)}]}
    first = await printer.expect(201, "POST", "/videos", json=body, headers=key)
    assert await printer.expect(201, "POST", "/videos", json=body, headers=key) == first
    assert len((await printer.expect(200, "GET", "/videos"))["items"]) == 4


@pytest.mark.parametrize(
    ("parts", "pointers"),
    [
        ([("video", ("a.html", b"<html><script>alert(1)</script>", "text/html"))], ["#/videos/0"]),
        ([*form(CLIP), ("photo", ("a.png", png(), "image/png"))], ["#/videos/1"]),
        ([*form(CLIP), ("video", ("a.png", png(), "image/png"))], ["#/videos/1"]),
        ([*form(CLIP), ("title", (None, "March"))], ["#/title"]),
    ],
)
async def test_of_a_form_that_is_refused_nothing_is_left(
    printer: Printer, api: Api, parts: Any, pointers: list[str]
) -> None:
    answer = await printer("POST", "/videos", files=parts)
    assert (answer.status_code, places(answer)) == (422, pointers)
    await api.world.settle()
    assert len((await printer.expect(200, "GET", "/videos"))["items"]) == 3
    assert api.world.storage.objects == {}


async def test_what_turns_out_to_be_no_video_says_so_and_never_plays(printer: Printer, api: Api) -> None:
    await printer.expect(201, "POST", "/videos", files=form(b"<html><script>alert(1)</script>"))
    await api.world.settle()
    film = (await printer.expect(200, "GET", "/videos"))["items"][3]
    assert film["footage"] is None and film["failure"]
    assert api.world.storage.objects == {}


async def test_a_body_of_another_type_or_without_an_end_is_refused(printer: Printer) -> None:
    for content, media_type, status in (
        (b"x", "text/plain", 415), (b"", "multipart/form-data", 400), (b"{", "application/json", 400),
        (b"--x\r\n", "multipart/form-data; boundary=x", 400), (b"[]", "application/json", 422),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 422),
    ):  # fmt: skip
        answer = await printer("POST", "/videos", content=content, headers={"content-type": media_type})
        assert answer.status_code == status, (content, answer.text)


async def test_files_of_others_and_what_is_no_video_are_refused(printer: Printer, api: Api) -> None:
    other = await Printer.called(api, "malik")
    foreign, picture = await uploaded(other), await uploaded(printer, png(), "image/png")
    for file in (foreign, picture):
        answer = await printer("POST", "/videos", json={"videos": [{"file": await uploaded(printer)}, {"file": file}]})
        assert (answer.status_code, places(answer)) == (422, ["#/videos/1/file"])
    assert (await api("GET", f"/files/{foreign}", token_of(other.person))).status_code == 200


async def test_a_file_goes_with_the_last_video_that_shows_it(printer: Printer, api: Api) -> None:
    file = await uploaded(printer)
    added = await printer.expect(201, "POST", "/videos", json={"videos": [{"file": file}, {"file": file}]})
    await api.world.settle()
    one, two = (film["id"] for film in added["items"])
    await printer.expect(204, "DELETE", f"/videos/{one}")
    await api.world.advance(minutes=5)
    assert api.world.storage.objects
    await (await again(printer)).expect(204, "DELETE", f"/videos/{two}")
    await api.world.advance(minutes=10)
    assert api.world.storage.objects == {}


async def test_pictures_of_a_video_can_be_of_another_moment(printer: Printer, api: Api) -> None:
    (film,) = (await printer.expect(201, "POST", "/videos", files=form(CLIP)))["items"]
    await api.world.settle()
    before = set(api.world.storage.objects)
    answer = await printer("POST", f"/videos/{film['id']}/thumbnail", json={"at": 1.5})
    assert (answer.status_code, answer.json()["id"], answer.headers["retry-after"]) == (202, film["id"], "1")
    job = answer.headers["location"].removeprefix("/api/v1")
    assert (await api("GET", job, token_of(printer.person))).json()["state"] == "waiting"
    await api.world.settle()
    done = (await api("GET", job, token_of(printer.person))).json()
    assert (done["state"], done["result"]) == ("done", f"/api/v1/contents/{printer.content.id}/videos")
    assert set(api.world.storage.objects) != before
    problem(await printer("POST", f"/videos/{printer.video('a')}/thumbnail", json={"at": 1}), 422, 42287)
