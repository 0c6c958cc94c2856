"""A world whose rows are in a database: everything else of it is in memory, and its clock can be moved."""

from datetime import timedelta

from dependency_injector.providers import Object

from asperguide.adapters.sql.engine import Database
from asperguide.testing import World
from asperguide.worker import worker_of

ROWS = frozenset((
    "ledger", "idempotency", "identity_unit_of_work", "operations_unit_of_work", "media_unit_of_work", "media_reads",
    "capsules_unit_of_work", "capsule_reads", "ar_unit_of_work", "ar_reads", "companies_unit_of_work", "company_reads",
    "projects_unit_of_work", "project_reads", "event_log", "analytics_unit_of_work", "analytics_reads", "watch",
    "job_reads", "maintenance_reads", "counter", "reads",
))  # fmt: skip


class WorldOn(World):
    """Schedules are asked for by nobody; `pass_time` lets jobs run that are due meanwhile."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        for name in ROWS:
            getattr(self.container, name).reset_override()
        self.container.database.override(Object(database))
        self._worker = worker_of(self.container)


async def pass_time(world: World, of: timedelta, steps: int = 6) -> None:
    """Let jobs run now, and in so many steps on the way."""
    await world.settle()
    for _ in range(steps):
        world.clock.advance(of / steps)
        await world.settle()
