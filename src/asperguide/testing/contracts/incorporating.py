"""Companies, members, invitations, clients and what happened, to fill a persistence with."""

import hashlib
from dataclasses import replace
from typing import Any

from asperguide.companies.activity import Happening, What, happening
from asperguide.companies.clients import Client
from asperguide.companies.invitations import LIFETIME, Invitation, InvitationId
from asperguide.companies.model import Company, Membership, MembershipId
from asperguide.companies.repositories import CompaniesUnitOfWork
from asperguide.companies.settings import CompanySettings
from asperguide.shared.actor import UserId
from asperguide.shared.naming import slug_of
from asperguide.shared.tenancy import ClientId, CompanyId, CompanyRole
from asperguide.testing.contracts.people import IDS, NOW

Thing = Company | Membership | Invitation | Client | Happening


def somebody() -> UserId:
    """Somebody who belongs to nothing."""
    return UserId(IDS.new())


def company(name: str = "", **fields: Any) -> Company:
    """A company that was founded now, with a name and slug of its own unless given."""
    id = CompanyId(IDS.new())
    name = name or f"O'Neil & Söhne {id}"
    return replace(
        Company(id=id, name=name, slug=f"{slug_of(name, 'company')[:40]}-{id.hex}", created_at=NOW, updated_at=NOW),
        **fields,
    )


def member(
    of: Company, user: UserId | None = None, role: CompanyRole = CompanyRole.VIEWER, **fields: Any
) -> Membership:
    """Somebody who joined now."""
    ready = Membership(id=MembershipId(IDS.new()), company=of.id, user=user or somebody(), role=role, since=NOW)
    return replace(ready, **fields)


def owner(of: Company, user: UserId | None = None, **fields: Any) -> Membership:
    """Somebody who owns the company since now."""
    return member(of, user, CompanyRole.OWNER, **fields)


def invitation(of: Company, email: str = "", **fields: Any) -> Invitation:
    """An invitation that was sent now, to an address of its own unless given."""
    id = InvitationId(IDS.new())
    ready = Invitation(
        id=id, company=of.id, email=email or f"{id}@example.org", role=CompanyRole.EDITOR, by=somebody(),
        digest=hashlib.sha256(IDS.secret()).digest(), asked_at=NOW, created_at=NOW, expires_at=NOW + LIFETIME,
    )  # fmt: skip
    return replace(ready, **fields)


def client(of: Company, name: str = "Siobhán", **fields: Any) -> Client:
    """A client whom there is no way to reach."""
    return replace(Client(id=ClientId(IDS.new()), company=of.id, name=name, created_at=NOW, updated_at=NOW), **fields)


def happened(in_: Company, **fields: Any) -> Happening:
    """Something that the service did now."""
    return replace(happening(IDS.new(), in_.id, NOW, None, What.CHANGED), **fields)


async def keep(uow: CompaniesUnitOfWork, *things: Thing) -> None:
    """Add all of these, companies before whoever belongs to them."""
    companies = {one.id: one for one in things if isinstance(one, Company)}
    for one in companies.values():
        await uow.companies.add(one, CompanySettings(id=one.id))
    for thing in things:
        if isinstance(thing, Membership):
            found = companies.get(thing.company) or await uow.companies.locked(thing.company)
            assert found is not None
            await uow.members.add(thing, found)
        elif isinstance(thing, Invitation):
            await uow.invitations.add(thing)
        elif isinstance(thing, Client):
            await uow.clients.add(thing)
        elif isinstance(thing, Happening):
            await uow.activity.add(thing)
