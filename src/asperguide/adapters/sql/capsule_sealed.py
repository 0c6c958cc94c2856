"""Capsules that were sealed, with their addressees, inside a transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from asperguide.adapters.sql.capsule_rows import (
    AddresseeRow,
    CapsuleRow,
    ContentRow,
    CountdownRow,
    ReflectionRow,
    ReplyRow,
    Standing,
    standing,
    standing_for,
)
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.store import Store, to_row
from asperguide.adapters.sql.types import Uuid
from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.announcements import Announcement
from asperguide.capsules.model import Capsule
from asperguide.capsules.repositories import Capsules
from asperguide.shared.actor import UserId
from asperguide.shared.errors import EditedMeanwhile

Facts = dict[CapsuleId, tuple[datetime, bool]]
"""Of each capsule that a transaction has locked, what its addressees have copies of: see `_facts`."""

_capsules, _addressees = CapsuleRow.__table__.c, AddresseeRow.__table__.c
_id, _version = sa.bindparam("_id", type_=Uuid()), sa.bindparam("_version", type_=sa.Integer)
_limit = sa.bindparam("limit", type_=sa.Integer)

ADDRESSEE = tuple(_addressees[name] for name in Addressee.__slots__)

_locked = Prepared(sa.select(CapsuleRow.__table__).where(_capsules.id == sa.bindparam("id")).with_for_update())
of_capsule = Prepared(
    sa.select(*ADDRESSEE).where(_addressees.capsule == sa.bindparam("capsule")).order_by(_addressees.position)
)
by_id = Prepared(sa.select(*ADDRESSEE).where(_addressees.id == sa.bindparam("id")))
_add_addressees = Prepared(sa.insert(AddresseeRow.__table__))
_save_addressee = Prepared(sa.update(AddresseeRow.__table__).where(_addressees.id == _id))
_copy = sa.update(AddresseeRow.__table__).where(_addressees.capsule == _id)
_copy_postponed = Prepared(_copy.values(unlocks_at=sa.bindparam("_unlocks_at")))
_copy_cancelled = Prepared(
    _copy.values(
        unlocks_at=sa.bindparam("_unlocks_at"), standing=sa.case((_addressees.left_at.is_(None), Standing.CANCELLED))
    )
)
_remove = Prepared(sa.delete(CapsuleRow.__table__).where(_capsules.id == _id, _capsules.version == _version))
_forget = tuple(
    Prepared(sa.delete(row.__table__).where(row.__table__.c[name] == _id))
    for row, name in (
        (AddresseeRow, "capsule"), (ContentRow, "id"), (ReplyRow, "capsule"), (ReflectionRow, "id"),
        (CountdownRow, "capsule"),
    )
)  # fmt: skip
_awaiting = Prepared(
    sa.select(*ADDRESSEE)
    .where(_addressees.awaited == sa.bindparam("key"), _addressees.left_at.is_(None))
    .order_by(_addressees.id)
    .limit(_limit)
)
_addressed_to = Prepared(
    sa.select(*ADDRESSEE)
    .where(_addressees.user == sa.bindparam("user"))
    .order_by(_addressees.sealed_at, _addressees.id)
    .limit(_limit)
)
_sent = sa.select(_capsules.id).where(_capsules.sender == sa.bindparam("user")).order_by(_capsules.id).limit(_limit)
_sent_first, _sent_behind = Prepared(_sent), Prepared(_sent.where(_capsules.id > sa.bindparam("after")))


class SqlCapsules(Capsules):
    """Rows of capsules, and for each of their addressees a row with copies of what inboxes are chosen by.

    Whoever changes a capsule or its addressees holds the lock of the capsule's row.
    """

    __slots__ = ("_locked", "_store")

    def __init__(self, store: Store, locked: Facts) -> None:
        self._store, self._locked = store, locked

    async def add(self, capsule: Capsule, due: Sequence[Announcement]) -> None:
        """One row, and one more statement for all addressees."""
        await self._store.add(CapsuleRow, capsule, standing=standing(capsule))
        waiting = {one.addressee: one for one in due}
        rows = [_added(capsule, position, one, waiting.get(one.id)) for position, one in enumerate(capsule.addressees)]
        if rows:
            await self._store.execute(_add_addressees, rows)

    async def get(self, id: CapsuleId) -> Capsule | None:
        """By primary key, locked; then its addressees."""
        if (found := await self._store.one(_locked, Capsule, id=id)) is None:
            return None
        self._locked[id] = _facts(found)
        return replace(found, addressees=tuple(await self._store.all(of_capsule, Addressee, capsule=id)))

    async def save(self, capsule: Capsule, *changed: Addressee) -> Capsule:
        """Compare the version and set; copies only where what they are of has changed; then those that changed."""
        saved = await self._store.save(CapsuleRow, capsule, standing=standing(capsule))
        if self._locked.get(capsule.id) != _facts(capsule):
            copy = _copy_postponed if capsule.cancelled_at is None else _copy_cancelled
            await self._store.change(copy, _id=capsule.id, _unlocks_at=capsule.unlocks_at)
            self._locked[capsule.id] = _facts(capsule)
        if changed:
            await self._store.execute(_save_addressee, [_changed(capsule, one) for one in changed])
        return saved

    async def remove(self, capsule: Capsule) -> None:
        """Compare the version and delete; then all that hangs on it."""
        if not await self._store.change(_remove, _id=capsule.id, _version=capsule.version):
            raise EditedMeanwhile
        for forget in _forget:
            await self._store.change(forget, _id=capsule.id)

    async def addressee(self, id: AddresseeId) -> Addressee | None:
        """By primary key."""
        return await self._store.one(by_id, Addressee, id=id)

    async def awaiting(self, email_key: str, limit: int) -> Sequence[Addressee]:
        """In the order of the index."""
        return await self._store.all(_awaiting, Addressee, key=email_key, limit=limit)

    async def addressed_to(self, user: UserId, limit: int) -> Sequence[Addressee]:
        """In the order of an index of inboxes."""
        return await self._store.all(_addressed_to, Addressee, user=user, limit=limit)

    async def sent_by(self, user: UserId, after: CapsuleId | None, limit: int) -> Sequence[CapsuleId]:
        """In the order of the index, out of it alone."""
        if after is None:
            rows = await self._store.execute(_sent_first, {"user": user, "limit": limit})
        else:
            rows = await self._store.execute(_sent_behind, {"user": user, "after": after, "limit": limit})
        return [id for (id,) in rows]


def _facts(capsule: Capsule) -> tuple[datetime, bool]:
    return capsule.unlocks_at, capsule.cancelled_at is not None


def _added(capsule: Capsule, position: int, one: Addressee, waiting: Announcement | None) -> Mapping[str, Any]:
    return {
        **to_row(AddresseeRow, one),
        "position": position,
        "sealed_at": capsule.sealed_at,
        "unlocks_at": capsule.unlocks_at,
        "standing": standing_for(capsule, one),
        "stage": waiting and waiting.stage,
        "due_at": waiting and waiting.due_at,
    }


def _changed(capsule: Capsule, one: Addressee) -> Mapping[str, Any]:
    values = {**to_row(AddresseeRow, one), "standing": standing_for(capsule, one)}
    return {**values, "_id": values.pop("id")}
