"""Colours that companies choose, made fit to be read: WCAG 2.2, contrast of 4.5 to 1 for text (1.4.3)."""

import re
from functools import cache

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
ENOUGH = 4.5
STEPS = 64
Rgb = tuple[int, int, int]


@cache
def readable(colour: str, paper: str) -> str:
    """The colour, as little darker or lighter as it must be to be read on this paper; both `#rrggbb`."""
    ink, ground = _rgb(colour), _rgb(paper)
    end = (0, 0, 0) if _luminance(ground) > 0.18 else (255, 255, 255)
    steps = (_between(ink, end, step / STEPS) for step in range(STEPS))
    red, green, blue = next((one for one in steps if contrast(one, ground) >= ENOUGH), end)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _between(one: Rgb, other: Rgb, way: float) -> Rgb:
    red, green, blue = (round(here + (there - here) * way) for here, there in zip(one, other, strict=True))
    return red, green, blue


def contrast(one: Rgb, other: Rgb) -> float:
    """From 1, the same, to 21, black and white."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
