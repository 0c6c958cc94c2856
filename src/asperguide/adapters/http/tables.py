"""Tables on their way out as CSV: written while they are read, and no longer than somebody listens."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from litestar import Response
from litestar.response.base import ASGIResponse

from asperguide.adapters.http.media.disposition import disposition
from asperguide.adapters.http.openapi_parts import header

CSV = "text/csv; charset=utf-8; header=present"
TABLE = {
    200: {
        "description": "One line for each, and the names of the columns in the first (RFC 4180).",
        "headers": {"Content-Disposition": header("The name to save it by (RFC 6266).")},
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


class TableResponse(Response[bytes]):
    """The rows as they come, to be saved under this name. Nothing is kept by anybody between."""

    def __init__(self, name: str, rows: AsyncGenerator[bytes, None]) -> None:
        headers = {"content-type": CSV, "content-disposition": disposition(name), "cache-control": "private, no-store"}
        super().__init__(b"", headers=headers, media_type="text/csv")
        self._rows = rows

    def to_asgi_response(self, *args: Any, **options: Any) -> ASGIResponse:
        """The sender of these rows."""
        return _Sender(self._rows, self.headers)


class _Sender(ASGIResponse):
    """Reads the first rows first, so that what cannot be read is a problem and not a broken answer."""

    def __init__(self, rows: AsyncGenerator[bytes, None], headers: dict[str, str]) -> None:
        self._rows = rows
        self._fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with aclosing(self._rows) as rows:
            first = await anext(rows, b"")
            await send({"type": "http.response.start", "status": 200, "headers": self._fields})
            if scope["call"].bodiless:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            sending = asyncio.create_task(_send(first, rows, send))
            listening = asyncio.create_task(_hung_up(receive))
            try:
                await asyncio.wait((sending, listening), return_when=asyncio.FIRST_COMPLETED)
                if sending.done():
                    sending.result()
            finally:
                for task in (sending, listening):
                    task.cancel()
                await asyncio.gather(sending, listening, return_exceptions=True)


async def _send(first: bytes, rows: AsyncGenerator[bytes, None], send: Any) -> None:
    """What is not read stays with the database: `send` waits until the other side has taken the piece before."""
    await send({"type": "http.response.body", "body": first, "more_body": True})
    async for some in rows:
        await send({"type": "http.response.body", "body": some, "more_body": True})
        await asyncio.sleep(0)  # to nobody it sends at once: let the one who listens find that out
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _hung_up(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
