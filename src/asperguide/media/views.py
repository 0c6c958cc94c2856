"""What media answers: small frozen results that may be shown to whoever they are made for."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from asperguide.media.model import File, FileId, FileState, OwnerId, Visibility
from asperguide.media.repositories import Link, LinkId
from asperguide.media.transport import PART_SIZE, Transport, Upload, Usage
from asperguide.shared.actor import Actor
from asperguide.shared.storage import SignedRequest


class FileView(msgspec.Struct, frozen=True, kw_only=True):
    """A file as its owner sees it; strangers see no metadata, purpose and source of it.

    `sha256` is in hexadecimal, None until the bytes were checked unless the sender said it. `refusal` says why a
    refused file was refused.
    """

    id: FileId
    owner: OwnerId
    name: str
    size: int
    media_type: str
    sha256: str | None
    width: int | None
    height: int | None
    frames: int | None
    state: FileState
    refusal: str | None
    visibility: Visibility
    purpose: str
    tags: tuple[str, ...]
    metadata: dict[str, str]
    source: FileId | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    version: int


class UploadView(msgspec.Struct, frozen=True, kw_only=True):
    """An upload as its owner sees it; its id is that of the file.

    `offset` is how many bytes have arrived by tus. `part_size` is what every part but the last one has, None when it is
    not sent in parts. A `complete` one is over: look at the file. It has neither transport nor an end then.
    """

    id: FileId
    transport: Transport | None
    size: int
    offset: int
    part_size: int | None
    complete: bool
    created_at: datetime
    expires_at: datetime | None


class SendBy(msgspec.Struct, frozen=True, kw_only=True):
    """The one request that sends all bytes, with exactly these header fields, before the upload expires."""

    method: str
    url: str
    headers: dict[str, str]


class StartedUpload(msgspec.Struct, frozen=True, kw_only=True):
    """The file that is awaited, its upload, and the request to send it by; None when it goes in parts or by tus."""

    file: FileView
    upload: UploadView
    send: SendBy | None


class PartLink(msgspec.Struct, frozen=True, kw_only=True):
    """The request that sends one part of exactly `size` bytes, until then. It may be repeated."""

    number: int
    size: int
    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


class QuotaView(msgspec.Struct, frozen=True, kw_only=True):
    """What I have, what is set aside for uploads under way, and what I may have in all."""

    used_bytes: int
    used_files: int
    reserved_bytes: int
    reserved_files: int
    limit_bytes: int
    limit_files: int


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """A temporary link to a file. Where it leads is told once, when it is made."""

    id: LinkId
    created_at: datetime
    expires_at: datetime


class MadeLink(LinkView, frozen=True, kw_only=True):
    """A temporary link: whoever has the URL, or the token in it, gets the bytes until it expires or is revoked."""

    url: str
    token: str


def file_view(file: File, actor: Actor | None) -> FileView:
    """The file for this actor, or for a stranger."""
    mine = file.belongs_to(actor)
    return FileView(
        id=file.id, owner=file.owner, name=file.name, size=file.size, media_type=file.media_type,
        sha256=file.sha256.hex() if file.sha256 else None, width=file.width, height=file.height, frames=file.frames,
        state=file.state, refusal=file.refusal, visibility=file.visibility, purpose=file.purpose if mine else "",
        tags=file.tags, metadata=dict(file.metadata) if mine else {}, source=file.source if mine else None,
        created_at=file.created_at, updated_at=file.updated_at, deleted_at=file.deleted_at, version=file.version,
    )  # fmt: skip


def upload_view(upload: Upload) -> UploadView:
    """The upload for its owner."""
    in_parts = upload.transport is Transport.MULTIPART
    return UploadView(
        id=upload.id, transport=upload.transport, size=upload.size, offset=upload.offset,
        part_size=PART_SIZE if in_parts else None, complete=False,
        created_at=upload.created_at, expires_at=upload.expires_at,
    )  # fmt: skip


def finished_view(file: File) -> UploadView:
    """The upload by which the file came, for its owner."""
    return UploadView(
        id=file.id, transport=None, size=file.size, offset=file.size, part_size=None, complete=True,
        created_at=file.created_at, expires_at=None,
    )  # fmt: skip


def send_by(signed: SignedRequest) -> SendBy:
    """The request for whoever is to make it."""
    return SendBy(method=signed.method, url=signed.url, headers=dict(signed.headers))


def part_link(number: int, size: int, signed: SignedRequest) -> PartLink:
    """The request for whoever is to send this part."""
    headers: Mapping[str, str] = signed.headers
    return PartLink(
        number=number, size=size, method=signed.method, url=signed.url, headers=dict(headers),
        expires_at=signed.expires_at,
    )  # fmt: skip


def quota_view(usage: Usage, *, most_bytes: int, most_files: int) -> QuotaView:
    """What is counted beside what is allowed."""
    return QuotaView(
        used_bytes=usage.used_bytes, used_files=usage.used_files, reserved_bytes=usage.reserved_bytes,
        reserved_files=usage.reserved_files, limit_bytes=most_bytes, limit_files=most_files,
    )  # fmt: skip


def link_view(link: Link) -> LinkView:
    """The link without what it is made of."""
    return LinkView(id=link.id, created_at=link.created_at, expires_at=link.expires_at)
