"""Jobs to measure with: one does nothing, the effect of the other is a row, written by what ends the job."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import unquote, urlsplit
from uuid import UUID

import sqlalchemy as sa

from asperguide.adapters.jobs.reactions import Reaction, Reactions, by_kind
from asperguide.adapters.sql import migrations
from asperguide.adapters.sql.engine import Database, open_mysql, open_sqlite
from asperguide.adapters.sql.ledger import SqlLedger
from asperguide.adapters.sql.types import Uuid
from asperguide.adapters.sql.unit_of_work import SqlUnitOfWork
from asperguide.adapters.system import SystemClock, SystemIds
from asperguide.shared.ledger import NewJob, as_job
from asperguide.shared.ports import JobOptions, Message
from asperguide.shared.tracing import Trace

PLACES = 4
POLL = timedelta(seconds=0.2)
BATCH = 1000

# No key on the job: an effect that happens twice is to be seen.
effects = sa.Table(
    "bench_effects",
    sa.MetaData(),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job", Uuid(), nullable=False),
)


class Nothing(Message, frozen=True, kw_only=True):
    """Asks for nothing."""


class Effect(Message, frozen=True, kw_only=True):
    """Asks for a row, and to be slow before and after it is written."""

    before: float = 0.0
    after: float = 0.0


def opened(url: str) -> Database:
    """The database of `sqlite:PATH` or `mysql://user:password@host:port/name`."""
    if url.startswith("sqlite:"):
        return open_sqlite(Path(url.removeprefix("sqlite:")))
    parts = urlsplit(url)
    return open_mysql(
        host=parts.hostname or "",
        port=parts.port or 0,
        username=parts.username or "",
        password=unquote(parts.password or ""),
        database=parts.path.lstrip("/"),
    )


def reactions(database: Database) -> Reactions:
    """What a worker does about them."""
    clock, ids = SystemClock(), SystemIds()

    async def nothing(message: Nothing, job: UUID) -> None:
        pass

    async def effect(message: Effect, job: UUID) -> None:
        await asyncio.sleep(message.before)
        async with SqlUnitOfWork(database, clock=clock, ids=ids) as uow:
            await uow.store.execute(sa.insert(effects), {"job": job})
            uow.complete(job)
            await uow.commit()
        await asyncio.sleep(message.after)

    return by_kind(
        [
            Reaction(name="nothing", message=Nothing, do=nothing),
            Reaction(name="effect", message=Effect, do=effect),
        ]
    )


async def make_tables(url: str) -> None:
    """Every table of the program, and the one of the effects."""
    database = opened(url)
    async with database.engine.begin() as connection:
        await connection.run_sync(migrations.metadata().create_all)
        await connection.run_sync(effects.metadata.create_all)
    await database.close()


async def enqueue(url: str, count: int, *, run_at: datetime | None = None) -> None:
    """So many jobs that ask for nothing."""
    await put(url, [job(Nothing(), run_at=run_at) for _ in range(count)])


def job(message: Message, *, run_at: datetime | None = None) -> NewJob:
    """A row."""
    return as_job(message, JobOptions(run_at=run_at), id=SystemIds().new(), now=SystemClock().now(), trace=Trace())


async def put(url: str, rows: Sequence[NewJob]) -> None:
    """These rows, in transactions of a thousand."""
    database = opened(url)
    ledger = SqlLedger(database, SystemClock())
    for start in range(0, len(rows), BATCH):
        await ledger.put(rows[start : start + BATCH])
    await database.close()


def slow_effects(count: int, mean: float, random: Random) -> Iterator[NewJob]:
    """Rows whose effects take `mean` seconds, some more and some less, before and after they are written."""
    for _ in range(count):
        yield job(Effect(before=random.random() * mean, after=random.random() * mean))


async def numbers(url: str, *statements: str) -> list[float]:
    """The first column of the first row of each statement; 0 for NULL."""
    database = opened(url)
    async with database.reading() as store:
        found = [float((await store.execute(sa.text(each))).scalar() or 0) for each in statements]
    await database.close()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """The ledger against its effects, counted when all is quiet."""

    jobs: int
    done: int
    again: int
    lost: int
    doubled: int
    unasked: int

    @property
    def exact(self) -> bool:
        """Whether every job is done and has one effect, and nothing else has any."""
        return self.done == self.jobs and not self.lost and not self.doubled and not self.unasked


async def reconcile(url: str) -> Reconciled:
    """How many jobs there are, are done and were begun more than once; have no effect; effects too many, or of no job.

    Who asks for a number of jobs compares that too: a row of the ledger that is gone with its effect leaves no trace.
    """
    found = await numbers(
        url,
        "SELECT COUNT(*) FROM ledger_jobs",
        "SELECT COUNT(*) FROM ledger_jobs WHERE state = 'done'",
        "SELECT COUNT(*) FROM ledger_jobs WHERE attempts > 1",
        "SELECT COUNT(*) FROM ledger_jobs j WHERE NOT EXISTS (SELECT 1 FROM bench_effects e WHERE e.job = j.id)",
        "SELECT COUNT(*) - COUNT(DISTINCT job) FROM bench_effects",
        "SELECT COUNT(*) FROM bench_effects e WHERE NOT EXISTS (SELECT 1 FROM ledger_jobs j WHERE j.id = e.job)",
    )
    jobs, done, again, lost, doubled, unasked = map(int, found)
    return Reconciled(jobs=jobs, done=done, again=again, lost=lost, doubled=doubled, unasked=unasked)


async def pace(url: str) -> tuple[int, float]:
    """How many jobs are done, and how many a second between the first tenth and the last."""
    database = opened(url)
    async with database.reading() as store:
        done = int((await store.execute(sa.text("SELECT COUNT(*) FROM ledger_jobs WHERE state = 'done'"))).scalar())
        ends = []
        for nth in (done // 10, done * 9 // 10):
            at = sa.text(
                f"SELECT finished_at FROM ledger_jobs WHERE state = 'done' ORDER BY finished_at LIMIT 1 OFFSET {nth}"
            )
            ends.append((await store.execute(at.columns(finished_at=sa.DateTime()))).scalar())
    await database.close()
    elapsed: timedelta = ends[1] - ends[0]
    return done, (done * 9 // 10 - done // 10) / elapsed.total_seconds()
