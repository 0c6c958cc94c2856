"""What the headers of images tell without decoding anything, or setting memory aside for it.

Nothing here fails on damaged bytes: what is not to be seen is zero, and left for others to refuse.
"""

import struct


def gif_extent(content: bytes, most: int) -> tuple[int, int, int]:
    """Width and height that hold every frame of the GIF, and how many frames there are; it stops beyond `most`."""
    if len(content) < 13:
        return 0, 0, 0
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    at, frames = 13 + _palette(flags), 0
    while at + 10 <= len(content) and frames <= most:
        if content[at] == 0x21:
            at = _behind_blocks(content, at + 2)
        elif content[at] == 0x2C:
            left, top, wide, high, flags = struct.unpack_from("<HHHHB", content, at + 1)
            width, height, frames = max(width, left + wide), max(height, top + high), frames + 1
            at = _behind_blocks(content, at + 11 + _palette(flags))
        else:
            break
    return width, height, frames


def _palette(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_blocks(content: bytes, at: int) -> int:
    """Blocks of up to 255 bytes, each with its length in front; the last one has none."""
    while at < len(content) and content[at]:
        at += content[at] + 1
    return at + 1


def webp_extent(content: bytes) -> tuple[int, int]:
    """Width and height of the canvas (RFC 9649); zeros when there is none to be seen."""
    kind, data = content[12:16], content[20:30]
    if len(data) < 10:
        return 0, 0
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (4, 7))
        return width, height
    if kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 6)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


def jpeg_scans(content: bytes) -> int:
    """How often the JPEG begins a pass over the whole image; those of thumbnails inside its metadata count too.

    No other bytes look like that: within a pass 0xFF is always followed by 0 or by a restart marker.
    """
    return content.count(b"\xff\xda")


def jpeg_extent(content: bytes) -> tuple[int, int]:
    """Width and height by the first frame header (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        at += 2 + length
    return 0, 0
