"""The door of embedded stores behind a real server: piece by piece, gone when the caller is, told in no log."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from asperguide.adapters.filesystem.objects import FolderStorage
from asperguide.adapters.signing import Door, Grant, NotGranted, disposition
from asperguide.adapters.system import SystemClock
from asperguide.testing import MovableClock
from asperguide.testing.contracts.storage import MIB, all_keys
from asperguide.testing.contracts.storage_links import HOUR
from tests.http.live import SERVERS, listening
from tests.servers import eventually
from tests.storages import door_app, in_folder


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[FolderStorage]:
    async with in_folder(tmp_path / "objects") as ready:
        yield ready


def at(port: int, url: str) -> str:
    parts = urlsplit(url)
    return f"http://127.0.0.1:{port}{parts.path}?{parts.query}"


@pytest.mark.parametrize("http", SERVERS)
async def test_what_is_brought_is_fetched_and_told_about_by_head(storage: FolderStorage, http: str) -> None:
    content = bytes(range(256)) * 20_000
    async with listening(door_app(storage, SystemClock()), http=http) as port, httpx.AsyncClient() as client:
        put = await storage.put_link("a/b", HOUR, size=len(content), media_type="image/png")
        for _ in range(3):  # one call is all that the budget of this application allows
            answer = await client.put(at(port, put.url), content=content, headers=put.headers)
            assert answer.status_code == 200
        get = at(port, (await storage.link("a/b", HOUR, name="a.png", inline=True)).url)
        assert (await client.get(get, headers={"Authorization": "Bearer no good"})).content == content
        head = await client.head(get)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(content))
        assert (head.headers["content-disposition"], head.headers["x-content-type-options"]) == (
            'inline; filename="a.png"', "nosniff",
        )  # fmt: skip
        assert (await client.delete(get)).status_code == 405


async def test_who_hangs_up_leaves_nothing(storage: FolderStorage, tmp_path: Path) -> None:
    async with listening(door_app(storage, SystemClock())) as port:
        put = await storage.put_link("half", HOUR, size=50 * MIB, media_type="image/png")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        parts = urlsplit(put.url)
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\nContent-Length: {50 * MIB}\r\n"
        writer.write(f"{head}Content-Type: image/png\r\n\r\n".encode() + bytes(3 * MIB))
        await writer.drain()
        drafts = tmp_path / "objects" / "drafts"
        await eventually(lambda: drafts.exists() and list(drafts.iterdir()))
        writer.transport.abort()
        await eventually(lambda: not list(drafts.iterdir()))
        assert await all_keys(storage) == []
        reader.feed_eof()


async def test_no_log_holds_what_signs(storage: FolderStorage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await storage.put("a", b"x")
    url = (await storage.link("a", HOUR)).url
    async with listening(door_app(storage, SystemClock())) as port, httpx.AsyncClient() as client:
        assert (await client.get(at(port, url))).status_code == 200
    ours = [record for record in caplog.records if record.name.startswith("asperguide")]
    assert any(record.name == "asperguide.access" for record in ours)
    assert not any(url.partition("grant=")[2] in repr(vars(record)) for record in ours)


def test_a_grant_of_another_secret_or_with_a_changed_word_is_none() -> None:
    clock = MovableClock()
    door, other = Door(b"one", "http://x", clock), Door(b"two", "http://x", clock)
    token = door.request(Grant(method="GET", key="a/b", until=0), HOUR).url.partition("grant=")[2]
    assert door.recognise("GET", "a/b", token).key == "a/b"
    for wrong in (token[:-1], token[1:], token + "A", token[:50] + "x" + token[51:], "", "=", "é", token.upper()):
        with pytest.raises(NotGranted):
            door.recognise("GET", "a/b", wrong)
    for method, key in (("PUT", "a/b"), ("GET", "a/c")):
        with pytest.raises(NotGranted):
            door.recognise(method, key, token)
    with pytest.raises(NotGranted):
        other.recognise("GET", "a/b", token)
    clock.advance(timedelta(hours=1))
    with pytest.raises(NotGranted):
        door.recognise("GET", "a/b", token)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (None, "attachment"),
        ("a.txt", 'attachment; filename="a.txt"'),
        ('a"b;c.txt', "attachment; filename=\"a_b_c.txt\"; filename*=UTF-8''a%22b%3Bc.txt"),
        ("日.txt", "attachment; filename=\".txt\"; filename*=UTF-8''%E6%97%A5.txt"),
        ("a\r\nb", 'attachment; filename="a__b"'),
    ],
)
def test_names_are_told_as_old_and_new_clients_understand_them(name: str | None, told: str) -> None:
    assert disposition(name, inline=False) == told
