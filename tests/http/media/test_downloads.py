"""Bytes on their way out: parts, conditions, names, links, and callers who hang up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from litestar import Response, get

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.media.disposition import disposition, harmless
from asperguide.adapters.http.media.ranges import wanted
from asperguide.adapters.http.media.sending import sent
from asperguide.adapters.http.problems import RangeNotSatisfiable
from asperguide.adapters.http.routes import Given, route
from asperguide.media import FileId, FileState, FileView, OwnerId, Readable, Visibility
from asperguide.shared.storage import ObjectStorage, Opened, StoredObject
from asperguide.testing.clock import START
from tests.http.identity.api import ABSENT, Api, problem
from tests.http.live import SERVERS, listening
from tests.http.media.samples import kept, png, put, sha256
from tests.http.sample import World
from tests.servers import LOCALHOST, eventually

MIB = 1024 * 1024


async def read(api: Api, file: dict[str, Any], token: str | None = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api("GET", f"/files/{file['id']}/content", token, headers=named)


async def test_the_bytes_come_with_what_a_browser_has_to_know(api: Api, token: str) -> None:
    content = png(9, 9)
    file = await kept(api, token, content)
    answer = await read(api, file, token)
    assert answer.content == content
    assert {name: answer.headers[name] for name in ("content-type", "content-length", "etag", "accept-ranges")} == {
        "content-type": "image/png", "content-length": str(len(content)), "etag": f'"{sha256(content)}"',
        "accept-ranges": "bytes",
    }  # fmt: skip
    assert answer.headers["content-disposition"].startswith('attachment; filename="Tour.png"')
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("given", "start", "length"),
    [
        ("bytes=0-0", 0, 1), ("bytes=0-", 0, 100), ("bytes=10-19", 10, 10), ("bytes=90-", 90, 10),
        ("bytes=90-500", 90, 10), ("bytes=-1", 99, 1), ("bytes=-500", 0, 100), ("Bytes = 5 - 6", 5, 2),
    ],
)  # fmt: skip
def test_one_range_is_understood(given: str, start: int, length: int) -> None:
    assert wanted(given, 100) == (start, length)


@pytest.mark.parametrize("given", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999999999999-"])
def test_a_range_behind_the_end_cannot_be_satisfied(given: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        wanted(given, 100)


@pytest.mark.parametrize(
    "given",
    ["bytes=1-2,4-5", "bytes=5-2", "lines=1-2", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2-3", "bytes=" + "9" * 5000,
     "bytes=0-" + ",0-" * 1000, ""],
)  # fmt: skip
def test_what_is_no_single_range_is_the_whole_file(given: str) -> None:
    assert wanted(given, 100) is None


async def test_parts_of_a_file(api: Api, token: str) -> None:
    content = png(size=5000)
    file = await kept(api, token, content)
    part = await read(api, file, token, range="bytes=100-199")
    assert (part.status_code, part.content) == (206, content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(content)}"
    assert part.headers["content-length"] == "100"
    whole = await read(api, file, token, range="bytes=0-1,5-6")
    assert (whole.status_code, whole.content) == (200, content)
    beyond = await read(api, file, token, range="bytes=9999-")
    problem(beyond, 416, 40005)
    assert beyond.headers["content-range"] == f"bytes */{len(content)}"


async def test_a_part_is_only_given_of_the_file_that_is_meant(api: Api, token: str) -> None:
    file = await kept(api, token)
    etag = f'"{file["sha256"]}"'
    assert (await read(api, file, token, range="bytes=0-0", if_range=etag)).status_code == 206
    for other in ('"x"', f"W/{etag}", "Mon, 19 Jan 2026 10:30:00 GMT"):
        assert (await read(api, file, token, range="bytes=0-0", if_range=other)).status_code == 200


async def test_what_the_caller_has_is_not_sent_again(api: Api, token: str) -> None:
    file = await kept(api, token)
    etag = f'"{file["sha256"]}"'
    for known in (etag, f"W/{etag}", "*", f'"x", {etag}'):
        answer = await read(api, file, token, if_none_match=known, range="bytes=0-0")
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert (await read(api, file, token, if_none_match='"x"')).status_code == 200
    assert (await read(api, file, token, if_match=etag)).status_code == 200
    problem(await read(api, file, token, if_match='"x"'), 412, 41201)


async def test_head_tells_without_reading(api: Api, token: str) -> None:
    file = await kept(api, token)
    answer = await api("HEAD", f"/files/{file['id']}/content", token, headers={"range": "bytes=0-0"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(file["size"])


async def test_public_files_may_be_kept_by_caches_and_shown_elsewhere(api: Api, token: str) -> None:
    for visibility in ("public", "unlisted"):
        file = await kept(api, token, visibility=visibility)
        answer = await read(api, file)
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert answer.headers.get_list("cross-origin-resource-policy") == ["cross-origin"]
    mine = await kept(api, token)
    assert (await read(api, mine, token)).headers.get_list("cross-origin-resource-policy") == ["same-site"]


async def test_pictures_can_be_shown_in_place_and_nothing_that_could_run(api: Api, token: str) -> None:
    picture = await kept(api, token)
    answer = await api("GET", f"/files/{picture['id']}/content?inline=1", token)
    assert answer.headers["content-disposition"].startswith("inline;")
    for name, content in (
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("x.html", b"<html><script>1</script>"),
    ):
        answer = await put(api, token, content, name=name, media_type="application/octet-stream")
        if answer.status_code == 201 and answer.json()["state"] == "ready":
            shown = await api("GET", f"/files/{answer.json()['id']}/content?inline=1", token)
            assert shown.headers["content-disposition"].startswith("attachment;")
            assert "sandbox" in shown.headers["content-security-policy"]


NAMES = {
    "Führung O'Neil.png": "attachment; filename=\"Fuhrung O'Neil.png\"; filename*=UTF-8''F%C3%BChrung%20O%27Neil.png",
    'say "hi"\\.png': "attachment; filename=\"say _hi__.png\"; filename*=UTF-8''say%20_hi__.png",
    "../../etc/passwd": "attachment; filename=\"_.._etc_passwd\"; filename*=UTF-8''_.._etc_passwd",
    "a\r\nSet-Cookie: x=y": "attachment; filename=\"aSet-Cookie_ x=y\"; filename*=UTF-8''aSet-Cookie_%20x%3Dy",
    "-rf": "attachment; filename=\"rf\"; filename*=UTF-8''rf",
    "..": "attachment; filename=\"file\"; filename*=UTF-8''file",
    "日本.png": "attachment; filename=\"__.png\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.png",
    "100%.png": "attachment; filename=\"100_.png\"; filename*=UTF-8''100%25.png",
    "x\u202egnp.exe": "attachment; filename=\"xgnp.exe\"; filename*=UTF-8''xgnp.exe",
    "x\x00y": "attachment; filename=\"xy\"; filename*=UTF-8''xy",
}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_are_told_so_that_no_program_stumbles(name: str) -> None:
    assert disposition(name) == NAMES[name]
    assert disposition(name).isascii() and disposition(name).isprintable()


def test_a_long_name_keeps_its_ending() -> None:
    told = harmless("ü" * 255 + ".png")
    assert len(told) == 180 and told.endswith("ü.png")
    assert len(harmless("x." * 300)) <= 180


async def test_the_bytes_can_be_fetched_from_the_storage_itself(api: Api, token: str) -> None:
    content = png()
    file = await kept(api, token, content, name="O'Neil.png")
    answer = await api("GET", f"/files/{file['id']}/content?redirect=1", token)
    assert (answer.status_code, answer.headers["cache-control"]) == (307, "no-store")
    assert "location" in answer.headers


async def test_a_link_works_for_anybody_until_it_is_revoked_or_over(api: Api, token: str) -> None:
    content = png()
    file = await kept(api, token, content)
    made = await api("POST", f"/files/{file['id']}/links", token, json={"expires_in": 3600})
    assert made.status_code == 201, made.text
    link = made.json()
    assert made.headers["location"] == link["url"]
    path = f"/links/{link['token']}"
    answer = await api("GET", path, headers={"range": "bytes=0-7"})
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (
        206,
        content[:8],
        "private, no-cache",
    )
    listed = (await api("GET", f"/files/{file['id']}/links", token)).json()
    assert [one["id"] for one in listed["items"]] == [link["id"]]
    assert link["token"] not in str(listed)
    problem(await api("DELETE", f"/files/{file['id']}/links/{ABSENT}", token), 404, 40442)
    assert (await api("DELETE", f"/files/{file['id']}/links/{link['id']}", token)).status_code == 204
    problem(await api("GET", path), 404, 40442)
    later = (await api("POST", f"/files/{file['id']}/links", token, json={"expires_in": 60})).json()
    await api.world.advance(seconds=61)
    problem(await api("GET", f"/links/{later['token']}"), 404, 40442)


async def test_a_link_under_a_key_is_made_once(api: Api, token: str) -> None:
    file = await kept(api, token)
    key = {"idempotency-key": "link"}
    made = [await api("POST", f"/files/{file['id']}/links", token, json={}, headers=key) for _ in range(2)]
    assert made[0].json() == made[1].json()


@pytest.mark.parametrize("token", ["x", "é", "%00", "x" * 3000, "a.b.c"])
async def test_what_is_no_link_leads_nowhere(api: Api, token: str) -> None:
    assert (await api("GET", f"/links/{token}")).status_code == 404


class Large:
    """Stands for a storage with one object of 64 MiB, and counts what is open and what was read."""

    pieces = 0
    open_now = 0

    @asynccontextmanager
    async def open(self, key: str, **options: Any) -> AsyncIterator[Opened]:
        self.open_now += 1
        stored = StoredObject(key=key, size=64 * MIB, etag="x", media_type="image/png", modified_at=START)
        try:
            yield Opened(object=stored, chunks=self._many())
        finally:
            self.open_now -= 1

    async def _many(self) -> AsyncIterator[bytes]:
        for _ in range(64):
            self.pieces += 1
            yield b"x" * MIB


LARGE = FileView(
    id=FileId(UUID(ABSENT)), owner=OwnerId(UUID(ABSENT)), name="large.png", size=64 * MIB, media_type="image/png",
    sha256="0" * 64, width=1, height=1, frames=1, state=FileState.READY, refusal=None, visibility=Visibility.PUBLIC,
    purpose="", tags=(), metadata={}, source=None, created_at=START, updated_at=START, deleted_at=None, version=1,
)  # fmt: skip


@get("/large-file", **route("large_file", public=True))
async def large_file(request: ApiRequest, large_storage: Given[Large]) -> Response[bytes]:
    """64 MiB."""
    return sent(request, Readable(file=LARGE, key="large", storage=cast("ObjectStorage", large_storage)))


@pytest.fixture(params=SERVERS)
async def large(request: pytest.FixtureRequest) -> AsyncIterator[tuple[int, Large]]:
    storage = Large()
    world = World(more_routes=(large_file,), use_cases={"large_storage": lambda: storage})
    async with listening(world.app, http=request.param) as port:
        yield port, storage


async def test_a_slow_caller_slows_the_storage_down_and_frees_it_by_hanging_up(large: tuple[int, Large]) -> None:
    port, storage = large
    reader, writer = await asyncio.open_connection(LOCALHOST, port)
    writer.write(b"GET /large-file HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    await eventually(lambda: storage.open_now == 1 and storage.pieces > 1)
    await asyncio.sleep(0.3)
    assert storage.pieces < 32  # what sockets hold is full, and nobody reads
    writer.transport.abort()
    await eventually(lambda: storage.open_now == 0, 3)
    assert storage.pieces < 64


async def test_a_patient_caller_gets_all_of_it_and_may_ask_again(large: tuple[int, Large]) -> None:
    port, storage = large
    async with httpx.AsyncClient(base_url=f"http://{LOCALHOST}:{port}") as http:
        for _ in range(2):
            answer = await http.get("/large-file")
            assert (answer.status_code, len(answer.content)) == (200, 64 * MIB)
        assert (await http.head("/large-file")).headers["content-length"] == str(64 * MIB)
    await eventually(lambda: storage.open_now == 0)
