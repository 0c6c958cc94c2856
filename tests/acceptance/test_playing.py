"""Which video of a print plays when: set by members, told to them, and no business of strangers."""

from datetime import UTC, date, datetime

import pytest

from asperguide.adapters.memory.video_tools import toy_clip
from asperguide.ar.errors import (
    ContentNotFound,
    ContentVideoNotFound,
    InvalidRotation,
    InvalidVideo,
    RotationExists,
    VideoInUse,
    WindowsOverlap,
)
from asperguide.ar.filming import FilmChange, NewFilm, NewFilms
from asperguide.ar.model import Content
from asperguide.ar.playback import PlaybackChange
from asperguide.ar.rotating import NewDateRule, NewRotation
from asperguide.ar.rotation import PlaybackMode, RotationKind
from asperguide.ar.scheduling import NewWindow, WindowChange
from asperguide.ar.videos import VideoId
from asperguide.shared.errors import EditedMeanwhile, InvalidFields
from tests.acceptance.driver import Driver
from tests.acceptance.in_process import InProcess
from tests.acceptance.over_http import OverHttp
from tests.acceptance.playing import Playing, PlayingInProcess, PlayingOverHttp
from tests.http.ar.printing import print_in


@pytest.fixture
def playing(driver: Driver) -> Playing:
    """The way into the world of the driver."""
    if isinstance(driver, OverHttp):
        return PlayingOverHttp(driver)
    assert isinstance(driver, InProcess)
    return PlayingInProcess(driver)


@pytest.fixture
async def token(driver: Driver) -> str:
    return (await driver.member("siobhan")).access_token


@pytest.fixture
async def printed(driver: Driver, token: str) -> Content:
    """Of the videos a, b and c, in Paris."""
    use = driver.world.container
    return await print_in(use, await use.authenticate()(token))


def video(of: Content, letter: str) -> VideoId:
    return next(video.id for video in of.videos if video.title == letter)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, tzinfo=UTC)


async def test_days_come_before_windows_windows_before_cycles_and_cycles_before_choices(
    driver: Driver, playing: Playing, token: str, printed: Content
) -> None:
    a, b, c = (video(printed, letter) for letter in "abc")

    async def plays() -> tuple[VideoId, str]:
        now = (await playing.playback(token, printed.id)).now
        assert now is not None
        return now.video, now.source.value

    assert await plays() == (a, "first")
    await playing.playback(token, printed.id, PlaybackChange(chosen=b))
    assert await plays() == (b, "manual")
    await playing.rotate(token, printed.id, NewRotation(kind=RotationKind.DAILY_CYCLE, videos=(c, a)))
    assert await plays() == (c, "daily_cycle")
    await playing.schedule(token, printed.id, NewWindow(video=a, starts_at=at(1), ends_at=at(2)))
    assert await plays() == (a, "schedule")
    rules = NewRotation(dates=(NewDateRule(day=date(2026, 1, 1), video=b),), kind=RotationKind.FIXED, videos=(c,))
    await playing.rotate(token, printed.id, rules, instead=True)
    assert await plays() == (b, "date_rule")
    await playing.patch(token, printed.id, b, FilmChange(active=False))
    assert await plays() == (a, "schedule")
    await playing.stop_rotating(token, printed.id)
    for letter in (a, c):
        await playing.patch(token, printed.id, letter, FilmChange(active=False))
    assert (await playing.playback(token, printed.id)).now is None


async def test_an_upload_is_added_and_plays_once_it_is_processed(
    driver: Driver, playing: Playing, token: str, printed: Content
) -> None:
    sent = await driver.upload_small(token, "March.mp4", toy_clip(), "video/mp4")
    new = NewFilm(file=sent.id, title="March", subscription="1y")
    added = await playing.add(token, printed.id, NewFilms(videos=(new,)))
    id = added.items[0].id
    assert added.items[0].ends_at == datetime(2027, 1, 1, 12, tzinfo=UTC)
    await playing.order(token, printed.id, id, *(one.id for one in printed.videos))
    await driver.world.settle()
    seen = await playing.videos(token, printed.id)
    assert [one.title for one in seen.items] == ["March", "a", "b", "c"]
    assert seen.items[0].footage is not None
    now = (await playing.playback(token, printed.id)).now
    assert now is not None and now.video == id


