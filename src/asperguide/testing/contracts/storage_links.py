"""The law of signed links."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import unquote

import httpx

from asperguide.shared.storage import SignedRequest, Storage
from asperguide.testing.contracts.checking import PassTime, raises
from asperguide.testing.contracts.storage import BAD_KEYS, LARGE, read

HOUR = timedelta(hours=1)
NAMES = {
    "plain.txt": "plain.txt",
    "Führung durch O'Neil's Garten.mp4": "Führung durch O'Neil's Garten.mp4",
    "日本語 (1).pdf": "日本語 (1).pdf",
    'semi;colon "quoted" 100%.txt': 'semi;colon "quoted" 100%.txt',
    "../up\r\nX-Evil: 1": ".._up__X-Evil: 1",
}


async def make(
    http: httpx.AsyncClient,
    signed: SignedRequest,
    content: bytes | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
    only: Mapping[str, str] | None = None,
) -> httpx.Response:
    """The signed request as anybody makes it: with further header fields, other form fields, or `only` these fields."""
    if signed.method == "POST":
        files = {"file": ("anything.bin", content or b"", "application/x-whatever")}
        return await http.post(signed.url, data={**signed.fields, **(fields or {})}, files=files)
    sent = only if only is not None else {**signed.headers, **(headers or {})}
    return await http.request(signed.method, signed.url, headers=sent, content=content)


async def refused(
    http: httpx.AsyncClient, signed: SignedRequest, content: bytes, **different: Mapping[str, str]
) -> bool:
    """Whether the request is refused, by an answer or by a connection that ends while too much is sent."""
    try:
        return 400 <= (await make(http, signed, content, **different)).status_code < 500
    except httpx.TransportError:
        return True


class SignedLinksContract:
    """Give it fixtures `storage` without objects, `http`, a client that reaches it, and `pass_time` for its clock."""

    async def test_a_link_gives_the_bytes_as_what_they_are(self, storage: Storage, http: httpx.AsyncClient) -> None:
        for content in (b"", b"abc", LARGE):
            made = await storage.put("linked", content, media_type="video/mp4")
            answer = await make(http, await storage.link("linked", HOUR))
            assert (answer.status_code, answer.content) == (200, content)
            assert answer.headers["content-type"] == "video/mp4"
            assert answer.headers["etag"] == f'"{made.etag}"'

    async def test_names_and_types_are_those_that_were_asked_for(
        self, storage: Storage, http: httpx.AsyncClient
    ) -> None:
        await storage.put("named", b"abc", media_type="video/mp4")
        for name, shown in NAMES.items():
            for inline, kind in ((False, "attachment"), (True, "inline")):
                signed = await storage.link("named", HOUR, name=name, inline=inline, media_type="image/png")
                told = (await make(http, signed)).headers
                assert told["content-type"] == "image/png"
                disposition, _, rest = told["content-disposition"].partition(";")
                assert disposition == kind
                quoted = rest.partition("filename*=UTF-8''")[2]
                assert (unquote(quoted) if quoted else rest.strip().removeprefix("filename=").strip('"')) == shown

    async def test_parts_and_conditions_work_through_a_link(self, storage: Storage, http: httpx.AsyncClient) -> None:
        made = await storage.put("ranged", bytes(range(200)))
        signed = await storage.link("ranged", HOUR)
        for wanted, start, end in (("0-0", 0, 1), ("10-19", 10, 20), ("190-", 190, 200), ("-5", 195, 200)):
            answer = await make(http, signed, headers={"Range": f"bytes={wanted}"})
            assert (answer.status_code, answer.content) == (206, bytes(range(start, end)))
            assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/200"
        assert (await make(http, signed, headers={"Range": "bytes=200-"})).status_code == 416
        assert (await make(http, signed, headers={"If-None-Match": f'"{made.etag}"'})).status_code == 304
        assert (await make(http, signed, headers={"If-None-Match": '"other"'})).status_code == 200
        assert (await make(http, signed, headers={"If-Match": '"other"'})).status_code == 412

    async def test_a_link_to_nothing_leads_to_nothing(self, storage: Storage, http: httpx.AsyncClient) -> None:
        assert (await make(http, await storage.link("nothing", HOUR))).status_code == 404

    async def test_a_link_is_for_one_key_one_method_and_as_it_was_signed(
        self, storage: Storage, http: httpx.AsyncClient
    ) -> None:
        await storage.put("mine/a", b"abc")
        await storage.put("mine/b", b"secret")
        for signed in (
            await storage.link("mine/a", HOUR, name="a.txt"),
            await storage.put_link("mine/a", HOUR, size=3, media_type="text/plain"),
        ):
            middle = len(signed.url) - 9
            other = "0" if signed.url[middle] != "0" else "1"
            for url in (
                signed.url.replace("mine/a", "mine/b"),
                signed.url[:middle] + other + signed.url[middle + 1 :],
                signed.url.partition("?")[0],
            ):
                answer = await http.request(signed.method, url, headers=signed.headers, content=b"xyz")
                assert 400 <= answer.status_code < 500, url
                assert b"secret" not in answer.content
        for method in ("PUT", "POST", "DELETE"):
            answer = await http.request(method, (await storage.link("mine/a", HOUR)).url, content=b"xyz")
            assert 400 <= answer.status_code < 500
        assert await read(storage, "mine/a") == b"abc"
        assert await read(storage, "mine/b") == b"secret"

    async def test_a_link_ends_at_its_time(
        self, storage: Storage, http: httpx.AsyncClient, pass_time: PassTime
    ) -> None:
        await storage.put("ending", b"abc")
        get = await storage.link("ending", timedelta(seconds=2))
        put = await storage.put_link("ending", timedelta(seconds=2), size=3, media_type="text/plain")
        form = await storage.post_form("ending", timedelta(seconds=2), smallest=0, largest=9, media_type="text/plain")
        assert (await make(http, get)).status_code == 200
        assert get.expires_at == put.expires_at or put.expires_at > get.expires_at
        await pass_time(timedelta(seconds=4))
        for signed in (get, put, form):
            assert await refused(http, signed, b"xyz")
        assert await read(storage, "ending") == b"abc"

    async def test_links_live_from_a_second_to_a_week(self, storage: Storage) -> None:
        for span in (timedelta(), timedelta(milliseconds=999), timedelta(days=7, seconds=1), timedelta(seconds=-1)):
            for ask in (
                storage.link("key", span),
                storage.put_link("key", span, size=1, media_type="text/plain"),
                storage.post_form("key", span, smallest=0, largest=1, media_type="text/plain"),
                storage.part_link("key", "upload", 1, span),
            ):
                with raises(ValueError):
                    await ask
        for key in BAD_KEYS:
            with raises(ValueError):
                await storage.link(key, HOUR)
            with raises(ValueError):
                await storage.put_link(key, HOUR, size=1, media_type="text/plain")

    async def test_a_signed_put_keeps_exactly_what_was_said(self, storage: Storage, http: httpx.AsyncClient) -> None:
        for content in (b"", b"abc", LARGE):
            for checksum in (None, hashlib.sha256(content).digest()):
                signed = await storage.put_link(
                    "brought", HOUR, size=len(content), media_type="image/png", sha256=checksum
                )
                answer = await make(http, signed, content)
                assert answer.status_code == 200, answer.text
                found = await storage.stat("brought")
                assert found is not None
                assert answer.headers["etag"] == f'"{found.etag}"'
                assert (found.size, found.media_type) == (len(content), "image/png")
                assert await read(storage, "brought") == content

    async def test_a_signed_put_of_anything_else_is_refused(self, storage: Storage, http: httpx.AsyncClient) -> None:
        await storage.put("brought", b"old")
        digest = hashlib.sha256(b"abc").digest()
        signed = await storage.put_link("brought", HOUR, size=3, media_type="image/png", sha256=digest)
        for content in (b"ab", b"abcd", LARGE):
            lie = {**signed.headers, "Content-Length": str(len(content))}
            assert await refused(http, signed, content, only=lie)
        assert await refused(http, signed, b"abd")
        assert await refused(http, signed, b"abc", headers={"Content-Type": "text/html"})
        untyped = {name: value for name, value in signed.headers.items() if name != "Content-Type"}
        assert await refused(http, signed, b"abc", only=untyped)
        assert await read(storage, "brought") == b"old"
        assert (await make(http, signed, b"abc")).status_code == 200

    async def test_a_form_keeps_a_file_within_its_bounds(self, storage: Storage, http: httpx.AsyncClient) -> None:
        for content in (b"abc", b"abcdefghi"):
            signed = await storage.post_form("formed", HOUR, smallest=3, largest=9, media_type="image/png")
            answer = await make(http, signed, content)
            assert 200 <= answer.status_code < 300, answer.text
            found = await storage.stat("formed")
            assert found is not None
            assert (found.size, found.media_type) == (len(content), "image/png")
            assert await read(storage, "formed") == content

    async def test_a_form_with_anything_else_is_refused(self, storage: Storage, http: httpx.AsyncClient) -> None:
        await storage.put("formed", b"old")
        signed = await storage.post_form("formed", HOUR, smallest=3, largest=9, media_type="image/png")
        for content in (b"", b"ab", b"abcdefghij", LARGE):
            assert await refused(http, signed, content), len(content)
        assert await refused(http, signed, b"abc", fields={"Content-Type": "text/html"})
        assert await read(storage, "formed") == b"old"
