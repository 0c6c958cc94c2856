"""Codes to be printed: the modules as squares of whole pixels, and lines of text below."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image

from asperguide.adapters.segno.drawing import QUIET, Matrix
from asperguide.adapters.segno.lettering import Typeface

SIDE = 600
MARGIN = 20
"""Pixels left white on each side of text, and below it."""
HEIGHTS = (34, 26, 22)
"""Pixels of the letters in each line; what is too long shrinks to SMALLEST before it is cut."""
SMALLEST = 16
LONGEST = 300
"""Letters of a line that are looked at; far fewer fit."""


def png(matrix: Matrix, captions: Sequence[str]) -> bytes:
    """600 by 600 pixels: the code as large as it can be above those of the lines that can be written."""
    face = Typeface(SMALLEST)
    written = [line for line in (face.writable(caption[:LONGEST]) for caption in captions[: len(HEIGHTS)]) if line]
    lines = [_fitting(line, height) for line, height in zip(written, HEIGHTS, strict=False)]
    below = sum(line.height for line in lines) + MARGIN * bool(lines)
    picture = Image.new("L", (SIDE, SIDE), 255)
    code = _code(matrix, SIDE - below)
    at = (SIDE - below - code.height) // 2
    picture.paste(code, ((SIDE - code.width) // 2, at))
    at += code.height
    for line in lines:
        picture.paste(line, ((SIDE - line.width) // 2, at))
        at += line.height
    content = BytesIO()
    picture.save(content, "PNG", optimize=True)
    return content.getvalue()


def _code(matrix: Matrix, room: int) -> Image.Image:
    """The modules with their quiet zone, so large that they just fit."""
    side = len(matrix)
    modules = Image.new("L", (side + 2 * QUIET, side + 2 * QUIET), 255)
    dark = Image.frombytes("L", (side, side), bytes(255 * (1 - module) for row in matrix for module in row))
    modules.paste(dark, (QUIET, QUIET))
    scale = room // modules.width
    return modules.resize((modules.width * scale, modules.height * scale), Image.Resampling.NEAREST)


def _fitting(line: str, height: int) -> Image.Image:
    """The line in the largest letters in which it fits; at the smallest it ends in an ellipsis."""
    face = Typeface(height)
    while face.width(line) > SIDE - 2 * MARGIN and face.height > SMALLEST:
        face = Typeface(face.height - 2)
    if face.width(line) <= SIDE - 2 * MARGIN:
        return face.draw(line)
    while face.width(line + "…") > SIDE - 2 * MARGIN:
        line = line[:-1].rstrip()
    return face.draw(line + "…")
