"""Answers, reflections and shared countdowns, inside a transaction."""

import sqlalchemy as sa

from asperguide.adapters.sql.capsule_rows import CountdownRow, ReflectionRow, ReplyRow
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.store import Store
from asperguide.adapters.sql.types import Uuid
from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.repositories import Countdown, CountdownId, Countdowns, Reflection, Replies, Reply

_countdowns = CountdownRow.__table__.c
_capsule = _countdowns.capsule == sa.bindparam("_capsule", type_=Uuid())

_count = Prepared(sa.select(sa.func.count()).select_from(CountdownRow.__table__).where(_capsule))
_revoke = Prepared(sa.delete(CountdownRow.__table__).where(_countdowns.id == sa.bindparam("_id"), _capsule))


class SqlReplies(Replies):
    """Rows of replies and of reflections."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, reply: Reply) -> None:
        """One row; the primary key refuses a second one."""
        await self._store.add(ReplyRow, reply)

    async def reflect(self, reflection: Reflection) -> None:
        """Inserted or replaced by one statement."""
        await self._store.put(ReflectionRow, reflection)


class SqlCountdowns(Countdowns):
    """Rows of countdowns."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, countdown: Countdown) -> None:
        """One row."""
        await self._store.add(CountdownRow, countdown)

    async def count(self, capsule: CapsuleId) -> int:
        """Out of the index of the capsule."""
        return int(await self._store.scalar(_count, _capsule=capsule))

    async def remove(self, id: CountdownId, capsule: CapsuleId) -> bool:
        """By primary key."""
        return bool(await self._store.change(_revoke, _id=id, _capsule=capsule))
