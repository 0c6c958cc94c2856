"""Days as clocks on the wall have them: of 23, 24 and 25 hours, without a midnight, or left out."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asperguide.ar.days import day_of, first_of, next_day, zone_called

ZONES = (
    "UTC", "Europe/Paris", "America/Santiago", "Asia/Beirut", "Asia/Kathmandu", "Australia/Lord_Howe",
    "America/St_Johns", "Pacific/Apia", "Pacific/Kiritimati", "Africa/Casablanca", "America/Havana", "Asia/Tehran",
)  # fmt: skip
INSTANTS = st.datetimes(datetime(1985, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC))


def zone(name: str) -> tzinfo:
    found = zone_called(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "now", "begins"),
    [
        ("UTC", "2026-03-01T12:00", "2026-03-02T00:00"),
        ("UTC", "2026-03-01T00:00", "2026-03-02T00:00"),
        ("Europe/Paris", "2026-06-01T12:00", "2026-06-01T22:00"),
        ("Europe/Paris", "2026-03-28T23:00", "2026-03-29T22:00"),  # 23 hours
        ("Europe/Paris", "2026-10-24T22:00", "2026-10-25T23:00"),  # 25 hours
        ("America/Santiago", "2026-09-05T12:00", "2026-09-06T04:00"),  # from 24:00 to 1:00
        ("America/Santiago", "2026-04-04T12:00", "2026-04-05T04:00"),  # from 24:00 back to 23:00
        ("Asia/Beirut", "2026-03-28T12:00", "2026-03-28T22:00"),  # from 0:00 to 1:00
        ("Asia/Beirut", "2026-10-24T12:00", "2026-10-24T22:00"),  # from 24:00 back to 23:00
        ("America/Havana", "2026-11-01T03:30", "2026-11-01T04:00"),
        ("America/Havana", "2026-11-01T05:30", "2026-11-02T05:00"),  # from 1:00 back to 0:00
        ("America/St_Johns", "2006-10-29T02:00", "2006-10-29T02:30"),  # 24:00
        ("America/St_Johns", "2006-10-29T02:30:30", "2006-10-29T02:31"),  # from 0:01 back to 23:01, the day before
        ("America/St_Johns", "2006-10-29T02:31", "2006-10-29T03:30"),  # 24:00 again
        ("Pacific/Apia", "2011-12-30T05:00", "2011-12-30T10:00"),  # after the 29th came the 31st
        ("Pacific/Kiritimati", "2026-05-01T10:00", "2026-05-02T10:00"),
        ("Asia/Kathmandu", "2026-05-01T18:14:59", "2026-05-01T18:15"),
    ],
)
def test_a_day_begins_where_the_calendar_shows_another_date(name: str, now: str, begins: str) -> None:
    found = next_day(datetime.fromisoformat(now).replace(tzinfo=UTC), zone(name))
    assert found == datetime.fromisoformat(begins).replace(tzinfo=UTC)
    assert found.tzinfo is UTC


@given(INSTANTS, st.sampled_from(ZONES))
def test_until_then_it_is_the_same_date_and_then_another(now: datetime, name: str) -> None:
    begins = next_day(now, zone(name))
    assert now < begins <= now + timedelta(hours=26)
    assert day_of(begins, zone(name)) != day_of(now, zone(name))
    for part in range(20):
        assert day_of(now + (begins - now) * part // 20, zone(name)) == day_of(now, zone(name))
    assert day_of(begins - timedelta(microseconds=1), zone(name)) == day_of(now, zone(name))


@given(INSTANTS, st.sampled_from(ZONES))
def test_it_does_not_matter_in_which_zone_the_instant_is_told(now: datetime, name: str) -> None:
    assert next_day(now.astimezone(zone(name)), zone(name)) == next_day(now, zone(name))


@pytest.mark.parametrize(
    ("name", "day", "begins"),
    [
        ("Europe/Paris", date(2026, 6, 1), "2026-05-31T22:00"),
        ("America/Santiago", date(2026, 9, 6), "2026-09-06T04:00"),
        ("Pacific/Kiritimati", date(2026, 6, 1), "2026-05-31T10:00"),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00"),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00"),
    ],
)
def test_the_first_instant_of_a_day(name: str, day: date, begins: str) -> None:
    assert first_of(day, zone(name)) == datetime.fromisoformat(begins).replace(tzinfo=UTC)


def test_zones_are_found_by_name_and_only_there() -> None:
    assert zone_called("Asia/Tokyo") == ZoneInfo("Asia/Tokyo")
    for name in (
        "",
        "Nowhere/Atlantis",
        "../../etc/passwd",
        "/etc/localtime",
        "Europe",
        "Europe/Paris\x00",
        "x" * 5000,
    ):
        assert zone_called(name) is None
