"""When a capsule opens: the wall time that somebody means, and the one instant that it stands for.

"9:00 on that day where I am" is resolved once, at sealing, with the zone database of that moment; what a government
decides later moves no capsule. A wall time that the clocks jump over is read with the offset from before the jump, so
that it lies as far behind it as it was meant to lie behind the hour before; of one that comes twice the first is meant
(RFC 5545, 3.3.5).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta

from asperguide.capsules.errors import InvalidUnlockTime
from asperguide.shared.errors import FieldError
from asperguide.shared.zones import time_zones

SOONEST = timedelta(minutes=1)
"""From sealing."""


class Reading(StrEnum):
    """How a wall time was read. skipped: the clocks jump over it. repeated: it comes twice, and the first is meant."""

    PLAIN = "plain"
    SKIPPED = "skipped"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock:
    """The instant at which a capsule opens, with the wall time (naive) and the zone (IANA) that were meant."""

    at: datetime
    wall: Annotated[datetime, Meta(tz=False)]
    zone: str
    reading: Reading = Reading.PLAIN


def unlock_on(wall: datetime, zone: str) -> Unlock:
    """What this wall time in this zone stands for. Raises InvalidUnlockTime for zones and times that there are not."""
    if wall.tzinfo is not None:
        raise _refusal("#/unlock/wall", "A date and time without an offset.")
    if zone not in time_zones():
        raise _refusal("#/unlock/zone", "A time zone by its IANA name, such as Europe/Paris.")
    try:
        first = wall.replace(tzinfo=ZoneInfo(zone), fold=0)
        at, second = first.astimezone(UTC), first.replace(fold=1).astimezone(UTC)
        back = at.astimezone(first.tzinfo).replace(tzinfo=None, fold=0)
    except OverflowError:
        raise _refusal("#/unlock/wall", "There is no such year.") from None
    if back != wall:
        return Unlock(at=at, wall=wall, zone=zone, reading=Reading.SKIPPED)
    return Unlock(at=at, wall=wall, zone=zone, reading=Reading.PLAIN if at == second else Reading.REPEATED)


def check_unlock(unlock: Unlock, now: datetime, latest: timedelta) -> Unlock:
    """The unlock itself. Raises InvalidUnlockTime unless it lies from a minute to `latest` ahead."""
    if unlock.at < now + SOONEST:
        raise _refusal("#/unlock", "At least a minute from now.")
    if unlock.at > now + latest:
        raise _refusal("#/unlock", f"At most {latest.days} days from now.")
    return unlock


def _refusal(pointer: str, detail: str) -> InvalidUnlockTime:
    return InvalidUnlockTime(fields=(FieldError(pointer=pointer, code="OUT_OF_RANGE", detail=detail),))
