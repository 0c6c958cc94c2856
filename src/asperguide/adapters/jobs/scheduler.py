"""Puts messages into the ledger by the clock. Any number of schedulers makes exactly one job of each due time."""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from apscheduler.executors.base import BaseExecutor  # type: ignore[import-untyped]
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]

from asperguide.shared.ledger import EPOCH, Ledger, as_job
from asperguide.shared.ports import Clock, Doorbell, JobOptions, Message
from asperguide.shared.tracing import Trace

log = logging.getLogger("asperguide.schedules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A message that is due at every multiple of `every` (whole seconds) since 1970, on every machine alike."""

    name: str
    every: timedelta
    message: Message
    options: JobOptions = JobOptions()

    def last_due(self, now: datetime) -> datetime:
        """The latest due time that is not after `now`."""
        return now - (now - EPOCH) % self.every

    def next_due(self, now: datetime) -> datetime:
        """The first due time after `now`."""
        return self.last_due(now) + self.every


@dataclass(frozen=True, slots=True, kw_only=True)
class DailySchedule:
    """A message that is due once on each day of the calendar of `zone`, at `hour` and `minute` on its clocks.

    On the day on which the clocks skip that time it is due as long after midnight as on the day before (03:30 instead
    of 02:30); on the day that has it twice, at the first of them.
    """

    name: str
    hour: int
    minute: int = 0
    zone: ZoneInfo
    message: Message
    options: JobOptions = JobOptions()

    def last_due(self, now: datetime) -> datetime:
        """The latest due time that is not after `now`."""
        return self._due(self._day(now))

    def next_due(self, now: datetime) -> datetime:
        """The first due time after `now`."""
        return self._due(self._day(now) + timedelta(days=1))

    def _day(self, now: datetime) -> date:
        """The day of the latest due time."""
        today = now.astimezone(self.zone).date()
        return today if self._due(today) <= now else today - timedelta(days=1)

    def _due(self, day: date) -> datetime:
        return datetime.combine(day, time(self.hour, self.minute), self.zone).astimezone(UTC)


AnySchedule = Schedule | DailySchedule


class Scheduler:
    """Fires each schedule at its due times, and once for all that were missed while nobody ran.

    A due time that the ledger could not take is made up for by the next one: schedules say what to look at, and what
    is found there does not go away.
    """

    def __init__(
        self, ledger: Ledger, schedules: Sequence[AnySchedule], *, clock: Clock, doorbell: Doorbell | None = None
    ) -> None:
        self._ledger, self._clock, self._doorbell = ledger, clock, doorbell
        self._schedules = {schedule.name: schedule for schedule in schedules}
        self._started = False
        self._firing = _Firing(self.fire_by_name)
        self._timer = AsyncIOScheduler(timezone=UTC, executors={"default": self._firing})

    def start(self) -> None:
        """Begin to fire, the last due times first: whoever fired them already loses nothing by that."""
        for schedule in self._schedules.values():
            self._timer.add_job(
                _nothing,
                _Trigger(schedule),
                id=schedule.name,
                next_run_time=schedule.last_due(self._clock.now()),
                misfire_grace_time=None,
                coalesce=True,
                max_instances=10,
            )
        self._timer.start()
        self._started = True

    async def drain(self, patience: timedelta) -> None:
        """Fire no more, and wait so long for what is on its way into the ledger."""
        if self._started:
            self._started = False
            self._timer.shutdown(wait=False)
            await asyncio.sleep(0)  # the timer stops in the next turn of the loop
        await self._firing.rest(patience)

    async def fire_by_name(self, name: str, due: datetime) -> None:
        """Put the job of that due time; a failure is logged, the next due time comes anyway."""
        try:
            await self.fire(self._schedules[name], due)
        except Exception as error:
            log.warning("schedule %s could not put its job: %s", name, error)

    async def fire(self, schedule: AnySchedule, due: datetime) -> None:
        """Put the job of that due time, whoever else does so too."""
        name = f"{schedule.name} {due.astimezone(UTC).isoformat()}"
        id = UUID(bytes=hashlib.sha256(name.encode()).digest()[:16])
        job = as_job(schedule.message, schedule.options, id=id, now=self._clock.now(), trace=Trace())
        await self._ledger.put([job])
        if self._doorbell is not None:
            await self._doorbell.ring()


class _Trigger(BaseTrigger):  # type: ignore[misc]
    """Due times as the schedule has them: APScheduler's own fire twice where clocks are set back."""

    def __init__(self, schedule: AnySchedule) -> None:
        self._schedule = schedule

    def get_next_fire_time(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, previous: datetime | None, now: datetime
    ) -> datetime:
        """The due time after the previous one."""
        return self._schedule.next_due(previous or now)


class _Firing(BaseExecutor):  # type: ignore[misc]
    """Hands due times to a coroutine function: what APScheduler itself calls is not told when it was due."""

    def __init__(self, fire: Any) -> None:
        super().__init__()
        self._fire = fire
        self._tasks: set[asyncio.Task[None]] = set()

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        task = asyncio.get_running_loop().create_task(self._fire(job.id, run_times[-1]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._run_job_success(job.id, []))

    async def rest(self, patience: timedelta) -> None:
        """Wait until nothing is being fired, but not for longer."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience.total_seconds())


def _nothing() -> None:
    """APScheduler wants something to call; `_Firing` does the work."""
