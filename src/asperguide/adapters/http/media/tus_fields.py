"""The header fields of tus 1.0.0, read strictly."""

import binascii
import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime

from asperguide.adapters.http.bodies import ApiRequest, typed
from asperguide.adapters.http.openapi_parts import parameter
from asperguide.adapters.http.problems import MalformedRequest, TusVersionNeeded
from asperguide.media import (
    Checksum,
    NewUpload,
)
from asperguide.media.appending import ALGORITHMS
from asperguide.media.model import bare_type
from asperguide.shared.errors import FieldError, InvalidFields

OFFSET_TYPE = "application/offset+octet-stream"
BINARY = "application/octet-stream"
KEY = re.compile(r"[A-Za-z0-9_.\-]{1,50}")
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+\-]*/[a-z0-9][a-z0-9!#$&^_.+\-]*")
UNNAMED = "unnamed"
METADATA = parameter(
    "header", "Upload-Metadata", "Pairs of a name and a value in Base64, divided by commas: `filename dG91ci5tcDQ=`."
)


def demand_version(request: ApiRequest) -> None:
    """Raises TusVersionNeeded, which tells those there are, unless the caller speaks version 1.0.0."""
    if request.call.headers.get(b"tus-resumable") != b"1.0.0":
        request.call.extra.append((b"tus-version", b"1.0.0"))
        raise TusVersionNeeded


def offset_of(request: ApiRequest) -> int:
    """Upload-Offset. Raises MalformedRequest."""
    return _number(request, b"upload-offset", "Upload-Offset")


def size_of(request: ApiRequest) -> int:
    """Upload-Length. Raises MalformedRequest; a length that is told later is not possible."""
    return _number(request, b"upload-length", "Upload-Length")


def checksum_of(request: ApiRequest) -> Checksum | None:
    """Upload-Checksum, None without one. Raises MalformedRequest also for an algorithm that is not offered."""
    header = request.call.headers.get(b"upload-checksum")
    if header is None:
        return None
    algorithm, _, text = header.decode("latin-1").partition(" ")
    digest = _decoded("Upload-Checksum", text)
    if algorithm not in ALGORITHMS or len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise _malformed("Upload-Checksum", f"One of {', '.join(ALGORITHMS)}, a space, and the checksum in Base64.")
    return Checksum(algorithm=algorithm, digest=digest)


def metadata_of(request: ApiRequest) -> dict[str, str]:
    """Upload-Metadata. Raises MalformedRequest when it is malformed, or holds what is no text."""
    header = request.call.header(b"upload-metadata").strip(" ")
    found: dict[str, str] = {}
    for pair in header.split(",") if header else ():
        key, _, value = pair.strip(" ").partition(" ")
        if not KEY.fullmatch(key) or key in found:
            raise _malformed("Upload-Metadata", "Names of 1 to 50 of `A-Za-z0-9_.-`, each once.")
        try:
            found[key] = _decoded("Upload-Metadata", value.strip(" ")).decode("utf-8")
        except UnicodeDecodeError:
            raise _malformed("Upload-Metadata", "Values of text in UTF-8, encoded in Base64.") from None
    return found


def metadata_text(metadata: Mapping[str, str]) -> str:
    """The same pairs as Upload-Metadata."""
    return ",".join(f"{key} {b64encode(value.encode()).decode()}".rstrip(" ") for key, value in metadata.items())


def file_of(size: int, metadata: Mapping[str, str]) -> NewUpload:
    """The file that is meant, going by the names that clients commonly use. Raises InvalidFields."""
    media_type = bare_type(metadata.get("filetype") or metadata.get("type") or BINARY)
    tags = [tag for tag in (part.strip() for part in metadata.get("tags", "").split(",")) if tag]
    wanted = {
        "name": metadata.get("filename") or metadata.get("name") or UNNAMED,
        "size": size,
        "media_type": media_type if MEDIA_TYPE.fullmatch(media_type) else BINARY,
        "metadata": dict(metadata),
        "transport": "tus",
        "tags": tags,
    }
    wanted.update({name: metadata[name] for name in ("visibility", "purpose") if metadata.get(name)})
    try:
        new: NewUpload = typed(wanted, NewUpload)
    except InvalidFields as error:
        raise InvalidFields(fields=tuple(map(_of_header, error.fields))) from None
    return new


def expires(moment: datetime) -> str:
    """As RFC 9110 writes times."""
    return format_datetime(moment.replace(microsecond=0), usegmt=True)


def _of_header(wrong: FieldError) -> FieldError:
    name = "Upload-Length" if wrong.pointer == "#/size" else "Upload-Metadata"
    return FieldError(pointer=f"header:{name}", code=wrong.code, detail=f"{wrong.pointer[2:]}: {wrong.detail}")


def _number(request: ApiRequest, field: bytes, name: str) -> int:
    text = request.call.headers.get(field, b"")
    if not (text.isdigit() and len(text) <= 18):
        raise _malformed(name, "A whole number of bytes.")
    return int(text)


def _decoded(name: str, text: str) -> bytes:
    try:
        return b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise _malformed(name, "Base64.") from None


def _malformed(name: str, detail: str) -> MalformedRequest:
    wrong = FieldError(pointer=f"header:{name}", code="WRONG_FORMAT", detail=detail)
    return MalformedRequest(f"{name} is malformed.", fields=(wrong,))
