"""`/metrics`: what the service tells Prometheus, and nobody else."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from litestar import Controller, Response

from asperguide.adapters.http.addresses import is_loopback
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.credentials import bearer_of
from asperguide.adapters.http.handlers import get
from asperguide.adapters.http.routes import Given, public
from asperguide.shared.errors import Forbidden, Unauthenticated

FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")


class MetricsTokenNeeded(Unauthenticated, code=40102):
    """Metrics are for those who know METRICS_TOKEN."""


class MetricsAreLocal(Forbidden, code=40202):
    """Without METRICS_TOKEN metrics are told to this machine only, and not through a proxy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """The figures as text with their media type, for an Accept field, and the token that opens them, if there is one.

    Without a token only a caller on this machine may read them, and none whom a proxy speaks for.
    """

    text: Callable[[str], Awaitable[tuple[bytes, str]]]
    token: str = ""

    def demand_access(self, request: ApiRequest) -> None:
        """Raises MetricsTokenNeeded or MetricsAreLocal."""
        headers = request.call.headers
        if self.token:
            given = bearer_of(headers.get(b"authorization", b""))
            if not hmac.compare_digest(given.encode(), self.token.encode()):
                request.call.presented = b"authorization" in headers
                raise MetricsTokenNeeded
        else:
            client = request.scope["client"]
            if client is None or not is_loopback(client[0]) or any(name in headers for name in FORWARDED):
                raise MetricsAreLocal


class MetricsPage(Controller):
    """Wants `metrics`: a Metrics."""

    include_in_schema = False

    @get("/metrics", opt=public(exempt=True))
    async def read(self, request: ApiRequest, metrics: Given[Metrics]) -> Response[bytes]:
        metrics.demand_access(request)
        text, media_type = await metrics.text(request.call.header(b"accept"))
        return Response(text, headers={"content-type": media_type, "cache-control": "no-store"})
