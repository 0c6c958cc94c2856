"""Images for tests: sizes, frames and orientation as they are, and no pictures."""

import json
import struct
import zlib
from collections.abc import Iterator

from asperguide.adapters.headers import gif_extent, jpeg_extent, webp_extent
from asperguide.adapters.magic import HEAD, MagicTypes
from asperguide.media.errors import TooManyImages
from asperguide.media.ports import Images, Picture, Refusal

HEADS = {
    "image/webp": b"RIFF\0\0\0\0WEBP",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "image/avif": b"\0\0\0\x14ftypavif\0\0\0\0mif1",
    "image/gif": b"GIF89a",
}
TOY = b"\nmade in memory "
END = b"\nend"
ENDS = {"image/jpeg": b"\xff\xd9", "image/gif": b";", "image/png": b"IEND\xaeB`\x82"}

MOST_PIXELS, MOST_FRAMES, LONGEST_SIDE = 25_000_000, 1000, 16_383
TURNED = (5, 6, 7, 8)


class MemoryImages(Images):
    """Reads the headers of PNG, GIF, JPEG and WebP, and its own work: the head of a type, and what is said of it.

    `busy` makes every call find no place.
    """

    def __init__(self) -> None:
        self.busy = False

    async def inspect(self, content: bytes) -> Picture:
        """By the header, and whether the end is there."""
        if self.busy:
            raise TooManyImages
        picture = _picture(content)
        pixels = picture.width * picture.height
        if pixels > MOST_PIXELS or picture.frames > MOST_FRAMES or max(picture.width, picture.height) > LONGEST_SIDE:
            raise Refusal("The image is too large.")
        if min(pixels, picture.frames) < 1:
            raise Refusal("The image is damaged.")
        return picture

    async def render(
        self, content: bytes, *, width: int, height: int, cover: bool, media_type: str, quality: int
    ) -> bytes:
        """The same content wanted in the same way gives the same bytes; another quality gives others."""
        if media_type not in HEADS or min(width, height) < 1 or not 1 <= quality <= 100:
            raise ValueError("no image is like that")
        picture = await self.inspect(content)
        wide, high = picture.width, picture.height
        if cover:
            scale = min(max(width / wide, height / high), 1.0)
            size = min(width, round(wide * scale)), min(height, round(high * scale))
            if scale == 1.0:  # too small to fill it: as much of it as has that shape
                shape = min(wide / width, high / height)
                size = round(width * shape), round(height * shape)
        else:
            scale = min(width / wide, height / high, 1.0)
            size = max(round(wide * scale), 1), max(round(high * scale), 1)
        frames = picture.frames if media_type in ("image/webp", "image/gif") else 1
        said = {"of": zlib.crc32(content), "size": size, "frames": frames, "quality": quality}
        return HEADS[media_type] + TOY + json.dumps(said).encode() + END


def _picture(content: bytes) -> Picture:
    media_type = MagicTypes().detect(content[:HEAD]) or ""
    head = HEADS.get(media_type)
    if head is None or (not content.endswith(ENDS.get(media_type, b"")) and not content.endswith(END)):
        raise Refusal("This is no image, or damaged.")
    if content.startswith(head + TOY):
        said = json.loads(content[len(head + TOY) : -len(END)])
        return Picture(media_type=media_type, width=said["size"][0], height=said["size"][1], frames=said["frames"])
    width, height, frames = _extent(media_type, content)
    return Picture(media_type=media_type, width=width, height=height, frames=frames)


def _extent(media_type: str, content: bytes) -> tuple[int, int, int]:
    match media_type:
        case "image/gif":
            return gif_extent(content, MOST_FRAMES)
        case "image/jpeg":
            return (*jpeg_extent(content), 1)
        case "image/webp" if len(content) >= 8 + int.from_bytes(content[4:8], "little"):
            return (*webp_extent(content), 1)
        case "image/png":
            return _png_extent(content)
        case _:
            raise Refusal("The image is damaged.")


def _png_extent(content: bytes) -> tuple[int, int, int]:
    width = height = 0
    turned = False
    for kind, data in _png_chunks(content):
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", data)
        elif kind == b"eXIf":
            turned = any(data.find(b"\x01\x12\0\3\0\0\0\1\0" + bytes([value])) >= 0 for value in TURNED)
    return (height, width, 1) if turned else (width, height, 1)


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        data, checksum = content[at + 8 : at + 8 + length], content[at + 8 + length : at + 12 + length]
        if int.from_bytes(checksum, "big") != zlib.crc32(kind + data):
            break
        yield kind, data
        at += 12 + length
    if at != len(content):
        raise Refusal("The image is damaged.")
