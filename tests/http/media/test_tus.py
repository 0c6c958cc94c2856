"""tus 1.0.0, sentence by sentence: the core protocol and its extensions creation (with upload), termination, checksum
and expiration.
"""

import asyncio
import hashlib
import zlib
from base64 import b64encode
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from tests.http.identity.api import ABSENT, PASSWORD, PATIENT, Api, problem
from tests.http.live import SERVERS, listening
from tests.http.media.samples import png
from tests.servers import LOCALHOST, eventually

MIB = 1024 * 1024
OFFSET = "application/offset+octet-stream"
CONTENT = png(5, 5, size=10_000)


def metadata(**pairs: str) -> str:
    return ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in pairs.items())


GARDEN = metadata(filename="Führung O'Neil.png", filetype="image/png")


async def tus(
    api: Api, method: str, path: str, token: str | None, *, content: Any = None, **fields: str | None
) -> httpx.Response:
    """A request of tus; fields by their names with underscores, None for those to leave out."""
    headers = {"tus-resumable": "1.0.0", **{name.replace("_", "-"): value for name, value in fields.items()}}
    if content is not None:
        headers.setdefault("content-type", OFFSET)
    kept = {name: value for name, value in headers.items() if value is not None}
    return await api(method, path, token, content=content, headers=kept)


async def begun(api: Api, token: str, size: int = len(CONTENT), text: str = GARDEN, **fields: str) -> str:
    """The address of a new upload."""
    answer = await tus(api, "POST", "/uploads/tus", token, upload_length=str(size), upload_metadata=text, **fields)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"].removeprefix("/api/v1")


async def patched(api: Api, token: str, path: str, offset: int, content: Any, **fields: str) -> httpx.Response:
    return await tus(api, "PATCH", path, token, content=content, upload_offset=str(offset), **fields)


async def offset_of(api: Api, token: str, path: str) -> int:
    answer = await tus(api, "HEAD", path, token)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


def file_path(path: str) -> str:
    return path.replace("/uploads/tus/", "/files/")


async def test_options_tell_what_is_possible_to_anybody_whatever_version_they_name(api: Api) -> None:
    for fields in ({}, {"tus-resumable": "0.2.2"}):
        answer = await api("OPTIONS", "/uploads/tus", headers=fields)
        assert (answer.status_code, answer.content, answer.headers["allow"]) == (204, b"", "OPTIONS, POST")
        assert answer.headers["tus-resumable"] == answer.headers["tus-version"] == "1.0.0"
        extensions = answer.headers["tus-extension"].split(",")
        assert extensions == ["creation", "creation-with-upload", "termination", "checksum", "expiration"]
        assert answer.headers["tus-max-size"] == str(500 * MIB)
        assert "sha1" in answer.headers["tus-checksum-algorithm"].split(",")


async def test_creation_says_where_and_until_when(api: Api, token: str) -> None:
    answer = await tus(api, "POST", "/uploads/tus", token, upload_length="100", upload_metadata=GARDEN)
    assert (answer.status_code, answer.headers["tus-resumable"], answer.content) == (201, "1.0.0", b"")
    expires = parsedate_to_datetime(answer.headers["upload-expires"])
    assert expires == api.world.clock.now() + timedelta(hours=24)
    path = answer.headers["location"].removeprefix("/api/v1")
    head = await tus(api, "HEAD", path, token)
    assert head.headers["upload-offset"] == "0"
    assert (head.headers["upload-length"], head.headers["cache-control"]) == ("100", "no-store")
    assert head.headers["upload-metadata"] == GARDEN


async def test_an_upload_in_pieces_becomes_a_file(api: Api, token: str) -> None:
    path = await begun(api, token)
    for at in range(0, len(CONTENT), 3000):
        answer = await patched(api, token, path, at, CONTENT[at : at + 3000])
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["upload-offset"] == str(min(at + 3000, len(CONTENT)))
        assert answer.headers["tus-resumable"] == "1.0.0"
        assert ("upload-expires" in answer.headers) == (at + 3000 < len(CONTENT))
    head = await tus(api, "HEAD", path, token)
    assert head.headers["upload-offset"] == head.headers["upload-length"] == str(len(CONTENT))
    await api.world.settle()
    file = (await api("GET", file_path(path), token)).json()
    assert (file["name"], file["state"], file["media_type"]) == ("Führung O'Neil.png", "ready", "image/png")
    assert (await api("GET", f"{file_path(path)}/content", token)).content == CONTENT


