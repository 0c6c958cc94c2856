"""Videos, windows and rules of a content as members of its company see them. `version` is that of the content."""

from datetime import date, datetime, tzinfo
from uuid import UUID

import msgspec

from asperguide.ar.calendar import DayPlan, Span
from asperguide.ar.model import Content
from asperguide.ar.playing import Source, choose
from asperguide.ar.reel import in_order, video_of, window_of, windows_of
from asperguide.ar.rotation import PlaybackMode, Rotation, RotationKind
from asperguide.ar.videos import ContentVideo, FileId, Footage, VideoId, VideoState, Window


class WindowView(msgspec.Struct, frozen=True, kw_only=True):
    """A span in which a video is to play: from `starts_at` on, no longer at `ends_at`."""

    id: UUID
    video: VideoId
    starts_at: datetime
    ends_at: datetime
    version: int


class WindowsView(msgspec.Struct, frozen=True, kw_only=True):
    """All windows of a content, the earliest first."""

    items: tuple[WindowView, ...]
    version: int


class FilmView(msgspec.Struct, frozen=True, kw_only=True):
    """A video over a print. `footage` is null until it is processed, `failure` is why it never will be.

    Without `ends_at` its time is never over.
    """

    id: VideoId
    file: FileId
    title: str
    active: bool
    state: VideoState
    position: int
    weight: int
    ends_at: datetime | None
    windows: int
    footage: Footage | None
    failure: str | None
    created_at: datetime
    version: int


class FilmsView(msgspec.Struct, frozen=True, kw_only=True):
    """Videos of a content, in their order."""

    items: tuple[FilmView, ...]
    version: int


class Playing(msgspec.Struct, frozen=True, kw_only=True):
    """What plays, what has decided it, and until when that holds if nobody changes anything."""

    video: VideoId
    source: Source
    until: datetime | None


class PlaybackView(msgspec.Struct, frozen=True, kw_only=True):
    """What plays where no rule decides, the video that is picked by hand, and what plays now, in the first turn."""

    mode: PlaybackMode
    chosen: VideoId | None
    now: Playing | None
    version: int


class DateRuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A day that has a video of its own, each year if it is `yearly`."""

    day: date
    video: VideoId
    yearly: bool


class RotationView(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of a content. Without `time_zone` days are those of the company."""

    dates: tuple[DateRuleView, ...]
    kind: RotationKind | None
    videos: tuple[VideoId, ...]
    since: date | None
    time_zone: str | None
    version: int


class SpanView(msgspec.Struct, frozen=True, kw_only=True):
    """From when to when what plays. Nothing without `source`; without `video` it depends on whose turn it is."""

    starts_at: datetime
    ends_at: datetime
    video: VideoId | None
    source: Source | None


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """What plays on a day, without gaps."""

    day: date
    spans: tuple[SpanView, ...]


class CalendarView(msgspec.Struct, frozen=True, kw_only=True):
    """What plays on each day of a month, as far as is known now; days are those of `time_zone`."""

    month: str
    time_zone: str
    days: tuple[DayView, ...]
    version: int


def film_view(content: Content, id: VideoId, now: datetime) -> FilmView:
    """Raises ContentVideoNotFound."""
    return _film(video_of(content, id), now, content.version)


def films_view(content: Content, now: datetime, only: tuple[VideoId, ...] | None = None) -> FilmsView:
    """All videos, or some."""
    videos = (video for video in in_order(content.videos) if only is None or video.id in only)
    return FilmsView(items=tuple(_film(video, now, content.version) for video in videos), version=content.version)


def playback_view(content: Content, now: datetime, zone: tzinfo) -> PlaybackView:
    """How it is set, and what plays in the company's zone."""
    choice = choose(content, now, zone)
    playing = Playing(video=choice.video.id, source=choice.source, until=choice.until) if choice else None
    return PlaybackView(mode=content.mode, chosen=content.chosen, now=playing, version=content.version)


def window_view(content: Content, id: UUID) -> WindowView:
    """Raises WindowNotFound."""
    return _window(*window_of(content, id), content.version)


def windows_view(content: Content) -> WindowsView:
    """All windows."""
    items = tuple(_window(video, window, content.version) for video, window in windows_of(content))
    return WindowsView(items=items, version=content.version)


def rotation_view(rotation: Rotation, version: int) -> RotationView:
    """The rules, days in their order."""
    dates = sorted(rotation.dates, key=lambda rule: (rule.day, rule.yearly))
    return RotationView(
        dates=tuple(DateRuleView(day=rule.day, video=rule.video, yearly=rule.yearly) for rule in dates),
        kind=rotation.kind, videos=rotation.videos, since=rotation.since, time_zone=rotation.time_zone, version=version,
    )  # fmt: skip


def calendar_view(month: str, time_zone: str, plans: tuple[DayPlan, ...], version: int) -> CalendarView:
    """The month as it is told."""
    days = tuple(DayView(day=plan.day, spans=tuple(map(_span, plan.spans))) for plan in plans)
    return CalendarView(month=month, time_zone=time_zone, days=days, version=version)


def _film(video: ContentVideo, now: datetime, version: int) -> FilmView:
    return FilmView(
        id=video.id, file=video.file, title=video.title, active=video.active, state=video.state(now),
        position=video.position, weight=video.weight, ends_at=video.ends_at, windows=len(video.windows),
        footage=video.footage, failure=video.failure, created_at=video.created_at, version=version,
    )  # fmt: skip


def _window(video: ContentVideo, window: Window, version: int) -> WindowView:
    return WindowView(id=window.id, video=video.id, starts_at=window.starts_at, ends_at=window.ends_at, version=version)


def _span(span: Span) -> SpanView:
    return SpanView(starts_at=span.starts_at, ends_at=span.ends_at, video=span.video, source=span.source)
