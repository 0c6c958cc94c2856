"""Changing prints: what is written about them, their photo, and who may see them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from asperguide.ar.content_views import ArPolicy, ContentView, content_view
from asperguide.ar.desk import ChangeContent, OpenContent, zone_at
from asperguide.ar.errors import InvalidContent
from asperguide.ar.events import ContentChanged, FilesLeft, MarkerWanted
from asperguide.ar.filling_in import (
    CustomerChange,
    MetadataName,
    MetadataValue,
    Title,
    amended,
    check_customer,
    merged,
    refuse_controls,
)
from asperguide.ar.lasting import Duration, end_of
from asperguide.ar.model import Content, ContentId, ContentState, Marker
from asperguide.ar.noting import Deed
from asperguide.ar.ports import MediaFiles
from asperguide.ar.reaching import open_content
from asperguide.ar.repositories import ArUnitOfWork
from asperguide.ar.rights import Right
from asperguide.ar.taking import take_print
from asperguide.ar.terms import Instant
from asperguide.ar.videos import FileId
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ports import Clock, JobOptions
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import Companies, CompanyFacts


class ContentChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: absent fields stay. A customer of null is nobody, of another object what is given changes.

    Metadata, whose names are the company's own, is merged as well: entries that are given are set, an entry of null is
    taken away, all others stay; metadata of null is none.
    A `duration` counts from now. Null for it and for `ends_at` means 30 years from now.
    """

    title: Title | UnsetType = UNSET
    customer: CustomerChange | UnsetType | None = UNSET
    duration: Duration | UnsetType | None = UNSET
    ends_at: Instant | UnsetType | None = UNSET
    metadata: dict[MetadataName, MetadataValue | None] | UnsetType | None = UNSET


class Photo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The id of a finished upload, or of a file that is the company's."""

    photo: UUID


class UpdateContent(Struct, frozen=True, kw_only=True):
    """Change what a print is called, for whom it is, how long it lasts, and what is remembered of it.

    With `version`, only if it is still that one.
    """

    open: OpenContent
    change: ChangeContent
    companies: Companies
    clock: Clock
    policy: ArPolicy

    async def __call__(
        self, actor: Actor, id: ContentId, change: ContentChange, version: int | None = None
    ) -> ContentView:
        change, now = checked(change, InvalidContent), self.clock.now()
        company = await self.open(actor, id, Right.EDIT)
        if isinstance(change.title, str):
            refuse_controls(change.title, "#/title")
        await check_customer(self.companies, company.id, change.customer)
        apply = partial(_changed, change, _end(change, now, company))
        show = partial(content_view, now=now, policy=self.policy)
        return await self.change(company, id, lambda content, _: apply(content), show, version)


def _end(change: ContentChange, now: datetime, company: CompanyFacts) -> datetime | None:
    """When it is to end now; None when nothing is said of that."""
    if change.duration is UNSET and change.ends_at is UNSET:
        return None
    duration = change.duration if isinstance(change.duration, Duration) else None
    ends_at = change.ends_at if isinstance(change.ends_at, datetime) else None
    return end_of(duration, ends_at, now, zone_at(company))


def _changed(change: ContentChange, ends_at: datetime | None, content: Content) -> Content:
    metadata = content.metadata
    if change.metadata is None:
        metadata = {}
    elif change.metadata is not UNSET:
        metadata = merged(metadata, change.metadata)
    return replace(
        content, metadata=metadata, ends_at=ends_at or content.ends_at,
        title=change.title if isinstance(change.title, str) else content.title,
        customer=amended(content.customer, change.customer),
    )  # fmt: skip


