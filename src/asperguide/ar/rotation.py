"""Rules by which the video of a content changes with the calendar."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from asperguide.ar.videos import VideoId


class PlaybackMode(StrEnum):
    """What plays when nothing else decides.

    first: the first video that may. sequential: each view session gets the next one, the last one stays. cyclic: after
    the last one comes the first one again.
    """

    FIRST = "first"
    SEQUENTIAL = "sequential"
    CYCLIC = "cyclic"


class RotationKind(StrEnum):
    """fixed: always the same. The cycles: another each day, or each week from Monday on. random_daily: drawn daily."""

    FIXED = "fixed"
    DAILY_CYCLE = "daily_cycle"
    WEEKLY_CYCLE = "weekly_cycle"
    RANDOM_DAILY = "random_daily"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRule:
    """A day that has a video of its own; with `yearly` the day comes back each year, 29 February in leap years only."""

    day: date
    yearly: bool = False
    video: VideoId


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """The rules of a content: days of their own, and what else goes by the calendar.

    `videos` of a fixed rule is the one, of a cycle are its turns (a video may have several), of which the first has the
    day or week of `since`; of a random one those that are drawn among, by weight, all when there are none. Days are
    those of `time_zone` (IANA), of the company when it is None.
    """

    dates: tuple[DateRule, ...] = ()
    kind: RotationKind | None = None
    videos: tuple[VideoId, ...] = ()
    since: date | None = None
    time_zone: str | None = None

    def names(self, video: VideoId) -> bool:
        """Whether a rule is about this video."""
        return video in self.videos or any(rule.video == video for rule in self.dates)
