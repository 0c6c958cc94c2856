"""Showing images in the size and format that somebody needs, out of a ladder of those that are made.

Whatever is asked for is taken to the next rung: so few different images can be asked for of one file that none of them
is worth refusing, and what one has been shown is there already for the next.
"""

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from asperguide.media.errors import FileNotFound, InvalidFile, NotAnImage
from asperguide.media.filing import readable
from asperguide.media.model import LONGEST_NAME, File, FileId, OwnerId, derived_prefix
from asperguide.media.ports import Images, MediaReads, Refusal, WorkOnce
from asperguide.media.serving import Readable, ready
from asperguide.media.views import FileView, file_view
from asperguide.shared.actor import Actor
from asperguide.shared.errors import FieldError
from asperguide.shared.storage import ObjectExists, ObjectMissing, ObjectStorage, StoredObject

SIZES = (64, 96, 128, 192, 256, 384, 512, 768, 1024, 1280, 1536, 2048)
"""Pixels of the longer side."""
QUALITIES = (50, 75, 90)
SHAPES = ((1, 1), (4, 3), (3, 2), (16, 9), (2, 1), (3, 4), (2, 3), (9, 16), (1, 2))
"""Width to height of what is filled; of what is only fitted in the image has its own."""
RECIPE = 1
"""Counts up when images of the same name come to look otherwise."""
UNBOUND = 1_000_000

Side = Annotated[int, Meta(ge=1, le=10_000, description="Pixels.", examples=[320])]
Quality = Annotated[int, Meta(ge=1, le=100, description="Of lossy formats.", examples=[75])]


class Fit(StrEnum):
    """contain: all of it, within width and height. cover: width and height are filled, what stands out is cut off."""

    CONTAIN = "contain"
    COVER = "cover"


class ImageFormat(StrEnum):
    """What images are made as. Of an animation WebP shows all, the others the first frame."""

    WEBP = "webp"
    JPEG = "jpeg"
    PNG = "png"
    AVIF = "avif"


class ImageWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an image is wanted. Without width and height it is as large as it is, up to 2048 pixels.

    To be covered both are needed. The image has the next larger size and quality that are made, and of the shapes that
    are filled the nearest one; it is never larger than the file's.
    """

    w: Side | None = None
    h: Side | None = None
    fit: Fit = Fit.CONTAIN
    format: ImageFormat = ImageFormat.WEBP
    q: Quality = 75

    def variant(self, width: int, height: int) -> "Variant":
        """The image that is made for this of one with so many pixels. Raises InvalidFile when a side is missing."""
        quality = next(rung for rung in (*QUALITIES, QUALITIES[-1]) if rung >= min(self.q, QUALITIES[-1]))
        shape, longest = self._filled(width, height) if self.fit is Fit.COVER else self._within(width, height)
        size = next((rung for rung in SIZES if rung >= longest), SIZES[-1])
        return Variant(
            shape=shape, size=size, format=self.format, quality=90 if self.format is ImageFormat.PNG else quality
        )

    def _within(self, width: int, height: int) -> tuple[None, float]:
        scale = min((self.w or UNBOUND) / width, (self.h or UNBOUND) / height, 1.0)
        return None, max(width, height) * scale

    def _filled(self, width: int, height: int) -> tuple[tuple[int, int], float]:
        if self.w is None or self.h is None:
            missing = "w" if self.w is None else "h"
            wrong = FieldError(pointer=f"?{missing}", code="MISSING", detail="To be covered, give width and height.")
            raise InvalidFile(fields=(wrong,))
        wanted = self.w / self.h
        shape = min(SHAPES, key=lambda one: max(wanted * one[1] / one[0], one[0] / (wanted * one[1])))
        across, down = shape
        # What the largest cut of this shape has: there is nothing beyond it.
        most = max(across, down) * min(width / across, height / down)
        return shape, min(max(self.w, self.h), most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One of the images that are made of a file. Without `shape` it has that of the file; `size` is the longer side."""

    shape: tuple[int, int] | None
    size: int
    format: ImageFormat
    quality: int

    @property
    def media_type(self) -> str:
        """What it is."""
        return f"image/{self.format}"

    @property
    def box(self) -> tuple[int, int]:
        """Width and height that it is fitted into, or fills."""
        if self.shape is None:
            return self.size, self.size
        across, down = self.shape
        longer = max(across, down)
        return max(round(self.size * across / longer), 1), max(round(self.size * down / longer), 1)

    def key(self, id: FileId) -> str:
        """Where it lies; gone with the file."""
        shape = "contain" if self.shape is None else f"{self.shape[0]}x{self.shape[1]}"
        return f"{derived_prefix(id)}images/{RECIPE}-{shape}-{self.size}-q{self.quality}.{self.format}"


