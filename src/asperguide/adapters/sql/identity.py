"""Identity in a database: the unit of work over its repositories, and the audit log."""

from datetime import datetime

import sqlalchemy as sa

from asperguide.adapters.sql.identity_access import SqlCodes, SqlGuessBook, SqlGuessCounter, SqlSessions
from asperguide.adapters.sql.identity_accounts import SqlUsers
from asperguide.adapters.sql.identity_reads import SqlIdentityReads
from asperguide.adapters.sql.identity_rows import SecurityEventRow
from asperguide.adapters.sql.store import Store
from asperguide.adapters.sql.unit_of_work import SqlUnitOfWork
from asperguide.identity.audit import SecurityEvent, SecurityEventKind
from asperguide.identity.ports import AuditLog, IdentityUnitOfWork
from asperguide.shared.actor import UserId

__all__ = ["SqlGuessCounter", "SqlIdentityReads", "SqlIdentityUnitOfWork"]

_events = SecurityEventRow.__table__.c
_count = (
    sa.select(sa.func.count())
    .select_from(SecurityEventRow.__table__)
    .where(
        _events.user == sa.bindparam("user"), _events.kind == sa.bindparam("kind"), _events.at >= sa.bindparam("since")
    )
)
_blank = {"address": "", "user_agent": ""}
_anonymise_about = (
    sa.update(SecurityEventRow.__table__).where(_events.user == sa.bindparam("_user")).values(**_blank, detail="")
)
_anonymise_by = sa.update(SecurityEventRow.__table__).where(_events.by == sa.bindparam("_user")).values(**_blank)


class SqlAuditLog(AuditLog):
    """Rows of security events."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, event: SecurityEvent) -> None:
        """One row."""
        await self._store.add(SecurityEventRow, event)

    async def count_since(self, user: UserId, kind: SecurityEventKind, since: datetime) -> int:
        """By the index of what happened to a user, and when."""
        return int(await self._store.scalar(_count, user=user, kind=kind, since=since))

    async def anonymise(self, user: UserId) -> None:
        """What was done to them, and by them."""
        await self._store.change(_anonymise_about, _user=user)
        await self._store.change(_anonymise_by, _user=user)


class SqlIdentityUnitOfWork(SqlUnitOfWork, IdentityUnitOfWork):
    """A transaction of the database; its commit purges `user:` and `session:` keys of what it changed."""

    @property
    def users(self) -> SqlUsers:
        """Accounts and passwords."""
        return SqlUsers(self.store, self.touch)

    @property
    def sessions(self) -> SqlSessions:
        """Sessions."""
        return SqlSessions(self.store, self.touch)

    @property
    def codes(self) -> SqlCodes:
        """One-time codes."""
        return SqlCodes(self.store)

    @property
    def guesses(self) -> SqlGuessBook:
        """Tries."""
        return SqlGuessBook(self.store)

    @property
    def audit(self) -> SqlAuditLog:
        """Security events."""
        return SqlAuditLog(self.store)
