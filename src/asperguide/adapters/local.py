"""Ports of one context that are answered by what others have."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from asperguide.ar.copying import CopyContents
from asperguide.ar.ports import ArReads, Opened
from asperguide.ar.removing import RemoveSomeContents
from asperguide.ar.videos import FileId as PrintFileId
from asperguide.ar.viewer_ports import Pictures
from asperguide.capsules import PackedLetter, PackLetters
from asperguide.capsules.errors import AttachmentNotFound
from asperguide.capsules.ports import Attachment, Attachments, People, Person
from asperguide.companies.ports import Account, Accounts, CompanyReads, Holdings
from asperguide.identity.belongings import Belonging, Belongings
from asperguide.identity.errors import PictureRefused
from asperguide.identity.ports import IdentityReads, Portraits
from asperguide.identity.views import LARGEST_PORTRAIT, PORTRAIT_SIZES
from asperguide.media import ShowImageOf
from asperguide.media.errors import FileNotFound, FileNotReady, NotAnImage
from asperguide.media.imaging import SIZES, ImageFormat, ImageWanted
from asperguide.media.model import File, FileId, FileState, OwnerId, own
from asperguide.media.ports import Images, LongWork, MediaReads, Refusal
from asperguide.media.serving import SIGNED_FOR
from asperguide.media.views import file_view
from asperguide.operations import CancelMyJob
from asperguide.operations.errors import JobNotCancellable, JobNotFound
from asperguide.projects import EnterProject, Project, RemoveSomeOfCompany
from asperguide.projects.ports import ProjectContents, ProjectReads
from asperguide.projects.rights import UNRESTRICTED
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.pages import MAX_LIMIT, PageRequest
from asperguide.shared.storage import ObjectMissing, ObjectStorage, SignedLinks, SignedRequest
from asperguide.shared.tenancy import (
    ClientId,
    Companies,
    CompanyFacts,
    CompanyId,
    CompanyRole,
    Contact,
    ProjectFacts,
    ProjectId,
    Projects,
    ProjectStanding,
    Standing,
)

WEBP = "image/webp"
QUALITY = 85
PICTURE_QUALITY = 90


class LocalLongWork(LongWork):
    """Long work is what operations keep as jobs."""

    def __init__(self, cancel: Callable[[], CancelMyJob]) -> None:
        self._cancel = cancel

    async def cancel(self, actor: Actor, job: UUID) -> None:
        """What is over, or not theirs, is as good as cancelled."""
        try:
            await self._cancel()(actor, job)
        except (JobNotFound, JobNotCancellable):
            return


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


class LocalProjectHoldings(Holdings):
    """Of companies there are projects, with all that is in them."""

    def __init__(self, reads: ProjectReads, remove: Callable[[], RemoveSomeOfCompany]) -> None:
        self._reads, self._remove = reads, remove

    async def count(self, company: CompanyId) -> int:
        """Of projects."""
        return await self._reads.count(company)

    async def remove_some(self, company: CompanyId) -> bool:
        """Of one project at a time."""
        return await self._remove()(company)


class LocalPeople(People):
    """Users are those of identity."""

    def __init__(self, reads: IdentityReads) -> None:
        self._reads = reads

    async def known(self, ids: Collection[UserId]) -> Mapping[UserId, Person]:
        """By their contacts."""
        found = await self._reads.contacts(ids)
        return {
            id: Person(id=id, name=one.full_name, email=one.email, locale=one.locale, time_zone=one.time_zone)
            for id, one in found.items()
        }

    async def holders(self, email_keys: Collection[str]) -> Mapping[str, UserId]:
        """As identity has verified them."""
        return await self._reads.holders(email_keys)


class LocalAttachments(Attachments):
    """Files that go with letters are those of media. They stay their owner's: what is deleted there is gone here."""

    def __init__(self, reads: MediaReads, links: SignedLinks) -> None:
        self._reads, self._links = reads, links

    async def usable(self, actor: Actor, ids: Collection[UUID]) -> Collection[UUID]:
        """Own files in state ready."""
        return {file.id for file in await self._ready(ids) if file.belongs_to(actor)}

    async def known(self, ids: Collection[UUID]) -> Mapping[UUID, Attachment]:
        """Those in state ready."""
        return {
            file.id: Attachment(id=file.id, name=file.name, media_type=file.media_type, size=file.size)
            for file in await self._ready(ids)
        }

    async def link(self, id: UUID) -> SignedRequest:
        """For 15 minutes, to be saved under the file's name."""
        for file in await self._ready((id,)):
            return await self._links.link(file.key, SIGNED_FOR, name=file.name, media_type=file.media_type)
        raise AttachmentNotFound

    async def _ready(self, ids: Collection[UUID]) -> list[File]:
        found = await self._reads.by_ids([FileId(id) for id in ids])
        return [file for file in found if file.state is FileState.READY]


