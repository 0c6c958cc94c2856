"""How large everything is made: even numbers of pixels, never more than the source has."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

RUNGS = (360, 720, 1080)
POSTER_SIDE = 1280
SPRITE_SIDE = 160
MOST_SPRITES = 100
COLUMNS = 10


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels."""

    width: int
    height: int


THUMBNAILS = (Size(150, 112), Size(320, 240), Size(640, 480))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A rendition; `name` is of its shorter side, as people call it: 720p."""

    name: str
    size: Size
    kilobits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sprites:
    """Small pictures in one large one, one for every so many seconds, row by row."""

    every: int
    count: int
    columns: int
    rows: int
    size: Size


def even(pixels: float) -> int:
    """The nearest even number, at least 2: H.264 with 4:2:0 has colours for every second pixel only."""
    return max(2, 2 * round(pixels / 2 - 1e-9))


def scaled(width: int, height: int, factor: float) -> Size:
    """So many times as large."""
    return Size(even(width * factor), even(height * factor))


def within(width: int, height: int, side: int) -> Size:
    """The same shape with no side longer than this."""
    return scaled(width, height, min(1.0, side / max(width, height)))


def covering(width: int, height: int, target: Size) -> Size:
    """The same shape, just large enough to cut the target out of it."""
    size = scaled(width, height, max(target.width / width, target.height / height))
    return Size(max(size.width, target.width), max(size.height, target.height))


def rungs_of(width: int, height: int) -> Sequence[Rung]:
    """The renditions of a source: 360p, 720p and 1080p as far as it has so many pixels, else one of its own size."""
    short = min(width, height)
    sides = [side for side in RUNGS if side <= short] or [short - short % 2 or 2]
    return [_rung(width, height, side, side / short) for side in sides]


def _rung(width: int, height: int, side: int, factor: float) -> Rung:
    size = scaled(width, height, factor)
    pixels = size.width * size.height
    return Rung(name=f"{side}p", size=size, kilobits=max(300, round(pixels / 345.6)))


def sprites_of(width: int, height: int, seconds: float) -> Sprites:
    """At most a hundred, and at most one a second."""
    every = max(1, ceil(seconds / MOST_SPRITES))
    count = max(1, ceil(seconds / every))
    columns = min(COLUMNS, count)
    size = within(width, height, SPRITE_SIDE)
    return Sprites(every=every, count=count, columns=columns, rows=ceil(count / columns), size=size)


def thumbnail_name(size: Size) -> str:
    """What a thumbnail is called."""
    return f"thumbnail_{size.width}x{size.height}.webp"
