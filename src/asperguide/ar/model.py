"""Contents: a print with its marker, the videos that play over it, and how far they are on the way to the public."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from asperguide.ar.errors import ContentInWrongState, ContentNotReady
from asperguide.ar.rotation import PlaybackMode, Rotation
from asperguide.ar.videos import ContentVideo, FileId, VideoId
from asperguide.shared.actor import UserId
from asperguide.shared.emails import folded
from asperguide.shared.errors import FieldError
from asperguide.shared.tenancy import ClientId, CompanyId, ProjectId

ContentId = NewType("ContentId", UUID)
PublicId = NewType("PublicId", str)
"""22 characters that hold 128 bits nobody can guess: what stands in links and codes on prints."""

LONGEST_KEY = 255


class ContentState(StrEnum):
    """What is stored: draft: something is missing. ready: could be published. The last one is the end."""

    DRAFT = "draft"
    READY = "ready"
    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    ARCHIVED = "archived"


ALIKE = "alike"


class MarkerState(StrEnum):
    """pending: nobody has looked at the photo yet. refused: it can be no marker."""

    PENDING = "pending"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """The printed photo. `fingerprint` is its perceptual hash, `twin` another content whose marker looks alike.

    It is one of the same project, which everybody may see who sees this one; whether there is one anywhere in the
    company, the report says under `alike`. Where it does not, a twin may be of whatever project, and is not named.
    """

    photo: FileId
    state: MarkerState = MarkerState.PENDING
    refusal: str | None = None
    report: Mapping[str, object] | None = None
    fingerprint: int | None = None
    twin: ContentId | None = None

    @property
    def alike(self) -> bool:
        """Whether the marker of another content of the company looks so alike that cameras may mistake it."""
        return self.twin is not None or (self.report is not None and bool(self.report.get(ALIKE)))

    @property
    def near(self) -> ContentId | None:
        """The twin, if it may be named."""
        return self.twin if self.report is not None and ALIKE in self.report else None

    @property
    def grade(self) -> str | None:
        """How good it is, in the word of the report; None until somebody has looked."""
        return None if self.report is None else str(self.report.get("grade"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """For whom it is: a client of the company, or what was written down."""

    client: ClientId | None = None
    name: str = ""
    phone: str = ""
    email: str = ""

    @property
    def key(self) -> str:
        """What the name is found by."""
        return search_key(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A print of a project. Its `number` is for people, its `public_id` for the public.

    `chosen` is the video that somebody has picked by hand, `source` the content that this one is a copy of. What
    belongs to it changes with it: one version for all.
    """

    id: ContentId
    company: CompanyId
    project: ProjectId
    number: str
    public_id: PublicId
    title: str
    customer: Customer
    marker: Marker
    videos: tuple[ContentVideo, ...] = ()
    mode: PlaybackMode = PlaybackMode.FIRST
    chosen: VideoId | None = None
    rotation: Rotation | None = None
    state: ContentState = ContentState.DRAFT
    ends_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_by: UserId
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None = None
    source: ContentId | None = None
    version: int = 1

    @property
    def title_key(self) -> str:
        """What the title is found and sorted by."""
        return search_key(self.title)

    @property
    def files(self) -> tuple[FileId, ...]:
        """The photo and the files of the videos, each once."""
        return tuple(dict.fromkeys((self.marker.photo, *(video.file for video in self.videos))))

    def expired(self, now: datetime) -> bool:
        """Whether its time is over: nobody is shown it any more."""
        return now >= self.ends_at

    def missing(self) -> tuple[str, ...]:
        """What it needs to be published: `marker`, `video`; nothing when it has all."""
        lacks_marker = self.marker.state is not MarkerState.READY
        lacks_video = all(video.footage is None for video in self.videos)
        return (*(("marker",) if lacks_marker else ()), *(("video",) if lacks_video else ()))

    def looked_at(self) -> "Content":
        """A draft that has all it needs is ready; one that was and lost something is a draft again."""
        if self.state is ContentState.DRAFT and not self.missing():
            return replace(self, state=ContentState.READY)
        if self.state is ContentState.READY and self.missing():
            return replace(self, state=ContentState.DRAFT)
        return self

    def published(self, now: datetime) -> "Content":
        """For everybody who has the link."""
        self._must_be(ContentState.DRAFT, ContentState.READY, ContentState.UNPUBLISHED, ContentState.PUBLISHED)
        if missing := self.missing():
            raise ContentNotReady(fields=tuple(_lack(what) for what in missing))
        if self.expired(now):
            raise ContentInWrongState
        return replace(self, state=ContentState.PUBLISHED, published_at=self.published_at or now, updated_at=now)

    def unpublished(self, now: datetime) -> "Content":
        """For nobody outside of the company any more."""
        self._must_be(ContentState.PUBLISHED, ContentState.UNPUBLISHED)
        return replace(self, state=ContentState.UNPUBLISHED, updated_at=now)

    def archived(self, now: datetime) -> "Content":
        """Put away; nothing of it can be changed."""
        return replace(self, state=ContentState.ARCHIVED, updated_at=now)

    def must_be_open(self) -> None:
        """Raises ContentInWrongState when it has been put away."""
        if self.state is ContentState.ARCHIVED:
            raise ContentInWrongState

    def video(self, id: VideoId) -> ContentVideo | None:
        """The video of that id."""
        return next((video for video in self.videos if video.id == id), None)

    def with_video(self, changed: ContentVideo, now: datetime) -> "Content":
        """The content with a video as it is now."""
        videos = tuple(changed if video.id == changed.id else video for video in self.videos)
        return replace(self, videos=videos, updated_at=now).looked_at()

    def _must_be(self, *states: ContentState) -> None:
        if self.state not in states:
            raise ContentInWrongState


def search_key(text: str) -> str:
    """The text without what case and composition make different, at most 255 characters."""
    return folded(text)[:LONGEST_KEY]


def public_id(secret: bytes) -> PublicId:
    """The public id that is made of the first 16 of these bytes."""
    return PublicId(base64.urlsafe_b64encode(secret[:16]).decode().rstrip("="))


def _lack(what: str) -> FieldError:
    words = {"marker": "The photo has to be usable as a marker.", "video": "At least one video has to be ready."}
    return FieldError(pointer=f"#/{what}", code="MISSING", detail=words[what])
