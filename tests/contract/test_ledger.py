"""The law of the ledger, on each kind of persistence; then what it costs a database."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.grouping import Grouped
from asperguide.adapters.sql.ledger import SqlLedger
from asperguide.shared.errors import DatabaseUnavailable
from asperguide.testing import MovableClock
from asperguide.testing.contracts import LedgerContract
from asperguide.testing.contracts.ledger import LEASE, claim, job, rescue
from tests.contract.conftest import create_tables, on_server
from tests.contract.test_identity_costs import verbs, watching
from tests.servers import MariaDB


class TestLedgers(LedgerContract):
    """Each of them."""


async def test_an_empty_queue_costs_one_read_and_a_claim_one_transaction(
    database: Database, clock: MovableClock
) -> None:
    ledger = SqlLedger(database, clock)
    with watching(database) as seen:
        assert await claim(ledger) == []
    assert verbs(seen) == ["SELECT"]
    await ledger.put([job(clock) for _ in range(30)])
    with watching(database) as seen:
        assert len(await claim(ledger, limit=20)) == 20
    assert verbs(seen) == ["SELECT", "BEGIN", "SELECT", "UPDATE", "COMMIT"]


async def test_ends_that_come_together_are_one_transaction(database: Database, clock: MovableClock) -> None:
    ledger = SqlLedger(database, clock)
    await ledger.put([job(clock) for _ in range(25)])
    claimed = await claim(ledger)
    children = [[job(clock, kind="a.kind#one"), job(clock, kind="a.kind#two")] for _ in claimed]
    with watching(database) as seen:
        pairs = zip(claimed, children, strict=True)
        assert all(await asyncio.gather(*(ledger.finish(one, its) for one, its in pairs)))
    assert verbs(seen) == ["BEGIN", "SELECT", "UPDATE", "INSERT", "COMMIT"]
    assert len(await claim(ledger)) == 50


async def test_whoever_gives_up_waiting_for_the_end_disturbs_nobody(database: Database, clock: MovableClock) -> None:
    ledger = SqlLedger(database, clock)
    await ledger.put([job(clock) for _ in range(3)])
    impatient, *others = await claim(ledger)
    cancelled = asyncio.create_task(ledger.finish(impatient))
    ends = asyncio.gather(*(ledger.finish(one) for one in others))
    await asyncio.sleep(0)
    cancelled.cancel()
    assert await ends == [True, True]
    assert not await ledger.heartbeat(impatient, LEASE)


async def test_a_group_fails_together_when_nobody_answers_and_apart_when_one_item_is_at_fault() -> None:
    async def write(items: Sequence[int]) -> Sequence[int]:
        if -1 in items:
            raise ValueError
        if 0 in items:
            raise DatabaseUnavailable
        return [item * 10 for item in items]

    async def ask(*items: int) -> list[Any]:
        grouped = Grouped(write, asyncio.create_task)
        return await asyncio.gather(*map(grouped, items), return_exceptions=True)

    good, bad, best = await ask(1, -1, 3)
    assert (good, type(bad), best) == (10, ValueError, 30)
    assert [type(answer) for answer in await ask(1, 0)] == [DatabaseUnavailable] * 2


async def test_items_wait_while_a_group_is_written_and_are_the_next_one() -> None:
    groups: list[list[int]] = []
    go_on = asyncio.Event()

    async def write(items: Sequence[int]) -> Sequence[int]:
        groups.append(list(items))
        await go_on.wait()
        return items

    grouped = Grouped(write, asyncio.create_task)
    first = asyncio.create_task(grouped(1))
    while not groups:
        await asyncio.sleep(0)
    rest = [asyncio.create_task(grouped(n)) for n in range(2, 600)]
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(first, *rest) == list(range(1, 600))
    assert [len(group) for group in groups] == [1, 256, 256, 86]


async def test_mariadb_finds_rows_by_an_index_whatever_else_the_table_holds(
    server_database: Database, clock: MovableClock
) -> None:
    ledger = SqlLedger(server_database, clock)
    await _crowd(ledger, clock)
    async with server_database.engine.connect() as connection:
        await connection.exec_driver_sql("ANALYZE TABLE ledger_jobs")
    with watching(server_database) as seen:
        claimed = await claim(ledger, limit=20)
        await ledger.lapsed(LEASE)
        await asyncio.gather(*map(ledger.finish, claimed[:8]))
        await ledger.heartbeat(claimed[8], LEASE)
        await ledger.fail(claimed[9], "why", None)
        clock.advance(LEASE * 2)
        assert await rescue(ledger) > 0
        await ledger.prune(clock.now() - timedelta(days=1), 10)
    statements = [(text, values) for text, values in seen if text.split()[0] in ("SELECT", "UPDATE", "DELETE")]
    assert len(statements) > 12
    used: set[str] = set()
    for text, values in statements:
        async with server_database.engine.connect() as connection:
            plans = (await connection.exec_driver_sql("EXPLAIN " + text, values)).mappings().all()
        for plan in plans:
            assert plan["table"] is None or plan["key"] is not None, (text, dict(plan))
            assert "filesort" not in str(plan["Extra"]), (text, dict(plan))
        used.add(str(plans[0]["key"]))
    assert used == {"PRIMARY", "ix_ledger_jobs_claim", "ix_ledger_jobs_lease", "ix_ledger_jobs_history"}


async def _crowd(ledger: SqlLedger, clock: MovableClock) -> None:
    """Many rows that are done, many that are not due yet, and a few that are."""
    past, later = clock.now() - timedelta(days=9), clock.now() + timedelta(days=1)
    now = clock.now()
    clock.set(past)
    await ledger.put([job(clock) for _ in range(1500)])
    for _ in range(15):
        await asyncio.gather(*map(ledger.finish, await claim(ledger, limit=100)))
    clock.set(now)
    await ledger.put([job(clock, run_at=later + timedelta(seconds=n)) for n in range(1500)])
    await ledger.put([replace(job(clock), priority=n % 2, run_at=now - timedelta(seconds=n)) for n in range(30)])


async def test_rows_that_are_not_due_are_not_looked_at(
    mariadb: MariaDB, mariadb_database: str, clock: MovableClock
) -> None:
    database = on_server(mariadb, mariadb_database)
    await create_tables(database)
    ledger = SqlLedger(database, clock)
    later = clock.now() + timedelta(days=1)
    await ledger.put([job(clock, run_at=later) for _ in range(2000)] + [job(clock) for _ in range(3)])
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql("ANALYZE TABLE ledger_jobs")
    with watching(database) as seen:
        assert len(await claim(ledger, limit=100)) == 3
    ((text, values),) = [(text, values) for text, values in seen if "SKIP LOCKED" in text]
    async with database.engine.connect() as connection:
        explained = (await connection.exec_driver_sql("EXPLAIN FORMAT=JSON " + text, values)).scalar_one()
    await database.close()
    (table,) = [one["table"] for one in json.loads(explained)["query_block"]["nested_loop"]]
    assert (table["access_type"], table["key"]) == ("range", "ix_ledger_jobs_claim")
    assert table["used_key_parts"] == ["queue", "state", "priority", "run_at"]
