"""What the pool and the statements of a database cost."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from asperguide.adapters.measuring import Counter, Family, Histogram, counter, gauge
from asperguide.adapters.sql.failures import TransactionLost, translated
from asperguide.shared.errors import DatabaseUnavailable

OPTION = "asperguide_measures"
"""The execution option under which every connection of an engine carries the measures of its database."""
STATEMENT_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0)


class DatabaseMeasures:
    """Statements, their failures, and what became of those who wanted a connection."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waited, self._timeouts = 0, 0
        self._seconds = Histogram(
            "asperguide_sql_statement_seconds",
            "How long the database took for statements, BEGIN and COMMIT included.",
            bounds=STATEMENT_SECONDS,
        )
        self._failures = Counter("asperguide_sql_failures", "Statements that failed, by what that meant.", "meaning")

    @property
    def _pool(self) -> Any:
        """An engine that was disposed of has another one."""
        return self._engine.pool

    def wanted(self) -> None:
        """Somebody is about to take a connection."""
        self._waited += self._pool.checkedout() >= self._pool.size()

    def refused(self, error: Exception) -> None:
        """There was no connection to be had."""
        self._timeouts += isinstance(error, exc.TimeoutError)

    def ran(self, seconds: float, connection: AsyncConnection, failure: Exception | None) -> None:
        """A statement is over, however it ended."""
        self._seconds.observe(seconds)

    def failed(self, error: Exception) -> None:
        """Conflicts with others, no database, and rules of the schema are told apart from defects."""
        self._failures.add(_meaning(error))

    def measure(self) -> Iterator[Family]:
        """The figures."""
        yield gauge("asperguide_sql_pool_size", "Connections that the pool may hold.", self._pool.size())
        yield gauge("asperguide_sql_pool_in_use", "Connections that are taken.", self._pool.checkedout())
        yield counter("asperguide_sql_pool_waits", "How often somebody found every connection taken.", self._waited)
        yield counter("asperguide_sql_pool_timeouts", "How often somebody waited in vain.", self._timeouts)
        yield self._seconds.family()
        yield self._failures.family()


def _meaning(error: Exception) -> str:
    if isinstance(error, exc.IntegrityError):
        return "constraint"
    meaning = translated(error)
    if isinstance(meaning, TransactionLost):
        return "conflict"
    return "unavailable" if isinstance(meaning, DatabaseUnavailable) else "defect"
