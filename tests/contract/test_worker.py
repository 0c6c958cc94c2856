"""Workers on every ledger: each job is done, once if nobody dies, by somebody else if somebody does."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from asperguide.adapters.jobs.reactions import Reaction, by_kind, pause
from asperguide.adapters.jobs.worker import Worker
from asperguide.adapters.memory.doorbell import MemoryDoorbell
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.system import SystemClock, SystemIds
from asperguide.identity.errors import UsernameTaken
from asperguide.identity.model import User
from asperguide.shared.errors import DatabaseUnavailable
from asperguide.shared.ledger import ClaimedJob, JobRefused, JobState, Ledger, NewJob, as_job, report_progress
from asperguide.shared.ports import Clock, JobOptions, MailRefused, Message
from asperguide.shared.tracing import Trace, trace
from asperguide.testing import MovableClock
from asperguide.testing.contracts import Persistence
from asperguide.testing.contracts.ledger import rescue
from asperguide.testing.contracts.people import IDS, credential, person
from tests.contract.conftest import create_tables, on_server
from tests.contract.persistences import sql_persistence
from tests.servers import MariaDB, eventually

LEASE = timedelta(seconds=30)


class Called(Message):
    number: int = 0


class Other(Message):
    word: str


class Log:
    """What was done, in order; `hook` is what doing it takes."""

    def __init__(self, hook: Callable[[Any], Awaitable[object]] | None = None) -> None:
        self.done: list[Any] = []
        self.rows: list[UUID] = []
        self.hook = hook

    async def __call__(self, message: Any, row: UUID) -> None:
        if self.hook is not None:
            await self.hook(message)
        self.done.append(message)
        self.rows.append(row)


def worker(persistence: Persistence, *reactions: Reaction, ledger: Ledger | None = None, **options: Any) -> Worker:
    return Worker(
        ledger or persistence.ledger,
        by_kind(reactions),
        **{
            "clock": persistence.clock,
            "ids": IDS,
            "doorbell": persistence.doorbell,
            "queues": {"default": 4},
            "lease": LEASE,
            "poll": timedelta(milliseconds=20),
        }
        | options,
    )


async def put(persistence: Persistence, *messages: Message, **options: Any) -> list[NewJob]:
    rows = [
        as_job(message, JobOptions(**options), id=IDS.new(), now=persistence.clock.now(), trace=Trace(request_id="r"))
        for message in messages
    ]
    await persistence.ledger.put(rows)
    return rows


@contextlib.asynccontextmanager
async def running(*workers: Worker) -> AsyncIterator[None]:
    """The workers at work; killed at the end."""
    tasks = [asyncio.create_task(each.run()) for each in workers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def test_two_reactions_to_one_kind_need_two_names() -> None:
    with pytest.raises(ValueError, match="mail"):
        by_kind([Reaction(name="mail", message=Called, do=Log()), Reaction(name="mail", message=Called, do=Log())])


async def test_a_job_is_done_with_its_message_and_under_the_trace_of_its_cause(persistence: Persistence) -> None:
    traces = []

    async def look(_: Message) -> None:
        traces.append(trace.get())

    log = Log(look)
    (row,) = await put(persistence, Called(number=7))
    assert await worker(persistence, Reaction(name="log", message=Called, do=log)).run_due() == 1
    assert (log.done, log.rows) == ([Called(number=7)], [row.id])
    assert traces == [Trace(request_id="r", job=str(row.id), job_kind="contract.called")]
    assert await persistence.due() == []


async def test_a_running_worker_hears_the_bell(persistence: Persistence) -> None:
    log = Log()
    deaf = timedelta(hours=1)
    async with running(worker(persistence, Reaction(name="log", message=Called, do=log), poll=deaf)):
        await put(persistence, Called())
        await persistence.doorbell.ring()
        await eventually(lambda: len(log.done) == 1)


async def test_without_a_bell_polling_finds_the_row(persistence: Persistence) -> None:
    log = Log()
    async with running(worker(persistence, Reaction(name="log", message=Called, do=log), doorbell=MemoryDoorbell())):
        await put(persistence, Called())
        await eventually(lambda: len(log.done) == 1)


async def test_three_workers_do_two_hundred_jobs_once_each(persistence: Persistence) -> None:
    log = Log(lambda _: asyncio.sleep(0))
    await put(persistence, *(Called(number=n) for n in range(200)))
    async with running(*(worker(persistence, Reaction(name="log", message=Called, do=log)) for _ in range(3))):
        await eventually(lambda: len(log.done) >= 200, 60)
    assert Counter(message.number for message in log.done) == Counter(range(200))


async def test_a_queue_has_its_own_places(persistence: Persistence) -> None:
    most: Counter[str] = Counter()
    now: Counter[str] = Counter()
    open_door = asyncio.Event()

    async def hold(message: Other) -> None:
        now[message.word] += 1
        most[message.word] = max(most[message.word], now[message.word])
        await open_door.wait()
        now[message.word] -= 1

    log = Log(hold)
    await put(persistence, *[Other(word="slow")] * 5, queue="slow")
    await put(persistence, *[Other(word="default")] * 5)
    places = {"slow": 1, "default": 3}
    async with running(worker(persistence, Reaction(name="log", message=Other, do=log), queues=places)):
        await eventually(lambda: most == Counter({"slow": 1, "default": 3}))
        open_door.set()
        await eventually(lambda: len(log.done) == 10)
    assert most == Counter({"slow": 1, "default": 3})


async def test_several_reactions_fail_and_succeed_apart(persistence: Persistence) -> None:
    tries = []

    async def fail_once(_: Message) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionError

    good, bad = Log(), Log(fail_once)
    reactions = Reaction(name="good", message=Called, do=good), Reaction(name="bad", message=Called, do=bad)
    await put(persistence, Called())
    assert await worker(persistence, *reactions).run_due() == 3
    assert (len(good.done), len(bad.done)) == (1, 0)
    persistence.clock.advance(timedelta(hours=1))
    assert await worker(persistence, *reactions).run_due() == 1
    assert (len(good.done), len(bad.done)) == (1, 1)


async def test_a_failed_job_is_tried_again_later_and_dead_at_last(persistence: Persistence) -> None:
    async def fail(_: Message) -> None:
        raise ConnectionError("out of reach")

    one = worker(persistence, Reaction(name="log", message=Called, do=Log(fail)))
    (row,) = await put(persistence, Called(), max_attempts=3)
    assert await one.run_due() == 1
    assert await one.run_due() == 0
    for _ in range(2):
        persistence.clock.advance(timedelta(hours=1))
        with dead_letters_expected():
            assert await one.run_due() == 1
    persistence.clock.advance(timedelta(days=100))
    assert await one.run_due() == 0
    await assert_dead(persistence, row)


@pytest.mark.parametrize("error", [JobRefused("never"), MailRefused("550 no such user")])
async def test_what_can_never_succeed_is_dead_at_once(persistence: Persistence, error: Exception) -> None:
    async def refuse(_: Message) -> None:
        raise error

    (row,) = await put(persistence, Called())
    with dead_letters_expected():
        await worker(persistence, Reaction(name="log", message=Called, do=Log(refuse))).run_due()
    await assert_dead(persistence, row)


async def test_an_unknown_kind_and_a_broken_payload_are_dead_and_the_worker_lives(persistence: Persistence) -> None:
    log, now = Log(), persistence.clock.now()
    kinds = {"contract.unheard-of": "{}", "contract.called": '{"number":"x"}', "contract.called#gone": "{}"}
    rows = [
        NewJob(id=IDS.new(), kind=kind, payload=payload, run_at=now, created_at=now)
        for kind, payload in (
            *kinds.items(),
            ("contract.called", "\ud83d not JSON".encode("ascii", "replace").decode()),
        )
    ]
    await persistence.ledger.put(rows)
    await put(persistence, Called())
    with dead_letters_expected():
        assert await worker(persistence, Reaction(name="log", message=Called, do=log)).run_due() == 5
    assert len(log.done) == 1
    for row in rows:
        await assert_dead(persistence, row)


async def test_a_job_that_takes_too_long_is_stopped_and_tried_again(persistence: Persistence) -> None:
    stopped = []

    async def hang(_: Message) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.append(1)
            raise

    limit = timedelta(milliseconds=50)
    await put(persistence, Called())
    assert await worker(persistence, Reaction(name="log", message=Called, do=Log(hang), timeout=limit)).run_due() == 1
    assert stopped == [1]
    persistence.clock.advance(timedelta(hours=1))
    (again,) = await persistence.due()
    assert again.attempts == 2


async def test_a_killed_worker_loses_no_job(persistence: Persistence) -> None:
    began, log = asyncio.Event(), Log()

    async def hang(_: Message) -> None:
        began.set()
        await asyncio.Event().wait()

    await put(persistence, Called())
    async with running(worker(persistence, Reaction(name="log", message=Called, do=Log(hang)))):
        await began.wait()
    survivor = worker(persistence, Reaction(name="log", message=Called, do=log))
    assert await survivor.run_due() == 0
    persistence.clock.advance(LEASE + timedelta(microseconds=1))
    assert await survivor.run_due() == 1
    assert log.done == [Called()]


async def test_a_worker_that_lost_its_lease_is_stopped_and_says_nothing(persistence: Persistence) -> None:
    began, stopped = asyncio.Event(), asyncio.Event()

    async def hang(_: Message) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    short = timedelta(milliseconds=300)
    await put(persistence, Called())
    async with running(
        worker(persistence, Reaction(name="log", message=Called, do=Log(hang)), lease=short, queues={"default": 1})
    ):
        await began.wait()
        persistence.clock.advance(LEASE)
        assert await rescue(persistence.ledger) in (0, 1)
        (taken,) = await taken_by_another(persistence)
        await asyncio.wait_for(stopped.wait(), 10)
    assert await persistence.ledger.finish(taken)


async def taken_by_another(persistence: Persistence) -> list[ClaimedJob]:
    """The job, in the hands of somebody else, although its worker's heart still beats."""
    taken: list[ClaimedJob] = []

    async def take() -> bool:
        persistence.clock.advance(LEASE)
        await rescue(persistence.ledger)
        taken.extend(await persistence.due(timedelta(milliseconds=10)))
        return bool(taken)

    await eventually(take)
    return taken


