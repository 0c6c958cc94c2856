"""Projects as they are packed and made of archives are those of projects; archives and their files are media's."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from asperguide.adapters.local.ar_files import opened_file
from asperguide.ar.errors import InvalidContent, NoSuchProject, StorageFull
from asperguide.ar.packing_format import MEDIA_TYPE, PackedFile, PackedProject
from asperguide.ar.packing_ports import Content, Luggage, ProjectBooks
from asperguide.ar.ports import MediaFile, MediaFiles, Opened
from asperguide.ar.terms import wrong
from asperguide.ar.videos import FileId
from asperguide.media import NewUpload, ReceiveFile, Room
from asperguide.media.errors import ChecksumMismatch, FileTooLarge, InvalidFile, QuotaExceeded, TypeRefused
from asperguide.media.model import FileId as StoredId
from asperguide.media.model import FileState, OwnerId, own
from asperguide.media.ports import MediaReads, TypeDetector
from asperguide.projects import DiscardProject, NewProject, PrepareProject, RevealProject
from asperguide.projects.errors import ProjectNotFound
from asperguide.projects.ports import ProjectReads
from asperguide.shared.actor import UserId
from asperguide.shared.storage import ObjectStorage
from asperguide.shared.tenancy import CompanyFacts, CompanyId, ProjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalProjectBooks(ProjectBooks):
    """By the use cases of projects."""

    reads: ProjectReads
    to_prepare: Callable[[], PrepareProject]
    to_reveal: Callable[[], RevealProject]
    to_discard: Callable[[], DiscardProject]

    async def described(self, company: CompanyId, id: ProjectId) -> PackedProject | None:
        """One read."""
        for found in await self.reads.known((id,)):
            if found.company == company:
                return PackedProject(
                    name=found.name, description=found.description, starts_at=found.starts_at, ends_at=found.ends_at,
                    notify_before_days=found.notify_before_days, tags=found.tags, template=found.template,
                )  # fmt: skip
        return None

    async def prepare(self, company: CompanyFacts, id: ProjectId, like: PackedProject, name: str | None) -> bool:
        """A draft that is as good as gone."""
        new = NewProject(
            name=like.name, description=like.description, starts_at=like.starts_at, ends_at=like.ends_at,
            notify_before_days=like.notify_before_days, tags=like.tags, template=like.template,
        )  # fmt: skip
        return await self.to_prepare()(company, id, new, name)

    async def reveal(self, company: CompanyId, id: ProjectId, by: UserId, job: UUID | None) -> None:
        """One transaction of projects."""
        try:
            await self.to_reveal()(company, id, by, job)
        except ProjectNotFound:
            raise NoSuchProject from None

    async def discard(self, company: CompanyId, id: ProjectId) -> bool:
        """By the job that removes projects."""
        return await self.to_discard()(company, id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalLuggage(Luggage):
    """Files of people and of companies are those of media."""

    reads: MediaReads
    storage: ObjectStorage
    detector: TypeDetector
    files: MediaFiles
    receive: Callable[[], ReceiveFile]

    async def archive(self, user: UserId, file: FileId) -> Opened | None:
        """One read."""
        found = await self.reads.file(StoredId(file))
        if found is None or found.owner != own(user) or found.state is not FileState.READY:
            return None
        return opened_file(self.storage, found) if found.media_type == MEDIA_TYPE else None

    def agrees(self, media_type: str, head: bytes) -> bool:
        """As uploads are told apart."""
        found = self.detector.detect(head)
        return found is not None and self.detector.agree(media_type, found) is not None

    async def bring(self, company: CompanyFacts, id: FileId, file: PackedFile, content: Content) -> MediaFile:
        """As uploads are checked."""
        new = NewUpload(name=file.name, size=file.size, media_type=file.media_type, sha256=file.sha256)
        room = Room(owner=OwnerId(company.id), most_bytes=company.storage_bytes)
        try:
            await self.receive()(StoredId(id), new, content, room)
        except (InvalidFile, TypeRefused, FileTooLarge, ChecksumMismatch) as refused:
            details = [field.detail for field in refused.fields] or [refused.detail]
            raise InvalidContent(fields=tuple(wrong("#", detail) for detail in details)) from None
        except QuotaExceeded:
            raise StorageFull from None
        if (kept := (await self.files.known(company.id, (id,))).get(id)) is None:
            raise InvalidContent
        return kept
