"""Forgetting what is of no use any more."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from asperguide.companies.ports import CompaniesUnitOfWork
from asperguide.shared.ports import Clock

KEPT = timedelta(days=30)
"""For so long after their end invitations can still be looked at."""
BATCH = 1000


class PruneInvitations(Struct, frozen=True, kw_only=True):
    """Forget invitations that have been over for 30 days. How many."""

    begin: Callable[[], CompaniesUnitOfWork]
    clock: Clock

    async def __call__(self, job: UUID | None = None) -> int:
        total = 0
        while True:
            async with self.begin() as uow:
                count = await uow.invitations.remove_over(self.clock.now() - KEPT, BATCH)
                if count < BATCH:
                    uow.complete(job)
                await uow.commit()
            total += count
            if count < BATCH:
                return total