async def test_the_heart_beats_while_a_job_runs(persistence: Persistence) -> None:
    beats: list[bool] = []
    let_go = asyncio.Event()
    log = Log(lambda _: let_go.wait())
    ledger = Listening(persistence.ledger, beats)
    await put(persistence, Called())
    short = timedelta(milliseconds=300)
    one = worker(persistence, Reaction(name="log", message=Called, do=log), ledger=ledger, lease=short)
    async with running(one):
        await eventually(lambda: len(beats) >= 4)
        let_go.set()
        await eventually(lambda: len(log.done) == 1 and not one.running)
    assert set(beats) == {True}
    assert await persistence.due() == []


async def test_draining_waits_for_what_runs_and_hands_back_the_rest(persistence: Persistence) -> None:
    quick_may_end = asyncio.Event()

    async def work(message: Called) -> None:
        await (quick_may_end.wait() if message.number == 0 else asyncio.Event().wait())

    log = Log(work)
    one = worker(persistence, Reaction(name="log", message=Called, do=log), queues={"default": 2})
    await put(persistence, *(Called(number=n) for n in range(3)))
    running_worker = asyncio.create_task(one.run())
    await eventually(lambda: len(one.running) == 2)
    draining = asyncio.create_task(one.drain(timedelta(milliseconds=300)))
    quick_may_end.set()
    await asyncio.wait_for(asyncio.gather(draining, running_worker), 10)
    assert log.done == [Called(number=0)]
    assert one.running == ()
    rest = await persistence.due()
    assert sorted(job.payload for job in rest) == ['{"number":1}', '{"number":2}']
    assert {job.attempts for job in rest} == {1}


