"""Until when videos may play: a year or two, a last day, an instant; never in the past, never by two of them."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import UNSET

from asperguide.ar.days import years_on
from asperguide.ar.errors import InvalidVideo
from asperguide.ar.terms import Term, ending

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 5, 6, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "years", "zone", "end"),
    [
        ("2026-05-06T12:00", 1, "Europe/Paris", "2027-05-06T12:00"),
        ("2028-02-29T12:00", 1, "Europe/Paris", "2029-02-28T12:00"),
        ("2028-02-29T12:00", 4, "Europe/Paris", "2032-02-29T12:00"),
        ("2096-02-29T12:00", 4, "Europe/Paris", "2100-02-28T12:00"),
        ("2028-02-28T23:30", 1, "Europe/Paris", "2029-02-27T23:30"),  # there it was the 29th already
        ("2026-03-28T12:00", 1, "Europe/Paris", "2027-03-28T11:00"),  # summer time begins that day
        ("2025-03-28T01:30", 1, "Europe/Paris", "2026-03-28T01:30"),
        ("2025-09-06T04:30", 1, "America/Santiago", "2026-09-06T04:30"),  # 0:30 is skipped that day: 1:30
        ("2025-10-25T00:30", 1, "Europe/Paris", "2026-10-25T00:30"),  # 2:30 comes twice that day: the first
    ],
)
def test_years_are_those_of_the_calendar(now: str, years: int, zone: str, end: str) -> None:
    found = years_on(datetime.fromisoformat(now).replace(tzinfo=UTC), years, ZoneInfo(zone))
    assert found == datetime.fromisoformat(end).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("term", "end"),
    [
        ({}, UNSET),
        ({"subscription": "1y"}, datetime(2027, 5, 6, 12, tzinfo=UTC)),
        ({"subscription": "2y"}, datetime(2028, 5, 6, 12, tzinfo=UTC)),
        ({"ends_on": date(2026, 5, 6)}, datetime(2026, 5, 6, 22, tzinfo=UTC)),
        ({"ends_on": date(2999, 12, 31)}, datetime(2999, 12, 31, 23, tzinfo=UTC)),
        ({"ends_at": NOW + timedelta(seconds=1)}, NOW + timedelta(seconds=1)),
        (
            {"ends_at": datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=9)))},
            datetime(2026, 12, 31, 15, tzinfo=UTC),
        ),
        ({"subscription": None}, None),
        ({"ends_on": None}, None),
        ({"ends_at": None}, None),
    ],
)
def test_a_term_means_an_instant(term: dict[str, Any], end: object) -> None:
    assert ending(Term(**term), NOW, PARIS) == end


@pytest.mark.parametrize(
    ("term", "pointers"),
    [
        ({"ends_at": NOW}, ["#/videos/3/ends_at"]),
        ({"ends_on": date(2026, 5, 5)}, ["#/videos/3/ends_on"]),
        ({"ends_on": date.max}, ["#/videos/3/ends_on"]),
        ({"ends_on": date.min}, ["#/videos/3/ends_on"]),
        ({"ends_at": None, "subscription": "1y"}, ["#/videos/3/subscription", "#/videos/3/ends_at"]),
        ({"ends_at": NOW, "ends_on": date(2027, 1, 1)}, ["#/videos/3/ends_on", "#/videos/3/ends_at"]),
    ],
)
def test_what_is_over_beyond_the_calendar_or_said_twice_is_refused(term: dict[str, Any], pointers: list[str]) -> None:
    with pytest.raises(InvalidVideo) as error:
        ending(Term(**term), NOW, PARIS, "#/videos/3")
    assert [field.pointer for field in error.value.fields] == pointers
