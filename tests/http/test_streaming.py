"""Bodies that are handed on as they come: through the real server, to a handler that takes its time."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
from litestar import put

from asperguide.adapters.http.bodies import ApiRequest, ClientGone
from asperguide.adapters.http.routes import Given, route
from asperguide.adapters.http.streaming import body_of
from tests.http.live import SERVERS, listening, said
from tests.http.sample import World
from tests.servers import LOCALHOST, eventually

MIB = 1024 * 1024
CAP = 2 * MIB
HEAD = b"PUT %b HTTP/1.1\r\nhost: api.example\r\ncontent-type: application/octet-stream\r\n"


@dataclass
class Taker:
    """Stands for a use case that keeps a stream."""

    taken: int = 0
    ended: list[type[BaseException] | None] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, chunks: AsyncIterator[bytes]) -> int:
        try:
            async for chunk in chunks:
                self.taken += len(chunk)
                await self.go_on.wait()
        except BaseException as error:
            self.ended.append(type(error))
            raise
        self.ended.append(None)
        return self.taken


@put("/stream", **route("stream", public=True, streams=("application/octet-stream",)))
async def stream(request: ApiRequest, taker: Given[Taker]) -> int:
    """Take up to 2 MiB."""
    return await taker(body_of(request, CAP, idle=0.3))


@put("/capped", **route("capped", public=True, streams=("*/*",), body_limit=CAP))
async def capped(request: ApiRequest, taker: Given[Taker]) -> int:
    """Refused by its length alone when it is too long."""
    return await taker(body_of(request, CAP))


@put("/closed", **route("closed", streams=("*/*",)))
async def closed(request: ApiRequest, taker: Given[Taker]) -> int:
    """Not for strangers."""
    return await taker(body_of(request, CAP))


@pytest.fixture
def taker() -> Taker:
    found = Taker()
    found.go_on.set()
    return found


@pytest.fixture
def world(taker: Taker) -> World:
    return World(more_routes=(stream, capped, closed), use_cases={"taker": lambda: taker})


@pytest.fixture(params=SERVERS)
async def port(world: World, request: pytest.FixtureRequest) -> AsyncIterator[int]:
    async with listening(world.app, http=request.param) as found:
        yield found


async def pieces(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield b"x" * size


async def without_end() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 65536


def client(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"http://{LOCALHOST}:{port}", headers={"content-type": "application/octet-stream"}
    )


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(LOCALHOST, port)


async def test_a_body_arrives_whole_with_and_without_a_length(port: int, taker: Taker) -> None:
    async with client(port) as http:
        assert (await http.put("/stream", content=b"x" * CAP)).json() == CAP
        assert (await http.put("/stream", content=pieces(1, MIB, 7))).json() == CAP + MIB + 8
        assert (await http.put("/stream", content=b"")).json() == CAP + MIB + 8


async def test_a_body_without_end_is_cut_at_the_cap_and_its_sender_is_told(port: int, taker: Taker) -> None:
    reader, writer = await connect(port)
    writer.write(HEAD % b"/stream" + b"transfer-encoding: chunked\r\n\r\n")
    sending = asyncio.create_task(send_without_end(writer))
    status, headers, body = await said(reader)
    assert (status, headers["connection"], json.loads(body)["code"]) == (413, "close", "PAYLOAD_TOO_LARGE")
    async with asyncio.timeout(10):
        await sending
    assert taker.taken <= CAP


async def send_without_end(writer: asyncio.StreamWriter) -> None:
    """Until the other side has had enough."""
    try:
        while True:
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()
    except (ConnectionError, OSError):
        return


async def test_a_length_beyond_the_cap_is_refused_before_a_byte_is_read(port: int, taker: Taker) -> None:
    for path in (b"/stream", b"/capped"):
        reader, writer = await connect(port)
        writer.write(HEAD % path + b"content-length: %d\r\n\r\n" % (CAP + 1))
        status, headers, body = await said(reader)
        assert (status, headers["connection"], json.loads(body)["internal_code"]) == (413, "close", 41301)
        writer.close()
    assert taker.taken == 0


async def test_who_sends_much_that_is_not_wanted_still_reads_why(port: int) -> None:
    """A connection closed on unread bytes would be reset, and the answer lost."""
    for path in ("/capped", "/closed"):
        for _ in range(5):
            async with client(port) as http:
                answer = await http.put(path, content=b"x" * (8 * MIB))
            assert answer.status_code == (413 if path == "/capped" else 401)
            assert answer.headers["connection"] == "close"


async def test_a_small_body_that_is_not_wanted_costs_nobody_the_connection(port: int) -> None:
    async with client(port) as http:
        answer = await http.put("/closed", content=b"x" * 1000)
        assert (answer.status_code, answer.headers.get("connection")) == (401, None)


async def test_who_waits_for_a_word_before_sending_gets_it(port: int, taker: Taker) -> None:
    reader, writer = await connect(port)
    writer.write(HEAD % b"/stream" + b"content-length: 5\r\nexpect: 100-continue\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
    writer.write(b"hello")
    assert (await said(reader))[0] == 200
    assert taker.taken == 5
    writer.write(HEAD % b"/capped" + b"content-length: %d\r\nexpect: 100-continue\r\n\r\n" % (CAP + 1))
    assert (await said(reader))[0] == 413
    writer.close()


async def test_who_sends_nothing_for_too_long_is_let_go(port: int, taker: Taker) -> None:
    reader, writer = await connect(port)
    writer.write(HEAD % b"/stream" + b"content-length: 1000\r\n\r\nhello")
    status, headers, body = await said(reader)
    assert (status, headers["connection"], json.loads(body)["code"]) == (408, "close", "BODY_TOO_SLOW")
    assert await reader.read() == b""
    assert taker.taken == 5


async def test_a_caller_who_hangs_up_is_noticed_and_nobody_is_answered(port: int, taker: Taker) -> None:
    _, writer = await connect(port)
    writer.write(HEAD % b"/capped" + b"content-length: 1000\r\n\r\nhello")
    await eventually(lambda: taker.taken == 5)
    writer.transport.abort()
    await eventually(lambda: taker.ended == [ClientGone])


async def test_what_nobody_takes_stays_with_the_caller(port: int, taker: Taker) -> None:
    taker.go_on.clear()
    _, writer = await connect(port)
    writer.write(HEAD % b"/capped" + b"content-length: %d\r\n\r\n" % CAP)
    for _ in range(CAP // 65536):
        writer.write(b"x" * 65536)
    await eventually(lambda: taker.taken > 0)
    first = taker.taken
    assert first <= MIB
    taker.go_on.set()
    await eventually(lambda: taker.taken == CAP)
    writer.close()


async def test_other_types_are_refused_where_a_route_names_its_own(world: World) -> None:
    async with world.client(headers={"content-type": "image/png"}) as http:
        assert (await http.put("/stream", content=b"x")).status_code == 415
        assert (await http.put("/capped", content=b"x")).status_code == 200


async def test_a_body_shorter_or_longer_than_its_length_is_malformed(world: World) -> None:
    for length in ("3", "7"):
        headers = {"content-type": "application/octet-stream", "content-length": length}
        async with world.client(headers=headers) as http:
            assert (await http.put("/stream", content=pieces(5))).status_code == 400


async def test_head_on_a_real_connection_leaves_it_usable(port: int) -> None:
    async with client(port) as http:
        for _ in range(2):
            answer = await http.head("/who")
            assert (answer.status_code, answer.content, int(answer.headers["content-length"]) > 0) == (200, b"", True)
            assert "connection" not in answer.headers
