"""The tables of media. There are no foreign keys: checking them would lock rows that others are working on."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.types import EnumText, JsonValue, KeyBytes, KeyText, Uuid
from asperguide.media.model import FileId, FileState, OwnerId, Visibility
from asperguide.media.repositories import LinkId
from asperguide.media.transport import Transport
from asperguide.media.videos import Derived, Facts, VideoState

# Each order of a list has an index of its own, which goes on with all that lists are filtered by: whatever is asked,
# rows are chosen out of one index alone, and only those that are shown are read. What few files have is found by an
# index of its own, so that the whole of an order is never looked through for it.
_FOUND_BY = ("state", "visibility", "media_type", "name_key")


class FileRow(Row):
    """A file; `name_key` is made of its name, to be found by."""

    __tablename__ = "files"

    id: Mapped[FileId] = mapped_column(Uuid(), primary_key=True)
    owner: Mapped[OwnerId] = mapped_column(Uuid())
    name: Mapped[str] = mapped_column(sa.String(255))
    name_key: Mapped[str] = mapped_column(KeyText(255))
    key: Mapped[str] = mapped_column(sa.String(512))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(KeyText(100))
    sha256: Mapped[bytes | None] = mapped_column(KeyBytes(32))
    width: Mapped[int | None] = mapped_column(sa.Integer)
    height: Mapped[int | None] = mapped_column(sa.Integer)
    frames: Mapped[int | None] = mapped_column(sa.Integer)
    state: Mapped[FileState] = mapped_column(EnumText(FileState, 16))
    refusal: Mapped[str | None] = mapped_column(sa.String(500))
    visibility: Mapped[Visibility] = mapped_column(EnumText(Visibility, 16))
    purpose: Mapped[str] = mapped_column(sa.String(50))
    tags: Mapped[tuple[str, ...]] = mapped_column(JsonValue(tuple[str, ...]))
    # The name without the underscore belongs to SQLAlchemy.
    metadata_: Mapped[Mapping[str, str]] = mapped_column("metadata", JsonValue(dict[str, str]))
    source: Mapped[FileId | None] = mapped_column(Uuid())
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.Index("ix_files_created_at", "owner", "created_at", "id", *_FOUND_BY),
        sa.Index("ix_files_name_key", "owner", "name_key", "id", *_FOUND_BY[:-1]),
        sa.Index("ix_files_size", "owner", "size", "id", *_FOUND_BY),
        sa.Index("ix_files_owner_state", "owner", "state", "created_at", "id"),
        sa.Index("ix_files_visibility", "owner", "visibility", "created_at", "id"),
        sa.Index("ix_files_media_type", "owner", "media_type", "created_at", "id"),
        sa.Index("ix_files_state", "state", "updated_at", "id"),
    )


class FileTagRow(Row):
    """A tag of a file, beside everything of the file that lists are sorted and filtered by; written anew with it."""

    __tablename__ = "file_tags"

    id: Mapped[FileId] = mapped_column(Uuid(), primary_key=True)
    tag: Mapped[str] = mapped_column(KeyText(50), primary_key=True)
    owner: Mapped[OwnerId] = mapped_column(Uuid())
    name_key: Mapped[str] = mapped_column(KeyText(255))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(KeyText(100))
    state: Mapped[FileState] = mapped_column(EnumText(FileState, 16))
    visibility: Mapped[Visibility] = mapped_column(EnumText(Visibility, 16))
    created_at: Mapped[datetime]

    __table_args__ = (
        sa.Index("ix_file_tags_created_at", "owner", "tag", "created_at", "id", *_FOUND_BY),
        sa.Index("ix_file_tags_name_key", "owner", "tag", "name_key", "id", *_FOUND_BY[:-1]),
        sa.Index("ix_file_tags_size", "owner", "tag", "size", "id", *_FOUND_BY),
    )


class UploadRow(Row):
    """An upload under way."""

    __tablename__ = "uploads"

    id: Mapped[FileId] = mapped_column(Uuid(), primary_key=True)
    owner: Mapped[OwnerId] = mapped_column(Uuid())
    transport: Mapped[Transport] = mapped_column(EnumText(Transport, 16))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(sa.String(100))
    sha256: Mapped[bytes | None] = mapped_column(KeyBytes(32))
    parted: Mapped[str] = mapped_column(sa.String(1024))
    # MariaDB has reserved this word, MySQL has not: quoted, the same statements do for both.
    offset: Mapped[int] = mapped_column(sa.quoted_name("offset", quote=True), sa.BigInteger)
    parts: Mapped[int] = mapped_column(sa.Integer)
    tail: Mapped[str | None] = mapped_column(sa.String(512))
    seal: Mapped[bytes | None] = mapped_column(KeyBytes(32))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.Index("ix_uploads_owner", "owner", "created_at", "id"),
        sa.Index("ix_uploads_expires_at", "expires_at", "id"),
    )


class UsageRow(Row):
    """What an owner has and has set aside: one row, made when they first need it."""

    __tablename__ = "media_usage"

    owner: Mapped[OwnerId] = mapped_column(Uuid(), primary_key=True)
    used_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    used_files: Mapped[int] = mapped_column(sa.BigInteger)
    reserved_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    reserved_files: Mapped[int] = mapped_column(sa.BigInteger)


class LinkRow(Row):
    """A temporary link, by the digest of its token."""

    __tablename__ = "file_links"

    id: Mapped[LinkId] = mapped_column(Uuid(), primary_key=True)
    file: Mapped[FileId] = mapped_column(Uuid())
    owner: Mapped[OwnerId] = mapped_column(Uuid())
    digest: Mapped[bytes] = mapped_column(KeyBytes(32))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    __table_args__ = (
        sa.UniqueConstraint("digest"),
        sa.Index("ix_file_links_file", "file", "created_at", "id"),
        sa.Index("ix_file_links_expires_at", "expires_at"),
    )


class VideoRow(Row):
    """A file that is a video."""

    __tablename__ = "videos"

    id: Mapped[FileId] = mapped_column(Uuid(), primary_key=True)
    owner: Mapped[OwnerId] = mapped_column(Uuid())
    facts: Mapped[Facts | None] = mapped_column(JsonValue(Facts))
    state: Mapped[VideoState] = mapped_column(EnumText(VideoState, 16))
    failure: Mapped[str | None] = mapped_column(sa.String(500))
    poster_at: Mapped[float | None] = mapped_column(sa.Double)
    run: Mapped[str] = mapped_column(sa.String(100))
    made: Mapped[tuple[Derived, ...]] = mapped_column(JsonValue(tuple[Derived, ...]))
    job: Mapped[UUID | None] = mapped_column(Uuid())
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(sa.Integer)
