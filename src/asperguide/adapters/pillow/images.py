"""Images by Pillow in threads of their own, which is loaded when the first image comes."""

from collections.abc import Iterable

from asperguide.adapters.measuring import Family, Measured
from asperguide.adapters.pool import LowPriorityPool
from asperguide.media.errors import TooManyImages
from asperguide.media.ports import Images, Picture

MADE = ("image/webp", "image/jpeg", "image/png", "image/avif", "image/gif")


def image_threads(threads: int = 1, queue: int = 20) -> LowPriorityPool:
    """Where images are worked on; whatever else opens images shares it, so that no two lie in memory at a time."""
    return LowPriorityPool("images", threads, queue, full=TooManyImages)


class PillowImages(Images, Measured):
    """Reads JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF and HEIC; makes WebP, JPEG, PNG, AVIF and GIF.

    One image at a time by default, and 20 that wait. An image of 25 megapixels needs 100 to 200 MB while it is made,
    which go back to the system afterwards.
    """

    def __init__(self, threads: int = 1, queue: int = 20, *, pool: LowPriorityPool | None = None) -> None:
        self._pool = pool or image_threads(threads, queue)

    async def inspect(self, content: bytes) -> Picture:
        """Decodes all of it. Raises Refusal, TooManyImages."""
        return await self._pool.run(_inspect, content)

    async def render(
        self, content: bytes, *, width: int, height: int, cover: bool, media_type: str, quality: int
    ) -> bytes:
        """WebP and GIF keep frames. ValueError for a type that is not made, or a size of nothing."""
        if media_type not in MADE or min(width, height) < 1 or not 1 <= quality <= 100:
            raise ValueError("no image is like that")
        return await self._pool.run(_render, content, width, height, cover, media_type, quality)

    def measure(self) -> Iterable[Family]:
        """How busy the threads are."""
        return self._pool.measure()

    def close(self) -> None:
        """Let the threads go; no image can be made afterwards."""
        self._pool.close()


def _inspect(content: bytes) -> Picture:
    from asperguide.adapters.pillow.rendering import inspect

    return inspect(content)


def _render(content: bytes, width: int, height: int, cover: bool, media_type: str, quality: int) -> bytes:
    from asperguide.adapters.pillow.rendering import Wanted, render

    wanted = Wanted(width=width, height=height, cover=cover, media_type=media_type, quality=quality)
    return render(content, wanted)
