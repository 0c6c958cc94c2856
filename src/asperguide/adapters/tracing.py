"""Spans: what happened within a request or a job, each with a beginning, an end and a parent.

`trace` of `asperguide.shared.tracing` says which span is under way in a task: log lines, jobs and answers name it, and
what begins meanwhile is its child. Spans hold names, routes, statements and kinds of failures, and never a value, an
address or the words of an error.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Literal, ParamSpec, Protocol, TypeVar

import msgspec

from asperguide.shared.errors import DomainError
from asperguide.shared.ports import Mail, Mailer
from asperguide.shared.tracing import trace

P = ParamSpec("P")
R = TypeVar("R")

Kind = Literal["server", "consumer", "internal"]
Attributes = Mapping[str, str | int]

NOTHING: Attributes = {}


class Span(Protocol):
    """Something that is under way. `traceparent` is what its children are told, empty when nothing is traced."""

    traceparent: str

    @abstractmethod
    def end(self, *, name: str = "", attributes: Attributes = NOTHING, error: str = "") -> None:
        """It is over: perhaps under a better name, and perhaps because of an error of this type."""
        ...


class Tracer(Protocol):
    """Takes spans and hands them on, in a thread of its own. Nothing here waits or raises."""

    @abstractmethod
    def open(self) -> None:
        """Make ready for the first span, which would take longer otherwise."""
        ...

    @abstractmethod
    def begin(self, name: str, kind: Kind, parent: str | None, attributes: Attributes = NOTHING) -> Span:
        """A span that begins now, the child of the span of that `traceparent`, or the first of a new trace."""
        ...

    @abstractmethod
    def tell(self, name: str, seconds: float, attributes: Attributes, error: str = "") -> None:
        """A call of something outside that took so long and ends now, a child of what is under way in this task.

        Of a task in which nothing is under way nothing is told: nobody looks for the polling of a worker.
        """
        ...

    @abstractmethod
    def close(self) -> None:
        """Hand on what is left, within a few seconds, and take no more."""
        ...


def is_recorded(traceparent: str | None) -> bool:
    """Whether the trace is one of those that are kept: the last bit of its flags."""
    return bool(traceparent) and traceparent[-1] in "13579bdf"  # type: ignore[index]


def traced(tracer: Tracer, name: str, call: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """The same call as a span of what is under way, where that is recorded. A refusal is an outcome, not an error."""

    async def within(*args: P.args, **kwargs: P.kwargs) -> R:
        now = trace.get()
        if not is_recorded(now.traceparent):
            return await call(*args, **kwargs)
        span = tracer.begin(name, "internal", now.traceparent)
        token = trace.set(msgspec.structs.replace(now, traceparent=span.traceparent))
        attributes, error = NOTHING, ""
        try:
            return await call(*args, **kwargs)
        except DomainError as refusal:
            attributes = {"asperguide.refusal": refusal.slug}
            raise
        except BaseException as failure:
            error = type(failure).__name__
            raise
        finally:
            trace.reset(token)
            span.end(attributes=attributes, error=error)

    return within


class TracedMailer(Mailer):
    """Hands mails on to `inner`, and tells that it did: not to whom, and not what."""

    def __init__(self, inner: Mailer, tracer: Tracer, attributes: Attributes) -> None:
        self._inner, self._tracer, self._attributes = inner, tracer, attributes

    async def send(self, mail: Mail) -> None:
        """As `inner` does it."""
        began, error = perf_counter(), ""
        try:
            await self._inner.send(mail)
        except BaseException as failure:
            error = type(failure).__name__
            raise
        finally:
            self._tracer.tell("send mail", perf_counter() - began, self._attributes, error)

    async def aclose(self) -> None:
        """Take leave of what `inner` speaks to."""
        if (close := getattr(self._inner, "aclose", None)) is not None:
            await close()
