"""Prints and their videos, to fill a persistence with."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from asperguide.ar.model import (
    Content,
    ContentId,
    ContentState,
    Customer,
    Marker,
    MarkerState,
    public_id,
)
from asperguide.ar.rotation import DateRule, PlaybackMode, Rotation, RotationKind
from asperguide.ar.videos import ContentVideo, FileId, Footage, VideoId, Window
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import ClientId, CompanyId, ProjectId
from asperguide.testing.contracts.people import DAY, HOUR, IDS, NOW

FOOTAGE = Footage(duration=12.48, width=1280, height=720, media_type="video/mp4", size=2**40)


def company() -> CompanyId:
    """One that has nothing."""
    return CompanyId(IDS.new())


def project() -> ProjectId:
    """One without contents."""
    return ProjectId(IDS.new())


def file() -> FileId:
    """The id of a file that nothing shows."""
    return FileId(IDS.new())


def video(position: int = 0, **fields: Any) -> ContentVideo:
    """A video that has not been processed."""
    ready = ContentVideo(id=VideoId(IDS.new()), file=file(), title="Führung", position=position, created_at=NOW)
    return replace(ready, **fields)


def content(of: CompanyId, within: ProjectId, title: str = "Hochzeit", **fields: Any) -> Content:
    """A draft with a photo that nobody has looked at, for ten days."""
    id = ContentId(IDS.new())
    ready = Content(
        id=id, company=of, project=within, number=f"ORD-20310517-{id.hex[-12:]}", public_id=public_id(IDS.secret()),
        title=title, customer=Customer(), marker=Marker(photo=file()), ends_at=NOW + 10 * DAY,
        created_by=UserId(IDS.new()), created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    return replace(ready, **fields)


def full(of: CompanyId, within: ProjectId) -> Content:
    """A content that has everything that one can have."""
    windows = (
        Window(id=IDS.new(), starts_at=NOW, ends_at=NOW + HOUR),
        Window(id=IDS.new(), starts_at=NOW + DAY, ends_at=datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)),
    )
    first = video(0, title="'; DROP TABLE\x00 \U0001f475", windows=windows, footage=FOOTAGE, weight=100)
    second = video(1, active=False, ends_at=NOW + DAY, failure="This cannot be decoded.", title="张" * 255)
    rotation = Rotation(
        dates=(DateRule(day=date(2032, 2, 29), yearly=True, video=first.id), DateRule(day=date.max, video=second.id)),
        kind=RotationKind.WEEKLY_CYCLE, videos=(first.id, second.id, first.id), since=date(2031, 5, 17),
        time_zone="America/Santiago",
    )  # fmt: skip
    marker = Marker(
        photo=file(), state=MarkerState.READY, fingerprint=2**64 - 1, twin=ContentId(IDS.new()),
        report={"grade": "good", "score": 0.875, "advice": ["a", "b"], "n": None},
    )  # fmt: skip
    customer = Customer(client=ClientId(IDS.new()), name="张伟 O'Neil", phone="+4930123456", email="zoë@example.org")
    return content(
        of, within, "ÄÖÜ 张 %_\\'\" ", customer=customer, marker=marker, videos=(first, second),
        mode=PlaybackMode.CYCLIC, chosen=second.id, rotation=rotation, state=ContentState.PUBLISHED,
        published_at=NOW + HOUR, metadata={"a": "", "Straße": "\r\n\t" * 100}, source=ContentId(IDS.new()),
        updated_at=datetime(2031, 5, 17, 12, 0, 0, 1, UTC), version=3,
    )  # fmt: skip
