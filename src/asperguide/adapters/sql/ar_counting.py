"""Counters of prints: numbers without gaps in projects that stay, and turns of view sessions."""

import functools
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from asperguide.adapters.sql.ar_rows import ArNumberRow, ArSessionRow, ArTurnRow
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.project_rows import ProjectRow
from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.store import Store
from asperguide.adapters.sql.types import Uuid
from asperguide.ar.model import ContentId
from asperguide.ar.repositories import Numbers, Places, Turns
from asperguide.shared.tenancy import CompanyId, ProjectId

_projects = ProjectRow.__table__.c
_numbers, _turns, _sessions = ArNumberRow.__table__.c, ArTurnRow.__table__.c, ArSessionRow.__table__.c

_place = Prepared(
    sa.select(_projects.id)
    .where(
        _projects.id == sa.bindparam("_id", type_=Uuid()), _projects.company == sa.bindparam("_company", type_=Uuid())
    )
    .with_for_update(read=True)
)
_of_day = sa.and_(
    _numbers.company == sa.bindparam("_company", type_=Uuid()), _numbers.day == sa.bindparam("_day", type_=sa.Date)
)
_count = Prepared(sa.update(ArNumberRow.__table__).where(_of_day).values(last=_numbers.last + 1))
_counted = Prepared(sa.select(_numbers.last).where(_of_day))

_forget_numbers = Prepared(
    sa.delete(ArNumberRow.__table__).where(_numbers.company == sa.bindparam("_company", type_=Uuid()))
)

_of_content = _turns.content == sa.bindparam("_content", type_=Uuid())
_taken = Prepared(sa.select(_turns.taken).where(_of_content).with_for_update())
_take = Prepared(sa.update(ArTurnRow.__table__).where(_of_content).values(taken=_turns.taken + 1))
_forget_turns = (
    Prepared(sa.delete(ArTurnRow.__table__).where(_of_content)),
    Prepared(sa.delete(ArSessionRow.__table__).where(_sessions.content == sa.bindparam("_content", type_=Uuid()))),
)
_turn = Prepared(
    sa.select(_sessions.turn).where(
        _sessions.content == sa.bindparam("content"), _sessions.session == sa.bindparam("session")
    )
)
_add_session = Prepared(sa.insert(ArSessionRow.__table__))
_over = Prepared(
    sa.select(_sessions.content, _sessions.session)
    .where(_sessions.at < sa.bindparam("before"))
    .order_by(_sessions.at)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


@functools.cache
def _make(row: type[Row], dialect: str, names: tuple[str, ...]) -> Prepared:
    """A row that begins at zero, unless there is one."""
    table = row.__table__
    counter = next(column.key for column in table.c if not column.primary_key)
    values: dict[str, Any] = {name: sa.bindparam(name, type_=table.c[name].type) for name in names}
    values[counter] = 0
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return Prepared(sqlite.insert(table).values(values).on_conflict_do_nothing())
    # Unlike INSERT IGNORE this forgives a row that is there and nothing else.
    return Prepared(mysql.insert(table).values(values).on_duplicate_key_update({counter: table.c[counter]}))


async def _made(store: Store, row: type[Row], **key: object) -> None:
    await store.execute(_make(row, store.connection.dialect.name, tuple(key)), key)


class SqlPlaces(Places):
    """Rows of projects: whoever makes a content shares the lock that whoever removes a project has to have."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def stays(self, company: CompanyId, project: ProjectId) -> bool:
        """By primary key, and the company's, locked for others to read."""
        return await self._store.scalar(_place, _id=project, _company=company) is not None


class SqlNumbers(Numbers):
    """One row for each company and day: whoever takes a number holds its lock until the end of the transaction."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def next(self, company: CompanyId, day: date) -> int:
        """One update and one read; the first of a day makes the row."""
        key = {"_company": company, "_day": day}
        if not await self._store.change(_count, **key):
            await _made(self._store, ArNumberRow, company=company, day=day)
            await self._store.change(_count, **key)
        return int(await self._store.scalar(_counted, **key))

    async def forget(self, company: CompanyId) -> None:
        """By the primary key."""
        await self._store.change(_forget_numbers, _company=company)


class SqlTurns(Turns):
    """A row for each content, which is locked by whoever gets a turn, and one for each view session."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def take(self, content: ContentId, session: str, now: datetime) -> int:
        """One read when the session has been here; else it looks again once the content is locked."""
        if (known := await self._known(content, session)) is not None:
            return known
        turn = await self._locked(content)
        if (known := await self._known(content, session)) is not None:
            return known
        await self._store.change(_take, _content=content)
        values = {"content": content, "session": session, "turn": turn, "at": now}
        await self._store.execute(_add_session, values)
        return turn

    async def forget_before(self, before: datetime, limit: int) -> int:
        """The oldest first: chosen by the index without a lock, deleted by primary key."""
        found = await self._store.execute(_over, {"before": before, "limit": limit})
        keys = [tuple(row) for row in found]
        if not keys:
            return 0
        these = sa.tuple_(_sessions.content, _sessions.session).in_(keys)
        return await self._store.change(sa.delete(ArSessionRow.__table__).where(these))

    async def forget(self, content: ContentId) -> None:
        """By the primary keys."""
        for statement in _forget_turns:
            await self._store.change(statement, _content=content)

    async def _known(self, content: ContentId, session: str) -> int | None:
        found = await self._store.scalar(_turn, content=content, session=session)
        return None if found is None else int(found)

    async def _locked(self, content: ContentId) -> int:
        """How many turns were taken, while nobody else can take one; the row is made where there is none."""
        if (found := await self._store.scalar(_taken, _content=content)) is None:
            await _made(self._store, ArTurnRow, content=content)
            found = await self._store.scalar(_taken, _content=content)
        return int(found)
