"""My files: seeing them, naming and showing them, throwing them away, getting them back; how much room is left."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import msgspec

from asperguide.media.errors import FileNotFound, FileNotReady, InvalidFile
from asperguide.media.model import (
    MOST_METADATA,
    File,
    FileId,
    FileName,
    FileState,
    MetadataName,
    MetadataValue,
    Tags,
    Visibility,
    check_name,
    own,
)
from asperguide.media.ports import MediaPolicy, MediaReads, MediaUnitOfWork
from asperguide.media.settling import forget, give_up
from asperguide.media.views import FileView, QuotaView, file_view, quota_view
from asperguide.shared.actor import Actor, refuse_impersonators
from asperguide.shared.commands import checked
from asperguide.shared.errors import EditedMeanwhile, FieldError
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered


class FileChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: absent fields stay.

    Of metadata too, whose names are yours: entries that are given are set, an entry of null is taken away, others stay.
    """

    name: FileName | msgspec.UnsetType = msgspec.UNSET
    visibility: Visibility | msgspec.UnsetType = msgspec.UNSET
    tags: Tags | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[MetadataName, MetadataValue | None] | msgspec.UnsetType = msgspec.UNSET


class GetFile(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a file: of mine in every state, of others' if it is ready and public, or unlisted."""

    reads: MediaReads

    async def __call__(self, actor: Actor | None, id: FileId) -> FileView:
        return file_view(await readable(self.reads, actor, id), actor)


async def readable(reads: MediaReads, actor: Actor | None, id: FileId) -> File:
    """The file, if the actor may read it. Raises FileNotFound, alike for files that are foreign and that are not."""
    file = await reads.file(id)
    if file is None or not file.may_be_read_by(actor):
        raise FileNotFound
    return file


class ListFiles(msgspec.Struct, frozen=True, kw_only=True):
    """My files in every state, the newest first. Those that can be used: `?filter[state]=ready`."""

    reads: MediaReads

    async def __call__(self, actor: Actor, page: PageRequest = PageRequest()) -> Page[FileView]:
        found = await self.reads.files(own(actor.user), page)
        items = tuple(file_view(file, actor) for file in found.items)
        return Page(items=items, next_cursor=found.next_cursor, total=found.total)


async def mine(uow: MediaUnitOfWork, actor: Actor, id: FileId, version: int | None = None) -> File:
    """The file, if it is the actor's and, when a version is given, that one. Raises FileNotFound, EditedMeanwhile."""
    file = await uow.files.get(id)
    if file is None or not file.belongs_to(actor):
        raise FileNotFound
    if version not in (None, file.version):
        raise EditedMeanwhile
    return file


class UpdateFile(msgspec.Struct, frozen=True, kw_only=True):
    """Change what a file of mine is called, and who may see it. With `version`, only if it is still that one.

    Whoever acts for somebody else may not show their files to more people.
    """

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock

    async def __call__(self, actor: Actor, id: FileId, change: FileChange, version: int | None = None) -> FileView:
        change = checked(change, InvalidFile)
        if isinstance(change.name, str):
            check_name(change.name)
        file = await until_unhindered(partial(self._change, actor, id, change, version))
        return file_view(file, actor)

    async def _change(self, actor: Actor, id: FileId, change: FileChange, version: int | None) -> File:
        async with self.begin() as uow:
            file = await mine(uow, actor, id, version)
            if file.state in (FileState.DELETED, FileState.REFUSED):
                raise FileNotReady
            changed = _changed(file, change)
            if changed == file:
                return file
            if changed.visibility is not Visibility.PRIVATE and changed.visibility is not file.visibility:
                refuse_impersonators(actor)
            saved = await uow.files.save(replace(changed, updated_at=self.clock.now()))
            await uow.commit()
        return saved


def _changed(file: File, change: FileChange) -> File:
    values = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not msgspec.UNSET}
    if isinstance(change.metadata, dict):
        merged = {**file.metadata, **change.metadata}
        values["metadata"] = {name: value for name, value in merged.items() if value is not None}
        if len(values["metadata"]) > MOST_METADATA:
            detail = f"At most {MOST_METADATA} entries."
            raise InvalidFile(fields=(FieldError(pointer="#/metadata", code="TOO_LONG", detail=detail),))
    return replace(file, **values)


class DeleteFile(msgspec.Struct, frozen=True, kw_only=True):
    """Throw a file of mine away. One that was ready can be restored for 7 days, and counts till then.

    One that is on its way, or was refused, is gone at once. Deleting again changes nothing.
    """

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock

    async def __call__(self, actor: Actor, id: FileId, version: int | None = None) -> None:
        await until_unhindered(partial(self._delete, actor, id, version))

    async def _delete(self, actor: Actor, id: FileId, version: int | None) -> None:
        async with self.begin() as uow:
            file = await mine(uow, actor, id, version)
            if file.state is FileState.DELETED:
                return
            if file.state is FileState.READY:
                await uow.files.save(file.deleted(self.clock.now()))
            elif (upload := await uow.uploads.get(id)) is not None:
                await give_up(uow, upload)
            else:
                await forget(uow, file)
            await uow.commit()


class RestoreFile(msgspec.Struct, frozen=True, kw_only=True):
    """Get a file back that I deleted within the last 7 days."""

    begin: Callable[[], MediaUnitOfWork]
    clock: Clock

    async def __call__(self, actor: Actor, id: FileId) -> FileView:
        return file_view(await until_unhindered(partial(self._restore, actor, id)), actor)

    async def _restore(self, actor: Actor, id: FileId) -> File:
        async with self.begin() as uow:
            file = await mine(uow, actor, id)
            if file.state is FileState.READY:
                return file
            saved = await uow.files.save(file.restored(self.clock.now()))
            await uow.commit(file_view(saved, actor))
        return saved


class GetQuota(msgspec.Struct, frozen=True, kw_only=True):
    """How much I have, and may have."""

    reads: MediaReads
    policy: MediaPolicy

    async def __call__(self, actor: Actor) -> QuotaView:
        usage = await self.reads.usage(own(actor.user))
        return quota_view(usage, most_bytes=self.policy.quota_bytes, most_files=self.policy.quota_files)
