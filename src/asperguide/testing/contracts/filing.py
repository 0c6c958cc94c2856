"""Files, uploads, links and videos to fill a persistence with."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from asperguide.media.model import Content, File, FileId, OwnerId, final_key, quarantine_key
from asperguide.media.repositories import Link, LinkId, MediaUnitOfWork
from asperguide.media.transport import LIFETIME, Transport, Upload
from asperguide.media.videos import Video
from asperguide.testing.contracts.people import IDS, NOW

MINUTE = timedelta(minutes=1)


def owner() -> OwnerId:
    """Somebody who never had a file."""
    return OwnerId(IDS.new())


def awaited(of: OwnerId, name: str = "tour.mp4", size: int = 1000, **fields: Any) -> File:
    """A file of which nothing has arrived."""
    id = FileId(IDS.new())
    ready = File(
        id=id, owner=of, name=name, key=quarantine_key(id), size=size, media_type="video/mp4",
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    return replace(ready, **fields)


def file(of: OwnerId, name: str = "tour.mp4", size: int = 1000, **fields: Any) -> File:
    """A file that was checked and is ready."""
    coming = awaited(of, name, size)
    found = Content(media_type=coming.media_type, size=size, sha256=b"\x00\xff" * 16, width=1920, height=1080)
    return replace(coming.accepted(found, final_key(coming.id, found.sha256), NOW), **fields)


def upload(of: File, transport: Transport = Transport.TUS, **fields: Any) -> Upload:
    """The upload of a file that is awaited."""
    ready = Upload(
        id=of.id, owner=of.owner, transport=transport, size=of.size, media_type=of.media_type,
        created_at=of.created_at, expires_at=of.created_at + LIFETIME,
    )  # fmt: skip
    return replace(ready, **fields)


def link(to: File, **fields: Any) -> Link:
    """A link to a file, good for an hour."""
    ready = Link(
        id=LinkId(IDS.new()), file=to.id, owner=to.owner, digest=IDS.secret(), created_at=NOW,
        expires_at=NOW + 60 * MINUTE,
    )  # fmt: skip
    return replace(ready, **fields)


def video(of: File, **fields: Any) -> Video:
    """A file as a video that waits for a worker."""
    return replace(Video(id=of.id, owner=of.owner, created_at=NOW, updated_at=NOW), **fields)


async def keep(uow: MediaUnitOfWork, *things: File | Upload | Link | Video) -> None:
    """Add files, uploads, links and videos."""
    for thing in things:
        if isinstance(thing, File):
            await uow.files.add(thing)
        elif isinstance(thing, Upload):
            await uow.uploads.add(thing)
        elif isinstance(thing, Link):
            await uow.links.add(thing)
        else:
            await uow.videos.add(thing)
