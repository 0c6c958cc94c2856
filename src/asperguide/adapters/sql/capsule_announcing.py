"""What waits for its time: two columns in the row of each addressee, found by an index of due times."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa

from asperguide.adapters.sql.capsule_rows import AddresseeRow
from asperguide.adapters.sql.prepared import Prepared, by_ids, named_ids
from asperguide.adapters.sql.store import Store
from asperguide.adapters.sql.types import Uuid
from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.announcements import Announcement, Stage
from asperguide.capsules.repositories import Announcements

_rows = AddresseeRow.__table__.c
_capsule = _rows.capsule == sa.bindparam("_capsule", type_=Uuid())
_update = sa.update(AddresseeRow.__table__)

_due = Prepared(
    sa.select(_rows.id.label("addressee"), _rows.capsule, _rows.stage, _rows.due_at, _rows.unlocks_at)
    .where(_rows.due_at <= sa.bindparam("now"))
    .order_by(_rows.due_at, _rows.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_next_after = Prepared(sa.select(sa.func.min(_rows.due_at)).where(_rows.due_at > sa.bindparam("now")))
# By primary keys alone: servers would rather go along the index of due times, and meet what others hold.
_still = _rows.stage == sa.bindparam("_stage")
_advance = {
    Stage.UNFOLDING: by_ids(
        _rows.id, lambda these: _update.where(these, _still).values(stage=Stage.READY, due_at=_rows.unlocks_at)
    ),
    Stage.READY: by_ids(_rows.id, lambda these: _update.where(these, _still).values(stage=None, due_at=None)),
}
_forget = Prepared(_update.where(_capsule, _rows.due_at.is_not(None)).values(stage=None, due_at=None))
_put = by_ids(_rows.id, lambda these: _update.where(these, _capsule))


class SqlAnnouncements(Announcements):
    """Whoever announces holds the locks of the rows; those that others hold are passed over."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def due(self, now: datetime, limit: int) -> Sequence[Announcement]:
        """In the order of the index, which is read no further than it is due."""
        return await self._store.all(_due, Announcement, now=now, limit=limit)

    async def advance(self, told: Sequence[Announcement]) -> None:
        """One statement for each stage; those that are at another one by now stay as they are."""
        for stage, advance in _advance.items():
            if these := [one for one in told if one.stage is stage]:
                named = named_ids([one.addressee for one in these])
                await self._store.change(advance(len(named)), **named, _stage=stage)

    async def reset(self, capsule: CapsuleId, due: Sequence[Announcement]) -> None:
        """One statement to forget, and one for each stage and time of the new ones, which mostly are the same."""
        await self._store.change(_forget, _capsule=capsule)
        for (stage, due_at), these in groupby(sorted(due, key=_time), key=_time):
            named = named_ids([one.addressee for one in these])
            await self._store.change(_put(len(named)), **named, _capsule=capsule, stage=stage, due_at=due_at)

    async def next_after(self, now: datetime) -> datetime | None:
        """The next place in the index."""
        found: datetime | None = await self._store.scalar(_next_after, now=now)
        return found


def _time(announcement: Announcement) -> tuple[Stage, datetime]:
    return announcement.stage, announcement.due_at
