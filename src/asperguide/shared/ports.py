"""Ports that every context may need. Adapters inherit from them explicitly; anybody else may just look alike."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self, TypeVar
from uuid import UUID

import msgspec

R = TypeVar("R")


class Clock(Protocol):
    """The only source of time."""

    @abstractmethod
    def now(self) -> datetime:
        """The present instant, timezone-aware, in UTC, with microseconds."""
        ...


class Ids(Protocol):
    """The only source of identifiers and randomness."""

    @abstractmethod
    def new(self) -> UUID:
        """A new UUIDv7: unique, and ordered by time of creation."""
        ...

    @abstractmethod
    def secret(self) -> bytes:
        """32 unguessable bytes."""
        ...


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What travels through the ledger, as JSON: something that happened (an event) or something to do (a job).

    Never carries a secret: rows of the ledger can be read by operators.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """How a message is worked on: lowest `priority` first, at once without `run_at`, one live row per `unique_key`.

    With `unique_for`, whole seconds, there is also at most one row of that key in each period of this length, counted
    from 1970, whatever became of it: one mail of a kind per hour of the clock. It holds for as long as history is
    kept. ValueError without a key.

    Of long work the `owner` can see how far it has come and cancel it; `result` is the path of what will be there when
    it is done.
    """

    queue: str = "default"
    run_at: datetime | None = None
    priority: int = 0
    max_attempts: int = 20
    unique_key: str | None = None
    unique_for: timedelta | None = None
    owner: UUID | None = None
    result: str | None = None

    def __post_init__(self) -> None:
        """Refuse a period of nothing."""
        if self.unique_for is not None and (self.unique_key is None or self.unique_for < timedelta(seconds=1)):
            raise ValueError("unique_for needs a unique_key and lasts a second or more")


class UnitOfWork(Protocol):
    """One transaction. Leaving it without `commit` leaves no trace."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @abstractmethod
    def announce(self, message: Message, options: JobOptions = JobOptions()) -> UUID:
        """Put the message into the ledger as part of this transaction: it exists if and only if this commits.

        The id of its row. Under a unique key that is live when this commits nothing is put, and the id is of nothing;
        but an owner is never given such an id: then `commit` raises EditedMeanwhile, and `live_job` tells the other.
        """
        ...

    @abstractmethod
    async def live_job(self, unique_key: str) -> UUID | None:
        """The committed job that waits or runs under this key, None when there is none."""
        ...

    @abstractmethod
    def complete(self, job: UUID | None) -> None:
        """Make the end of the job part of this transaction: it is done if and only if this commits.

        For use cases that workers call with the id of the job's row. Called with any other id, by anybody else, it
        changes nothing. When the job is no longer this worker's, `commit` raises LeaseLost and all of it is undone.
        """
        ...

    @abstractmethod
    async def commit(self, answer: object = None) -> None:
        """Make everything done so far permanent, then purge caches and ring the worker's doorbell.

        `answer` is what the caller will be told; under an idempotency key it is kept in this same transaction.
        Raises EditedMeanwhile when another transaction won, DatabaseUnavailable when there is no database.
        """
        ...


