"""Errors become answers here and nowhere else: kinds to statuses, RFC 9457 problems, and the list of all errors."""

import logging
import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote

import msgspec

from asperguide.adapters.http.calls import Call
from asperguide.ar.marker_errors import MarkerTooLarge
from asperguide.ar.unavailable import Expired
from asperguide.identity.errors import PictureTooLarge
from asperguide.media.errors import FileTooLarge, TypeRefused
from asperguide.shared.errors import (
    Conflict,
    DomainError,
    EditedMeanwhile,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Throttled,
    Unauthenticated,
    Unavailable,
)

PROBLEM = "application/problem+json"
URN = "urn:asperguide:problem:"
SOON = timedelta(seconds=5)
NEWER_TITLES = {
    413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content",
    460: "Checksum Mismatch",
}  # fmt: skip
"""The words of RFC 9110, which not every Python knows yet, and of tus: a problem reads the same on each."""
LONGEST_POINTER = 200

log = logging.getLogger("asperguide.http")


class MalformedBody(Invalid, code=40001):
    """The request body is not acceptable JSON."""


class MalformedRequest(Invalid, code=40002):
    """The request is malformed."""


class MethodNotAllowed(Invalid, code=40003):
    """This method is not possible here; the Allow header lists those that are."""


class BodyTooSlow(Invalid, code=40004):
    """Nothing more of the request body came for too long."""


class RangeNotSatisfiable(Invalid, code=40005):
    """There is nothing in this range of bytes; the Content-Range field says how many there are."""


class TokenNeeded(Unauthenticated, code=40101):
    """Sign in first: this needs an access token."""


class CrossSiteRequest(Forbidden, code=40201):
    """A request with cookies must prove that it comes from this site."""


class RouteNotFound(NotFound, code=40401):
    """There is nothing at this address."""


class Gone(NotFound, code=40402):
    """It was here, and will not come back."""


class PreconditionFailed(Conflict, code=41201):
    """The thing has changed since the version named in If-Match. Read it again and repeat your change."""


class PreconditionRequired(Conflict, code=41202):
    """Say which version you mean to change: send its ETag in If-Match."""


class ChunkMismatch(Invalid, code=42204):
    """The checksum does not fit the bytes of this request. None of them were kept."""


class TusVersionNeeded(Conflict, code=41203):
    """Say which version of tus you speak, in Tus-Resumable; the Tus-Version field lists those that are spoken here."""


class PayloadTooLarge(Invalid, code=41301):
    """The request body is too large."""


class HeadersTooLarge(Invalid, code=41302):
    """The request has too many or too long header fields."""


class AddressTooLong(Invalid, code=41303):
    """The address of the request is too long."""


class UnsupportedMediaType(Invalid, code=41501):
    """The request body has a media type that is not accepted here."""


class InternalError(Unavailable, code=50001):
    """Something went wrong on our side. It has been recorded under the request id."""


STATUS: dict[type[DomainError], int] = {
    Invalid: 422,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Throttled: 429,
    Unavailable: 503,
    MalformedBody: 400,
    MalformedRequest: 400,
    MethodNotAllowed: 405,
    BodyTooSlow: 408,
    RangeNotSatisfiable: 416,
    Gone: 410,
    Expired: 410,
    PreconditionFailed: 412,
    PreconditionRequired: 428,
    TusVersionNeeded: 412,
    PayloadTooLarge: 413,
    HeadersTooLarge: 431,
    AddressTooLong: 414,
    UnsupportedMediaType: 415,
    InternalError: 500,
    ChunkMismatch: 460,
    FileTooLarge: 413,
    PictureTooLarge: 413,
    MarkerTooLarge: 413,
    TypeRefused: 415,
}


class WrongField(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with one field of the request."""

    pointer: str
    code: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error for programs and people, as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    internal_code: int
    request_id: str
    timestamp: datetime
    errors: tuple[WrongField, ...] = ()


def status_of(kind: type[DomainError]) -> int:
    """The HTTP status of an error class: that of its nearest listed ancestor, 500 when none is."""
    return next((STATUS[cls] for cls in kind.__mro__ if cls in STATUS), 500)


def title_of(status: int) -> str:
    """The words that belong to a status."""
    return NEWER_TITLES.get(status) or HTTPStatus(status).phrase


def answered(error: DomainError, call: Call) -> DomainError:
    """The error as HTTP tells it: a lost update is a failed precondition when the caller sent If-Match."""
    if isinstance(error, EditedMeanwhile) and b"if-match" in call.headers:
        return PreconditionFailed()
    return error


def problem_of(error: DomainError, now: datetime, instance: str = "", request_id: str = "") -> Problem:
    """What is shown of an error: never a rejected value, a stack, SQL or a file."""
    kind = type(error)
    status = status_of(kind)
    return Problem(
        type=URN + kind.slug,
        title=title_of(status),
        status=status,
        detail=error.detail,
        instance=instance,
        code=kind.slug.upper().replace("-", "_"),
        internal_code=kind.internal_code,
        request_id=request_id,
        timestamp=now.replace(microsecond=0),
        errors=tuple(_shown(field) for field in error.fields),
    )


def render(error: DomainError, call: Call, now: datetime) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, header fields and body of the answer to a request that failed with this error."""
    problem = problem_of(answered(error, call), now, quote(call.path, errors="replace"), call.request_id)
    body = msgspec.json.encode(problem)
    headers = [
        (b"content-type", PROBLEM.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *_advice(error, problem.status, call),
    ]
    return problem.status, headers, body


def _advice(error: DomainError, status: int, call: Call) -> Iterator[tuple[bytes, bytes]]:
    """What the caller should do next, as header fields."""
    if status == 401:
        yield b"www-authenticate", _challenge(error, call)
    if status in (429, 503) or error.retry_after is not None:
        wait = error.retry_after or SOON
        yield b"retry-after", str(max(1, math.ceil(wait.total_seconds()))).encode()
    if status in (408, 413, 431):
        yield b"connection", b"close"


def _challenge(error: DomainError, call: Call) -> bytes:
    """RFC 6750: no reason when no token came, `invalid_token` when one came and was refused."""
    if not call.presented:
        return b"Bearer"
    detail = error.detail.encode("ascii", "ignore").replace(b'"', b"'").replace(b"\\", b"")
    return b'Bearer error="invalid_token", error_description="' + detail + b'"'


def _shown(field: FieldError) -> WrongField:
    return WrongField(pointer=field.pointer[:LONGEST_POINTER], code=field.code, detail=field.detail)


def catalogue() -> tuple[type[DomainError], ...]:
    """Every error class of the loaded product by its number."""
    found = (kind for kind in _descendants(DomainError) if kind.__module__.startswith("asperguide."))
    return tuple(sorted(set(found), key=lambda kind: kind.internal_code))


def _descendants(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)


def errors_markdown(kinds: Iterable[type[DomainError]] | None = None) -> str:
    """`docs/errors.md`: one table of all errors."""
    lines = [
        "# Errors",
        "",
        "Every refusal is an RFC 9457 problem (`application/problem+json`). Numbers and codes never change.",
        "This page is generated from the error classes.",
        "",
        "| internal_code | code | status | meaning |",
        "|---|---|---|---|",
    ]
    for kind in catalogue() if kinds is None else kinds:
        code = kind.slug.upper().replace("-", "_")
        lines.append(f"| {kind.internal_code} | `{code}` | {status_of(kind)} | {kind.sentence} |")
    return "\n".join(lines) + "\n"