async def test_a_ledger_that_is_away_for_a_while_stops_nobody(
    persistence: Persistence, caplog: pytest.LogCaptureFixture
) -> None:
    log, ledger = Log(), Faulty(persistence.ledger)
    await put(persistence, Called())
    async with running(worker(persistence, Reaction(name="log", message=Called, do=log), ledger=ledger)):
        await eventually(lambda: ledger.failures >= 3)
        assert log.done == []
        ledger.broken = False
        await eventually(lambda: len(log.done) == 1)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_an_effect_that_ends_its_job_happens_once_although_nobody_comes_back(persistence: Persistence) -> None:
    (row,) = await put(persistence, Called())
    effects: list[User] = []

    async def register(_: Message) -> None:
        written = person(f"person{len(effects)}")
        effects.append(written)
        async with persistence.begin() as uow:
            await uow.users.add(written, credential(written))
            uow.complete(row.id)
            await uow.commit()
        await asyncio.Event().wait()

    log = Log(register)
    async with running(worker(persistence, Reaction(name="log", message=Called, do=log))):
        await eventually(lambda: committed(persistence, effects))
    persistence.clock.advance(timedelta(days=1))
    await persistence.ledger.put([row])
    assert await worker(persistence, Reaction(name="log", message=Called, do=log)).run_due() == 0
    assert (len(effects), await committed(persistence, effects)) == (1, 1)


