"""New prints: of finished uploads, or with their photo and videos in the same request."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from asperguide.ar.content_views import ArPolicy, ContentView, content_view
from asperguide.ar.days import day_of
from asperguide.ar.desk import zone_at
from asperguide.ar.errors import InvalidContent, NoSuchProject
from asperguide.ar.events import ContentChanged
from asperguide.ar.filling_in import For, Metadata, Title, customer_of, refuse_controls, title_of
from asperguide.ar.lasting import Duration, end_of
from asperguide.ar.model import Content, ContentId, Customer, Marker, public_id
from asperguide.ar.noting import Deed, note
from asperguide.ar.numbering import number_of
from asperguide.ar.ports import MediaFile, MediaFiles
from asperguide.ar.reaching import Reach
from asperguide.ar.repositories import ArUnitOfWork
from asperguide.ar.rights import Right
from asperguide.ar.taking import IMAGE, VIDEO, look_at, pointing, take_print
from asperguide.ar.terms import Instant, wrong
from asperguide.ar.videos import ContentVideo, FileId, VideoId
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.errors import DomainError, IdempotencyKeyReused
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import Companies, CompanyFacts, CompanyId, ProjectFacts, ProjectId

MOST_AT_ONCE = 20
"""Videos that a print can be made with; more can be added to it."""


class AboutContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a print. Without a title it is called like its photo; without an end it lasts 30 years."""

    title: Title | None = None
    customer: For | None = None
    duration: Duration | None = None
    ends_at: Instant | None = None
    metadata: Metadata = {}


