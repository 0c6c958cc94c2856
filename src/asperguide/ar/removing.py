"""Deleting prints, and throwing files away that none of them shows any more."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from msgspec import Struct

from asperguide.ar.analytics_messages import once_all_in
from asperguide.ar.desk import OpenContent
from asperguide.ar.events import ContentChanged, ContentRemoved, FilesLeft
from asperguide.ar.model import Content, ContentId
from asperguide.ar.noting import Deed, note
from asperguide.ar.ports import ArUnitOfWork, KeptFiles, MediaFiles
from asperguide.ar.reaching import current
from asperguide.ar.rights import Right
from asperguide.shared.actor import Actor
from asperguide.shared.ports import Clock, JobOptions
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import Companies, CompanyId, ProjectId

GRACE = timedelta(minutes=1)
"""How long a file stays after it was taken: a print that it was taken for is there by then."""
OLD = timedelta(days=1)
AT_ONCE = 1000


async def remove(uow: ArUnitOfWork, content: Content, clock: Clock) -> None:
    """The content is gone; its files will be, unless others show them, and in a few seconds what was counted of it."""
    scene = await uow.scenes.get(content.company, content.id)
    files = dict.fromkeys((*content.files, *(scene.files if scene else ())))
    await uow.contents.remove(content)
    uow.announce(ContentChanged(content=content.id, public_id=content.public_id, company=content.company))
    uow.announce(FilesLeft(company=content.company, files=tuple(files), since=clock.now()))
    videos = tuple(video.id for video in content.videos)
    gone = ContentRemoved(company=content.company, content=content.id, videos=videos)
    uow.announce(gone, once_all_in(clock.now()))


class DeleteContent(Struct, frozen=True, kw_only=True):
    """Delete a print for good, in whatever state, with its videos, rules and files; its code leads nowhere then.

    Files that another print shows stay. With `version`, only if it is still that one.
    """

    open: OpenContent
    begin: Callable[[], ArUnitOfWork]
    clock: Clock

    async def __call__(self, actor: Actor, id: ContentId, version: int | None = None) -> None:
        company = await self.open(actor, id, Right.DELETE)
        deed = Deed(by=actor.user, what="content-deleted")
        await until_unhindered(partial(self._delete, company.id, id, version, deed))

    async def _delete(self, company: CompanyId, id: ContentId, version: int | None, deed: Deed) -> None:
        async with self.begin() as uow:
            content = await current(uow, company, id, version)
            await remove(uow, content, self.clock)
            note(uow, content, deed, self.clock.now())
            await uow.commit()


class RemoveSomeContents(Struct, frozen=True, kw_only=True):
    """Delete up to so many prints of a project, each in its own transaction, whoever asks. Whether none is left."""

    begin: Callable[[], ArUnitOfWork]
    clock: Clock

    async def __call__(self, company: CompanyId, project: ProjectId, limit: int) -> bool:
        async with self.begin() as uow:
            some = await uow.contents.in_project(company, project, limit)
        for id in some:
            await until_unhindered(partial(self._remove, company, id))
        return len(some) < limit

    async def _remove(self, company: CompanyId, id: ContentId) -> None:
        async with self.begin() as uow:
            if (content := await uow.contents.get(company, id)) is not None:
                await remove(uow, content, self.clock)
                await uow.commit()


class DropLeftFiles(Struct, frozen=True, kw_only=True):
    """Throw away files that a print has left, those that no other one shows.

    What was taken within the last minute may be for a print that is about to be made: it is looked at once more later.
    """

    begin: Callable[[], ArUnitOfWork]
    files: MediaFiles
    clock: Clock

    async def __call__(self, message: FilesLeft, job: UUID | None = None) -> None:
        company, now = message.company, self.clock.now()
        async with self.begin() as uow:
            shown = await uow.contents.named(company, message.files)
        unshown = [file for file in message.files if file not in shown]
        left = await self.files.drop(company, unshown, message.since - GRACE) if unshown else ()
        async with self.begin() as uow:
            if left:
                later = JobOptions(run_at=now + GRACE)
                uow.announce(FilesLeft(company=company, files=tuple(left), since=now + GRACE), later)
            uow.complete(job)
            await uow.commit()


class SweepFiles(Struct, frozen=True, kw_only=True):
    """Throw away files of companies that no print shows, a day after they were last touched. How many.

    They are what a crash leaves between the moment in which a file becomes a company's and its print.
    """

    begin: Callable[[], ArUnitOfWork]
    companies: Companies
    files: MediaFiles
    kept: KeptFiles
    clock: Clock

    async def __call__(self, job: UUID | None = None) -> int:
        total, after = 0, None
        while owners := await self.kept.owners(after, AT_ONCE):
            for company in await self.companies.known([CompanyId(owner) for owner in owners]):
                total += await self._swept(company)
            after = owners[-1]
        async with self.begin() as uow:
            uow.complete(job)
            await uow.commit()
        return total

    async def _swept(self, company: CompanyId) -> int:
        total, before, cursor = 0, self.clock.now() - OLD, None
        while True:
            old, cursor = await self.kept.old(company, before, cursor)
            async with self.begin() as uow:
                shown = await uow.contents.named(company, old)
            unshown = [file for file in old if file not in shown]
            total += len(unshown) - len(await self.files.drop(company, unshown, before))
            if cursor is None:
                return total
