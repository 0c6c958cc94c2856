"""Writing a line of text in the one typeface that comes with Pillow: Aileron, cut down to ASCII and a few signs.

Accents are drawn here, on top of its letters. What it does not have, letters of other scripts and emoji above all, is
left out of its line.
"""

import unicodedata
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

from PIL import Image, ImageDraw, ImageFont

FINER = 4
"""Pixels to one in which letters are drawn before they are made smaller."""
STROKE = 0.075
STACKED = 0.15

Stroke = tuple[tuple[float, float], ...]

ABOVE = MappingProxyType[str, tuple[Stroke, ...]]({
    "\u0300": (((0.05, 0.05), (-0.08, 0.15)),),
    "\u0301": (((-0.05, 0.05), (0.08, 0.15)),),
    "\u0302": (((-0.12, 0.05), (0.0, 0.15), (0.12, 0.05)),),
    "\u0303": (((-0.14, 0.07), (-0.06, 0.12), (0.06, 0.08), (0.14, 0.13)),),
    "\u0304": (((-0.12, 0.1), (0.12, 0.1)),),
    "\u0306": (((-0.12, 0.15), (-0.06, 0.08), (0.06, 0.08), (0.12, 0.15)),),
    "\u0307": (((0.0, 0.1),),),
    "\u0308": (((-0.1, 0.1),), ((0.1, 0.1),)),
    "\u030a": (((0.0, 0.05), (0.06, 0.11), (0.0, 0.17), (-0.06, 0.11), (0.0, 0.05)),),
    "\u030b": (((-0.1, 0.05), (-0.03, 0.15)), ((0.06, 0.05), (0.13, 0.15))),
    "\u030c": (((-0.12, 0.15), (0.0, 0.05), (0.12, 0.15)),),
})  # fmt: skip
"""Strokes in parts of the letters' size, from the middle of what they stand on; one point is a dot."""
BELOW = MappingProxyType[str, tuple[Stroke, ...]]({
    "\u0323": (((0.0, -0.12),),),
    "\u0326": (((0.02, -0.08), (-0.03, -0.18)),),
    "\u0327": (((0.0, 0.0), (0.05, -0.09), (-0.02, -0.17), (-0.08, -0.16)),),
    "\u0328": (((0.06, 0.0), (0.02, -0.09), (0.08, -0.15)),),
})  # fmt: skip
IN_ASCII = str.maketrans({
    "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ẞ": "SS", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d",
    "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "‐": "-", "‑": "-", "–": "-", "—": "-", "„": '"',
    "‚": "'", "€": "EUR",
})  # fmt: skip
"""Letters that are no other with an accent, and signs that have a near relative."""


class Typeface:
    """Aileron in one size, in pixels."""

    def __init__(self, height: int) -> None:
        self.height = height
        self._font = ImageFont.load_default(height * FINER)
        self._absent = self._shape("\uffff")

    def writable(self, line: str) -> str:
        """As much of the line as can be written, decomposed; empty when there were letters, and none of them can be."""
        kept, lost, based = [], False, False
        for letter in unicodedata.normalize("NFKD", line.translate(IN_ASCII)):
            kind = unicodedata.category(letter)[0]
            if letter in ABOVE or letter in BELOW:
                kept += [letter] if based else []
            elif letter.isspace() or self.draws(letter):
                kept.append(" " if letter.isspace() else letter)
                based = True
            elif kind not in "CM":  # accents of what is left out stand on nothing else
                lost, based = lost or kind in "LN", False
        if lost and not any(letter.isalnum() for letter in kept):
            return ""
        return " ".join("".join(kept).split())

    def width(self, line: str) -> int:
        """Pixels that a writable line takes."""
        return -int(-sum(self._font.getlength(letter) for letter, _ in _letters(line)) // FINER)

    def draw(self, line: str) -> Image.Image:
        """A writable line in black on white, one and a half times as high as its letters."""
        size = self.height * FINER
        picture = Image.new("L", (max(self.width(line), 1) * FINER, size * 3 // 2), 255)
        at = 0.0
        for letter, accents in _letters(line):
            self._draw_letter(ImageDraw.Draw(picture), (at, size * 1.1), letter, accents)
            at += self._font.getlength(letter)
        return picture.reduce(FINER)

    def _draw_letter(self, pen: ImageDraw.ImageDraw, at: tuple[float, float], letter: str, accents: str) -> None:
        size, (x, baseline) = self.height * FINER, at
        pen.text(at, letter, font=self._font, fill=0, anchor="ls")
        left, top, right, _ = self._font.getbbox(letter, anchor="ls")
        if letter in "ij" and any(accent in ABOVE for accent in accents):
            _, dotless, _, _ = self._font.getbbox("x", anchor="ls")
            pen.rectangle((x + left, baseline + top, x + right, baseline + dotless - size * 0.03), fill=255)
            top = dotless
        middle, above = x + (left + right) / 2, baseline + top
        for accent in accents:
            foot = above if accent in ABOVE else baseline
            for stroke in ABOVE.get(accent) or BELOW.get(accent, ()):
                _draw_stroke(pen, [(middle + size * to, foot - size * up) for to, up in stroke], size * STROKE)
            above -= size * STACKED if accent in ABOVE else 0

    def draws(self, letter: str) -> bool:
        """Whether it has this letter, accents aside."""
        return unicodedata.category(letter)[0] not in "CM" and self._shape(letter) != self._absent

    def _shape(self, letter: str) -> bytes:
        mask: Any = self._font.getmask(letter)
        return bytes(mask)


def _draw_stroke(pen: ImageDraw.ImageDraw, points: list[tuple[float, float]], width: float) -> None:
    pen.line(points, fill=0, width=round(width))
    for x, y in points:
        pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=0)


def _letters(line: str) -> Iterator[tuple[str, str]]:
    """Each letter with the accents that follow it."""
    letter, accents = "", ""
    for one in line:
        if one in ABOVE or one in BELOW:
            accents += one
            continue
        if letter:
            yield letter, accents
        letter, accents = one, ""
    if letter:
        yield letter, accents
