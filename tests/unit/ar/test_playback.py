"""What plays where no rule decides, the calendar of a month, and the pictures of a video."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from asperguide.ar.errors import (
    ContentInWrongState,
    ContentNotFound,
    ContentRightNeeded,
    ContentVideoNotFound,
    InvalidVideo,
)
from asperguide.ar.filming import ChangeFilm, FilmChange
from asperguide.ar.model import ContentState
from asperguide.ar.playback import GetPlayback, Moment, PlaybackChange, RenewThumbnail, SetPlayback, ShowCalendar
from asperguide.ar.playing import Source
from asperguide.ar.rotation import DateRule, PlaybackMode
from asperguide.shared.errors import EditedMeanwhile, InvalidFields
from asperguide.shared.tenancy import CompanyRole
from tests.playing import FAR, Studio, id_of, letters, rotation


async def test_the_mode_and_the_choice_are_set_as_far_as_it_is_said(studio: Studio) -> None:
    set, id = studio.use(SetPlayback), studio.content.id
    begun = await studio.use(GetPlayback)(studio.people[CompanyRole.VIEWER], id)
    assert (begun.mode, begun.chosen, begun.version) == (PlaybackMode.FIRST, None, 1)
    assert begun.now and (begun.now.video, begun.now.source, begun.now.until) == (id_of("a"), Source.FIRST, FAR)
    picked = await set(studio.editor, id, PlaybackChange(chosen=id_of("b")))
    assert picked.now and (picked.chosen, picked.now.source) == (id_of("b"), Source.MANUAL)
    moded = await set(studio.editor, id, PlaybackChange(mode=PlaybackMode.CYCLIC))
    assert (moded.mode, moded.chosen) == (PlaybackMode.CYCLIC, id_of("b"))
    cleared = await set(studio.editor, id, PlaybackChange(chosen=None))
    assert cleared.now and (cleared.chosen, cleared.now.source) == (None, Source.CYCLIC)
    with pytest.raises(InvalidVideo):
        await set(studio.editor, id, PlaybackChange(chosen=id_of("z")))
    with pytest.raises(EditedMeanwhile):
        await set(studio.editor, id, PlaybackChange(chosen=None), 1)


async def test_another_mode_begins_with_the_first_turn(studio: Studio) -> None:
    id, turns = studio.content.id, []
    for n, change in enumerate(
        (
            PlaybackChange(mode=PlaybackMode.CYCLIC), PlaybackChange(mode=PlaybackMode.SEQUENTIAL),
            PlaybackChange(mode=PlaybackMode.SEQUENTIAL), PlaybackChange(chosen=id_of("b")),
        )
    ):  # fmt: skip
        await studio.use(SetPlayback)(studio.editor, id, change)
        for session in (f"{n}", f"{n} again", "one that has been here"):
            async with studio.begin() as uow:
                turns.append(await uow.turns.take(id, session, studio.clock.now()))
                await uow.commit()
    assert turns == [0, 1, 2, 0, 1, 2, 3, 4, 2, 5, 6, 2], "what is no other mode changes nobody's turn"


async def test_where_nothing_may_play_nothing_plays(studio: Studio) -> None:
    for letter in "abc":
        await studio.use(ChangeFilm)(studio.editor, studio.content.id, id_of(letter), FilmChange(active=False))
    assert (await studio.use(GetPlayback)(studio.editor, studio.content.id)).now is None


async def test_a_month_is_shown_in_the_zone_of_the_company_or_of_the_rules(studio: Studio) -> None:
    seen = await studio.use(ShowCalendar)(studio.people[CompanyRole.VIEWER], studio.content.id, "2026-02")
    assert (seen.month, seen.time_zone, len(seen.days), seen.version) == ("2026-02", "Europe/Paris", 28, 1)
    assert seen.days[0].spans[0].starts_at.isoformat() == "2026-01-31T23:00:00+00:00"
    rule = DateRule(day=date(2026, 2, 14), video=id_of("c"))
    await studio.keep(other := letters("abc", id=UUID(int=70), rotation=rotation(None, dates=(rule,), time_zone="UTC")))
    seen = await studio.use(ShowCalendar)(studio.editor, other.id, "2026-02")
    assert (seen.time_zone, seen.days[13].spans[0].video) == ("UTC", id_of("c"))


@pytest.mark.parametrize(
    "month",
    ["2026-13", "2026-00", "2026-1", "1999-12", "3000-01", "2026", "", "2026-+1", "20260-1", "２０２６-01",
     "2026-01-01", "0000-01", "9999-12", "2026-０1", "x" * 10_000, "\x00\x00\x00\x00-01"],
)  # fmt: skip
async def test_months_that_are_none_are_refused(studio: Studio, month: str) -> None:
    with pytest.raises(InvalidFields):
        await studio.use(ShowCalendar)(studio.editor, studio.content.id, month)


async def test_the_first_and_the_last_month_can_be_shown(studio: Studio) -> None:
    for month in ("2000-01", "2999-12"):
        assert len((await studio.use(ShowCalendar)(studio.editor, studio.content.id, month)).days) == 31


async def test_pictures_are_made_of_the_file_of_the_video(studio: Studio) -> None:
    shown = await studio.use(RenewThumbnail)(studio.editor, studio.content.id, id_of("b"), Moment(at=12.5))
    assert (shown.film.id, studio.shelf.pictures) == (id_of("b"), [(id_of("b"), 12.5)])
    with pytest.raises(ContentVideoNotFound):
        await studio.use(RenewThumbnail)(studio.editor, studio.content.id, id_of("z"), Moment(at=1))
    for at in (-1, 601, float("nan"), float("inf")):
        with pytest.raises(InvalidVideo):
            await studio.use(RenewThumbnail)(studio.editor, studio.content.id, id_of("b"), Moment(at=at))
    await studio.keep(away := letters("a", id=UUID(int=71), state=ContentState.ARCHIVED))
    with pytest.raises(ContentInWrongState):
        await studio.use(RenewThumbnail)(studio.editor, away.id, id_of("a"), Moment(at=1))
    assert len(studio.shelf.pictures) == 1


async def test_strangers_and_viewers(studio: Studio) -> None:
    id, viewer = studio.content.id, studio.people[CompanyRole.VIEWER]
    for call in (
        studio.use(GetPlayback)(studio.stranger, id),
        studio.use(ShowCalendar)(studio.stranger, id, "2026-05"),
        studio.use(SetPlayback)(studio.stranger, id, PlaybackChange()),
        studio.use(RenewThumbnail)(studio.stranger, id, id_of("a"), Moment(at=1)),
    ):
        with pytest.raises(ContentNotFound):
            await call
    for call in (
        studio.use(SetPlayback)(viewer, id, PlaybackChange()),
        studio.use(RenewThumbnail)(viewer, id, id_of("a"), Moment(at=1)),
    ):
        with pytest.raises(ContentRightNeeded):
            await call


async def test_a_company_whose_zone_is_known_no_more_has_days_of_utc(studio: Studio) -> None:
    company = replace(studio.projects.project.company, time_zone="Nowhere/Atlantis")
    studio.projects.project = replace(studio.projects.project, company=company)
    seen = await studio.use(ShowCalendar)(studio.editor, studio.content.id, "2026-05")
    assert (seen.time_zone, seen.days[0].spans[0].starts_at.hour) == ("UTC", 0)
