"""Making a project of an archive: all of it, or nothing that anybody could see."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from asperguide.ar.creating import numbered
from asperguide.ar.errors import InvalidContent
from asperguide.ar.events import ProjectImportWanted
from asperguide.ar.model import Content, public_id
from asperguide.ar.packing import TRIES, PackingAsked
from asperguide.ar.packing_errors import ArchiveRefused, InvalidImport, NoCompanyOfYours
from asperguide.ar.packing_format import MOST_FILES
from asperguide.ar.packing_ports import Luggage, ProjectBooks
from asperguide.ar.ports import ArUnitOfWork, MediaFiles
from asperguide.ar.removing import RemoveSomeContents
from asperguide.ar.rights import Right, must_be_allowed
from asperguide.ar.scenes import Scene
from asperguide.ar.taking import IMAGE, VIDEO, look_at, look_at_kind
from asperguide.ar.terms import wrong
from asperguide.ar.unpacked import MakePrints, Origin, derived
from asperguide.ar.unpacking_checks import CHECKED, Bundle, LookThrough, chunks_of
from asperguide.ar.videos import FileId
from asperguide.shared.actor import Actor, UserId, refuse_impersonators
from asperguide.shared.commands import checked
from asperguide.shared.errors import DomainError, EditedMeanwhile, Throttled, Unavailable
from asperguide.shared.ledger import MEDIA_QUEUE, JobRefused, report_progress, work_on
from asperguide.shared.ports import Clock, Ids, JobOptions
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import Companies, CompanyFacts, CompanyId, ProjectId

AT_ONCE = 1000
ALMOST = 99
GONE = "The archive is gone, or is no ZIP archive."


class NewImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finished upload of mine: an archive as projects are exported. Without a name it has the one in the archive."""

    file: UUID
    name: Annotated[str, Meta(min_length=1, max_length=255)] | None = None


class ImportProject(Struct, frozen=True, kw_only=True):
    """Make a project of an archive that was exported here or elsewhere, by a job; its result is the project.

    All of its prints are drafts, with numbers and codes of their own. The archive is looked through before anything is
    made, and nobody sees the project before all of it is there: when it is refused the job says why, and nothing stays.
    While an archive is being made a project, asking for that again under the same name leads to the same job; under
    another name it is made another project.
    """

    begin: Callable[[], ArUnitOfWork]
    companies: Companies
    luggage: Luggage
    ids: Ids

    async def __call__(self, actor: Actor, company: CompanyId, new: NewImport) -> PackingAsked:
        refuse_impersonators(actor)
        new = checked(new, InvalidImport)
        await allowed(self.companies, actor.user, company)
        if await self.luggage.archive(actor.user, FileId(new.file)) is None:
            raise InvalidImport(fields=(wrong("#/file", GONE),))
        with suppress(EditedMeanwhile):
            return await self._ask(actor, company, new)
        # I have asked twice at this very moment: the other call has a job now.
        return await self._ask(actor, company, new)

    async def _ask(self, actor: Actor, company: CompanyId, new: NewImport) -> PackingAsked:
        named = "" if new.name is None else hashlib.sha256(new.name.encode()).hexdigest()
        key = f"project-import:{company}:{new.file}:{named}"
        async with self.begin() as uow:
            if (job := await uow.live_job(key)) is None:
                wanted = ProjectImportWanted(
                    company=company, project=ProjectId(self.ids.new()), archive=FileId(new.file), name=new.name,
                    user=actor.user,
                )  # fmt: skip
                options = JobOptions(
                    queue=MEDIA_QUEUE, unique_key=key, max_attempts=TRIES, owner=actor.user,
                    result=f"/api/v1/projects/{wanted.project}",
                )  # fmt: skip
                job = uow.announce(wanted, options)
            await uow.commit(answer := PackingAsked(job=job))
        return answer


async def allowed(companies: Companies, user: UserId, company: CompanyId) -> CompanyFacts:
    """The company, if the user may bring projects in. Raises NoCompanyOfYours, ContentRightNeeded."""
    if (standing := await companies.standing(user, company)) is None:
        raise NoCompanyOfYours
    must_be_allowed(standing.role, Right.IMPORT)
    return standing.company


class UndoImport(Struct, frozen=True, kw_only=True):
    """Leave nothing of a project that was to be made of an archive, unless it is there already."""

    files: MediaFiles
    books: ProjectBooks
    remove: RemoveSomeContents

    async def __call__(self, company: CompanyId, project: ProjectId) -> None:
        if not await self.books.discard(company, project):
            return
        while not await self.remove(company, project, AT_ONCE):
            pass
        for start in range(0, MOST_FILES, AT_ONCE):
            ids = [file_id(project, n) for n in range(start, start + AT_ONCE)]
            if brought := await self.files.known(company, ids):
                await self.files.drop(company, tuple(brought))


