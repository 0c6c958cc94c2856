"""However many schedulers run, and however late they are, each due time makes one job."""

import asyncio
import itertools
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from asperguide.adapters.jobs.scheduler import DailySchedule, Schedule, Scheduler, _Trigger
from asperguide.adapters.system import SystemClock
from asperguide.shared.errors import DatabaseUnavailable
from asperguide.shared.ledger import NewJob
from asperguide.shared.ports import JobOptions, Message
from asperguide.testing.contracts import Persistence
from tests.servers import eventually


class Sweep(Message):
    limit: int = 100


HOURLY = Schedule(name="sweep", every=timedelta(hours=1), message=Sweep(limit=7), options=JobOptions(queue="default"))
PARIS = ZoneInfo("Europe/Paris")
NIGHTLY = DailySchedule(name="nightly", hour=2, minute=30, zone=PARIS, message=Sweep(limit=3))
NOON = datetime(2031, 5, 17, 12, tzinfo=UTC)


def test_due_times_are_the_same_for_every_machine() -> None:
    late = NOON + timedelta(minutes=59, seconds=59, microseconds=999999)
    for now in (NOON, late, late.astimezone()):
        assert HOURLY.last_due(now) == NOON
        assert HOURLY.next_due(now) == NOON + timedelta(hours=1)


async def test_many_schedulers_make_one_job_of_one_due_time_and_another_of_the_next(persistence: Persistence) -> None:
    schedulers = [Scheduler(persistence.ledger, [HOURLY], clock=persistence.clock) for _ in range(5)]
    await asyncio.gather(*(each.fire(HOURLY, NOON) for each in schedulers))
    (job,) = await persistence.due()
    assert (job.kind, job.payload) == ("contract.sweep", '{"limit":7}')
    await persistence.ledger.finish(job)
    await schedulers[0].fire(HOURLY, NOON)
    assert await persistence.due() == []
    await schedulers[0].fire(HOURLY, NOON + timedelta(hours=1))
    assert len(await persistence.due()) == 1


async def test_schedulers_whose_clocks_disagree_by_hours_make_one_job_of_each_due_time(
    persistence: Persistence,
) -> None:
    one = Scheduler(persistence.ledger, [HOURLY, NIGHTLY], clock=persistence.clock)
    fired: set[datetime] = set()
    for step in range(12):
        for ahead in (-1, 0, 2):
            seen = NOON + timedelta(minutes=20 * step, hours=ahead)
            for schedule in (HOURLY, NIGHTLY):
                await one.fire(schedule, schedule.last_due(seen))
                fired.add(schedule.last_due(seen))
    jobs = await persistence.due()
    assert len(jobs) == len(fired) == 8


def test_a_daily_schedule_is_due_once_on_each_day_at_its_local_time() -> None:
    spring, autumn = datetime(2031, 3, 28, 12, tzinfo=UTC), datetime(2031, 10, 24, 12, tzinfo=UTC)
    assert [local(due) for due in upcoming(NIGHTLY, spring, 3)] == [
        "2031-03-29 02:30 +0100",
        "2031-03-30 03:30 +0200",  # there is no 02:30
        "2031-03-31 02:30 +0200",
    ]
    assert [local(due) for due in upcoming(NIGHTLY, autumn, 3)] == [
        "2031-10-25 02:30 +0200",
        "2031-10-26 02:30 +0200",  # and again an hour later
        "2031-10-27 02:30 +0100",
    ]


def test_due_times_of_a_daily_schedule_follow_each_other_without_gap_or_repetition_for_a_year() -> None:
    dues = upcoming(NIGHTLY, NOON, 370)
    for earlier, later in itertools.pairwise(dues):
        for now in (earlier, earlier + (later - earlier) / 2, later - timedelta(microseconds=1)):
            assert (NIGHTLY.last_due(now), NIGHTLY.next_due(now)) == (earlier, later)
            assert NIGHTLY.last_due(now.astimezone(ZoneInfo("Pacific/Auckland"))) == earlier
    assert len({due.astimezone(PARIS).date() for due in dues}) == 370


@pytest.mark.parametrize("start", [datetime(2031, 3, 29, tzinfo=UTC), datetime(2031, 10, 25, tzinfo=UTC)])
def test_the_timer_fires_a_daily_schedule_once_for_each_night_of_a_change(start: datetime) -> None:
    trigger = _Trigger(NIGHTLY)
    previous, fired = None, list[datetime]()
    for _ in range(3):
        previous = trigger.get_next_fire_time(previous, start)
        fired.append(previous)
    assert fired == upcoming(NIGHTLY, start, 3)


def upcoming(schedule: DailySchedule, now: datetime, count: int) -> list[datetime]:
    """The next due times."""
    dues = [schedule.next_due(now)]
    while len(dues) < count:
        dues.append(schedule.next_due(dues[-1]))
    return dues


def local(due: datetime) -> str:
    return f"{due.astimezone(PARIS):%Y-%m-%d %H:%M %z}"


async def test_it_fires_by_itself_and_rings_and_makes_up_for_what_was_missed(persistence: Persistence) -> None:
    clock = SystemClock()
    persistence.clock.set(clock.now())
    often = Schedule(name="often", every=timedelta(seconds=1), message=Sweep())
    rare = Schedule(name="rare", every=timedelta(days=365), message=Sweep(limit=1))
    one = Scheduler(persistence.ledger, [often, rare], clock=clock, doorbell=persistence.doorbell)
    one.start()
    try:
        await eventually(lambda: persistence.doorbell.rings >= 3)
    finally:
        await one.drain(timedelta(seconds=5))
        await one.drain(timedelta(seconds=5))
    persistence.clock.set(clock.now())
    payloads = [job.payload for job in await persistence.due()]
    assert payloads.count('{"limit":1}') == 1
    assert payloads.count('{"limit":100}') >= 2


async def test_a_scheduler_that_drains_waits_for_what_it_fired_but_not_for_ever() -> None:
    asked, answering, put = asyncio.Event(), asyncio.Event(), list[NewJob]()

    class Slow:
        async def put(self, jobs: Sequence[NewJob]) -> None:
            asked.set()
            await answering.wait()
            put.extend(jobs)

    one = Scheduler(Slow(), [HOURLY], clock=SystemClock())  # type: ignore[arg-type]
    one.start()
    await asyncio.wait_for(asked.wait(), 5)
    await one.drain(timedelta(milliseconds=1))
    assert not put
    draining = asyncio.create_task(one.drain(timedelta(seconds=5)))
    await asyncio.sleep(0)
    assert not draining.done()
    answering.set()
    await draining
    assert [job.kind for job in put] == ["contract.sweep"]


async def test_a_ledger_that_is_away_stops_no_scheduler(
    persistence: Persistence, caplog: pytest.LogCaptureFixture
) -> None:
    class Away:
        async def put(self, jobs: Sequence[NewJob]) -> None:
            raise DatabaseUnavailable

    one = Scheduler(Away(), [HOURLY], clock=persistence.clock)  # type: ignore[arg-type]
    await one.fire_by_name("sweep", NOON)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
