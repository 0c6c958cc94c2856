"""Maintenance: everybody but administrators is asked to come back later, while somebody works on what is below."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from asperguide.operations.model import DeedKind, Maintenance, deed
from asperguide.operations.ports import MaintenanceReads, OperationsUnitOfWork
from asperguide.shared.actor import Actor, Origin, require_admin
from asperguide.shared.ports import Clock, Ids

A_DAY = 24 * 60 * 60


class MaintenanceNotice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people are told: a sentence, and in how many seconds to try again."""

    message: Annotated[str, Meta(min_length=1, max_length=200)] = (
        "We are working on the service. Please come back soon."
    )
    retry_after: Annotated[int, Meta(ge=1, le=A_DAY)] = 300


class CheckMaintenance(Struct, frozen=True, kw_only=True):
    """The maintenance that is under way, or None."""

    reads: MaintenanceReads

    async def __call__(self) -> Maintenance | None:
        return await self.reads.current()


class BeginMaintenance(Struct, frozen=True, kw_only=True):
    """Have every process refuse everything but health and administration, and every worker take no more jobs.

    Each obeys within 5 seconds, and goes on obeying when it is restarted. What is running goes on to its end. Under
    way already, it gets the new words; with the same words nothing changes.
    """

    begin: Callable[[], OperationsUnitOfWork]
    reads: MaintenanceReads
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, notice: MaintenanceNotice, origin: Origin = Origin()) -> Maintenance:
        require_admin(actor)
        now, found = self.clock.now(), await self.reads.current()
        if found is not None and (found.message, found.retry_after) == (notice.message, notice.retry_after):
            return found
        maintenance = Maintenance(
            message=notice.message,
            retry_after=notice.retry_after,
            since=found.since if found else now,
            by=actor.user,
        )
        async with self.begin() as uow:
            await uow.maintenance.begin(maintenance)
            kind = DeedKind.MAINTENANCE_BEGUN
            await uow.audit.add(deed(self.ids.new(), kind, notice.message, actor, origin, now))
            await uow.commit()
        return maintenance


class EndMaintenance(Struct, frozen=True, kw_only=True):
    """Serve everybody again, within 5 seconds. Whether there was a maintenance to end."""

    begin: Callable[[], OperationsUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, origin: Origin = Origin()) -> bool:
        require_admin(actor)
        now = self.clock.now()
        async with self.begin() as uow:
            if not await uow.maintenance.end():
                return False
            await uow.audit.add(deed(self.ids.new(), DeedKind.MAINTENANCE_ENDED, "", actor, origin, now))
            await uow.commit()
        return True
