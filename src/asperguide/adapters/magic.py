"""Types of files by what their bytes begin with: only what is accepted is known here, everything else is none.

Why this is no library: docs/adr/0037. Browsers guess from the first 1445 bytes (mimesniff.spec.whatwg.org) and readers
of PDF look for it in the first 1024, so that is where something else inside an image or sound would do harm.
"""

import codecs
import re
import struct
from collections.abc import Callable

from asperguide.media.ports import TypeDetector
from asperguide.shared.storage import BINARY

HEAD = 64 * 1024
SNIFFED = 1445
FIRST_IN_PDF = 1024

OTHER_NAMES = {
    "application/ogg": "audio/ogg",
    "application/x-zip-compressed": "application/zip",
    "audio/m4a": "audio/mp4",
    "audio/mp3": "audio/mpeg",
    "audio/opus": "audio/ogg",
    "audio/vnd.wave": "audio/wav",
    "audio/vorbis": "audio/ogg",
    "audio/wave": "audio/wav",
    "audio/x-aac": "audio/aac",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/mp4",
    "audio/x-wav": "audio/wav",
    "image/apng": "image/png",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/tif": "image/tiff",
    "image/x-ms-bmp": "image/bmp",
    "image/x-png": "image/png",
    "video/avi": "video/x-msvideo",
    "video/m4v": "video/mp4",
    "video/mov": "video/quicktime",
    "video/msvideo": "video/x-msvideo",
    "video/vnd.avi": "video/x-msvideo",
    "video/x-m4v": "video/mp4",
    "video/x-matroska": "video/matroska",
    "application/x-pdf": "application/pdf",
    "text/json": "application/json",
}
"""Names that senders use for types, and the one that is kept."""

TOLD_BY_SENDER = {
    "text/plain": {"text/csv", "application/json"},
    "text/vtt": {"text/plain"},
    "video/mp4": {"audio/mp4"},
    "video/webm": {"audio/webm"},
}
"""What the bytes begin with alike, so that the sender's word is kept: whether there is a picture with the sound."""

NEXT_OF_KIN = (
    {"video/mp4", "video/quicktime", "audio/mp4"},
    {"video/webm", "video/matroska"},
    {"image/heic", "image/heif"},
    {"application/zip", "model/vnd.usdz+zip"},
)
"""Types that are honestly taken for one another; what was found is kept."""

ACCEPTED = frozenset(
    {
        *("image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff"),
        *("image/avif", "image/heic", "image/heif"),
        *("video/mp4", "video/quicktime", "video/webm", "video/matroska", "video/x-msvideo", "video/mp2t"),
        *("audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/wav", "audio/flac", "audio/webm"),
        *("application/pdf", "application/zip", "model/gltf-binary", "model/vnd.usdz+zip"),
        *("text/plain", "text/csv", "text/vtt", "application/json"),
    }
)

MARKUP = re.compile(
    rb"<\s*(?:!doctype|!entity|!--|!\[cdata|\?xml|\?php|\?=|%|/?(?:html|head|title|body|script|style|svg|math|iframe|frame"
    rb"|object|embed|applet|img|image|video|audio|link|meta|base|form|input|button|table|div|span|font|br|h1|p|a|template"
    rb"|xsl:\w+|rss|feed|kml|plist)[\s>/])|javascript:",
    re.IGNORECASE,
)
PAGE = re.compile(rb"<\s*(?:!doctype\s+html|html|head|script|body|iframe|svg|\?php)[\s>/]", re.IGNORECASE)
ARCHIVES = ("application/zip", "model/vnd.usdz+zip")
NOT_IN_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
PROGRAM_IN_ZIP = re.compile(rb"META-INF/MANIFEST\.MF|AndroidManifest\.xml|classes\.dex")

IMAGE_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
}
OTHER_BRANDS = {b"qt  ": "video/quicktime", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4"}
VIDEO_BRANDS = re.compile(rb"isom|iso[2-9]|mp4[12]|avc1|M4V[ HP]|MSNV|dash|f4v |XAVC|3gp[4-7]")
OLD_QUICKTIME = (b"moov", b"mdat", b"wide")

OGG_SOUNDS = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")
BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)


