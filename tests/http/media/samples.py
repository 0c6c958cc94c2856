"""Files to send, good and bad, and ways to send them."""

import hashlib
import struct
import zlib
from typing import Any

from tests.http.identity.api import Api

BINARY = "application/octet-stream"


def png(width: int = 4, height: int = 3, *, salt: bytes = b"", size: int = 0) -> bytes:
    """A whole PNG, different for any other salt; filled up to `size` bytes when that is more."""
    rows = b"".join(b"\x00" + bytes(3 * width) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    text = _chunk(b"tEXt", b"Comment\x00" + salt.hex().encode())
    end = _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    start = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + text
    missing = size - len(start) - len(end)
    filling = _chunk(b"tEXt", b"Filling\x00" + b"x" * (missing - 20)) if missing > 20 else b""
    return start + filling + end


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def sha256(content: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content).hexdigest()


async def put(
    api: Api,
    token: str | None,
    content: Any = None,
    name: str = "Tour.png",
    media_type: str = "image/png",
    **query: str,
) -> Any:
    """The answer to a file that is sent as it is."""
    body = png() if content is None else content
    params = {"name": name, **query}
    return await api("PUT", "/files", token, params=params, content=body, headers={"content-type": media_type})


async def kept(api: Api, token: str, content: bytes | None = None, **told: str) -> dict[str, Any]:
    """A file that is ready."""
    answer = await put(api, token, content, **told)
    assert answer.status_code == 201, answer.text
    file: dict[str, Any] = answer.json()
    assert file["state"] == "ready", file
    return file
