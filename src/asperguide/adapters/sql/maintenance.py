"""Maintenance in a database: one row while it lasts."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.store import Store
from asperguide.adapters.sql.types import Uuid
from asperguide.operations.model import Maintenance
from asperguide.operations.ports import MaintenanceReads, MaintenanceSwitch
from asperguide.shared.actor import UserId


class MaintenanceRow(Row):
    """The maintenance that is under way; its id is always 1, so that there is one at most."""

    __tablename__ = "maintenance"

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    message: Mapped[str] = mapped_column(sa.String(200))
    retry_after: Mapped[int] = mapped_column(sa.Integer)
    since: Mapped[datetime]
    by: Mapped[UserId] = mapped_column(Uuid())


TABLE: sa.Table = MaintenanceRow.__table__
FIELDS = ("message", "retry_after", "since", "by")
_current = sa.select(*(TABLE.c[name] for name in FIELDS))


class SqlMaintenanceReads(MaintenanceReads):
    """One small query."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self) -> Maintenance | None:
        """The row."""
        async with self._database.reading() as store:
            row = (await store.execute(_current)).first()
        return None if row is None else Maintenance(**row._mapping)


class SqlMaintenanceSwitch(MaintenanceSwitch):
    """The row, as part of a transaction."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def begin(self, maintenance: Maintenance) -> None:
        """One insert, which takes the place of a row that is there."""
        values = {name: getattr(maintenance, name) for name in FIELDS}
        statement: Any
        if self._store.connection.dialect.name == "sqlite":
            from sqlalchemy.dialects import sqlite

            statement = sqlite.insert(TABLE).values(id=1, **values)
            statement = statement.on_conflict_do_update(index_elements=["id"], set_=values)
        else:
            statement = mysql.insert(TABLE).values(id=1, **values).on_duplicate_key_update(**values)
        await self._store.execute(statement)

    async def end(self) -> bool:
        """One delete."""
        return bool((await self._store.execute(TABLE.delete())).rowcount)
