"""Reads of capsules outside of transactions, one statement each.

The addressees of a capsule take one more, and so does a total.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from asperguide.adapters.sql.capsule_rows import (
    AddresseeRow,
    CapsuleRow,
    ContentRow,
    CountdownRow,
    DraftRow,
    RecipientRow,
    ReflectionRow,
    ReplyRow,
    Standing,
    in_state,
    indexes,
)
from asperguide.adapters.sql.capsule_sealed import by_id, of_capsule
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.paging import Keyset
from asperguide.adapters.sql.prepared import Prepared, by_ids, named_ids
from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.listing import CAPSULES, DRAFTS, RECIPIENTS
from asperguide.capsules.model import Capsule
from asperguide.capsules.ports import Arrival, CapsuleReads
from asperguide.capsules.repositories import (
    Countdown,
    Recipient,
    RecipientId,
    Reflection,
    Reply,
    Sealed,
    StoredDraft,
)
from asperguide.shared.actor import UserId
from asperguide.shared.pages import Page, PageRequest, Wanted

_capsules, _addressees, _contents = CapsuleRow.__table__.c, AddresseeRow.__table__.c, ContentRow.__table__.c
_replies, _countdowns = ReplyRow.__table__.c, CountdownRow.__table__.c
_CAPSULE = tuple(_capsules[name] for name in Capsule.__slots__ if name in _capsules)

_capsule = Prepared(sa.select(*_CAPSULE).where(_capsules.id == sa.bindparam("id")))
_some_capsules = by_ids(_capsules.id, lambda these: sa.select(*_CAPSULE).where(these))
_some_contents = by_ids(_contents.id, lambda these: sa.select(ContentRow.__table__).where(these))
_some_recipients = by_ids(
    RecipientRow.__table__.c.id, lambda these: sa.select(RecipientRow.__table__).where(these)
)  # fmt: skip
_replies_to = Prepared(
    sa.select(ReplyRow.__table__)
    .where(_replies.capsule == sa.bindparam("capsule"))
    .order_by(_replies.at, _replies.id)
)  # fmt: skip
_countdowns_of = Prepared(
    sa.select(CountdownRow.__table__)
    .where(_countdowns.capsule == sa.bindparam("capsule"))
    .order_by(_countdowns.created_at.desc(), _countdowns.id.desc())
)
_counted_down = Prepared(
    sa.select(*_CAPSULE)
    .join_from(CountdownRow.__table__, CapsuleRow.__table__, _capsules.id == _countdowns.capsule)
    .where(_countdowns.digest == sa.bindparam("digest"))
)
_keys_in_use = Prepared(sa.select(_contents.key_id, sa.func.count()).group_by(_contents.key_id))

_DRAFT_LIST = Keyset(row=DraftRow, entity=StoredDraft, filters={})
_RECIPIENT_LIST = Keyset(row=RecipientRow, entity=Recipient, filters={})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """An addressee as far as the indexes of inboxes know them."""

    id: AddresseeId
    capsule: CapsuleId
    sealed_at: datetime
    unlocks_at: datetime
    standing: Standing

    @property
    def arrival(self) -> Arrival:
        return Arrival(
            id=self.id, capsule=self.capsule, opened=self.standing is Standing.OPENED, sealed_at=self.sealed_at,
            unlocks_at=self.unlocks_at,
        )  # fmt: skip


class SqlCapsuleReads(CapsuleReads):
    """Each read takes a connection, asks and gives it back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def draft(self, id: CapsuleId) -> StoredDraft | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.get(DraftRow, StoredDraft, id)

    async def drafts(self, owner: UserId, page: PageRequest) -> Page[StoredDraft]:
        """By keyset."""
        wanted = DRAFTS.read(page, owner)
        async with self._database.reading() as store:
            return await _DRAFT_LIST.page(store, wanted, DraftRow.__table__.c.owner == owner)

    async def sealed(self, ids: Collection[CapsuleId]) -> Mapping[CapsuleId, Sealed]:
        """By primary keys."""
        if not ids:
            return {}
        named = named_ids(_each(ids))
        async with self._database.reading() as store:
            return {found.id: found for found in await store.all(_some_contents(len(named)), Sealed, **named)}

    async def recipient(self, id: RecipientId) -> Recipient | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.get(RecipientRow, Recipient, id)

    async def recipients(self, owner: UserId, page: PageRequest) -> Page[Recipient]:
        """By keyset."""
        wanted = RECIPIENTS.read(page, owner)
        async with self._database.reading() as store:
            return await _RECIPIENT_LIST.page(store, wanted, RecipientRow.__table__.c.owner == owner)

    async def some_recipients(self, ids: Collection[RecipientId]) -> Sequence[Recipient]:
        """By primary keys."""
        if not ids:
            return ()
        named = named_ids(_each(ids))
        async with self._database.reading() as store:
            return await store.all(_some_recipients(len(named)), Recipient, **named)

    async def capsule(self, id: CapsuleId) -> Capsule | None:
        """By primary key; then its addressees."""
        async with self._database.reading() as store:
            if (found := await store.one(_capsule, Capsule, id=id)) is None:
                return None
            return replace(found, addressees=tuple(await store.all(of_capsule, Addressee, capsule=id)))

    async def capsules(self, ids: Collection[CapsuleId]) -> Mapping[CapsuleId, Capsule]:
        """By primary keys."""
        if not ids:
            return {}
        named = named_ids(_each(ids))
        async with self._database.reading() as store:
            return {one.id: one for one in await store.all(_some_capsules(len(named)), Capsule, **named)}

    async def addressee(self, id: AddresseeId) -> Addressee | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.one(by_id, Addressee, id=id)

    async def inbox(self, user: UserId, page: PageRequest, now: datetime) -> Page[Arrival]:
        """By keyset, out of one index of addressees alone."""
        table, wanted = AddresseeRow.__table__, CAPSULES.read(page, "inbox", user)
        listed = Keyset(row=AddresseeRow, entity=_Listed, filters={"state": lambda state: in_state(table, state, now)})
        async with self._database.reading() as store:
            mine = table.c.user == user, table.c.standing.is_not(None)
            found = await listed.page(store, wanted, *mine, among=_among(table, wanted))
        items = tuple(one.arrival for one in found.items)
        return Page(items=items, next_cursor=found.next_cursor, total=found.total)

    async def outbox(self, user: UserId, page: PageRequest, now: datetime) -> Page[Capsule]:
        """By keyset, chosen in one index of capsules."""
        table, wanted = CapsuleRow.__table__, CAPSULES.read(page, "outbox", user)
        filters = {"state": lambda state: in_state(table, state, now)}
        listed = Keyset(row=CapsuleRow, entity=Capsule, filters=filters, chosen_in=CapsuleRow)
        async with self._database.reading() as store:
            return await listed.page(store, wanted, table.c.sender == user, among=_among(table, wanted))

    async def replies(self, capsule: CapsuleId) -> Sequence[Reply]:
        """In the order of the index."""
        async with self._database.reading() as store:
            return await store.all(_replies_to, Reply, capsule=capsule)

    async def reflection(self, capsule: CapsuleId) -> Reflection | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.get(ReflectionRow, Reflection, capsule)

    async def countdowns(self, capsule: CapsuleId) -> Sequence[Countdown]:
        """In the order of the index."""
        async with self._database.reading() as store:
            return await store.all(_countdowns_of, Countdown, capsule=capsule)

    async def counted_down(self, digest: bytes) -> Capsule | None:
        """By unique key, and the capsule with it."""
        async with self._database.reading() as store:
            return await store.one(_counted_down, Capsule, digest=digest)

    async def keys_in_use(self) -> Mapping[str, int]:
        """Counted in the index."""
        async with self._database.reading() as store:
            return {key: int(count) for key, count in await store.execute(_keys_in_use)}


def _among(table: sa.Table, wanted: Wanted) -> str:
    return indexes(table, wanted.filters.get("state"), wanted.field)


def _each(ids: Collection[UUID]) -> Sequence[UUID]:
    return list(dict.fromkeys(ids))