async def test_a_year_later_it_is_over(driver: Driver, playing: Playing, token: str, printed: Content) -> None:
    a, b = video(printed, "a"), video(printed, "b")
    await playing.patch(token, printed.id, a, FilmChange(subscription="1y"))
    driver.world.clock.set(datetime(2027, 1, 1, 12, tzinfo=UTC))
    token = (await driver.sign_in("siobhan")).access_token
    states = [one.state.value for one in (await playing.videos(token, printed.id)).items]
    now = (await playing.playback(token, printed.id)).now
    assert (states, now and now.video) == (["expired", "active", "active"], b)


async def test_a_month_tells_what_plays_on_each_day(playing: Playing, token: str, printed: Content) -> None:
    a, b = video(printed, "a"), video(printed, "b")
    window = await playing.schedule(token, printed.id, NewWindow(video=b, starts_at=at(10, 10), ends_at=at(10, 12)))
    month = await playing.calendar(token, printed.id, "2026-01")
    assert [span.video for span in month.days[9].spans] == [a, b, a]
    await playing.move(token, printed.id, window.id, WindowChange(video=a))
    assert [len(day.spans) for day in (await playing.calendar(token, printed.id, "2026-01")).days[9:10]] == [3]
    await playing.unschedule(token, printed.id, window.id)
    assert {len(day.spans) for day in (await playing.calendar(token, printed.id, "2026-01")).days} == {1}
    await playing.playback(token, printed.id, PlaybackChange(mode=PlaybackMode.CYCLIC))
    assert (await playing.calendar(token, printed.id, "2026-01")).days[0].spans[0].video is None
    with pytest.raises(InvalidFields):
        await playing.calendar(token, printed.id, "2026-13")


async def test_what_cannot_be_is_refused(playing: Playing, token: str, printed: Content) -> None:
    a, b = video(printed, "a"), video(printed, "b")
    await playing.schedule(token, printed.id, NewWindow(video=a, starts_at=at(1), ends_at=at(3)))
    with pytest.raises(WindowsOverlap):
        await playing.schedule(token, printed.id, NewWindow(video=b, starts_at=at(2), ends_at=at(4)))
    with pytest.raises(InvalidRotation):
        await playing.rotate(token, printed.id, NewRotation(kind=RotationKind.FIXED, videos=(printed.id,)))
    await playing.rotate(token, printed.id, NewRotation(kind=RotationKind.FIXED, videos=(a,)))
    with pytest.raises(RotationExists):
        await playing.rotate(token, printed.id, NewRotation(kind=RotationKind.FIXED, videos=(b,)))
    with pytest.raises(VideoInUse):
        await playing.remove(token, printed.id, a)
    await playing.remove(token, printed.id, b)
    with pytest.raises(ContentVideoNotFound):
        await playing.remove(token, printed.id, b)
    with pytest.raises(InvalidVideo):
        await playing.order(token, printed.id, a)
    with pytest.raises(EditedMeanwhile):
        await playing.patch(token, printed.id, a, FilmChange(title="late"), version=1)


async def test_strangers_learn_nothing(driver: Driver, playing: Playing, token: str, printed: Content) -> None:
    stranger = (await driver.member("malik")).access_token
    for call in (
        playing.videos(stranger, printed.id),
        playing.playback(stranger, printed.id),
        playing.calendar(stranger, printed.id, "2026-01"),
        playing.remove(stranger, printed.id, video(printed, "a")),
    ):
        with pytest.raises(ContentNotFound):
            await call
