"""The clients of a company: adding, finding, changing and erasing them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from asperguide.companies.activity import What, happening
from asperguide.companies.clients import Client
from asperguide.companies.errors import ClientNotFound, InvalidClient
from asperguide.companies.events import ClientErased
from asperguide.companies.founding import TEXT, Notes, Phone
from asperguide.companies.model import Right
from asperguide.companies.ports import CompaniesUnitOfWork, CompanyReads
from asperguide.companies.standing import entered, seen
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.emails import Email, is_address
from asperguide.shared.errors import EditedMeanwhile, FieldError
from asperguide.shared.naming import tidied, unfit
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.tenancy import ClientId, CompanyId

Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=TEXT, examples=["Siobhán O'Neil"])]


class NewClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An end customer. No two of a company have the same phone number."""

    name: Name
    phone: Phone | None = None
    email: Email | None = None
    notes: Notes = ""


class ClientChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: absent fields stay, null takes a phone number or address away."""

    name: Name | UnsetType = UNSET
    phone: Phone | UnsetType | None = UNSET
    email: Email | UnsetType | None = UNSET
    notes: Notes | UnsetType = UNSET


class AddClient(Struct, frozen=True, kw_only=True):
    """Add a client to a company of mine."""

    begin: Callable[[], CompaniesUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: CompanyId, new: NewClient) -> Client:
        new, now = checked(new, InvalidClient), self.clock.now()
        client = Client(
            id=ClientId(self.ids.new()), company=id, name=tidied(new.name), phone=new.phone, email=new.email,
            notes=new.notes, created_at=now, updated_at=now,
        )  # fmt: skip
        check(client)
        async with self.begin() as uow:
            await entered(uow, actor, id, Right.CHANGE_CLIENTS)
            await uow.clients.add(client)
            await uow.activity.add(happening(self.ids.new(), id, now, actor.user, What.CLIENT_ADDED, client.id))
            await uow.commit(client)
        return client


class GetClient(Struct, frozen=True, kw_only=True):
    """A client of a company of mine."""

    reads: CompanyReads

    async def __call__(self, actor: Actor, id: CompanyId, client: ClientId) -> Client:
        await seen(self.reads, actor, id, Right.SEE_CLIENTS)
        if (found := await self.reads.client(id, client)) is None:
            raise ClientNotFound
        return found


class ListClients(Struct, frozen=True, kw_only=True):
    """The clients of a company of mine, by name.

    `search` finds those whose phone or address begins so, and those of whose name some word does, for each word that is
    asked for; case and accents make no difference.
    """

    reads: CompanyReads

    async def __call__(self, actor: Actor, id: CompanyId, page: PageRequest = PageRequest()) -> Page[Client]:
        await seen(self.reads, actor, id, Right.SEE_CLIENTS)
        return await self.reads.clients(id, page)


class ChangeClient(Struct, frozen=True, kw_only=True):
    """Change what is known of a client. With `version`, only if it is still that one."""

    begin: Callable[[], CompaniesUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(
        self, actor: Actor, id: CompanyId, client: ClientId, change: ClientChange, version: int | None = None
    ) -> Client:
        change, now = checked(change, InvalidClient), self.clock.now()
        given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
        if "name" in given:
            given["name"] = tidied(given["name"])
        async with self.begin() as uow:
            await entered(uow, actor, id, Right.CHANGE_CLIENTS)
            former = await found(uow, id, client, version)
            changed = replace(former, **given)
            check(changed)
            if changed == former:
                return former
            saved = await uow.clients.save(replace(changed, updated_at=now))
            fields = ", ".join(sorted(name for name in given if getattr(saved, name) != getattr(former, name)))
            await uow.activity.add(
                happening(self.ids.new(), id, now, actor.user, What.CLIENT_CHANGED, client, fields)
            )  # fmt: skip
            await uow.commit()
        return saved


class EraseClient(Struct, frozen=True, kw_only=True):
    """Forget a client for good: nothing that was known of them is left, not in what happened either.

    Prints that were made for them are for nobody some seconds later.
    """

    begin: Callable[[], CompaniesUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: CompanyId, client: ClientId, version: int | None = None) -> None:
        now = self.clock.now()
        async with self.begin() as uow:
            await entered(uow, actor, id, Right.ERASE_CLIENTS)
            await uow.clients.remove(await found(uow, id, client, version))
            await uow.activity.add(happening(self.ids.new(), id, now, actor.user, What.CLIENT_ERASED, client))
            uow.announce(ClientErased(company=id, client=client))
            await uow.commit()


async def found(uow: CompaniesUnitOfWork, company: CompanyId, id: ClientId, version: int | None) -> Client:
    """The client. Raises ClientNotFound, and EditedMeanwhile when it is another version that is wanted."""
    if (client := await uow.clients.get(company, id)) is None:
        raise ClientNotFound
    if version not in (None, client.version):
        raise EditedMeanwhile
    return client


def check(client: Client) -> None:
    """Raises InvalidClient for a name that nobody can be shown, and for what is no address."""
    wrong: list[FieldError] = []
    if (flaw := unfit(client.name, "#/name")) is not None:
        wrong.append(flaw)
    if client.email is not None and not is_address(client.email):
        wrong.append(FieldError(pointer="#/email", code="WRONG_FORMAT", detail="This is no mail address."))
    if wrong:
        raise InvalidClient(fields=tuple(wrong))
