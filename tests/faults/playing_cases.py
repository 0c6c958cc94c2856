"""What use cases of videos of a print are called with when each of their calls fails in turn."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from asperguide.ar.creating import SentFile
from asperguide.ar.filming import FilmChange, NewFilm, NewFilms, Order
from asperguide.ar.model import Content
from asperguide.ar.playback import Moment, PlaybackChange
from asperguide.ar.rights import Right
from asperguide.ar.rotating import NewRotation
from asperguide.ar.rotation import PlaybackMode, RotationKind
from asperguide.ar.scheduling import NewWindow, WindowChange
from tests.faults.media_cases import TINY, Case, Pieces, processed, small_video
from tests.http.ar.printing import print_in


class Parts:
    """Films of a form that can be read as often as it is sent."""

    async def __aiter__(self) -> AsyncIterator[SentFile]:
        for name in ("x.mp4", "y.mp4"):
            yield SentFile(name=name, media_type="video/mp4", video=True, chunks=Pieces(TINY))


async def printed(cast: Any) -> Content:
    """A print of Siobhán's of the videos a, b and c."""
    return await print_in(cast.world.container, cast.siobhan.actor)


def of_print(more: Callable[[Any, Content], Awaitable[tuple[Any, ...]]] | None = None, **options: Any) -> Case:
    """A call by her about a print, and with more that is made of it."""

    async def given(cast: Any) -> tuple[Any, ...]:
        made = await printed(cast)
        return cast.siobhan.actor, made.id, *(await more(cast, made) if more else ())

    return given, options


def _window(cast: Any, made: Content) -> NewWindow:
    now = cast.world.clock.now()
    return NewWindow(video=made.videos[0].id, starts_at=now, ends_at=now + timedelta(days=1))


async def _with_a_window(cast: Any, made: Content) -> tuple[Any, ...]:
    return (_window(cast, made),)


async def _of_a_window(cast: Any, made: Content) -> tuple[Any, ...]:
    return ((await cast.world.container.add_window()(cast.siobhan.actor, made.id, _window(cast, made))).id,)


async def _moving(cast: Any, made: Content) -> tuple[Any, ...]:
    return *(await _of_a_window(cast, made)), WindowChange(video=made.videos[1].id)


def _rules(made: Content, kind: RotationKind = RotationKind.DAILY_CYCLE) -> NewRotation:
    return NewRotation(kind=kind, videos=(made.videos[0].id,))


async def _with_rules(cast: Any, made: Content) -> tuple[Any, ...]:
    return (_rules(made),)


async def _ruled(cast: Any, made: Content) -> tuple[Any, ...]:
    await cast.world.container.create_rotation()(cast.siobhan.actor, made.id, _rules(made))
    return ()


async def _replacing(cast: Any, made: Content) -> tuple[Any, ...]:
    await _ruled(cast, made)
    return (_rules(made, RotationKind.FIXED),)


async def _rotating(cast: Any, made: Content) -> tuple[Any, ...]:
    return _rules(made), anything_goes, None


def anything_goes(content: Content) -> None:
    """Whatever rules it has."""


async def _changing(cast: Any, made: Content) -> tuple[Any, ...]:
    return made.videos[0].id, FilmChange(title="new", subscription="1y")


async def _ordering(cast: Any, made: Content) -> tuple[Any, ...]:
    return (Order(videos=tuple(video.id for video in reversed(made.videos))),)


async def _removing(cast: Any, made: Content) -> tuple[Any, ...]:
    return (made.videos[1].id,)


async def _adding(cast: Any, made: Content) -> tuple[Any, ...]:
    return (NewFilms(videos=(NewFilm(file=await small_video(cast)),)),)


async def _adding_processed(cast: Any, made: Content) -> tuple[Any, ...]:
    return (NewFilms(videos=(NewFilm(file=await processed(cast)),)),)


async def _sending(cast: Any, made: Content) -> tuple[Any, ...]:
    return (Parts(),)


async def _comparing(cast: Any, made: Content) -> tuple[Any, ...]:
    added = await cast.world.container.add_sent_films()(cast.siobhan.actor, made.id, Parts())
    return [film.file for film in added.items], Parts()


async def _picturing(cast: Any, made: Content) -> tuple[Any, ...]:
    new = NewFilms(videos=(NewFilm(file=await processed(cast)),))
    added = await cast.world.container.add_films()(cast.siobhan.actor, made.id, new)
    return added.items[0].id, Moment(at=1)


async def _setting(cast: Any, made: Content) -> tuple[Any, ...]:
    return (PlaybackChange(mode=PlaybackMode.CYCLIC, chosen=made.videos[2].id),)


async def _in_a_month(cast: Any, made: Content) -> tuple[Any, ...]:
    return ("2027-05",)


async def _opening(cast: Any, made: Content) -> tuple[Any, ...]:
    return (Right.EDIT,)


async def _of_a_change(cast: Any) -> tuple[Any, ...]:
    made = await printed(cast)
    companies = await cast.world.container.company_standings().known({made.company})
    return companies[made.company], made.id, lambda content, now: replace(content, title="new"), lambda content: content


PLAYING: dict[str, list[Case]] = {
    "open_content": [of_print(_opening)],
    "change_content": [(_of_a_change, {})],
    "list_films": [of_print()],
    "add_films": [of_print(_adding, keyed=True), of_print(_adding_processed, keyed=True)],
    "add_sent_films": [of_print(_sending, keyed=True)],
    "compare_sent_films": [of_print(_comparing)],
    "change_film": [of_print(_changing)],
    "order_films": [of_print(_ordering)],
    "remove_film": [of_print(_removing)],
    "renew_thumbnail": [of_print(_picturing)],
    "get_playback": [of_print()],
    "set_playback": [of_print(_setting)],
    "show_calendar": [of_print(_in_a_month)],
    "list_windows": [of_print()],
    "add_window": [of_print(_with_a_window, keyed=True)],
    "move_window": [of_print(_moving)],
    "remove_window": [of_print(_of_a_window)],
    "rotate": [of_print(_rotating)],
    "get_rotation": [of_print(_ruled)],
    "create_rotation": [of_print(_with_rules, keyed=True)],
    "replace_rotation": [of_print(_replacing)],
    "remove_rotation": [of_print(_ruled)],
}
