"""The law of operating the ledger, on each kind of persistence; and that looking at a long ledger is quick."""

from typing import Any

import pytest
import sqlalchemy as sa

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.job_board import SqlJobReads
from asperguide.adapters.sql.ledger import LedgerJob, SqlLedger
from asperguide.adapters.sql.store import to_row
from asperguide.shared.ledger import JobState
from asperguide.shared.pages import PageRequest
from asperguide.testing import MovableClock
from asperguide.testing.contracts import JobBoardContract, Persistence
from asperguide.testing.contracts.ledger import LEASE, job
from asperguide.testing.contracts.people import HOUR
from tests.contract.persistences import sql_persistence
from tests.contract.test_identity_costs import MANY, slow, watching


class TestJobBoards(JobBoardContract):
    """Each of them."""


@pytest.fixture
def long_ledger(database: Database, clock: MovableClock) -> Persistence:
    """Much history, little that is dead, waits or runs."""
    return sql_persistence(database, clock)


def row(clock: MovableClock, number: int, state: JobState, **values: Any) -> dict[str, Any]:
    made = clock.now() - (MANY - number) * HOUR
    return {
        **to_row(LedgerJob, job(clock, created_at=made, run_at=made)),
        "state": state,
        "finished_at": None,
        **values,
    }


async def fill(database: Database, clock: MovableClock) -> None:
    rows = [row(clock, n, JobState.DONE, finished_at=clock.now() - (MANY - n) * HOUR) for n in range(MANY)]
    rows += [row(clock, n, JobState.DEAD, finished_at=clock.now()) for n in range(0, MANY, 300)]
    rows += [row(clock, n, JobState.WAITING) for n in range(20)]
    async with database.transaction() as store:
        await store.execute(sa.insert(LedgerJob.__table__), rows)
    if not database.embedded:
        async with database.writing() as store:
            await store.execute(sa.text("ANALYZE TABLE ledger_jobs"))


async def test_a_long_history_is_not_read_to_show_a_page_of_it(database: Database, clock: MovableClock) -> None:
    await fill(database, clock)
    reads = SqlJobReads(database)
    page = await reads.list(PageRequest())
    with watching(database) as seen:
        await reads.list(PageRequest())
        await reads.list(PageRequest(cursor=page.next_cursor))
        await reads.list(PageRequest(sort="created_at"))
        assert len((await reads.list(PageRequest(filters={"state": "dead"}))).items) == 10
        assert len((await reads.list(PageRequest(filters={"state": "done"}))).items) == 20
        await reads.get(page.items[0].id)
        (queue,) = await reads.queues(clock.now())
    assert (queue.waiting, queue.due, queue.dead) == (20, 20, 10)
    assert len(seen) == 9
    for text, values in seen:
        plan = [step for step in await slow(database, text, values) if "COVERING" not in step and "pauses" not in step]
        assert plan == [], text


async def test_looking_for_a_pause_costs_a_claim_no_statement(database: Database, clock: MovableClock) -> None:
    ledger = SqlLedger(database, clock)
    await ledger.put([job(clock)])
    with watching(database) as seen:
        assert len(await ledger.claim("w", "default", 9, LEASE)) == 1
    assert [text for text, _ in seen if text.startswith("SELECT") and "ledger_pauses" not in text] == []
