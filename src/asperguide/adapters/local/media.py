"""What media asks of operations: that long work is stopped."""

from collections.abc import Callable
from uuid import UUID

from asperguide.media.ports import LongWork
from asperguide.operations import CancelMyJob
from asperguide.operations.errors import JobNotCancellable, JobNotFound
from asperguide.shared.actor import Actor


class LocalLongWork(LongWork):
    """Long work is what operations keep as jobs."""

    def __init__(self, cancel: Callable[[], CancelMyJob]) -> None:
        self._cancel = cancel

    async def cancel(self, actor: Actor, job: UUID) -> None:
        """What is over, or not theirs, is as good as cancelled."""
        try:
            await self._cancel()(actor, job)
        except (JobNotFound, JobNotCancellable):
            return