async def test_a_job_that_ended_itself_is_not_ended_again_nor_failed_by_what_comes_after(
    persistence: Persistence, caplog: pytest.LogCaptureFixture
) -> None:
    (row,) = await put(persistence, Called())

    async def end_and_stumble(_: Message) -> None:
        async with persistence.begin() as uow:
            uow.complete(row.id)
            await uow.commit()
        raise ConnectionError

    ends: list[str] = []
    ledger = Ending(persistence.ledger, ends)
    one = worker(persistence, Reaction(name="log", message=Called, do=Log(end_and_stumble)), ledger=ledger)
    assert await one.run_due() == 1
    persistence.clock.advance(timedelta(days=1))
    assert (await one.run_due(), ends) == (0, [])
    assert "is done, but failed after that" in caplog.text


async def test_the_heart_does_not_stop_a_reaction_that_goes_on_after_the_end_of_its_job(
    persistence: Persistence,
) -> None:
    beats: list[bool] = []
    (row,) = await put(persistence, Called())

    async def end_and_go_on(_: Message) -> None:
        async with persistence.begin() as uow:
            uow.complete(row.id)
            await uow.commit()
        await eventually(lambda: False in beats)
        await asyncio.sleep(0.1)

    log, ledger = Log(end_and_go_on), Listening(persistence.ledger, beats)
    short = timedelta(milliseconds=300)
    one = worker(persistence, Reaction(name="log", message=Called, do=log), ledger=ledger, lease=short)
    assert await one.run_due() == 1
    assert len(log.done) == 1


async def test_a_late_effect_is_undone_and_the_worker_is_told(
    persistence: Persistence, caplog: pytest.LogCaptureFixture
) -> None:
    (row,) = await put(persistence, Called())
    taken, written = list[ClaimedJob](), person()

    async def too_late(_: Message) -> None:
        persistence.clock.advance(LEASE * 2)
        await rescue(persistence.ledger)
        taken.extend(await persistence.due())
        async with persistence.begin() as uow:
            await uow.users.add(written, credential(written))
            uow.complete(row.id)
            await uow.commit()

    log = Log(too_late)
    assert await worker(persistence, Reaction(name="log", message=Called, do=log)).run_due() == 1
    assert (log.done, await committed(persistence, [written])) == ([], 0)
    assert "lost its lease and was stopped" in caplog.text
    assert await persistence.ledger.finish(taken[0])


async def test_an_end_that_comes_too_late_is_refused_and_the_next_worker_has_the_job(
    persistence: Persistence, caplog: pytest.LogCaptureFixture
) -> None:
    taken: list[ClaimedJob] = []

    async def dawdle(_: Message) -> None:
        persistence.clock.advance(LEASE * 2)
        await rescue(persistence.ledger)
        taken.extend(await persistence.due())

    log = Log(dawdle)
    await put(persistence, Called())
    assert await worker(persistence, Reaction(name="log", message=Called, do=log)).run_due() == 1
    assert "was done, but somebody else has it now" in caplog.text
    assert [job.attempts for job in taken] == [2]
    assert await persistence.ledger.finish(taken[0])


async def test_progress_is_told_from_inside_and_kept_by_the_next_heartbeat(persistence: Persistence) -> None:
    said: list[int | None] = []
    await put(persistence, Called())

    async def work(_: Message) -> None:
        report_progress(40)
        await eventually(lambda: 40 in said)
        with pytest.raises(ValueError, match="percent"):
            report_progress(101)

    log, ledger = Log(work), Listening(persistence.ledger, [], said)
    short = timedelta(milliseconds=300)
    one = worker(persistence, Reaction(name="log", message=Called, do=log), ledger=ledger, lease=short)
    assert await one.run_due() == 1
    assert len(log.done) == 1
    report_progress(50)  # nothing to report on


async def test_progress_is_written_within_a_second_and_once_a_second(persistence: Persistence) -> None:
    said: list[int | None] = []
    (row,) = await put(persistence, Called(), owner=IDS.new())

    async def written() -> int | None:
        found = await persistence.jobs.get(row.id)
        return None if found is None else found.progress

    async def work(_: Message) -> None:
        began, percent = time.monotonic(), 0
        while time.monotonic() - began < 2.5:
            percent += 1
            report_progress(percent)
            await asyncio.sleep(0.05)
        report_progress(99)
        await eventually(lambda: 99 in said, 2)
        assert await written() == 99

    log, ledger = Log(work), Listening(persistence.ledger, [], said)
    assert await worker(persistence, Reaction(name="log", message=Called, do=log), ledger=ledger).run_due() == 1
    assert len(log.done) == 1
    assert 2 <= len(said) <= 4


async def cancel(persistence: Persistence, *rows: NewJob) -> None:
    """As somebody does in another process: the bell rings afterwards."""
    async with persistence.begin_operations() as uow:
        for row in rows:
            assert await uow.jobs.cancel(row.id, persistence.clock.now())
        await uow.commit()
    await persistence.doorbell.ring()


