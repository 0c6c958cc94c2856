"""What is to be said of projects, found by an index of due times, and how many there are of each company."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from asperguide.adapters.sql.prepared import Prepared, by_ids, named_ids
from asperguide.adapters.sql.project_rows import CountRow, NoticeRow
from asperguide.adapters.sql.store import Store
from asperguide.adapters.sql.types import Uuid
from asperguide.projects.notices import Notice, Reached, Stage
from asperguide.projects.repositories import Counts, Notices
from asperguide.shared.tenancy import CompanyId, ProjectId

_notices, _counts = NoticeRow.__table__.c, CountRow.__table__.c
_company = sa.bindparam("_company", type_=Uuid())

# While releases are replaced in turn, some say what others do not know: that holds up nothing else.
_known = _notices.stage.in_([sa.literal(stage, _notices.stage.type) for stage in Stage])
_this = sa.and_(_notices.project == sa.bindparam("_id", type_=Uuid()), _notices.company == _company)
_rest = Prepared(sa.update(NoticeRow.__table__).where(_this).values(due_at=None))
_reached = Prepared(
    sa.select(*(_notices[field.name] for field in fields(Reached))).where(_this, _known).with_for_update()
)
_due = Prepared(
    sa.select(NoticeRow.__table__)
    .where(_notices.due_at <= sa.bindparam("now"), _known)
    .order_by(_notices.due_at, _notices.project)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_next_after = Prepared(sa.select(sa.func.min(_notices.due_at)).where(_notices.due_at > sa.bindparam("now")))
# By primary keys alone: servers would rather go along the index of due times, and meet what others hold. For that they
# delete nothing either: for rows of a small table to delete, MariaDB looks through all of it, and waits for others.
_still = _notices.stage == sa.bindparam("_stage")


def _to(**values: Any) -> Callable[[int], Prepared]:
    change = sa.update(NoticeRow.__table__).values(**values)
    return by_ids(_notices.project, lambda these: change.where(these, _still))


_advance = {
    Stage.LAST_DAY: _to(stage=Stage.LAST_DAY, due_at=_notices.last_day_at),
    Stage.ENDED: _to(stage=Stage.ENDED, due_at=_notices.ends_at),
    None: _to(due_at=None),
}

_update = sa.update(CountRow.__table__).where(_counts.company == _company)
_take = Prepared(
    _update.where(_counts.projects < sa.bindparam("_most", type_=sa.Integer)).values(projects=_counts.projects + 1)
)
_give_back = Prepared(_update.values(projects=_counts.projects - 1))
_forget_count = Prepared(sa.delete(CountRow.__table__).where(_counts.company == _company))


class SqlNotices(Notices):
    """Whoever announces holds the locks of the rows; those that others hold are passed over."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, notice: Notice) -> None:
        """Inserted or replaced by one statement."""
        await self._store.put(NoticeRow, notice)

    async def reached(self, company: CompanyId, project: ProjectId) -> Reached | None:
        """By primary key, and the company's."""
        return await self._store.one(_reached, Reached, _id=project, _company=company)

    async def rest(self, company: CompanyId, project: ProjectId) -> None:
        """By primary key, and the company's."""
        await self._store.change(_rest, _id=project, _company=company)

    async def due(self, now: datetime, limit: int) -> Sequence[Notice]:
        """In the order of the index, which is read no further than it is due."""
        return await self._store.all(_due, Notice, now=now, limit=limit)

    async def advance(self, told: Sequence[Notice]) -> None:
        """One statement for each step; those that are at another stage by now stay as they are."""
        for (stage, then), these in groupby(sorted(told, key=_step), key=_step):
            named = named_ids([one.project for one in these])
            await self._store.change(_advance[Stage(then) if then else None](len(named)), **named, _stage=stage)

    async def next_after(self, now: datetime) -> datetime | None:
        """The next place in the index."""
        found: datetime | None = await self._store.scalar(_next_after, now=now)
        return found


def _step(notice: Notice) -> tuple[Stage, str]:
    """From where to where; nowhere is no text."""
    following = notice.following
    return notice.stage, "" if following is None else following.stage


@functools.cache
def _make(dialect: str) -> Prepared:
    """A row of zero, unless there is one."""
    values = {"company": _company, "projects": 0}
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return Prepared(sqlite.insert(CountRow.__table__).values(values).on_conflict_do_nothing())
    # Unlike INSERT IGNORE this forgives a row that is there and nothing else.
    return Prepared(mysql.insert(CountRow.__table__).values(values).on_duplicate_key_update(company=_counts.company))


class SqlCounts(Counts):
    """One row for each company: whoever changes it holds its lock until the end of the transaction."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def take(self, company: CompanyId, most: int) -> bool:
        """One update with the limit in its condition; where there is no row it is made, and the update tried again."""
        if await self._store.change(_take, _company=company, _most=most):
            return True
        await self._store.execute(_make(self._store.connection.dialect.name), {"_company": company})
        return bool(await self._store.change(_take, _company=company, _most=most))

    async def give_back(self, company: CompanyId) -> None:
        """One update."""
        await self._store.change(_give_back, _company=company)

    async def forget(self, company: CompanyId) -> None:
        """By primary key."""
        await self._store.change(_forget_count, _company=company)