class MagicTypes(TypeDetector):
    """A table of the formats that are accepted. Formats that hold others are refused where one would be taken for it.

    Told: a page, a PDF or an archive near the beginning of something else, markup in text, programs in archives. Not
    told: what comes behind the first 64 KiB, such as an archive at the end of an image.
    """

    def detect(self, head: bytes) -> str | None:
        """The type, if all formats that begin so agree with how the rest of the head looks."""
        for look in FORMATS:
            if (found := look(head)) is not None:
                return None if _is_something_else_too(head, found) else found
        return "text/plain" if _is_text(head) else None

    def accepts(self, declared: str) -> bool:
        """By the table; also under the names that people use for these types."""
        return declared == BINARY or OTHER_NAMES.get(declared, declared) in ACCEPTED

    def agree(self, declared: str, found: str) -> str | None:
        """What was found, or the sender's word where the bytes cannot tell."""
        declared = OTHER_NAMES.get(declared, declared)
        if declared in TOLD_BY_SENDER.get(found, ()):
            return declared
        if declared in (found, BINARY) or any({declared, found} <= kin for kin in NEXT_OF_KIN):
            return found
        return None


def _is_something_else_too(head: bytes, found: str) -> bool:
    begins = head[4:]
    if b"%PDF-" in begins[:FIRST_IN_PDF] and found != "application/pdf":
        return True
    if found in ARCHIVES:
        return False
    return b"PK\3\4" in begins[:64] or PAGE.search(begins[:SNIFFED]) is not None


def _is_text(head: bytes) -> bool:
    """UTF-8 that people can read, and that neither a browser nor a shell would run."""
    text = head.removeprefix(codecs.BOM_UTF8)
    if not text or text.startswith(b"#!") or NOT_IN_TEXT.search(text) or MARKUP.search(text):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(text, final=len(head) < HEAD)
    except UnicodeDecodeError:
        return False
    return True


