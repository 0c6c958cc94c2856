"""Looking for capsules whose time has come, so that their addressees are told: each once, in order, and never early."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from asperguide.capsules.announcements import Announcement, Stage
from asperguide.capsules.events import CapsuleReady, CapsulesSweepDue, CapsuleUnfolded
from asperguide.capsules.ports import CapsulePolicy
from asperguide.capsules.repositories import CapsulesUnitOfWork
from asperguide.shared.ports import Clock, JobOptions, Message
from asperguide.shared.repeating import look_again

BATCH = 500
AFTERWARDS = JobOptions(priority=1)
"""Thousands of mails that are due at once keep nobody waiting: neither the next sweep nor whoever registers."""


class SweepCapsules(Struct, frozen=True, kw_only=True):
    """Announce everything that is due, a batch in a transaction, and have the next due time looked at when it comes.

    Any number of these may run at once. After a downtime all that was missed is announced, in order. How many.
    """

    begin: Callable[[], CapsulesUnitOfWork]
    clock: Clock
    policy: CapsulePolicy

    async def __call__(self, job: UUID | None = None) -> int:
        total, now = 0, self.clock.now()
        while count := await self._batch(now):
            total, now = total + count, self.clock.now()
        await self._end(now, job)
        return total

    async def _batch(self, now: datetime) -> int:
        async with self.begin() as uow:
            due = await uow.announcements.due(now, BATCH)
            if due:
                for one in due:
                    uow.announce(_event(one), AFTERWARDS)
                await uow.announcements.advance(due)
                await uow.commit()
        return len(due)

    async def _end(self, now: datetime, job: UUID | None) -> None:
        """`now` is when nothing more was due: what has become due since is looked for at once."""
        async with self.begin() as uow:
            soon = await uow.announcements.next_after(now)
            look_again(uow, CapsulesSweepDue(), "capsules-sweep", soon, by=now + self.policy.sweep)
            uow.complete(job)
            await uow.commit()


def _event(announcement: Announcement) -> Message:
    kind = CapsuleUnfolded if announcement.stage is Stage.UNFOLDING else CapsuleReady
    return kind(capsule=announcement.capsule, addressee=announcement.addressee)
