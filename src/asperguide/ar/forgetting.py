"""Forgetting view sessions that nobody comes back with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from asperguide.ar.ports import ArUnitOfWork
from asperguide.shared.ports import Clock

KEPT = timedelta(days=30)
AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetSessions:
    """Forget view sessions 30 days after they came; one that comes back gets another turn. How many."""

    begin: Callable[[], ArUnitOfWork]
    clock: Clock

    async def __call__(self, job: UUID | None = None) -> int:
        total, before = 0, self.clock.now() - KEPT
        while True:
            async with self.begin() as uow:
                count = await uow.turns.forget_before(before, AT_ONCE)
                if count < AT_ONCE:
                    uow.complete(job)
                await uow.commit()
            total += count
            if count < AT_ONCE:
                return total
