"""Everything that media can refuse."""

from asperguide.shared.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


class FileNotFound(NotFound, code=40440):
    """There is no such file."""


class UploadNotFound(NotFound, code=40441):
    """There is no such upload, or it has expired."""


class LinkNotFound(NotFound, code=40442):
    """There is no such link, or it has expired."""


class VideoNotFound(NotFound, code=40443):
    """There is no such video."""


class FileNotReady(Conflict, code=40940):
    """The file cannot be used: it has not arrived, is being checked, was refused or deleted."""


class WrongTransport(Conflict, code=40941):
    """This upload is not sent in this way."""


class OffsetMismatch(Conflict, code=40942):
    """The upload is not at this offset. Ask for its offset and go on from there."""


class UploadIncomplete(Conflict, code=40943):
    """Not all bytes of the upload have arrived."""


class UploadBusy(Conflict, code=40944):
    """Somebody else is sending to this upload at this moment."""


class VideoInWrongState(Conflict, code=40945):
    """The video is not in a state that allows this."""


class TooManyLinks(Conflict, code=40946):
    """The file has as many links as it may have. Revoke one, or wait until one expires."""


class QuotaExceeded(Forbidden, code=40240):
    """There is no room left for this. Delete something first."""


class FileTooLarge(Invalid, code=41320):
    """The file is larger than allowed."""


class TypeRefused(Invalid, code=41520):
    """Files of this type are not accepted."""


class ContentRefused(Invalid, code=42240):
    """The content is not what it was said to be."""


class ChecksumMismatch(Invalid, code=42241):
    """The checksum does not fit the bytes that arrived."""


class InvalidFile(Invalid, code=42242):
    """Some fields of the file are not acceptable."""


class NotAnImage(Invalid, code=42243):
    """This file is no image that can be shown."""


class ConversionImpossible(Invalid, code=42244):
    """This file cannot be converted to that format."""


class ToolsMissing(Unavailable, code=50330):
    """Videos cannot be processed right now."""


class TooManyImages(Unavailable, code=50331):
    """Too many images are being made at this moment. Try again in a few seconds."""
