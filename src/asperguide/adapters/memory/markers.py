"""An eye for tests: pixels as they are, and the less its bytes can be squeezed the more it sees in them."""

import hashlib
import zlib

from asperguide.ar.marker_errors import MarkerRefused
from asperguide.ar.marker_ports import MarkerEye
from asperguide.ar.markers import Measured, demand_size
from asperguide.media.ports import Images, Refusal

RICH = 1500
"""Bytes that cannot be squeezed out of a picture full of details."""


class MemoryMarkerEye(MarkerEye):
    """Looks at what the images in memory know: PNG, GIF, JPEG and WebP by their headers. No two look alike to it."""

    def __init__(self, images: Images) -> None:
        self._images = images

    async def measure(self, content: bytes) -> Measured:
        """Measures from nothing, in a black picture, to whatever is enough for the best of scores."""
        try:
            picture = await self._images.inspect(content)
        except Refusal as refused:
            raise MarkerRefused(str(refused)) from None
        demand_size(picture.width, picture.height)
        seen = max(min(len(zlib.compress(content)) / RICH, 1.0) - 0.2, 0.0) / 0.8
        return Measured(
            width=picture.width, height=picture.height, corners=round(500 * seen), richness=seen, coverage=seen,
            edge_density=seen / 5, contrast=seen / 4, sharpness=1000 * seen, brightness=0.5, repetition=0.0,
            fingerprint=int.from_bytes(hashlib.sha256(content).digest()[:8]),
        )  # fmt: skip
