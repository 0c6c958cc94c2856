"""Pictures as people print them, made by rule: clouds of noise with shapes on top."""

import io
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw


@cache
def photo(seed: int = 1, width: int = 1200, height: int = 900, shapes: int = 260) -> Image.Image:
    """As rich in details as a good photo; another one for each seed."""
    chance = np.random.default_rng(seed)
    light = sum(_cloud(chance, 2**octave, width, height) / 2 ** (0.7 * octave) for octave in range(2, 9))
    light = (light - np.min(light)) / np.ptp(light) * 255
    planes = [Image.fromarray(np.roll(light, 37 * plane, axis=1).astype(np.uint8)) for plane in range(3)]
    picture = Image.merge("RGB", planes)
    pen = ImageDraw.Draw(picture)
    for _ in range(shapes):
        _draw_shape(pen, chance, width, height)
    return picture


def _cloud(chance: np.random.Generator, cells: int, width: int, height: int) -> Any:
    rough = Image.fromarray(chance.random((cells, cells)).astype(np.float32) * 255)
    return np.asarray(rough.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float64)


def _draw_shape(pen: ImageDraw.ImageDraw, chance: np.random.Generator, width: int, height: int) -> None:
    x, y, size = (int(chance.integers(low, high)) for low, high in ((0, width), (0, height), (5, width // 12)))
    colour = tuple(int(part) for part in chance.integers(0, 256, 3))
    kind = chance.integers(3)
    if kind == 0:
        corners = chance.integers(-size, size, (int(chance.integers(3, 6)), 2))
        pen.polygon([(x + int(across), y + int(down)) for across, down in corners], fill=colour)
    elif kind == 1:
        pen.ellipse((x, y, x + size, y + size), fill=colour)
    else:
        pen.rectangle((x, y, x + size, y + size), fill=colour)


def tiled(tile: Image.Image, width: int = 1200, height: int = 900) -> Image.Image:
    """The tile, again and again."""
    picture = Image.new(tile.mode, (width, height))
    for x in range(0, width, tile.width):
        for y in range(0, height, tile.height):
            picture.paste(tile, (x, y))
    return picture


def encoded(picture: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file."""
    content = io.BytesIO()
    picture.save(content, format, **options)
    return content.getvalue()
