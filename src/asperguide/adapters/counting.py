"""What goes through adapters, counted: by others around them, or by themselves in one line a method."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import wraps
from time import perf_counter
from typing import Any, TypeVar, cast

from asperguide.adapters.measuring import Counter, Family, Histogram, Measured
from asperguide.adapters.tracing import Tracer
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.ports import Mail, MailDelayed, Mailer, MailRefused

F = TypeVar("F", bound=Callable[..., Any])


class CountedMailer(Mailer, Measured):
    """Hands mails on to `inner` and remembers how that went."""

    def __init__(self, inner: Mailer) -> None:
        self._inner = inner
        self._mails = Counter("asperguide_mails", "Mails that were to be handed over, by how that went.", "outcome")

    async def send(self, mail: Mail) -> None:
        """As `inner` does it."""
        try:
            await self._inner.send(mail)
        except MailRefused:
            self._mails.add("refused")
            raise
        except MailDelayed:
            self._mails.add("delayed")
            raise
        self._mails.add("sent")

    async def aclose(self) -> None:
        """Take leave of what `inner` speaks to."""
        if (close := getattr(self._inner, "aclose", None)) is not None:
            await close()

    def measure(self) -> Iterator[Family]:
        """The counts."""
        yield self._mails.family()


class StorageCalls(Measured):
    """How long the calls of one object storage took, and how they went; each is also told to the tracer, if any.

    Of a stream that is read only the beginning counts: how fast the rest goes is up to the reader.
    """

    def __init__(self, store: str = "default", tracer: Tracer | None = None) -> None:
        self._store, self._tracer = store, tracer
        self._seconds = Histogram(
            "asperguide_storage_seconds", "Calls of object storages, by how they went.", "store", "operation", "outcome"
        )

    @contextmanager
    def call(self, operation: str) -> Iterator[None]:
        """What is done within is one call."""
        began, outcome, error = perf_counter(), "done", ""
        try:
            yield
        except BaseException as failure:
            outcome, error = _outcome(failure), type(failure).__name__
            raise
        finally:
            seconds = perf_counter() - began
            self._seconds.observe(seconds, self._store, operation, outcome)
            if self._tracer is not None:
                attributes = {"asperguide.store": self._store, "asperguide.outcome": outcome}
                self._tracer.tell(f"storage {operation}", seconds, attributes, "" if outcome == "refused" else error)

    def measure(self) -> Iterator[Family]:
        """The times."""
        yield self._seconds.family()


def _outcome(failure: BaseException) -> str:
    """refused: the storage answered, and the answer was no."""
    if isinstance(failure, StorageUnavailable):
        return "unavailable"
    return "refused" if isinstance(failure, Exception) else "cancelled"


def told(method: F) -> F:
    """A method of a storage whose calls are told to its `calls`, under the name of the method."""

    @wraps(method)
    async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        with self.calls.call(method.__name__):
            return await method(self, *args, **kwargs)

    return cast(F, call)


def told_opening(method: F) -> F:
    """The same for a method that opens something: the opening is what is told."""

    @wraps(method)
    @asynccontextmanager
    async def opened(self: Any, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        async with AsyncExitStack() as stack:
            with self.calls.call(method.__name__):
                found = await stack.enter_async_context(method(self, *args, **kwargs))
            yield found

    return cast(F, opened)
