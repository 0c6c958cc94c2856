"""Forgetting what nobody asks for any more: finished jobs after a week, kept answers when their day is over."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from msgspec import Struct

from asperguide.shared.ledger import Ledger
from asperguide.shared.ports import Clock, Idempotency

KEPT = timedelta(days=7)
BATCH = 1000


class PruneLedger(Struct, frozen=True, kw_only=True):
    """Forget jobs that were done or cancelled a week ago, and kept answers that are a day old.

    Dead jobs stay until somebody has looked at them.
    """

    ledger: Ledger
    idempotency: Idempotency
    clock: Clock

    async def __call__(self) -> int:
        jobs = await _in_batches(lambda: self.ledger.prune(self.clock.now() - KEPT, BATCH))
        return jobs + await _in_batches(lambda: self.idempotency.prune(BATCH))


async def _in_batches(delete: Callable[[], Awaitable[int]]) -> int:
    total = 0
    while True:
        count = await delete()
        total += count
        if count < BATCH:
            return total
