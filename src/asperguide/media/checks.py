"""What a file may be like by what its sender says, before the first byte has come."""

import re
from typing import TypeVar

import msgspec

from asperguide.media.errors import FileTooLarge, InvalidFile, TypeRefused
from asperguide.media.model import bare_type, check_name
from asperguide.media.ports import TypeDetector
from asperguide.media.transport import PART_SIZE, Transport
from asperguide.shared.errors import FieldError
from asperguide.shared.storage import MOST_PARTS

LARGEST_PUT = 5 * 1024**3
"""Bytes: no storage of the S3 kind takes more in one request."""

MOST_BY_TRANSPORT = {Transport.DIRECT: LARGEST_PUT}
AT = re.compile(r" - at `(\$[^`]*)`$")


S = TypeVar("S", bound=msgspec.Struct)


def checked(command: S) -> S:
    """The command, held to its own rules also when Python made it. Raises InvalidFile."""
    try:
        msgspec.json.encode(command)  # lone surrogates cannot be kept anywhere
        return msgspec.convert(msgspec.to_builtins(command), type(command))
    except UnicodeEncodeError:
        raise InvalidFile(fields=(_wrong("#", "This is not text."),)) from None
    except msgspec.ValidationError as error:
        found = AT.search(str(error))
        place = re.sub(r"[.\[]", "/", found[1].removeprefix("$").replace("]", "")) if found else ""
        raise InvalidFile(fields=(_wrong(f"#{place}", "This value is not allowed."),)) from None


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


def _wrong(pointer: str, detail: str) -> FieldError:
    return FieldError(pointer=pointer, code="INVALID", detail=detail)
