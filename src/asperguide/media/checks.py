"""What a file may be like by what its sender says, before the first byte has come."""

from asperguide.media.errors import FileTooLarge, TypeRefused
from asperguide.media.model import bare_type, check_name
from asperguide.media.ports import TypeDetector
from asperguide.media.transport import PART_SIZE, Transport
from asperguide.shared.errors import FieldError
from asperguide.shared.storage import MOST_PARTS

LARGEST_PUT = 5 * 1024**3
"""Bytes: no storage of the S3 kind takes more in one request."""

MOST_BY_TRANSPORT = {Transport.DIRECT: LARGEST_PUT}


def check_declared(name: str, media_type: str, detector: TypeDetector) -> None:
    """Raises InvalidFile for a name that cannot be shown, TypeRefused for a type that is never accepted."""
    check_name(name)
    if bare_type(media_type) != media_type or not detector.accepts(media_type):
        raise TypeRefused(fields=(FieldError(pointer="#/media_type", code="NOT_ALLOWED", detail=TypeRefused.sentence),))


def check_size(size: int, largest_file: int, transport: Transport) -> None:
    """Raises FileTooLarge for more bytes than may be sent in this way."""
    most = min(largest_file, MOST_BY_TRANSPORT.get(transport, PART_SIZE * MOST_PARTS))
    if size > most:
        raise FileTooLarge(fields=(FieldError(pointer="#/size", code="TOO_LARGE", detail=f"At most {most} bytes."),))
