"""What each owner has and has set aside, counted exactly by single updates of one row."""

import functools

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from asperguide.adapters.sql.media_rows import FileRow, UsageRow
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.store import Store
from asperguide.media.model import FileState, OwnerId
from asperguide.media.repositories import Quotas
from asperguide.media.transport import Usage

COMING = (FileState.AWAITING, FileState.QUARANTINED, FileState.CHECKING)
NUMBERS = ("used_bytes", "used_files", "reserved_bytes", "reserved_files")

_usage, _files = UsageRow.__table__.c, FileRow.__table__.c
_of_owner = _usage.owner == sa.bindparam("_owner")


def _number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.BigInteger)


_update = sa.update(UsageRow.__table__).where(_of_owner)
_reserve = Prepared(
    _update.where(
        _usage.used_bytes + _usage.reserved_bytes + _number("_size") <= _number("_most_bytes"),
        _usage.used_files + _usage.reserved_files + 1 <= _number("_most_files"),
    ).values(reserved_bytes=_usage.reserved_bytes + _number("_size"), reserved_files=_usage.reserved_files + 1)
)
_settle = Prepared(
    _update.values(
        used_bytes=_usage.used_bytes + _number("_size"),
        used_files=_usage.used_files + 1,
        reserved_bytes=_usage.reserved_bytes - _number("_reserved"),
        reserved_files=_usage.reserved_files - 1,
    )
)
_release = Prepared(
    _update.values(
        reserved_bytes=_usage.reserved_bytes - _number("_reserved"), reserved_files=_usage.reserved_files - 1
    )
)
_free = Prepared(
    _update.values(used_bytes=_usage.used_bytes - _number("_size"), used_files=_usage.used_files - 1)
)  # fmt: skip
_store = Prepared(_update.values({name: _number(f"_{name}") for name in NUMBERS}))
_locked = Prepared(sa.select(UsageRow.__table__).where(_of_owner).with_for_update())


def _in(*states: FileState) -> sa.ColumnElement[bool]:
    return sa.or_(*(_files.state == state for state in states))


def _sum(counted: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((counted, _files.size), else_=0)), 0)


_used, _reserved = _in(FileState.READY, FileState.DELETED), _in(*COMING)
_counted = Prepared(
    sa.select(
        _sum(_used),
        sa.func.count(sa.case((_used, 1))),
        _sum(_reserved),
        sa.func.count(sa.case((_reserved, 1))),
    ).where(_files.owner == sa.bindparam("_owner"))
)


@functools.cache
def _make(dialect: str) -> Prepared:
    """A row of zeros, unless there is one."""
    values = {"owner": sa.bindparam("_owner"), **dict.fromkeys(NUMBERS, 0)}
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return Prepared(sqlite.insert(UsageRow.__table__).values(values).on_conflict_do_nothing())
    # Unlike INSERT IGNORE this forgives a row that is there and nothing else.
    return Prepared(mysql.insert(UsageRow.__table__).values(values).on_duplicate_key_update(owner=_usage.owner))


class SqlQuotas(Quotas):
    """One row for each owner: whoever changes it holds its lock until the end of the transaction."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def reserve(self, owner: OwnerId, size: int, *, most_bytes: int, most_files: int) -> bool:
        """One update with the limits in its condition."""
        return await self._change(_reserve, owner, _size=size, _most_bytes=most_bytes, _most_files=most_files)

    async def settle(self, owner: OwnerId, reserved: int, size: int) -> None:
        """One update."""
        await self._change(_settle, owner, _reserved=reserved, _size=size)

    async def release(self, owner: OwnerId, reserved: int) -> None:
        """One update."""
        await self._change(_release, owner, _reserved=reserved)

    async def free(self, owner: OwnerId, size: int) -> None:
        """One update."""
        await self._change(_free, owner, _size=size)

    async def usage(self, owner: OwnerId) -> Usage:
        """The row, locked; made first where there is none to lock."""
        found = await self._store.one(_locked, Usage, _owner=owner)
        if found is None:
            await self._make(owner)
            found = await self._store.one(_locked, Usage, _owner=owner)
        assert found is not None
        return found

    async def recount(self, owner: OwnerId) -> Usage:
        """Locked first: who reserves or settles meanwhile waits, and changes what was counted here."""
        await self.usage(owner)
        row = (await self._store.execute(_counted, {"_owner": owner})).one()
        counted = dict(zip(NUMBERS, map(int, row), strict=True))
        await self._store.change(_store, _owner=owner, **{f"_{name}": number for name, number in counted.items()})
        return Usage(owner=owner, **counted)

    async def _change(self, update: Prepared, owner: OwnerId, **numbers: int) -> bool:
        """Whether the update met the row; where there was none it is made, and the update tried again."""
        if await self._store.change(update, _owner=owner, **numbers):
            return True
        await self._make(owner)
        return bool(await self._store.change(update, _owner=owner, **numbers))

    async def _make(self, owner: OwnerId) -> None:
        await self._store.execute(_make(self._store.connection.dialect.name), {"_owner": owner})
