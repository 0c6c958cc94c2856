"""The end of a company: gone for everybody at once, and taken apart by a job afterwards."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import msgspec

from asperguide.companies.errors import CompanyNotEmpty
from asperguide.companies.events import CompanyClosing, CompanyRemoved
from asperguide.companies.model import Company, Right
from asperguide.companies.ports import CompaniesUnitOfWork, CompanyReads, Holdings
from asperguide.companies.standing import entered, seen
from asperguide.shared.actor import Actor, UserId, refuse_impersonators
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ledger import MEDIA_QUEUE
from asperguide.shared.ports import Clock, JobOptions
from asperguide.shared.tenancy import CompanyId

BATCH = 500
AFTERWARDS = (timedelta(seconds=10), timedelta(hours=2))
"""What viewers and members did in its last moments has come in, and then whatever was at work for it is over."""


class CompanyDeleted(msgspec.Struct, frozen=True, kw_only=True):
    """The job that removes what is left of the company."""

    job: UUID


class DeleteCompany(msgspec.Struct, frozen=True, kw_only=True):
    """Delete a company of mine: nobody sees it any more, and its name is free at once.

    Without `cascade` only when it has neither clients nor anything that other parts of the service keep for it; with
    it, all of that is removed by a job, which cannot be stopped.
    """

    begin: Callable[[], CompaniesUnitOfWork]
    reads: CompanyReads
    holdings: Holdings
    clock: Clock

    async def __call__(
        self, actor: Actor, id: CompanyId, *, cascade: bool = False, version: int | None = None
    ) -> CompanyDeleted:
        refuse_impersonators(actor)
        await seen(self.reads, actor, id, Right.DELETE)
        if not cascade and await self.holdings.count(id):
            raise CompanyNotEmpty
        async with self.begin() as uow:
            company, _ = await entered(uow, actor, id, Right.DELETE)
            if version not in (None, company.version):
                raise EditedMeanwhile
            if not cascade and not await uow.companies.is_empty(id):
                raise CompanyNotEmpty
            job = await close(uow, company, self.clock, owner=actor.user)
            await uow.commit()
        return CompanyDeleted(job=job)


async def close(uow: CompaniesUnitOfWork, company: Company, clock: Clock, owner: UserId | None = None) -> UUID:
    """Nobody belongs to it from now on. The job that takes it apart, which the owner can follow."""
    await uow.companies.save(company.closing(clock.now()))
    await uow.members.remove_all(company.id)
    options = JobOptions(queue=MEDIA_QUEUE, unique_key=f"company-closing:{company.id}", owner=owner)
    return uow.announce(CompanyClosing(company=company.id), options)


class TakeApart(msgspec.Struct, frozen=True, kw_only=True):
    """Remove what is left of a company that is gone for everybody; the company itself goes last, and others are told.

    It can be stopped at any point and begun anew.
    """

    begin: Callable[[], CompaniesUnitOfWork]
    holdings: Holdings
    clock: Clock

    async def __call__(self, message: CompanyClosing, job: UUID) -> None:
        id, over = message.company, False
        while not over:
            while not await self.holdings.remove_some(id):
                pass
            while await self._forget_some(id):
                pass
            over = await self._end(id, job)

    async def _forget_some(self, id: CompanyId) -> int:
        async with self.begin() as uow:
            company = await uow.companies.locked(id)
            if company is None or not company.is_closing:
                return 0
            count = await uow.companies.forget_some(id, BATCH)
            await uow.commit()
        return count

    async def _end(self, id: CompanyId, job: UUID) -> bool:
        """Whether it is over: what was begun before the company was gone may have ended after that."""
        if await self.holdings.count(id):
            return False
        async with self.begin() as uow:
            company = await uow.companies.locked(id)
            if company is not None and company.is_closing:
                await uow.companies.remove(company)
                for later in AFTERWARDS:
                    uow.announce(CompanyRemoved(company=id), JobOptions(run_at=self.clock.now() + later, priority=1))
            uow.complete(job)
            await uow.commit()
        return True
