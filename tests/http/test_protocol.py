"""What is no HTTP is refused in the words of everything else."""

import asyncio
import json
from typing import Any

import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol

from asperguide.adapters.http.protocol import Protocol, Refusing
from tests.http.live import listening, said
from tests.http.sample import World
from tests.http.test_edge import EVERY_ANSWER
from tests.servers import LOCALHOST


class OverH11(Refusing, H11Protocol):
    """As where httptools is not installed."""


BOTH = pytest.mark.parametrize("http", [Protocol, OverH11])


@BOTH
@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"HELO mail.example\r\n\r\n",
        b"GET /open HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n",
        b"GET /open HTTP/1.1\r\nhost: x\r\ncontent-length: abc\r\n\r\n",
        b"POST /open HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
        b"POST /open HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["tls", "smtp", "field", "length", "lengths", "chunk"],
)
async def test_what_is_no_http_is_a_problem_like_any_other(http: Any, sent: bytes) -> None:
    async with listening(World().app, http=http) as port:
        reader, writer = await asyncio.open_connection(LOCALHOST, port)
        writer.write(sent)
        status, headers, body = await said(reader)
        assert await reader.read() == b""
        writer.close()
    assert (status, headers["content-type"], headers["connection"]) == (400, "application/problem+json", "close")
    assert {name: headers.get(name) for name in EVERY_ANSWER} == EVERY_ANSWER
    problem = json.loads(body)
    assert (problem["code"], problem["internal_code"], problem["status"]) == ("MALFORMED_REQUEST", 40002, 400)
    assert problem["request_id"] == headers["x-request-id"]
    assert headers["cache-control"] == "no-store"


class Slow:
    """Begins an answer and never ends it."""

    def __init__(self) -> None:
        self.began = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Half an answer."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        self.began.set()
        await receive()

    def unreadable(self) -> Any:
        """What must not stand in the middle of the answer above."""
        return 400, [], b"in between"


@BOTH
async def test_nothing_is_put_into_an_answer_that_is_on_its_way(http: Any) -> None:
    app = Slow()
    async with listening(app, http=http) as port:
        reader, writer = await asyncio.open_connection(LOCALHOST, port)
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        await app.began.wait()
        writer.write(b"zz\r\n")
        answer = await reader.read()
        writer.close()
    assert answer.endswith(b"\r\n\r\nhalf")
