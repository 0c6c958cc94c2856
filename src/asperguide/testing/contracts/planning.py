"""Projects and what goes with them, to fill a persistence with."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from asperguide.projects.model import Listed, Project
from asperguide.projects.notices import Notice
from asperguide.projects.repositories import ProjectsUnitOfWork
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import CompanyId, CompanyRole, ProjectId, ProjectState
from asperguide.testing.contracts.people import DAY, IDS, NOW

AN_INSTANT = timedelta(microseconds=1)

Thing = Project | Listed | Notice


def company() -> CompanyId:
    """A company that never had a project."""
    return CompanyId(IDS.new())


def member() -> UserId:
    """Somebody who is not listed anywhere."""
    return UserId(IDS.new())


def project(of: CompanyId, name: str = "", **fields: Any) -> Project:
    """An active project that began yesterday and ends in thirty days, with a name of its own."""
    id = ProjectId(IDS.new())
    ready = Project(
        id=id, company=of, name=name or f"Project {id}", slug=str(id), state=ProjectState.ACTIVE,
        starts_at=NOW - DAY, ends_at=NOW + 30 * DAY, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    return replace(ready, **fields)


def listed(for_: Project, user: UserId, role: CompanyRole = CompanyRole.EDITOR) -> Listed:
    """Somebody to whom the project is open."""
    return Listed(project=for_.id, company=for_.company, user=user, role=role)


def notice(of: Project) -> Notice:
    """What is to be said of the project next."""
    found = of.next_notice(NOW)
    assert found is not None
    return found


async def keep(uow: ProjectsUnitOfWork, *things: Thing) -> None:
    """Add all of these."""
    for thing in things:
        if isinstance(thing, Project):
            await uow.projects.add(thing)
        elif isinstance(thing, Listed):
            await uow.lists.put(thing)
        else:
            await uow.notices.put(thing)
