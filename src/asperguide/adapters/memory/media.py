"""Media in memory: the same law as in a database, for tests and for whoever swaps adapters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from asperguide.adapters.memory.media_reads import MemoryMediaReads
from asperguide.adapters.memory.media_tables import FILES, LINKS, UPLOADS, USAGE, VIDEOS
from asperguide.adapters.memory.tables import Rows
from asperguide.adapters.memory.unit_of_work import MemoryUnitOfWork
from asperguide.media.model import File, FileId, FileState, OwnerId
from asperguide.media.repositories import Files, Link, LinkId, Links, MediaUnitOfWork, Quotas, Uploads, Videos
from asperguide.media.transport import Upload, Usage
from asperguide.media.videos import Video
from asperguide.shared.errors import EditedMeanwhile

__all__ = ["MemoryMediaReads", "MemoryMediaUnitOfWork"]

USED = (FileState.READY, FileState.DELETED)
RESERVED = (FileState.AWAITING, FileState.QUARANTINED, FileState.CHECKING)


@dataclass(frozen=True, slots=True)
class MemoryFiles(Files):
    """Files, and what goes with them."""

    rows: Rows[File]
    links: Rows[Link]
    videos: Rows[Video]

    async def add(self, file: File) -> None:
        """One row."""
        self.rows.add(file)

    async def get(self, id: FileId) -> File | None:
        """By id."""
        return self.rows.get(id)

    async def save(self, file: File) -> File:
        """Compare the version and set."""
        return self.rows.save(file)

    async def remove(self, file: File) -> None:
        """Compare the version and delete, with links and video."""
        _remove(self.rows, file)
        self.links.remove(lambda link: link.file == file.id)
        self.videos.remove(lambda video: video.id == file.id)

    async def in_state_since(self, state: FileState, before: datetime, limit: int) -> Sequence[File]:
        """By the time of the last change."""
        found = self.rows.all(lambda file: file.state is state and file.updated_at < before)
        return sorted(found, key=lambda file: (file.updated_at, file.id))[:limit]


@dataclass(frozen=True, slots=True)
class MemoryUploads(Uploads):
    """Uploads under way."""

    rows: Rows[Upload]

    async def add(self, upload: Upload) -> None:
        """One row."""
        self.rows.add(upload)

    async def get(self, id: FileId) -> Upload | None:
        """By id."""
        return self.rows.get(id)

    async def save(self, upload: Upload) -> Upload:
        """Compare the version and set."""
        return self.rows.save(upload)

    async def remove(self, upload: Upload) -> None:
        """Compare the version and delete."""
        _remove(self.rows, upload)

    async def expired(self, now: datetime, limit: int) -> Sequence[Upload]:
        """By the time of their end."""
        found = self.rows.all(lambda upload: upload.expired(now))
        return sorted(found, key=lambda upload: (upload.expires_at, upload.id))[:limit]


@dataclass(frozen=True, slots=True)
class MemoryQuotas(Quotas):
    """One row for each owner. Nobody else can change anything meanwhile."""

    rows: Rows[Usage]
    files: Rows[File]

    async def reserve(self, owner: OwnerId, size: int, *, most_bytes: int, most_files: int) -> bool:
        """Compare and add."""
        now = await self.usage(owner)
        if now.used_bytes + now.reserved_bytes + size > most_bytes:
            return False
        if now.used_files + now.reserved_files + 1 > most_files:
            return False
        self._keep(replace(now, reserved_bytes=now.reserved_bytes + size, reserved_files=now.reserved_files + 1))
        return True

    async def settle(self, owner: OwnerId, reserved: int, size: int) -> None:
        """From one side to the other."""
        await self.release(owner, reserved)
        await self.free(owner, -size, -1)

    async def release(self, owner: OwnerId, reserved: int) -> None:
        """One fewer."""
        now = await self.usage(owner)
        self._keep(replace(now, reserved_bytes=now.reserved_bytes - reserved, reserved_files=now.reserved_files - 1))

    async def free(self, owner: OwnerId, size: int, files: int = 1) -> None:
        """So many fewer."""
        now = await self.usage(owner)
        self._keep(replace(now, used_bytes=now.used_bytes - size, used_files=now.used_files - files))

    async def usage(self, owner: OwnerId) -> Usage:
        """By owner."""
        return self.rows.get(owner) or Usage(owner=owner)

    async def recount(self, owner: OwnerId) -> Usage:
        """Every file is looked at."""
        used = self.files.all(lambda file: file.owner == owner and file.state in USED)
        reserved = self.files.all(lambda file: file.owner == owner and file.state in RESERVED)
        now = Usage(
            owner=owner, used_bytes=sum(file.size for file in used), used_files=len(used),
            reserved_bytes=sum(file.size for file in reserved), reserved_files=len(reserved),
        )  # fmt: skip
        self._keep(now)
        return now

    def _keep(self, usage: Usage) -> None:
        self.rows.remove(lambda row: row.owner == usage.owner)
        self.rows.add(usage)


@dataclass(frozen=True, slots=True)
class MemoryLinks(Links):
    """Temporary links."""

    rows: Rows[Link]

    async def add(self, link: Link) -> None:
        """One row."""
        self.rows.add(link)

    async def remove(self, id: LinkId, file: FileId) -> bool:
        """By both ids."""
        return self.rows.remove(lambda link: link.id == id and link.file == file) > 0

    async def revoke_all(self, file: FileId) -> None:
        """By file."""
        self.rows.remove(lambda link: link.file == file)

    async def delete_over(self, before: datetime, limit: int) -> int:
        """Those that are over."""
        return self.rows.remove(lambda link: link.expires_at < before, limit)


@dataclass(frozen=True, slots=True)
class MemoryVideos(Videos):
    """Videos."""

    rows: Rows[Video]

    async def add(self, video: Video) -> None:
        """One row."""
        self.rows.add(video)

    async def get(self, id: FileId) -> Video | None:
        """By id."""
        return self.rows.get(id)

    async def save(self, video: Video) -> Video:
        """Compare the version and set."""
        return self.rows.save(video)


class MemoryMediaUnitOfWork(MemoryUnitOfWork, MediaUnitOfWork):
    """A transaction in memory."""

    @property
    def files(self) -> MemoryFiles:
        """Files, and what goes with them."""
        return MemoryFiles(self.rows(FILES), self.rows(LINKS), self.rows(VIDEOS))

    @property
    def uploads(self) -> MemoryUploads:
        """Uploads under way."""
        return MemoryUploads(self.rows(UPLOADS))

    @property
    def quotas(self) -> MemoryQuotas:
        """What each owner has."""
        return MemoryQuotas(self.rows(USAGE), self.rows(FILES))

    @property
    def links(self) -> MemoryLinks:
        """Temporary links."""
        return MemoryLinks(self.rows(LINKS))

    @property
    def videos(self) -> MemoryVideos:
        """Videos."""
        return MemoryVideos(self.rows(VIDEOS))


def _remove(rows: Rows[File] | Rows[Upload], entity: File | Upload) -> None:
    if rows.remove(lambda row: row.id == entity.id and row.version == entity.version) == 0:
        raise EditedMeanwhile