class LocalCompanies(Companies):
    """Companies are those of companies; how their members are reached is identity's."""

    def __init__(self, reads: CompanyReads, people: IdentityReads) -> None:
        self._reads, self._people = reads, people

    async def standing(self, user: UserId, company: CompanyId) -> Standing | None:
        """One read."""
        return await self._reads.standing(user, company)

    async def known(self, companies: Collection[CompanyId]) -> Mapping[CompanyId, CompanyFacts]:
        """One read."""
        return await self._reads.known(companies)

    async def contacts(self, company: CompanyId, roles: Collection[CompanyRole]) -> Sequence[Contact]:
        """One read here and one of identity; the first 1000 members."""
        members = await self._reads.members_in(company, roles)
        found = await self._people.contacts(members)
        return [
            Contact(user=id, name=one.full_name, email=one.email, locale=one.locale, time_zone=one.time_zone)
            for id in members
            if (one := found.get(id)) is not None
        ]

    async def client(self, company: CompanyId, client: ClientId) -> str | None:
        """One read."""
        found = await self._reads.client(company, client)
        return None if found is None else found.name


class LocalAccounts(Accounts):
    """Accounts are those of identity."""

    def __init__(self, reads: IdentityReads) -> None:
        self._reads = reads

    async def known(self, ids: Collection[UserId]) -> Mapping[UserId, Account]:
        """By their contacts."""
        found = await self._reads.contacts(ids)
        return {
            id: Account(id=id, name=one.full_name, email=one.email, locale=one.locale, time_zone=one.time_zone)
            for id, one in found.items()
        }

    async def holder(self, email_key: str) -> UserId | None:
        """As identity has verified them."""
        return (await self._reads.holders((email_key,))).get(email_key)


class LocalHoldings(Holdings):
    """What the contexts keep for companies that are named in the container, one after the other."""

    def __init__(self, *parts: Callable[[], Holdings]) -> None:
        self._parts = parts

    async def count(self, company: CompanyId) -> int:
        """The sum."""
        return sum([await part().count(company) for part in self._parts])

    async def remove_some(self, company: CompanyId) -> bool:
        """Of the first that has anything left."""
        for part in self._parts:
            if not await part().remove_some(company):
                return False
        return True


class LocalProjects(Projects):
    """Projects are those of projects, as far as companies are there."""

    def __init__(self, reads: ProjectReads, companies: Companies, enter: EnterProject) -> None:
        self._reads, self._companies, self._enter = reads, companies, enter

    async def standing(self, user: UserId, project: ProjectId) -> ProjectStanding | None:
        """One read here and one of companies."""
        if (place := await self._enter.place(user, project)) is None:
            return None
        return ProjectStanding(project=place.project.facts(place.company), role=place.role)

    async def known(self, projects: Collection[ProjectId]) -> Mapping[ProjectId, ProjectFacts]:
        """One read here and one of companies."""
        found: Sequence[Project] = await self._reads.known(projects)
        companies = await self._companies.known({one.company for one in found}) if found else {}
        return {one.id: one.facts(companies[one.company]) for one in found if one.company in companies}

    async def closed_to(self, user: UserId, standing: Standing) -> Collection[ProjectId]:
        """One read; none for those to whom everything is open."""
        return () if standing.role in UNRESTRICTED else await self._reads.closed_to(standing.company.id, user)

    async def in_company(self, company: CompanyId) -> Sequence[ProjectId]:
        """One read."""
        return await self._reads.in_company(company)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalContents(ProjectContents):
    """What is in projects are prints."""

    reads: ArReads
    remove: Callable[[], RemoveSomeContents]
    copies: Callable[[], CopyContents]

    async def counts(self, company: CompanyId, projects: Collection[ProjectId]) -> Mapping[ProjectId, int]:
        """One read."""
        return await self.reads.counts(company, projects)

    async def remove_some(self, company: CompanyId, project: ProjectId, limit: int) -> bool:
        """Each in a transaction of its own."""
        return await self.remove()(company, project, limit)

    async def copy(self, by: UserId, company: CompanyId, source: ProjectId, target: ProjectId) -> None:
        """Each in a transaction of its own."""
        await self.copies()(by, company, source, target)

    async def refresh(self, company: CompanyId, project: ProjectId) -> None:
        """Nothing to forget: what is kept ready to be shown is forgotten with each change of its project or company."""


class LocalPictures(Pictures):
    """Pictures of companies are images of their files in media."""

    def __init__(self, show: Callable[[], ShowImageOf]) -> None:
        self._show = show

    async def picture(self, company: CompanyId, file: PrintFileId, longest: int, media_type: str) -> Opened | None:
        """In the next smaller size of those that are made anyway."""
        side, format = max(size for size in SIZES if size <= longest), ImageFormat(media_type.rpartition("/")[2])
        wanted = ImageWanted(w=side, h=side, format=format, q=PICTURE_QUALITY)
        try:
            made = await self._show()(OwnerId(company), FileId(file), wanted)
        except (FileNotFound, FileNotReady, NotAnImage):
            return None
        image = made.file
        return Opened(
            name=image.name, media_type=image.media_type, size=image.size, etag=image.sha256 or "", read=made.open
        )