async def test_what_clients_say_of_the_file_is_kept(api: Api, token: str) -> None:
    text = metadata(
        filename="a.png", filetype="image/png; x=y", visibility="public", purpose="cover", tags="spring, garden",
        relativePath="null", device="X100",
    )  # fmt: skip
    path = await begun(api, token, text=f"{text},is_confidential")
    file = (await api("GET", file_path(path), token)).json()
    told = {name: file[name] for name in ("name", "media_type", "visibility", "purpose", "tags")}
    assert told == {
        "name": "a.png", "media_type": "image/png", "visibility": "public", "purpose": "cover",
        "tags": ["spring", "garden"],
    }  # fmt: skip
    assert (file["metadata"]["device"], file["metadata"]["is_confidential"]) == ("X100", "")
    assert (await tus(api, "HEAD", path, token)).headers["upload-metadata"] == f"{text},is_confidential"


async def test_a_file_without_metadata_is_taken(api: Api, token: str) -> None:
    answer = await tus(api, "POST", "/uploads/tus", token, upload_length="5")
    assert answer.status_code == 201
    head = await tus(api, "HEAD", answer.headers["location"].removeprefix("/api/v1"), token)
    assert "upload-metadata" not in head.headers


@pytest.mark.parametrize(
    "text",
    ["filename", "filename !", "filename YQ==,filename YQ==", " ,", "x " + "A" * 3,
     "x /w==", "filename YQ== YQ==", ",".join(f"k{n} YQ==" for n in range(30))],
)  # fmt: skip
async def test_metadata_that_is_none_is_refused_or_taken_without_a_name(api: Api, token: str, text: str) -> None:
    answer = await tus(
        api, "POST", "/uploads/tus", token, upload_length="5", upload_metadata=text.encode("latin-1").decode("latin-1")
    )
    if text == "filename":
        assert answer.status_code == 201
    else:
        assert answer.status_code in (400, 422), answer.text
        assert "header:Upload-Metadata" in answer.text


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0.1", "", "2.0.0"])
async def test_another_version_is_refused_with_those_there_are(api: Api, token: str, version: str | None) -> None:
    path = await begun(api, token)
    for method, where in (("POST", "/uploads/tus"), ("HEAD", path), ("PATCH", path), ("DELETE", path)):
        answer = await tus(api, method, where, token, upload_length="5", upload_offset="0", tus_resumable=version)
        assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")
        assert answer.headers["tus-resumable"] == "1.0.0"
        assert "upload-offset" not in answer.headers
    assert await offset_of(api, token, path) == 0


@pytest.mark.parametrize("length", [None, "", "-1", "x", "1.5", "9" * 30, "+5", "0x5"])
async def test_a_length_that_is_none_is_malformed(api: Api, token: str, length: str | None) -> None:
    problem(await tus(api, "POST", "/uploads/tus", token, upload_length=length), 400, 40002)
    deferred = await tus(api, "POST", "/uploads/tus", token, upload_length=length, upload_defer_length="1")
    problem(deferred, 400, 40002)


async def test_too_large_an_upload_is_413_and_an_empty_one_422(api: Api, token: str) -> None:
    problem(await tus(api, "POST", "/uploads/tus", token, upload_length=str(500 * MIB + 1)), 413, 41320)
    problem(await tus(api, "POST", "/uploads/tus", token, upload_length="0"), 422, 42203)


async def test_a_type_that_is_never_accepted_is_415(api: Api, token: str) -> None:
    html = metadata(filename="x.html", filetype="text/html")
    problem(await tus(api, "POST", "/uploads/tus", token, upload_length="5", upload_metadata=html), 415, 41520)


async def test_a_piece_needs_its_type(api: Api, token: str) -> None:
    path = await begun(api, token)
    for kind in ("application/octet-stream", "application/json", "image/png", ""):
        answer = await patched(api, token, path, 0, CONTENT, content_type=kind)
        problem(answer, 415, 41501)
        assert answer.headers["tus-resumable"] == "1.0.0"
    problem(await tus(api, "PATCH", path, token, upload_offset="0"), 415, 41501)
    created = await tus(
        api, "POST", "/uploads/tus", token, content=b"hello", upload_length="5", content_type="text/plain"
    )
    problem(created, 415, 41501)
    assert await offset_of(api, token, path) == 0


async def test_a_piece_that_does_not_fit_the_offset_changes_nothing(api: Api, token: str) -> None:
    path = await begun(api, token)
    assert (await patched(api, token, path, 0, CONTENT[:100])).status_code == 204
    for at in (0, 99, 101, 10**15):
        problem(await patched(api, token, path, at, CONTENT[100:200]), 409, 40942)
    for at in ("-1", "x", "", "1e2"):
        problem(await tus(api, "PATCH", path, token, content=b"x", upload_offset=at), 400, 40002)
    problem(await tus(api, "PATCH", path, token, content=b"x"), 400, 40002)
    assert await offset_of(api, token, path) == 100


