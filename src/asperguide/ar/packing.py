"""Packing a project into one archive, which another company, or another service, can make a project of."""

import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec

from asperguide.ar.errors import ContentRightNeeded, InvalidContent, NoSuchProject
from asperguide.ar.events import ContentHappened, ProjectExportWanted
from asperguide.ar.model import Content
from asperguide.ar.packed import described, extension_of
from asperguide.ar.packing_format import FORMAT, MANIFEST, MEDIA_TYPE, LeftOut, PackedFile, PackedProject
from asperguide.ar.packing_ports import ProjectBooks
from asperguide.ar.packing_shelf import packed_key, packed_path
from asperguide.ar.ports import ArReads, ArUnitOfWork, MediaFile, MediaFiles, Opened
from asperguide.ar.reaching import Reach
from asperguide.ar.rights import Right, must_be_allowed
from asperguide.ar.taking import IMAGE, look_at
from asperguide.ar.videos import FileId
from asperguide.shared.actor import Actor, refuse_impersonators
from asperguide.shared.archive import Entry, zipped
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ledger import MEDIA_QUEUE, JobRefused, report_progress
from asperguide.shared.pages import MAX_LIMIT, PageRequest
from asperguide.shared.ports import Clock, Ids, JobOptions
from asperguide.shared.storage import ObjectStorage
from asperguide.shared.tenancy import Companies, CompanyId, ProjectId, Projects

TRIES = 5
ALMOST = 99


class PackingAsked(msgspec.Struct, frozen=True, kw_only=True):
    """The job that does it; its result is the archive."""

    job: UUID


class ExportProject(msgspec.Struct, frozen=True, kw_only=True):
    """Have a project packed into one archive: its prints with their photos and videos as they were sent, their rules
    and scenes, and for whom they are.

    The job's result leads to it for 7 days, for whoever may export the project. While one is being packed for me,
    asking again leads to that one.
    """

    begin: Callable[[], ArUnitOfWork]
    reach: Reach
    ids: Ids

    async def __call__(self, actor: Actor, id: ProjectId) -> PackingAsked:
        refuse_impersonators(actor)
        project = await self.reach.project(actor, id, Right.EXPORT)
        with suppress(EditedMeanwhile):
            return await self._ask(actor, project.company.id, id)
        # I have asked twice at this very moment: the other call has a job now.
        return await self._ask(actor, project.company.id, id)

    async def _ask(self, actor: Actor, company: CompanyId, id: ProjectId) -> PackingAsked:
        key = f"project-export:{id}:{actor.user}"
        async with self.begin() as uow:
            if (job := await uow.live_job(key)) is None:
                wanted = ProjectExportWanted(company=company, project=id, export=self.ids.new(), user=actor.user)
                options = JobOptions(
                    queue=MEDIA_QUEUE, unique_key=key, max_attempts=TRIES, owner=actor.user,
                    result=packed_path(id, wanted.export),
                )  # fmt: skip
                job = uow.announce(wanted, options)
            await uow.commit(answer := PackingAsked(job=job))
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bundle:
    """What was packed so far: files by their ids, and what is said of prints, as compressed JSON of a page each."""

    files: dict[FileId, PackedFile] = field(default_factory=dict)
    pages: list[bytes] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


