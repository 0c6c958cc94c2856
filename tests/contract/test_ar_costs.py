"""What prints cost a database: how many statements each change and read sends, each of them answered by an index."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import Any

import pytest
import sqlalchemy as sa

from asperguide.adapters.sql.ar_rows import ArContentRow, ArVideoRow, found_by
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.store import to_row
from asperguide.ar.model import Content, ContentState, Customer, Marker
from asperguide.ar.ports import ArUnitOfWork
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import ClientId, CompanyId, ProjectId
from asperguide.testing import MovableClock
from asperguide.testing.contracts import Persistence
from asperguide.testing.contracts.people import DAY, HOUR, IDS, NOW
from asperguide.testing.contracts.printing import company, content, file, full, project, video
from tests.contract.persistences import sql_persistence
from tests.contract.test_capsule_costs import cost
from tests.contract.test_identity_costs import slow, watching

MANY = 5000
PAGE_SECONDS = 0.02
SORTS = ("created_at", "title", "number", "ends_at")
CLIENT = ClientId(IDS.new())
FILTERS: tuple[dict[str, str], ...] = (
    {}, {"state": "published"}, {"client": str(CLIENT)}, {"title": "print 49"}, {"number": "ORD-20310517-0049"},
    {"grade": "poor"}, {"customer": "nobody"}, {"ends_before": (NOW + DAY).isoformat()},
    {"state": "published", "grade": "good", "title": "print 4"}, {"client": str(file())},
)  # fmt: skip


@pytest.fixture
def persistence(database: Database, clock: MovableClock) -> Persistence:
    """On a database only."""
    return sql_persistence(database, clock)


async def cost_of(
    persistence: Persistence, database: Database, work: Callable[[ArUnitOfWork], Awaitable[Any]]
) -> tuple[Any, str]:
    """What a change gives, and its statements without those that begin and end the transaction."""
    answer, words = await cost(database, lambda: persistence.change_ar(work))
    assert words.startswith("BEGIN") and words.endswith("COMMIT")
    return answer, " ".join(words.split()[1:-1])


async def test_reading_prints_costs_few_statements(persistence: Persistence, database: Database) -> None:
    mine, within = company(), project()
    made = [full(mine, within), *(content(mine, within, videos=(video(0), video(1))) for _ in range(30))]
    await persistence.keep_contents(*made)
    one, reads = made[0], persistence.ar_reads
    assert await cost(database, lambda: reads.content(mine, one.id)) == (one, "SELECT SELECT")
    assert await cost(database, lambda: reads.public(one.public_id)) == (one, "SELECT SELECT")
    assert (await cost(database, lambda: reads.whereabouts(one.id)))[1] == "SELECT"
    assert (await cost(database, lambda: reads.content(company(), one.id)))[1] == "SELECT"
    for limit in (1, 2, 31, 100):
        page = PageRequest(limit=limit)
        assert (await cost(database, lambda page=page: reads.contents(mine, within, page)))[1] == "SELECT SELECT"  # type: ignore[misc]
    counted = PageRequest(count=True)
    assert (await cost(database, lambda: reads.contents(mine, within, counted)))[1] == "SELECT SELECT SELECT"
    for read in (reads.counts(mine, [within, project()]), reads.fingerprints(mine, 9), reads.copied(mine, within)):
        assert (await cost(database, lambda read=read: read))[1] == "SELECT"  # type: ignore[misc]
    for nothing in (reads.counts(mine, ()), reads.contents(mine, project(), PageRequest())):
        assert (await cost(database, lambda read=nothing: read))[1] in ("", "SELECT")  # type: ignore[misc]


async def test_changing_a_print_costs_no_more_than_what_changes(persistence: Persistence, database: Database) -> None:
    one = content(company(), project(), videos=tuple(video(n) for n in range(50)))
    assert (await cost_of(persistence, database, lambda uow: uow.contents.add(one)))[1] == "INSERT INSERT"

    async def change(how: Callable[[Content], Content]) -> str:
        async def work(uow: ArUnitOfWork) -> None:
            found = await uow.contents.get(one.company, one.id)
            assert found is not None
            await uow.contents.save(how(found))

        return (await cost_of(persistence, database, work))[1]

    assert await change(lambda found: replace(found, title="b")) == "SELECT SELECT UPDATE"
    assert await change(lambda found: replace(found, videos=found.videos[1:])) == "SELECT SELECT UPDATE DELETE INSERT"
    assert await change(lambda found: replace(found, videos=())) == "SELECT SELECT UPDATE DELETE"
    files = [file() for _ in range(30)]
    named = await cost_of(persistence, database, lambda uow: uow.contents.named(one.company, files))
    assert named[1] == "SELECT SELECT SELECT"  # photos, videos, scenes
    assert (await cost_of(persistence, database, lambda uow: uow.contents.showing(files[0])))[1] == "SELECT"
    removed = await cost_of(persistence, database, lambda uow: uow.contents.remove(replace(one, version=4)))
    assert removed[1] == " ".join(["DELETE"] * 6)  # videos, turns, sessions, scene and its files


async def test_a_number_costs_two_statements_and_a_turn_at_most_five(
    persistence: Persistence, database: Database
) -> None:
    mine, one = company(), content(company(), project())
    costs = [await cost_of(persistence, database, lambda uow: uow.numbers.next(mine, NOW.date())) for _ in range(2)]
    assert costs == [(1, "UPDATE INSERT UPDATE SELECT"), (2, "UPDATE SELECT")]
    for session, expected in (
        ("a", (0, "SELECT SELECT INSERT SELECT SELECT UPDATE INSERT")), ("a", (0, "SELECT")),
        ("b", (1, "SELECT SELECT SELECT UPDATE INSERT")),
    ):  # fmt: skip
        found = await cost_of(persistence, database, lambda uow, s=session: uow.turns.take(one.id, s, NOW))  # type: ignore[misc]
        assert found == expected, session


def prints(mine: CompanyId, within: ProjectId) -> list[Content]:
    """Many of each kind."""
    return [
        content(
            mine, within, f"Print {n:04}", number=f"ORD-20310517-{n:06}", created_at=NOW - n // 3 * HOUR,
            state=list(ContentState)[n % 5], ends_at=NOW + (n % 900) * DAY,
            customer=Customer(client=CLIENT if n % 1000 == 7 else None, name=f"Somebody {n}"),
            marker=Marker(
                photo=file(), report={"grade": "poor" if n % 500 == 3 else "good"}, fingerprint=n,
            ),
            videos=(video(0),),
        )
        for n in range(MANY)
    ]  # fmt: skip


async def fill(database: Database, mine: CompanyId, within: ProjectId) -> list[Content]:
    """A project of five thousand prints beside others."""
    kept = prints(mine, within)
    others = [content(mine if n % 2 else company(), project(), videos=(video(0),)) for n in range(3000)]
    rows: dict[Any, list[dict[str, Any]]] = {
        ArContentRow: [{**to_row(ArContentRow, one), **found_by(one)} for one in (*kept, *others)],
        ArVideoRow: [
            {**to_row(ArVideoRow, film), "content": one.id, "company": one.company}
            for one in (*kept, *others)
            for film in one.videos
        ],
    }
    async with database.transaction() as store:
        for row, values in rows.items():
            for at in range(0, len(values), 1000):
                await store.execute(sa.insert(row.__table__), values[at : at + 1000])
    if not database.embedded:  # nobody ever analyses an embedded database
        for row in rows:
            async with database.writing() as store:
                await store.execute(sa.text(f"ANALYZE TABLE {row.__tablename__}"))
    return kept


async def test_any_page_of_five_thousand_prints_comes_out_of_an_index_at_once(
    persistence: Persistence, database: Database
) -> None:
    mine, within = company(), project()
    kept = await fill(database, mine, within)
    reads, took = persistence.ar_reads, dict[str, list[float]]()
    with watching(database) as seen:
        for sort in (*SORTS, *(f"-{sort}" for sort in SORTS)):
            for filters in FILTERS:
                cursor = None
                for _ in range(2):
                    began = perf_counter()
                    page = await reads.contents(
                        mine, within, PageRequest(sort=sort, filters=filters, cursor=cursor, limit=20)
                    )
                    took.setdefault(f"{sort} {filters}", []).append(perf_counter() - began)
                    if (cursor := page.next_cursor) is None:
                        break
        await reads.contents(mine, within, PageRequest(sort="-created_at", limit=100, count=True))
        await reads.whereabouts(kept[0].id)
        await reads.public(kept[0].public_id)
        await reads.counts(mine, [within])
        await reads.fingerprints(mine, 20_000)
        await reads.copied(mine, within)
        async with persistence.begin_ar() as uow:
            await uow.contents.showing(kept[0].marker.photo)
            await uow.contents.named(mine, [kept[0].marker.photo, file()])
            await uow.contents.in_project(mine, within, 100)
            await uow.contents.get(mine, kept[0].id)
            await uow.turns.forget_before(NOW, 10)
    plans = {}
    for statement, parameters in dict(seen).items():
        if statement.startswith("SELECT"):
            plans[statement] = await slow(database, statement, parameters)
    # The ids of one page, which were chosen before, are looked through.
    assert {statement: plan for statement, plan in plans.items() if plan not in ([], ["SCAN chosen"])} == {}
    assert median(max(times) for times in took.values()) < PAGE_SECONDS
    found = await reads.contents(mine, within, PageRequest(sort="number", filters={"title": "print 49"}, limit=100))
    assert [one.title for one in found.items] == [f"Print {n}" for n in range(4900, 5000)]
