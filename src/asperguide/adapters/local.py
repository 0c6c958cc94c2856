"""Ports of one context that are answered by what others have."""

from collections.abc import Callable, Mapping
from uuid import UUID

from asperguide.identity.errors import PictureRefused
from asperguide.identity.ports import Portraits
from asperguide.identity.views import LARGEST_PORTRAIT, PORTRAIT_SIZES
from asperguide.media.ports import Images, LongWork, Refusal
from asperguide.operations import CancelMyJob
from asperguide.operations.errors import JobNotCancellable, JobNotFound
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.storage import ObjectMissing, ObjectStorage

WEBP = "image/webp"
QUALITY = 85


class LocalLongWork(LongWork):
    """Long work is what operations keep as jobs."""

    def __init__(self, cancel: Callable[[], CancelMyJob]) -> None:
        self._cancel = cancel

    async def cancel(self, actor: Actor, job: UUID) -> None:
        """What is over, or not theirs, is as good as cancelled."""
        try:
            await self._cancel()(actor, job)
        except (JobNotFound, JobNotCancellable):
            return


class LocalPortraits(Portraits):
    """Pictures of people, made like images of files and kept beside them. Raises TooManyImages, StorageUnavailable."""

    def __init__(self, images: Images, storage: ObjectStorage) -> None:
        self._images, self._storage = images, storage

    async def make(self, content: bytes) -> Mapping[int, bytes]:
        """The large image is decoded once; of an animation the first frame is taken."""
        try:
            square = await self._square(content, LARGEST_PORTRAIT, "image/png")
            return {size: await self._square(square, size, WEBP) for size in PORTRAIT_SIZES}
        except Refusal as refused:
            raise PictureRefused(str(refused)) from None

    async def _square(self, content: bytes, size: int, media_type: str) -> bytes:
        return await self._images.render(
            content, width=size, height=size, cover=True, media_type=media_type, quality=QUALITY
        )

    async def keep(self, user: UserId, name: str, pictures: Mapping[int, bytes]) -> None:
        """One object a size."""
        for size, picture in pictures.items():
            await self._storage.put(_key(user, name, size), picture, size=len(picture), media_type=WEBP)

    async def find(self, user: UserId, name: str, size: int) -> bytes | None:
        """Read whole: it has a few kilobytes."""
        try:
            async with self._storage.open(_key(user, name, size)) as opened:
                return b"".join([chunk async for chunk in opened.chunks])
        except ObjectMissing:
            return None

    async def forget(self, user: UserId, name: str) -> None:
        """All sizes at once."""
        await self._storage.delete(*(_key(user, name, size) for size in PORTRAIT_SIZES))


def _key(user: UserId, name: str, size: int) -> str:
    return f"avatars/{user}/{name}-{size}.webp"
