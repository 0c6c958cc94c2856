"""Asks the database whether it is well."""

import sqlalchemy as sa

from asperguide.adapters.sql import migrations
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.maintenance import SqlMaintenanceReads
from asperguide.operations.errors import UnderMaintenance
from asperguide.shared.errors import DatabaseUnavailable
from asperguide.shared.ports import Probe


class SqlProbe(Probe):
    """Nothing works without the database."""

    name = "database"
    required = True

    def __init__(self, database: Database) -> None:
        self._database = database

    async def check(self) -> str:
        """The kind and version of the database. Raises DatabaseUnavailable."""
        if self._database.embedded:
            async with self._database.reading() as store:
                return f"SQLite {await store.scalar(sa.text('SELECT sqlite_version()'))}"
        async with self._database.reading() as store:
            return str(await store.scalar(sa.text("SELECT CONCAT(@@version_comment, ' ', @@version)")))


class MaintenanceProbe(Probe):
    """For the doctor: whoever wonders why nobody is served."""

    name = "maintenance"
    required = False

    def __init__(self, database: Database) -> None:
        self._database = database

    async def check(self) -> str:
        """That there is none, or that nobody can know. Raises UnderMaintenance."""
        try:
            if not (await migrations.status(self._database)).is_current:
                return "off, as the schema is not there yet"
            found = await SqlMaintenanceReads(self._database).current()
        except DatabaseUnavailable:
            return "unknown, as the database does not answer"
        if found is not None:
            raise UnderMaintenance(f"Since {found.since:%Y-%m-%d %H:%M} UTC: {found.message}")
        return "off"


class SchemaProbe(Probe):
    """For the doctor, not for readiness: while a rolling update lasts, old processes serve well on a newer schema."""

    name = "schema"
    required = True

    def __init__(self, database: Database) -> None:
        self._database = database

    async def check(self) -> str:
        """The revision. Raises SchemaOutdated unless it is that of this program."""
        return migrations.demand_current(await migrations.status(self._database))
