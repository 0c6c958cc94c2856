"""Health over HTTP: for load balancers and people who look. Never limited, never signed in, nothing secret inside."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Controller, Response

from asperguide.adapters.http.handlers import get
from asperguide.adapters.http.routes import Given, route
from asperguide.operations import CheckReadiness, Readiness

REMEMBERED_SECONDS = 1.0
ASK_AGAIN = {"retry-after": "5"}
"""Seconds; of the whole service, not of one process that ends, which does not come back."""


def _down(schema: str) -> dict[int, Any]:
    """How the document tells of 503: with the body of 200, in which people and load balancers look for the reason."""
    return {
        503: {
            "description": "It cannot serve now; the body is that of 200 and no problem.",
            "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
        }
    }


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """The state in one word."""

    state: str


class RememberedReadiness:
    """Readiness, asked for at most once a second however many want to know: a flood of checks stays outside."""

    def __init__(self, check: CheckReadiness, seconds: Callable[[], float] = time.monotonic) -> None:
        self._check, self._seconds = check, seconds
        self._known: Readiness | None = None
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def __call__(self) -> Readiness:
        """What was found out less than a second ago, unless the process started to drain meanwhile."""
        if (known := self._fresh()) is not None:
            return known
        async with self._asking:
            if (known := self._fresh()) is not None:
                return known
            self._known = await self._check()
            self._until = self._seconds() + REMEMBERED_SECONDS
            return self._known

    def _fresh(self) -> Readiness | None:
        known = self._known
        if known is None or self._seconds() >= self._until or known.draining != self._check.draining():
            return None
        return known


class Health(Controller):
    """Wants `readiness`: a `RememberedReadiness`, the same one for all requests."""

    tags = ("health",)

    @get(
        "/health/live",
        **route("live", summary="Is the process alive", description="The event loop turns.", public=True, exempt=True),
    )
    async def live(self) -> Brief:
        return Brief(state="alive")

    @get(
        "/health/ready",
        **route("ready", CheckReadiness, summary="Can it serve", public=True, exempt=True, answers=_down("Readiness")),
    )
    async def ready(self, readiness: Given[RememberedReadiness]) -> Response[Readiness]:
        found = await readiness()
        return Response(found, status_code=_status(found), headers=_headers(found))

    @get(
        "/health/startup",
        **route(
            "startup",
            summary="Has it started",
            description="Answers once the process has started; the same as ready from then on.",
            public=True,
            exempt=True,
            answers=_down("Brief"),
        ),
    )
    async def startup(self, readiness: Given[RememberedReadiness]) -> Response[Brief]:
        return await self._brief(readiness)

    @get(
        "/health",
        **route(
            "health",
            summary="Ready, in brief",
            description="The state of readiness in one word: ready, degraded or down.",
            public=True,
            exempt=True,
            answers=_down("Brief"),
        ),
    )
    async def brief(self, readiness: Given[RememberedReadiness]) -> Response[Brief]:
        return await self._brief(readiness)

    @get(
        "/ping",
        media_type="text/plain",
        **route("ping", summary="Ping", description="Answers pong.", public=True, exempt=True),
    )
    async def ping(self) -> str:
        return "pong"

    async def _brief(self, readiness: RememberedReadiness) -> Response[Brief]:
        found = await readiness()
        return Response(Brief(state=found.state), status_code=_status(found), headers=_headers(found))


def _headers(found: Readiness) -> dict[str, str]:
    return ASK_AGAIN if found.state == "down" else {}


def _status(found: Readiness) -> int:
    return 503 if found.state == "down" else 200
