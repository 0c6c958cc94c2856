"""What operators do about queues: see how full they are, stop them, let them go on."""

import re
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from asperguide.operations.errors import InvalidQueueName
from asperguide.operations.model import DeedKind, Queue, deed
from asperguide.operations.ports import JobReads, OperationsUnitOfWork
from asperguide.shared.actor import Actor, Origin, require_admin
from asperguide.shared.ports import Clock, Doorbell, Ids

NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")


class QueueOverview(Struct, frozen=True, kw_only=True):
    """Every queue that has jobs or is paused, by name: how full it is and how long its oldest job is overdue."""

    reads: JobReads
    clock: Clock

    async def __call__(self, actor: Actor) -> tuple[Queue, ...]:
        require_admin(actor)
        return tuple(await self.reads.queues(self.clock.now()))


class PauseQueue(Struct, frozen=True, kw_only=True):
    """Have every worker take no more jobs of a queue, until it is resumed. What runs goes on; jobs can still be put.

    The pause outlives restarts, and holds for a queue that has no jobs yet.
    """

    begin: Callable[[], OperationsUnitOfWork]
    reads: JobReads
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, queue: str, origin: Origin = Origin()) -> Queue:
        require_admin(actor)
        _check(queue)
        now = self.clock.now()
        async with self.begin() as uow:
            await uow.jobs.pause(queue, actor.user, now)
            await uow.audit.add(deed(self.ids.new(), DeedKind.QUEUE_PAUSED, queue, actor, origin, now))
            await uow.commit()
        return await _queue(self.reads, queue, now)


class ResumeQueue(Struct, frozen=True, kw_only=True):
    """Let workers take jobs of a queue again; nothing changes when it was not paused."""

    begin: Callable[[], OperationsUnitOfWork]
    reads: JobReads
    doorbell: Doorbell
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, queue: str, origin: Origin = Origin()) -> Queue:
        require_admin(actor)
        _check(queue)
        now = self.clock.now()
        async with self.begin() as uow:
            await uow.jobs.resume(queue)
            await uow.audit.add(deed(self.ids.new(), DeedKind.QUEUE_RESUMED, queue, actor, origin, now))
            await uow.commit()
        await self.doorbell.ring()
        return await _queue(self.reads, queue, now)


def _check(queue: str) -> None:
    if not NAME.fullmatch(queue):
        raise InvalidQueueName


async def _queue(reads: JobReads, name: str, now: datetime) -> Queue:
    """The queue as it is; an empty one when it has no jobs and no pause."""
    return next((queue for queue in await reads.queues(now) if queue.name == name), Queue(name=name))
