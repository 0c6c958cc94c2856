"""What plays, whatever the content: never what may not, the same for the same, and until it says so."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from asperguide.ar.days import day_of
from asperguide.ar.model import Content, ContentId
from asperguide.ar.playing import Source, choose, playable
from asperguide.ar.rotation import DateRule, PlaybackMode, Rotation, RotationKind
from asperguide.ar.videos import Window
from tests.playing import FAR, FOOTAGE, content, film, id_of, letters, rotation

FIRST, LAST = datetime(2026, 3, 20), datetime(2026, 11, 20)
INSTANTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
DATES = st.dates(FIRST.date(), LAST.date())
ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Paris",
        "America/Santiago",
        "Asia/Beirut",
        "Australia/Lord_Howe",
        "America/Havana",
        "Asia/Kathmandu",
    ]
).map(ZoneInfo)
SOME = "abcdef"
IDS = st.sampled_from(SOME + "z").map(id_of)
MOMENT = timedelta(microseconds=1)


@st.composite
def windows(draw: Any) -> list[Window]:
    edges = sorted(set(draw(st.lists(INSTANTS, max_size=8))))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return [Window(id=UUID(int=n), starts_at=starts, ends_at=ends) for n, (starts, ends) in enumerate(pairs)]


@st.composite
def rotations(draw: Any) -> Rotation:
    return Rotation(
        dates=tuple(draw(st.lists(st.builds(DateRule, day=DATES, yearly=st.booleans(), video=IDS), max_size=5))),
        kind=draw(st.none() | st.sampled_from(RotationKind)), videos=tuple(draw(st.lists(IDS, max_size=5))),
        since=draw(st.none() | DATES), time_zone=draw(st.sampled_from([None, "America/Santiago", "Asia/Beirut"])),
    )  # fmt: skip


@st.composite
def contents(draw: Any) -> Content:
    opened, videos = draw(windows()), []
    for n, letter in enumerate(SOME[: draw(st.integers(0, len(SOME)))]):
        mine = tuple(w for w in opened if w.id.int % len(SOME) == n)
        videos.append(film(
            letter,
            draw(st.integers(0, 3)),
            active=draw(st.booleans()),
            ends_at=draw(st.none() | INSTANTS),
            weight=draw(st.integers(1, 100)),
            windows=mine,
            footage=draw(st.sampled_from([FOOTAGE, None])),
        ))  # fmt: skip
    return content(
        *videos, mode=draw(st.sampled_from(PlaybackMode)), chosen=draw(st.none() | IDS),
        rotation=draw(st.none() | rotations()), ends_at=draw(st.just(FAR) | INSTANTS),
    )  # fmt: skip


@given(contents(), INSTANTS, ZONES, st.none() | st.integers(0, 50))
def test_what_is_over_off_or_unprocessed_never_plays(
    of: Content, now: datetime, zone: ZoneInfo, turn: int | None
) -> None:
    if choice := choose(of, now, zone, turn):
        assert choice.video in of.videos and choice.video.playable(now)
        assert now < of.ends_at


@given(contents(), INSTANTS, ZONES, st.none() | st.integers(0, 50))
def test_something_plays_as_long_as_anything_may(of: Content, now: datetime, zone: ZoneInfo, turn: int | None) -> None:
    may = not of.expired(now) and bool(playable(of, now))
    assert (choose(of, now, zone, turn) is not None) == may


@given(contents(), INSTANTS, ZONES, st.integers(0, 50), st.randoms())
def test_the_order_in_which_things_are_kept_changes_nothing(
    of: Content, now: datetime, zone: ZoneInfo, turn: int, chance: random.Random
) -> None:
    def mixed(things: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(chance.sample(things, len(things)))

    other = replace(of, videos=mixed(of.videos))
    if of.rotation:
        other = replace(other, rotation=replace(of.rotation, dates=mixed(of.rotation.dates)))
    assert choose(other, now, zone, turn) == choose(of, now, zone, turn)


@given(contents(), INSTANTS, ZONES, st.integers(0, 5), st.lists(st.floats(0, 1, exclude_max=True), max_size=20))
def test_the_answer_is_the_same_until_it_says_so(
    of: Content, now: datetime, zone: ZoneInfo, turn: int, parts: list[float]
) -> None:
    if (choice := choose(of, now, zone, turn)) is None:
        return
    assert choice.until is not None and choice.until > now
    inside = [now + (choice.until - now) * part for part in parts]
    for instant in (*inside, choice.until - MOMENT):
        if instant < choice.until:
            assert choose(of, instant, zone, turn) == choice


@given(contents(), INSTANTS, ZONES, st.sampled_from(["Asia/Tokyo", "America/Santiago"]).map(ZoneInfo))
def test_it_does_not_matter_in_which_zone_the_instant_is_told(
    of: Content, now: datetime, zone: ZoneInfo, told: ZoneInfo
) -> None:
    assert choose(of, now.astimezone(told), zone) == choose(of, now, zone)


@given(INSTANTS, ZONES, st.sampled_from([RotationKind.DAILY_CYCLE, RotationKind.RANDOM_DAILY]))
def test_a_day_has_one_video_however_long_it_is(now: datetime, zone: ZoneInfo, kind: RotationKind) -> None:
    of = letters("abcde", rotation=rotation(kind, "abcde"))
    begins = choose(of, now, zone)
    assert begins and begins.until
    for hour in range(25):
        instant = now + timedelta(hours=hour)
        choice = choose(of, instant, zone)
        assert choice and (choice.video == begins.video or day_of(instant, zone) != day_of(now, zone))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 100), min_size=2, max_size=5), st.integers(0, 2**32))
def test_videos_are_drawn_as_often_as_they_weigh(weights: list[int], seed: int) -> None:
    of = content(*(film(SOME[n], n, weight=weight) for n, weight in enumerate(weights)), id=ContentId(UUID(int=seed)),
                 rotation=rotation(RotationKind.RANDOM_DAILY), ends_at=datetime(9000, 1, 1, tzinfo=UTC))  # fmt: skip
    start, many = datetime(2026, 1, 1, 12, tzinfo=UTC), 1500
    choices = (choose(of, start + timedelta(days=n), ZoneInfo("UTC")) for n in range(many))
    drawn = Counter(choice.video.id for choice in choices if choice)
    for n, weight in enumerate(weights):
        share = weight / sum(weights)
        # Six standard deviations of a binomial distribution, and a few for those that are hardly ever drawn.
        assert abs(drawn[id_of(SOME[n])] - many * share) <= 6 * (many * share * (1 - share)) ** 0.5 + 6


def test_weekly_cycles_change_on_mondays_only() -> None:
    of = letters("abc", rotation=rotation(RotationKind.WEEKLY_CYCLE, "abc", since=date(2026, 1, 1)))
    played = [choose(of, datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=n), ZoneInfo("UTC")) for n in range(800)]
    for n, (yesterday, today) in enumerate(pairwise(played)):
        assert yesterday and today and today.source is Source.WEEKLY_CYCLE
        monday = (date(2026, 1, 2) + timedelta(days=n)).isocalendar().weekday == 1
        assert (yesterday.video != today.video) == monday
