"""Header fields that the edge puts on answers, made once: security, CORS, rate limits."""

import math

from asperguide.shared.ports import Admission, Budget

Fields = tuple[tuple[bytes, bytes], ...]

API_CSP = (
    b"content-security-policy",
    b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
)
NO_FRAMES = (b"x-frame-options", b"DENY")
NO_STORE = (b"cache-control", b"no-store")
CLOSE = (b"connection", b"close")
TWO_YEARS = 63_072_000

SECURITY: Fields = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()",
    ),
    (b"vary", b"Origin"),
)
HSTS = (b"strict-transport-security", f"max-age={TWO_YEARS}; includeSubDomains".encode())

METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
REQUEST_FIELDS = (
    b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, Range, Tus-Resumable, "
    b"Upload-Checksum, Upload-Length, Upload-Metadata, Upload-Offset, X-HTTP-Method-Override, X-Request-ID, "
    b"X-CSRF-Token, traceparent"
)
ANSWER_FIELDS = (
    b"Accept-Ranges, Content-Disposition, Content-Range, ETag, Link, Location, RateLimit, RateLimit-Policy, "
    b"Retry-After, X-Request-ID, Idempotency-Replayed, Deprecation, Sunset, WWW-Authenticate, Tus-Checksum-Algorithm, "
    b"Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Expires, Upload-Length, Upload-Metadata, "
    b"Upload-Offset"
)


def always(*, https: bool) -> Fields:
    """The fields of every answer; HSTS only when people reach the service over https."""
    return (*SECURITY, HSTS) if https else SECURITY


def cors(origin: bytes) -> Fields:
    """What lets a page of an admitted origin read the answer."""
    return (
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", ANSWER_FIELDS),
    )


ANYWHERE: Fields = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", ANSWER_FIELDS),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
"""What lets pages of every origin read and embed the answer, as long as they send no credentials."""

PREFLIGHT: Fields = (
    (b"access-control-allow-methods", METHODS),
    (b"access-control-allow-headers", REQUEST_FIELDS),
    (b"access-control-max-age", b"600"),
)


def policy(budget: Budget) -> bytes:
    """The RateLimit-Policy item of a budget (structured fields): quota, and window in seconds."""
    return b'"%b";q=%d;w=%d' % (budget.name.encode(), budget.limit, math.ceil(budget.window.total_seconds()))


def rate_limit(budget: Budget, admission: Admission) -> bytes:
    """The RateLimit item: calls left and seconds until the window ends."""
    return b'"%b";r=%d;t=%d' % (
        budget.name.encode(),
        admission.remaining,
        max(0, math.ceil(admission.resets_in.total_seconds())),
    )
