"""Taking in what viewers do: written down for good before anybody is thanked for it."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from asperguide.ar.analytics_browsers import browser_of
from asperguide.ar.analytics_errors import InvalidEvents, ViewNotFound
from asperguide.ar.analytics_model import Browser, Event, EventKind, Level, Shown, event_digest, session_digest
from asperguide.ar.analytics_ports import EventLog, Watched
from asperguide.ar.videos import VideoId
from asperguide.shared.actor import Actor, Origin
from asperguide.shared.commands import checked
from asperguide.shared.errors import FieldError
from asperguide.shared.ports import Clock

MOST_EVENTS = 100

SafeId = Annotated[
    str,
    Meta(
        min_length=8, max_length=64, pattern=r"^[A-Za-z0-9._~\-]+(?!\n)$",
        examples=["0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10"],
    ),
]  # fmt: skip


class NewEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a viewer did. The same `id` in the same `session` counts once, however often it is sent.

    Both are made by the page, such as a UUID: one session for each visit, one id for each event. `at` is what the
    viewer's clock says; the time at which an event is received counts.
    """

    id: SafeId
    session: SafeId
    kind: EventKind
    video: VideoId | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None


class NewEvents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a viewer did since they last told. Of a `preview` nothing is counted."""

    events: Annotated[tuple[NewEvent, ...], Meta(min_length=1, max_length=MOST_EVENTS)]
    preview: bool = False


class EventsTaken(msgspec.Struct, frozen=True, kw_only=True):
    """How many events are kept by now, those among them that were sent before; none of a preview."""

    accepted: int


class TakeEvents(Struct, frozen=True, kw_only=True):
    """Keep what a viewer did. Once this is answered it is there for good; sending it again changes nothing.

    What members of the company do is a preview, which is not counted. Of the browser only its kind is kept, of the
    address nothing.
    """

    watched: Watched
    log: EventLog
    clock: Clock

    async def __call__(
        self, public_id: str, new: NewEvents, origin: Origin, actor: Actor | None = None, country: str = ""
    ) -> EventsTaken:
        new = checked(new, InvalidEvents)
        shown = await self._shown(public_id, new)
        if new.preview or await self._is_member(actor, shown):
            return EventsTaken(accepted=0)
        browser = browser_of(origin.user_agent, country)
        await self.log.add(list(_events(new, shown, browser, self.clock.now())))
        return EventsTaken(accepted=len(new.events))

    async def _shown(self, public_id: str, new: NewEvents) -> Shown:
        """What there is to be seen. A video that is not known may have been added a moment ago."""
        shown, named = await self.watched.by_public_id(public_id), {one.video for one in new.events} - {None}
        if shown is not None and not named <= {*shown.videos}:
            shown = await self.watched.by_public_id(public_id, latest=True)
        if shown is None:
            raise ViewNotFound
        if strange := [place for place, one in enumerate(new.events) if one.video not in {None, *shown.videos}]:
            raise InvalidEvents(fields=tuple(_not_here(place) for place in strange[:20]))
        return shown

    async def _is_member(self, actor: Actor | None, shown: Shown) -> bool:
        return actor is not None and await self.watched.scope(actor, Level.COMPANY, shown.company) is not None


def _events(new: NewEvents, shown: Shown, browser: Browser, now: datetime) -> Iterator[Event]:
    day = day_in(shown.time_zone, now)
    for one in new.events:
        session = session_digest(shown.content, one.session)
        yield Event(
            digest=event_digest(session, one.id), session=session, company=shown.company, project=shown.project,
            content=shown.content, video=one.video, kind=one.kind, day=day, received_at=now, claimed_at=one.at,
            device=browser.device, system=browser.system, browser=browser.browser, country=browser.country,
        )  # fmt: skip


def day_in(time_zone: str, at: datetime) -> date:
    """Which day it is there; a zone that is not known any more counts as UTC."""
    zone: tzinfo = UTC
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo(time_zone)
    return at.astimezone(zone).date()


def _not_here(place: int) -> FieldError:
    return FieldError(pointer=f"#/events/{place}/video", code="NOT_ALLOWED", detail="Not a video of this content.")
