"""What operations needs from outside."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from asperguide.operations.model import Deed, Job, JobInFull, Maintenance, Queue, Vitals
from asperguide.shared.actor import UserId
from asperguide.shared.ledger import JobState
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import UnitOfWork


class JobReads(Protocol):
    """The ledger to look at, outside any transaction."""

    @abstractmethod
    async def list(self, page: PageRequest) -> Page[Job]:
        """Jobs in every state, the newest first unless asked otherwise; what can be asked: `listing.JOBS`."""
        ...

    @abstractmethod
    async def of(self, owner: UserId, page: PageRequest) -> Page[Job]:
        """The jobs of one person, the newest first unless asked otherwise; what can be asked: `listing.MY_JOBS`."""
        ...

    @abstractmethod
    async def get(self, id: UUID) -> JobInFull | None:
        """One job with its message; None when there is none, or it was pruned."""
        ...

    @abstractmethod
    async def queues(self, now: datetime) -> Sequence[Queue]:
        """Every queue that has jobs in any state or is paused, by name."""
        ...


class Watch(Protocol):
    """Looks at what must never be, across all contexts."""

    @abstractmethod
    async def look(self, now: datetime) -> Vitals:
        """What is found at the instant `now`. Raises DatabaseUnavailable."""
        ...


class JobBoard(Protocol):
    """The ledger to intervene in, beside the workers: each change is one compare-and-set that a worker can lose to.

    The two about a job give False, and change nothing, when there is no such job in a state that allows them.
    """

    @abstractmethod
    async def retry(self, id: UUID, now: datetime) -> bool:
        """Make a waiting, dead or cancelled job due at once, with all its attempts; its last error stays readable.

        A job that was over takes the unique key again that it was put under. Raises JobKeyTaken when another has it.
        """
        ...

    @abstractmethod
    async def cancel(self, id: UUID, now: datetime) -> bool:
        """End a waiting or running job. Whoever runs it is told when it asks, which a ring of the bell has it do."""
        ...

    @abstractmethod
    async def pause(self, queue: str, by: UserId, now: datetime) -> None:
        """Give out no more jobs of the queue, whatever restarts; what runs goes on. Paused twice, the first counts."""
        ...

    @abstractmethod
    async def resume(self, queue: str) -> None:
        """Give out jobs of the queue again; nothing when it was not paused."""
        ...

    @abstractmethod
    async def prune(self, states: Sequence[JobState], before: datetime, limit: int) -> int:
        """Forget jobs in these states that finished before that instant, at most `limit`. How many.

        A job that waits or runs has not finished, and stays.
        """
        ...


class AuditTrail(Protocol):
    """What administrators did, for other administrators to read."""

    @abstractmethod
    async def add(self, deed: Deed) -> None:
        """Write the deed down, as part of the transaction."""
        ...


class MaintenanceReads(Protocol):
    """Whether there is a maintenance, outside any transaction."""

    @abstractmethod
    async def current(self) -> Maintenance | None:
        """The one that is under way. Raises DatabaseUnavailable."""
        ...


class MaintenanceSwitch(Protocol):
    """What every process obeys; it outlives restarts."""

    @abstractmethod
    async def begin(self, maintenance: Maintenance) -> None:
        """Let it be under way, in the place of one that is already."""
        ...

    @abstractmethod
    async def end(self) -> bool:
        """Let none be under way. Whether there was one."""
        ...


class OperationsUnitOfWork(UnitOfWork, Protocol):
    """One transaction over the ledger, the switch and the audit trail: no intervention without its line."""

    @property
    def jobs(self) -> JobBoard: ...
    @property
    def audit(self) -> AuditTrail: ...
    @property
    def maintenance(self) -> MaintenanceSwitch: ...


class KeptMail(Protocol):
    """A mail that was kept instead of being delivered."""

    @property
    def id(self) -> str:
        """What `read` takes."""
        ...

    @property
    def to(self) -> str:
        """The recipient as written in the mail."""
        ...

    @property
    def subject(self) -> str:
        """The subject line, decoded."""
        ...

    @property
    def sent_at(self) -> datetime:
        """When it was sent, in UTC."""
        ...


class KeptMailContent(Protocol):
    """A kept mail, opened."""

    @property
    def id(self) -> str:
        """What it was read by."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]:
        """All header fields in order, decoded."""
        ...

    @property
    def text(self) -> str:
        """The plain text body, empty when there is none."""
        ...

    @property
    def html(self) -> str:
        """The HTML body, empty when there is none. Not to be trusted."""
        ...


class MailArchive(Protocol):
    """The mails of a service that runs without a mail server, for the people who develop it."""

    @abstractmethod
    async def list(self, limit: int = 100) -> Sequence[KeptMail]:
        """The latest mails, newest first."""
        ...

    @abstractmethod
    async def read(self, id: str) -> KeptMailContent | None:
        """One mail, None when there is none of that id. Never takes an id for a path."""
        ...
