"""Handing bytes out: to whoever may read a file, and to whoever holds a temporary link to it."""

import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from asperguide.media.errors import FileNotFound, FileNotReady, LinkNotFound, TooManyLinks
from asperguide.media.filing import mine, readable
from asperguide.media.model import File, FileId, FileState, own
from asperguide.media.ports import MediaPolicy, MediaReads, MediaUnitOfWork
from asperguide.media.repositories import Link, LinkId
from asperguide.media.views import FileView, LinkView, MadeLink, file_view, link_view
from asperguide.shared.actor import Actor, refuse_impersonators
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.storage import ObjectMissing, ObjectStorage, SignedLinks, SignedRequest

MOST_LINKS = 100
SIGNED_FOR = timedelta(minutes=15)
INLINE = ("image/", "video/", "audio/")
INLINE_TYPES = ("application/pdf", "text/plain")
NEVER_INLINE = ("image/svg+xml",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A file that may be read now. Its ETag is `file.sha256`: these bytes are never replaced by others."""

    file: FileView
    key: str
    storage: ObjectStorage

    def open(self, start: int = 0, length: int | None = None) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes from `start` on, `length` of them or all. Raises FileNotFound when they went away meanwhile."""
        return _opened(self.storage, self.key, start, length)

    @property
    def inline(self) -> bool:
        """Whether a browser may show it by itself: never what could run as a page of ours."""
        return may_be_inline(self.file.media_type)


@asynccontextmanager
async def _opened(
    storage: ObjectStorage, key: str, start: int, length: int | None
) -> AsyncIterator[AsyncIterator[bytes]]:
    try:
        async with storage.open(key, start=start, length=length) as opened:
            yield opened.chunks
    except ObjectMissing:
        raise FileNotFound from None


def may_be_inline(media_type: str) -> bool:
    """Whether a browser may show this by itself. SVG, HTML and XML never are: they could run as pages of ours."""
    shown = media_type.startswith(INLINE) or media_type in INLINE_TYPES
    return shown and media_type not in NEVER_INLINE


def ready(file: File) -> File:
    """The file itself. Raises FileNotReady when its bytes are not to be read: only its owner gets so far."""
    if file.state is not FileState.READY:
        raise FileNotReady
    return file


class ReadFile(Struct, frozen=True, kw_only=True):
    """The bytes of a file: of mine, and of others' that are public or unlisted. Ranges can be asked for."""

    reads: MediaReads
    storage: ObjectStorage

    async def __call__(self, actor: Actor | None, id: FileId) -> Readable:
        file = ready(await readable(self.reads, actor, id))
        return Readable(file=file_view(file, actor), key=file.key, storage=self.storage)


class LinkToContent(Struct, frozen=True, kw_only=True):
    """A signed request to the storage for the bytes of a file, for 15 minutes."""

    reads: MediaReads
    links: SignedLinks

    async def __call__(self, actor: Actor | None, id: FileId, *, inline: bool = False) -> SignedRequest:
        file = ready(await readable(self.reads, actor, id))
        shown = inline and may_be_inline(file.media_type)
        return await self.links.link(file.key, SIGNED_FOR, name=file.name, media_type=file.media_type, inline=shown)


class NewLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a link is to work: from a minute to 7 days."""

    expires_in: Annotated[int, Meta(ge=60, le=604_800, description="Seconds.")] = 900


class MakeLink(Struct, frozen=True, kw_only=True):
    """Make a link by which anybody gets the bytes of a file of mine for a while.

    It is told once; it can be revoked. It ends with the file. Nobody makes one while acting for somebody else.
    """

    begin: Callable[[], MediaUnitOfWork]
    reads: MediaReads
    clock: Clock
    ids: Ids
    policy: MediaPolicy

    async def __call__(self, actor: Actor, id: FileId, wanted: NewLink = NewLink()) -> MadeLink:
        refuse_impersonators(actor)
        token, now = base64.urlsafe_b64encode(self.ids.secret()).decode().rstrip("="), self.clock.now()
        if sum(link.owner == own(actor.user) for link in await self.reads.links(id, now)) >= MOST_LINKS:
            raise TooManyLinks
        async with self.begin() as uow:
            file = ready(await mine(uow, actor, id))
            link = Link(
                id=LinkId(self.ids.new()), file=id, owner=file.owner, digest=digest_of(token), created_at=now,
                expires_at=now + timedelta(seconds=wanted.expires_in),
            )  # fmt: skip
            await uow.links.add(link)
            made = MadeLink(
                id=link.id, created_at=now, expires_at=link.expires_at, token=token,
                url=f"{self.policy.public_url}/api/v1/links/{token}",
            )  # fmt: skip
            await uow.commit(made)
        return made


def digest_of(token: str) -> bytes:
    """What is kept of the token of a link."""
    return hashlib.sha256(token.encode()).digest()


class ListLinks(Struct, frozen=True, kw_only=True):
    """The links to a file of mine that work, the newest first."""

    reads: MediaReads
    clock: Clock

    async def __call__(self, actor: Actor, id: FileId) -> Sequence[LinkView]:
        file = await self.reads.file(id)
        if file is None or not file.belongs_to(actor):
            raise FileNotFound
        return [link_view(link) for link in await self.reads.links(id, self.clock.now())]


class RevokeLink(Struct, frozen=True, kw_only=True):
    """Make a link to a file of mine useless."""

    begin: Callable[[], MediaUnitOfWork]

    async def __call__(self, actor: Actor, file: FileId, link: LinkId) -> None:
        async with self.begin() as uow:
            await mine(uow, actor, file)
            if not await uow.links.remove(link, file):
                raise LinkNotFound
            await uow.commit()


class FollowLink(Struct, frozen=True, kw_only=True):
    """The bytes that a temporary link leads to."""

    reads: MediaReads
    storage: ObjectStorage
    clock: Clock

    async def __call__(self, token: str) -> Readable:
        if not token.isascii():
            raise LinkNotFound
        file = await self.reads.linked(digest_of(token), self.clock.now())
        if file is None or file.state is not FileState.READY:
            raise LinkNotFound
        return Readable(file=file_view(file, None), key=file.key, storage=self.storage)
