"""What tests of companies have in common: founding them, and having people in them."""

import re

from asperguide.companies import CompanyView, NewCompany, NewInvitation
from asperguide.companies.model import Membership, MembershipId
from asperguide.shared.tenancy import CompanyId, CompanyRole
from asperguide.testing import World
from asperguide.testing.world import Person

INVITATION = re.compile(r"/invitations/(\S+)")
NAME = "O'Neil & Söhne"


async def found(world: World, who: Person, name: str = NAME) -> CompanyView:
    """A company of theirs."""
    return await world.container.create_company()(who.actor, NewCompany(name=name))


async def enlist(world: World, company: CompanyId, who: Person, role: CompanyRole) -> Membership:
    """Somebody in the company, without an invitation."""
    async with world.container.companies_unit_of_work() as uow:
        home = await uow.companies.locked(company)
        assert home is not None
        membership = Membership(
            id=MembershipId(world.ids.new()), company=company, user=who.actor.user, role=role, since=world.clock.now()
        )
        await uow.members.add(membership, home)
        await uow.commit()
    return membership


async def invite(
    world: World, by: Person, company: CompanyId, email: str, role: CompanyRole = CompanyRole.EDITOR
) -> str:
    """The token in the mail to whoever was invited."""
    await world.container.invite_member()(by.actor, company, NewInvitation(email=email, role=role))
    await world.settle()
    return token_in(world, email)


def token_in(world: World, email: str) -> str:
    """The token in the latest mail to this address. LookupError when there is none."""
    for mail in reversed(world.mails):
        if mail.to == email and (link := INVITATION.search(mail.text)):
            return link[1]
    raise LookupError(f"no invitation was sent to {email}")


async def role_of(world: World, company: CompanyId, who: Person) -> CompanyRole | None:
    """What they are in the company."""
    standing = await world.container.company_standings().standing(who.actor.user, company)
    return None if standing is None else standing.role


async def told(world: World, company: CompanyId, who: Person) -> list[str]:
    """What happened in the company, the oldest first."""
    page = await world.container.list_activity()(who.actor, company)
    return [line.what for line in reversed(page.items)]
