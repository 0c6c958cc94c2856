"""Small files that are sent in one request to us, of a length that need not be known before."""

from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from asperguide.media.arriving import Arrive
from asperguide.media.checks import check_declared, check_size
from asperguide.media.errors import ChecksumMismatch, ContentRefused, FileTooLarge, InvalidFile
from asperguide.media.model import (
    File,
    FileId,
    FileName,
    MediaType,
    OwnerId,
    Purpose,
    Sha256,
    Tags,
    Visibility,
    own,
    quarantine_key,
)
from asperguide.media.ports import MediaPolicy, MediaUnitOfWork, Room, TypeDetector
from asperguide.media.settling import give_up
from asperguide.media.transport import SMALL, SMALL_LIFETIME, Transport, Upload
from asperguide.media.uploading import set_aside
from asperguide.media.views import FileView, file_view
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.errors import DomainError, FieldError
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.storage import BINARY, Storage, WrongContent

EMPTY = "The file is empty."


class SmallUpload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of a file that comes with the same request; `size` when it is known before."""

    name: FileName
    media_type: MediaType = BINARY
    size: Annotated[int, Meta(ge=1)] | None = None
    sha256: Sha256 | None = None
    visibility: Visibility = Visibility.PRIVATE
    purpose: Purpose = ""
    tags: Tags = ()


class UploadSmall(Struct, frozen=True, kw_only=True):
    """Send a file of up to 16 MiB in this one request.

    It is checked at once: it is `ready` in the answer, or `refused` with the reason. Videos and sounds are
    `quarantined` until a worker has looked at them.

    With an `owner` it is theirs from the first byte on, within the room that they have, and a part of something else.
    """

    begin: Callable[[], MediaUnitOfWork]
    storage: Storage
    detector: TypeDetector
    arrive: Arrive
    clock: Clock
    ids: Ids
    policy: MediaPolicy

    async def __call__(
        self, actor: Actor, new: SmallUpload, chunks: AsyncIterable[bytes], owner: Room | None = None
    ) -> FileView:
        new = checked(new, InvalidFile)
        check_declared(new.name, new.media_type, self.detector)
        most = min(SMALL, self.policy.largest_file)
        check_size(new.size or 1, most, Transport.SMALL)
        file, upload = self._made(owner.owner if owner else own(actor.user), new, new.size or most)
        policy = replace(self.policy, quota_bytes=owner.most_bytes) if owner else self.policy
        async with self.begin() as uow:
            await set_aside(uow, file, upload, policy)
            await uow.commit()
        try:
            size = await self._put(upload, new.size, chunks)
            return file_view(await self.arrive(upload, size, None if owner else actor), actor)
        except BaseException:
            with suppress(DomainError):  # else it is given up when its time is over
                await until_unhindered(partial(self._give_up, upload))
            raise

    def _made(self, owner: OwnerId, new: SmallUpload, room: int) -> tuple[File, Upload]:
        id, now = FileId(self.ids.new()), self.clock.now()
        sha256 = bytes.fromhex(new.sha256) if new.sha256 else None
        file = File(
            id=id, owner=owner, name=new.name, key=quarantine_key(id), size=room, sha256=sha256,
            media_type=new.media_type, visibility=new.visibility, purpose=new.purpose, tags=new.tags,
            created_at=now, updated_at=now,
        )  # fmt: skip
        upload = Upload(
            id=id, owner=file.owner, transport=Transport.SMALL, size=room, media_type=new.media_type, sha256=sha256,
            created_at=now, expires_at=now + SMALL_LIFETIME,
        )  # fmt: skip
        return file, upload

    async def _put(self, upload: Upload, size: int | None, chunks: AsyncIterable[bytes]) -> int:
        """How many bytes were kept."""
        try:
            kept = await self.storage.put(
                quarantine_key(upload.id), _at_most(upload.size, chunks), size=size, media_type=upload.media_type,
                sha256=upload.sha256,
            )  # fmt: skip
        except WrongContent:
            raise (ChecksumMismatch if upload.sha256 else ContentRefused) from None
        if kept.size == 0:
            raise InvalidFile(EMPTY, fields=(FieldError(pointer="#/size", code="EMPTY", detail=EMPTY),))
        return kept.size

    async def _give_up(self, upload: Upload) -> None:
        """Nothing came of it; had it ended well before somebody failed to tell, it is left as it is."""
        async with self.begin() as uow:
            if await uow.uploads.get(upload.id) is not None:
                await give_up(uow, upload)
                await uow.commit()


async def _at_most(size: int, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The chunks. Raises FileTooLarge when there are more bytes."""
    left = size
    async for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            detail = f"At most {size} bytes."
            raise FileTooLarge(fields=(FieldError(pointer="#/size", code="TOO_LARGE", detail=detail),))
        yield chunk
