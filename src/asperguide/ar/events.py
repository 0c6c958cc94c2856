"""What prints announce, and what the clock asks of them."""

from datetime import datetime

from asperguide.ar.model import ContentId, PublicId
from asperguide.ar.videos import FileId
from asperguide.shared.ports import Message
from asperguide.shared.tenancy import CompanyId


class ContentChanged(Message, frozen=True, kw_only=True):
    """Something of a content is other than it was, or the content is new, or gone."""

    content: ContentId
    public_id: PublicId
    company: CompanyId


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


class UnusedFilesDropDue(Message, frozen=True, kw_only=True):
    """Time to throw files of companies away that no content shows."""


class SessionsForgetDue(Message, frozen=True, kw_only=True):
    """Time to forget view sessions that are over."""
