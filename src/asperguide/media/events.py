"""What media announces, and what the clock asks of it."""

from asperguide.media.model import FileId
from asperguide.shared.ports import Message


class FileArrived(Message, frozen=True, kw_only=True):
    """All bytes of a file are there and wait to be checked."""

    file: FileId


class FileSettled(Message, frozen=True, kw_only=True):
    """A worker has looked at a file, which is ready now, or refused."""

    file: FileId


class VideoSettled(Message, frozen=True, kw_only=True):
    """A video can be shown now, or could not be made so."""

    file: FileId


class VideoProcessingWanted(Message, frozen=True, kw_only=True):
    """A video is to be made playable, at first or again."""

    file: FileId


class PosterWanted(Message, frozen=True, kw_only=True):
    """The stills of a video are to be of the moment that its row says."""

    file: FileId


class ConversionWanted(Message, frozen=True, kw_only=True):
    """A file is to be made of another one, in another format."""

    source: FileId
    file: FileId
    to: str


class ObjectsAbandoned(Message, frozen=True, kw_only=True):
    """Objects that nothing points to: the one with this key, or all that begin with it when it ends with `/`."""

    key: str


class UploadsExpireDue(Message, frozen=True, kw_only=True):
    """Time to give up uploads that were not finished."""


class FilesPurgeDue(Message, frozen=True, kw_only=True):
    """Time to throw files away that were deleted long enough ago."""


class LinksPruneDue(Message, frozen=True, kw_only=True):
    """Time to forget links that have expired."""


class MediaReconcileDue(Message, frozen=True, kw_only=True):
    """Time to compare what is stored with what is known."""
