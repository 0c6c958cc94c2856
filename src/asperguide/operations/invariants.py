"""What must hold in production whatever happens. A broken invariant means that a guarantee failed."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

import msgspec

from asperguide.operations.model import Vitals
from asperguide.operations.ports import JobReads, Watch
from asperguide.shared.ledger import MEDIA_QUEUE
from asperguide.shared.ports import Clock, Probe

log = logging.getLogger("asperguide.invariants")

LONGEST_LAPSE = timedelta(minutes=10)
LONGEST_WAIT = timedelta(minutes=5)
LONGEST_WAITS: Mapping[str, timedelta] = MappingProxyType({MEDIA_QUEUE: timedelta(hours=2)})
LONGEST_STUCK = timedelta(hours=1)
LATEST_ANNOUNCEMENT = timedelta(minutes=10)
LONGEST_UNCOUNTED = timedelta(minutes=1)
MOST_DEAD = 10
LARGEST_SKEW = timedelta(seconds=5)


class Invariant(msgspec.Struct, frozen=True, kw_only=True):
    """One of them: whether it `holds`, and what was found in a few words without anything personal."""

    name: str
    holds: bool
    detail: str


class CheckInvariants(msgspec.Struct, frozen=True, kw_only=True):
    """Look whether everything is as it must be.

    No lease is over for 10 minutes while nobody takes the job; no job of a queue that is not paused is due for
    5 minutes (media for 2 hours), except under maintenance; no more than 10 dead jobs lie unseen; nobody who is
    suspended or gone has a live session; no file waits for an hour to be checked, no upload is there an hour after its
    end, no letter is due for 10 minutes without being announced and nothing that viewers did waits for a minute to be
    counted, except under maintenance; the schema is not behind the program; the clocks of the database and of this
    process agree to 5 seconds.
    """

    watch: Watch
    reads: JobReads
    clock: Clock

    async def __call__(self) -> tuple[Invariant, ...]:
        """All of them, in a fixed order. Raises DatabaseUnavailable."""
        before = self.clock.now()
        seen = await self.watch.look(before)
        skew = max(before - seen.time, seen.time - self.clock.now(), timedelta())
        queues = await self.reads.queues(before)
        working = () if seen.maintenance else [queue for queue in queues if queue.paused_at is None]
        waits = {queue.name: before - (queue.oldest_due_at or before) for queue in working}
        return tuple(
            _judged(before, seen, before - (seen.oldest_lease or before), waits, sum(q.dead for q in queues), skew)
        )


class ReportInvariants(msgspec.Struct, frozen=True, kw_only=True):
    """Check the invariants and log an error for each that is broken."""

    check: CheckInvariants

    async def __call__(self) -> int:
        """How many are broken."""
        broken = [found for found in await self.check() if not found.holds]
        for found in broken:
            log.error("invariant broken: %s: %s", found.name, found.detail)
        return len(broken)


class InvariantsBroken(Exception):
    """Something is not as it must be; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvariantsProbe(Probe):
    """The invariants as something that the doctor asks: serving goes on with broken ones."""

    invariants: CheckInvariants
    name: str = "invariants"
    required: bool = False

    async def check(self) -> str:
        """That all hold. Raises InvariantsBroken."""
        found = await self.invariants()
        if broken := [f"{one.name} ({one.detail})" for one in found if not one.holds]:
            raise InvariantsBroken(", ".join(broken))
        return f"{len(found)} hold"


def _judged(
    asked: datetime, seen: Vitals, lapse: timedelta, waits: Mapping[str, timedelta], dead: int, skew: timedelta
) -> Iterator[Invariant]:
    def judged(name: str, holds: bool, detail: str) -> Invariant:
        return Invariant(name=name, holds=holds, detail=detail)

    yield judged("leases", lapse <= LONGEST_LAPSE, f"the oldest lease is over for {_seconds(lapse)}")
    late = {queue: wait for queue, wait in waits.items() if wait > LONGEST_WAITS.get(queue, LONGEST_WAIT)}
    longest = max((late or waits).values(), default=timedelta())
    yield judged("ledger-age", not late, f"the oldest due job waits for {_seconds(longest)}")
    yield judged("dead-jobs", dead <= MOST_DEAD, f"{dead} dead jobs")
    yield judged("sessions", seen.stray_sessions == 0, f"{seen.stray_sessions} live sessions of people without access")
    stuck = timedelta() if seen.maintenance else max(asked - (since or asked) for since in _files(seen))
    yield judged("files", stuck <= LONGEST_STUCK, f"a file or an upload waits for {_seconds(stuck)} to be dealt with")
    late_by = timedelta() if seen.maintenance else asked - (seen.announcement_due_at or asked)
    yield judged("letters", late_by <= LATEST_ANNOUNCEMENT, f"a letter is due for {_seconds(late_by)}, unannounced")
    uncounted = timedelta() if seen.maintenance else asked - (seen.event_waiting_since or asked)
    yield judged("views", uncounted <= LONGEST_UNCOUNTED, f"an event waits for {_seconds(uncounted)} to be counted")
    yield judged("schema", seen.schema_fits, "the schema fits" if seen.schema_fits else "the schema is behind")
    yield judged("clocks", skew <= LARGEST_SKEW, f"the clock of the database is {_seconds(skew)} off")


def _files(seen: Vitals) -> tuple[datetime | None, datetime | None]:
    return seen.unchecked_since, seen.upload_over_since


def _seconds(span: timedelta) -> str:
    return f"{max(0.0, span.total_seconds()):.0f} s"
