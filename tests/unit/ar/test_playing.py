"""What plays when, as a table: who decides, and until when that holds."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from asperguide.ar.playing import choose
from asperguide.ar.rotation import DateRule, PlaybackMode, RotationKind
from tests.playing import FAR, content, film, id_of, letter_of, letters, rotation, window

UTC_ZONE, PARIS, SANTIAGO = ZoneInfo("UTC"), ZoneInfo("Europe/Paris"), ZoneInfo("America/Santiago")
FIXED, RANDOM = RotationKind.FIXED, RotationKind.RANDOM_DAILY
DAILY, WEEKLY = RotationKind.DAILY_CYCLE, RotationKind.WEEKLY_CYCLE
SEQUENTIAL, CYCLIC = PlaybackMode.SEQUENTIAL, PlaybackMode.CYCLIC


def at(text: str) -> datetime:
    """That instant, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def on(day: str, letter: str, yearly: bool = False) -> DateRule:
    return DateRule(day=date.fromisoformat(day), video=id_of(letter), yearly=yearly)


NOON = at("2026-05-06T12:00")  # a Wednesday
MORNING, EVENING = at("2026-05-06T08:00"), at("2026-05-06T20:00")
GONE, OFF, RAW = {"ends_at": MORNING}, {"active": False}, {"footage": None}
OPEN = (window(MORNING, EVENING),)
SINCE = date(2026, 5, 6)
DAY, WEEK = timedelta(days=1), timedelta(days=7)


def days(*rules: DateRule, kind: RotationKind | None = None, videos: str = "", **more: Any) -> dict[str, Any]:
    return {"rotation": rotation(kind, videos, dates=rules, **more)}


def cycle(kind: RotationKind, videos: str, **more: Any) -> dict[str, Any]:
    return {"rotation": rotation(kind, videos, **{"since": SINCE, **more})}


