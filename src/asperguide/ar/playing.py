"""Which video plays: a pure function of a content, an instant and whose turn it is.

The first of these that names a video which may play decides; who names one that may not passes on:

1. `date_rule`: a day that has a video of its own, an exact one before a yearly one (29 February in leap years only);
2. `schedule`: the window that is open;
3. `fixed`, `daily_cycle`, `weekly_cycle`, `random_daily`: what else goes by the calendar;
4. `manual`: the video that somebody has picked by hand;
5. `sequential`, `cyclic`: the next one for each view session, where the content is set so;
6. `first`: the first one by position.

A video may play while it is active, processed and not over (`ContentVideo.playable`), and nothing plays once the
content is over. Days are calendar dates of the rotation's time zone, else of the company's, weeks those of ISO 8601
(from Monday on); see `days` for what the clocks do to them.

A cycle gives the n-th day or week from `since` on (from Monday 3 January 2000 on without) the n-th of its turns, anew
after the last, also backwards; a turn whose video may not play goes to the next turn whose video may.

The draw of a day is weighted rendezvous hashing: each video that takes part gets u in (0, 1) from the SHA-256 of
content, date and video, and the least -ln(u) / weight wins. These are exponential variables with the weights as rates,
so each wins with probability weight / sum of weights (Efraimidis and Spirakis, Weighted random sampling with a
reservoir, 2006; Thaler and Ravishankar, Using name-based mappings to increase hit rates, 1998). Nothing depends on the
order in which videos are kept, and what comes or goes changes no day but those that it wins.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from hashlib import sha256

from asperguide.ar.days import day_of, next_day, zone_called
from asperguide.ar.model import Content, ContentId
from asperguide.ar.rotation import DateRule, PlaybackMode, Rotation, RotationKind
from asperguide.ar.videos import ContentVideo, VideoId

EPOCH = date(2000, 1, 3)
STEPS = 2**64


class Source(StrEnum):
    """What has decided which video plays."""

    DATE_RULE = "date_rule"
    SCHEDULE = "schedule"
    FIXED = "fixed"
    DAILY_CYCLE = "daily_cycle"
    WEEKLY_CYCLE = "weekly_cycle"
    RANDOM_DAILY = "random_daily"
    MANUAL = "manual"
    SEQUENTIAL = "sequential"
    CYCLIC = "cyclic"
    FIRST = "first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What plays, and why. `until` is when that may be different without anybody's doing; None: never."""

    video: ContentVideo
    source: Source
    until: datetime | None


Claim = tuple[Source, VideoId]
Playable = Mapping[VideoId, ContentVideo]


def choose(content: Content, now: datetime, zone: tzinfo, turn: int | None = None) -> Choice | None:
    """What plays at this instant for whoever has this turn (the first one has without); None when nothing may.

    `zone` is the company's. The answer is the same from `now` on until just before its `until`.
    """
    now, zone = now.astimezone(UTC), zone_of(content, zone)
    fit = {} if content.expired(now) else playable(content, now)
    if not fit:
        return None
    claims = _claims(content, fit, now, day_of(now, zone), turn or 0)
    source, video = next(claim for claim in claims if claim[1] in fit)
    return Choice(video=fit[video], source=source, until=min(_edges(content, fit, now, zone), default=None))


def zone_of(content: Content, zone: tzinfo) -> tzinfo:
    """The zone whose days the rules of the content go by, given that of the company."""
    named = content.rotation.time_zone if content.rotation else None
    return (zone_called(named) if named else None) or zone


def playable(content: Content, now: datetime) -> Playable:
    """The videos that may play at this instant, by position."""
    found = (video for video in content.videos if video.playable(now))
    return {video.id: video for video in sorted(found, key=lambda video: (video.position, video.id))}


def _claims(content: Content, fit: Playable, now: datetime, day: date, turn: int) -> Iterator[Claim]:
    """Who would play, in order of priority; the last one may."""
    rotation = content.rotation or Rotation()
    yield from ((Source.DATE_RULE, video) for video in _of_the_day(rotation.dates, day))
    yield from ((Source.SCHEDULE, video.id) for video in fit.values() if any(w.holds(now) for w in video.windows))
    yield from _by_calendar(content.id, rotation, fit, day)
    if content.chosen is not None:
        yield Source.MANUAL, content.chosen
    yield _by_turn(content.mode, tuple(fit), turn)


def _of_the_day(rules: Iterable[DateRule], day: date) -> Iterator[VideoId]:
    for rule in sorted((rule for rule in rules if _is_of(rule, day)), key=lambda rule: (rule.yearly, rule.video)):
        yield rule.video


def _is_of(rule: DateRule, day: date) -> bool:
    return rule.day == day or (rule.yearly and (rule.day.month, rule.day.day) == (day.month, day.day))


def _by_calendar(content: ContentId, rotation: Rotation, fit: Playable, day: date) -> Iterator[Claim]:
    since = rotation.since or EPOCH
    match rotation.kind:
        case RotationKind.FIXED:
            turns = rotation.videos[:1]
        case RotationKind.DAILY_CYCLE:
            turns = _from_turn(rotation.videos, (day - since).days)
        case RotationKind.WEEKLY_CYCLE:
            turns = _from_turn(rotation.videos, (_monday(day) - _monday(since)).days // 7)
        case RotationKind.RANDOM_DAILY:
            turns = _drawn(content, [fit[id] for id in rotation.videos or fit if id in fit], day)
        case None:
            return
    yield from ((Source(rotation.kind.value), video) for video in turns)


def _from_turn(turns: tuple[VideoId, ...], n: int) -> tuple[VideoId, ...]:
    """The turns in their order, from the n-th on, around."""
    start = n % len(turns) if turns else 0
    return turns[start:] + turns[:start]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _drawn(content: ContentId, videos: Iterable[ContentVideo], day: date) -> tuple[VideoId, ...]:
    """The winner of the day's draw; nobody when nobody takes part."""
    winner = min(videos, key=lambda video: (_waiting(content, day, video), video.id), default=None)
    return (winner.id,) if winner else ()


def _waiting(content: ContentId, day: date, video: ContentVideo) -> float:
    digest = sha256(content.bytes + day.isoformat().encode() + video.id.bytes).digest()
    u = (int.from_bytes(digest[:8]) + 0.5) / STEPS
    return -math.log(u) / video.weight


def _by_turn(mode: PlaybackMode, order: tuple[VideoId, ...], turn: int) -> Claim:
    match mode:
        case PlaybackMode.SEQUENTIAL:
            return Source.SEQUENTIAL, order[min(turn, len(order) - 1)]
        case PlaybackMode.CYCLIC:
            return Source.CYCLIC, order[turn % len(order)]
        case PlaybackMode.FIRST:
            return Source.FIRST, order[0]


def _edges(content: Content, fit: Playable, now: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Instants to come at which something begins or ends. What may not play now will not by waiting either."""
    ends = (content.ends_at, *(video.ends_at for video in fit.values() if video.ends_at))
    windows = (edge for video in fit.values() for w in video.windows for edge in (w.starts_at, w.ends_at))
    yield from (edge for edge in (*ends, *windows) if edge > now)
    if content.rotation and goes_by_days(content.rotation):
        yield next_day(now, zone)


def goes_by_days(rotation: Rotation) -> bool:
    """Whether a new day may bring another video."""
    return bool(rotation.dates) or rotation.kind not in (None, RotationKind.FIXED)
