"""Schedule windows: in order, apart from each other, and of videos that there are."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from asperguide.ar.errors import (
    ContentInWrongState,
    ContentNotFound,
    ContentRightNeeded,
    InvalidSchedule,
    TooManyWindows,
    WindowNotFound,
    WindowsOverlap,
)
from asperguide.ar.filming import ListFilms
from asperguide.ar.model import ContentState
from asperguide.ar.scheduling import AddWindow, ListWindows, MoveWindow, NewWindow, RemoveWindow, WindowChange
from asperguide.ar.video_views import WindowView
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import CompanyRole
from tests.playing import Studio, film, id_of, letter_of, letters, window

DAY = timedelta(days=1)
NOW = datetime(2026, 5, 6, 12, tzinfo=UTC)


def span(letter: str, first: float, last: float) -> NewWindow:
    return NewWindow(video=id_of(letter), starts_at=NOW + first * DAY, ends_at=NOW + last * DAY)


async def add(studio: Studio, letter: str, first: float, last: float) -> WindowView:
    return await studio.use(AddWindow)(studio.editor, studio.content.id, span(letter, first, last))


async def test_windows_are_listed_by_time(studio: Studio) -> None:
    for letter, first in (("b", 5), ("a", 1), ("c", 3)):
        await add(studio, letter, first, first + 1)
    seen = await studio.use(ListWindows)(studio.people[CompanyRole.VIEWER], studio.content.id)
    assert ("".join(letter_of(one.video) for one in seen.items), seen.version) == ("acb", 4)
    films = await studio.use(ListFilms)(studio.editor, studio.content.id)
    assert [one.windows for one in films.items] == [1, 1, 1]


async def test_windows_may_touch_but_not_overlap_whosever_they_are(studio: Studio) -> None:
    await add(studio, "a", 1, 2)
    await add(studio, "b", 2, 3)
    await add(studio, "a", 0, 1)
    for letter in "abc":
        for first, last in ((1.5, 1.7), (0.5, 1.5), (-1, 9), (2.9, 4), (0, 1)):
            with pytest.raises(WindowsOverlap):
                await add(studio, letter, first, last)


async def test_of_ten_that_overlap_and_come_at_once_one_is_kept(studio: Studio) -> None:
    done = await asyncio.gather(*(add(studio, "a", 1, 2 + n) for n in range(10)), return_exceptions=True)
    assert len([one for one in done if isinstance(one, WindowView)]) == 1
    assert len((await studio.use(ListWindows)(studio.editor, studio.content.id)).items) == 1


async def test_a_window_is_told_in_utc(studio: Studio) -> None:
    tokyo = timezone(timedelta(hours=9))
    new = NewWindow(
        video=id_of("a"), starts_at=datetime(2027, 1, 1, tzinfo=tokyo), ends_at=datetime(2027, 1, 2, tzinfo=tokyo)
    )
    made = await studio.use(AddWindow)(studio.editor, studio.content.id, new)
    assert made.starts_at.isoformat() == "2026-12-31T15:00:00+00:00"


@pytest.mark.parametrize(
    "bad",
    [
        span("a", 1, 1),
        span("a", 2, 1),
        span("z", 1, 2),
        NewWindow(video=id_of("a"), starts_at=datetime.min.replace(tzinfo=timezone(DAY / 2)), ends_at=NOW),
        NewWindow(video=id_of("a"), starts_at=NOW, ends_at=datetime.max.replace(tzinfo=timezone(-DAY / 2))),
    ],
)
async def test_windows_that_are_none_are_refused(studio: Studio, bad: NewWindow) -> None:
    with pytest.raises(InvalidSchedule):
        await studio.use(AddWindow)(studio.editor, studio.content.id, bad)


async def test_a_window_is_moved_as_far_as_it_is_said(studio: Studio) -> None:
    move, id = studio.use(MoveWindow), studio.content.id
    made = await add(studio, "a", 1, 2)
    longer = await move(studio.editor, id, made.id, WindowChange(ends_at=NOW + 5 * DAY))
    assert (longer.id, longer.starts_at, longer.ends_at) == (made.id, made.starts_at, NOW + 5 * DAY)
    given = await move(studio.editor, id, made.id, WindowChange(video=id_of("c")))
    assert (letter_of(given.video), given.ends_at) == ("c", NOW + 5 * DAY)
    other = await add(studio, "b", 6, 7)
    with pytest.raises(WindowsOverlap):
        await move(studio.editor, id, other.id, WindowChange(starts_at=NOW + 4 * DAY))
    with pytest.raises(InvalidSchedule):
        await move(studio.editor, id, other.id, WindowChange(starts_at=NOW + 8 * DAY))
    with pytest.raises(InvalidSchedule):
        await move(studio.editor, id, other.id, WindowChange(video=id_of("z")))
    with pytest.raises(EditedMeanwhile):
        await move(studio.editor, id, other.id, WindowChange(starts_at=NOW), 1)
    with pytest.raises(WindowNotFound):
        await move(studio.editor, id, UUID(int=5), WindowChange(starts_at=NOW))


async def test_a_window_is_taken_away(studio: Studio) -> None:
    made = await add(studio, "a", 1, 2)
    with pytest.raises(EditedMeanwhile):
        await studio.use(RemoveWindow)(studio.editor, studio.content.id, made.id, 1)
    await studio.use(RemoveWindow)(studio.editor, studio.content.id, made.id, 2)
    assert (await studio.kept()).videos == studio.content.videos
    with pytest.raises(WindowNotFound):
        await studio.use(RemoveWindow)(studio.editor, studio.content.id, made.id)


async def test_a_content_has_at_most_a_hundred(studio: Studio) -> None:
    many = tuple(window(NOW + n * DAY, NOW + (n + 1) * DAY, n) for n in range(100))
    await studio.keep(full := letters("ab", id=UUID(int=70), videos=(film("a", windows=many), film("b", 1))))
    with pytest.raises(TooManyWindows):
        await studio.use(AddWindow)(studio.editor, full.id, span("b", 200, 201))
    moved = await studio.use(MoveWindow)(studio.editor, full.id, many[0].id, WindowChange(video=id_of("b")))
    assert letter_of(moved.video) == "b"


async def test_strangers_viewers_and_what_is_put_away(studio: Studio) -> None:
    id, viewer = studio.content.id, studio.people[CompanyRole.VIEWER]
    for call in (
        studio.use(ListWindows)(studio.stranger, id),
        studio.use(AddWindow)(studio.stranger, id, span("a", 1, 2)),
        studio.use(MoveWindow)(studio.stranger, id, UUID(int=1), WindowChange()),
        studio.use(RemoveWindow)(studio.stranger, id, UUID(int=1)),
    ):
        with pytest.raises(ContentNotFound):
            await call
    for call in (
        studio.use(AddWindow)(viewer, id, span("a", 1, 2)),
        studio.use(MoveWindow)(viewer, id, UUID(int=1), WindowChange()),
        studio.use(RemoveWindow)(viewer, id, UUID(int=1)),
    ):
        with pytest.raises(ContentRightNeeded):
            await call
    await studio.keep(away := letters("a", id=UUID(int=71), state=ContentState.ARCHIVED))
    with pytest.raises(ContentInWrongState):
        await studio.use(AddWindow)(studio.editor, away.id, span("a", 1, 2))
