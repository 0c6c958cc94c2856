"""The kinds of persistence that there are, each as contracts want it."""

from asperguide.adapters.memory.analytics import (
    MemoryAnalyticsReads,
    MemoryAnalyticsUnitOfWork,
    MemoryEventLog,
)
from asperguide.adapters.memory.ar import MemoryArReads, MemoryArUnitOfWork
from asperguide.adapters.memory.capsules import MemoryCapsuleReads, MemoryCapsulesUnitOfWork
from asperguide.adapters.memory.companies import MemoryCompaniesUnitOfWork, MemoryCompanyReads
from asperguide.adapters.memory.idempotency import MemoryIdempotency
from asperguide.adapters.memory.identity import MemoryGuessCounter, MemoryIdentityReads, MemoryIdentityUnitOfWork
from asperguide.adapters.memory.ledger import MemoryLedger
from asperguide.adapters.memory.media import MemoryMediaReads, MemoryMediaUnitOfWork
from asperguide.adapters.memory.operations import MemoryJobReads, MemoryMaintenanceReads, MemoryOperationsUnitOfWork
from asperguide.adapters.memory.projects import MemoryProjectReads, MemoryProjectsUnitOfWork
from asperguide.adapters.memory.tables import MemoryDatabase
from asperguide.adapters.sql.analytics import SqlAnalyticsUnitOfWork
from asperguide.adapters.sql.analytics_log import SqlEventLog
from asperguide.adapters.sql.analytics_reads import SqlAnalyticsReads
from asperguide.adapters.sql.ar import SqlArReads, SqlArUnitOfWork
from asperguide.adapters.sql.capsules import SqlCapsuleReads, SqlCapsulesUnitOfWork
from asperguide.adapters.sql.companies import SqlCompaniesUnitOfWork, SqlCompanyReads
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.idempotency import SqlIdempotency
from asperguide.adapters.sql.identity import SqlGuessCounter, SqlIdentityReads, SqlIdentityUnitOfWork
from asperguide.adapters.sql.job_board import SqlJobReads
from asperguide.adapters.sql.ledger import SqlLedger
from asperguide.adapters.sql.maintenance import SqlMaintenanceReads
from asperguide.adapters.sql.media import SqlMediaReads, SqlMediaUnitOfWork
from asperguide.adapters.sql.operations import SqlOperationsUnitOfWork
from asperguide.adapters.sql.projects import SqlProjectReads, SqlProjectsUnitOfWork
from asperguide.testing import MovableClock
from asperguide.testing.contracts import CountingDoorbell, Persistence, Purges
from asperguide.testing.contracts.people import IDS

SECRET = b"a secret of at least 32 bytes, or so"


def sql_persistence(database: Database, clock: MovableClock) -> Persistence:
    purges, doorbell = Purges(), CountingDoorbell()
    return Persistence(
        clock=clock,
        begin=lambda: SqlIdentityUnitOfWork(database, clock=clock, ids=IDS, purge=purges, doorbell=doorbell),
        reads=SqlIdentityReads(database),
        counter=SqlGuessCounter(database),
        begin_media=lambda: SqlMediaUnitOfWork(database, clock=clock, ids=IDS, purge=purges, doorbell=doorbell),
        media_reads=SqlMediaReads(database),
        begin_capsules=lambda: SqlCapsulesUnitOfWork(database, clock=clock, ids=IDS, purge=purges, doorbell=doorbell),
        capsule_reads=SqlCapsuleReads(database),
        begin_ar=lambda: SqlArUnitOfWork(database, clock=clock, ids=IDS, purge=purges, doorbell=doorbell),
        ar_reads=SqlArReads(database),
        begin_analytics=lambda: SqlAnalyticsUnitOfWork(database, clock=clock, ids=IDS, doorbell=doorbell),
        analytics_reads=SqlAnalyticsReads(database),
        event_log=SqlEventLog(database, clock, IDS),
        begin_companies=lambda: SqlCompaniesUnitOfWork(database, clock=clock, ids=IDS, doorbell=doorbell),
        company_reads=SqlCompanyReads(database),
        begin_projects=lambda: SqlProjectsUnitOfWork(database, clock=clock, ids=IDS, purge=purges, doorbell=doorbell),
        project_reads=SqlProjectReads(database),
        ledger=SqlLedger(database, clock),
        begin_operations=lambda: SqlOperationsUnitOfWork(database, clock=clock, ids=IDS, doorbell=doorbell),
        jobs=SqlJobReads(database),
        maintenance=SqlMaintenanceReads(database),
        idempotency=SqlIdempotency(database, clock, IDS, SECRET),
        purges=purges,
        doorbell=doorbell,
    )


def memory_persistence(clock: MovableClock, database: MemoryDatabase | None = None) -> Persistence:
    database = database or MemoryDatabase()
    ledger, purges, doorbell = MemoryLedger(clock), Purges(), CountingDoorbell()
    return Persistence(
        clock=clock,
        begin=lambda: MemoryIdentityUnitOfWork(database, ledger, clock=clock, ids=IDS, purge=purges, doorbell=doorbell),
        reads=MemoryIdentityReads(database),
        counter=MemoryGuessCounter(database),
        begin_media=lambda: MemoryMediaUnitOfWork(
            database, ledger, clock=clock, ids=IDS, purge=purges, doorbell=doorbell
        ),
        media_reads=MemoryMediaReads(database),
        begin_capsules=lambda: MemoryCapsulesUnitOfWork(
            database, ledger, clock=clock, ids=IDS, purge=purges, doorbell=doorbell
        ),
        capsule_reads=MemoryCapsuleReads(database),
        begin_ar=lambda: MemoryArUnitOfWork(database, ledger, clock=clock, ids=IDS, purge=purges, doorbell=doorbell),
        ar_reads=MemoryArReads(database),
        begin_analytics=lambda: MemoryAnalyticsUnitOfWork(database, ledger, clock=clock, ids=IDS, doorbell=doorbell),
        analytics_reads=MemoryAnalyticsReads(database),
        event_log=MemoryEventLog(database, ledger, clock, IDS),
        begin_companies=lambda: MemoryCompaniesUnitOfWork(database, ledger, clock=clock, ids=IDS, doorbell=doorbell),
        company_reads=MemoryCompanyReads(database),
        begin_projects=lambda: MemoryProjectsUnitOfWork(
            database, ledger, clock=clock, ids=IDS, purge=purges, doorbell=doorbell
        ),
        project_reads=MemoryProjectReads(database),
        ledger=ledger,
        begin_operations=lambda: MemoryOperationsUnitOfWork(database, ledger, clock=clock, ids=IDS, doorbell=doorbell),
        jobs=MemoryJobReads(ledger),
        maintenance=MemoryMaintenanceReads(database),
        idempotency=MemoryIdempotency(clock),
        purges=purges,
        doorbell=doorbell,
    )
