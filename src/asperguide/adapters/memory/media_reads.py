"""Reads of media in memory: what is committed."""

from collections.abc import Sequence
from datetime import datetime

from asperguide.adapters.memory.media_tables import FILES, LINKS, UPLOADS, USAGE, VIDEOS
from asperguide.adapters.memory.paging import page_of
from asperguide.adapters.memory.tables import MemoryDatabase
from asperguide.media import listing
from asperguide.media.model import File, FileId, OwnerId
from asperguide.media.ports import MediaReads
from asperguide.media.repositories import Link
from asperguide.media.transport import Upload, Usage
from asperguide.media.videos import Video
from asperguide.shared.pages import Page, PageRequest


class MemoryMediaReads(MediaReads):
    """Looks through the committed rows."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def file(self, id: FileId) -> File | None:
        """By id."""
        return self._database.rows(FILES).get(id)

    async def files(self, owner: OwnerId, page: PageRequest) -> Page[File]:
        """Every file of the owner is looked at."""
        found = self._database.rows(FILES).all(lambda file: file.owner == owner)
        return page_of(
            found,
            listing.FILES.read(page, owner),
            {
                "type": lambda file, text: text in (file.media_type, file.family),
                "tag": lambda file, tag: tag in file.tags,
                "name": lambda file, key: key in file.name_key,
                "state": lambda file, state: file.state is state,
                "visibility": lambda file, visibility: file.visibility is visibility,
            },
        )

    async def upload(self, id: FileId) -> Upload | None:
        """By id."""
        return self._database.rows(UPLOADS).get(id)

    async def uploads(self, owner: OwnerId, page: PageRequest) -> Page[Upload]:
        """Every upload of the owner is looked at."""
        found = self._database.rows(UPLOADS).all(lambda upload: upload.owner == owner)
        return page_of(found, listing.UPLOADS.read(page, owner), {})

    async def usage(self, owner: OwnerId) -> Usage:
        """By owner."""
        return self._database.rows(USAGE).get(owner) or Usage(owner=owner)

    async def links(self, file: FileId, now: datetime) -> Sequence[Link]:
        """By file."""
        found = self._database.rows(LINKS).all(lambda link: link.file == file and link.expires_at > now)
        return sorted(found, key=lambda link: (link.created_at, link.id), reverse=True)

    async def linked(self, digest: bytes, now: datetime) -> File | None:
        """By digest."""
        link = self._database.rows(LINKS).first(lambda link: link.digest == digest and link.expires_at > now)
        return None if link is None else await self.file(link.file)

    async def video(self, id: FileId) -> Video | None:
        """By id."""
        return self._database.rows(VIDEOS).get(id)

    async def all_files(self, after: FileId | None, limit: int) -> Sequence[File]:
        """In the order of ids."""
        found = self._database.rows(FILES).all(lambda file: after is None or file.id > after)
        return sorted(found, key=lambda file: file.id)[:limit]

    async def by_ids(self, ids: Sequence[FileId]) -> Sequence[File]:
        """By ids."""
        rows = self._database.rows(FILES)
        return [file for id in dict.fromkeys(ids) if (file := rows.get(id)) is not None]

    async def videos(self, ids: Sequence[FileId]) -> Sequence[Video]:
        """By ids."""
        rows = self._database.rows(VIDEOS)
        return [video for id in dict.fromkeys(ids) if (video := rows.get(id)) is not None]

    async def owners(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        """In the order of ids."""
        found = self._database.rows(USAGE).all(lambda row: after is None or row.owner > after)
        return sorted(row.owner for row in found)[:limit]
