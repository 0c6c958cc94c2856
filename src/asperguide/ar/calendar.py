"""What plays when, a month at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo

from asperguide.ar.days import day_of, first_of, next_day
from asperguide.ar.model import Content
from asperguide.ar.playing import Source, choose, zone_of
from asperguide.ar.videos import VideoId

BY_TURN = (Source.SEQUENTIAL, Source.CYCLIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when what plays. Nothing without `source`; without `video` it depends on whose turn it is."""

    starts_at: datetime
    ends_at: datetime
    video: VideoId | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """What plays on a day, without gaps: nothing at all on a day that the zone has skipped."""

    day: date
    spans: tuple[Span, ...]


def month(content: Content, year: int, month: int, zone: tzinfo) -> tuple[DayPlan, ...]:
    """What plays on each day of the month, as far as can be known now; `zone` is the company's.

    Days are those of the zone that the rules go by. Neighbours that are alike are one span.
    """
    zone = zone_of(content, zone)
    first, after = date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
    days: dict[date, tuple[Span, ...]] = {date.fromordinal(n): () for n in range(first.toordinal(), after.toordinal())}
    end = first_of(after, zone)
    for span in _spans(content, first_of(first, zone), end, zone):
        day = day_of(span.starts_at, zone)
        days[day] = _joined(days[day], span)
    return tuple(DayPlan(day=day, spans=spans) for day, spans in days.items())


def _spans(content: Content, now: datetime, end: datetime, zone: tzinfo) -> Iterator[Span]:
    """What plays from this instant to the end, cut where days begin."""
    while now < end:
        choice, until = choose(content, now, zone), next_day(now, zone)
        if choice is None:
            yield Span(starts_at=now, ends_at=until)
        else:
            until = min(until, choice.until or until)
            video = None if choice.source in BY_TURN else choice.video.id
            yield Span(starts_at=now, ends_at=until, video=video, source=choice.source)
        now = until


def _joined(spans: tuple[Span, ...], new: Span) -> tuple[Span, ...]:
    last = spans[-1] if spans else None
    if last and (last.ends_at, last.video, last.source) == (new.starts_at, new.video, new.source):
        return (*spans[:-1], replace(last, ends_at=new.ends_at))
    return (*spans, new)
