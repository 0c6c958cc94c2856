"""Files that no honest client sends: refused with a reason for people, and never handed to anybody."""

import hashlib
import time
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.objects import MemoryStorage
from asperguide.shared.errors import StorageUnavailable
from tests.http.bad_input.house import URL, House, Person
from tests.media import PROGRAM, TEXT, png

MIB = 1024 * 1024
BINARY = "application/octet-stream"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
PICTURE = png(64, 64)

REFUSED: dict[str, tuple[str, str, bytes]] = {
    "another type": ("tour.jpg", "image/jpeg", PICTURE),
    "a program that says it is a picture": ("tour.png", "image/png", PROGRAM),
    "a program that says nothing": ("tour.png", BINARY, PROGRAM),
    "a page that says it is a picture": ("tour.png", "image/png", HTML),
    "a page that says nothing": ("tour", BINARY, HTML),
    "SVG that says nothing": ("tour", BINARY, SVG),
    "SVG that says it is text": ("tour.txt", "text/plain", SVG),
    "a page behind the head of a picture": ("tour.png", "image/png", b"\x89PNG\r\n\x1a\n" + HTML),
    "a picture cut in the middle": ("tour.png", "image/png", PICTURE[: len(PICTURE) // 2]),
    "the head of a picture": ("tour.png", "image/png", PICTURE[:8]),
    "a playlist that says it is a film": ("tour.mp4", "video/mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
    "zeros": ("tour.png", "image/png", bytes(5000)),
}
NEVER = ("text/html", "image/svg+xml", "application/xhtml+xml", "application/x-sh", "application/x-msdownload")


@pytest.fixture
async def keeping(build_house: Callable[..., House], tmp_path: Path) -> House:
    """The application with a folder of its own for objects."""
    return build_house(data_dir=tmp_path)


@pytest.fixture
async def owner(keeping: House) -> Person:
    return await keeping.person()


async def put(
    house: House, who: Person, content: Any, name: str = "tour.png", media_type: str = "image/png"
) -> httpx.Response:
    headers = {**who.headers, "content-type": media_type}
    return await house.api.put("/files", params={"name": name}, content=content, headers=headers)


async def room(house: House, who: Person) -> tuple[int, int]:
    """What is used and what is set aside."""
    quota = await house.expect(200, "GET", "/users/me/quota", headers=who.headers)
    return quota["used_bytes"], quota["reserved_bytes"]


@pytest.mark.parametrize("kind", REFUSED)
async def test_what_is_not_what_it_says_is_refused_and_read_by_nobody(keeping: House, owner: Person, kind: str) -> None:
    name, media_type, content = REFUSED[kind]
    answer = await put(keeping, owner, content, name, media_type)
    assert answer.status_code == 201, answer.text
    await keeping.settle()
    file = await keeping.expect(200, "GET", f"/files/{answer.json()['id']}", headers=owner.headers)
    assert (file["state"], bool(file["refusal"])) == ("refused", True), file
    assert "alert" not in file["refusal"] and "passwd" not in file["refusal"]
    await keeping.refused(409, "FILE_NOT_READY", "GET", f"/files/{file['id']}/content", headers=owner.headers)
    assert await room(keeping, owner) == (0, 0)


async def test_types_that_are_never_accepted_are_refused_before_a_byte_is_read(keeping: House, owner: Person) -> None:
    for media_type in NEVER:
        answer = await put(keeping, owner, b"x", "tour", media_type)
        assert (answer.status_code, answer.json()["code"]) == (415, "TYPE_REFUSED"), media_type
    assert (await keeping.expect(200, "GET", "/files", headers=owner.headers))["items"] == []


async def test_a_file_of_nothing_is_refused(keeping: House, owner: Person) -> None:
    assert (await put(keeping, owner, b"")).status_code == 422
    files = {"file": ("tour.png", b"", "image/png")}
    await keeping.refused(422, "INVALID_FILE", "POST", "/files", files=files, headers=owner.headers)
    assert await room(keeping, owner) == (0, 0)


async def test_two_kinds_of_file_in_one_are_handed_out_as_what_they_are_and_never_shown_as_a_page(
    keeping: House, owner: Person
) -> None:
    """A whole picture with a page behind it is a picture to everybody who is told so."""
    answer = await put(keeping, owner, PICTURE + HTML, "tour.html", "image/png")
    if answer.json()["state"] == "ready":
        sent = await keeping.api.get(f"/files/{answer.json()['id']}/content?inline=1", headers=owner.headers)
        assert (sent.headers["content-type"], sent.headers["x-content-type-options"]) == ("image/png", "nosniff")
        assert "sandbox" in sent.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("name", "status"),
    [("../../etc/passwd", 201), ("..", 201), ("-rf *", 201), ("a/b\\c", 201), ("x" * 255, 201), ("ü" * 255, 201),
     ("O'Neil \"; DROP TABLE media_files; --", 201), ("x" * 300, 422), ("ü" * 300, 422), ("a\x00b", 422),
     ("a\r\nSet-Cookie: x", 422), ("a\u2028b", 201), ("\U0001f600", 201)],
    ids=lambda value: ascii(value)[:30],
)  # fmt: skip
async def test_names_are_kept_as_they_are_or_refused_and_never_lead_anywhere(
    keeping: House, owner: Person, name: str, status: int, tmp_path: Path
) -> None:
    answer = await put(keeping, owner, PICTURE, name)
    assert answer.status_code == status, answer.text
    if status == 201:
        file = answer.json()
        assert (file["name"], file["state"]) == (name, "ready")
        told = (await keeping.api.get(f"/files/{file['id']}/content", headers=owner.headers)).headers[
            "content-disposition"
        ]
        assert told.isascii() and told.isprintable() and "/" not in told and "\\" not in told
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and "passwd" in path.name]
    assert outside == []


async def test_lies_about_length_and_checksum_leave_nothing(keeping: House, owner: Person) -> None:
    for size, sha256 in ((len(PICTURE) - 1, None), (len(PICTURE) + 1, None), (len(PICTURE), "0" * 64)):
        new = {"name": "tour.png", "size": size, "media_type": "image/png", **({"sha256": sha256} if sha256 else {})}
        started = await keeping.expect(201, "POST", "/uploads", json=new, headers=owner.headers)
        send = started["send"]
        for length in {len(PICTURE), size}:
            headers = {**send["headers"], "content-length": str(length)}
            answer = await keeping.api.request(send["method"], send["url"], content=PICTURE, headers=headers)
            assert answer.status_code >= 400
        id = started["upload"]["id"]
        await keeping.refused(409, "UPLOAD_INCOMPLETE", "POST", f"/uploads/{id}/complete", headers=owner.headers)
        await keeping.expect(204, "DELETE", f"/uploads/{id}", headers=owner.headers)
    assert await room(keeping, owner) == (0, 0)


async def test_what_is_put_after_the_check_changes_nothing(keeping: House, owner: Person) -> None:
    new = {"name": "tour.png", "size": len(PICTURE), "media_type": "image/png"}
    started = await keeping.expect(201, "POST", "/uploads", json=new, headers=owner.headers)
    send, id = started["send"], started["upload"]["id"]
    assert (await keeping.api.request("PUT", send["url"], content=PICTURE, headers=send["headers"])).is_success
    file = await keeping.expect(200, "POST", f"/uploads/{id}/complete", headers=owner.headers)
    assert file["state"] == "ready"
    other = HTML.ljust(len(PICTURE))[: len(PICTURE)]
    await keeping.api.request("PUT", send["url"], content=other, headers=send["headers"])
    again = await keeping.expect(200, "POST", f"/uploads/{id}/complete", headers=owner.headers)
    assert again["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    assert (await keeping.api.get(f"/files/{id}/content", headers=owner.headers)).content == PICTURE


async def test_a_body_without_end_is_cut(keeping: House, owner: Person) -> None:
    sent = 0

    async def without_end() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += MIB
            assert sent < 64 * MIB
            yield b"a" * MIB

    answer = await put(keeping, owner, without_end(), "tour.txt", "text/plain")
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert await room(keeping, owner) == (0, 0)


async def test_ten_thousand_parts_are_refused_at_once(keeping: House, owner: Person) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="x%d"\r\n\r\n1\r\n'
    body = b"".join(part % number for number in range(10_000)) + b"--b--\r\n"
    headers = {**owner.headers, "content-type": "multipart/form-data; boundary=b"}
    started = time.process_time()
    await keeping.refused(400, "MALFORMED_BODY", "POST", "/files", content=body, headers=headers)
    assert time.process_time() - started < 1


async def test_a_piece_with_a_wrong_checksum_leaves_the_upload_as_it_was(keeping: House, owner: Person) -> None:
    tus = {**owner.headers, "tus-resumable": "1.0.0"}
    created = await keeping.api.post("/uploads/tus", headers={**tus, "upload-length": str(len(TEXT))})
    where = created.headers["location"].removeprefix("/api/v1")
    piece = {**tus, "upload-offset": "0", "content-type": "application/offset+octet-stream"}
    for checksum, status in (
        (f"sha1 {b64encode(hashlib.sha1(b'x').digest()).decode()}", 460),
        (f"crc32 {b64encode(zlib.crc32(TEXT).to_bytes(4)).decode()}", 400),
    ):
        answer = await keeping.api.patch(where, content=TEXT, headers={**piece, "upload-checksum": checksum})
        assert answer.status_code == status
    assert (await keeping.api.head(where, headers=tus)).headers["upload-offset"] == "0"


class Broken(MemoryStorage):
    """A storage that is down, or full: nothing can be kept and nothing read."""

    async def put(self, *args: Any, **options: Any) -> Any:
        """Refused, after the first bytes were taken."""
        async for _ in args[1]:
            break
        raise StorageUnavailable

    @asynccontextmanager
    async def open(self, *args: Any, **options: Any) -> AsyncIterator[Any]:
        """Refused."""
        raise StorageUnavailable
        yield


async def test_a_storage_that_is_down_or_full_is_told_as_503_and_leaves_nothing(keeping: House, owner: Person) -> None:
    kept = (await put(keeping, owner, PICTURE)).json()
    before = await room(keeping, owner)
    c = keeping.container
    with c.storage.override(Object(Broken(c.door(), keeping.clock, c.ids()))):
        for answer in (
            await put(keeping, owner, PICTURE),
            await keeping.api.get(f"/files/{kept['id']}/content", headers=owner.headers),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "STORAGE_UNAVAILABLE")
            assert int(answer.headers["retry-after"]) > 0
        head = await keeping.api.head(f"/files/{kept['id']}/content", headers=owner.headers)
        assert head.status_code == 200  # nothing is read to tell what is known
    assert await room(keeping, owner) == before
    assert (await keeping.api.get(f"/files/{kept['id']}/content", headers=owner.headers)).content == PICTURE


async def test_no_problem_tells_where_objects_lie(keeping: House, owner: Person, tmp_path: Path) -> None:
    kept = (await put(keeping, owner, PICTURE)).json()
    for path in tmp_path.rglob("*"):
        if path.is_file() and kept["sha256"] in path.name:
            path.unlink()
    answer = await keeping.api.get(f"/files/{kept['id']}/content", headers=owner.headers)
    assert answer.status_code in (404, 503)
    assert str(tmp_path) not in answer.text and "files/" not in answer.json()["detail"]
    assert URL not in answer.text
