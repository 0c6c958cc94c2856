"""Rotations: one for each content, of videos that it has, on days of a zone that there is."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from asperguide.ar.errors import (
    ContentNotFound,
    ContentRightNeeded,
    InvalidRotation,
    RotationExists,
    RotationNotFound,
)
from asperguide.ar.rotating import (
    CreateRotation,
    GetRotation,
    NewDateRule,
    NewRotation,
    RemoveRotation,
    ReplaceRotation,
)
from asperguide.ar.rotation import RotationKind
from asperguide.ar.video_views import RotationView
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import CompanyRole
from tests.playing import Studio, id_of

FIXED, RANDOM = RotationKind.FIXED, RotationKind.RANDOM_DAILY
DAILY, WEEKLY = RotationKind.DAILY_CYCLE, RotationKind.WEEKLY_CYCLE


def rules(kind: RotationKind | None = None, letters: str = "", **more: Any) -> NewRotation:
    return NewRotation(kind=kind, videos=tuple(map(id_of, letters)), **more)


def day(text: str, letter: str = "a", yearly: bool = False) -> NewDateRule:
    return NewDateRule(day=date.fromisoformat(text), video=id_of(letter), yearly=yearly)


async def test_a_rotation_comes_is_replaced_and_goes(studio: Studio) -> None:
    id = studio.content.id
    with pytest.raises(RotationNotFound):
        await studio.use(GetRotation)(studio.editor, id)
    made = await studio.use(CreateRotation)(studio.editor, id, rules(DAILY, "aab"))
    assert (made.kind, made.since, made.time_zone, made.version) == (DAILY, date(2026, 5, 6), None, 2)
    with pytest.raises(RotationExists):
        await studio.use(CreateRotation)(studio.editor, id, rules(FIXED, "a"))
    other = await studio.use(ReplaceRotation)(
        studio.editor, id, rules(FIXED, "b", dates=(day("2028-02-29", "c", True),))
    )
    assert (other.kind, other.since, other.dates[0].yearly) == (FIXED, None, True)
    assert await studio.use(GetRotation)(studio.people[CompanyRole.VIEWER], id) == other
    await studio.use(RemoveRotation)(studio.editor, id)
    assert (await studio.kept()).rotation is None
    for story in (RemoveRotation, GetRotation):
        with pytest.raises(RotationNotFound):
            await studio.use(story)(studio.editor, id)
    with pytest.raises(RotationNotFound):
        await studio.use(ReplaceRotation)(studio.editor, id, rules(FIXED, "a"))
    assert studio.told() == ["ar.content-changed"] * 3


async def test_a_cycle_that_does_not_say_begins_today_where_its_days_are(studio: Studio) -> None:
    made = await studio.use(CreateRotation)(
        studio.editor, studio.content.id, rules(WEEKLY, "ab", time_zone="Pacific/Kiritimati")
    )
    assert (made.since, made.time_zone) == (date(2026, 5, 7), "Pacific/Kiritimati")
    said = await studio.use(ReplaceRotation)(
        studio.editor, studio.content.id, rules(WEEKLY, "ab", since=date(2031, 1, 1))
    )
    assert said.since == date(2031, 1, 1)


async def test_of_ten_that_come_at_once_one_is_kept(studio: Studio) -> None:
    create = studio.use(CreateRotation)
    calls = (create(studio.editor, studio.content.id, rules(FIXED, "abc"[n % 3])) for n in range(10))
    done = await asyncio.gather(*calls, return_exceptions=True)
    assert len([one for one in done if isinstance(one, RotationView)]) == 1
    assert len([one for one in done if isinstance(one, RotationExists)]) == 9


@pytest.mark.parametrize(
    "good",
    [
        rules(RANDOM),
        rules(RANDOM, "abc"),
        rules(DAILY, "aaa"),
        rules(dates=(day("2026-12-24"),)),
        rules(dates=(day("2026-12-24"), day("2026-12-24", "b", yearly=True), day("2027-12-24", "c"))),
        rules(FIXED, "a", time_zone="America/Santiago"),
        rules(DAILY, "a", since=date(2000, 1, 1)),
        rules(DAILY, "a", since=date(2999, 12, 31)),
    ],
)
async def test_what_makes_sense_is_kept(studio: Studio, good: NewRotation) -> None:
    made = await studio.use(CreateRotation)(studio.editor, studio.content.id, good)
    assert (made.kind, made.videos, len(made.dates)) == (good.kind, good.videos, len(good.dates))


@pytest.mark.parametrize(
    ("bad", "pointers"),
    [
        (rules(), ["#"]),
        (rules(FIXED), ["#/videos"]),
        (rules(FIXED, "ab"), ["#/videos"]),
        (rules(DAILY), ["#/videos"]),
        (rules(WEEKLY), ["#/videos"]),
        (rules(RANDOM, "aba"), ["#/videos"]),
        (rules(None, "a", dates=(day("2026-12-24"),)), ["#/videos"]),
        (rules(FIXED, "z"), ["#/videos/0"]),
        (rules(DAILY, "azy"), ["#/videos/1", "#/videos/2"]),
        (rules(dates=(day("2026-12-24", "z"),)), ["#/dates/0/video"]),
        (rules(dates=(day("2026-12-24"), day("2026-12-24", "b"))), ["#/dates/1/day"]),
        (rules(dates=(day("2020-12-24", yearly=True), day("2026-12-24", yearly=True))), ["#/dates/1/day"]),
        (rules(dates=(day("0001-01-01"), day("1999-12-31", yearly=True))), ["#/dates/0/day", "#/dates/1/day"]),
        (rules(dates=(day("3000-01-01"),)), ["#/dates/0/day"]),
        (rules(FIXED, "a", since=date(2026, 1, 1)), ["#/since"]),
        (rules(dates=(day("2026-12-24"),), since=date(2026, 1, 1)), ["#/since"]),
        (rules(DAILY, "a", since=date.max), ["#/since"]),
        (rules(FIXED, "a", time_zone="Nowhere/Atlantis"), ["#/time_zone"]),
        (rules(FIXED, "a", time_zone="../../etc/passwd"), ["#/time_zone"]),
        (rules(FIXED, "a", time_zone="Europe"), ["#/time_zone"]),
        (rules(FIXED, "a", time_zone="x" * 65), ["#/time_zone"]),
        (rules(DAILY, "a" * 367), ["#/videos"]),
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_place(
    studio: Studio, bad: NewRotation, pointers: list[str]
) -> None:
    with pytest.raises(InvalidRotation) as error:
        await studio.use(CreateRotation)(studio.editor, studio.content.id, bad)
    assert [field.pointer for field in error.value.fields] == pointers
    assert (await studio.kept()).rotation is None


async def test_with_a_version_only_that_one_is_changed(studio: Studio) -> None:
    id = studio.content.id
    await studio.use(CreateRotation)(studio.editor, id, rules(FIXED, "a"))
    with pytest.raises(EditedMeanwhile):
        await studio.use(ReplaceRotation)(studio.editor, id, rules(FIXED, "b"), 1)
    with pytest.raises(EditedMeanwhile):
        await studio.use(RemoveRotation)(studio.editor, id, 1)
    await studio.use(ReplaceRotation)(studio.editor, id, rules(FIXED, "b"), 2)
    await studio.use(RemoveRotation)(studio.editor, id, 3)


async def test_strangers_and_viewers(studio: Studio) -> None:
    id, viewer = studio.content.id, studio.people[CompanyRole.VIEWER]
    for who, error in ((studio.stranger, ContentNotFound), (viewer, ContentRightNeeded)):
        for call in (
            studio.use(CreateRotation)(who, id, rules(FIXED, "a")),
            studio.use(ReplaceRotation)(who, id, rules(FIXED, "a")),
            studio.use(RemoveRotation)(who, id),
        ):
            with pytest.raises(error):
                await call
    for call in (
        studio.use(GetRotation)(studio.stranger, id),
        studio.use(GetRotation)(studio.editor, UUID(int=5)),
    ):
        with pytest.raises(ContentNotFound):
            await call
