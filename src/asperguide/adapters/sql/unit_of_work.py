"""One transaction of a use case: its changes, its messages and its kept answer are permanent together or not at all."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self
from uuid import UUID

from asperguide.adapters.sql.engine import Database, Transaction
from asperguide.adapters.sql.idempotency import ride
from asperguide.adapters.sql.ledger import check_owned, end_job, find_live, put_jobs
from asperguide.adapters.sql.store import Store
from asperguide.shared.ledger import NewJob, Work, as_job, work_on
from asperguide.shared.ports import Clock, Doorbell, Ids, JobOptions, Message, UnitOfWork
from asperguide.shared.tracing import trace

Purge = Callable[[Mapping[str, int]], Awaitable[None]]

AT_ONCE = JobOptions()

# Commits that go on although their caller was cancelled; the loop itself keeps only weak references to tasks.
_finishing: set["asyncio.Task[None]"] = set()


class SqlUnitOfWork(UnitOfWork):
    """Contexts subclass it with one property per repository, made of `store` and `touch`.

    A commit that has begun is carried through even when its caller is cancelled: so is the purge that goes with it.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        ids: Ids,
        purge: Purge | None = None,
        doorbell: Doorbell | None = None,
    ) -> None:
        self._transaction = Transaction(database)
        self._clock, self._ids, self._purge, self._doorbell = clock, ids, purge, doorbell
        self._store: Store | None = None
        self._jobs: list[NewJob] = []
        self._touched: dict[str, int] = {}
        self._work: Work | None = None

    @property
    def store(self) -> Store:
        """What repositories work on; RuntimeError outside of the `async with` and after the commit."""
        if self._store is None:
            raise RuntimeError("this unit of work is not open")
        return self._store

    async def __aenter__(self) -> Self:
        self._store = await self._transaction.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._store is not None:
            self._store = None
            self._not_ending()
            await self._transaction.close()

    def announce(self, message: Message, options: JobOptions = AT_ONCE) -> UUID:
        """Put the message into the ledger with the commit; order is kept."""
        job = as_job(message, options, id=self._ids.new(), now=self._clock.now(), trace=trace.get())
        self._jobs.append(job)
        return job.id

    async def live_job(self, unique_key: str) -> UUID | None:
        """By the index of unique keys."""
        return await find_live(self.store, unique_key)

    def touch(self, key: str, version: int) -> None:
        """Have the cache forget this key after the commit, and refuse anything older than `version`."""
        self._touched[key] = max(version, self._touched.get(key, 0))

    def complete(self, job: UUID | None) -> None:
        """End the job with the commit, under its fence."""
        self._work = work_on(job)

    async def commit(self, answer: object = None) -> None:
        """Make it permanent and give the connection back, then purge and ring. The unit of work is over then."""
        store = self.store
        if self._jobs:
            await put_jobs(store, self._jobs)
            await check_owned(store, self._jobs)
        if self._work is not None:
            await end_job(store, self._work.job, self._clock.now())
            self._work.ending = True
        keep = await ride(store, answer)
        self._store = None
        finishing = asyncio.ensure_future(self._finish(keep))
        _finishing.add(finishing)
        finishing.add_done_callback(_finishing.discard)
        await asyncio.shield(finishing)

    async def _finish(self, keep: Callable[[], None]) -> None:
        try:
            await self._transaction.commit()
            keep()
        except BaseException:
            self._not_ending()
            raise
        finally:
            await self._transaction.close()
        if self._touched and self._purge is not None:
            await self._purge(self._touched)
        if self._jobs and self._doorbell is not None:
            await self._doorbell.ring()

    def _not_ending(self) -> None:
        if self._work is not None:
            self._work.ending = False
