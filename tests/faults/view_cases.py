"""What use cases of views are called with when each of their calls fails in turn."""

from datetime import date
from typing import Any
from uuid import UUID

from asperguide.ar.analytics import EventKind, Level, NewEvent, NewEvents, Period
from asperguide.ar.events import ContentRemoved, VideosRemoved
from asperguide.ar.packing_shelf import packed_key
from asperguide.companies.events import CompanyRemoved
from asperguide.shared.actor import Origin
from tests.faults.media_cases import JOB, Case, Pieces
from tests.views import Showcase

SHOWCASE = Showcase()
"""Shared by worlds that are set up again; nothing in it changes."""
SHOWN = SHOWCASE.add("print")
BROWSER = Origin(address="192.0.2.7", user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Firefox/133.0")


def _new(*kinds: EventKind) -> NewEvents:
    """Events of one visit, the same ones each time."""
    video = {EventKind.PLAY: SHOWN.videos[0]}
    return NewEvents(
        events=tuple(
            NewEvent(id=f"event-{kind}", session="visit-01", kind=kind, video=video.get(kind)) for kind in kinds
        )
    )


async def _taken(cast: Any, *kinds: EventKind) -> None:
    await cast.world.container.take_events()("print", _new(*kinds), BROWSER)


async def _taking(cast: Any) -> tuple[Any, ...]:
    await _taken(cast, EventKind.OPENED)
    return "print", _new(EventKind.OPENED, EventKind.PLAY), BROWSER, cast.boss.actor, "FR"


async def _folding(cast: Any) -> tuple[Any, ...]:
    await _taken(cast, EventKind.OPENED, EventKind.PLAY)
    await cast.world.container.fold_all_events()()
    await _taken(cast, EventKind.SHARE, EventKind.COMPLETE)
    return (SHOWN.company,)


async def _folding_all(cast: Any) -> tuple[Any, ...]:
    await _folding(cast)
    return ()


async def _showing(cast: Any) -> tuple[Any, ...]:
    await _folding(cast)
    SHOWCASE.join(SHOWN.company, cast.siobhan.actor)
    return cast.siobhan.actor, Level.PROJECT, SHOWN.project, Period()


async def _pruning(cast: Any) -> tuple[Any, ...]:
    await _folding(cast)
    await cast.world.container.fold_all_events()()
    cast.later(days=91)
    return (JOB,)


async def _forgetting_a_content(cast: Any) -> tuple[Any, ...]:
    await _folding(cast)
    return SHOWN.company, SHOWN.content, SHOWN.videos


async def _told_of_a_content(cast: Any) -> tuple[Any, ...]:
    await _folding(cast)
    async with cast.world.container.ar_unit_of_work() as uow:
        await uow.turns.take(SHOWN.content, "visit-01", cast.world.clock.now())
        await uow.commit()
    return ContentRemoved(company=SHOWN.company, content=SHOWN.content, videos=SHOWN.videos), JOB


async def _told_of_videos(cast: Any) -> tuple[Any, ...]:
    await _folding(cast)
    return VideosRemoved(company=SHOWN.company, videos=SHOWN.videos), JOB


async def _told_of_a_company(cast: Any) -> tuple[Any, ...]:
    await _folding(cast)
    key = packed_key(SHOWN.company, SHOWN.project, UUID(int=9))
    await cast.world.storage.put(key, Pieces(b"an archive"), media_type="application/zip")
    async with cast.world.container.ar_unit_of_work() as uow:
        await uow.numbers.next(SHOWN.company, date(2031, 5, 17))
        await uow.commit()
    return CompanyRemoved(company=SHOWN.company), JOB


VIEWS: dict[str, list[Case]] = {
    "take_events": [(_taking, {})],
    "fold_events": [(_folding, {})],
    "fold_all_events": [(_folding_all, {})],
    "show_analytics": [(_showing, {})],
    "prune_events": [(_pruning, {})],
    "forget_views": [(_folding, {}), (_forgetting_a_content, {})],
    "forget_content": [(_told_of_a_content, {})],
    "forget_videos": [(_told_of_videos, {})],
    "forget_prints_of_company": [(_told_of_a_company, {})],
}
