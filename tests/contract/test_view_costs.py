"""What views cost a database: how many statements they send, each of them answered by an index."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from asperguide.adapters.sql.analytics_rows import CountRow, EventRow
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.store import to_row
from asperguide.ar.analytics import EventKind, FoldEvents, Span
from asperguide.ar.analytics_calendar import DAY
from asperguide.ar.analytics_model import Count, Dimension, Tally
from asperguide.ar.model import ContentId
from asperguide.shared.tenancy import CompanyId, ProjectId
from asperguide.testing import MovableClock
from asperguide.testing.contracts import Persistence
from asperguide.testing.contracts.people import NOW
from asperguide.testing.contracts.views import (
    ALWAYS,
    AN_INSTANT,
    COMPANY,
    OTHER,
    PROJECT,
    TODAY,
    event,
    fold,
    forget,
    prune,
    visit,
)
from tests.contract.persistences import sql_persistence
from tests.contract.test_identity_costs import slow, verbs, watching

MANY = 4000
MONTH = Span(first=TODAY - 30 * DAY, last=TODAY)


@pytest.fixture
def persistence(database: Database, clock: MovableClock) -> Persistence:
    """On a database only."""
    return sql_persistence(database, clock)


async def cost(database: Database, call: Callable[[], Awaitable[Any]]) -> str:
    """The first words of its statements."""
    with watching(database) as seen:
        await call()
    return " ".join(verbs(seen)).replace("BEGIN IMMEDIATE", "BEGIN")


async def test_events_of_a_hundred_requests_at_once_are_one_insert(
    persistence: Persistence, database: Database
) -> None:
    log = persistence.event_log
    one, two = event(), [event(), event()]
    assert await cost(database, lambda: log.add([one])) == "BEGIN INSERT INSERT COMMIT"
    assert await cost(database, lambda: log.add(two)) == "BEGIN INSERT COMMIT"  # the job of this period is there

    async def many() -> None:
        await asyncio.gather(*(log.add([event(), event()]) for _ in range(100)))

    words = await cost(database, many)
    assert words.count("COMMIT") <= 2
    assert await persistence.analytics_reads.waiting(COMPANY, 999) == 203


async def test_counting_costs_the_same_however_many_events_there_are(
    persistence: Persistence, database: Database
) -> None:
    folding = "SELECT BEGIN INSERT SELECT SELECT INSERT INSERT UPDATE COMMIT"
    for events in ([event()], [event() for _ in range(500)], [one for n in range(99) for one in visit(f"visit {n}")]):
        await persistence.event_log.add(events)
        assert await cost(database, lambda: fold(persistence)) == folding
    assert await cost(database, lambda: fold(persistence)) == "SELECT"


async def test_reading_is_one_statement_whatever_is_read(persistence: Persistence, database: Database) -> None:
    await fill(database)
    reads = persistence.analytics_reads
    for call in (
        lambda: reads.figures(COMPANY, COMPANY, ALWAYS),
        lambda: reads.top(COMPANY, None, MONTH, 10),
        lambda: reads.top(COMPANY, PROJECT, MONTH, 10),
        lambda: reads.waiting(COMPANY, 9),
        lambda: reads.companies(9),
    ):
        assert await cost(database, call) == "SELECT"


async def fill(database: Database) -> None:
    """Events that were counted and some that were not, and counts of many contents of two companies."""
    events = [
        event(
            EventKind.PLAY, company=COMPANY if n % 2 else OTHER, content=ContentId(UUID(int=n % 500 + 1)),
            at=NOW + n * AN_INSTANT,
        )
        for n in range(MANY)
    ]  # fmt: skip
    counts = [
        Count(
            company=COMPANY if n % 2 else OTHER, subject=UUID(int=n % 500 + 1), dimension=dimension,
            day=TODAY - (n // 500) * DAY, value="" if dimension is Dimension.ALL else "phone",
            ranked=PROJECT if dimension is Dimension.ALL else None, tally=Tally(sessions=n, play=n),
        )
        for n in range(MANY)
        for dimension in Dimension
    ]  # fmt: skip
    async with database.transaction() as store:
        insert = EventRow.__table__.insert()
        rows = [{**to_row(EventRow, one), "waiting": 1 if n < 40 else None} for n, one in enumerate(events)]
        await store.execute(insert, rows)
        values = [{**to_row(CountRow, one), **to_row(CountRow, one.tally)} for one in counts]
        await store.execute(CountRow.__table__.insert(), values)
    async with database.writing() as store:
        tables = ("ar_events", "ar_counts", "ar_sessions")
        await store.execute("ANALYZE" if database.embedded else f"ANALYZE TABLE {', '.join(tables)}")


async def test_every_statement_about_views_is_answered_by_an_index(
    persistence: Persistence, database: Database
) -> None:
    await fill(database)
    reads, found = persistence.analytics_reads, dict[str, Any]()
    counting = FoldEvents(begin=persistence.begin_analytics, reads=reads)
    content = ContentId(UUID(int=2))
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "figures": lambda: reads.figures(COMPANY, content, MONTH),
        "top of a company": lambda: reads.top(COMPANY, None, Span(first=TODAY, last=TODAY), 10),
        "top of a project": lambda: reads.top(COMPANY, ProjectId(UUID(int=9)), MONTH, 10),
        "waiting": lambda: reads.waiting(COMPANY, 1000),
        "companies": lambda: reads.companies(10),
        "fold": lambda: counting(COMPANY),
        "prune": lambda: prune(persistence, NOW + 50 * AN_INSTANT, 10),
        "forget a content": lambda: forget(persistence, OTHER, content),
        "forget a company": lambda: forget(persistence, CompanyId(UUID(int=9))),
    }
    for name, call in calls.items():
        with watching(database) as seen:
            await call()
        for statement, parameters in seen:
            if isinstance(parameters, list) or statement.split()[0] not in ("SELECT", "UPDATE", "DELETE"):
                continue
            if steps := await slow(database, statement, parameters):
                found[name] = (statement[:200], steps)
    assert found == {}