EXAMPLES: tuple[tuple[str, dict[str, Any], dict[str, dict[str, Any]], datetime, int | None, str], ...] = (
    ("nothing is said: the first one", {}, {}, NOON, None, "a first"),
    ("the first one is switched off", {}, {"a": OFF}, NOON, None, "b first"),
    ("the first one is over", {}, {"a": GONE}, NOON, None, "b first"),
    ("the first one is not processed yet", {}, {"a": RAW}, NOON, None, "b first"),
    ("its time is over at that very instant", {}, {"a": {"ends_at": NOON}}, NOON, None, "b first"),
    ("it has a moment left", {}, {"a": {"ends_at": NOON + timedelta(microseconds=1)}}, NOON, None, "a first"),
    ("nothing may play", {}, {"a": OFF, "b": GONE, "c": RAW}, NOON, None, "-"),
    ("the content is over", {"ends_at": NOON}, {}, NOON, None, "-"),
    ("another position", {}, {"c": {"position": -1}}, NOON, None, "c first"),
    ("sequential: whose turn is unknown", {"mode": SEQUENTIAL}, {}, NOON, None, "a sequential"),
    ("sequential: the second one", {"mode": SEQUENTIAL}, {}, NOON, 1, "b sequential"),
    ("sequential: the last one stays", {"mode": SEQUENTIAL}, {}, NOON, 9, "c sequential"),
    ("sequential: without what is off", {"mode": SEQUENTIAL}, {"b": OFF}, NOON, 1, "c sequential"),
    ("cyclic: the third one", {"mode": CYCLIC}, {}, NOON, 2, "c cyclic"),
    ("cyclic: anew", {"mode": CYCLIC}, {}, NOON, 3, "a cyclic"),
    ("cyclic: without what is over", {"mode": CYCLIC}, {"a": GONE}, NOON, 3, "c cyclic"),
    ("picked by hand", {"chosen": id_of("b")}, {}, NOON, None, "b manual"),
    ("picked by hand before the mode", {"chosen": id_of("b"), "mode": CYCLIC}, {}, NOON, 2, "b manual"),
    ("picked by hand, but off", {"chosen": id_of("b")}, {"b": OFF}, NOON, None, "a first"),
    ("picked by hand, but over, and a mode", {"chosen": id_of("b"), "mode": CYCLIC}, {"b": GONE}, NOON, 1, "c cyclic"),
    ("picked by hand, but gone altogether", {"chosen": id_of("z")}, {}, NOON, None, "a first"),
    ("always the same", cycle(FIXED, "c"), {}, NOON, None, "c fixed"),
    ("always the same, before by hand", {**cycle(FIXED, "c"), "chosen": id_of("b")}, {}, NOON, None, "c fixed"),
    ("always the same, but off", {**cycle(FIXED, "c"), "chosen": id_of("b")}, {"c": OFF}, NOON, None, "b manual"),
    ("always the same, of no video", cycle(FIXED, ""), {}, NOON, None, "a first"),
    ("daily: the first day", cycle(DAILY, "cb"), {}, NOON, None, "c daily_cycle"),
    ("daily: the second day", cycle(DAILY, "cb"), {}, NOON + DAY, None, "b daily_cycle"),
    ("daily: the third day, anew", cycle(DAILY, "cb"), {}, NOON + 2 * DAY, None, "c daily_cycle"),
    ("daily: before it has begun", cycle(DAILY, "cba"), {}, NOON - DAY, None, "a daily_cycle"),
    ("daily: several turns for one", cycle(DAILY, "aab"), {}, NOON + DAY, None, "a daily_cycle"),
    ("daily: who is off is passed over", cycle(DAILY, "abc"), {"b": OFF}, NOON + DAY, None, "c daily_cycle"),
    ("daily: passed over at the end", cycle(DAILY, "abc"), {"c": GONE}, NOON + 2 * DAY, None, "a daily_cycle"),
    ("daily: none of its may play", cycle(DAILY, "bc"), {"b": OFF, "c": RAW}, NOON, None, "a first"),
    ("daily: without turns", cycle(DAILY, ""), {}, NOON, None, "a first"),
    ("daily: since ever", cycle(DAILY, "ab", since=None), {}, at("2000-01-04T12:00"), None, "b daily_cycle"),
    ("weekly: the week of the beginning", cycle(WEEKLY, "cb"), {}, at("2026-05-10T23:59"), None, "c weekly_cycle"),
    ("weekly: already its Monday", cycle(WEEKLY, "cb"), {}, at("2026-05-04T00:00"), None, "c weekly_cycle"),
    ("weekly: from Monday on", cycle(WEEKLY, "cb"), {}, at("2026-05-11T00:00"), None, "b weekly_cycle"),
    ("weekly: over the turn of the year", cycle(WEEKLY, "ab", since=date(2026, 12, 31)), {}, at("2027-01-03T23:00"),
     None, "a weekly_cycle"),
    ("weekly: the first week of the year", cycle(WEEKLY, "ab", since=date(2026, 12, 31)), {}, at("2027-01-04T01:00"),
     None, "b weekly_cycle"),
    ("weekly: who is off is passed over", cycle(WEEKLY, "abc"), {"b": OFF}, NOON + WEEK, None, "c weekly_cycle"),
    ("weekly: five turns", cycle(WEEKLY, "abcab"), {}, NOON + 2 * WEEK, None, "c weekly_cycle"),
    ("weekly: before it has begun", cycle(WEEKLY, "abc"), {}, NOON - WEEK, None, "c weekly_cycle"),
    ("drawn among one", cycle(RANDOM, "b"), {}, NOON, None, "b random_daily"),
    ("drawn among who may", cycle(RANDOM, ""), {"a": OFF, "b": GONE}, NOON, None, "c random_daily"),
    ("drawn among none of its", cycle(RANDOM, "bc"), {"b": OFF, "c": RAW}, NOON, None, "a first"),
    ("a window is open", {}, {"b": {"windows": OPEN}}, NOON, None, "b schedule"),
    ("a window opens now", {}, {"b": {"windows": OPEN}}, MORNING, None, "b schedule"),
    ("a window has just been shut", {}, {"b": {"windows": OPEN}}, EVENING, None, "a first"),
    ("a window is open, of who is off", {}, {"b": {"windows": OPEN, **OFF}}, NOON, None, "a first"),
    ("a window before a cycle", cycle(DAILY, "c"), {"b": {"windows": OPEN}}, NOON, None, "b schedule"),
    ("a window that is shut, and a cycle", cycle(DAILY, "c"), {"b": {"windows": OPEN}}, EVENING, None, "c daily_cycle"),
    ("the day has one of its own", days(on("2026-05-06", "c")), {}, NOON, None, "c date_rule"),
    ("another day has one", days(on("2026-05-07", "c")), {}, NOON, None, "a first"),
    ("that day in another year", days(on("2025-05-06", "c")), {}, NOON, None, "a first"),
    ("that day of each year", days(on("2025-05-06", "c", True)), {}, NOON, None, "c date_rule"),
    ("exact before yearly", days(on("2020-05-06", "b", True), on("2026-05-06", "c")), {}, NOON, None, "c date_rule"),
    ("exact, but off: yearly", days(on("2020-05-06", "b", True), on("2026-05-06", "c")), {"c": OFF}, NOON, None,
     "b date_rule"),
    ("the day before a window", days(on("2026-05-06", "c")), {"b": {"windows": OPEN}}, NOON, None, "c date_rule"),
    ("the day, but off, and a window", days(on("2026-05-06", "c")), {"b": {"windows": OPEN}, "c": OFF}, NOON, None,
     "b schedule"),
    ("the day before a cycle", days(on("2026-05-06", "c"), kind=DAILY, videos="b"), {}, NOON, None, "c date_rule"),
    ("the day, but off, and a cycle", days(on("2026-05-06", "c"), kind=FIXED, videos="b"), {"c": GONE}, NOON, None,
     "b fixed"),
    ("29 February in a leap year", days(on("2024-02-29", "c", True)), {}, at("2028-02-29T12:00"), None, "c date_rule"),
    ("29 February in another year", days(on("2024-02-29", "c", True)), {}, at("2027-02-28T12:00"), None, "a first"),
    ("nor on 1 March", days(on("2024-02-29", "c", True)), {}, at("2027-03-01T12:00"), None, "a first"),
)  # fmt: skip


