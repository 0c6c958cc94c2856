"""What use cases of companies are called with when each of their calls fails in turn."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from asperguide.companies import (
    ClientChange,
    CompanyAdministration,
    CompanyChange,
    NewClient,
    NewCompany,
    NewInvitation,
    NewOwner,
    NewRole,
    SettingsChange,
    Tier,
)
from asperguide.companies.events import CompanyClosing, InvitationAsked
from asperguide.identity.events import AccountErased
from asperguide.shared.actor import UserId
from asperguide.shared.ports import Message
from asperguide.shared.tenancy import CompanyId, CompanyRole
from tests.companies import enlist, found
from tests.faults.media_cases import JOB, Case

NEW = "grainne@example.org"


class SomethingHappened(Message, frozen=True, kw_only=True):
    """What another context may announce."""

    company: CompanyId
    at: datetime
    by: UserId | None
    what: str = "project-archived"
    subject: UUID | None = None
    detail: str = ""


async def home(cast: Any) -> CompanyId:
    """A company of Siobhán's, with the boss as a manager."""
    id = (await found(cast.world, cast.siobhan)).id
    await enlist(cast.world, id, cast.boss, CompanyRole.MANAGER)
    return id


async def alone(cast: Any) -> CompanyId:
    """A company of hers with nobody else in it, and a client."""
    id = (await found(cast.world, cast.siobhan)).id
    await cast.world.container.add_client()(cast.siobhan.actor, id, NewClient(name="Ann"))
    return id


def hers(make: Callable[[Any], Awaitable[Any]], *more: Any, **options: Any) -> Case:
    """A call by Siobhán about a company, and with more; what is called is called about the boss."""

    async def given(cast: Any) -> tuple[Any, ...]:
        id = await make(cast)
        return cast.siobhan.actor, id, *(one(cast) if callable(one) else one for one in more)

    return given, options


def with_client(*more: Any) -> Case:
    """A call by her about a client of her company."""

    async def given(cast: Any) -> tuple[Any, ...]:
        id = await home(cast)
        client = await cast.world.container.add_client()(cast.siobhan.actor, id, NewClient(name="Ann"))
        return cast.siobhan.actor, id, client.id, *more

    return given, {}


async def invited(cast: Any, id: CompanyId, email: str) -> str:
    """The token of an invitation into the company, as it would stand in the mail."""
    c = cast.world.container
    one = await c.invite_member()(cast.siobhan.actor, id, NewInvitation(email=email))
    async with c.companies_unit_of_work() as uow:
        waiting = await uow.invitations.get(id, one.id)
        assert waiting is not None
        sent, token = waiting.sent(cast.world.ids.secret(), cast.world.clock.now())
        await uow.invitations.save(sent)
        await uow.commit()
    return token


def with_invitation(**options: Any) -> Case:
    """A call by her about an invitation that was sent a while ago."""

    async def given(cast: Any) -> tuple[Any, ...]:
        id = await home(cast)
        await invited(cast, id, NEW)
        cast.later(minutes=11)
        (one,) = (await cast.world.container.list_invitations()(cast.siobhan.actor, id)).items
        return cast.siobhan.actor, id, one.id

    return given, options


def by_link(*, accepting: bool = False) -> Case:
    """A call with the link out of a mail to the chief, by them if it takes an account."""

    async def given(cast: Any) -> tuple[Any, ...]:
        token = await invited(cast, await home(cast), cast.chief.email)
        return (cast.chief.actor, token) if accepting else (token,)

    return given, {}


def by_boss(*more: Any) -> Case:
    """A call by an administrator about a company."""

    async def given(cast: Any) -> tuple[Any, ...]:
        return cast.boss.actor, await home(cast), *more

    return given, {}


def gone(make: Callable[[Any], Awaitable[Any]]) -> Case:
    """A call by a worker when Siobhán is no more, who had this company."""

    async def given(cast: Any) -> tuple[Any, ...]:
        await make(cast)
        return AccountErased(user=cast.siobhan.actor.user), JOB

    return given, {"once": True}


