"""What markers need from outside: an eye that measures pictures, and codes that lead to what they show."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from asperguide.ar.markers import Measured


class MarkerEye(Protocol):
    """Measures pictures off the event loop, a few at a time; raises Unavailable, with a time to come back, beyond."""

    @abstractmethod
    async def measure(self, content: bytes) -> Measured:
        """The same bytes always measure the same. Of an animation it is the first frame, of what is clear the white.

        Raises MarkerRefused for what is no whole image, or too large (25 megapixels); MarkerTooSmall.
        """
        ...


class QrCodes(Protocol):
    """Codes that lead to a link, black on white whatever is behind them, with an error correction of M (15 %)."""

    @abstractmethod
    async def svg(self, link: str, *, title: str = "") -> bytes:
        """An SVG, one unit a module, with 4 of quiet zone around; it is read out as `title`, or else as the link.

        ValueError for a link of nothing, or of more than 500 bytes.
        """
        ...

    @abstractmethod
    async def png(self, link: str, *, captions: Sequence[str] = ()) -> bytes:
        """A PNG of 600 by 600 pixels to be printed, with up to 3 lines below the code, the first one the largest.

        Lines are cut to what fits. What cannot be written is written in Latin letters, or else left out: never as
        boxes. ValueError for a link of nothing, or of more than 500 bytes.
        """
        ...
