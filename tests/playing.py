"""Contents to play with: videos by a letter, and what goes by the calendar."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from asperguide.ar.model import Content, ContentId, Customer, Marker, PublicId
from asperguide.ar.rotation import Rotation, RotationKind
from asperguide.ar.videos import ContentVideo, FileId, Footage, VideoId, Window
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import CompanyId, ProjectId

FOOTAGE = Footage(duration=12.5, width=1280, height=720, media_type="video/mp4", size=2_000_000)
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2056, 1, 1, tzinfo=UTC)


def id_of(letter: str) -> VideoId:
    """The id of the video of that letter."""
    return VideoId(UUID(int=ord(letter)))


def letter_of(video: UUID | None) -> str:
    """The letter of a video; a dash for none."""
    return chr(video.int) if video else "-"


def film(letter: str, n: int = 0, **different: Any) -> ContentVideo:
    """A video that may play; what is given is different."""
    made = ContentVideo(
        id=id_of(letter), file=FileId(id_of(letter)), title=letter, position=n, footage=FOOTAGE, created_at=BEGUN
    )
    return replace(made, **different)


def content(*videos: ContentVideo, **different: Any) -> Content:
    """A print of these videos, in this order unless it says otherwise."""
    made = Content(
        id=ContentId(UUID(int=7)), company=CompanyId(UUID(int=1)), project=ProjectId(UUID(int=2)),
        number="ORD-20260101-000001", public_id=PublicId("x" * 22), title="Wedding", customer=Customer(),
        marker=Marker(photo=FileId(UUID(int=3))), videos=videos, ends_at=FAR, created_by=UserId(UUID(int=4)),
        created_at=BEGUN, updated_at=BEGUN,
    )  # fmt: skip
    return replace(made, **different)


def letters(letters: str, **different: Any) -> Content:
    """A print of videos of these letters."""
    return content(*(film(letter, n) for n, letter in enumerate(letters)), **different)


def window(starts_at: datetime, ends_at: datetime, n: int = 1) -> Window:
    """A window of this span."""
    return Window(id=UUID(int=n), starts_at=starts_at, ends_at=ends_at)


def rotation(kind: RotationKind | None, letters: str = "", **different: Any) -> Rotation:
    """A rotation of that kind over these letters."""
    return Rotation(kind=kind, videos=tuple(map(id_of, letters)), **different)
