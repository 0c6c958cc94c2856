"""Videos of a content: what each is, and from when to when it may play."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

VideoId = NewType("VideoId", UUID)
FileId = NewType("FileId", UUID)
"""A file of media, which belongs to the company."""

EXPIRING = timedelta(days=7)


class VideoState(StrEnum):
    """inactive: switched off. expiring: for at most 7 more days. expired: its time is over."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """What a viewer needs to know of a film: seconds, pixels as shown, its type and how many bytes it has."""

    duration: float
    width: int
    height: int
    media_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span in which a video is to play: from `starts_at` on, no longer at `ends_at`."""

    id: UUID
    starts_at: datetime
    ends_at: datetime

    def holds(self, now: datetime) -> bool:
        """Whether it is open at this instant."""
        return self.starts_at <= now < self.ends_at

    def overlaps(self, other: "Window") -> bool:
        """Whether there is an instant that both hold."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentVideo:
    """A video over a print. Without `footage` it is not ready to be shown; without `ends_at` its time is never over.

    `position` is its place among those of the content, from 0 on; `weight` is how often it is drawn, against others.
    """

    id: VideoId
    file: FileId
    title: str
    active: bool = True
    position: int
    weight: int = 1
    ends_at: datetime | None = None
    windows: tuple[Window, ...] = ()
    footage: Footage | None = None
    failure: str | None = None
    created_at: datetime

    def state(self, now: datetime) -> VideoState:
        """What it is at this instant."""
        if self.ends_at is not None and now >= self.ends_at:
            return VideoState.EXPIRED
        if not self.active:
            return VideoState.INACTIVE
        if self.ends_at is not None and now >= self.ends_at - EXPIRING:
            return VideoState.EXPIRING
        return VideoState.ACTIVE

    def playable(self, now: datetime) -> bool:
        """Whether it may be shown at this instant, if it is chosen."""
        return self.footage is not None and self.state(now) in (VideoState.ACTIVE, VideoState.EXPIRING)

    def at(self, position: int) -> "ContentVideo":
        """The video at another place."""
        return self if position == self.position else replace(self, position=position)
