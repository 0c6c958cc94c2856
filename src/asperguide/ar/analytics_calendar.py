"""Spans of days and how they are divided: days, ISO weeks from Monday on, or months.

Days are those on the calendar of a company, whether they had 23, 24 or 25 hours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from asperguide.ar.analytics_errors import InvalidPeriod
from asperguide.shared.errors import FieldError
from asperguide.shared.instants import BEYOND, within_reach

MOST_BUCKETS = 400
DAY = timedelta(days=1)


class By(StrEnum):
    """How a span is divided."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


USUAL = {By.DAY: 30, By.WEEK: 84, By.MONTH: 365}
"""How many days are shown to those who do not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """All days from `first` to `last`, both included."""

    first: date
    last: date


def span_of(first: date | None, last: date | None, by: By, today: date) -> Span:
    """The days that are meant: up to today, and as many as are usual, unless told. Raises InvalidPeriod."""
    last = last or today
    if not within_reach(last):
        raise _refusal("?to", BEYOND)
    first = first or last - (USUAL[by] - 1) * DAY
    if not within_reach(first):
        raise _refusal("?from", BEYOND)
    if first > last:
        raise _refusal("?from", "Not after `to`.")
    return Span(first=first, last=last)


def buckets(span: Span, by: By) -> tuple[Span, ...]:
    """The span in parts, without a gap; the first and the last may be shorter. Raises InvalidPeriod beyond 400."""
    found: list[Span] = []
    for part in _parts(span, by):
        if len(found) == MOST_BUCKETS:
            raise _refusal("?from", f"At most {MOST_BUCKETS} days, weeks or months.")
        found.append(part)
    return tuple(found)


def _parts(span: Span, by: By) -> Iterator[Span]:
    first = span.first
    while first <= span.last:
        last = min(_end(first, by), span.last)
        yield Span(first=first, last=last)
        first = last + DAY


def _end(day: date, by: By) -> date:
    """The last day of the day's week or month."""
    if by is By.WEEK:
        return day + (7 - day.isoweekday()) * DAY
    if by is By.MONTH:
        return (day.replace(day=1) + 31 * DAY).replace(day=1) - DAY
    return day


def _refusal(pointer: str, detail: str) -> InvalidPeriod:
    return InvalidPeriod(fields=(FieldError(pointer=pointer, code="OUT_OF_RANGE", detail=detail),))
