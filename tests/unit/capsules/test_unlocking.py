"""Nine o'clock on that day where I am: also where clocks are put forward, back, or on another day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asperguide.capsules import Reading, check_unlock, unlock_on
from asperguide.capsules.errors import InvalidUnlockTime

NOW = datetime(2031, 5, 17, 12, tzinfo=UTC)
YEAR = timedelta(days=366)


@pytest.mark.parametrize(
    ("wall", "zone", "at", "reading"),
    [
        (datetime(2031, 6, 17, 9), "Europe/Paris", datetime(2031, 6, 17, 7, tzinfo=UTC), Reading.PLAIN),
        (datetime(2031, 12, 17, 9), "Europe/Paris", datetime(2031, 12, 17, 8, tzinfo=UTC), Reading.PLAIN),
        # 2:30 is jumped over on 30 March 2031: an hour and a half after 1:00, so that clocks show 3:30.
        (datetime(2031, 3, 30, 2, 30), "Europe/Paris", datetime(2031, 3, 30, 1, 30, tzinfo=UTC), Reading.SKIPPED),
        # 2:30 comes twice on 26 October 2031: the first, in summer time.
        (datetime(2031, 10, 26, 2, 30), "Europe/Paris", datetime(2031, 10, 26, 0, 30, tzinfo=UTC), Reading.REPEATED),
        (datetime(2031, 11, 2, 1, 30), "America/New_York", datetime(2031, 11, 2, 5, 30, tzinfo=UTC), Reading.REPEATED),
        # Half an hour of summer time.
        (
            datetime(2031, 10, 5, 2, 15),
            "Australia/Lord_Howe",
            datetime(2031, 10, 4, 15, 45, tzinfo=UTC),
            Reading.SKIPPED,
        ),
        # A whole day that Samoa left out.
        (datetime(2011, 12, 30, 9), "Pacific/Apia", datetime(2011, 12, 30, 19, tzinfo=UTC), Reading.SKIPPED),
        (datetime(2031, 6, 17, 9), "Asia/Kathmandu", datetime(2031, 6, 17, 3, 15, tzinfo=UTC), Reading.PLAIN),
    ],
)
def test_a_wall_time_stands_for_one_instant(wall: datetime, zone: str, at: datetime, reading: Reading) -> None:
    unlock = unlock_on(wall, zone)
    assert (unlock.at, unlock.reading, unlock.wall, unlock.zone) == (at, reading, wall, zone)


@pytest.mark.parametrize(
    "zone", ["", "Nowhere/Atlantis", "../../etc/passwd", "/etc/localtime", "Europe/Paris\x00", "x" * 500]
)
def test_zones_that_there_are_not_are_refused(zone: str) -> None:
    with pytest.raises(InvalidUnlockTime):
        unlock_on(datetime(2031, 6, 17, 9), zone)


def test_times_with_an_offset_and_times_beyond_the_calendar_are_refused() -> None:
    for wall in (NOW, datetime.max, datetime.min):
        with pytest.raises(InvalidUnlockTime):
            unlock_on(wall, "Asia/Tokyo" if wall == datetime.min else "America/New_York")


def test_it_lies_from_a_minute_to_the_latest_ahead() -> None:
    for ahead, fits in (
        (timedelta(seconds=30), False),
        (timedelta(seconds=60), True),
        (YEAR, True),
        (YEAR + timedelta(seconds=1), False),
        (-YEAR, False),
    ):
        unlock = unlock_on((NOW + ahead).replace(tzinfo=None), "UTC")
        if fits:
            assert check_unlock(unlock, NOW, YEAR) is unlock
        else:
            with pytest.raises(InvalidUnlockTime):
                check_unlock(unlock, NOW, YEAR)


@given(
    wall=st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)),
    zone=st.sampled_from(
        ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "Africa/Casablanca"]
    ),
)
def test_clocks_show_what_was_meant_unless_they_jump_over_it(wall: datetime, zone: str) -> None:
    unlock = unlock_on(wall, zone)
    shown = unlock.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    assert (shown == wall) is (unlock.reading is not Reading.SKIPPED)
    assert shown >= wall