def boss(cast: Any) -> UserId:
    """Whom it is about."""
    user: UserId = cast.boss.actor.user
    return user


def owning(cast: Any) -> NewOwner:
    """The boss is to own it."""
    return NewOwner(user=boss(cast))


async def _creating(cast: Any) -> tuple[Any, ...]:
    await found(cast.world, cast.siobhan, "Zoe")
    return cast.siobhan.actor, NewCompany(name="Zoë", phone="+35312345678")


async def _sending(cast: Any) -> tuple[Any, ...]:
    id = await home(cast)
    one = await cast.world.container.invite_member()(cast.siobhan.actor, id, NewInvitation(email=NEW))
    return InvitationAsked(company=id, invitation=one.id, sending=1), JOB


async def _taking_apart(cast: Any) -> tuple[Any, ...]:
    id = await alone(cast)
    await cast.world.container.delete_company()(cast.siobhan.actor, id, cascade=True)
    return CompanyClosing(company=id), JOB


async def _noting(cast: Any) -> tuple[Any, ...]:
    id = await home(cast)
    return SomethingHappened(company=id, at=cast.world.clock.now(), by=boss(cast)), JOB


async def _pruning(cast: Any) -> tuple[Any, ...]:
    id = await home(cast)
    await cast.world.container.invite_member()(cast.siobhan.actor, id, NewInvitation(email=NEW))
    cast.world.clock.advance(timedelta(days=40))
    return (JOB,)


async def _listing(cast: Any) -> tuple[Any, ...]:
    await home(cast)
    return (cast.siobhan.actor,)


async def _listing_all(cast: Any) -> tuple[Any, ...]:
    await home(cast)
    return (cast.boss.actor,)


COMPANIES: dict[str, list[Case]] = {
    # founding, seeing, changing
    "create_company": [(_creating, {"keyed": True})],
    "get_company": [hers(home)],
    "list_companies": [(_listing, {})],
    "change_company": [
        hers(home, CompanyChange(name="Zoë", phone="+35312345678")),
        hers(home, CompanyChange(notes="n")),
    ],
    "get_company_settings": [hers(home)],
    "change_company_settings": [hers(home, SettingsChange(locale="fr"))],
    "delete_company": [hers(home)],
    "list_activity": [hers(home)],
    # members
    "list_members": [hers(home)],
    "get_member": [hers(home, boss)],
    "change_role": [hers(home, boss, NewRole(role=CompanyRole.OWNER))],
    "remove_member": [hers(home, boss)],
    "leave_company": [by_boss()],
    "transfer_ownership": [hers(home, owning)],
    # invitations
    "invite_member": [hers(home, NewInvitation(email=NEW), keyed=True)],
    "list_invitations": [hers(home)],
    "resend_invitation": [with_invitation()],
    "revoke_invitation": [with_invitation()],
    "show_invitation": [by_link()],
    "accept_invitation": [by_link(accepting=True)],
    "decline_invitation": [by_link()],
    # clients
    "add_client": [hers(home, NewClient(name="Ann", phone="+35312345678"), keyed=True)],
    "get_client": [with_client()],
    "list_clients": [hers(alone)],
    "change_client": [with_client(ClientChange(name="Bob"))],
    "erase_client": [with_client()],
    "export_clients": [hers(alone)],
    # administering
    "list_all_companies": [(_listing_all, {})],
    "show_any_company": [by_boss()],
    "administer_company": [by_boss(CompanyAdministration(tier=Tier.PRO, state="inactive"))],
    # in the background
    "send_invitation": [(_sending, {"once": True})],
    "take_apart": [(_taking_apart, {"once": True})],
    "part_from_companies": [gone(home), gone(alone)],
    "note_activity": [(_noting, {"once": True})],
    "prune_invitations": [(_pruning, {})],
}
