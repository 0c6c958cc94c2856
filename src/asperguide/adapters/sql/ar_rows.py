"""The tables of prints. There are no foreign keys: checking them would lock rows that others are working on."""

from collections.abc import Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.types import EnumText, JsonValue, KeyBytes, KeyText, Uuid
from asperguide.ar.model import Content, ContentId, ContentState, Customer, Marker, PublicId
from asperguide.ar.rotation import PlaybackMode, Rotation
from asperguide.ar.scenes import Placement
from asperguide.ar.videos import FileId, Footage, VideoId, Window
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import ClientId, CompanyId, ProjectId

# Each order of a list has an index of its own, which goes on with all that lists are filtered by: see media_rows.
_FOUND_BY = ("state", "client", "grade", "number", "ends_at", "customer_key", "title_key")
_ORDERS = ("created_at", "title_key", "number", "ends_at")


def _order(name: str) -> sa.Index:
    rest = (column for column in _FOUND_BY if column != name)
    return sa.Index(f"ix_ar_contents_{name}", "company", "project", name, "id", *rest)


class ArContentRow(Row):
    """A content. What is behind `version` are copies of what lists and look-ups go by; see `found_by`."""

    __tablename__ = "ar_contents"

    id: Mapped[ContentId] = mapped_column(Uuid(), primary_key=True)
    company: Mapped[CompanyId] = mapped_column(Uuid())
    project: Mapped[ProjectId] = mapped_column(Uuid())
    number: Mapped[str] = mapped_column(KeyText(32))
    public_id: Mapped[PublicId] = mapped_column(KeyText(22))
    title: Mapped[str] = mapped_column(sa.String(255))
    customer: Mapped[Customer] = mapped_column(JsonValue(Customer))
    marker: Mapped[Marker] = mapped_column(JsonValue(Marker))
    mode: Mapped[PlaybackMode] = mapped_column(EnumText(PlaybackMode, 16))
    chosen: Mapped[VideoId | None] = mapped_column(Uuid())
    rotation: Mapped[Rotation | None] = mapped_column(JsonValue(Rotation))
    state: Mapped[ContentState] = mapped_column(EnumText(ContentState, 16))
    ends_at: Mapped[datetime]
    # The name without the underscore belongs to SQLAlchemy.
    metadata_: Mapped[Mapping[str, str]] = mapped_column("metadata", JsonValue(dict[str, str]))
    created_by: Mapped[UserId] = mapped_column(Uuid())
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    source: Mapped[ContentId | None] = mapped_column(Uuid())
    version: Mapped[int] = mapped_column(sa.Integer)
    title_key: Mapped[str] = mapped_column(KeyText(255))
    client: Mapped[ClientId | None] = mapped_column(Uuid())
    customer_key: Mapped[str] = mapped_column(KeyText(255))
    grade: Mapped[str | None] = mapped_column(KeyText(16))
    photo: Mapped[FileId] = mapped_column(Uuid())
    fingerprint: Mapped[bytes | None] = mapped_column(KeyBytes(8))

    __table_args__ = (
        *map(_order, _ORDERS),
        sa.UniqueConstraint("company", "number"),
        sa.UniqueConstraint("public_id"),
        sa.Index("ix_ar_contents_state", "company", "project", "state", "created_at", "id"),
        sa.Index("ix_ar_contents_client", "company", "project", "client", "created_at", "id"),
        sa.Index("ix_ar_contents_source", "company", "project", "source"),
        sa.Index("ix_ar_contents_photo", "photo", "company"),
        sa.Index("ix_ar_contents_fingerprint", "company", "id", "fingerprint"),
    )


class ArVideoRow(Row):
    """A video of a content; `company` is that of the content."""

    __tablename__ = "ar_videos"

    id: Mapped[VideoId] = mapped_column(Uuid(), primary_key=True)
    content: Mapped[ContentId] = mapped_column(Uuid())
    company: Mapped[CompanyId] = mapped_column(Uuid())
    file: Mapped[FileId] = mapped_column(Uuid())
    title: Mapped[str] = mapped_column(sa.String(255))
    active: Mapped[bool]
    position: Mapped[int] = mapped_column(sa.Integer)
    weight: Mapped[int] = mapped_column(sa.Integer)
    ends_at: Mapped[datetime | None]
    windows: Mapped[tuple[Window, ...]] = mapped_column(JsonValue(tuple[Window, ...]))
    footage: Mapped[Footage | None] = mapped_column(JsonValue(Footage))
    failure: Mapped[str | None] = mapped_column(sa.String(500))
    created_at: Mapped[datetime]

    __table_args__ = (
        sa.Index("ix_ar_videos_content", "content", "position"),
        sa.Index("ix_ar_videos_file", "file", "company", "content"),
    )


class ArNumberRow(Row):
    """The last number that a company has given out on a day."""

    __tablename__ = "ar_numbers"

    company: Mapped[CompanyId] = mapped_column(Uuid(), primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    last: Mapped[int] = mapped_column(sa.quoted_name("last", quote=True), sa.Integer)


class ArTurnRow(Row):
    """How many turns a content has given out."""

    __tablename__ = "ar_turns"

    content: Mapped[ContentId] = mapped_column(Uuid(), primary_key=True)
    taken: Mapped[int] = mapped_column(sa.BigInteger)


class ArSessionRow(Row):
    """The turn of a view session at a content."""

    __tablename__ = "ar_turn_sessions"

    content: Mapped[ContentId] = mapped_column(Uuid(), primary_key=True)
    session: Mapped[str] = mapped_column(KeyText(64), primary_key=True)
    turn: Mapped[int] = mapped_column(sa.BigInteger)
    at: Mapped[datetime]

    __table_args__ = (sa.Index("ix_ar_turn_sessions_at", "at"),)


class ArSceneRow(Row):
    """The scene of a content, without placements when it was taken away."""

    __tablename__ = "ar_scenes"

    id: Mapped[ContentId] = mapped_column(Uuid(), primary_key=True)
    company: Mapped[CompanyId] = mapped_column(Uuid())
    placements: Mapped[tuple[Placement, ...] | None] = mapped_column(JsonValue(tuple[Placement, ...]))
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(sa.Integer)


class ArSceneFileRow(Row):
    """A picture in the scene of a content."""

    __tablename__ = "ar_scene_files"

    content: Mapped[ContentId] = mapped_column(Uuid(), primary_key=True)
    file: Mapped[FileId] = mapped_column(Uuid(), primary_key=True)
    company: Mapped[CompanyId] = mapped_column(Uuid())

    __table_args__ = (sa.Index("ix_ar_scene_files_file", "file", "company"),)


def found_by(content: Content) -> dict[str, object]:
    """The copies in the row of a content."""
    mark = content.marker.fingerprint
    return {
        "client": content.customer.client, "customer_key": content.customer.key, "grade": content.marker.grade,
        "photo": content.marker.photo, "fingerprint": None if mark is None else mark.to_bytes(8),
    }  # fmt: skip
