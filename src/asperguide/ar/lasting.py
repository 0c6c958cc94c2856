"""How long prints last: years, months and days by the calendar of their company, or until an instant."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated

import msgspec
from msgspec import Meta

from asperguide.ar.errors import InvalidContent
from asperguide.ar.terms import Instant, wrong

MONTHS = 12


class Duration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By the calendar: a month after 31 January is the last day of February, a year after 29 February the 28th."""

    years: Annotated[int, Meta(ge=0, le=100)] = 0
    months: Annotated[int, Meta(ge=0, le=1200)] = 0
    days: Annotated[int, Meta(ge=0, le=36_525)] = 0


DEFAULT = Duration(years=30)


def end_of(duration: Duration | None, ends_at: Instant | None, now: datetime, zone: tzinfo) -> datetime:
    """When a print ends, in UTC: 30 years from now when nothing is said.

    Raises InvalidContent when both are said, for a duration of nothing, and for what does not lie ahead.
    """
    if duration is not None and ends_at is not None:
        raise InvalidContent(fields=(wrong("#/ends_at", "Either this or a duration."),))
    if ends_at is not None:
        return _ahead(ends_at, now)
    if duration is not None and not (duration.years or duration.months or duration.days):
        raise InvalidContent(fields=(wrong("#/duration", "At least a day."),))
    return later(now, duration or DEFAULT, zone)


def later(now: datetime, by: Duration, zone: tzinfo) -> datetime:
    """The same time on the clocks of the zone so much later, in UTC: months first, then days.

    A day that a month has not is its last one. A time that clocks skip then is read with the offset from before they do
    (RFC 5545).
    """
    wall = now.astimezone(zone).replace(tzinfo=None, fold=0)
    years, month = divmod(wall.month - 1 + by.months, MONTHS)
    year, month = wall.year + by.years + years, month + 1
    there = wall.replace(year=year, month=month, day=min(wall.day, monthrange(year, month)[1]))
    return (there + timedelta(days=by.days)).replace(tzinfo=zone).astimezone(UTC)


def _ahead(ends_at: datetime, now: datetime) -> datetime:
    if ends_at <= now:
        raise InvalidContent(fields=(wrong("#/ends_at", "It has to lie ahead."),))
    return ends_at.astimezone(UTC)
