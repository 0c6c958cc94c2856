"""Looking at images, and making others of them; both in whatever thread they are called."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms

from asperguide.adapters.pillow.opening import TURNED, OpenImage, damaged, opened
from asperguide.media.ports import Picture

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What puts an image upright, by its EXIF orientation."""

ANIMATED = ("image/webp", "image/gif")
GAP = 2.0
"""How many times larger than needed an image is decoded, or shrunk roughly, before it is resampled well."""

Size = tuple[int, int]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of `Images.render`."""

    width: int
    height: int
    cover: bool
    media_type: str
    quality: int

    def cut(self, shown: Size) -> tuple[Box, Size]:
        """Which part of an upright image of this size is taken, and how large it becomes; never larger than it is."""
        wide, high = shown
        by_width, by_height = self.width / wide, self.height / high
        scale = max(by_width, by_height) if self.cover else min(by_width, by_height)
        part_wide = min(wide, self.width / scale) if self.cover else wide
        part_high = min(high, self.height / scale) if self.cover else high
        left, top = (wide - part_wide) / 2, (high - part_high) / 2
        scale = min(scale, 1.0)
        size = max(round(part_wide * scale), 1), max(round(part_high * scale), 1)
        return (left, top, left + part_wide, top + part_high), size


def inspect(content: bytes) -> Picture:
    """Decodes all of it: only then is it known to be whole."""
    with opened(content) as image, damaged():
        size = image.file.size
        if image.media_type == "image/jpeg":
            image.file.draft(None, (1, 1))  # every byte is read all the same, at a fraction of the arithmetic
        for frame in range(image.frames):
            image.file.seek(frame)
            image.file.load()
        width, height = reversed(size) if image.orientation in TURNED else size
        return Picture(media_type=image.media_type, width=width, height=height, frames=image.frames)


def render(content: bytes, wanted: Wanted) -> bytes:
    """One image of another, or one animation of another."""
    with opened(content) as image:
        if image.frames > 1 and wanted.media_type in ANIMATED:
            return _encoded_animation(_Animation(image, wanted), wanted)
        return _encoded(made(image, wanted), wanted)


def made(image: OpenImage, wanted: Wanted) -> Image.Image:
    """The frame that the file is at: upright, cut, resampled, in sRGB, and without anything beside its pixels."""
    file = image.file
    with damaged():
        if image.media_type == "image/jpeg":
            _draft(file, wanted)
        file.load()
        profile, turn = file.info.get("icc_profile"), TURNS.get(image.orientation)
        frame = _plain(file)
        if turn is not None:
            frame = frame.transpose(turn)
        box, size = wanted.cut(frame.size)
        if size != frame.size:
            frame = frame.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=GAP)
        frame = _in_srgb(frame, profile)
    frame.info = {}
    return frame


def _draft(file: Any, wanted: Wanted) -> None:
    """Have a JPEG decoded at 1/2, 1/4 or 1/8 when that is more than enough; turned or not does not matter."""
    longest = max(file.size)
    _, upright = wanted.cut(file.size)
    _, turned = wanted.cut((file.size[1], file.size[0]))
    needed = max(*upright, *turned)
    if wanted.cover:
        needed = max(needed, round(max(wanted.width, wanted.height) * longest / min(file.size)))
    if needed * GAP < longest:
        scale = needed * GAP / longest
        file.draft(None, (max(int(file.size[0] * scale), 1), max(int(file.size[1] * scale), 1)))


def _plain(file: Image.Image) -> Image.Image:
    """The pixels in a mode that can be resampled and has all that there is: L, RGB, RGBA or CMYK."""
    if file.mode.startswith("I"):
        return _from_wide(file)
    if file.mode == "F":
        return file.point(lambda value: value * (255 if _is_part_of_one(file) else 1)).convert("L")
    if file.has_transparency_data:
        return file.convert("RGBA")
    if file.mode in ("L", "RGB", "CMYK"):
        return file
    return file.convert("L" if file.mode == "1" else "RGB")


def _is_part_of_one(file: Image.Image) -> bool:
    """Whether floating-point greys reach from 0 to 1, as most programs write them, and not to 255."""
    _, highest = file.getextrema()
    return isinstance(highest, (int, float)) and highest <= 1


def _from_wide(file: Image.Image) -> Image.Image:
    """Greys of 16 bits: the upper half of them."""
    wide = file if file.mode == "I" else file.convert("I")
    return wide.point(lambda value: value * (1 / 256)).convert("L")


def _in_srgb(frame: Image.Image, profile: bytes | None) -> Image.Image:
    """By the profile that is embedded; without one, or with one that makes no sense, the colours are taken for sRGB."""
    mode = "RGBA" if frame.mode == "RGBA" else "RGB"
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(frame, source, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
        else:
            return converted or frame
    return frame if frame.mode in ("L", "RGB", "RGBA") else frame.convert(mode)


class _Animation(Image.Image):
    """Frames that are made when they are asked for, as Pillow's encoders do it one after the other."""

    def __init__(self, image: OpenImage, wanted: Wanted) -> None:
        super().__init__()
        self._source, self._wanted = image, wanted
        self._at = -1
        self.n_frames, self.is_animated = image.frames, True
        self.durations: list[int] = []
        self.loop = image.file.info.get("loop", 1 if image.media_type == "image/gif" else 0)
        self.seek(0)

    def seek(self, frame: int) -> None:
        """Make that frame the picture."""
        if frame == self._at:
            return
        if not 0 <= frame < self.n_frames:
            raise EOFError
        with damaged():
            self._source.file.seek(frame)
        shown = made(self._source, self._wanted)
        shown = shown if shown.mode in ("RGB", "RGBA") else shown.convert("RGB")
        self.im, self._mode, self._size, self._at = shown.im, shown.mode, shown.size, frame
        if frame == len(self.durations):
            self.durations.append(int(self._source.file.info.get("duration") or 100))

    def tell(self) -> int:
        """The number of the frame that is the picture."""
        return self._at