def _simple(head: bytes) -> str | None:
    """Formats whose first bytes leave no doubt."""
    if head[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if head[:8] == b"\x89PNG\r\n\x1a\n" and head[12:16] == b"IHDR":
        return "image/png"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head[:4] == b"fLaC":
        return "audio/flac"
    if head[:5] == b"%PDF-":
        return "application/pdf"
    if head[:8] == b"glTF\2\0\0\0":
        return "model/gltf-binary"
    return None


def _tiff(head: bytes) -> str | None:
    """TIFF, but not Canon's raw format, which begins alike."""
    return "image/tiff" if head[:4] in (b"II*\0", b"MM\0*") and head[8:10] != b"CR" else None


def _bmp(head: bytes) -> str | None:
    if len(head) < 18 or head[:2] != b"BM" or head[6:10] != bytes(4):
        return None
    return "image/bmp" if struct.unpack_from("<I", head, 14)[0] in BMP_HEADERS else None


def _riff(head: bytes) -> str | None:
    kinds = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
    return kinds.get(head[8:12]) if head[:4] == b"RIFF" else None


def _boxes(head: bytes) -> str | None:
    """What is built of ISO boxes tells by its brands (ISO/IEC 14496-12, 23008-12); QuickTime once had none."""
    if len(head) < 16:
        return None
    if head[4:8] != b"ftyp":
        size = struct.unpack_from(">I", head)[0]
        return "video/quicktime" if head[4:8] in OLD_QUICKTIME and (size == 1 or size >= 8) else None
    size = min(struct.unpack_from(">I", head)[0], 512)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    if brands[0] in IMAGE_BRANDS:
        exact = [IMAGE_BRANDS[brand] for brand in brands if brand in IMAGE_BRANDS]
        return next((found for found in exact if found != "image/heif"), "image/heif")
    if brands[0] in OTHER_BRANDS:
        return OTHER_BRANDS[brands[0]]
    return "video/mp4" if any(VIDEO_BRANDS.fullmatch(brand) for brand in brands) else None


def _ebml(head: bytes) -> str | None:
    """Matroska and its part that is WebM, by the document type in the first 100 bytes (RFC 8794, 9559)."""
    if head[:4] != b"\x1aE\xdf\xa3":
        return None
    found = re.search(rb"\x42\x82[\x80-\xff](webm|matroska)", head[:100])
    if found is None:
        return None
    return "video/webm" if found[1] == b"webm" else "video/matroska"


def _ogg(head: bytes) -> str | None:
    """Sounds only: the first packet of the first page says which (RFC 3533)."""
    if head[:5] != b"OggS\0" or len(head) < 36:
        return None
    first = head[27 + head[26] :]
    return "audio/ogg" if first.startswith(OGG_SOUNDS) else None


def _transport_stream(head: bytes) -> str | None:
    """Packets of 188 bytes that all begin alike (ISO/IEC 13818-1)."""
    marks = head[: 188 * 5 : 188]
    return "video/mp2t" if len(marks) == 5 and marks == b"G" * 5 else None


def _mpeg_sound(head: bytes) -> str | None:
    """Behind tags, two frames in a row (ISO/IEC 11172-3, 13818-7); with pictures in the tags they are out of sight."""
    at = _behind_tags(head)
    if at > 0 and at + 4 > len(head):
        return "audio/mpeg" if len(head) >= HEAD else None
    for length, found in ((_mp3_frame, "audio/mpeg"), (_adts_frame, "audio/aac")):
        first = length(head, at)
        if first and length(head, at + first):
            return found
    return "audio/flac" if at > 0 and head[at : at + 4] == b"fLaC" else None


def _behind_tags(head: bytes) -> int:
    if head[:3] != b"ID3" or len(head) < 10 or any(byte & 0x80 for byte in head[6:10]):
        return 0
    at = 10 + sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    padding = len(head) - at - len(head[at:].lstrip(b"\0"))
    return at + max(padding, 0)


BIT_RATES = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second by version and layer."""


def _mp3_frame(head: bytes, at: int) -> int:
    """The length of the frame of layer III (or II, I) that begins there; 0 when none does."""
    if at + 4 > len(head) or head[at] != 0xFF or head[at + 1] & 0xE0 != 0xE0:
        return 0
    version, layer = (head[at + 1] >> 3) & 3, 4 - ((head[at + 1] >> 1) & 3)
    rate, sampling = head[at + 2] >> 4, (head[at + 2] >> 2) & 3
    if version == 1 or layer == 4 or rate in (0, 15) or sampling == 3:
        return 0
    hertz = (44100, 48000, 32000)[sampling] >> {3: 0, 2: 1, 0: 2}[version]
    bits = BIT_RATES[1 if version == 3 else 2, layer][rate - 1] * 1000
    padding = (head[at + 2] >> 1) & 1
    if layer == 1:
        return (12 * bits // hertz + padding) * 4
    samples = 72 if layer == 3 and version != 3 else 144
    return samples * bits // hertz + padding


def _adts_frame(head: bytes, at: int) -> int:
    """The length of the AAC frame that begins there; 0 when none does."""
    if at + 7 > len(head) or head[at] != 0xFF or head[at + 1] & 0xF6 != 0xF0 or (head[at + 2] >> 2) & 15 > 12:
        return 0
    length = (head[at + 3] & 3) << 11 | head[at + 4] << 3 | head[at + 5] >> 5
    return length if length >= 7 else 0


def _zip(head: bytes) -> str | None:
    """An archive that holds no program; a USDZ when its first entry, stored as it is, is a scene."""
    if head[:4] != b"PK\3\4" or len(head) < 30 or PROGRAM_IN_ZIP.search(head):
        return None
    method, length = struct.unpack_from("<H", head, 8)[0], struct.unpack_from("<H", head, 26)[0]
    scene = head[30 : 30 + length].lower().endswith((b".usd", b".usda", b".usdc"))
    return "model/vnd.usdz+zip" if scene and method == 0 else "application/zip"


def _captions(head: bytes) -> str | None:
    """WebVTT begins with its name; tags of its own are fine, those of pages are not."""
    begins = re.match(rb"(?:\xef\xbb\xbf)?WEBVTT(?:[ \t\r\n]|$)", head)
    return "text/vtt" if begins and _is_text(head) else None


FORMATS: tuple[Callable[[bytes], str | None], ...] = (
    _simple, _tiff, _bmp, _riff, _boxes, _ebml, _ogg, _zip, _captions, _mpeg_sound, _transport_stream,
)  # fmt: skip
