"""Looking which periods draw to their end or are over, so that it is said: each once, and never early."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from asperguide.projects.events import ProjectEnding, ProjectsSweepDue
from asperguide.projects.notices import Notice
from asperguide.projects.ports import ProjectPolicy, ProjectsUnitOfWork
from asperguide.shared.ports import Clock, JobOptions
from asperguide.shared.repeating import look_again

BATCH = 500
AFTERWARDS = JobOptions(priority=1)
"""Thousands of mails that are due at once keep nobody waiting."""


class SweepProjects(Struct, frozen=True, kw_only=True):
    """Announce everything that is due, a batch in a transaction, and have the next due time looked at when it comes.

    Any number of these may run at once. How many notices there were.
    """

    begin: Callable[[], ProjectsUnitOfWork]
    clock: Clock
    policy: ProjectPolicy

    async def __call__(self, job: UUID | None = None) -> int:
        total, now = 0, self.clock.now()
        while count := await self._batch(now):
            total, now = total + count, self.clock.now()
        await self._end(now, job)
        return total

    async def _batch(self, now: datetime) -> int:
        async with self.begin() as uow:
            due = await uow.notices.due(now, BATCH)
            if due:
                for one in due:
                    uow.announce(ending(one), AFTERWARDS)
                await uow.notices.advance(due)
                await uow.commit()
        return len(due)

    async def _end(self, now: datetime, job: UUID | None) -> None:
        """`now` is when nothing more was due: what has become due since is looked for at once."""
        async with self.begin() as uow:
            soon = await uow.notices.next_after(now)
            look_again(uow, ProjectsSweepDue(), "projects-sweep", soon, by=now + self.policy.sweep)
            uow.complete(job)
            await uow.commit()


def ending(one: Notice) -> ProjectEnding:
    """What is announced when it is due."""
    return ProjectEnding(
        project=one.project, company=one.company, stage=one.stage, due_at=one.due_at, ends_at=one.ends_at
    )
