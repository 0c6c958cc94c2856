"""Bodies that are handed on as they come, for handlers that keep more than fits into memory.

A route says `streams=(...)` to have one of these; callers that stop sending are let go.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from asperguide.adapters.http.bodies import ApiRequest, ClientGone
from asperguide.adapters.http.problems import BodyTooSlow, MalformedRequest, PayloadTooLarge

IDLE_SECONDS = 30.0
"""How long a caller may send nothing in the middle of a body."""


async def body_of(request: ApiRequest, at_most: int, idle: float = IDLE_SECONDS) -> AsyncIterator[bytes]:
    """The pieces of the body, once, none of them empty.

    Raises PayloadTooLarge before the first byte when it announces more than `at_most` bytes, or at the piece that goes
    beyond; ClientGone when the caller hangs up before the end, BodyTooSlow when nothing comes for `idle` s;
    MalformedRequest when it has another length than announced. What nobody reads stays with the caller: TCP slows it
    down.
    """
    announced = announced_length(request)
    if announced is not None and announced > at_most:
        raise PayloadTooLarge
    arrived, more = 0, True
    while more:
        event = await _next(request, idle)
        if event["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = event.get("body", b"")
        more = bool(event.get("more_body", False))
        arrived += len(piece)
        if arrived > at_most:
            raise PayloadTooLarge
        if piece:
            yield piece
    if announced is not None and arrived != announced:
        raise MalformedRequest("The body has another length than its Content-Length.")


async def _next(request: ApiRequest, idle: float) -> Mapping[str, Any]:
    try:
        async with asyncio.timeout(idle):
            return await request.receive()
    except TimeoutError:
        raise BodyTooSlow from None


def announced_length(request: ApiRequest) -> int | None:
    """What Content-Length says, None without one. The edge has refused a malformed one already."""
    length = request.call.headers.get(b"content-length")
    return None if length is None else int(length)
