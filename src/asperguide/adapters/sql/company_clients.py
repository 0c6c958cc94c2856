"""Invitations, clients, and what happened in companies, inside a transaction."""

from datetime import datetime

import sqlalchemy as sa

from asperguide.adapters.sql.company_rows import ClientRow, ClientWordRow, HappeningRow, InvitationRow
from asperguide.adapters.sql.identity_rows import SecurityEventRow
from asperguide.adapters.sql.prepared import Prepared, by_ids, named_ids
from asperguide.adapters.sql.store import Store
from asperguide.adapters.sql.types import KeyBytes, KeyText, Uuid
from asperguide.companies.activity import Happening
from asperguide.companies.clients import Client
from asperguide.companies.invitations import Invitation, InvitationId
from asperguide.companies.repositories import Activity, Clients, Deeds, Invitations
from asperguide.identity.audit import SecurityEventKind, event
from asperguide.shared.actor import Origin, UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import ClientId, CompanyId

_invitations, _clients = InvitationRow.__table__.c, ClientRow.__table__.c
_id, _version = sa.bindparam("_id", type_=Uuid()), sa.bindparam("_version", type_=sa.Integer)
_company, _one = sa.bindparam("company", type_=Uuid()), sa.bindparam("id", type_=Uuid())

_invitation = Prepared(
    sa.select(InvitationRow.__table__).where(_invitations.id == _one, _invitations.company == _company)
)
_awaiting = Prepared(
    sa.select(InvitationRow.__table__).where(
        _invitations.company == _company, _invitations.awaited == sa.bindparam("key", type_=KeyText(254))
    )
)
_count_awaiting = Prepared(
    sa.select(sa.func.count()).where(
        _invitations.company == _company,
        _invitations.awaited.is_not(None),
        _invitations.expires_at > sa.bindparam("now"),
    )
)
by_digest = Prepared(
    sa.select(InvitationRow.__table__).where(_invitations.digest == sa.bindparam("digest", type_=KeyBytes(32)))
)
_over = Prepared(
    sa.select(_invitations.id)
    .where(_invitations.expires_at < sa.bindparam("before"))
    .order_by(_invitations.expires_at, _invitations.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_forget = by_ids(_invitations.id, lambda these: sa.delete(InvitationRow.__table__).where(these))

client_of = Prepared(sa.select(ClientRow.__table__).where(_clients.id == _one, _clients.company == _company))
_remove_client = Prepared(sa.delete(ClientRow.__table__).where(_clients.id == _id, _clients.version == _version))


_add_words = Prepared(sa.insert(ClientWordRow.__table__))
_forget_words = Prepared(sa.delete(ClientWordRow.__table__).where(ClientWordRow.__table__.c.id == _id))


class SqlInvitations(Invitations):
    """Rows of invitations."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, invitation: Invitation) -> None:
        """One row, which refuses an address that is awaited."""
        await self._store.add(InvitationRow, invitation)

    async def get(self, company: CompanyId, id: InvitationId) -> Invitation | None:
        """By primary key, if it is the company's."""
        return await self._store.one(_invitation, Invitation, id=id, company=company)

    async def by_digest(self, digest: bytes) -> Invitation | None:
        """By unique key."""
        return await self._store.one(by_digest, Invitation, digest=digest)

    async def awaiting(self, company: CompanyId, email_key: str) -> Invitation | None:
        """By unique key."""
        return await self._store.one(_awaiting, Invitation, company=company, key=email_key)

    async def count_awaiting(self, company: CompanyId, now: datetime) -> int:
        """Found in the unique key; those of the last five weeks are looked at, no others are there."""
        return int(await self._store.scalar(_count_awaiting, company=company, now=now))

    async def save(self, invitation: Invitation) -> Invitation:
        """Compare the version and set."""
        return await self._store.save(InvitationRow, invitation)

    async def remove_over(self, before: datetime, limit: int) -> int:
        """Found in the index of their ends, removed by primary keys."""
        ids = [id for (id,) in await self._store.execute(_over, {"before": before, "limit": limit})]
        if not ids:
            return 0
        named = named_ids(ids)
        return await self._store.change(_forget(len(named)), **named)


class SqlClients(Clients):
    """Rows of clients, and for each word that they are found by a row."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, client: Client) -> None:
        """One row, which refuses a number that is there; and one statement for all words."""
        await self._store.add(ClientRow, client)
        await self._add_words(client)

    async def get(self, company: CompanyId, id: ClientId) -> Client | None:
        """By primary key, if they are the company's."""
        return await self._store.one(client_of, Client, id=id, company=company)

    async def save(self, client: Client) -> Client:
        """Compare the version and set; words are written anew, under the lock of the row."""
        saved = await self._store.save(ClientRow, client)
        await self._store.change(_forget_words, _id=client.id)
        await self._add_words(saved)
        return saved

    async def remove(self, client: Client) -> None:
        """Compare the version and delete; then its words."""
        if not await self._store.change(_remove_client, _id=client.id, _version=client.version):
            raise EditedMeanwhile
        await self._store.change(_forget_words, _id=client.id)

    async def _add_words(self, client: Client) -> None:
        if words := _words(client):
            await self._store.execute(_add_words, words)


def _words(client: Client) -> list[dict[str, object]]:
    return [{"id": client.id, "word": word, "company": client.company} for word in client.words]


class SqlActivity(Activity):
    """Rows of what happened."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, happening: Happening) -> None:
        """Inserted or replaced by one statement."""
        await self._store.put(HappeningRow, happening)


class SqlDeeds(Deeds):
    """Lines of the security log that are about nobody's account."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, done: Happening, by: UserId, origin: Origin) -> None:
        """One row."""
        detail = f"{done.company} {done.detail}"
        kind = SecurityEventKind.COMPANY_ADMINISTERED
        await self._store.add(
            SecurityEventRow, event(done.id, kind, done.at, user=None, by=by, origin=origin, detail=detail)
        )
