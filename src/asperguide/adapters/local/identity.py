"""What identity asks of others: pictures of people, and all that is kept of a person."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from asperguide.capsules import PackedLetter, PackLetters
from asperguide.companies.ports import CompanyReads
from asperguide.identity.belongings import Belonging, Belongings
from asperguide.identity.errors import PictureRefused
from asperguide.identity.ports import Portraits
from asperguide.identity.views import LARGEST_PORTRAIT, PORTRAIT_SIZES
from asperguide.media.model import File, FileState, own
from asperguide.media.ports import Images, MediaReads, Refusal
from asperguide.media.views import file_view
from asperguide.shared.actor import UserId
from asperguide.shared.pages import MAX_LIMIT, PageRequest
from asperguide.shared.storage import ObjectMissing, ObjectStorage

WEBP = "image/webp"
QUALITY = 85


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


@dataclass(frozen=True, slots=True)
class LocalBelongings(Belongings):
    """What media, capsules and companies keep of a person: files that are ready, as they were sent, letters, roles."""

    reads: MediaReads
    companies: CompanyReads
    storage: ObjectStorage
    pack_letters: Callable[[], PackLetters]

    async def of(self, user: UserId) -> AsyncGenerator[Belonging, None]:
        """Letters, roles in companies, then files page by page, the oldest first."""
        async for letter in self.pack_letters()(user):
            yield _letter(letter)
        if roles := [role async for role in self._roles(user)]:
            yield _in_words("companies", "roles.json", roles[0]["since"], roles)
        cursor = None
        while True:
            wanted = PageRequest(sort="created_at", filters={"state": FileState.READY}, cursor=cursor, limit=MAX_LIMIT)
            page = await self.reads.files(own(user), wanted)
            for file in page.items:
                yield self._belonging(file)
            if (cursor := page.next_cursor) is None:
                return

    async def weight(self, user: UserId) -> int:
        """What the quota counts; letters weigh next to nothing."""
        return (await self.reads.usage(own(user))).used_bytes

    async def _roles(self, user: UserId) -> AsyncGenerator[dict[str, Any], None]:
        """What the user is in each company, and since when, the latest first."""
        cursor = None
        while True:
            page = await self.companies.mine(user, PageRequest(cursor=cursor, limit=MAX_LIMIT))
            known = await self.companies.companies([one.company for one in page.items])
            for one in page.items:
                if one.company in known:
                    name = known[one.company].name
                    yield {"company": one.company, "name": name, "role": one.role, "since": one.since}
            if (cursor := page.next_cursor) is None:
                return

    def _belonging(self, file: File) -> Belonging:
        # What strangers are shown, and what is the owner's alone.
        about = replace(file_view(file, None), purpose=file.purpose, metadata=dict(file.metadata), source=file.source)
        return Belonging(
            folder="files", name=file.name, size=file.size, at=file.created_at, about=about,
            open=partial(_opened, self.storage, file.key),
        )  # fmt: skip


def _letter(letter: PackedLetter) -> Belonging:
    return _in_words("letters", letter.name, letter.at, letter.what)


def _in_words(folder: str, name: str, at: datetime, what: object) -> Belonging:
    """A thing that is told as a document of JSON."""
    content = msgspec.json.format(msgspec.json.encode(what), indent=2)

    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncIterator[bytes]]:
        yield _once(content)

    return Belonging(folder=folder, name=name, size=len(content), at=at, about=None, open=opened)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


@asynccontextmanager
async def _opened(storage: ObjectStorage, key: str) -> AsyncIterator[AsyncIterator[bytes]]:
    async with storage.open(key) as opened:
        yield opened.chunks
