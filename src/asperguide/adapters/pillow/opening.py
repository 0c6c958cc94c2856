"""Opening images of strangers: from the header alone, with everything refused that would cost too much to decode."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import ExifTags, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif.as_plugin import HeifImageFile

from asperguide.adapters.headers import gif_extent, jpeg_scans, webp_extent
from asperguide.adapters.magic import HEAD, MagicTypes
from asperguide.media.ports import Refusal

MOST_BYTES = 64 * 1024 * 1024
MOST_PIXELS = 25_000_000
MOST_FRAMES = 1000
MOST_IN_ALL_FRAMES = 100_000_000
LONGEST_SIDE = 16_383
"""Pixels: WebP has no more."""
MOST_SCANS = 100
"""Passes of a progressive JPEG. Encoders make about ten; each costs a walk over the whole image."""
MOST_BESIDE = 4 * 1024 * 1024
"""Bytes of profiles, EXIF, comments and the like."""

BROKEN = "The image is damaged or incomplete."
TOO_LARGE = "The image is too large: at most 25 megapixels, and 16383 pixels a side."
TOO_LONG = "The animation is too long: at most 1000 frames, and 100 megapixels in all of them."
TOO_MUCH_BESIDE = "There is too much beside the picture in this file."

OPENERS: Mapping[str, Callable[[BytesIO], ImageFile.ImageFile]] = {
    "image/avif": AvifImageFile,
    "image/bmp": BmpImageFile,
    "image/gif": GifImageFile,
    "image/heic": HeifImageFile,
    "image/heif": HeifImageFile,
    "image/jpeg": JpegImageFile,
    "image/png": PngImageFile,
    "image/tiff": TiffImageFile,
    "image/webp": WebPImageFile,
}
"""One class each, so that nothing is registered with Pillow and no limit of its own is changed for others."""

MOVING = ("image/avif", "image/gif", "image/png", "image/webp")
"""Of other types the first picture is taken."""

TURNED = (5, 6, 7, 8)
"""EXIF orientations in which width and height change places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenImage:
    """An image whose header was read and found bearable."""

    media_type: str
    file: ImageFile.ImageFile
    frames: int

    @property
    def orientation(self) -> int:
        """That of EXIF, 1 when upright. PNG may say so behind the pixels, and Pillow itself turns TIFF."""
        return 1 if self.media_type == "image/tiff" else _orientation(self.file)


@contextmanager
def damaged() -> Iterator[None]:
    """Whatever Pillow raises over hostile bytes, and it is nearly everything, is a Refusal."""
    try:
        yield
    except (Refusal, MemoryError):
        raise
    except Exception as error:
        raise Refusal(BROKEN) from error


@contextmanager
def opened(content: bytes) -> Iterator[OpenImage]:
    """The image, not decoded yet. Raises Refusal."""
    media_type = MagicTypes().detect(content[:HEAD]) or ""
    if media_type not in OPENERS:
        raise Refusal("This is no image that can be shown.")
    _check_before(media_type, content)
    with damaged():
        file = OPENERS[media_type](BytesIO(content))
    with file:
        yield _checked(media_type, file, content)


def _check_before(media_type: str, content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise Refusal("The image is too large: at most 64 MiB.")
    if media_type == "image/gif":
        width, height, frames = gif_extent(content, MOST_FRAMES)
        _check_extent(width, height, frames)
    elif media_type == "image/webp":
        _check_extent(*webp_extent(content), 1)
    elif media_type == "image/jpeg" and jpeg_scans(content) > MOST_SCANS:
        raise Refusal("The image is put together of too many passes.")


def _checked(media_type: str, file: ImageFile.ImageFile, content: bytes) -> OpenImage:
    with damaged():
        if media_type == "image/gif":
            frames = gif_extent(content, MOST_FRAMES)[2]
        else:
            frames = getattr(file, "n_frames", 1) if media_type in MOVING else 1
        _check_extent(*file.size, frames)
        if sum(_weight(value) for value in file.info.values()) > MOST_BESIDE:
            raise Refusal(TOO_MUCH_BESIDE)
        return OpenImage(media_type=media_type, file=file, frames=frames)


def _check_extent(width: int, height: int, frames: int) -> None:
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise Refusal(TOO_LARGE)
    if frames > MOST_FRAMES or (frames > 1 and width * height * frames > MOST_IN_ALL_FRAMES):
        raise Refusal(TOO_LONG)
    if min(width, height, frames) < 1:
        raise Refusal(BROKEN)


def _weight(value: Any) -> int:
    return len(value) if isinstance(value, (bytes, str)) else 0


def _orientation(file: ImageFile.ImageFile) -> int:
    """EXIF that cannot be read says nothing."""
    try:
        found = file.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:
        return 1
    return found if found in range(2, 9) else 1
