"""Small grey copies of pictures, which is what trackers of images look at."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from asperguide.adapters.pillow.opening import TURNED, opened
from asperguide.adapters.pillow.rendering import Wanted, made, on_white

LONGEST = 640
"""Pixels of a copy's longer side: what a camera has of a print that it is held to."""
AS_COPY = Wanted(width=LONGEST, height=LONGEST, cover=False, media_type="image/png", quality=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class GreyCopy:
    """A picture in greys, upright, on white where it is clear; `width` and `height` are those of the picture."""

    width: int
    height: int
    pixels: Image.Image


def grey_copy(content: bytes, check: Callable[[int, int], None]) -> GreyCopy:
    """Of an animation the first frame. Raises Refusal.

    `check` gets both sides, in whatever order, before anything is decoded.
    """
    with opened(content) as image:
        width, height = image.file.size
        check(width, height)
        frame = made(image, AS_COPY)
        if image.orientation in TURNED:
            width, height = height, width
        return GreyCopy(width=width, height=height, pixels=on_white(frame).convert("L"))
