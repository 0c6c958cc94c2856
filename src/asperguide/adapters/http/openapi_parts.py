"""Pieces of the OpenAPI document that every route shares: security, header fields, parameters."""

from collections.abc import Iterable
from typing import Any

from asperguide.adapters.http.paging import Listing
from asperguide.adapters.http.routes import ANYTHING, Declared
from asperguide.shared.pages import DEFAULT_LIMIT, MAX_LIMIT

BASE = "/api/v1"
TOKEN_URL = f"{BASE}/oauth/token"
EXAMPLE_ID = "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10"

SECURITY_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a session, good for 15 minutes unless configured otherwise.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-access",
        "description": "For browsers that signed in with cookies. Requests that change something must come from the "
        "same origin or carry the session's X-CSRF-Token.",
    },
    "password": {
        "type": "oauth2",
        "description": "For first-party tools: type login and password, get an access token.",
        "flows": {"password": {"tokenUrl": TOKEN_URL, "refreshUrl": TOKEN_URL, "scopes": {}}},
    },
}


def _text(description: str, example: str = "", **schema: Any) -> dict[str, Any]:
    found = {"description": description, "schema": {"type": "string", **schema}}
    return {**found, "example": example} if example else found


HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": _text("The id of this request, in every log line about it.", EXAMPLE_ID),
    "RateLimit": _text("Calls left and seconds until the window ends.", '"default";r=50;t=30'),
    "RateLimit-Policy": _text("Quota and window in seconds.", '"default";q=60;w=60'),
    "Retry-After": {"description": "Seconds to wait before trying again.", "schema": {"type": "integer"}},
    "Location": _text("The job to ask how far the work is.", f"/api/v1/jobs/{EXAMPLE_ID}"),
    "WWW-Authenticate": _text("How to sign in (RFC 6750).", 'Bearer error="invalid_token"'),
    "ETag": _text("The version, and perhaps a name of what is shown beside it. If-Match compares the version.", '"3"'),
    "Link": _text('The next page, with rel="next".', '</api/v1/things?cursor=b2Zmc2V0>; rel="next"'),
    "Idempotency-Replayed": _text("`true` when this answer was kept from an earlier request.", "true"),
    "Deprecation": _text("Since when this route is deprecated (RFC 9745).", "@1767225600"),
    "Sunset": _text("Until when it answers at least (RFC 8594).", "Fri, 01 Jan 2027 00:00:00 GMT"),
}
EVERYWHERE = ("X-Request-ID", "RateLimit", "RateLimit-Policy")


def parameter(place: str, name: str, description: str, *, required: bool = False, **schema: Any) -> dict[str, Any]:
    shape = schema or {"type": "string"}
    return {"in": place, "name": name, "description": description, "required": required, "schema": shape}


REQUEST_ID = parameter("header", "X-Request-ID", "Yours to choose: up to 128 of `A-Za-z0-9._-`, else we choose.")
IDEMPOTENCY_KEY = parameter(
    "header", "Idempotency-Key", "Makes repeating safe for 24 hours.", type="string", minLength=1, maxLength=255
)
IF_NONE_MATCH = parameter("header", "If-None-Match", "The ETag you have: 304 when it is still current.")


def list_parameters(listing: Listing) -> Iterable[dict[str, Any]]:
    where = "Where to go on: `next_cursor` of the page before, in the same order with the same filters."
    yield parameter("query", "cursor", where)
    shape: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    yield parameter("query", "limit", "How many entries at most.", **shape)
    if listing.sort:
        names = [prefix + name for name in listing.sort for prefix in ("", "-")]
        yield parameter("query", "sort", "What to sort by; `-` descends.", type="string", enum=names)
    for name in listing.filters:
        told = listing.instants.get(name)
        shape = {} if told is None else {"type": "string", "format": "date-time"}
        yield parameter("query", f"filter[{name}]", told or f"Only entries whose {name} is exactly this.", **shape)
    if listing.countable:
        yield parameter("query", "count", "Whether to count all entries.", type="boolean", default=False)


def header(description: str, **schema: Any) -> dict[str, Any]:
    """A header field of an answer."""
    return {"description": description, "schema": schema or {"type": "string"}}


CREATED: dict[int, dict[str, Any]] = {
    201: {"description": "Created.", "headers": {"Location": header("Where the new thing is.")}}
}
BINARY = {"type": "string", "format": "binary"}


def streamed(declared: Declared) -> dict[str, Any]:
    """The content of a body that is taken as it comes; one of any type is shown as bytes."""
    schema = declared.stream_schema or BINARY
    kinds = ("application/octet-stream" if kind == ANYTHING else kind for kind in declared.streams)
    return {kind: {"schema": schema} for kind in kinds}
