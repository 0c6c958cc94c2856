"""QR codes by segno, which is loaded when the first one is made."""

import asyncio
from collections.abc import Sequence

from asperguide.ar.marker_ports import QrCodes

LONGEST_LINK = 500
"""Bytes: a code of 85 modules, 5 pixels each in a PNG."""


class SegnoQrCodes(QrCodes):
    """Makes each in a thread, in about 10 ms; the same code has the same bytes."""

    async def svg(self, link: str, *, title: str = "") -> bytes:
        """One path for all modules, so that no seams show between them."""
        return await asyncio.to_thread(_svg, _checked(link), title)

    async def png(self, link: str, *, captions: Sequence[str] = ()) -> bytes:
        """In greys; modules are squares of whole pixels."""
        return await asyncio.to_thread(_png, _checked(link), tuple(captions))


def _checked(link: str) -> str:
    if not 0 < len(link.encode()) <= LONGEST_LINK:
        raise ValueError("no code leads there")
    return link


def _svg(link: str, title: str) -> bytes:
    from asperguide.adapters.segno.drawing import matrix_of, svg

    return svg(matrix_of(link), title or link)


def _png(link: str, captions: tuple[str, ...]) -> bytes:
    from asperguide.adapters.segno.drawing import matrix_of
    from asperguide.adapters.segno.printing import png

    return png(matrix_of(link), captions)
