"""What adapters count while they work: databases, caches, Redis, threads, mails, jobs."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from asperguide.adapters.caching.read_through import ReadThrough
from asperguide.adapters.counting import CountedMailer
from asperguide.adapters.jobs.reactions import Reaction, by_kind
from asperguide.adapters.jobs.worker import Worker
from asperguide.adapters.memory.cache import MemoryCache
from asperguide.adapters.memory.ledger import MemoryLedger
from asperguide.adapters.memory.mailer import MemoryMailer
from asperguide.adapters.pool import LowPriorityPool
from asperguide.adapters.redis.connection import Breaker, OutOfReach
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.system import SystemIds
from asperguide.identity.errors import PasswordQueueFull
from asperguide.shared.errors import DatabaseUnavailable
from asperguide.shared.ledger import ClaimedJob, JobRefused, NewJob, as_job
from asperguide.shared.ports import JobOptions, Mail, MailDelayed, MailRefused, Message
from asperguide.shared.tracing import Trace
from asperguide.testing import MovableClock
from asperguide.testing.contracts.persistence import CountingDoorbell
from tests.contract.conftest import on_server
from tests.contract.notes import NoteRow, TitleTaken, note
from tests.figures import figure
from tests.servers import MariaDB, eventually


async def test_statements_are_counted_and_their_failures_by_what_they_mean(database: Database) -> None:
    written = note()
    async with database.transaction() as store:
        await store.add(NoteRow, written)
    assert figure(database, "asperguide_sql_statement_seconds_count") >= 3
    before = figure(database, "asperguide_sql_statement_seconds_count")
    assert figure(database, "asperguide_sql_failures_total") == 0
    async with database.writing() as store:
        with pytest.raises(TitleTaken):
            await store.add(NoteRow, note(written.title))
        with pytest.raises(sa.exc.DBAPIError):
            await store.execute(sa.text("SELECT nonsense"))
    assert figure(database, "asperguide_sql_statement_seconds_count") == before + 2
    assert figure(database, "asperguide_sql_failures_total", meaning="constraint") == 1
    assert figure(database, "asperguide_sql_failures_total", meaning="defect") == 1


async def test_a_full_pool_shows_who_waits_and_who_waits_in_vain(
    mariadb: MariaDB, common_schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asperguide.adapters.sql.engine.POOL_SECONDS", 0.2)
    database = on_server(mariadb, common_schema, pool_size=1)
    assert figure(database, "asperguide_sql_pool_size") == 1
    async with database.reading():
        assert figure(database, "asperguide_sql_pool_in_use") == 1
        with pytest.raises(DatabaseUnavailable):
            async with database.reading():
                pass
    assert figure(database, "asperguide_sql_pool_waits_total") == 1
    assert figure(database, "asperguide_sql_pool_timeouts_total") == 1
    await database.close()
    async with database.reading():
        assert figure(database, "asperguide_sql_pool_in_use") == 1
    assert figure(database, "asperguide_sql_pool_waits_total") == 1
    await database.close()


async def test_caches_tell_hits_and_misses_of_each_tier() -> None:
    clock = MovableClock()
    shared = MemoryCache(clock)

    def process() -> ReadThrough[int]:
        return ReadThrough(shared, clock, "number", int, lambda value: 1, timedelta(seconds=5))

    async def load() -> int:
        return 7

    here, there = process(), process()
    for _ in range(3):
        assert await here.get("a", load) == 7
    await eventually(lambda: shared._entries)
    assert await there.get("a", load) == 7

    def asked(of: ReadThrough[int], tier: str, result: str) -> float:
        return figure(of, "asperguide_cache_requests_total", cache="number", tier=tier, result=result)

    assert (asked(here, "near", "hit"), asked(here, "near", "miss")) == (2, 1)
    assert (asked(here, "shared", "hit"), asked(here, "shared", "miss")) == (0, 1)
    assert (asked(there, "near", "miss"), asked(there, "shared", "hit"), asked(there, "shared", "miss")) == (1, 1, 0)


async def test_the_breaker_tells_that_redis_is_out_of_reach_and_how_often_it_failed() -> None:
    breaker = Breaker(pause=0.0)

    async def fail() -> None:
        raise OSError("gone")

    async def answer() -> None:
        """Well again."""

    for _ in range(2):
        with pytest.raises(OutOfReach):
            await breaker.call(fail)
    assert figure(breaker, "asperguide_redis_out_of_reach") == 1
    assert figure(breaker, "asperguide_redis_failures_total") == 2
    await breaker.call(answer)
    assert figure(breaker, "asperguide_redis_out_of_reach") == 0


async def test_threads_tell_who_works_who_waits_and_who_was_turned_away() -> None:
    pool, opened = LowPriorityPool("test", threads=1, queue=2, full=PasswordQueueFull), threading.Event()
    callers = [asyncio.create_task(pool.run(opened.wait, 20)) for _ in range(5)]
    await eventually(lambda: figure(pool, "asperguide_threads_refused_total", pool="test") == 2)
    assert figure(pool, "asperguide_threads_busy", pool="test") == 1
    assert figure(pool, "asperguide_threads_waiting", pool="test") == 2
    opened.set()
    answers = await asyncio.gather(*callers, return_exceptions=True)
    assert sum(isinstance(answer, PasswordQueueFull) for answer in answers) == 2
    await eventually(lambda: figure(pool, "asperguide_threads_busy", pool="test") == 0)
    pool.close()


class Postman(MemoryMailer):
    """Hands mails over, or raises what the test wants; says whether it was told to leave."""

    error: Exception | None = None
    left = False

    async def send(self, mail: Mail) -> None:
        if self.error:
            raise self.error
        await super().send(mail)

    async def aclose(self) -> None:
        self.left = True


async def test_mails_are_counted_by_how_it_went_and_reach_the_mailer_inside() -> None:
    postman = Postman()
    mailer = CountedMailer(postman)
    mail = Mail(key="k", to="zoe@example.org", subject="s", text="t", html="h")
    await mailer.send(mail)
    for error in (MailRefused("no"), MailDelayed("later"), MailDelayed("later")):
        postman.error = error
        with pytest.raises(type(error)):
            await mailer.send(mail)
    counts = [figure(mailer, "asperguide_mails_total", outcome=word) for word in ("sent", "refused", "delayed")]
    assert (counts, postman.sent) == ([1, 1, 2], [mail])
    await mailer.aclose()
    assert postman.left


class Asked(Message):
    """Something to do."""

    how: str = ""


class Forgetful(MemoryLedger):
    """Has given every job to somebody else by the time it is finished."""

    async def finish(self, job: ClaimedJob, children: Sequence[NewJob] = ()) -> bool:
        return False


def worker_on(ledger: MemoryLedger, clock: MovableClock, do: Any) -> Worker:
    return Worker(
        ledger,
        by_kind([Reaction(name="do", message=Asked, do=do)]),
        clock=clock,
        ids=SystemIds(),
        doorbell=CountingDoorbell(),
        queues={"default": 4},
    )


def asked(clock: MovableClock, how: str = "") -> NewJob:
    return as_job(Asked(how=how), JobOptions(), id=SystemIds().new(), now=clock.now(), trace=Trace())


@pytest.mark.expects_error_log
async def test_jobs_are_counted_by_kind_and_by_what_became_of_them() -> None:
    clock = MovableClock()
    ledger = MemoryLedger(clock)

    async def do(message: Asked, _: object) -> None:
        if message.how == "refuse":
            raise JobRefused("never")
        if message.how == "fail":
            raise OSError("not now")

    worker = worker_on(ledger, clock, do)
    await ledger.put([asked(clock), asked(clock), asked(clock, "fail"), asked(clock, "refuse")])
    await worker.run_due()
    name, kind = "asperguide_job_seconds_count", asked(clock).kind
    found = {outcome: figure(worker, name, kind=kind, outcome=outcome) for outcome in ("done", "retried", "dead")}
    assert found == {"done": 2, "retried": 1, "dead": 1}
    assert figure(worker, "asperguide_jobs_running", queue="default") == 0
    assert figure(worker, "asperguide_job_places", queue="default") == 4


async def test_a_job_that_somebody_else_has_is_lost() -> None:
    clock = MovableClock()
    forgetful = Forgetful(clock)

    async def do(message: Asked, _: object) -> None:
        assert figure(worker, "asperguide_jobs_running", queue="default") == 1

    worker = worker_on(forgetful, clock, do)
    await forgetful.put([asked(clock)])
    await worker.run_due()
    assert figure(worker, "asperguide_job_seconds_count", outcome="lost") == 1


@pytest.mark.expects_error_log
async def test_kinds_that_nobody_knows_are_one_kind() -> None:
    clock = MovableClock()
    ledger = MemoryLedger(clock)
    await ledger.put([replace(asked(clock), kind=f"strange.kind-{number}") for number in range(3)])

    async def do(_: object, __: object) -> None:
        """Never called."""

    worker = worker_on(ledger, clock, do)
    await worker.run_due()
    assert figure(worker, "asperguide_job_seconds_count", kind="unknown", outcome="dead") == 3
