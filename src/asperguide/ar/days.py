"""Calendar days of a time zone, as instants: also those of 23 or 25 hours, without a midnight, or with two."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def zone_called(name: str) -> tzinfo | None:
    """The zone of that IANA name, None when there is none (any more)."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: names of folders of the database, or far too long
        return None


def day_of(now: datetime, zone: tzinfo) -> date:
    """The date that a calendar on the wall of the zone shows at this instant."""
    return now.astimezone(zone).date()


def next_day(now: datetime, zone: tzinfo) -> datetime:
    """The first instant after this one, in UTC, at which the calendar shows another date.

    That is no midnight where clocks skip it (America/Santiago, Asia/Beirut), the second one where they are put back to
    before it, and up to a day away from it where the date line moved. Transitions of the IANA database happen at whole
    seconds; it has never had two within a day.
    """
    now, local = now.astimezone(UTC), now.astimezone(zone)
    # With the offset as it is, midnight is that far away: nothing but a transition before can change the date.
    midnight = now + (datetime.combine(local.date(), time.min) + DAY - local.replace(tzinfo=None))
    if midnight.astimezone(zone).utcoffset() == local.utcoffset():
        return midnight
    change = _transition(now, midnight, zone)
    return change if day_of(change, zone) != local.date() else next_day(change, zone)


def first_of(day: date, zone: tzinfo) -> datetime:
    """The first instant, in UTC, at which the calendar shows this date, or a later one if it was skipped."""
    now = datetime.combine(day, time.min, UTC) - 2 * DAY  # the farthest zones are 14 hours ahead
    while day_of(now, zone) < day:
        now = next_day(now, zone)
    return now


def years_on(now: datetime, years: int, zone: tzinfo) -> datetime:
    """The same time on the clocks of the zone so many years later, in UTC; 28 February where there is no 29th.

    A time that clocks skip then is read with the offset from before they do (RFC 5545).
    """
    wall = now.astimezone(zone).replace(tzinfo=None, fold=0)
    there = wall.replace(year=wall.year + years, day=min(wall.day, monthrange(wall.year + years, wall.month)[1]))
    return there.replace(tzinfo=zone).astimezone(UTC)


def _transition(start: datetime, end: datetime, zone: tzinfo) -> datetime:
    """The instant of the transition between two instants of different offsets; it is the end itself at the latest."""
    before, low, high = start.astimezone(zone).utcoffset(), start.replace(microsecond=0), end
    while high - low > SECOND:
        middle = low + SECOND * ((high - low) // SECOND // 2)
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high
