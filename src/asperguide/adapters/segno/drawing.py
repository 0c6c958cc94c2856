"""From a link to modules, and from modules to a drawing."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import TypeAlias

import segno

QUIET = 4
"""Modules of white that ISO 18004 wants on each side."""
NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for, however it is written."""

Matrix: TypeAlias = Sequence[Sequence[int]]
"""Rows of modules, the dark ones 1."""


def matrix_of(link: str) -> Matrix:
    """The smallest code of this link that bears the loss of 15 %."""
    return segno.make_qr(link, error="m", boost_error=False, encoding="utf-8").matrix


def svg(matrix: Matrix, title: str) -> bytes:
    """Black on a white of its own, so that a dark page does not show through; it grows to whatever room it has."""
    side = len(matrix) + 2 * QUIET
    lines = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" shape-rendering="crispEdges">',
        f"<title>{escape(NO_XML.sub('', title))}</title>",
        f'<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/>',
        f'<path fill="#000" d="{"".join(_bars(matrix))}"/>',
        "</svg>\n",
    )
    return "".join(lines).encode()


def _bars(matrix: Matrix) -> Iterator[str]:
    """A path around each run of dark modules."""
    for down, row in enumerate(matrix, QUIET):
        across = QUIET
        for dark, run in groupby(row):
            length = sum(1 for _ in run)
            if dark:
                yield f"M{across} {down}h{length}v1h-{length}z"
            across += length