def _encoded_animation(animation: _Animation, wanted: Wanted) -> bytes:
    """Without a background: what is behind a frame shines through."""
    options: dict[str, Any] = {"save_all": True, "duration": animation.durations, "loop": animation.loop}
    if wanted.media_type == "image/webp":
        options |= {"quality": wanted.quality, "method": 0}
    return _saved(animation, wanted.media_type, options)


def _encoded(frame: Image.Image, wanted: Wanted) -> bytes:
    match wanted.media_type:
        case "image/webp":
            return _saved(frame, "image/webp", {"quality": wanted.quality, "method": 4 if _is_small(frame) else 1})
        case "image/jpeg":
            options = {"quality": wanted.quality, "optimize": True, "progressive": True}
            return _saved(on_white(frame), "image/jpeg", options)
        case "image/avif":
            return _saved(frame, "image/avif", {"quality": wanted.quality, "speed": 8, "max_threads": 1})
        case "image/png":
            return _saved(frame, "image/png", {"compress_level": 6 if _is_small(frame) else 3})
        case "image/gif":
            return _saved(frame, "image/gif", {})
        case other:
            raise ValueError(other)


def _is_small(frame: Image.Image) -> bool:
    """Whether to take trouble over it; of what is larger only one is made now and then, and a few bytes matter less."""
    return frame.width * frame.height <= 1_000_000


def on_white(frame: Image.Image) -> Image.Image:
    """What has no transparency needs something behind what had."""
    if frame.mode != "RGBA":
        return frame
    behind = Image.new("RGB", frame.size, "white")
    behind.paste(frame, mask=frame.getchannel("A"))
    return behind


def _saved(image: Image.Image, media_type: str, options: dict[str, Any]) -> bytes:
    content = BytesIO()
    image.save(content, media_type.rpartition("/")[2].upper(), **options)
    return content.getvalue()
