"""What viewers do with a print, and what is counted of it.

A session is one visit of one print, under an id that the viewer's page makes. Nothing here says who somebody is: the
ids of sessions and events are kept as digests only, the browser as four short words.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from asperguide.ar.model import ContentId
from asperguide.ar.videos import VideoId
from asperguide.shared.tenancy import CompanyId, ProjectId

DIGEST = 16
"""Bytes: nobody finds two ids with the same ones."""


class EventKind(StrEnum):
    """What somebody did: opened the page, had the camera find or lose the print, played, saw the end, shared."""

    OPENED = "opened"
    MARKER_FOUND = "marker_found"
    MARKER_LOST = "marker_lost"
    PLAY = "play"
    COMPLETE = "complete"
    SHARE = "share"


class Level(StrEnum):
    """Of what views are counted."""

    CONTENT = "content"
    VIDEO = "video"
    PROJECT = "project"
    COMPANY = "company"


class Dimension(StrEnum):
    """What sessions are told apart by; `all` tells none apart."""

    ALL = "all"
    DEVICE = "device"
    SYSTEM = "system"
    BROWSER = "browser"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is behind a public id: a content that people may see now, and what its views are counted for.

    `time_zone` is the company's and decides which day it is; `videos` are those of the content.
    """

    content: ContentId
    project: ProjectId
    company: CompanyId
    time_zone: str
    videos: Collection[VideoId] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Something whose views somebody may see; `content` is where a video belongs, None at other levels.

    `closed` are projects of a company whose contents they may know nothing of but how often all were looked at.
    """

    level: Level
    id: UUID
    company: CompanyId
    time_zone: str
    name: str
    content: ContentId | None = None
    closed: Collection[ProjectId] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """What somebody looks with, in words of which there are only so many; `country` is two letters, or empty."""

    device: str
    system: str
    browser: str
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that a viewer did, once: `digest` is that of its ids, `session` that of its session.

    It counts on `day`, the one on which it was received in the company's zone. `claimed_at` is what the viewer's clock
    said, which nothing depends on.
    """

    digest: bytes
    session: bytes
    company: CompanyId
    project: ProjectId
    content: ContentId
    video: VideoId | None
    kind: EventKind
    day: date
    received_at: datetime
    claimed_at: datetime | None
    device: str
    system: str
    browser: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often each kind of event happened, in how many sessions, and in how many of those a video was played.

    A session counts on the day of its first event, as played on that of its first `play`, and as completed when both a
    `play` and a `complete` are there: so sessions of several days, or contents, may be added up.
    """

    opened: int = 0
    marker_found: int = 0
    marker_lost: int = 0
    play: int = 0
    complete: int = 0
    share: int = 0
    sessions: int = 0
    played: int = 0
    completed: int = 0

    def plus(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in TALLIED})


TALLIED = tuple(Tally.__slots__)
NOTHING = Tally()


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What was counted of `subject` (a content, video, project or company) on a day, by one value of a dimension.

    Only `all` counts more than sessions. `ranked` is the project of a content's `all`, None elsewhere.
    """

    company: CompanyId
    subject: UUID
    dimension: Dimension
    day: date
    value: str
    ranked: ProjectId | None = None
    tally: Tally = NOTHING

    @property
    def key(self) -> tuple[CompanyId, UUID, Dimension, date, str]:
        """What there is one of."""
        return self.company, self.subject, self.dimension, self.day, self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was counted of a subject in a span: by day, where there was anything, and sessions by value."""

    days: Mapping[date, Tally] = field(default_factory=dict)
    sessions: Mapping[Dimension, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A content among others, by its sessions."""

    content: ContentId
    opened: int
    play: int
    sessions: int


def session_digest(content: ContentId, session: str) -> bytes:
    """What a session is known by: nobody else's session has it, whatever id they choose for another content."""
    return _digest(content.bytes, session.encode())


def event_digest(session: bytes, id: str) -> bytes:
    """What an event is known by, within its session."""
    return _digest(session, id.encode())


def video_digest(session: bytes, video: VideoId) -> bytes:
    """What a session is known by among those of a video."""
    return _digest(session, b"video", video.bytes)


def _digest(*parts: bytes) -> bytes:
    return hashlib.sha256(b"\0".join(parts)).digest()[:DIGEST]
