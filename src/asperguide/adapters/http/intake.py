"""The receiving end of a request whose body is streamed: callers that are answered early are seen off politely."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from asperguide.adapters.http.fields import CLOSE

SEEING_OFF_SECONDS = 1.0
"""How long what is still sent is thrown away beside an early answer, before the connection is closed."""
MOST_SEEN_OFF = 16 * 1024 * 1024
"""Bytes that are thrown away at most."""
SMALL = 64 * 1024
"""Bytes that are rather taken than a connection is lost."""

Event = Any


class Intake:
    """Receives the events of one request; `unread` is whether there is more of its body to come."""

    __slots__ = ("_receive", "_small", "unread")

    def __init__(self, receive: Callable[[], Awaitable[Event]], headers: Mapping[bytes, bytes]) -> None:
        length = headers.get(b"content-length", b"0").lstrip(b"0")
        self._receive = receive
        self._small = b"transfer-encoding" not in headers and len(length) <= 5 and int(length or b"0") <= SMALL
        self.unread = b"transfer-encoding" in headers or length != b""

    async def __call__(self) -> Event:
        """The next event."""
        event = await self._receive()
        if event["type"] == "http.disconnect" or not event.get("more_body", False):
            self.unread = False
        return event

    async def answer(self, message: Event, send: Callable[[Event], Awaitable[None]]) -> None:
        """Send a part of the answer. If the body was not read to its end, the connection ends with the answer.

        The rest of the body is thrown away for a moment before that: a connection that is closed on bytes which nobody
        took is reset, and the answer on its way goes with it.
        """
        if message["type"] == "http.response.start":
            if self.unread and self._small:
                await self._see_off()
            if self.unread and CLOSE not in message["headers"]:
                message["headers"].append(CLOSE)
        elif self.unread and not message.get("more_body", False):
            await send({**message, "more_body": True})
            await self._see_off()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await send(message)

    async def _see_off(self) -> None:
        taken = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(SEEING_OFF_SECONDS):
                while self.unread and taken < MOST_SEEN_OFF:
                    taken += len((await self()).get("body", b""))
