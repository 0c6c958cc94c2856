"""The floor: an ASGI callable that sends prepared bytes."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from benchmarks.peers.person import nth

BODY = msgspec.json.encode(nth(0))
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())],
}
END = {"type": "http.response.body", "body": BODY}


async def app(scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[Any], Awaitable[None]]) -> None:
    """Answer every request with the same person."""
    if scope["type"] == "lifespan":
        return
    await send(START)
    await send(END)
