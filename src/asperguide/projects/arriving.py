"""Projects that are made of archives: nobody sees one before all of it is there, and what never is goes by itself."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace as replaced

from asperguide.projects.creating import AddProject, NewProject
from asperguide.projects.errors import InvalidProject, ProjectNameTaken, ProjectNotFound
from asperguide.projects.events import ProjectGivenUp
from asperguide.projects.keeping import arm, note
from asperguide.projects.model import LONGEST_NAME, Project
from asperguide.projects.ports import ProjectsUnitOfWork
from asperguide.shared.actor import UserId
from asperguide.shared.commands import checked
from asperguide.shared.naming import tidied
from asperguide.shared.ports import Clock, JobOptions
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import CompanyFacts, CompanyId, ProjectId

GIVEN_UP_AFTER = timedelta(days=2)
"""Whoever makes a project has long come to an end by then."""
MOST_OF_A_NAME = 100


class PrepareProject(Struct, frozen=True, kw_only=True):
    """Make a project under an id that was chosen before, hidden: as if it were being removed, which it is in two days
    unless it is revealed.

    It has its place among what the company may have, and its name. When that is taken it gets a number behind it;
    another `name`, if one is given, does not. False, and nothing is made, when it was revealed already; what was
    prepared already stays.
    """

    begin: Callable[[], ProjectsUnitOfWork]
    add: AddProject
    clock: Clock

    async def __call__(self, company: CompanyFacts, id: ProjectId, new: NewProject, name: str | None) -> bool:
        wanted = new if name is None else replaced(new, name=name)
        new, now = checked(wanted, InvalidProject), self.clock.now()
        async with self.begin() as uow:
            known = await uow.projects.get(company.id, id)
        if known is not None:
            return known.removing
        project = Project(
            id=id, company=company.id, name=tidied(new.name), slug="", description=new.description,
            starts_at=new.starts_at or now, ends_at=new.ends_at, tags=tuple(dict.fromkeys(new.tags)),
            template=new.template, removing=True, created_at=now, updated_at=now,
            notify_before_days=new.notify_before_days or company.expiry_notice_days,
        ).checked(now)  # fmt: skip
        await (self._add_anyhow(company, project) if name is None else self._add(company, project))
        return True

    async def _add_anyhow(self, company: CompanyFacts, project: Project) -> None:
        for number in range(2, MOST_OF_A_NAME):
            with suppress(ProjectNameTaken):
                return await self._add(company, project)
            project = replace(project, name=_numbered(project.name, number))
        return await self._add(company, project)

    async def _add(self, company: CompanyFacts, project: Project) -> None:
        async def finish(uow: ProjectsUnitOfWork, added: Project) -> None:
            later = JobOptions(run_at=self.clock.now() + GIVEN_UP_AFTER)
            uow.announce(ProjectGivenUp(project=added.id, company=added.company), later)

        await self.add(company, project, finish)


class RevealProject(Struct, frozen=True, kw_only=True):
    """All of a prepared project is there: let it be seen, note who has brought it, and end the job.

    Raises ProjectNotFound when it is gone.
    """

    begin: Callable[[], ProjectsUnitOfWork]
    clock: Clock

    async def __call__(self, company: CompanyId, id: ProjectId, by: UserId, job: UUID | None = None) -> None:
        await until_unhindered(partial(self._reveal, company, id, by, job))

    async def _reveal(self, company: CompanyId, id: ProjectId, by: UserId, job: UUID | None) -> None:
        now = self.clock.now()
        async with self.begin() as uow:
            if (project := await uow.projects.get(company, id)) is None:
                raise ProjectNotFound
            if project.removing:
                saved = await uow.projects.save(replace(project, removing=False, updated_at=now))
                await arm(uow, saved, now)
                note(uow, saved, by, "project-imported", now)
            uow.complete(job)
            await uow.commit()


class DiscardProject(Struct, frozen=True, kw_only=True):
    """Have a prepared project removed at once, with all that is in it. False when it was revealed, and stays."""

    begin: Callable[[], ProjectsUnitOfWork]

    async def __call__(self, company: CompanyId, id: ProjectId) -> bool:
        async with self.begin() as uow:
            project = await uow.projects.get(company, id)
            if project is not None and project.removing:
                once = JobOptions(unique_key=f"discard-project:{id}")
                uow.announce(ProjectGivenUp(project=id, company=company), once)
                await uow.commit()
        return project is None or project.removing


def _numbered(name: str, number: int) -> str:
    """The name with another number behind it, or its first."""
    stem, mark = name.removesuffix(f" ({number - 1})"), f" ({number})"
    return stem[: LONGEST_NAME - len(mark)].rstrip() + mark
