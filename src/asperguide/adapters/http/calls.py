"""What the edge knows about one request: who, from where, under which id and trace."""

import re
from collections.abc import Mapping
from contextvars import ContextVar

from asperguide.adapters.http.intake import Intake
from asperguide.shared.actor import Actor, Origin

SANE = bytes(range(ord("0"), ord("9") + 1)) + b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-"
LONGEST_ID = 128
TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Call:
    """One request as the edge sees it.

    `presented` is whether a token came, `by_cookie` whether it came as a cookie, `extra` are header fields that the
    answer will carry, whatever it is; with `anywhere` pages of every origin may read it. `bodiless` is whether the
    caller wants no body (HEAD), `intake` is there when the request's body is streamed.
    """

    __slots__ = (
        "actor", "address", "anywhere", "bodiless", "by_cookie", "extra", "headers", "intake", "path", "presented",
        "request_id", "traceparent",
    )  # fmt: skip

    def __init__(self, headers: Mapping[bytes, bytes], path: str, request_id: str) -> None:
        self.headers = headers
        self.path = path
        self.request_id = request_id
        self.traceparent = ""
        self.address = ""
        self.actor: Actor | None = None
        self.presented = False
        self.by_cookie = False
        self.bodiless = False
        self.anywhere = False
        self.intake: Intake | None = None
        self.extra: list[tuple[bytes, bytes]] = []

    @property
    def origin(self) -> Origin:
        """Where the call came from, for limits and the audit log; the user agent is cut at 255 characters."""
        return Origin(address=self.address, user_agent=self.header(b"user-agent")[:255])

    def header(self, name: bytes) -> str:
        """The value of a request header by its lower-case name, empty when absent."""
        return self.headers.get(name, b"").decode("latin-1")


current_call: ContextVar[Call | None] = ContextVar("current_call", default=None)


def sane_request_id(value: bytes | None) -> str | None:
    """The caller's request id when it has 1 to 128 of `A-Za-z0-9._-`, else None: it ends in logs and headers."""
    if not value or len(value) > LONGEST_ID or value.translate(None, SANE):
        return None
    return value.decode("ascii")


def continued(traceparent: bytes, span: bytes) -> str:
    """The traceparent of our part of the caller's W3C trace, with `span` (8 bytes); empty when theirs is malformed."""
    if not TRACEPARENT.fullmatch(traceparent):
        return ""
    _, trace, _, flags = traceparent.decode("ascii").split("-")
    return f"00-{trace}-{span.hex()}-{flags}"
