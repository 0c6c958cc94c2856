"""Days, weeks and months as people mean them, and on which day it is where."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from asperguide.ar.analytics_calendar import DAY, MOST_BUCKETS, By, Span, buckets, span_of
from asperguide.ar.analytics_errors import InvalidPeriod
from asperguide.ar.analytics_intake import day_in

TODAY = date(2026, 1, 19)


def days(first: str, last: str) -> Span:
    return Span(first=date.fromisoformat(first), last=date.fromisoformat(last))


def shown(span: Span, by: By) -> list[str]:
    return [f"{one.first}/{one.last}" for one in buckets(span, by)]


def test_a_span_is_up_to_today_and_as_long_as_is_usual() -> None:
    assert span_of(None, None, By.DAY, TODAY) == days("2025-12-21", "2026-01-19")
    assert span_of(None, None, By.WEEK, TODAY) == days("2025-10-28", "2026-01-19")
    assert span_of(None, None, By.MONTH, TODAY) == days("2025-01-20", "2026-01-19")
    assert span_of(date(2026, 1, 1), None, By.DAY, TODAY) == days("2026-01-01", "2026-01-19")
    assert span_of(TODAY, TODAY, By.DAY, TODAY) == Span(first=TODAY, last=TODAY)


@pytest.mark.parametrize(
    ("first", "last", "pointer"),
    [
        (date(2026, 1, 20), date(2026, 1, 19), "?from"),
        (date(1999, 12, 31), date(2000, 1, 1), "?from"),
        (date.min, TODAY, "?from"),
        (None, date.min, "?to"),
        (None, date(2000, 1, 1), "?from"),
        (None, date.max, "?to"),
    ],
)
def test_spans_that_there_are_not_are_refused(first: date | None, last: date | None, pointer: str) -> None:
    with pytest.raises(InvalidPeriod) as refused:
        span_of(first, last, By.DAY, TODAY)
    assert [wrong.pointer for wrong in refused.value.fields] == [pointer]


def test_weeks_are_those_of_iso_and_the_first_and_last_may_be_short() -> None:
    # 2026-01-01 is a Thursday, in week 1 of 2026, which began in 2025.
    assert shown(days("2025-12-31", "2026-01-12"), By.WEEK) == [
        "2025-12-31/2026-01-04",
        "2026-01-05/2026-01-11",
        "2026-01-12/2026-01-12",
    ]


def test_months_end_when_they_do() -> None:
    assert shown(days("2024-01-31", "2024-03-01"), By.MONTH) == [
        "2024-01-31/2024-01-31",
        "2024-02-01/2024-02-29",
        "2024-03-01/2024-03-01",
    ]
    assert shown(days("2025-12-01", "2025-12-31"), By.MONTH) == ["2025-12-01/2025-12-31"]


@pytest.mark.parametrize("by", By)
def test_the_parts_are_the_span_without_a_gap(by: By) -> None:
    span = days("2025-03-05", "2026-01-19")
    found = buckets(span, by)
    assert (found[0].first, found[-1].last) == (span.first, span.last)
    assert all(one.last + DAY == after.first for one, after in pairwise(found))


def test_there_are_four_hundred_parts_at_most_however_long_the_span() -> None:
    last = date(2000, 1, 1) + (MOST_BUCKETS - 1) * DAY
    assert len(buckets(Span(first=date(2000, 1, 1), last=last), By.DAY)) == MOST_BUCKETS
    for span in (Span(first=date(2000, 1, 1), last=last + DAY), days("2000-01-01", "2999-12-31")):
        with pytest.raises(InvalidPeriod, match="period"):
            buckets(span, By.DAY)
    assert len(buckets(days("2000-01-01", "2033-04-30"), By.MONTH)) == MOST_BUCKETS


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        # The clocks of Paris go forward on 2026-03-29: a day of 23 hours, from 23:00 UTC to 22:00 UTC.
        ("2026-03-28T22:59:59", "Europe/Paris", "2026-03-28"),
        ("2026-03-28T23:00:00", "Europe/Paris", "2026-03-29"),
        ("2026-03-29T21:59:59", "Europe/Paris", "2026-03-29"),
        ("2026-03-29T22:00:00", "Europe/Paris", "2026-03-30"),
        # And back on 2026-10-25: 25 hours, from 22:00 UTC to 23:00 UTC.
        ("2026-10-24T22:00:00", "Europe/Paris", "2026-10-25"),
        ("2026-10-25T22:59:59", "Europe/Paris", "2026-10-25"),
        ("2026-10-25T23:00:00", "Europe/Paris", "2026-10-26"),
        ("2026-01-19T10:00:00", "Pacific/Kiritimati", "2026-01-20"),
        ("2026-01-19T10:00:00", "Pacific/Niue", "2026-01-18"),
        ("2026-01-19T23:59:59", "Mars/Olympus", "2026-01-19"),
        ("2026-01-19T23:59:59", "../etc/passwd", "2026-01-19"),
        ("2026-01-19T23:59:59", "", "2026-01-19"),
    ],
)
def test_it_is_the_day_that_calendars_there_show(at: str, zone: str, day: str) -> None:
    assert day_in(zone, datetime.fromisoformat(at).replace(tzinfo=UTC)) == date.fromisoformat(day)


def test_every_hour_of_a_year_is_on_one_day_and_days_are_as_long_as_they_are() -> None:
    hours: dict[date, int] = {}
    at = datetime(2025, 12, 31, 23, tzinfo=UTC)
    while (day := day_in("Europe/Paris", at)).year < 2027:
        hours[day] = hours.get(day, 0) + 1
        at += timedelta(hours=1)
    assert (len(hours), hours[date(2026, 3, 29)], hours[date(2026, 10, 25)]) == (365, 23, 25)
    assert sum(hours.values()) == 365 * 24
