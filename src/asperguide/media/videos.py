"""Videos: what was found in them, what was made of them, and how far that has come."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from asperguide.media.errors import VideoInWrongState
from asperguide.media.model import FileId, OwnerId

STILLS = ("thumbnail", "poster")
"""Roles of what shows one moment."""


class VideoState(StrEnum):
    """waiting: a worker will take it. failed: it can be tried again."""

    WAITING = "waiting"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is in a video or sound: seconds, pixels as shown (after rotation), frames a second, bits a second."""

    duration: float
    format: str
    bit_rate: int | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    rotation: int = 0
    video_codec: str | None = None
    audio_codec: str | None = None
    streams: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """An object that was made of a video; `role` is what for: `mp4`, `hls`, `thumbnail`, `poster`, `sprite`."""

    role: str
    key: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None

    @property
    def name(self) -> str:
        """The last part of its key."""
        return self.key.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """A file that is a video; its id is the file's. `poster_at` is in seconds; `job` is the row that works on it.

    `made` lies in the folder `run`, which each processing has anew, so that what is shown is always of one processing;
    stills of a moment that was chosen later lie in a folder of their own.
    """

    id: FileId
    owner: OwnerId
    facts: Facts | None = None
    state: VideoState = VideoState.WAITING
    failure: str | None = None
    poster_at: float | None = None
    run: str = ""
    made: tuple[Derived, ...] = ()
    job: UUID | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def waiting(self, job: UUID, now: datetime) -> "Video":
        """To be processed (again) by this job; what was made before is shown until then."""
        return replace(self, state=VideoState.WAITING, failure=None, job=job, updated_at=now)

    def processing(self, now: datetime) -> "Video":
        """A worker is at it; also when an earlier one came to no end."""
        self._must_be(VideoState.WAITING, VideoState.PROCESSING)
        return replace(self, state=VideoState.PROCESSING, updated_at=now)

    def ready(self, facts: Facts, run: str, made: tuple[Derived, ...], now: datetime) -> "Video":
        """All of it was made."""
        self._must_be(VideoState.WAITING, VideoState.PROCESSING)
        return replace(self, state=VideoState.READY, facts=facts, run=run, made=made, failure=None, updated_at=now)

    def failed(self, reason: str, now: datetime) -> "Video":
        """It did not work, for this reason in words for people; what was made before stays."""
        self._must_be(VideoState.WAITING, VideoState.PROCESSING)
        return replace(self, state=VideoState.FAILED, failure=reason[:500], updated_at=now)

    def cancelled(self, now: datetime) -> "Video":
        """The owner does not want it any more; what was made before stays."""
        self._must_be(VideoState.WAITING, VideoState.PROCESSING)
        return replace(self, state=VideoState.CANCELLED, updated_at=now)

    def with_poster(self, at: float, now: datetime) -> "Video":
        """Its stills are to show this second."""
        return replace(self, poster_at=at, updated_at=now)

    def with_stills(self, stills: "tuple[Derived, ...]", now: datetime) -> "Video":
        """These stills in the place of those that there were."""
        others = tuple(one for one in self.made if one.role not in STILLS)
        return replace(self, made=(*others, *stills), updated_at=now)

    def handed_to(self, owner: OwnerId, now: datetime) -> "Video":
        """It belongs to somebody else now."""
        return replace(self, owner=owner, updated_at=now)

    @property
    def under_way(self) -> bool:
        """Whether it waits for a worker, or one is at it."""
        return self.state in (VideoState.WAITING, VideoState.PROCESSING)

    def named(self, role: str, name: str) -> "Derived | None":
        """What was made for this under that name."""
        return next((one for one in self.made if one.role == role and one.name == name), None)

    def _must_be(self, *states: VideoState) -> None:
        if self.state not in states:
            raise VideoInWrongState
