"""Storing a project that was changed, so that what is said of it follows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from asperguide.projects.events import ProjectHappened
from asperguide.projects.model import Project
from asperguide.projects.ports import ProjectsUnitOfWork
from asperguide.shared.actor import UserId

T = TypeVar("T")


async def keep(
    uow: ProjectsUnitOfWork, before: Project, after: Project, now: datetime, answer: Callable[[Project], T]
) -> T:
    """Store the change, if it is one, and commit, with the answer that is made of it.

    Notices that are to come again are armed again; one that is due stays so, unless times have changed.
    """
    if after == before:
        return answer(before)
    saved = await uow.projects.save(replace(after, updated_at=now))
    if after.timed_by != before.timed_by:
        await arm(uow, saved, now)
    answered = answer(saved)
    await uow.commit(answered)
    return answered


def note(uow: ProjectsUnitOfWork, project: Project, by: UserId, what: str, at: datetime, detail: str = "") -> None:
    """Have what is done written down, if it is done: for those who run the company."""
    uow.announce(ProjectHappened(company=project.company, at=at, by=by, what=what, subject=project.id, detail=detail))


async def arm(uow: ProjectsUnitOfWork, project: Project, now: datetime) -> None:
    """Have what comes next of the project said in time, and nothing twice that was said of this end."""
    reached = await uow.notices.reached(project.company, project.id)
    if (notice := project.next_notice(now, reached)) is None:
        await uow.notices.rest(project.company, project.id)
    else:
        await uow.notices.put(notice)
