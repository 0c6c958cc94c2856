"""Pieces that the routes of media share: tags, examples, refusals, and how things are told in OpenAPI."""

from asperguide.adapters.http.openapi_parts import BINARY, header, parameter
from asperguide.media.errors import FileTooLarge, InvalidFile, QuotaExceeded, TypeRefused
from asperguide.shared.errors import StorageUnavailable

UPLOADS = ["uploads"]
FILES = ["files"]
NEW = (QuotaExceeded, FileTooLarge, TypeRefused, InvalidFile, StorageUnavailable)
"""What any way of sending a new file can be refused with."""

ID = "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10"
FILE = {
    "id": ID,
    "owner": "0199a7c1-1f2e-7d3c-8b4a-5e6f70819203",
    "name": "Führung durch O'Neil's Garten.png",
    "size": 48_213,
    "media_type": "image/png",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "width": 1280,
    "height": 720,
    "frames": 1,
    "state": "ready",
    "refusal": None,
    "visibility": "private",
    "purpose": "cover",
    "tags": ["garden"],
    "metadata": {},
    "source": None,
    "created_at": "2026-01-19T10:30:00Z",
    "updated_at": "2026-01-19T10:30:01Z",
    "deleted_at": None,
    "version": 3,
}
AWAITED = {**FILE, "state": "awaiting", "sha256": None, "width": None, "height": None, "frames": None, "version": 1}
UPLOAD = {
    "id": ID,
    "transport": "direct",
    "size": 48_213,
    "offset": 0,
    "part_size": None,
    "complete": False,
    "created_at": "2026-01-19T10:30:00Z",
    "expires_at": "2026-01-20T10:30:00Z",
}
NEW_UPLOAD = {
    "name": "Führung durch O'Neil's Garten.png", "size": 48_213, "media_type": "image/png", "visibility": "private",
    "purpose": "cover", "tags": ["garden"],
}  # fmt: skip
STARTED = {
    "file": AWAITED,
    "upload": UPLOAD,
    "send": {
        "method": "PUT",
        "url": f"https://storage.example.org/asperguide/quarantine/{ID}?X-Amz-Signature=5d1f",
        "headers": {"content-type": "image/png"},
    },
}
BYTES = {"application/octet-stream": {"schema": BINARY}}

INLINE = parameter(
    "query", "inline", "Have it shown instead of saved, if its type is a picture, video or sound.", type="boolean"
)
READING = (
    parameter("header", "Range", "The part that is wanted. Several at once are answered with all of it."),
    parameter("header", "If-Range", "The part is only wanted of this very ETag, else all of it."),
    parameter("header", "If-Match", "Nothing is wanted of any other ETag."),
    parameter("header", "If-None-Match", "The ETag you have: 304 when it is still current."),
)


READ = {
    200: {
        "description": "All of it.",
        "headers": {
            "ETag": header("The checksum of the bytes."),
            "Accept-Ranges": header("`bytes`."),
            "Content-Disposition": header("The name, and whether to save or to show it (RFC 6266)."),
        },
        "content": BYTES,
    },
    206: {
        "description": "The part that was asked for.",
        "headers": {"ETag": header("The checksum of all bytes."), "Content-Range": header("Which part it is.")},
        "content": BYTES,
    },
    304: {"description": "What you have is still current.", "headers": {"ETag": header("The checksum of the bytes.")}},
}
