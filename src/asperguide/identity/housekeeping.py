"""Throwing away what is over; each run works in small transactions until nothing is left."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from msgspec import Struct

from asperguide.identity.codes import AN_HOUR
from asperguide.identity.guessing import DAY
from asperguide.identity.ports import IdentityUnitOfWork, Policy
from asperguide.shared.ports import Clock

BATCH = 1000


async def in_batches(
    begin: Callable[[], IdentityUnitOfWork],
    delete: Callable[[IdentityUnitOfWork], Awaitable[int]],
    job: UUID | None = None,
) -> int:
    """Run a limited delete in one transaction after the other until it finds less than a batch. How many in all.

    The last transaction ends the job.
    """
    total = 0
    while True:
        async with begin() as uow:
            count = await delete(uow)
            if count < BATCH:
                uow.complete(job)
            await uow.commit()
        total += count
        if count < BATCH:
            return total


class PruneSessions(Struct, frozen=True, kw_only=True):
    """Remove sessions that ended or expired, and the counts of guesses that nobody made for a day."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock

    async def __call__(self, job: UUID | None = None) -> int:
        now = self.clock.now()
        await in_batches(self.begin, lambda uow: uow.guesses.delete_idle(now - DAY, BATCH))
        return await in_batches(self.begin, lambda uow: uow.sessions.delete_over(now, BATCH), job)


class PruneCodes(Struct, frozen=True, kw_only=True):
    """Remove codes that were used or have expired, an hour later: till then they count as mails that were sent."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock

    async def __call__(self, job: UUID | None = None) -> int:
        before = self.clock.now() - AN_HOUR
        return await in_batches(self.begin, lambda uow: uow.codes.delete_over(before, BATCH), job)


class PruneUnconfirmed(Struct, frozen=True, kw_only=True):
    """Remove accounts that nobody confirmed in time or ever signed in to, so that the address's owner can register."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock
    policy: Policy

    async def __call__(self, job: UUID | None = None) -> int:
        before = self.clock.now() - self.policy.unconfirmed_lifetime
        return await in_batches(self.begin, lambda uow: uow.users.delete_unconfirmed(before, BATCH), job)
