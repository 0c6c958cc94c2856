"""Bodies that are handed on as they come, for handlers that keep more than fits into memory."""

from collections.abc import AsyncIterator

from asperguide.adapters.http.bodies import ApiRequest, ClientGone
from asperguide.adapters.http.problems import MalformedRequest, PayloadTooLarge


async def body_of(request: ApiRequest, at_most: int) -> AsyncIterator[bytes]:
    """The pieces of the body, once, none of them empty.

    Raises PayloadTooLarge before the first byte when it announces more than `at_most` bytes, or at the piece that goes
    beyond; ClientGone when the caller hangs up before the end; MalformedRequest when it has another length than
    announced. What nobody reads stays with the caller: TCP slows it down.
    """
    announced = announced_length(request)
    if announced is not None and announced > at_most:
        raise PayloadTooLarge
    arrived, more = 0, True
    while more:
        event = await request.receive()
        if event["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = event.get("body", b"")  # type: ignore[assignment]
        more = bool(event.get("more_body", False))
        arrived += len(piece)
        if arrived > at_most:
            raise PayloadTooLarge
        if piece:
            yield piece
    if announced is not None and arrived != announced:
        raise MalformedRequest("The body has another length than its Content-Length.")


def announced_length(request: ApiRequest) -> int | None:
    """What Content-Length says, None without one. The edge has refused a malformed one already."""
    length = request.call.headers.get(b"content-length")
    return None if length is None else int(length)
