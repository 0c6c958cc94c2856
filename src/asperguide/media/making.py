"""Making the bytes of a conversion, and putting them where they stay."""

import hashlib
from collections.abc import AsyncIterable
from dataclasses import dataclass

from msgspec import Struct

from asperguide.media.formats import PICTURES
from asperguide.media.keeping import content_of
from asperguide.media.limits import GROWS_TOO_LARGE
from asperguide.media.model import MIB, Content, File, final_key
from asperguide.media.ports import Images, MediaPolicy, Refusal, VideoTools
from asperguide.shared.ledger import report_progress
from asperguide.shared.storage import ObjectStorage

LARGEST_IMAGE = 50 * MIB
QUALITY = 85


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made, and the key under which it lies; nothing points there yet."""

    content: Content
    key: str


class MakeConversion(Struct, frozen=True, kw_only=True):
    """Make one file of another one. Raises Refusal when it cannot be made."""

    storage: ObjectStorage
    tools: VideoTools
    images: Images
    policy: MediaPolicy

    async def __call__(self, source: File, file: File, to: str) -> Made:
        """Of the source, what `file` is to be."""
        if to in PICTURES:
            return await self._picture(source, file, to)
        async with self.tools.bench(content_of(self.storage, source), source.media_type) as bench:
            made = await bench.convert(to, lambda share: report_progress(int(95 * share)))
            facts = await bench.probe()
            if made.size > self.policy.largest_file:
                raise Refusal(GROWS_TOO_LARGE)
            shown = (facts.width, facts.height) if file.family == "video" else (None, None)
            content = Content(
                media_type=made.media_type, size=made.size, sha256=await _checksum(made.chunks()), width=shown[0],
                height=shown[1],
            )  # fmt: skip
            if file.family == "image" and made.size <= LARGEST_IMAGE:
                content = await self._measured(content, b"".join([chunk async for chunk in made.chunks()]))
            return await self._keep(file, content, made.chunks())

    async def _picture(self, source: File, file: File, to: str) -> Made:
        if source.size > LARGEST_IMAGE:
            raise Refusal(GROWS_TOO_LARGE)
        body = b"".join([chunk async for chunk in content_of(self.storage, source)])
        width, height = source.width or 1, source.height or 1
        made = await self.images.render(
            body, width=width, height=height, cover=False, media_type=PICTURES[to], quality=QUALITY
        )
        checksum = hashlib.sha256(made).digest()
        content = Content(media_type=PICTURES[to], size=len(made), sha256=checksum)
        return await self._keep(file, await self._measured(content, made), made)

    async def _measured(self, content: Content, body: bytes) -> Content:
        """With the size of the picture."""
        picture = await self.images.inspect(body)
        return Content(
            media_type=content.media_type, size=content.size, sha256=content.sha256, width=picture.width,
            height=picture.height, frames=picture.frames,
        )  # fmt: skip

    async def _keep(self, file: File, content: Content, body: AsyncIterable[bytes] | bytes) -> Made:
        key = final_key(file.id, content.sha256)
        await self.storage.put(key, body, size=content.size, media_type=content.media_type, sha256=content.sha256)
        return Made(content=content, key=key)


async def _checksum(chunks: AsyncIterable[bytes]) -> bytes:
    digest = hashlib.sha256()
    async for chunk in chunks:
        digest.update(chunk)
    return digest.digest()