class Idempotency(Protocol):
    """Makes a call that creates something safe to repeat under the same key for 24 hours."""

    @abstractmethod
    def claim(
        self, scope: str, key: str, fingerprint: bytes, answer: type[R]
    ) -> "AbstractAsyncContextManager[R | None]":
        """Reserve (scope, key); gives the kept answer when the effect already happened, else None: do it inside.

        The first unit of work committed inside with an answer keeps that answer in its own transaction. Raises
        IdempotencyKeyReused when the fingerprint differs and StillRunning while another caller holds the key.
        A claim whose holder died is taken over after a lease; the late holder can then no longer commit.
        """
        ...

    @abstractmethod
    async def prune(self, limit: int = 1000) -> int:
        """Forget answers that were kept for their 24 hours, at most `limit`. How many."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """A cache entry: the version of the thing it was made from, and the bytes.

    `left` is how much longer the entry lives, as told by `get`; `put` does not look at it.
    """

    version: int
    value: bytes
    left: timedelta = timedelta()


class Cache(Protocol):
    """A shared cache that may forget at any time. It never raises: a dead cache looks empty."""

    @abstractmethod
    async def get(self, key: str) -> Cached | None:
        """The entry, or None when absent, expired, purged or out of reach."""
        ...

    @abstractmethod
    async def put(self, key: str, entry: Cached, ttl: timedelta) -> None:
        """Keep the entry for `ttl`, unless a higher version of the thing is known from an entry or a purge.

        Of two entries of the same version the one that lives longer stays. Nothing is kept when `ttl` is not positive.
        """
        ...

    @abstractmethod
    async def purge(self, versions: Mapping[str, int]) -> None:
        """Forget each key and refuse, for 60 s, any later `put` below the given version. Tells every process.

        The version is the one that the thing has now; for a thing that is gone, one above its last.
        """
        ...

    @abstractmethod
    def on_purge(self, listener: Callable[[Mapping[str, int] | None], None]) -> None:
        """Call the listener for every purge of any process, with None when purges may have been missed.

        Purges of this process are told before `purge` waits for anything, others as soon as they are heard of.
        """
        ...

    @abstractmethod
    async def listen(self) -> None:
        """Hear what other processes purge, until cancelled; returns at once when there can be none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """So many calls per window."""

    name: str
    limit: int
    window: timedelta


class Admission(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whether a call may proceed, how many are left in this window and when the window ends.

    `remaining` is never negative; it may leave out calls that other processes have set aside for a moment.
    """

    admitted: bool
    remaining: int
    resets_in: timedelta


class RateLimiter(Protocol):
    """Counts calls per subject in windows that start with the first call; exact over all processes."""

    @abstractmethod
    async def take(self, budget: Budget, subject: str) -> Admission:
        """Spend one call. A refused call changes nothing: it neither counts nor extends the window. Never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that travels with a mail; `inline_id` makes it available to the HTML part as `cid:`."""

    name: str
    media_type: str
    content: bytes
    inline_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One message to one person. `key` names the event that caused it: the Message-ID is derived from it."""

    key: str
    to: str
    subject: str
    text: str
    html: str
    locale: str = "en"
    headers: Mapping[str, str] | None = None
    attachments: Sequence[Attachment] = ()


class MailRefused(Exception):
    """The mail server will never accept this message (5xx): retrying is pointless."""


class MailDelayed(Exception):
    """The mail could not be handed over now (no connection, timeout, 4xx): try again later."""


class Mailer(Protocol):
    """Hands mails over to whoever delivers them."""

    @abstractmethod
    async def send(self, mail: Mail) -> None:
        """Hand over one mail. Sending the same `key` again uses the same Message-ID. Raises MailRefused, MailDelayed.

        ValueError when an address or header contains control characters: nothing is sent then.
        """
        ...


class Doorbell(Protocol):
    """Wakes workers early. Only latency depends on it: polling finds every row without it."""

    @abstractmethod
    async def ring(self) -> None:
        """Tell every worker that there is something due. Never raises."""
        ...

    @abstractmethod
    async def wait(self, timeout: timedelta) -> bool:
        """Wait until somebody rings, at most `timeout`. True when rung, or when a ring may have been missed.

        A ring that found nobody waiting is kept for the next `wait`. Never raises.
        """
        ...


class Probe(Protocol):
    """Asks one dependency whether it is well; `doctor` and readiness use it."""

    name: str
    required: bool

    @abstractmethod
    async def check(self) -> str:
        """A short word about the healthy dependency (such as its version). Raises anything when it is not well."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The words of a mail: a subject line, plain text and HTML."""

    subject: str
    text: str
    html: str


class Letters(Protocol):
    """Finds the words for each kind of mail."""

    @abstractmethod
    def write(self, kind: str, locale: str, data: Mapping[str, str]) -> Letter:
        """The letter of this kind in the closest known language (English when none is). KeyError: unknown kind."""
        ...
