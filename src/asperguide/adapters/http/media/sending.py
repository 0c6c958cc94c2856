"""Bytes of files on their way out: whole or a part, piece by piece, and no longer than somebody listens."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from litestar import Response
from litestar.response.base import ASGIResponse

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.media.disposition import disposition
from asperguide.adapters.http.media.ranges import wanted
from asperguide.adapters.http.preconditions import UNCHANGED, is_current, names
from asperguide.adapters.http.problems import PreconditionFailed, RangeNotSatisfiable
from asperguide.media import Readable, Visibility

Open = Callable[[int, int], AbstractAsyncContextManager[AsyncIterator[bytes]]]
"""Opens bytes: so many from such a one on."""

HARMLESS = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""A page made of a file can show its own picture or play its own sound, and nothing else; styles are the browser's."""


class BytesResponse(Response[bytes]):
    """The bytes that `open` gives from `start` on, `length` of them, as this type."""

    def __init__(
        self, open: Open, start: int, length: int, *, media_type: str, status: int, headers: Mapping[str, str]
    ) -> None:
        told = {**headers, "content-type": media_type, "content-length": str(length)}
        super().__init__(b"", status_code=status, headers=told, media_type=media_type)
        self._what = open, start, length, status

    def to_asgi_response(self, *args: Any, **options: Any) -> ASGIResponse:
        """The sender of these bytes."""
        return _Sender(*self._what, self.headers)


class _Sender(ASGIResponse):
    """Opens first, so that what cannot be read is a problem and not a broken answer; lets go when nobody listens."""

    def __init__(self, open: Open, start: int, length: int, status: int, headers: Mapping[str, str]) -> None:
        self._open, self._start, self._length = open, start, length
        self._status = status
        self._fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["call"].bodiless or not self._length:
            await self._begin(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        sending = asyncio.create_task(self._send(send))
        listening = asyncio.create_task(_hung_up(receive))
        try:
            await asyncio.wait((sending, listening), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            await _end(sending, listening)

    async def _begin(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": self._status, "headers": self._fields})

    async def _send(self, send: Any) -> None:
        """What is not read stays with the storage: `send` waits until the other side has taken the piece before."""
        async with self._open(self._start, self._length) as chunks:
            await self._begin(send)
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await asyncio.sleep(0)  # to nobody it sends at once: let the one who listens find that out
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _hung_up(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(*tasks: "asyncio.Task[None]") -> None:
    """Cancel and wait, so that whatever they held is free when this returns; their errors are told elsewhere."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def sent(request: ApiRequest, readable: Readable, *, inline: bool = False, by_link: bool = False) -> Response[bytes]:
    """The file, or the part of it that Range wants; 304 when the caller has it, by its checksum.

    A link is private to whoever holds it, whatever the file's visibility.
    """
    file = readable.file
    etag = f'"{file.sha256}"'
    public = file.visibility is not Visibility.PRIVATE and not by_link
    headers = {
        "etag": etag,
        "cache-control": "public, max-age=300" if public else "private, no-cache",
        "accept-ranges": "bytes",
        "content-disposition": disposition(file.name, inline=inline and readable.inline),
        "content-security-policy": HARMLESS,
        "cross-origin-resource-policy": "cross-origin" if public or by_link else "same-site",
    }
    if not names(request, b"if-match", etag):
        raise PreconditionFailed
    if b"if-none-match" in request.call.headers and is_current(request, etag):
        return Response(b"", status_code=UNCHANGED, headers={name: headers[name] for name in ("etag", "cache-control")})
    return whole_or_part(request, readable.open, file.size, etag, media_type=file.media_type, headers=headers)


def whole_or_part(
    request: ApiRequest, open: Open, size: int, etag: str, *, media_type: str, headers: dict[str, str]
) -> Response[bytes]:
    """All bytes, or the part of them that Range wants."""
    part = _part(request, size, etag)
    if part is None:
        return BytesResponse(open, 0, size, media_type=media_type, status=200, headers=headers)
    start, length = part
    headers["content-range"] = f"bytes {start}-{start + length - 1}/{size}"
    return BytesResponse(open, start, length, media_type=media_type, status=206, headers=headers)


def _part(request: ApiRequest, size: int, etag: str) -> tuple[int, int] | None:
    """The part that is wanted, if the caller's copy of the rest is of this very file."""
    call = request.call
    if call.bodiless or b"range" not in call.headers:
        return None
    if call.headers.get(b"if-range", etag.encode()) != etag.encode():
        return None
    try:
        return wanted(call.header(b"range"), size)
    except RangeNotSatisfiable:
        call.extra.append((b"content-range", f"bytes */{size}".encode()))
        raise