class ReplacePhoto(Struct, frozen=True, kw_only=True):
    """Give a print another photo: a finished upload of mine, or a file that is the company's.

    Somebody looks at it anew; until then a published print is not shown. The old one is thrown away when no other print
    shows it.
    """

    open: OpenContent
    begin: Callable[[], ArUnitOfWork]
    files: MediaFiles
    clock: Clock
    policy: ArPolicy

    async def __call__(self, actor: Actor, id: ContentId, photo: Photo, version: int | None = None) -> ContentView:
        company, content = await self.open.seen(actor, id, Right.EDIT)
        content.must_be_open()
        if version not in (None, content.version):
            raise EditedMeanwhile
        (taken,) = await take_print(self.files, actor, company, FileId(photo.photo), ())
        transaction = partial(self._replace, company, id, taken.id, version)
        return await (until_unhindered(transaction) if version is None else transaction())

    async def _replace(self, company: CompanyFacts, id: ContentId, photo: FileId, version: int | None) -> ContentView:
        now = self.clock.now()
        async with self.begin() as uow:
            content = await open_content(uow, company.id, id, version)
            if content.marker.photo == photo:
                return content_view(content, now, self.policy)
            changed = replace(content, marker=Marker(photo=photo), updated_at=now).looked_at()
            saved = await uow.contents.save(changed)
            uow.announce(ContentChanged(content=id, public_id=saved.public_id, company=company.id))
            uow.announce(FilesLeft(company=company.id, files=(content.marker.photo,), since=now))
            await uow.commit(view := content_view(saved, now, self.policy))
        return view


class MoveContent(Struct, frozen=True, kw_only=True):
    """Lets a print go on to another state, or back, and tells of it. One that is there already stays as it is."""

    open: OpenContent
    change: ChangeContent
    clock: Clock
    policy: ArPolicy

    async def __call__(
        self, actor: Actor, id: ContentId, right: Right, to: ContentState, version: int | None = None
    ) -> ContentView:
        company, now = await self.open(actor, id, right), self.clock.now()
        show = partial(content_view, now=now, policy=self.policy)
        deed = Deed(by=actor.user, what=f"content-{to}")
        return await self.change(company, id, partial(_moved, to), show, version, deed)


def _moved(to: ContentState, content: Content, now: datetime) -> Content:
    if content.state is to:
        return content
    match to:
        case ContentState.PUBLISHED:
            return content.published(now)
        case ContentState.UNPUBLISHED:
            return content.unpublished(now)
    return content.archived(now)


class PublishContent(Struct, frozen=True, kw_only=True):
    """Show a print to everybody who scans its code. Refused while it lacks a marker or a video, and when it is over."""

    move: MoveContent

    async def __call__(self, actor: Actor, id: ContentId, version: int | None = None) -> ContentView:
        return await self.move(actor, id, Right.PUBLISH, ContentState.PUBLISHED, version)


class UnpublishContent(Struct, frozen=True, kw_only=True):
    """Show a print to nobody outside of the company any more; it can be published again."""

    move: MoveContent

    async def __call__(self, actor: Actor, id: ContentId, version: int | None = None) -> ContentView:
        return await self.move(actor, id, Right.PUBLISH, ContentState.UNPUBLISHED, version)


class ArchiveContent(Struct, frozen=True, kw_only=True):
    """Put a print away for ever: nobody is shown it, nothing of it can be changed, it can only be deleted."""

    move: MoveContent

    async def __call__(self, actor: Actor, id: ContentId, version: int | None = None) -> ContentView:
        return await self.move(actor, id, Right.ARCHIVE, ContentState.ARCHIVED, version)


class Regenerating(msgspec.Struct, frozen=True, kw_only=True):
    """The print as it is until then, and the job that looks at its marker."""

    job: UUID
    content: ContentView


class RegenerateMedia(Struct, frozen=True, kw_only=True):
    """Have the marker looked at, and all videos processed, once more; what there is is shown until then.

    The job that looks at the marker is told; each video has another one, among the long work of mine.
    """

    open: OpenContent
    begin: Callable[[], ArUnitOfWork]
    files: MediaFiles
    clock: Clock
    policy: ArPolicy

    async def __call__(self, actor: Actor, id: ContentId) -> Regenerating:
        company, content = await self.open.seen(actor, id, Right.EDIT)
        content.must_be_open()
        for file in dict.fromkeys(video.file for video in content.videos):
            await self.files.process(company.id, file, actor.user)
        async with self.begin() as uow:
            job = uow.announce(
                MarkerWanted(company=company.id, content=id, photo=content.marker.photo),
                JobOptions(owner=actor.user, result=f"/api/v1/contents/{id}"),
            )
            await uow.commit(job)
        return Regenerating(job=job, content=content_view(content, self.clock.now(), self.policy))
