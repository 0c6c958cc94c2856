"""What plays where no rule decides, what plays when, and the picture that stands for a video."""

from dataclasses import replace
from datetime import tzinfo
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from asperguide.ar.calendar import month
from asperguide.ar.desk import ChangeContent, OpenContent, zone_at
from asperguide.ar.errors import InvalidVideo
from asperguide.ar.model import Content, ContentId
from asperguide.ar.playing import zone_of
from asperguide.ar.ports import MediaFiles
from asperguide.ar.reel import video_of
from asperguide.ar.rights import Right
from asperguide.ar.rotation import PlaybackMode
from asperguide.ar.terms import wrong
from asperguide.ar.video_views import CalendarView, FilmView, PlaybackView, calendar_view, film_view, playback_view
from asperguide.ar.videos import VideoId
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.errors import InvalidFields
from asperguide.shared.instants import FIRST_YEAR, LAST_YEAR
from asperguide.shared.ports import Clock


class PlaybackChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: absent fields stay. `chosen` is the video that is picked by hand, null none."""

    mode: PlaybackMode | UnsetType = UNSET
    chosen: UUID | UnsetType | None = UNSET


class Moment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which moment of a video its pictures show; behind its end it is the first."""

    at: Annotated[float, Meta(ge=0, le=600, description="Seconds from the beginning.", examples=[12.5])]


class GetPlayback(Struct, frozen=True, kw_only=True):
    """What plays where no rule decides, and what plays now."""

    open: OpenContent
    clock: Clock

    async def __call__(self, actor: Actor, id: ContentId) -> PlaybackView:
        company, content = await self.open.seen(actor, id)
        return playback_view(content, self.clock.now(), zone_at(company))


class SetPlayback(Struct, frozen=True, kw_only=True):
    """Say what plays where no rule decides: a video picked by hand, else the first, or the next for each view session.

    With `version`, only if the content is still that one.
    """

    open: OpenContent
    change: ChangeContent
    clock: Clock

    async def __call__(
        self, actor: Actor, id: ContentId, wanted: PlaybackChange, version: int | None = None
    ) -> PlaybackView:
        wanted = checked(wanted, InvalidVideo)
        company = await self.open(actor, id, Right.EDIT)
        show = partial(playback_view, now=self.clock.now(), zone=zone_at(company))
        return await self.change(company, id, lambda content, _: _set(content, wanted), show, version)


class ShowCalendar(Struct, frozen=True, kw_only=True):
    """What plays on each day of a month if nothing is changed; the past as things are now.

    `wanted` is `YYYY-MM`, from 2000 to 2999. Where view sessions take turns no video is named.
    """

    open: OpenContent

    async def __call__(self, actor: Actor, id: ContentId, wanted: str) -> CalendarView:
        year, number = _month(wanted)
        company, content = await self.open.seen(actor, id)
        plans = month(content, year, number, zone_at(company))
        return calendar_view(wanted, _name(zone_of(content, zone_at(company))), plans, content.version)


class Picturing(msgspec.Struct, frozen=True, kw_only=True):
    """The video, and the job that makes its pictures."""

    job: UUID
    film: FilmView


class RenewThumbnail(Struct, frozen=True, kw_only=True):
    """Have the pictures of a video made anew, of another moment, by a job; until then the old ones stay.

    While the video is processed, that makes them: the job has nothing to do then, and is over at once.
    """

    open: OpenContent
    files: MediaFiles
    clock: Clock

    async def __call__(self, actor: Actor, id: ContentId, video: VideoId, moment: Moment) -> Picturing:
        at = checked(moment, InvalidVideo).at
        company = await self.open(actor, id, Right.EDIT)
        content = await self.open.content(company.id, id)
        content.must_be_open()
        file, result = video_of(content, video).file, f"/api/v1/contents/{id}/videos"
        job = await self.files.picture(company.id, file, at, actor.user, result)
        return Picturing(job=job, film=film_view(content, video, self.clock.now()))


def _set(content: Content, wanted: PlaybackChange) -> Content:
    values: dict[str, Any] = {
        name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not UNSET
    }
    if (chosen := values.get("chosen")) is not None and content.video(chosen) is None:
        raise InvalidVideo(fields=(wrong("#/chosen", "This is no video of the content."),))
    return replace(content, **values)


def _month(text: str) -> tuple[int, int]:
    """Year and number of the month. Raises InvalidFields."""
    year, _, number = text.partition("-")
    shaped = text.isascii() and (len(year), len(number)) == (4, 2) and year.isdigit() and number.isdigit()
    if not (shaped and FIRST_YEAR <= int(year) <= LAST_YEAR and 1 <= int(number) <= 12):
        detail = f"A month as YYYY-MM, from {FIRST_YEAR} to {LAST_YEAR}."
        raise InvalidFields(fields=(wrong("?month", detail),))
    return int(year), int(number)


def _name(zone: tzinfo) -> str:
    return str(getattr(zone, "key", "UTC"))
