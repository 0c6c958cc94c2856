"""A unit of work over tables in memory, under the same law as the one over a database."""

from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID

from asperguide.adapters.memory.idempotency import ride
from asperguide.adapters.memory.ledger import MemoryLedger
from asperguide.adapters.memory.tables import MemoryDatabase, MemoryTransaction, Rows, Table
from asperguide.shared.ledger import LeaseLost, NewJob, Work, as_job, work_on
from asperguide.shared.ports import Clock, Doorbell, Ids, JobOptions, Message, UnitOfWork
from asperguide.shared.tracing import trace

T = TypeVar("T")
Purge = Callable[[Mapping[str, int]], Awaitable[None]]

AT_ONCE = JobOptions()


class MemoryUnitOfWork(UnitOfWork):
    """Contexts subclass it with one property per repository, made of `rows` and `touch`."""

    def __init__(
        self,
        database: MemoryDatabase,
        ledger: MemoryLedger,
        *,
        clock: Clock,
        ids: Ids,
        purge: Purge | None = None,
        doorbell: Doorbell | None = None,
    ) -> None:
        self._database, self._ledger, self._clock, self._ids = database, ledger, clock, ids
        self._purge, self._doorbell = purge, doorbell
        self._transaction: MemoryTransaction | None = None
        self._jobs: list[NewJob] = []
        self._touched: dict[str, int] = {}
        self._work: Work | None = None

    def rows(self, table: Table[T]) -> Rows[T]:
        """What repositories work on; RuntimeError outside of the `async with` and after the commit."""
        return self._open().rows(table)

    async def __aenter__(self) -> Self:
        self._transaction = await self._database.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._transaction is not None:
            self._transaction.close()
            self._transaction = None

    def announce(self, message: Message, options: JobOptions = AT_ONCE) -> UUID:
        """Put the message into the ledger with the commit; order is kept."""
        job = as_job(message, options, id=self._ids.new(), now=self._clock.now(), trace=trace.get())
        self._jobs.append(job)
        return job.id

    async def live_job(self, unique_key: str) -> UUID | None:
        """Looked up."""
        return self._ledger.live(unique_key)

    def touch(self, key: str, version: int) -> None:
        """Have the cache forget this key after the commit, and refuse anything older than `version`."""
        self._touched[key] = max(version, self._touched.get(key, 0))

    def complete(self, job: UUID | None) -> None:
        """End the job with the commit, under its fence."""
        self._work = work_on(job)

    async def commit(self, answer: object = None) -> None:
        """Make it permanent, then purge and ring. The unit of work is over then."""
        transaction = self._open()
        if self._work is not None and not self._ledger.holds(self._work.job):
            raise LeaseLost
        self._ledger.check_owned(self._jobs)
        ride(answer)
        transaction.commit()
        if self._work is not None:
            self._ledger.end(self._work.job)
            self._work.ending = True
        self._ledger.insert(self._jobs)
        self._transaction = None
        transaction.close()
        if self._touched and self._purge is not None:
            await self._purge(self._touched)
        if self._jobs and self._doorbell is not None:
            await self._doorbell.ring()

    def _open(self) -> MemoryTransaction:
        if self._transaction is None:
            raise RuntimeError("this unit of work is not open")
        return self._transaction