class BringFiles(Struct, frozen=True, kw_only=True):
    """Make the files of an archive files of the company, each once, however often this is begun anew.

    Raises ArchiveRefused, StorageFull.
    """

    luggage: Luggage

    async def __call__(self, company: CompanyFacts, project: ProjectId, bundle: Bundle) -> dict[str, FileId]:
        total, done, ids = sum(file.size for file in bundle.manifest.files), 0, dict[str, FileId]()
        photos = {content.photo for content in bundle.manifest.contents}
        for n, file in enumerate(bundle.manifest.files):
            ids[file.path] = id = file_id(project, n)
            try:
                kept = await self.luggage.bring(company, id, file, partial(_opened, bundle, file.path))
                look = look_at if file.path in photos else look_at_kind
                look(kept, IMAGE if file.media_type.startswith(IMAGE) else VIDEO, "#")
            except InvalidContent as refused:
                reason = " ".join(field.detail for field in refused.fields) or refused.detail
                raise ArchiveRefused(f"File {n} of the manifest is refused: {reason}") from None
            done += file.size
            report_progress(CHECKED + (ALMOST - CHECKED) * done // total)
        return ids


class MakeProject(Struct, frozen=True, kw_only=True):
    """Make the project of an archive and let it be seen; what cannot be made is undone, and the job says why.

    Everything has an id that follows from the project's: begun anew after a crash it goes on where it was.
    """

    begin: Callable[[], ArUnitOfWork]
    companies: Companies
    luggage: Luggage
    books: ProjectBooks
    look: LookThrough
    bring: BringFiles
    make: MakePrints
    undo: UndoImport
    clock: Clock
    ids: Ids

    async def __call__(self, message: ProjectImportWanted, job: UUID | None = None) -> None:
        try:
            await self._import(message, job)
        except (Unavailable, EditedMeanwhile, Throttled):
            if _is_last(job):
                await self.undo(message.company, message.project)
            raise
        except DomainError as refused:
            await self.undo(message.company, message.project)
            raise JobRefused(refused.slug) from refused

    async def _import(self, message: ProjectImportWanted, job: UUID | None) -> None:
        company = await allowed(self.companies, message.user, message.company)
        if (opened := await self.luggage.archive(message.user, message.archive)) is None:
            raise ArchiveRefused(GONE)
        bundle = await self.look(opened, company.storage_bytes)
        await self._try(message, company, bundle)
        if await self.books.prepare(company, message.project, bundle.manifest.project, message.name):
            ids = await self.bring(company, message.project, bundle)
            origin = self._origin(message, company, ids)
            for n, packed in enumerate(bundle.manifest.contents):
                await self._add(*await self.make(n, packed, origin), company)
        await self.books.reveal(message.company, message.project, message.user, job)

    async def _try(self, message: ProjectImportWanted, company: CompanyFacts, bundle: Bundle) -> None:
        """Every print is made once before anything is kept. Raises ArchiveRefused."""
        ids = {file.path: file_id(message.project, n) for n, file in enumerate(bundle.manifest.files)}
        origin = self._origin(message, company, ids)
        for n, packed in enumerate(bundle.manifest.contents):
            await self.make(n, packed, origin)

    def _origin(self, message: ProjectImportWanted, company: CompanyFacts, ids: dict[str, FileId]) -> Origin:
        return Origin(company=company, project=message.project, files=ids, user=message.user, now=self.clock.now())

    async def _add(self, content: Content, scene: Scene | None, company: CompanyFacts) -> None:
        whole = replace(content, public_id=public_id(self.ids.secret()))
        await until_unhindered(partial(self._added, whole, scene, company))

    async def _added(self, content: Content, scene: Scene | None, company: CompanyFacts) -> None:
        async with self.begin() as uow:
            if await uow.contents.get(content.company, content.id) is None:
                await numbered(uow, content, company)
                if scene is not None:
                    await uow.scenes.add(scene)
                await uow.commit()


class DropImport(Struct, frozen=True, kw_only=True):
    """The job was cancelled: leave nothing of the project that it was to make."""

    begin: Callable[[], ArUnitOfWork]
    undo: UndoImport

    async def __call__(self, message: ProjectImportWanted, job: UUID | None = None) -> None:
        await self.undo(message.company, message.project)
        async with self.begin() as uow:
            uow.complete(job)
            await uow.commit()


def file_id(project: ProjectId, n: int) -> FileId:
    """The id of the n-th file of the archive that the project is made of."""
    return FileId(derived(project, "file", n))


def _is_last(job: UUID | None) -> bool:
    work = work_on(job)
    return work is not None and work.job.attempts >= work.job.max_attempts


@asynccontextmanager
async def _opened(bundle: Bundle, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
    async with aclosing(chunks_of(bundle, path)) as chunks:
        yield chunks
