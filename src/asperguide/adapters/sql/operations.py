"""Operations in a database: the unit of work over the ledger and the audit trail."""

from asperguide.adapters.sql.identity_rows import SecurityEventRow
from asperguide.adapters.sql.job_board import SqlJobBoard
from asperguide.adapters.sql.maintenance import SqlMaintenanceSwitch
from asperguide.adapters.sql.store import Store
from asperguide.adapters.sql.unit_of_work import SqlUnitOfWork
from asperguide.identity.audit import SecurityEventKind, event
from asperguide.operations.model import Deed
from asperguide.operations.ports import AuditTrail, OperationsUnitOfWork


class SqlAuditTrail(AuditTrail):
    """Lines of the security log that are about nobody's account."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, deed: Deed) -> None:
        """One row."""
        kind = SecurityEventKind(deed.kind)
        line = event(deed.id, kind, deed.at, user=None, by=deed.by, origin=deed.origin, detail=deed.about)
        await self._store.add(SecurityEventRow, line)


class SqlOperationsUnitOfWork(SqlUnitOfWork, OperationsUnitOfWork):
    """A transaction of the database."""

    @property
    def jobs(self) -> SqlJobBoard:
        """The ledger."""
        return SqlJobBoard(self.store)

    @property
    def audit(self) -> SqlAuditTrail:
        """The security log."""
        return SqlAuditTrail(self.store)

    @property
    def maintenance(self) -> SqlMaintenanceSwitch:
        """The switch."""
        return SqlMaintenanceSwitch(self.store)