@pytest.mark.parametrize("age", [0.0, 0.3, 0.7])
async def test_a_cancelled_job_is_stopped_when_the_bell_rings_however_young_it_is(
    persistence: Persistence, age: float
) -> None:
    began, stopped = asyncio.Event(), asyncio.Event()

    async def hang(_: Message) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    (row,) = await put(persistence, Called())
    async with running(worker(persistence, Reaction(name="log", message=Called, do=Log(hang)))):
        await began.wait()
        await asyncio.sleep(age)
        await cancel(persistence, row)
        await asyncio.wait_for(stopped.wait(), 2)


async def test_the_ledger_is_asked_once_for_all_long_jobs_and_never_for_short_ones(persistence: Persistence) -> None:
    ledger = Asked(persistence.ledger)
    let_go, stopped = asyncio.Event(), list[int]()

    async def work(message: Called) -> None:
        try:
            await (let_go.wait() if message.number else asyncio.sleep(0.05))
        except asyncio.CancelledError:
            stopped.append(message.number)
            raise

    log = Log(work)
    one = worker(persistence, Reaction(name="log", message=Called, do=log), ledger=ledger)
    async with running(one):
        began = time.monotonic()
        while time.monotonic() - began < 1.5:
            await put(persistence, Called())
            await persistence.doorbell.ring()
            await asyncio.sleep(0.02)
        await eventually(lambda: not one.running)
        assert ledger.asked == []
        rows = await put(persistence, *(Called(number=n) for n in (1, 2, 3)))
        await persistence.doorbell.ring()
        await eventually(lambda: 3 in ledger.asked)
        await cancel(persistence, *rows[:2])
        for _ in range(20):
            await persistence.doorbell.ring()
            await asyncio.sleep(0.02)
        await eventually(lambda: len(stopped) == 2)
        let_go.set()
        await eventually(lambda: not one.running)
    assert sorted(stopped) == [1, 2]
    assert len(ledger.asked) <= 2 * (time.monotonic() - began) + 1


async def test_what_the_owner_is_told_of_a_failure_are_the_words_of_a_refusal(persistence: Persistence) -> None:
    rows = await put(persistence, Called(number=1), Called(number=2), Called(number=3), max_attempts=1, owner=IDS.new())

    async def fail(message: Called) -> None:
        if message.number == 1:
            raise UsernameTaken
        if message.number == 2:
            raise JobRefused("internals") from UsernameTaken("Take another.")
        raise OSError("/secret/path")

    with dead_letters_expected():
        await worker(persistence, Reaction(name="log", message=Called, do=Log(fail))).run_due()
    found = [await persistence.jobs.get(row.id) for row in rows]
    assert [one and one.failure for one in found] == [UsernameTaken.sentence, "Take another.", None]


async def test_what_somebody_waits_for_is_the_first_reaction_and_the_others_are_jobs_beside_it(
    persistence: Persistence,
) -> None:
    tries = []

    async def fail_once(_: Message) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionError

    wanted, beside = Log(fail_once), Log()
    one = worker(
        persistence,
        Reaction(name="wanted", message=Called, do=wanted),
        Reaction(name="beside", message=Called, do=beside),
    )
    (row,) = await put(persistence, Called(), owner=IDS.new())
    assert await one.run_due() == 2
    assert (wanted.done, len(beside.done), await state(persistence, row)) == ([], 1, JobState.WAITING)
    persistence.clock.advance(timedelta(hours=1))
    assert await one.run_due() == 1
    assert (wanted.rows, len(beside.done), await state(persistence, row)) == ([row.id], 1, JobState.DONE)


async def test_an_empty_queue_beside_the_first_is_looked_at_ten_times_a_second_at_most(
    persistence: Persistence,
) -> None:
    log, ledger = Log(), Asked(persistence.ledger)
    places = {"default": 1, "media": 1}
    one = worker(
        persistence, Reaction(name="log", message=Called, do=log), ledger=ledger, queues=places, poll=timedelta(hours=1)
    )
    async with running(one):
        began = time.monotonic()
        for number in range(60):
            await put(persistence, Called(number=number))
            await persistence.doorbell.ring()
            await eventually(lambda: len(log.done) == number + 1)  # noqa: B023
        looks, passed = ledger.claims.count("media"), time.monotonic() - began
        assert 1 <= looks <= passed / 0.1 + 2
        await put(persistence, Called(), queue="media")
        await persistence.doorbell.ring()
        await eventually(lambda: len(log.done) == 61, 1)


