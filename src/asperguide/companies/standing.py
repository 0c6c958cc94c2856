"""Who is let in: the company and the actor's membership, before anything is read or changed."""

from asperguide.companies.errors import CompanyNotFound
from asperguide.companies.model import Company, Membership, Right
from asperguide.companies.ports import CompaniesUnitOfWork, CompanyReads, Shown
from asperguide.shared.actor import Actor
from asperguide.shared.tenancy import CompanyId


async def entered(uow: CompaniesUnitOfWork, actor: Actor, id: CompanyId, right: Right) -> tuple[Company, Membership]:
    """The company, locked, and the actor's membership. Raises CompanyNotFound for strangers, CompanyRightNeeded."""
    company = await uow.companies.locked(id)
    membership = None if company is None else await uow.members.get(id, actor.user)
    if company is None or membership is None or company.is_closing:
        raise CompanyNotFound
    membership.demand(right)
    return company, membership


async def seen(reads: CompanyReads, actor: Actor, id: CompanyId, right: Right) -> Shown:
    """The company and the actor's membership, to read. Raises CompanyNotFound for strangers, CompanyRightNeeded."""
    if (shown := await reads.shown(actor.user, id)) is None:
        raise CompanyNotFound
    shown.membership.demand(right)
    return shown
