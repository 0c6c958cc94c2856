"""Moving the clock of a world: everything that time brings, in its order, at its moment, and always the same."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dependency_injector.providers import Factory, Object
from msgspec.structs import replace

from asperguide.adapters.jobs.scheduler import Schedule
from asperguide.identity.audit import SecurityEventKind
from asperguide.shared.ledger import JobState
from asperguide.shared.ports import Clock, Mail, MailDelayed, Mailer
from asperguide.testing import World
from asperguide.testing.faults import Error, Faults, nth, seeded
from asperguide.testing.world import SETTINGS
from tests.capsules import seal
from tests.identity import events, new_user, register
from tests.world.ten_years import Town

ROOT = Path(__file__).parents[2]
A_MINUTE = timedelta(minutes=1)


def lived(seed: str) -> "subprocess.Popen[bytes]":
    """Ten years in a process of their own, under this seed of Python's hashes."""
    environ = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "tests.world.ten_years"]
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def dumps() -> list[bytes]:
    """What two towns came to."""
    towns = [lived("1"), lived("2027")]
    return [town.communicate(timeout=120)[0] for town in towns]


def rows(dump: bytes, name: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in dump.splitlines()]
    return [line["is"] for line in found if line.get("in") == name]


def test_ten_years_are_the_same_bytes_twice(dumps: list[bytes]) -> None:
    assert len(dumps[0]) > 500_000
    assert dumps[0] == dumps[1]


def test_another_seed_is_another_town() -> None:
    async def live(seed: str) -> bytes:
        return await Town(world=World(seed=seed)).live(2)

    one, same, other = (asyncio.run(live(seed)) for seed in ("one", "one", "other"))
    assert one == same != other


def test_after_ten_years_nothing_is_left_that_should_be_gone(dumps: list[bytes]) -> None:
    users, audit = rows(dumps[0], "users"), rows(dumps[0], "security_events")
    assert {user["state"] for user in users} == {"active", "closed"}
    assert [user["username"] for user in users if user["username"].startswith("lapsed")] == []
    assert rows(dumps[0], "sessions") == rows(dumps[0], "one_time_codes") == []
    erased = [line["user"] for line in audit if line["kind"] == "account-erased"]
    closed = [user["id"] for user in users if user["state"] == "closed"]
    assert sorted(erased) == sorted(closed)
    assert len(closed) >= 15
    assert [line for line in audit if line["user"] in closed and line["address"]] == []


def test_in_ten_years_every_mail_went_once_or_was_given_up_for_a_reason(dumps: list[bytes]) -> None:
    mails, jobs = rows(dumps[0], "mails"), rows(dumps[0], "ledger")
    assert len(mails) > 250
    assert len({mail["key"] for mail in mails}) == len(mails)
    assert {job["error"].partition(":")[0] for job in jobs if job["state"] == "dead"} == {"MailRefused"}
    assert {job["state"] for job in jobs} <= {"dead", "done"}
    assert any("T" in job["finished_at"] for job in jobs)


class Patient(World):
    """Fires every schedule at every due time, whether or not there is something to do."""

    fired = 0

    async def _next_firing(self, after: datetime, until: datetime) -> tuple[datetime, list[Schedule]]:
        until = min([until, *(schedule.next_due(after) for schedule in self._schedules)])
        due = [schedule for schedule in self._schedules if schedule.last_due(until) == until]
        self.fired += len(due)
        return until, due


async def nine_days(world: World) -> bytes:
    """Somebody stays and gets a letter, somebody lapses, mails are late, sessions and codes run out."""
    faults = Faults(seeded(1, {"mailer.send": {Error(MailDelayed): 0.5}}))
    siobhan = await world.person("siobhan")
    await seal(world, siobhan, siobhan, days=4.56789)
    world.container.mailer.override(Object(faults.wrap(world.mailer, "mailer")))
    await world.advance(minutes=7)
    await register(world, "lapsing")
    await world.advance(days=2, minutes=3)
    await world.container.close_account()((await world.person("leaving")).actor)
    await world.advance(days=7)
    return world.dump()


