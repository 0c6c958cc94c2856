"""What ties log lines, jobs and mails to the request that caused them; it travels with the task, not with arguments."""

from contextvars import ContextVar

import msgspec


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """The id of the request and its W3C `traceparent`, as far as they are known; at most 64 characters each.

    Where spans are made the `traceparent` names the one that is under way.

    Beside them who asked (the id of the user), or the id and kind of the job that is being worked on.
    """

    request_id: str | None = None
    traceparent: str | None = None
    user: str | None = None
    job: str | None = None
    job_kind: str | None = None


class Harmless(msgspec.Struct, frozen=True):
    """Values for a log line that hold no secret, as whoever makes them vouches: they are not looked through."""

    values: dict[str, str | int | float]


trace: ContextVar[Trace] = ContextVar("asperguide_trace", default=Trace())  # noqa: B039 - Trace is immutable
