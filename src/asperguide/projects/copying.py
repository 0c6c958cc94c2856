"""Projects made of others: of templates, and of any project once more. What is in them is copied by a job."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from asperguide.projects.creating import AddProject
from asperguide.projects.entering import EnterProject, Place, enter_company
from asperguide.projects.errors import InvalidProject, NotATemplate, ProjectNotFound
from asperguide.projects.events import CopyWanted
from asperguide.projects.keeping import note
from asperguide.projects.model import Instant, Name, Project
from asperguide.projects.ports import ProjectContents, ProjectReads, ProjectsUnitOfWork
from asperguide.projects.rights import Right, demand
from asperguide.projects.views import Copying, project_view
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.naming import tidied
from asperguide.shared.ports import Clock, Ids, JobOptions
from asperguide.shared.tenancy import Companies, CompanyId, ProjectId, ProjectState

Beginning = Annotated[Instant | None, Meta(description="Now, if absent.")]
End = Annotated[Instant | None, Meta(description="If absent, the period is as long as that of the original.")]


class NewCopy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a copy is called, and its period."""

    name: Name
    starts_at: Beginning = None
    ends_at: End = None


class FromTemplate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The template that a project is made of, what it is called, and its period."""

    template: UUID
    name: Name
    starts_at: Beginning = None
    ends_at: End = None


class CopyProject(Struct, frozen=True, kw_only=True):
    """A new draft that is like the original but for its name and period, and the job that copies what is in it.

    Who is listed for the original is listed for the copy.
    """

    add: AddProject
    reads: ProjectReads
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, place: Place, new: NewCopy) -> Copying:
        now, source = self.clock.now(), place.project
        listed = await self.reads.access(source.company, source.id)
        copy = replace(
            source, id=ProjectId(self.ids.new()), name=tidied(new.name), slug="", state=ProjectState.DRAFT,
            starts_at=new.starts_at or now, ends_at=new.ends_at, created_at=now, updated_at=now,
            version=1,
        )  # fmt: skip
        if new.ends_at is None and source.ends_at is not None:
            copy = replace(copy, ends_at=copy.starts_at + (source.ends_at - source.starts_at))

        async def finish(uow: ProjectsUnitOfWork, added: Project) -> Copying:
            note(uow, added, actor.user, "project-created", now)
            await uow.lists.put_all([replace(one, project=added.id) for one in listed])
            job = uow.announce(
                CopyWanted(company=added.company, source=source.id, target=added.id, user=actor.user),
                JobOptions(owner=actor.user, result=f"/api/v1/projects/{added.id}"),
            )
            return Copying(job=job, project=project_view(added, place.role, now, 0))

        return await self.add(place.company, copy.checked(now), finish)


class DuplicateProject(Struct, frozen=True, kw_only=True):
    """Make a project that is like this one, with copies of its contents, as drafts. A copy of a template is one too.

    The project is there at once, and the job that copies the contents is told.
    """

    enter: EnterProject
    copy: CopyProject

    async def __call__(self, actor: Actor, id: ProjectId, new: NewCopy) -> Copying:
        new = checked(new, InvalidProject)
        place = await self.enter(actor.user, id, Right.SEE)
        demand(place.role, Right.CREATE)
        return await self.copy(actor, place, new)


class UseTemplate(Struct, frozen=True, kw_only=True):
    """Make a project of a template of my company, with copies of its contents, as drafts.

    The project is there at once, and the job that copies the contents is told.
    """

    enter: EnterProject
    copy: CopyProject
    companies: Companies

    async def __call__(self, actor: Actor, company: CompanyId, new: FromTemplate) -> Copying:
        new = checked(new, InvalidProject)
        await enter_company(self.companies, actor.user, company, Right.CREATE)
        place = await self.enter(actor.user, ProjectId(new.template), Right.CREATE)
        if place.company.id != company:
            raise ProjectNotFound
        if not place.project.template:
            raise NotATemplate
        wanted = NewCopy(name=new.name, starts_at=new.starts_at, ends_at=new.ends_at)
        return await self.copy(actor, replace(place, project=replace(place.project, template=False)), wanted)


class CopyContents(Struct, frozen=True, kw_only=True):
    """Copy what is in one project into another, if both are there still. It can be stopped and begun anew."""

    begin: Callable[[], ProjectsUnitOfWork]
    contents: ProjectContents

    async def __call__(self, message: CopyWanted, job: UUID | None = None) -> None:
        async with self.begin() as uow:
            source = await uow.projects.get(message.company, message.source)
            target = await uow.projects.get(message.company, message.target)
        if source is not None and target is not None and not target.removing:
            await self.contents.copy(message.user, message.company, message.source, message.target)
        async with self.begin() as uow:
            uow.complete(job)
            await uow.commit()
