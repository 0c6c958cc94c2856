"""Keeping what was made of a video: a few objects at a time, each under a key of its own that is never used again."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from asperguide.media.model import File
from asperguide.media.ports import Product
from asperguide.media.videos import Derived
from asperguide.shared.storage import ObjectStorage

AT_ONCE = 4


async def keep(storage: ObjectStorage, folder: str, products: Sequence[Product]) -> tuple[Derived, ...]:
    """Put all of them into the folder, which ends with `/`. When one fails, or we are cancelled, others may stay."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def put(product: Product) -> Derived:
        async with turns:
            key = f"{folder}{product.name}"
            await storage.put(key, product.chunks(), size=product.size, media_type=product.media_type)
        return Derived(
            role=product.role, key=key, media_type=product.media_type, size=product.size, width=product.width,
            height=product.height,
        )  # fmt: skip

    try:
        async with asyncio.TaskGroup() as group:
            kept = [group.create_task(put(product)) for product in products]
    except ExceptionGroup as several:
        raise several.exceptions[0] from several
    return tuple(task.result() for task in kept)


async def content_of(storage: ObjectStorage, file: File) -> AsyncIterator[bytes]:
    """The bytes of a file that is ready. Raises ObjectMissing when they went away meanwhile."""
    async with storage.open(file.key) as opened:
        async for chunk in opened.chunks:
            yield chunk