class MakeImage(Struct, frozen=True, kw_only=True):
    """An image of a file, made when it is first asked for, and kept. Raises NotAnImage."""

    storage: ObjectStorage
    images: Images
    once: WorkOnce

    async def __call__(self, actor: Actor | None, file: File, wanted: ImageWanted) -> Readable:
        if not file.media_type.startswith("image/") or file.width is None or file.height is None:
            raise NotAnImage
        variant = wanted.variant(file.width, file.height)
        key = variant.key(file.id)
        made = await self.storage.stat(key)
        if made is None:
            await self.once.do(key, lambda: self._make(file, variant))
            made = await self.storage.stat(key)
        if made is None:
            raise FileNotFound  # purged at this moment
        return Readable(file=_view(file, actor, variant, made), key=key, storage=self.storage)

    async def _make(self, file: File, variant: Variant) -> None:
        """Two processes may both do it: the first one's is kept. What a purge overtakes is swept by `Reconcile`."""
        width, height = variant.box
        try:
            image = await self.images.render(
                await self._content(file), width=width, height=height, cover=variant.shape is not None,
                media_type=variant.media_type, quality=variant.quality,
            )  # fmt: skip
        except Refusal as refused:
            raise NotAnImage(str(refused)) from None
        except ObjectMissing:
            raise FileNotFound from None
        with suppress(ObjectExists):
            await self.storage.put(
                variant.key(file.id), image, size=len(image), media_type=variant.media_type,
                metadata={"sha256": sha256(image).hexdigest()}, if_absent=True,
            )  # fmt: skip

    async def _content(self, file: File) -> bytes:
        content = bytearray()
        async with self.storage.open(file.key) as opened:
            async for chunk in opened.chunks:
                content += chunk
        return bytes(content)


class ShowImage(Struct, frozen=True, kw_only=True):
    """A file of mine, or one that is public or unlisted, as an image of the size and format that I need.

    It is made when it is first asked for, and kept. It is upright, in sRGB, and tells nothing but the picture: not
    where it was taken, nor with what.
    """

    reads: MediaReads
    make: MakeImage

    async def __call__(self, actor: Actor | None, id: FileId, wanted: ImageWanted = ImageWanted()) -> Readable:
        return await self.make(actor, ready(await readable(self.reads, actor, id)), wanted)


class ShowImageOf(Struct, frozen=True, kw_only=True):
    """A file of an owner, such as a company, as an image. Whoever calls has asked who may see it.

    Raises FileNotFound, FileNotReady, NotAnImage.
    """

    reads: MediaReads
    make: MakeImage

    async def __call__(self, owner: OwnerId, id: FileId, wanted: ImageWanted) -> Readable:
        file = await self.reads.file(id)
        if file is None or file.owner != owner:
            raise FileNotFound
        return await self.make(None, ready(file), wanted)


def _view(file: File, actor: Actor | None, variant: Variant, made: StoredObject) -> FileView:
    """The file as if it were the image that was made of it; its name ends as it should."""
    stem, dot, ending = file.name.rpartition(".")
    stem = stem if dot and stem and len(ending) <= 5 else file.name
    return msgspec.structs.replace(
        file_view(file, actor), name=f"{stem[: LONGEST_NAME - 5]}.{variant.format}", media_type=variant.media_type,
        size=made.size, sha256=made.metadata["sha256"], width=None, height=None, frames=None,
    )  # fmt: skip
