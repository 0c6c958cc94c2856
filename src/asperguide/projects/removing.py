"""Removing projects: empty ones at once, others with everything in them by a job; all of a company's with it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from asperguide.projects.entering import EnterProject, Place, there
from asperguide.projects.errors import ProjectNotEmpty
from asperguide.projects.events import ProjectRemovalWanted, ProjectRemoved
from asperguide.projects.keeping import arm, note
from asperguide.projects.model import Project
from asperguide.projects.ports import ProjectContents, ProjectReads, ProjectsUnitOfWork
from asperguide.projects.rights import Right
from asperguide.projects.views import Removing
from asperguide.shared.actor import Actor
from asperguide.shared.ports import Clock, JobOptions
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import CompanyId, ProjectId

BATCH = 50
AFTERWARDS = timedelta(minutes=5)
"""Whoever put something into a project when it was removed is done by then."""


class DeleteProject(Struct, frozen=True, kw_only=True):
    """Delete a project of my company that is empty. With `version`, only if it is still that one."""

    begin: Callable[[], ProjectsUnitOfWork]
    enter: EnterProject
    contents: ProjectContents
    clock: Clock

    async def __call__(self, actor: Actor, id: ProjectId, version: int | None = None) -> None:
        place = await self.enter(actor.user, id, Right.DELETE)
        if await self.contents.counts(place.company.id, (id,)):
            raise ProjectNotEmpty
        await until_unhindered(partial(self._delete, place, version))

    async def _delete(self, place: Place, version: int | None) -> None:
        async with self.begin() as uow:
            project = await there(uow, place, version)
            if not await uow.projects.is_empty(project):
                raise ProjectNotEmpty
            note(uow, project, place.user, "project-deleted", self.clock.now())
            await remove(uow, project, self.clock)
            await uow.commit()


class DeleteProjectWithAll(Struct, frozen=True, kw_only=True):
    """Delete a project of my company with everything in it. It is gone at once, what is in it is removed by a job.

    The job is told. When it is cancelled the project comes back, with what is left in it.
    """

    begin: Callable[[], ProjectsUnitOfWork]
    enter: EnterProject
    clock: Clock

    async def __call__(self, actor: Actor, id: ProjectId, version: int | None = None) -> Removing:
        place = await self.enter(actor.user, id, Right.DELETE)
        return await until_unhindered(partial(self._begin_removing, place, version))

    async def _begin_removing(self, place: Place, version: int | None) -> Removing:
        now = self.clock.now()
        async with self.begin() as uow:
            project = await there(uow, place, version)
            saved = await uow.projects.save(replace(project, removing=True, updated_at=now))
            await arm(uow, saved, now)
            wanted = ProjectRemovalWanted(project=saved.id, company=saved.company)
            note(uow, saved, place.user, "project-deleted", now)
            answer = Removing(job=uow.announce(wanted, JobOptions(owner=place.user)))
            await uow.commit(answer)
        return answer


class RemoveProject(Struct, frozen=True, kw_only=True):
    """Remove what is in a project, a batch at a time, and then the project, if it is still to be removed.

    It can be stopped at any point and begun anew.
    """

    begin: Callable[[], ProjectsUnitOfWork]
    contents: ProjectContents
    clock: Clock

    async def __call__(self, message: ProjectRemovalWanted, job: UUID | None = None) -> None:
        while await self._is_to_go(message):
            if await self.contents.remove_some(message.company, message.project, BATCH):
                break
        await until_unhindered(partial(self._remove, message, job))

    async def _is_to_go(self, message: ProjectRemovalWanted) -> bool:
        async with self.begin() as uow:
            project = await uow.projects.get(message.company, message.project)
        return project is not None and project.removing

    async def _remove(self, message: ProjectRemovalWanted, job: UUID | None) -> None:
        async with self.begin() as uow:
            project = await uow.projects.get(message.company, message.project)
            if project is not None and project.removing:
                await remove(uow, project, self.clock)
            uow.complete(job)
            await uow.commit()


class StopRemoving(Struct, frozen=True, kw_only=True):
    """The job was cancelled: the project is there again, with what is left in it."""

    begin: Callable[[], ProjectsUnitOfWork]
    clock: Clock

    async def __call__(self, message: ProjectRemovalWanted, job: UUID | None = None) -> None:
        await until_unhindered(partial(self._stop, message, job))

    async def _stop(self, message: ProjectRemovalWanted, job: UUID | None) -> None:
        now = self.clock.now()
        async with self.begin() as uow:
            project = await uow.projects.get(message.company, message.project)
            if project is not None and project.removing:
                saved = await uow.projects.save(replace(project, removing=False, updated_at=now))
                await arm(uow, saved, now)
            uow.complete(job)
            await uow.commit()


class ClearRemoved(Struct, frozen=True, kw_only=True):
    """Remove what came into a project in the moment in which it was removed. Nothing, nearly always."""

    begin: Callable[[], ProjectsUnitOfWork]
    contents: ProjectContents

    async def __call__(self, message: ProjectRemoved, job: UUID | None = None) -> None:
        while not await self.contents.remove_some(message.company, message.project, BATCH):
            pass
        async with self.begin() as uow:
            uow.complete(job)
            await uow.commit()


class RemoveSomeOfCompany(Struct, frozen=True, kw_only=True):
    """Remove some of what a company has that is being taken apart, within seconds. True when nothing is left of it."""

    begin: Callable[[], ProjectsUnitOfWork]
    reads: ProjectReads
    contents: ProjectContents
    clock: Clock

    async def __call__(self, company: CompanyId) -> bool:
        for id in await self.reads.some(company, 1):
            if await self.contents.remove_some(company, id, BATCH):
                await until_unhindered(partial(self._remove, company, id))
        return not await self.reads.some(company, 1)

    async def _remove(self, company: CompanyId, id: ProjectId) -> None:
        async with self.begin() as uow:
            if (project := await uow.projects.get(company, id)) is not None:
                await remove(uow, project, self.clock)
                await uow.commit()


class CompanyGone(Protocol):
    """That a company is no more, as whoever kept them announces it."""

    @property
    def company(self) -> CompanyId:
        """Which."""
        ...


class ForgetProjectCount(Struct, frozen=True, kw_only=True):
    """Forget how many projects a company had that is gone."""

    begin: Callable[[], ProjectsUnitOfWork]

    async def __call__(self, message: CompanyGone, job: UUID | None = None) -> None:
        async with self.begin() as uow:
            await uow.counts.forget(message.company)
            uow.complete(job)
            await uow.commit()


async def remove(uow: ProjectsUnitOfWork, project: Project, clock: Clock) -> None:
    """Forget the project, and leave its place to another."""
    await uow.counts.give_back(project.company)
    await uow.projects.remove(project)
    gone = ProjectRemoved(project=project.id, company=project.company)
    uow.announce(gone, JobOptions(run_at=clock.now() + AFTERWARDS))
