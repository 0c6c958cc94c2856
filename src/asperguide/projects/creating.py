"""New projects, within what the company may have."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from asperguide.projects.entering import enter_company
from asperguide.projects.errors import InvalidProject, NoSuchCompany, ProjectSlugTaken, TooManyProjects
from asperguide.projects.keeping import note
from asperguide.projects.model import Description, Instant, Name, NoticeDays, Project, Slug, Tags
from asperguide.projects.ports import ProjectsUnitOfWork
from asperguide.projects.rights import Right
from asperguide.projects.views import ProjectView, project_view
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.naming import numbered, slug_of, tidied
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import Companies, CompanyFacts, CompanyId, ProjectId

T = TypeVar("T")

NAMELESS = "project"
MOST_ALIKE = 9
"""So many names that are written alike have a slug that reads like them; those of others are their ids."""

Finish = Callable[[ProjectsUnitOfWork, Project], Awaitable[T]]


class NewProject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A project to be: a draft until it is activated. Without a beginning it begins now, without an end it has none.

    Without a slug one is made of the name.
    """

    name: Name
    slug: Slug | None = None
    description: Description = ""
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    notify_before_days: Annotated[NoticeDays | None, Meta(description="As in the company's settings, if absent.")] = (
        None
    )
    tags: Tags = ()
    template: bool = False


class AddProject(Struct, frozen=True, kw_only=True):
    """A new project, counted; without a slug it gets one of its own. TooManyProjects, ProjectName-, ProjectSlugTaken.

    NoSuchCompany when the company is being taken apart by now.

    `finish` does the rest in the same transaction, and makes the answer.
    """

    begin: Callable[[], ProjectsUnitOfWork]

    async def __call__(self, company: CompanyFacts, project: Project, finish: Finish[T]) -> T:
        if project.slug:
            return await self._add(company, project, finish)
        wanted = slug_of(project.name, NAMELESS)
        for slug in (wanted, *(numbered(wanted, number) for number in range(2, MOST_ALIKE + 1))):
            with suppress(ProjectSlugTaken):
                return await self._add(company, replace(project, slug=slug), finish)
        return await self._add(company, replace(project, slug=str(project.id)), finish)

    async def _add(self, company: CompanyFacts, project: Project, finish: Finish[T]) -> T:
        return await until_unhindered(partial(self._added, company, project, finish))

    async def _added(self, company: CompanyFacts, project: Project, finish: Finish[T]) -> T:
        async with self.begin() as uow:
            if not await uow.homes.stays(company.id):
                raise NoSuchCompany
            if not await uow.counts.take(company.id, company.most_projects):
                raise TooManyProjects
            await uow.projects.add(project)
            answer = await finish(uow, project)
            await uow.commit(answer)
        return answer


class CreateProject(Struct, frozen=True, kw_only=True):
    """Begin a project of my company.

    A slug that is made of its name gets a number behind it when it is taken; it stays when the name changes. A project
    counts towards what the company may have until it is deleted.
    """

    add: AddProject
    companies: Companies
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, company: CompanyId, new: NewProject) -> ProjectView:
        new, now = checked(new, InvalidProject), self.clock.now()
        standing = await enter_company(self.companies, actor.user, company, Right.CREATE)
        project = Project(
            id=ProjectId(self.ids.new()), company=company, name=tidied(new.name), slug=new.slug or "",
            description=new.description, starts_at=new.starts_at or now, ends_at=new.ends_at,
            tags=tuple(dict.fromkeys(new.tags)), template=new.template, created_at=now, updated_at=now,
            notify_before_days=new.notify_before_days or standing.company.expiry_notice_days,
        )  # fmt: skip

        async def finish(uow: ProjectsUnitOfWork, added: Project) -> ProjectView:
            note(uow, added, actor.user, "project-created", now)
            return project_view(added, standing.role, now, 0)

        return await self.add(standing.company, project.checked(now), finish)
