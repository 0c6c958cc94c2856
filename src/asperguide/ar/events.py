"""What prints announce, and what the clock asks of them."""

from datetime import datetime
from uuid import UUID

from asperguide.ar.model import ContentId, PublicId
from asperguide.ar.videos import FileId, VideoId
from asperguide.shared.actor import UserId
from asperguide.shared.ports import Message
from asperguide.shared.tenancy import CompanyId, ProjectId


class ContentChanged(Message, frozen=True, kw_only=True):
    """Something of a content is other than it was, or the content is new, or gone."""

    content: ContentId
    public_id: PublicId
    company: CompanyId


class ContentHappened(Message, frozen=True, kw_only=True):
    """Somebody did something with a content, or with all of a project; those who run the company can read of it."""

    company: CompanyId
    at: datetime
    by: UserId
    what: str
    subject: UUID
    detail: str = ""


class ContentRemoved(Message, frozen=True, kw_only=True):
    """A content is gone with these videos, and what viewers did with it has come in by now."""

    company: CompanyId
    content: ContentId
    videos: tuple[VideoId, ...]


class VideosRemoved(Message, frozen=True, kw_only=True):
    """Videos were taken from a content that stays, and what viewers did with them has come in by now."""

    company: CompanyId
    videos: tuple[VideoId, ...]


class MarkerWanted(Message, frozen=True, kw_only=True):
    """Somebody is to look whether the photo of a content can be a marker."""

    company: CompanyId
    content: ContentId
    photo: FileId


class FilesLeft(Message, frozen=True, kw_only=True):
    """A content shows these files no longer, since that instant; perhaps no other one does."""

    company: CompanyId
    files: tuple[FileId, ...]
    since: datetime


class ProjectExportWanted(Message, frozen=True, kw_only=True):
    """Somebody wants a project of a company, as the archive of this id."""

    company: CompanyId
    project: ProjectId
    export: UUID
    user: UserId


class ProjectImportWanted(Message, frozen=True, kw_only=True):
    """Somebody wants a project of a company, of this id, made of an archive that they have sent."""

    company: CompanyId
    project: ProjectId
    archive: FileId
    name: str | None
    user: UserId


class PackedProjectsPruneDue(Message, frozen=True, kw_only=True):
    """Time to throw archives of projects away that were kept for their 7 days."""


class UnusedFilesDropDue(Message, frozen=True, kw_only=True):
    """Time to throw files of companies away that no content shows."""


class SessionsForgetDue(Message, frozen=True, kw_only=True):
    """Time to forget view sessions that are over."""