class MakeProjectExport(msgspec.Struct, frozen=True, kw_only=True):
    """Pack a project, if whoever has asked for it may still have it. The archive is there whole or not at all.

    No more of it is in memory than a piece of a file. It may be made again; what changes meanwhile is in it or not.
    """

    begin: Callable[[], ArUnitOfWork]
    reads: ArReads
    projects: Projects
    companies: Companies
    books: ProjectBooks
    files: MediaFiles
    storage: ObjectStorage
    clock: Clock

    async def __call__(self, message: ProjectExportWanted, job: UUID | None = None) -> None:
        project = await self._allowed(message)
        async with aclosing(zipped(self._entries(message, project))) as content:
            key = packed_key(message.company, message.project, message.export)
            await self.storage.put(key, content, media_type=MEDIA_TYPE)
        async with self.begin() as uow:
            uow.announce(
                ContentHappened(
                    company=message.company, at=self.clock.now(), by=message.user, what="project-exported",
                    subject=message.project,
                )
            )  # fmt: skip
            uow.complete(job)
            await uow.commit()

    async def _allowed(self, message: ProjectExportWanted) -> PackedProject:
        """What the project is like. Raises JobRefused when it is none of theirs any more."""
        try:
            if (standing := await self.projects.standing(message.user, message.project)) is None:
                raise NoSuchProject
            must_be_allowed(standing.role, Right.EXPORT)
            if (project := await self.books.described(message.company, message.project)) is None:
                raise NoSuchProject
        except (NoSuchProject, ContentRightNeeded) as refused:
            raise JobRefused(refused.slug) from refused
        return project

    async def _entries(self, message: ProjectExportWanted, project: PackedProject) -> AsyncGenerator[Entry, None]:
        bundle, now, done = _Bundle(), self.clock.now(), 0
        total = (await self.reads.counts(message.company, (message.project,))).get(message.project, 0)
        async with aclosing(self._pages(message)) as pages:
            async for page in pages:
                told: list[bytes] = []
                for content in page:
                    async with aclosing(self._packed(content, bundle, told)) as entries:
                        async for entry in entries:
                            yield entry
                    done += 1
                    report_progress(min(ALMOST, 100 * done // max(total, 1)))
                bundle.pages.append(zlib.compress(b",\n".join(told)))
        yield Entry(name=MANIFEST, at=now, chunks=_manifest(project, bundle, now), compressed=True)

    async def _pages(self, message: ProjectExportWanted) -> AsyncGenerator[tuple[Content, ...], None]:
        cursor = None
        while True:
            wanted = PageRequest(sort="number", cursor=cursor, limit=MAX_LIMIT)
            page = await self.reads.contents(message.company, message.project, wanted)
            yield tuple(page.items)
            if (cursor := page.next_cursor) is None:
                return

    async def _packed(self, content: Content, bundle: _Bundle, told: list[bytes]) -> AsyncGenerator[Entry, None]:
        """The files of a print that are not in the archive yet, then it is told of; nothing of one without a photo."""
        scene = await self.reads.scene(content.company, content.id)
        wanted = dict.fromkeys((*content.files, *(scene.files if scene else ())))
        known = await self.files.known(content.company, tuple(wanted))
        for place, id in enumerate(wanted):
            opened = await self._opened(content, known.get(id))
            if opened is None and id == content.marker.photo:  # it comes first
                bundle.left_out.append(LeftOut(number=content.number))
                return
            if opened is not None and id not in bundle.files:
                path = f"media/{content.number}/{place:02}{extension_of(opened.media_type)}"
                digest = sha256()
                async with opened.read() as chunks:
                    hashed = _hashed(chunks, digest.update)
                    yield Entry(name=path, at=content.created_at, chunks=hashed, size=opened.size)
                bundle.files[id] = _file(path, known[id], opened, digest.hexdigest())
        client = content.customer.client
        name = None if client is None else await self.companies.client(content.company, client)
        packed, lacking = described(content, scene, bundle.files, name)
        bundle.left_out.extend(lacking)
        told.append(msgspec.json.encode(packed))

    async def _opened(self, content: Content, file: MediaFile | None) -> Opened | None:
        """The bytes of a file of the print, if there are any; of a photo only if a print can be made of it."""
        if file is None:
            return None
        if file.id == content.marker.photo:
            try:
                look_at(file, IMAGE, "#/photo")
            except InvalidContent:
                return None
        return await self.files.open(content.company, file.id)


def _file(path: str, known: MediaFile, opened: Opened, digest: str) -> PackedFile:
    return PackedFile(path=path, name=known.name, media_type=known.media_type, size=opened.size, sha256=digest)


async def _hashed(chunks: AsyncIterator[bytes], update: Callable[[bytes], None]) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        update(chunk)
        yield chunk


async def _manifest(project: PackedProject, bundle: _Bundle, now: datetime) -> AsyncIterator[bytes]:
    """The manifest, one print a line."""
    encode = msgspec.json.encode
    yield b'{"format":%b,"made_at":%b,\n"project":%b,\n"contents":[\n' % (encode(FORMAT), encode(now), encode(project))
    before = b""
    for page in bundle.pages:
        if lines := zlib.decompress(page):
            yield before + lines
            before = b",\n"
    yield b'],\n"files":[\n'
    for n, file in enumerate(bundle.files.values()):
        yield (b",\n" if n else b"") + encode(file)
    yield b'],\n"left_out":%b}\n' % encode(bundle.left_out)
