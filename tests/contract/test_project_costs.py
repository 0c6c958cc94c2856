"""What projects cost a database: how many statements each change and read sends, each of them answered by an index."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.project_rows import CountRow, ListedRow, NoticeRow, ProjectRow, ProjectTagRow
from asperguide.adapters.sql.store import to_row
from asperguide.projects.model import Project
from asperguide.projects.ports import ProjectsUnitOfWork
from asperguide.projects.rights import Access
from asperguide.projects.sweeping import ending
from asperguide.shared.actor import UserId
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyId, CompanyRole
from asperguide.testing import MovableClock
from asperguide.testing.contracts import Persistence
from asperguide.testing.contracts.people import DAY, NOW
from asperguide.testing.contracts.planning import company, listed, member, notice, project
from asperguide.testing.contracts.projects.lists import SORTS
from tests.contract.persistences import sql_persistence
from tests.contract.test_capsule_costs import cost
from tests.contract.test_identity_costs import MANY, slow, watching

NONE = {"tag": "a", "name": "b", "state": "draft", "lifecycle": "active", "template": "true"}


@pytest.fixture
def persistence(database: Database, clock: MovableClock) -> Persistence:
    """On a database only."""
    return sql_persistence(database, clock)


async def cost_of(
    persistence: Persistence, database: Database, work: Callable[[ProjectsUnitOfWork], Awaitable[Any]]
) -> tuple[Any, str]:
    """What a change gives, and its statements without those that begin and end the transaction."""
    answer, words = await cost(database, lambda: persistence.change_projects(work))
    return answer, " ".join(words.split()[1:-1])


async def test_reading_projects_costs_few_statements(persistence: Persistence, database: Database) -> None:
    mine, user = company(), member()
    kept = [project(mine, access=Access.RESTRICTED if n % 2 else Access.INHERIT) for n in range(30)]
    await persistence.keep_projects(*kept, *(listed(one, user) for one in kept))
    reads, ids = persistence.project_reads, [one.id for one in kept]
    for read in (reads.find(ids[0], user), reads.known(ids), reads.in_company(mine), reads.access(mine, ids[0])):
        assert (await cost(database, lambda read=read: read))[1] == "SELECT"  # type: ignore[misc]
    for page, told in (
        (PageRequest(limit=100), 1),
        (PageRequest(limit=100, count=True), 1),
        (PageRequest(filters=NONE), 0),
    ):
        words = ["SELECT"] * (1 + page.count)
        for who, more in ((None, 0), (user, told)):
            read = reads.projects(mine, who, page, NOW)
            assert (await cost(database, lambda read=read: read))[1].split() == words + ["SELECT"] * more  # type: ignore[misc]
    assert (await cost(database, lambda: reads.known([])))[1] == ""


async def test_changing_a_project_costs_few_statements(persistence: Persistence, database: Database) -> None:
    kept = project(company(), tags=("a", "b"))
    user = member()
    for work, expected in (
        (lambda uow: uow.counts.take(kept.company, 5), "UPDATE INSERT UPDATE"),
        (lambda uow: uow.counts.take(kept.company, 5), "UPDATE"),
        (lambda uow: uow.projects.add(kept), "INSERT INSERT"),
        (lambda uow: uow.projects.get(kept.company, kept.id), "SELECT"),
        (lambda uow: uow.projects.save(kept), "UPDATE DELETE INSERT"),
        (lambda uow: uow.notices.put(notice(kept)), "INSERT"),
        (lambda uow: uow.notices.put(notice(kept)), "INSERT"),
        (lambda uow: uow.lists.put(listed(kept, user)), "INSERT"),
        (lambda uow: uow.lists.all(kept.company, kept.id), "SELECT"),
        (lambda uow: uow.lists.remove(kept.company, kept.id, user), "DELETE"),
        (lambda uow: uow.notices.reached(kept.company, kept.id), "SELECT"),
        (lambda uow: uow.notices.rest(kept.company, kept.id), "UPDATE"),
        (lambda uow: uow.projects.remove(replace(kept, version=2)), "DELETE DELETE DELETE DELETE"),
        (lambda uow: uow.counts.give_back(kept.company), "UPDATE"),
        (lambda uow: uow.lists.forget(user, 9), "SELECT"),
    ):
        assert (await cost_of(persistence, database, work))[1] == expected  # type: ignore[arg-type]


async def test_a_batch_of_notices_costs_as_many_statements_as_a_single_one(
    persistence: Persistence, database: Database
) -> None:
    kept = [project(company(), ends_at=NOW + (9 + n % 3) * DAY) for n in range(60)]
    await persistence.keep_projects(*kept, *map(notice, kept))

    async def sweep(uow: ProjectsUnitOfWork) -> int:
        due = await uow.notices.due(NOW + 90 * DAY, 500)
        for one in due:
            uow.announce(ending(one))
        await uow.notices.advance(due)
        return len(due)

    for _ in range(3):
        assert await cost_of(persistence, database, sweep) == (60, "SELECT UPDATE INSERT")
    assert await cost_of(persistence, database, sweep) == (0, "SELECT")
    assert (await cost_of(persistence, database, lambda uow: uow.notices.next_after(NOW)))[1] == "SELECT"


# plans


async def fill(database: Database, mine: CompanyId, user: UserId) -> list[Project]:
    """Many projects of one company, and as many of others."""
    kept = [
        project(
            mine if n % 2 else company(), created_at=NOW - (MANY - n) * timedelta(minutes=1), tags=("even", "odd"),
            ends_at=NOW + n * timedelta(minutes=1) + DAY, access=Access.RESTRICTED if n % 7 == 0 else Access.INHERIT,
        )
        for n in range(2 * MANY)
    ]  # fmt: skip
    rows: dict[Any, list[dict[str, Any]]] = {
        ProjectRow: [to_row(ProjectRow, one) for one in kept],
        ProjectTagRow: [{"id": one.id, "tag": tag} for one in kept for tag in one.tags],
        ListedRow: [to_row(ListedRow, listed(one, user if n % 7 == 0 else member())) for n, one in enumerate(kept)],
        CountRow: [{"company": id, "projects": 1} for id in {one.company for one in kept}],
        NoticeRow: [to_row(NoticeRow, notice(one)) for one in kept],
    }
    async with database.transaction() as store:
        for row, values in rows.items():
            await store.execute(sa.insert(row.__table__), values)
    if not database.embedded:  # nobody ever analyses an embedded database
        for row in rows:
            async with database.writing() as store:
                await store.execute(sa.text(f"ANALYZE TABLE {row.__tablename__}"))
    return kept


async def test_every_hot_statement_of_projects_is_answered_by_an_index(
    persistence: Persistence, database: Database
) -> None:
    mine, user = company(), member()
    other, kept = (await fill(database, mine, user))[:2]
    reads = persistence.project_reads
    with watching(database) as seen:
        await reads.find(kept.id, user)
        await reads.known([kept.id])
        await reads.access(mine, kept.id)
        await reads.count(mine)
        await reads.closed_to(mine, user)
        await reads.some(mine, 5)
        await reads.in_company(other.company)
        async with persistence.begin_projects() as uow:
            due = await uow.notices.due(NOW + DAY, 100)
            await uow.notices.advance(due)
            await uow.notices.next_after(NOW)
            await uow.notices.put(notice(kept))
            await uow.notices.reached(mine, kept.id)
            await uow.notices.rest(mine, kept.id)
            assert await uow.counts.take(mine, 10**6)
            await uow.counts.give_back(mine)
            await uow.lists.all(mine, kept.id)
            await uow.lists.put(listed(kept, user, CompanyRole.VIEWER))
            await uow.lists.remove(mine, kept.id, user)
            await uow.lists.forget(user, 10)
            found = await uow.projects.get(mine, kept.id)
            assert found is not None
            await uow.projects.remove(await uow.projects.save(replace(found, name="Other")))
    explained = [(text, values) for text, values in seen if text.split()[0] in ("SELECT", "UPDATE", "DELETE")]
    assert len(explained) > 20
    found_slow = {text: plan for text, values in explained if (plan := await slow(database, text, values))}
    assert found_slow == {}


async def rows_read(database: Database, statement: tuple[str, Any]) -> int:
    """How many rows the server touches for it."""
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql("FLUSH STATUS")
        await connection.exec_driver_sql(*statement)
        status = (await connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Handler_read%%'")).all()
    return sum(int(value) for _, value in status)


@pytest.mark.parametrize("restricted", [False, True])
async def test_a_deep_page_of_projects_reads_no_more_rows_than_the_first(
    server_database: Database, clock: MovableClock, *, restricted: bool
) -> None:
    persistence = sql_persistence(server_database, clock)
    mine, user = company(), member()
    kept = await fill(server_database, mine, user)
    expected = sum(one.company == mine and not restricted for one in kept)
    for sort in SORTS:
        counts, items, cursor = list[int](), 0, None
        while True:
            wanted = PageRequest(sort=sort, limit=100, cursor=cursor)
            with watching(server_database) as seen:
                page = await persistence.project_reads.projects(mine, user if restricted else None, wanted, NOW)
            counts.append(await rows_read(server_database, seen[0]))
            items, cursor = items + len(page.items), page.next_cursor
            if cursor is None:
                break
        assert items == expected or restricted
        assert items > MANY / 2
        assert max(counts) < 1000, (sort, counts)
