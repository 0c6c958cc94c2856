"""What people are shown of what was counted."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec

from asperguide.ar.analytics_calendar import By, Span
from asperguide.ar.analytics_model import NOTHING, Dimension, Figures, Level, Ranked, Scope, Tally
from asperguide.ar.model import ContentId
from asperguide.shared.tenancy import CompanyId


class TallyView(msgspec.Struct, frozen=True, kw_only=True):
    """How often each kind of event happened, and in how many sessions anything, a play, or one to its end did."""

    opened: int
    marker_found: int
    marker_lost: int
    play: int
    complete: int
    share: int
    sessions: int
    played_sessions: int
    completed_sessions: int


class BucketView(TallyView, frozen=True, kw_only=True):
    """What was counted from one day to another, both included."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")


class PartView(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions of one kind; of an empty `value` nothing is known."""

    value: str
    sessions: int


class TopView(msgspec.Struct, frozen=True, kw_only=True):
    """A content among those with the most sessions; without a title when it is gone."""

    content: ContentId
    title: str | None
    opened: int
    play: int
    sessions: int


class AnalyticsView(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted of something in a span of days of the company's zone, divided into buckets.

    `play_rate` is the share of sessions in which a video was played, `completion_rate` of those in which it was seen
    to its end; null when there were none. `uncounted` events were received and are counted in a moment: mostly 0.
    """

    level: Level
    id: UUID
    company: CompanyId
    name: str
    time_zone: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    by: By
    totals: TallyView
    play_rate: float | None
    completion_rate: float | None
    buckets: tuple[BucketView, ...]
    devices: tuple[PartView, ...]
    systems: tuple[PartView, ...]
    browsers: tuple[PartView, ...]
    countries: tuple[PartView, ...]
    top_contents: tuple[TopView, ...]
    uncounted: int


def analytics_view(
    scope: Scope,
    span: Span,
    by: By,
    parts: Sequence[Span],
    figures: Figures,
    top: Sequence[TopView] = (),
    uncounted: int = 0,
) -> AnalyticsView:
    """What there is to show; buckets in which nothing happened are there, too."""
    tallies = _added(parts, figures.days)
    total = NOTHING
    for tally in tallies:
        total = total.plus(tally)
    return AnalyticsView(
        level=scope.level, id=scope.id, company=scope.company, name=scope.name, time_zone=scope.time_zone,
        first=span.first, last=span.last, by=by, totals=TallyView(**_fields(total)),
        play_rate=share(total.played, total.sessions), completion_rate=share(total.completed, total.played),
        buckets=tuple(
            BucketView(first=part.first, last=part.last, **_fields(tally))
            for part, tally in zip(parts, tallies, strict=True)
        ),
        devices=_parts(figures, Dimension.DEVICE), systems=_parts(figures, Dimension.SYSTEM),
        browsers=_parts(figures, Dimension.BROWSER), countries=_parts(figures, Dimension.COUNTRY),
        top_contents=tuple(top), uncounted=uncounted,
    )  # fmt: skip


def top_view(ranked: Sequence[Ranked], titles: Mapping[ContentId, str]) -> tuple[TopView, ...]:
    """Those with their titles."""
    return tuple(
        TopView(
            content=one.content, title=titles.get(one.content), opened=one.opened, play=one.play, sessions=one.sessions
        )
        for one in ranked
    )


def _added(parts: Sequence[Span], days: Mapping[date, Tally]) -> list[Tally]:
    """What was counted in each part; both are in order."""
    found, place = [NOTHING] * len(parts), 0
    for day in sorted(days):
        while day > parts[place].last:
            place += 1
        found[place] = found[place].plus(days[day])
    return found


def _fields(tally: Tally) -> dict[str, int]:
    return {
        "opened": tally.opened, "marker_found": tally.marker_found, "marker_lost": tally.marker_lost,
        "play": tally.play, "complete": tally.complete, "share": tally.share, "sessions": tally.sessions,
        "played_sessions": tally.played, "completed_sessions": tally.completed,
    }  # fmt: skip


def share(part: int, whole: int) -> float | None:
    """To four digits, None of nothing.

    A session may be played on the day after its first event, beyond the span that holds that.
    """
    return round(min(part / whole, 1.0), 4) if whole else None


def _parts(figures: Figures, dimension: Dimension) -> tuple[PartView, ...]:
    found = sorted(figures.sessions.get(dimension, {}).items(), key=lambda one: (-one[1], one[0]))
    return tuple(PartView(value=value, sessions=sessions) for value, sessions in found)
