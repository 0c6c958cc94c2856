"""Rules by which the video of a content changes with the calendar: at most one rotation for each content."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from asperguide.ar.days import day_of, zone_called
from asperguide.ar.desk import ChangeContent, OpenContent, zone_at
from asperguide.ar.errors import InvalidRotation, RotationExists, RotationNotFound
from asperguide.ar.model import Content, ContentId
from asperguide.ar.rights import Right
from asperguide.ar.rotation import DateRule, Rotation, RotationKind
from asperguide.ar.terms import wrong
from asperguide.ar.video_views import RotationView, rotation_view
from asperguide.ar.videos import VideoId
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.errors import FieldError
from asperguide.shared.instants import BEYOND, within_reach
from asperguide.shared.zones import time_zones

MOST_RULES = 366
CYCLES = (RotationKind.DAILY_CYCLE, RotationKind.WEEKLY_CYCLE)


class NewDateRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day that has a video of its own; with `yearly` that day of each year, 29 February in leap years only."""

    day: date
    video: UUID
    yearly: bool = False


class NewRotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days with videos of their own, and what else goes by the calendar.

    `videos` are: the one of `fixed`; the turns of a cycle, in which a video may come several times; those that are
    drawn among, all without any. A cycle begins with the day or week of `since`, today unless given. Days are those of
    `time_zone`, of the company unless given.
    """

    dates: Annotated[tuple[NewDateRule, ...], Meta(max_length=MOST_RULES)] = ()
    kind: RotationKind | None = None
    videos: Annotated[tuple[UUID, ...], Meta(max_length=MOST_RULES)] = ()
    since: date | None = None
    time_zone: Annotated[str, Meta(min_length=1, max_length=64, examples=["Europe/Paris"])] | None = None

    def rotation(self, now: datetime, zone: tzinfo) -> Rotation:
        """What it means where days are those of that zone unless it names another; a cycle may begin today there."""
        zone = (zone_called(self.time_zone) if self.time_zone else None) or zone
        since = (self.since or day_of(now, zone)) if self.kind in CYCLES else None
        return Rotation(
            dates=tuple(DateRule(day=one.day, yearly=one.yearly, video=VideoId(one.video)) for one in self.dates),
            kind=self.kind, videos=tuple(map(VideoId, self.videos)), since=since, time_zone=self.time_zone,
        )  # fmt: skip


class GetRotation(Struct, frozen=True, kw_only=True):
    """The rules of a content. Raises RotationNotFound when there are none."""

    open: OpenContent

    async def __call__(self, actor: Actor, id: ContentId) -> RotationView:
        return _shown((await self.open.seen(actor, id))[1])


class Rotate(Struct, frozen=True, kw_only=True):
    """Rules in the place of those that a content has, if `allowed` says so: what both stories below share."""

    open: OpenContent
    change: ChangeContent

    async def __call__(
        self, actor: Actor, id: ContentId, new: NewRotation, allowed: Callable[[Content], None], version: int | None
    ) -> RotationView:
        new = checked(new, InvalidRotation)
        company = await self.open(actor, id, Right.EDIT)

        def change(content: Content, now: datetime) -> Content:
            allowed(content)
            if flaws := tuple(flaws_of(new, content)):
                raise InvalidRotation(fields=flaws)
            return replace(content, rotation=new.rotation(now, zone_at(company)))

        return await self.change(company, id, change, _shown, version)


class CreateRotation(Struct, frozen=True, kw_only=True):
    """Have the video of a content change with the calendar. Raises RotationExists when it has rules already."""

    rotate: Rotate

    async def __call__(self, actor: Actor, id: ContentId, new: NewRotation) -> RotationView:
        return await self.rotate(actor, id, new, _must_have_none, None)


class ReplaceRotation(Struct, frozen=True, kw_only=True):
    """Other rules instead of those that a content has. With `version`, only if it is still that one."""

    rotate: Rotate

    async def __call__(self, actor: Actor, id: ContentId, new: NewRotation, version: int | None = None) -> RotationView:
        return await self.rotate(actor, id, new, _must_have_one, version)


class RemoveRotation(Struct, frozen=True, kw_only=True):
    """Take the rules of a content away. With `version`, only if it is still that one."""

    open: OpenContent
    change: ChangeContent

    async def __call__(self, actor: Actor, id: ContentId, version: int | None = None) -> None:
        company = await self.open(actor, id, Right.EDIT)
        await self.change(company, id, _without, lambda _: None, version)


def _without(content: Content, now: datetime) -> Content:
    _must_have_one(content)
    return replace(content, rotation=None)


def _must_have_one(content: Content) -> None:
    if content.rotation is None:
        raise RotationNotFound


def _must_have_none(content: Content) -> None:
    if content.rotation is not None:
        raise RotationExists


def _shown(content: Content) -> RotationView:
    if content.rotation is None:
        raise RotationNotFound
    return rotation_view(content.rotation, content.version)


def flaws_of(new: NewRotation, content: Content) -> Iterator[FieldError]:
    """All that is wrong with the rules."""
    if new.time_zone is not None and new.time_zone not in time_zones():
        yield wrong("#/time_zone", "There is no such time zone.")
    if not new.dates and new.kind is None:
        yield wrong("#", "Rules need days with videos of their own, or a kind.")
    if new.since is not None and new.kind not in CYCLES:
        yield wrong("#/since", "Only cycles have a beginning.")
    if new.since is not None and not within_reach(new.since):
        yield wrong("#/since", BEYOND)
    yield from _flaws_of_turns(new)
    yield from _flaws_of_days(new)
    yield from _strangers(new, content)


def _flaws_of_turns(new: NewRotation) -> Iterator[FieldError]:
    if new.kind is None and new.videos:
        yield wrong("#/videos", "Without a kind nothing is said of them.")
    if new.kind is RotationKind.FIXED and len(new.videos) != 1:
        yield wrong("#/videos", "Exactly one video is always the same.")
    if new.kind in CYCLES and not new.videos:
        yield wrong("#/videos", "A cycle has at least one turn.")
    if new.kind is RotationKind.RANDOM_DAILY and len(set(new.videos)) != len(new.videos):
        yield wrong("#/videos", "Each video is drawn by its weight: it is named once.")


def _flaws_of_days(new: NewRotation) -> Iterator[FieldError]:
    seen: set[tuple[int, int, int]] = set()
    for n, rule in enumerate(new.dates):
        if not within_reach(rule.day):
            yield wrong(f"#/dates/{n}/day", BEYOND)
        day = (0 if rule.yearly else rule.day.year, rule.day.month, rule.day.day)
        if day in seen:
            yield wrong(f"#/dates/{n}/day", "This day has a video already.")
        seen.add(day)


def _strangers(new: NewRotation, content: Content) -> Iterator[FieldError]:
    named = [(f"#/dates/{n}/video", rule.video) for n, rule in enumerate(new.dates)]
    for pointer, video in (*named, *((f"#/videos/{n}", video) for n, video in enumerate(new.videos))):
        if content.video(VideoId(video)) is None:
            yield wrong(pointer, "This is no video of the content.")
