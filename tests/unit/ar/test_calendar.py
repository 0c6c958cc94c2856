"""A month of what plays, without gaps, and without seams where nothing changes."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from asperguide.ar.calendar import DayPlan, month
from asperguide.ar.days import day_of, first_of
from asperguide.ar.model import Content
from asperguide.ar.playing import Source, choose
from asperguide.ar.rotation import DateRule, PlaybackMode, RotationKind
from tests.playing import content, film, id_of, letter_of, letters, rotation, window
from tests.unit.ar.test_playing_properties import ZONES, contents

PARIS = ZoneInfo("Europe/Paris")
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(plan: DayPlan) -> str:
    return " ".join(f"{letter_of(span.video)}:{span.source}" for span in plan.spans)


def test_a_month_has_all_its_days() -> None:
    plans = month(letters("ab"), 2028, 2, PARIS)
    assert [plan.day for plan in plans] == [date(2028, 2, n) for n in range(1, 30)]
    assert {told(plan) for plan in plans} == {"a:first"}
    assert len(month(letters("ab"), 2027, 12, PARIS)) == 31


def test_days_are_as_long_as_they_are() -> None:
    lengths = {
        plan.day: plan.spans[-1].ends_at - plan.spans[0].starts_at for plan in month(letters("a"), 2026, 3, PARIS)
    }
    assert lengths.pop(date(2026, 3, 29)) == 23 * HOUR
    assert set(lengths.values()) == {24 * HOUR}
    assert month(letters("a"), 2026, 10, PARIS)[24].spans[0].ends_at == at("2026-10-25T23:00")


def test_windows_cut_days_and_days_cut_windows() -> None:
    windows = (window(at("2026-05-04T10:00"), at("2026-05-06T10:00")),)
    plans = month(content(film("a"), film("b", 1, windows=windows)), 2026, 5, ZoneInfo("UTC"))
    assert [told(plan) for plan in plans[2:7]] == [
        "a:first", "a:first b:schedule", "b:schedule", "b:schedule a:first", "a:first",
    ]  # fmt: skip
    assert plans[3].spans[0].ends_at == at("2026-05-04T10:00") == plans[3].spans[1].starts_at


def test_what_ends_is_followed_by_nothing() -> None:
    plans = month(letters("a", ends_at=at("2026-05-04T10:00")), 2026, 5, ZoneInfo("UTC"))
    assert [told(plan) for plan in plans[2:5]] == ["a:first", "a:first -:None", "-:None"]
    assert told(month(content(), 2026, 5, PARIS)[0]) == "-:None"


def test_where_nothing_changes_there_is_no_seam() -> None:
    ends = at("2026-05-04T10:00")
    plans = month(content(film("a"), film("b", 1, ends_at=ends)), 2026, 5, ZoneInfo("UTC"))
    assert len(plans[3].spans) == 1


def test_turns_are_shown_as_turns() -> None:
    for mode, source in ((PlaybackMode.SEQUENTIAL, Source.SEQUENTIAL), (PlaybackMode.CYCLIC, Source.CYCLIC)):
        span = month(letters("abc", mode=mode), 2026, 5, PARIS)[0].spans[0]
        assert (span.video, span.source) == (None, source)


def test_days_are_those_of_the_zone_that_the_rules_go_by() -> None:
    rule = DateRule(day=date(2026, 5, 7), video=id_of("b"))
    of = letters("ab", rotation=rotation(None, dates=(rule,), time_zone="Pacific/Kiritimati"))
    plan = month(of, 2026, 5, PARIS)[6]
    assert (told(plan), plan.spans[0].starts_at) == ("b:date_rule", at("2026-05-06T10:00"))


def test_a_day_that_was_skipped_has_nothing() -> None:
    apia = month(letters("a", ends_at=at("2050-01-01")), 2011, 12, ZoneInfo("Pacific/Apia"))
    assert [told(plan) for plan in apia[28:]] == ["a:first", "", "a:first"]


def test_a_date_that_came_back_for_an_hour_is_one_day() -> None:
    of = letters("ab", rotation=rotation(RotationKind.DAILY_CYCLE, "ab"), ends_at=at("2050-01-01"))
    plan = month(of, 2006, 10, ZoneInfo("America/St_Johns"))[27]
    assert [span.starts_at for span in plan.spans] == [at("2006-10-28T02:30"), at("2006-10-29T02:31")]


@settings(deadline=None)
@given(contents(), ZONES, st.integers(3, 11), st.integers(0, 60 * 24 * 30))
def test_a_calendar_tells_what_will_be_chosen(of: Content, zone: ZoneInfo, number: int, minutes: int) -> None:
    plans = month(of, 2026, number, zone)
    spans = [span for plan in plans for span in plan.spans]
    assert all(before.ends_at == after.starts_at for before, after in pairwise(spans))
    assert spans[0].starts_at == first_of(plans[0].day, named(of, zone))
    instant = spans[0].starts_at + timedelta(minutes=minutes)
    if instant < spans[-1].ends_at:
        span = next(span for span in spans if span.starts_at <= instant < span.ends_at)
        choice = choose(of, instant, zone)
        assert span.source == (choice.source if choice else None)
        assert span.video in (None, choice.video.id if choice else None)
        assert span in next(plan for plan in plans if plan.day == day_of(instant, named(of, zone))).spans


def named(of: Content, zone: ZoneInfo) -> ZoneInfo:
    own = of.rotation.time_zone if of.rotation else None
    return ZoneInfo(own) if own else zone
