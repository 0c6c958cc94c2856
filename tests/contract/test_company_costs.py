"""What companies cost a database: how many statements each change and read sends, however much there is."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any

import pytest
import sqlalchemy as sa

from asperguide.adapters.local.companies import LocalHoldings
from asperguide.adapters.sql.company_rows import (
    ClientRow,
    ClientWordRow,
    CompanyRow,
    CompanySettingsRow,
    HappeningRow,
    MemberRow,
)
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.store import to_row
from asperguide.companies import (
    AddClient,
    ChangeCompany,
    ChangeRole,
    CompanyChange,
    CreateCompany,
    DeleteCompany,
    ExportClients,
    GetCompany,
    InviteMember,
    ListActivity,
    ListClients,
    ListCompanies,
    ListMembers,
    NewClient,
    NewCompany,
    NewInvitation,
    NewRole,
)
from asperguide.companies.settings import CompanySettings
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyRole
from asperguide.testing import MovableClock
from asperguide.testing.contracts import Persistence
from asperguide.testing.contracts.incorporating import client, company, happened, member, owner, somebody
from asperguide.testing.contracts.people import NOW
from tests.contract.persistences import sql_persistence
from tests.contract.test_company_races import Whoever, acting, parts
from tests.contract.test_identity_costs import slow, verbs, watching

MANY = 10_000
PAGE_SECONDS = 0.02
FOUND_AT_ONCE: tuple[list[str], ...] = ([], ["SCAN chosen"])
"""The ids of one page, which were chosen before, are looked through."""


@pytest.fixture
def persistence(database: Database, clock: MovableClock) -> Persistence:
    """On a database only."""
    return sql_persistence(database, clock)


async def cost(database: Database, call: Callable[[], Awaitable[Any]]) -> str:
    """The first words of its statements."""
    with watching(database) as seen:
        await call()
    return " ".join(verbs(seen)).replace("BEGIN IMMEDIATE", "BEGIN")


async def test_what_others_ask_costs_one_statement(persistence: Persistence, database: Database) -> None:
    homes, user = [company() for _ in range(20)], somebody()
    await persistence.keep_companies(*homes, *(owner(one, user) for one in homes))
    reads, id = persistence.company_reads, homes[0].id
    assert await cost(database, lambda: reads.standing(user, id)) == "SELECT"
    assert await cost(database, lambda: reads.known([one.id for one in homes])) == "SELECT"
    assert await cost(database, lambda: reads.members_in(id, tuple(CompanyRole))) == "SELECT"
    assert await cost(database, lambda: reads.client(id, client(homes[0]).id)) == "SELECT"
    for nothing in (reads.known(()), reads.companies(()), reads.members_in(id, ())):
        assert await cost(database, lambda read=nothing: read) == ""  # type: ignore[misc]


async def test_changes_cost_four_statements_and_their_inserts_at_most(
    persistence: Persistence, database: Database
) -> None:
    home, boss, other = company(), somebody(), somebody()
    await persistence.keep_companies(home, owner(home, boss), member(home, other))
    actor, made, accounts = acting(boss), parts(persistence), Whoever()

    async def inside(call: Callable[[], Awaitable[Any]]) -> str:
        words = await cost(database, call)
        assert words.startswith("BEGIN") and words.endswith("COMMIT"), words
        return " ".join(words.split()[1:-1])

    create = CreateCompany(**made)
    assert await inside(lambda: create(actor, NewCompany(name="New"))) == "SELECT INSERT INSERT INSERT INSERT"
    change = ChangeCompany(**made)
    assert await inside(lambda: change(actor, home.id, CompanyChange(notes="n"))) == "SELECT SELECT UPDATE INSERT"
    renaming = CompanyChange(name="Renamed")
    assert await inside(lambda: change(actor, home.id, renaming)) == "SELECT SELECT UPDATE UPDATE INSERT"
    add = AddClient(**made)
    assert await inside(lambda: add(actor, home.id, NewClient(name="Ann"))) == "SELECT SELECT INSERT INSERT INSERT"
    role = ChangeRole(**made, accounts=accounts)
    given = await inside(lambda: role(actor, home.id, other, NewRole(role=CompanyRole.EDITOR)))
    assert given == "SELECT SELECT SELECT SELECT UPDATE INSERT"
    invite = InviteMember(**made, accounts=accounts)
    invited = await inside(lambda: invite(actor, home.id, NewInvitation(email="new@example.org")))
    assert invited == "SELECT SELECT SELECT SELECT INSERT INSERT INSERT"
    delete = DeleteCompany(
        begin=persistence.begin_companies, reads=persistence.company_reads, holdings=LocalHoldings(),
        clock=persistence.clock,
    )  # fmt: skip
    assert "INSERT" in await cost(database, lambda: delete(actor, home.id, cascade=True))


async def _seconds(call: Awaitable[Any]) -> float:
    began = perf_counter()
    await call
    return perf_counter() - began


async def covered(database: Database, statement: str, parameters: Any) -> bool:
    """Whether rows are chosen out of an index that has all of it."""
    explain, words = ("EXPLAIN QUERY PLAN", "COVERING INDEX") if database.embedded else ("EXPLAIN", "Using index")
    async with database.engine.connect() as connection:
        plan = (await connection.exec_driver_sql(f"{explain} {statement}", parameters)).all()
    return any(words in str(step[-1]) and "condition" not in str(step[-1]) for step in plan)


async def test_pages_cost_the_same_among_ten_thousand(persistence: Persistence, database: Database) -> None:
    user, home = somebody(), company("0000")
    homes = [home, *(company(f"Company {n:05}") for n in range(MANY - 1))]
    mine = [owner(one, user, since=NOW + timedelta(seconds=n % 500)) for n, one in enumerate(homes)]
    others = [member(home, role=CompanyRole.EDITOR) for _ in range(2000)]
    clients = [client(home, f"Client {n}", phone=f"+3531{n:08}") for n in range(MANY)]
    clients += [client(homes[1], f"Client {n}", phone=f"+3531{n:08}") for n in range(MANY)]
    rows = {
        CompanyRow: [to_row(CompanyRow, one) for one in homes],
        CompanySettingsRow: [to_row(CompanySettingsRow, CompanySettings(id=one.id)) for one in homes],
        MemberRow: [
            {**to_row(MemberRow, one), "name_key": of.name_key}
            for one, of in [*zip(mine, homes, strict=True), *((one, home) for one in others)]
        ],
        ClientRow: [to_row(ClientRow, one) for one in clients],
        ClientWordRow: [{"id": one.id, "word": word, "company": one.company} for one in clients for word in one.words],
        HappeningRow: [to_row(HappeningRow, happened(home, at=NOW + timedelta(seconds=n))) for n in range(MANY)],
    }
    async with database.transaction() as store:
        for row, values in rows.items():
            for start in range(0, len(values), 1000):
                await store.execute(sa.insert(row.__table__), values[start : start + 1000])
    reads, actor, accounts, id = persistence.company_reads, acting(user), Whoever(), home.id
    if database.engine.dialect.name == "mysql":
        async with database.transaction() as store:
            await store.execute(sa.text(f"ANALYZE TABLE {', '.join(row.__tablename__ for row in rows)}"))
    calls: dict[str, tuple[str, Callable[[PageRequest], Awaitable[Any]]]] = {
        "-since": ("SELECT SELECT", lambda page: ListCompanies(reads=reads)(actor, page)),
        "name": ("SELECT SELECT", lambda page: ListCompanies(reads=reads)(actor, page)),
        "since": ("SELECT SELECT", lambda page: ListMembers(reads=reads, accounts=accounts)(actor, id, page)),
        "-name": ("SELECT SELECT", lambda page: ListClients(reads=reads)(actor, id, page)),
        "-at": ("SELECT SELECT", lambda page: ListActivity(reads=reads, accounts=accounts)(actor, id, page)),
    }
    for sort, (expected, call) in calls.items():
        first = await call(PageRequest(sort=sort))
        for cursor in (None, first.next_cursor):
            page = PageRequest(sort=sort, cursor=cursor)
            with watching(database) as seen:
                found = await call(page)
            assert (" ".join(verbs(seen)), len(found.items)) == (expected, 20), sort
            for statement, parameters in seen:
                assert await slow(database, statement, parameters) in FOUND_AT_ONCE, sort
    for sort in ("-since", "since", "name", "-name"):
        with watching(database) as seen:
            page = PageRequest(sort=sort, filters={"role": "manager"})
            assert (await ListCompanies(reads=reads)(actor, page)).items == ()
        assert [await covered(database, *one) for one in seen] == [True], sort
    for text, many in (("client 99", 20), ("client", 20), ("9999 client", 1), ("+3531 00009", 20), ("nobody", 0)):
        searching = PageRequest(filters={"search": text})
        with watching(database) as seen:
            assert len((await ListClients(reads=reads)(actor, id, searching)).items) == many
        assert " ".join(verbs(seen)) == "SELECT SELECT"
        took = [await _seconds(ListClients(reads=reads)(actor, id, searching)) for _ in range(9)]
        assert median(took) < PAGE_SECONDS, text
        for one in seen:  # what was chosen may be sorted; nobody else's is looked at
            assert all("subquery" in step or "chosen" in step for step in await slow(database, *one)), text
    assert await cost(database, lambda: GetCompany(reads=reads)(actor, id)) == "SELECT"
    export = await ExportClients(**parts(persistence), reads=reads)(actor, id)
    assert sum([some.count(b"\r\n") async for some in export.rows]) == MANY + 1