async def test_an_empty_piece_is_fine(api: Api, token: str) -> None:
    path = await begun(api, token)
    answer = await patched(api, token, path, 0, b"")
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "0")


async def test_more_than_was_announced_is_refused(api: Api, token: str) -> None:
    path = await begun(api, token, 5)
    problem(await patched(api, token, path, 0, b"123456"), 413, 41320)
    assert await offset_of(api, token, path) == 0


@pytest.mark.parametrize("http", SERVERS)
async def test_what_came_before_the_sender_hung_up_stays(api: Api, token: str, http: str) -> None:
    path = await begun(api, token)
    head = (
        f"PATCH /api/v1{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ntus-resumable: 1.0.0\r\n"
        f"content-type: {OFFSET}\r\nupload-offset: 0\r\ncontent-length: {len(CONTENT)}\r\n\r\n"
    )
    async with listening(api.edge, http=http) as port:
        _, writer = await asyncio.open_connection(LOCALHOST, port)
        writer.write(head.encode() + CONTENT[:4000])
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.transport.abort()

        async def is_kept() -> bool:
            return await offset_of(api, token, path) == 4000

        await eventually(is_kept)
    assert (await patched(api, token, path, 4000, CONTENT[4000:])).headers["upload-offset"] == str(len(CONTENT))


class TestCreationWithUpload:
    async def test_bytes_may_come_with_the_creation(self, api: Api, token: str) -> None:
        for sent in (4000, len(CONTENT)):
            answer = await tus(
                api, "POST", "/uploads/tus", token, content=CONTENT[:sent], upload_length=str(len(CONTENT)),
                upload_metadata=GARDEN,
            )  # fmt: skip
            assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(sent))
            path = answer.headers["location"].removeprefix("/api/v1")
            if sent < len(CONTENT):
                assert (await patched(api, token, path, sent, CONTENT[sent:])).status_code == 204
            await api.world.settle()
            assert (await api("GET", file_path(path), token)).json()["state"] == "ready"


class TestChecksum:
    @pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
    async def test_a_piece_that_fits_its_checksum_is_kept(self, api: Api, token: str, algorithm: str) -> None:
        path = await begun(api, token)
        digest = b64encode(hashlib.new(algorithm, CONTENT[:100]).digest()).decode()
        answer = await patched(api, token, path, 0, CONTENT[:100], upload_checksum=f"{algorithm} {digest}")
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, "100")

    async def test_one_that_does_not_fit_is_460_and_thrown_away(self, api: Api, token: str) -> None:
        path = await begun(api, token)
        digest = b64encode(hashlib.sha1(b"other").digest()).decode()
        answer = await patched(api, token, path, 0, CONTENT[:100], upload_checksum=f"sha1 {digest}")
        assert problem(answer, 460, 42204)["title"] == "Checksum Mismatch"
        assert await offset_of(api, token, path) == 0

    async def test_an_algorithm_that_is_not_offered_is_400(self, api: Api, token: str) -> None:
        path = await begun(api, token)
        crc = b64encode(zlib.crc32(CONTENT).to_bytes(4)).decode()
        for text in (f"crc32 {crc}", "sha1", "sha1 !!!", "SHA1 YQ==", "", "sha1  YQ=="):
            problem(await patched(api, token, path, 0, CONTENT, upload_checksum=text), 400, 40002)
        assert await offset_of(api, token, path) == 0


class TestTermination:
    async def test_an_upload_can_be_given_up(self, api: Api, token: str) -> None:
        path = await begun(api, token)
        await patched(api, token, path, 0, CONTENT[:100])
        answer = await tus(api, "DELETE", path, token)
        assert (answer.status_code, answer.headers["tus-resumable"]) == (204, "1.0.0")
        for method in ("HEAD", "PATCH", "DELETE"):
            gone = await tus(api, method, path, token, content=b"x" if method == "PATCH" else None, upload_offset="100")
            assert (gone.status_code, gone.headers.get("upload-offset")) == (404, None)
        assert (await api("GET", "/users/me/quota", token)).json()["reserved_bytes"] == 0

    async def test_one_that_has_arrived_too(self, api: Api, token: str) -> None:
        path = await begun(api, token)
        await patched(api, token, path, 0, CONTENT)
        await api.world.settle()
        assert (await tus(api, "DELETE", path, token)).status_code == 204
        assert (await tus(api, "HEAD", path, token)).status_code == 410


