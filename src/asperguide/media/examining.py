"""Looking into the bytes of a file that nobody has checked: what they are, and whether they may stay."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from msgspec import Struct

from asperguide.media.errors import TypeRefused
from asperguide.media.model import MIB, Content, File, final_key, quarantine_key
from asperguide.media.ports import Images, Refusal, TypeDetector, VideoTools
from asperguide.media.videos import Facts
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.storage import ObjectChanged, ObjectMissing, ObjectStorage

HEAD = 64 * 1024
LARGEST_IMAGE = 50 * MIB
"""Bytes: an image is looked at in memory."""
MOST_LOOKS = 3

GONE = "The bytes of the file are gone."
WRONG_SIZE = "The file does not have as many bytes as was said."
WRONG_CHECKSUM = "The checksum of the file is not the one that was said."
WRONG_TYPE = "The file is not of the type that was said."
IMAGE_TOO_LARGE = f"An image may have up to {LARGEST_IMAGE // MIB} MiB."


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found in a file, and the key of the checked bytes; or, without `content`, why it is refused.

    `facts` are of videos and sounds only.
    """

    content: Content | None = None
    key: str = ""
    facts: Facts | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What reading all bytes has told; `body` are all of them if it is an image."""

    size: int
    sha256: bytes
    found: str | None
    body: bytes


class ExamineFile(Struct, frozen=True, kw_only=True):
    """Look at every byte of a file in quarantine and, if all is well, copy exactly these bytes to their final place.

    Nothing is decided yet: whoever asked keeps the verdict. Done twice it gives the same. Raises what the tools raise
    when they cannot work right now, and EditedMeanwhile when the bytes change all the time.
    """

    storage: ObjectStorage
    detector: TypeDetector
    images: Images
    tools: VideoTools

    async def __call__(self, file: File, size: int) -> Verdict:
        """`size` is how many bytes are expected."""
        for _ in range(MOST_LOOKS):
            # Whoever holds the signed request may send other bytes at any moment: look again then.
            with suppress(ObjectChanged):
                return await self._look(file, size)
        raise EditedMeanwhile

    async def _look(self, file: File, size: int) -> Verdict:
        key = quarantine_key(file.id)
        found = await self.storage.stat(key)
        if found is None:
            return Verdict(refusal=GONE)
        if found.size != size:
            return Verdict(refusal=WRONG_SIZE)
        try:
            content, facts = await self._content(file, await self._read(key, found.etag), found.etag)
            final = final_key(file.id, content.sha256)
            await self.storage.copy(key, final, if_match=found.etag)
        except Refusal as refused:
            return Verdict(refusal=str(refused))
        except ObjectMissing:
            return Verdict(refusal=GONE)
        return Verdict(content=content, key=final, facts=facts)

    async def _read(self, key: str, etag: str) -> _Read:
        digest, head, body, found, size = hashlib.sha256(), bytearray(), bytearray(), None, 0
        async for chunk in self._chunks(key, etag):
            digest.update(chunk)
            size += len(chunk)
            if len(head) < HEAD:
                head += chunk[: HEAD - len(head)]
                found = self.detector.detect(bytes(head)) if len(head) == HEAD else None
            if len(head) < HEAD or (_family(found) == "image" and len(body) <= LARGEST_IMAGE):
                body += chunk
        if len(head) < HEAD:
            found = self.detector.detect(bytes(head))
        return _Read(size=size, sha256=digest.digest(), found=found, body=bytes(body))

    async def _content(self, file: File, read: _Read, etag: str) -> tuple[Content, Facts | None]:
        """What is in it. Raises Refusal."""
        if file.sha256 not in (None, read.sha256):
            raise Refusal(WRONG_CHECKSUM)
        if read.found is None:
            raise Refusal(TypeRefused.sentence)
        media_type = self.detector.agree(file.media_type, read.found)
        if media_type is None:
            raise Refusal(WRONG_TYPE)
        plain = Content(media_type=media_type, size=read.size, sha256=read.sha256)
        match _family(media_type):
            case "image":
                return await self._picture(plain, read), None
            case "video" | "audio":
                return await self._footage(plain, quarantine_key(file.id), etag)
        return plain, None

    async def _picture(self, plain: Content, read: _Read) -> Content:
        if read.size > LARGEST_IMAGE:
            raise Refusal(IMAGE_TOO_LARGE)
        picture = await self.images.inspect(read.body)
        return Content(
            media_type=plain.media_type, size=plain.size, sha256=plain.sha256,
            width=picture.width, height=picture.height, frames=picture.frames,
        )  # fmt: skip

    async def _footage(self, plain: Content, key: str, etag: str) -> tuple[Content, Facts]:
        async with self.tools.bench(self._chunks(key, etag), plain.media_type) as bench:
            facts = await bench.probe()
        content = Content(
            media_type=plain.media_type, size=plain.size, sha256=plain.sha256, width=facts.width, height=facts.height
        )
        return content, facts

    async def _chunks(self, key: str, etag: str) -> AsyncIterator[bytes]:
        async with self.storage.open(key, if_match=etag) as opened:
            async for chunk in opened.chunks:
                yield chunk


def _family(media_type: str | None) -> str:
    return (media_type or "").partition("/")[0]