async def test_passing_over_idle_firings_changes_nothing() -> None:
    settings = replace(SETTINGS, session_idle_days=3)
    patient = Patient(settings)
    assert await nine_days(World(settings)) == await nine_days(patient)
    # 18 an hour, one every 5 minutes and three a minute, for 9 days and 10 minutes, and four a day
    assert patient.fired == 9 * 24 * (18 + 12 + 3 * 60) + 2 + 3 * 10 + 4 * 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """A use case that has something to do whenever it is asked."""

    mailer: Mailer
    clock: Clock

    async def __call__(self, job: object = None) -> None:
        now = self.clock.now().isoformat()
        await self.mailer.send(Mail(key=now, to="all@example.org", subject=now, text="t", html="h"))


async def test_a_schedule_that_always_does_something_fires_every_time_and_no_trial_leaves_the_house() -> None:
    world = World(start=datetime(2028, 2, 28, 23, 50, tzinfo=UTC))
    c = world.container
    c.prune_codes.override(Factory(Newsletter, mailer=c.mailer, clock=c.clock))
    await world.advance(days=1, minutes=25)
    sent = [mail.subject for mail in world.mails]
    assert sent == sorted(set(sent))
    assert len(sent) == 4 * 24 + 2
    assert sent[0] == "2028-02-29T00:00:00+00:00"
    assert sent[-1] == "2028-03-01T00:15:00+00:00"


async def test_nothing_is_left_of_an_idle_decade_but_the_time() -> None:
    world = World()
    before = world.dump()
    await world.advance(days=3652)
    assert world.clock.now() == datetime(2036, 1, 1, 12, tzinfo=UTC)
    assert world.dump().splitlines()[1:] == before.splitlines()[1:]


async def test_an_account_is_erased_at_the_first_firing_after_its_grace() -> None:
    world = World(start=datetime(2028, 2, 10, 12, 7, tzinfo=UTC))
    siobhan = await world.person("siobhan")
    await world.container.close_account()(siobhan.actor)
    await world.advance(days=60)
    (erased,) = await events(world, kind=SecurityEventKind.ACCOUNT_ERASED)
    assert erased.at == datetime(2028, 3, 11, 13, tzinfo=UTC)  # thirty days and a leap day later, on the hour


async def test_the_way_back_is_told_on_the_clocks_where_the_person_lives() -> None:
    world = World(start=datetime(2028, 10, 10, 12, tzinfo=UTC))
    siobhan = await world.person("siobhan", time_zone="Europe/Dublin")
    await world.container.close_account()(siobhan.actor)
    await world.settle()
    assert "2028-11-09 12:00 (Europe/Dublin)" in world.mails[-1].text
    world = World(start=datetime(2028, 3, 10, 12, tzinfo=UTC))
    siobhan = await world.person("siobhan", time_zone="Europe/Dublin")
    await world.container.close_account()(siobhan.actor)
    await world.settle()
    assert "2028-04-09 13:00 (Europe/Dublin)" in world.mails[-1].text


async def test_a_mail_that_failed_goes_at_the_time_of_its_retry() -> None:
    world = World()
    faults = Faults(nth(1, Error(MailDelayed)))
    world.container.mailer.override(Object(faults.wrap(world.mailer, "mailer")))
    await world.container.register()(new_user())
    await world.settle()
    (retry,) = (row.run_at for row in world.ledger.rows.values())
    await world.advance(seconds=(retry - world.clock.now()).total_seconds() - 0.001)
    assert world.mails == []
    await world.advance(days=1)
    assert len(world.mails) == 1
    (done,) = world.ledger.rows.values()
    assert (done.state, done.finished_at) == (JobState.DONE, retry)


async def test_a_job_of_a_worker_that_died_is_done_when_its_lease_is_over() -> None:
    world = World()
    await world.container.register()(new_user())
    await world.ledger.claim("somebody who died", "default", 1, A_MINUTE)
    await world.advance(seconds=60)
    assert world.mails == []
    await world.advance(hours=1)
    (done,) = world.ledger.rows.values()
    assert len(world.mails) == 1
    assert done.finished_at is not None
    assert done.finished_at - datetime(2026, 1, 1, 12, tzinfo=UTC) < A_MINUTE * 1.01
