"""What media keeps: its repositories, and the unit of work over them."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol
from uuid import UUID

from asperguide.media.model import File, FileId, FileState, OwnerId
from asperguide.media.transport import Upload, Usage
from asperguide.media.videos import Video
from asperguide.shared.ports import UnitOfWork

LinkId = NewType("LinkId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way to a file's bytes for whoever holds the token, which is kept as its SHA-256 only."""

    id: LinkId
    file: FileId
    owner: OwnerId
    digest: bytes
    created_at: datetime
    expires_at: datetime


class Files(Protocol):
    """All files."""

    @abstractmethod
    async def add(self, file: File) -> None:
        """A new file."""
        ...

    @abstractmethod
    async def get(self, id: FileId) -> File | None:
        """The file, None when there is none (any more)."""
        ...

    @abstractmethod
    async def save(self, file: File) -> File:
        """Store the change and give the file with its new version. Raises EditedMeanwhile when it is not the latest."""
        ...

    @abstractmethod
    async def remove(self, file: File) -> None:
        """Forget the file, its links and its video. Raises EditedMeanwhile when it is not the latest version."""
        ...

    @abstractmethod
    async def in_state_since(self, state: FileState, before: datetime, limit: int) -> Sequence[File]:
        """Files that have not changed since they came into this state before that instant, the oldest first."""
        ...


class Uploads(Protocol):
    """Uploads under way."""

    @abstractmethod
    async def add(self, upload: Upload) -> None:
        """A new upload."""
        ...

    @abstractmethod
    async def get(self, id: FileId) -> Upload | None:
        """The upload, None when there is none (any more)."""
        ...

    @abstractmethod
    async def save(self, upload: Upload) -> Upload:
        """Store the change. Raises EditedMeanwhile when it is not the latest version, or gone."""
        ...

    @abstractmethod
    async def remove(self, upload: Upload) -> None:
        """It is over. Raises EditedMeanwhile when it is not the latest version, or gone already."""
        ...

    @abstractmethod
    async def expired(self, now: datetime, limit: int) -> Sequence[Upload]:
        """Those that were not finished in time, the oldest first."""
        ...


class Quotas(Protocol):
    """What each owner has and has set aside; every change is exact however many happen at once."""

    @abstractmethod
    async def reserve(self, owner: OwnerId, size: int, *, most_bytes: int, most_files: int) -> bool:
        """Set aside one file of so many bytes, if used and reserved together stay within both limits; else False."""
        ...

    @abstractmethod
    async def settle(self, owner: OwnerId, reserved: int, size: int) -> None:
        """A file that `reserved` bytes were set aside for has arrived, and has `size` bytes."""
        ...

    @abstractmethod
    async def release(self, owner: OwnerId, reserved: int) -> None:
        """A file that so many bytes were set aside for will not come."""
        ...

    @abstractmethod
    async def free(self, owner: OwnerId, size: int) -> None:
        """A file of so many bytes is gone."""
        ...

    @abstractmethod
    async def usage(self, owner: OwnerId) -> Usage:
        """What is counted now, locked against change until this transaction ends."""
        ...

    @abstractmethod
    async def recount(self, owner: OwnerId) -> Usage:
        """Count anew and store that; what it is now.

        Ready and deleted files are used; those that are awaited, quarantined or being checked are reserved, of which
        `size` is what was set aside. Refused ones count for nothing.
        """
        ...


class Links(Protocol):
    """Temporary links."""

    @abstractmethod
    async def add(self, link: Link) -> None:
        """A new link."""
        ...

    @abstractmethod
    async def remove(self, id: LinkId, file: FileId) -> bool:
        """Revoke it; False when there is none of this file."""
        ...

    @abstractmethod
    async def revoke_all(self, file: FileId) -> None:
        """Revoke every link to the file."""
        ...

    @abstractmethod
    async def delete_over(self, before: datetime, limit: int) -> int:
        """Forget links that expired before that instant, at most `limit`. How many."""
        ...


class Videos(Protocol):
    """What is known and was made of files that are videos."""

    @abstractmethod
    async def add(self, video: Video) -> None:
        """A new one."""
        ...

    @abstractmethod
    async def get(self, id: FileId) -> Video | None:
        """The video of the file."""
        ...

    @abstractmethod
    async def save(self, video: Video) -> Video:
        """Store the change. Raises EditedMeanwhile."""
        ...


class MediaUnitOfWork(UnitOfWork, Protocol):
    """One transaction over everything that media keeps."""

    @property
    def files(self) -> Files: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def quotas(self) -> Quotas: ...
    @property
    def links(self) -> Links: ...
    @property
    def videos(self) -> Videos: ...