class TestExpiration:
    async def test_after_its_time_an_upload_is_gone(self, api: Api, token: str) -> None:
        path = await begun(api, token)
        api.world.clock.advance(timedelta(hours=24))
        fresh = (await api("POST", "/sessions", json={"login": "siobhan", "password": PASSWORD})).json()["access_token"]
        for method in ("HEAD", "PATCH", "DELETE"):
            gone = await tus(api, method, path, fresh, content=b"x" if method == "PATCH" else None, upload_offset="0")
            assert gone.status_code in (404, 410)


async def test_what_turned_out_to_be_unacceptable_is_gone(api: Api, token: str) -> None:
    path = await begun(api, token, 5)
    assert (await patched(api, token, path, 0, b"hello")).status_code == 204
    await api.world.settle()
    assert (await api("GET", file_path(path), token)).json()["state"] == "refused"
    head = await tus(api, "HEAD", path, token)
    assert (head.status_code, head.headers.get("upload-offset")) == (410, None)


async def test_another_method_can_be_meant_than_is_used(api: Api, token: str) -> None:
    path = await begun(api, token)
    override = {"x_http_method_override": "PATCH", "upload_offset": "0"}
    answer = await tus(api, "POST", path, token, content=CONTENT[:100], **override)
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "100")
    asked = await tus(api, "POST", path, token, x_http_method_override="HEAD")
    assert (asked.status_code, asked.headers["upload-offset"]) == (200, "100")
    assert (await tus(api, "POST", path, token, x_http_method_override="DELETE")).status_code == 204
    problem(await tus(api, "POST", path, token, x_http_method_override="GARDEN"), 405, 40003)
    problem(await tus(api, "POST", path, token), 405, 40003)


async def test_no_other_route_listens_to_another_method_than_is_used(api: Api, token: str) -> None:
    answer = await api("GET", "/users/me", token, headers={"x-http-method-override": "DELETE"})
    assert answer.status_code == 200
    assert (await api("GET", "/users/me", token)).status_code == 200


async def test_uploads_of_others_are_like_uploads_that_are_not(api: Api, token: str, stranger: str) -> None:
    path = await begun(api, token)
    for where in (path, f"/uploads/tus/{ABSENT}"):
        for method in ("HEAD", "PATCH", "DELETE"):
            content = b"x" if method == "PATCH" else None
            gone = await tus(api, method, where, stranger, content=content, upload_offset="0")
            assert (gone.status_code, gone.headers["tus-resumable"]) == (404, "1.0.0")
            nobody = await tus(api, method, where, None, content=content, upload_offset="0")
            assert (nobody.status_code, nobody.headers["tus-resumable"]) == (401, "1.0.0")
    assert await offset_of(api, token, path) == 0


async def test_an_upload_that_goes_another_way_is_not_resumed(api: Api, token: str) -> None:
    started = await api("POST", "/uploads", token, json={"name": "x.png", "size": 5, "media_type": "image/png"})
    path = f"/uploads/tus/{started.json()['upload']['id']}"
    problem(await patched(api, token, path, 0, b"hello"), 409, 40941)


async def test_an_upload_by_tus_can_be_begun_with_a_body_of_json(api: Api, token: str) -> None:
    new = {"name": "x.png", "size": len(CONTENT), "media_type": "image/png", "transport": "tus"}
    started = await api("POST", "/uploads", token, json=new)
    assert started.headers["location"].startswith("/api/v1/uploads/tus/")
    path = started.headers["location"].removeprefix("/api/v1")
    assert (await patched(api, token, path, 0, CONTENT)).status_code == 204


async def test_pages_of_admitted_origins_may_use_it(token: str) -> None:
    origin = "https://app.example.org"
    api = Api(replace(PATIENT, cors_origins=(origin,)))
    asking = {"origin": origin, "access-control-request-method": "PATCH"}
    preflight = await api("OPTIONS", f"/uploads/tus/{ABSENT}", headers=asking)
    allowed = preflight.headers["access-control-allow-headers"].lower()
    for field in ("tus-resumable", "upload-length", "upload-metadata", "upload-offset", "upload-checksum"):
        assert field in allowed
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    told = await api("OPTIONS", "/uploads/tus", headers={"origin": origin})
    exposed = told.headers["access-control-expose-headers"].lower()
    for field in ("location", "tus-resumable", "upload-offset", "upload-length", "upload-expires", "tus-max-size"):
        assert field in exposed
    await api.client.aclose()