class NewContent(AboutContent, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A print of finished uploads: ids of files, never addresses. Videos play in this order."""

    photo: UUID
    videos: Annotated[tuple[UUID, ...], Meta(max_length=MOST_AT_ONCE)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A photo or video on its way; `video` says which."""

    name: str
    media_type: str
    video: bool
    chunks: AsyncIterable[bytes]


class KeepContent(Struct, frozen=True, kw_only=True):
    """Makes a print of files that are the company's by now: its number and its row are there together, or not at all.

    Numbers have no gaps within a day of the company's calendar.
    """

    begin: Callable[[], ArUnitOfWork]
    clock: Clock
    ids: Ids
    policy: ArPolicy

    async def __call__(
        self, actor: Actor, project: ProjectFacts, about: AboutContent, customer: Customer, ends_at: datetime,
        files: Sequence[MediaFile],
    ) -> ContentView:  # fmt: skip
        now, photo = self.clock.now(), files[0]
        content = Content(
            id=ContentId(self.ids.new()), company=project.company.id, project=project.id, number="",
            public_id=public_id(self.ids.secret()), title=about.title or title_of(photo.name), customer=customer,
            marker=Marker(photo=photo.id), videos=tuple(self._videos(files[1:], now)), ends_at=ends_at,
            metadata=about.metadata, created_by=actor.user, created_at=now, updated_at=now,
        )  # fmt: skip
        return await until_unhindered(partial(self._keep, content, project.company))

    async def _keep(self, content: Content, company: CompanyFacts) -> ContentView:
        async with self.begin() as uow:
            kept = await numbered(uow, content, company)
            note(uow, kept, Deed(by=kept.created_by, what="content-created"), kept.created_at)
            view = content_view(kept, content.created_at, self.policy)
            await uow.commit(view)
        return view

    def _videos(self, files: Sequence[MediaFile], now: datetime) -> Sequence[ContentVideo]:
        return [
            ContentVideo(
                id=VideoId(self.ids.new()), file=file.id, title=title_of(file.name), position=position,
                footage=file.footage, failure=file.refusal, created_at=now,
            )
            for position, file in enumerate(files)
        ]  # fmt: skip


async def numbered(uow: ArUnitOfWork, content: Content, company: CompanyFacts) -> Content:
    """Add the content under the next number of the day on which it is made, and tell of it. Raises NoSuchProject."""
    if not await uow.places.stays(company.id, content.project):
        raise NoSuchProject
    day = day_of(content.created_at, zone_at(company))
    kept = replace(content, number=number_of(day, await uow.numbers.next(company.id, day)))
    await uow.contents.add(kept)
    uow.announce(ContentChanged(content=kept.id, public_id=kept.public_id, company=kept.company))
    return kept


class CreateContent(Struct, frozen=True, kw_only=True):
    """Make a print of finished uploads of mine, or of files that are the company's.

    The files belong to the company from then on and count against its room. The photo is looked at by a job, videos are
    processed by others: the print is ready to be published once both are done. Numbers have no gaps within a day.
    """

    reach: Reach
    companies: Companies
    files: MediaFiles
    keep: KeepContent
    clock: Clock

    async def __call__(self, actor: Actor, id: ProjectId, new: NewContent) -> ContentView:
        new = checked(new, InvalidContent)
        project = await self.reach.project(actor, id, Right.EDIT)
        customer, ends_at = await told_of(new, project.company, self.companies, self.clock.now())
        videos = [FileId(video) for video in new.videos]
        files = await take_print(self.files, actor, project.company, FileId(new.photo), videos)
        return await self.keep(actor, project, new, customer, ends_at, files)


class CreateContentWithFiles(Struct, frozen=True, kw_only=True):
    """Make a print of a photo and videos that come in this one request, of up to 16 MiB each.

    Larger ones are sent as uploads first, and the print is made of their ids. What came of a request that is refused is
    thrown away.
    """

    reach: Reach
    companies: Companies
    files: MediaFiles
    keep: KeepContent
    clock: Clock

    async def __call__(
        self, actor: Actor, id: ProjectId, about: AboutContent, parts: AsyncIterator[SentFile]
    ) -> ContentView:
        about = checked(about, InvalidContent)
        project = await self.reach.project(actor, id, Right.EDIT)
        customer, ends_at = await told_of(about, project.company, self.companies, self.clock.now())
        kept: list[MediaFile] = []
        try:
            await self._receive(actor, project.company, parts, kept)
            return await self.keep(actor, project, about, customer, ends_at, kept)
        except BaseException:
            with suppress(DomainError):  # what stays is swept away one day
                await self.files.drop(project.company.id, [file.id for file in kept])
            raise

    async def _receive(
        self, actor: Actor, company: CompanyFacts, parts: AsyncIterator[SentFile], kept: list[MediaFile]
    ) -> None:
        """The photo first, then the videos in their order, as they come."""
        films = 0
        photo = False
        async for part in parts:
            pointer = f"#/videos/{films}" if part.video else "#/photo"
            if (photo and not part.video) or films + part.video > MOST_AT_ONCE:
                raise InvalidContent(fields=(wrong(pointer, f"One photo, and up to {MOST_AT_ONCE} videos."),))
            with pointing(pointer):
                file = await self.files.send(actor, company, part.name, part.media_type, part.chunks)
            kept.insert(len(kept) if part.video else 0, file)
            look_at(file, VIDEO if part.video else IMAGE, pointer)
            photo, films = photo or not part.video, films + part.video
        if not photo:
            raise InvalidContent(fields=(wrong("#/photo", "Is required."),))


class CompareFiles(Struct, frozen=True, kw_only=True):
    """Looks whether a print was made of these very files: a request that is repeated says all of it again.

    They are the photo and the videos, in their order.

    Raises IdempotencyKeyReused when it was made of others. Of a film that nobody has checked only its length is known.
    """

    files: MediaFiles

    async def __call__(
        self, company: CompanyId, photo: FileId, videos: Sequence[FileId], parts: AsyncIterator[SentFile]
    ) -> None:
        known, films = await self.files.known(company, {photo, *videos}), iter(videos)
        async for part in parts:
            digest, size = hashlib.sha256(), 0
            async for chunk in part.chunks:
                digest.update(chunk)
                size += len(chunk)
            video = next(films, None) if part.video else None
            file = known.get(video or photo)
            others = file and (file.size != size or file.sha256 not in (None, digest.hexdigest()))
            if others or (part.video and video is None):
                raise IdempotencyKeyReused
        if next(films, None) is not None:
            raise IdempotencyKeyReused


async def told_of(
    about: AboutContent, company: CompanyFacts, companies: Companies, now: datetime
) -> tuple[Customer, datetime]:
    """For whom the print is, and when it ends. Raises InvalidContent."""
    if about.title is not None:
        refuse_controls(about.title, "#/title")
    ends_at = end_of(about.duration, about.ends_at, now, zone_at(company))
    return await customer_of(companies, company.id, about.customer), ends_at