@pytest.mark.parametrize(("why", "different", "films", "now", "turn", "plays"), EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_what_plays(
    why: str, different: dict[str, Any], films: dict[str, Any], now: datetime, turn: int | None, plays: str
) -> None:
    of = content(*(film(letter, n, **films.get(letter, {})) for n, letter in enumerate("abc")), **different)
    choice = choose(of, now, UTC_ZONE, turn)
    assert (f"{letter_of(choice.video.id)} {choice.source}" if choice else "-") == plays


@pytest.mark.parametrize(
    ("now", "zone", "plays", "until"),
    [
        (at("2026-05-05T21:59"), PARIS, "a first", at("2026-05-05T22:00")),
        (at("2026-05-05T22:00"), PARIS, "c date_rule", at("2026-05-06T22:00")),
        (at("2026-05-06T21:59"), PARIS, "c date_rule", at("2026-05-06T22:00")),
        (at("2026-05-06T22:00"), PARIS, "a first", at("2026-05-07T22:00")),
        (at("2026-05-06T03:00"), SANTIAGO, "a first", at("2026-05-06T04:00")),
        (at("2026-05-06T04:00"), SANTIAGO, "c date_rule", at("2026-05-07T04:00")),
    ],
)
def test_days_are_those_of_the_company(now: datetime, zone: ZoneInfo, plays: str, until: datetime) -> None:
    choice = choose(letters("abc", **days(on("2026-05-06", "c"))), now, zone)
    assert choice and f"{letter_of(choice.video.id)} {choice.source}" == plays
    assert choice.until == until


def test_days_are_those_of_the_rotation_when_it_has_a_zone_of_its_own() -> None:
    of = letters("abc", **days(on("2026-05-07", "c"), time_zone="Pacific/Kiritimati"))
    choice = choose(of, NOON, SANTIAGO)
    assert choice and (choice.video.id, choice.until) == (id_of("c"), at("2026-05-07T10:00"))
    lost = letters("abc", **days(on("2026-05-06", "c"), time_zone="Nowhere/Atlantis"))
    assert (choice := choose(lost, NOON, UTC_ZONE)) and choice.video.id == id_of("c")


@pytest.mark.parametrize(
    ("different", "films", "until"),
    [
        ({}, {}, FAR),
        ({}, {"b": {"ends_at": EVENING}}, EVENING),
        ({}, {"b": {"ends_at": EVENING, **OFF}}, FAR),
        ({"ends_at": EVENING}, {}, EVENING),
        ({}, {"b": {"windows": (window(EVENING, FAR),)}}, EVENING),
        ({}, {"b": {"windows": OPEN}}, EVENING),
        ({}, {"b": {"windows": OPEN, **RAW}}, FAR),
        ({}, {"b": {"windows": (window(MORNING, NOON),)}}, FAR),
        (cycle(FIXED, "a"), {}, FAR),
        (cycle(DAILY, "a"), {}, at("2026-05-07T00:00")),
        (cycle(RANDOM, ""), {"b": {"ends_at": EVENING}}, EVENING),
        (days(on("2020-01-01", "a")), {}, at("2026-05-07T00:00")),
    ],
)
def test_it_holds_until_something_begins_or_ends(
    different: dict[str, Any], films: dict[str, dict[str, Any]], until: datetime
) -> None:
    of = content(*(film(letter, n, **films.get(letter, {})) for n, letter in enumerate("abc")), **different)
    choice = choose(of, NOON, UTC_ZONE)
    assert choice and choice.until == until


def test_a_cycle_goes_by_dates_over_days_of_23_and_25_hours() -> None:
    of = letters("ab", **cycle(DAILY, "ab", since=date(2026, 3, 28)))
    now, played = at("2026-03-27T23:00"), ""
    for _ in range(4):
        choice = choose(of, now, PARIS)
        assert choice and choice.until
        played, now = played + letter_of(choice.video.id), choice.until
    assert (played, now) == ("abab", at("2026-03-31T22:00"))


def test_what_is_drawn_changes_only_where_it_has_been_drawn() -> None:
    of = letters("abcd", **cycle(RANDOM, ""))
    less = replace(of, videos=tuple(v if v.id != id_of("b") else replace(v, active=False) for v in of.videos))
    drawn = [(choose(of, NOON + n * DAY, UTC_ZONE), choose(less, NOON + n * DAY, UTC_ZONE)) for n in range(200)]
    pairs = [(letter_of(x.video.id), letter_of(y.video.id)) for x, y in drawn if x and y]
    assert {y for x, y in pairs if x == "b"} == set("acd")
    assert all(x == y for x, y in pairs if x != "b")


def test_who_is_drawn_depends_on_the_content() -> None:
    one = letters("abcdefgh", **cycle(RANDOM, ""))
    other = replace(one, id=UUID(int=8))
    assert [choose(one, NOON + n * DAY, UTC_ZONE) for n in range(9)] != [
        choose(other, NOON + n * DAY, UTC_ZONE) for n in range(9)
    ]