async def state(persistence: Persistence, row: NewJob) -> JobState | None:
    found = await persistence.jobs.get(row.id)
    return found and found.state


async def committed(persistence: Persistence, users: Sequence[User]) -> int:
    """How many of the accounts are there."""
    return len([user for user in users if await persistence.user(user.id) is not None])


class Strange(BaseException):
    """Not an Exception."""


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError(), Strange()], ids=repr)
@pytest.mark.parametrize("persistence", ["memory"], indirect=True)
async def test_a_reaction_that_ends_as_programs_do_has_failed_and_nothing_more(
    persistence: Persistence, error: BaseException
) -> None:
    async def end(message: Called) -> None:
        if message.number:
            raise error

    log = Log(end)
    await put(persistence, Called(number=1), Called())
    assert await worker(persistence, Reaction(name="log", message=Called, do=log)).run_due() == 2
    assert log.done == [Called()]
    persistence.clock.advance(timedelta(hours=1))
    (again,) = await persistence.due()
    assert again.attempts == 2


@pytest.mark.parametrize("persistence", ["memory"], indirect=True)
async def test_a_reaction_that_refuses_to_stop_takes_no_place_for_ever(
    persistence: Persistence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asperguide.adapters.jobs.worker.STOPPING_SECONDS", 0.02)
    may_stop = asyncio.Event()

    async def refuse(message: Called) -> None:
        while message.number and not may_stop.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await may_stop.wait()

    log, limit = Log(refuse), timedelta(milliseconds=50)
    await put(persistence, Called(number=1))
    await put(persistence, Called(), priority=1)
    one = worker(persistence, Reaction(name="log", message=Called, do=log, timeout=limit), queues={"default": 1})
    with dead_letters_expected():
        assert await one.run_due() == 2
    assert log.done == [Called()]
    may_stop.set()
    await eventually(lambda: len(log.done) == 2)


async def test_an_end_is_written_as_soon_as_the_ledger_answers_again(persistence: Persistence) -> None:
    log, ledger = Log(), Stumbling(persistence.ledger)
    await put(persistence, Called())
    assert await worker(persistence, Reaction(name="log", message=Called, do=log), ledger=ledger).run_due() == 1
    assert ledger.stumbles == 0
    persistence.clock.advance(timedelta(days=1))
    assert await rescue(persistence.ledger) == 0
    assert len(log.done) == 1


async def test_short_jobs_are_claimed_many_at_a_time_and_run_no_more_than_there_are_places(
    persistence: Persistence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asperguide.adapters.jobs.line.SOON_SECONDS", 10.0)
    at_once, most, ledger = 0, 0, Stumbling(persistence.ledger, stumbles=0)

    async def work(_: Message) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1

    log = Log(work)
    await put(persistence, *(Called(number=n) for n in range(300)))
    one = worker(persistence, Reaction(name="log", message=Called, do=log), ledger=ledger, queues={"default": 2})
    async with running(one):
        await eventually(lambda: len(log.done) == 300 and not one.running)
    assert most == 2
    assert len([size for size in ledger.claims if size]) < 40
    assert await persistence.due() == []


@pytest.mark.parametrize("drained", [True, False])
async def test_what_was_claimed_too_early_goes_back(
    persistence: Persistence, monkeypatch: pytest.MonkeyPatch, drained: bool
) -> None:
    monkeypatch.setattr("asperguide.adapters.jobs.line.SOON_SECONDS", 10.0)
    monkeypatch.setattr("asperguide.adapters.jobs.worker.PATIENCE_SECONDS", 60 if drained else 0.05)

    stuck: list[int] = []

    async def work(message: Called) -> None:
        if message.number >= 100:
            stuck.append(message.number)
            await asyncio.Event().wait()

    log, ledger = Log(work), Stumbling(persistence.ledger, stumbles=0)
    for start in (0, 100):
        await put(persistence, *(Called(number=n) for n in range(start, start + 100)), priority=start)
    one = worker(persistence, Reaction(name="log", message=Called, do=log), ledger=ledger, queues={"default": 2})
    async with running(one):
        await eventually(lambda: len(stuck) == 2, 30)
        if drained:
            await one.drain(timedelta())
        back = 200 - len(log.done) - (0 if drained else 2)
        rest: list[ClaimedJob] = []

        async def take() -> bool:
            rest.extend(await persistence.due())
            return len(rest) >= back

        await eventually(take, 30)
    assert sum(ledger.claims) > len(log.done) + 2
    assert {job.attempts for job in rest} == {1}
    assert len({job.id for job in rest}) == len(rest) == back


@pytest.mark.parametrize("hours", [1, -1])
@pytest.mark.parametrize("persistence", ["memory"], indirect=True)
async def test_a_clock_that_is_set_takes_no_job_from_its_worker(persistence: Persistence, hours: int) -> None:
    log, beats, let_go = Log(lambda _: let_go.wait()), list[bool](), asyncio.Event()
    await put(persistence, Called())
    lease = timedelta(seconds=1.5)
    holder = worker(
        persistence,
        Reaction(name="log", message=Called, do=log),
        ledger=Listening(persistence.ledger, beats),
        lease=lease,
    )
    other = worker(persistence, Reaction(name="log", message=Called, do=log), lease=lease)
    async with running(holder, other):
        await eventually(lambda: beats)
        persistence.clock.advance(timedelta(hours=hours))
        seen = len(beats)
        await eventually(lambda: len(beats) >= seen + 4)
        let_go.set()
        await eventually(lambda: log.done)
    assert set(beats) == {True}
    persistence.clock.advance(timedelta(days=1))
    assert (await rescue(persistence.ledger), len(log.done)) == (0, 1)


class Ticking(Clock):
    """The time, and so much more."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        return SystemClock().now() + self._ahead


@pytest.mark.parametrize(("database", "hours"), [("sqlite", 1), ("mariadb", -1)], indirect=["database"])
async def test_workers_whose_clocks_disagree_by_an_hour_take_only_what_the_dead_leave(
    database: Database, hours: int
) -> None:
    right, wrong = (sql_persistence(database, Ticking(timedelta(hours=each))) for each in (0, hours))  # type: ignore[arg-type]
    log, beats = Log(), list[bool]()
    hanging = Log(lambda _: asyncio.Event().wait())
    await put(right, Called(), run_at=SystemClock().now() - timedelta(hours=2))
    lease = timedelta(seconds=1.8)
    holder = worker(
        right, Reaction(name="log", message=Called, do=hanging), ledger=Listening(right.ledger, beats), lease=lease
    )
    killed = asyncio.create_task(holder.run())
    await eventually(lambda: beats)
    async with running(worker(wrong, Reaction(name="log", message=Called, do=log), lease=lease)):
        await eventually(lambda: len(beats) >= 5)
        assert (set(beats), log.done) == ({True}, [])
        killed.cancel()
        await eventually(lambda: log.done)


async def test_a_deadlock_of_reactions_costs_one_of_them_a_try(server_database: Database, clock: MovableClock) -> None:
    persistence = sql_persistence(server_database, clock)
    users = [person("one"), person("two")]
    await persistence.keep(*users)
    both = asyncio.Barrier(2)

    async def edit(message: Called) -> None:
        first, second = users if message.number else reversed(users)
        async with persistence.begin() as uow:
            for number, user in enumerate((first, second)):
                found = await uow.users.get(user.id)
                assert found is not None
                await uow.users.save(replace(found, full_name=f"{found.full_name}+"))
                if number == 0 and both.n_waiting < 2 and not both.broken:
                    await both.wait()
            await uow.commit()

    async def edit_once_together(message: Called) -> None:
        try:
            await edit(message)
        finally:
            await both.abort()

    log = Log(edit_once_together)
    await put(persistence, Called(number=0), Called(number=1))
    one = worker(persistence, Reaction(name="log", message=Called, do=log))
    assert await one.run_due() == 2
    assert len(log.done) == 1
    clock.advance(timedelta(hours=1))
    assert await one.run_due() == 1
    assert len(log.done) == 2


async def test_a_server_that_restarts_or_takes_no_writes_loses_no_job_and_no_worker(
    own_mariadb: MariaDB, clock: MovableClock
) -> None:
    schema = own_mariadb.create_database()
    own_mariadb.run("CREATE USER limited@'%' IDENTIFIED BY 'limited'")
    own_mariadb.run("GRANT CREATE, INDEX, SELECT, INSERT, UPDATE, DELETE ON *.* TO limited@'%'")
    database = on_server(replace(own_mariadb, user="limited", password="limited"), schema)
    await create_tables(database)
    persistence = sql_persistence(database, clock)
    users = [person(f"person{number}") for number in range(60)]
    rows = await put(persistence, *(Called(number=number) for number in range(60)))

    async def keep(message: Called) -> None:
        await asyncio.sleep(0.05)
        async with persistence.begin() as uow:
            user = users[message.number]
            await uow.users.add(user, credential(user))
            uow.complete(rows[message.number].id)
            await uow.commit()

    log = Log(keep)
    one = worker(persistence, Reaction(name="log", message=Called, do=log), lease=timedelta(seconds=3))
    async with running(one):
        await eventually(lambda: len(log.done) >= 10)
        await asyncio.to_thread(own_mariadb.stop)
        await asyncio.to_thread(own_mariadb.start)

        async def some_more() -> bool:
            clock.advance(timedelta(seconds=1))  # many were put off while the server was away
            return len(log.done) >= 25

        await eventually(some_more, 30)
        own_mariadb.run("SET GLOBAL read_only = 1")
        await asyncio.sleep(0.3)
        held = len(log.done)
        own_mariadb.run("SET GLOBAL read_only = 0")
        assert held < 60

        async def everyone() -> bool:
            clock.advance(timedelta(seconds=1))
            return await committed(persistence, users) == 60 and not one.running

        await eventually(everyone, 30)
    clock.advance(timedelta(days=1))
    assert await persistence.due() == []
    await database.close()


def test_pauses_grow_with_full_jitter_up_to_an_hour() -> None:
    ids = SystemIds()
    for attempts, longest in ((1, 5), (2, 10), (3, 20), (11, 3600), (1000, 3600)):
        pauses = [pause(attempts, ids).total_seconds() for _ in range(300)]
        assert min(pauses) >= 1
        assert longest * 0.9 < max(pauses) <= longest
        assert min(pauses) < max(longest * 0.1, 1.1)


class Wrapped:
    """Another ledger behind this one."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


class Listening(Wrapped):
    """Notes the answer to each heartbeat, and what it said."""

    def __init__(self, ledger: Ledger, beats: list[bool], said: list[int | None] | None = None) -> None:
        super().__init__(ledger)
        self._beats, self._said = beats, [] if said is None else said

    async def heartbeat(self, job: ClaimedJob, lease: timedelta, progress: int | None = None) -> bool:
        self._said.append(progress)
        self._beats.append(await self._ledger.heartbeat(job, lease, progress))
        return self._beats[-1]


class Asked(Wrapped):
    """Notes for how many jobs it was asked whether they are still held, and which queues were claimed from."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.asked, self.claims = list[int](), list[str]()

    async def held(self, jobs: Sequence[ClaimedJob]) -> Set[UUID]:
        self.asked.append(len(jobs))
        return await self._ledger.held(jobs)

    async def claim(self, worker: str, queue: str, limit: int, lease: timedelta) -> Sequence[ClaimedJob]:
        self.claims.append(queue)
        return await self._ledger.claim(worker, queue, limit, lease)


class Ending(Wrapped):
    """Notes who ends jobs from outside."""

    def __init__(self, ledger: Ledger, ends: list[str]) -> None:
        super().__init__(ledger)
        self._ends = ends

    def __getattr__(self, name: str) -> Any:
        if name in ("finish", "fail", "hand_back"):
            self._ends.append(name)
        return super().__getattr__(name)


class Stumbling(Wrapped):
    """Is away so many times when it is told of an end; notes how many rows each claim gave."""

    def __init__(self, ledger: Ledger, stumbles: int = 2) -> None:
        super().__init__(ledger)
        self.stumbles, self.claims = stumbles, list[int]()

    async def finish(self, job: ClaimedJob, children: Sequence[NewJob] = ()) -> bool:
        if self.stumbles:
            self.stumbles -= 1
            raise DatabaseUnavailable
        return await self._ledger.finish(job, children)

    async def claim(self, worker: str, queue: str, limit: int, lease: timedelta) -> Sequence[ClaimedJob]:
        found = await self._ledger.claim(worker, queue, limit, lease)
        self.claims.append(len(found))
        return found


class Faulty(Wrapped):
    """Out of reach while `broken`."""

    broken = True
    failures = 0

    async def claim(self, worker: str, queue: str, limit: int, lease: timedelta) -> Sequence[ClaimedJob]:
        if self.broken:
            self.failures += 1
            raise DatabaseUnavailable
        return await self._ledger.claim(worker, queue, limit, lease)


@contextlib.contextmanager
def dead_letters_expected() -> Iterator[None]:
    """Dead letters are logged as errors, and these are meant."""
    log = logging.getLogger("asperguide.jobs")
    log.propagate = False
    yield
    log.propagate = True


async def assert_dead(persistence: Persistence, row: NewJob) -> None:
    """It never comes back, but is not forgotten either."""
    persistence.clock.advance(timedelta(days=100))
    await rescue(persistence.ledger)
    assert await persistence.due() == []
    await persistence.ledger.prune(persistence.clock.now())
    await persistence.ledger.put([row])
    assert await persistence.due() == []
