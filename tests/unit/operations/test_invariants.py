"""What must hold: each invariant by itself, the log line of a broken one, and that the service as it is breaks none."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from asperguide.adapters.jobs.scheduler import Scheduler
from asperguide.adapters.memory.ledger import MemoryLedger
from asperguide.adapters.memory.operations import MemoryJobReads
from asperguide.operations import (
    CheckInvariants,
    Examine,
    InvariantsProbe,
    Queue,
    ReportInvariants,
    Vitals,
    Watch,
)
from asperguide.operations.events import InvariantsCheckDue
from asperguide.testing import MovableClock, World
from asperguide.testing.contracts.ledger import job
from asperguide.testing.world import SETTINGS
from asperguide.worker import schedules_of

NOW = MovableClock().now()
WELL = Vitals(time=NOW, oldest_lease=None, stray_sessions=0, schema_fits=True, maintenance=False)
SECOND = timedelta(seconds=1)


class Queues(MemoryJobReads):
    """The queues that the test says."""

    def __init__(self, queues: Sequence[Queue]) -> None:
        super().__init__(MemoryLedger(MovableClock()))
        self.given = queues

    async def queues(self, now: datetime) -> Sequence[Queue]:
        return self.given


@dataclass
class Seen(Watch):
    """What the test says."""

    vitals: Vitals
    takes: timedelta = timedelta()
    clock: MovableClock = field(default_factory=MovableClock)

    async def look(self, now: datetime) -> Vitals:
        self.clock.advance(self.takes)
        return self.vitals


def check(vitals: Vitals = WELL, *queues: Queue, takes: timedelta = timedelta()) -> CheckInvariants:
    watch = Seen(vitals, takes)
    return CheckInvariants(watch=watch, reads=Queues(queues), clock=watch.clock)


async def broken(checking: CheckInvariants) -> list[str]:
    return [found.name for found in await checking() if not found.holds]


def waiting(name: str, age: timedelta, **fields: datetime) -> Queue:
    return Queue(name=name, waiting=1, due=1, oldest_due_at=NOW - age, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "limit",
    [
        replace(WELL, oldest_lease=NOW - timedelta(minutes=10)),
        replace(WELL, time=NOW + 5 * SECOND),
        replace(WELL, unchecked_since=NOW - timedelta(hours=1), upload_over_since=NOW + timedelta(hours=1)),
        replace(WELL, unchecked_since=NOW - timedelta(days=1), maintenance=True),
        replace(WELL, announcement_due_at=NOW - timedelta(minutes=10)),
        replace(WELL, announcement_due_at=NOW + timedelta(days=9)),
        replace(WELL, announcement_due_at=NOW - timedelta(days=1), maintenance=True),
        replace(WELL, event_waiting_since=NOW - timedelta(minutes=1)),
        replace(WELL, event_waiting_since=NOW - timedelta(days=1), maintenance=True),
    ],
)
async def test_a_limit_may_be_reached(limit: Vitals) -> None:
    assert await broken(check(limit)) == []


BROKEN = {
    "leases": [replace(WELL, oldest_lease=NOW - timedelta(minutes=10, seconds=1))],
    "sessions": [replace(WELL, stray_sessions=1)],
    "files": [
        replace(WELL, unchecked_since=NOW - timedelta(hours=1, seconds=1)),
        replace(WELL, upload_over_since=NOW - timedelta(hours=1, seconds=1), unchecked_since=NOW),
    ],
    "letters": [replace(WELL, announcement_due_at=NOW - timedelta(minutes=10, seconds=1))],
    "views": [replace(WELL, event_waiting_since=NOW - timedelta(minutes=1, seconds=1))],
    "schema": [replace(WELL, schema_fits=False)],
    "clocks": [replace(WELL, time=NOW + 6 * SECOND), replace(WELL, time=NOW - 6 * SECOND)],
}


@pytest.mark.parametrize(("name", "vitals"), [(name, vitals) for name, all in BROKEN.items() for vitals in all])
async def test_one_thing_that_is_wrong_breaks_one_invariant(name: str, vitals: Vitals) -> None:
    assert await broken(check(vitals)) == [name]


async def test_a_lease_that_still_runs_breaks_nothing() -> None:
    assert await broken(check(replace(WELL, oldest_lease=NOW + SECOND))) == []


async def test_a_slow_answer_is_no_wrong_clock() -> None:
    answered = replace(WELL, time=NOW + 20 * SECOND)
    assert await broken(check(answered, takes=20 * SECOND)) == []
    assert await broken(check(answered, takes=14 * SECOND)) == ["clocks"]


async def test_due_jobs_may_wait_for_five_minutes_and_for_ever_in_a_paused_queue() -> None:
    limit = timedelta(minutes=5)
    assert await broken(check(WELL, waiting("a", limit), Queue(name="empty"))) == []
    assert await broken(check(WELL, waiting("a", SECOND), waiting("b", limit + SECOND))) == ["ledger-age"]
    assert await broken(check(WELL, waiting("a", 2 * limit, paused_at=NOW))) == []


async def test_media_may_wait_for_hours_and_hides_nobody_who_may_not() -> None:
    hour, late = timedelta(hours=1), waiting("a", timedelta(minutes=6))
    assert await broken(check(WELL, waiting("media", 2 * hour))) == []
    assert await broken(check(WELL, waiting("media", 2 * hour + SECOND))) == ["ledger-age"]
    (found,) = [one for one in await check(WELL, waiting("media", hour), late)() if not one.holds]
    assert found.detail == "the oldest due job waits for 360 s"


async def test_under_maintenance_jobs_may_wait_but_a_dead_worker_is_told() -> None:
    under = replace(WELL, maintenance=True)
    assert await broken(check(under, waiting("a", timedelta(hours=2)))) == []
    assert await broken(check(replace(under, oldest_lease=NOW - timedelta(minutes=11)))) == ["leases"]


async def test_dead_jobs_of_all_queues_may_be_ten() -> None:
    assert await broken(check(WELL, Queue(name="a", dead=5), Queue(name="b", dead=5))) == []
    assert await broken(check(WELL, Queue(name="a", dead=5), Queue(name="b", dead=6))) == ["dead-jobs"]


@pytest.mark.expects_error_log
async def test_what_is_broken_is_logged_as_an_error_and_what_holds_is_not(caplog: pytest.LogCaptureFixture) -> None:
    assert await ReportInvariants(check=check())() == 0
    assert caplog.records == []
    assert await ReportInvariants(check=check(replace(WELL, stray_sessions=3)))() == 1
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == (
        "ERROR",
        "invariant broken: sessions: 3 live sessions of people without access",
    )


async def test_the_doctor_tells_what_is_broken_and_does_not_call_the_service_ill_for_it() -> None:
    well = await Examine(probes=(InvariantsProbe(invariants=check()),))()
    assert [(finding.well, finding.detail) for finding in well.findings] == [(True, "9 hold")]
    ill = await Examine(probes=(InvariantsProbe(invariants=check(replace(WELL, stray_sessions=1))),))()
    (finding,) = ill.findings
    assert (ill.well, finding.well) == (True, False)
    assert "sessions (1 live session" in finding.detail
    assert finding.advice


async def test_a_service_that_lived_for_a_while_breaks_none() -> None:
    world = World()
    await world.person("oneil")
    await world.advance(days=3)
    assert [found.name for found in await world.container.check_invariants()() if not found.holds] == []


@pytest.mark.expects_error_log
async def test_the_clock_asks_every_five_minutes_and_a_worker_tells_what_is_broken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    (schedule,) = [one for one in schedules_of(SETTINGS) if isinstance(one.message, InvariantsCheckDue)]
    now = world.clock.now()
    assert schedule.next_due(now) - schedule.last_due(now) == timedelta(minutes=5)
    await world.ledger.put([job(world.clock, queue="nobody works here", run_at=now - timedelta(hours=1))])
    await Scheduler(world.ledger, [schedule], clock=world.clock).fire(schedule, now)
    await world.settle()
    assert "invariant broken: ledger-age: the oldest due job waits for 3600 s" in caplog.messages
