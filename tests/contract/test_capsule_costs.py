"""What capsules cost a database: how many statements each change and read sends, each of them answered by an index."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from asperguide.adapters.sql.capsule_rows import (
    AddresseeRow,
    CapsuleRow,
    ContentRow,
    CountdownRow,
    DraftRow,
    RecipientRow,
    ReflectionRow,
    ReplyRow,
    standing,
    standing_for,
)
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.store import to_row
from asperguide.capsules.announcements import announcements
from asperguide.capsules.events import CapsuleReady
from asperguide.capsules.model import Capsule, State
from asperguide.capsules.ports import CapsulesUnitOfWork
from asperguide.capsules.repositories import Reflection
from asperguide.shared.actor import UserId
from asperguide.shared.pages import PageRequest
from asperguide.testing import MovableClock
from asperguide.testing.contracts import Persistence
from asperguide.testing.contracts.people import DAY, HOUR, NOW
from asperguide.testing.contracts.sealing import (
    bare,
    capsule,
    content,
    countdown,
    draft,
    opened,
    recipient,
    reply,
    somebody,
    unlocking,
)
from tests.contract.persistences import sql_persistence
from tests.contract.test_identity_costs import MANY, slow, verbs, watching

SORTS = ("sealed_at", "-sealed_at", "unlocks_at", "-unlocks_at")
STATES = tuple(state for state in State if state is not State.DRAFT)


@pytest.fixture
def persistence(database: Database, clock: MovableClock) -> Persistence:
    """On a database only."""
    return sql_persistence(database, clock)


async def cost(database: Database, call: Callable[[], Awaitable[Any]]) -> tuple[Any, str]:
    """What it gives, and the first words of its statements."""
    with watching(database) as seen:
        answer = await call()
    return answer, " ".join(verbs(seen)).replace("BEGIN IMMEDIATE", "BEGIN")


async def cost_of(
    persistence: Persistence, database: Database, work: Callable[[CapsulesUnitOfWork], Awaitable[Any]]
) -> tuple[Any, str]:
    """What a change gives, and its statements without those that begin and end the transaction."""
    answer, words = await cost(database, lambda: persistence.change_capsules(work))
    assert words.startswith("BEGIN") and words.endswith("COMMIT")
    return answer, " ".join(words.split()[1:-1])


async def test_reading_letters_costs_few_statements(persistence: Persistence, database: Database) -> None:
    reader, sender = somebody(), somebody()
    kept = [capsule(sender, reader, *(somebody() for _ in range(20))) for _ in range(5)]
    way = countdown(kept[0])
    await persistence.keep_capsules(*kept, *(content(one.id) for one in kept), way)
    reads, ids = persistence.capsule_reads, [one.id for one in kept]
    assert await cost(database, lambda: reads.capsule(ids[0])) == (kept[0], "SELECT SELECT")
    assert await cost(database, lambda: reads.capsules(ids)) == ({one.id: bare(one) for one in kept}, "SELECT")
    assert (await cost(database, lambda: reads.sealed(ids)))[1] == "SELECT"
    assert (await cost(database, lambda: reads.counted_down(way.digest)))[1] == "SELECT"
    for nothing in (reads.capsules([]), reads.sealed([]), reads.some_recipients([])):
        assert (await cost(database, lambda read=nothing: read))[1] == ""  # type: ignore[misc]
    for state in (None, *STATES):
        filters = {} if state is None else {"state": state.value}
        for page in (PageRequest(filters=filters), PageRequest(filters=filters, count=True)):
            expected = "SELECT SELECT" if page.count else "SELECT"
            assert (await cost(database, lambda page=page: reads.inbox(reader, page, NOW)))[1] == expected  # type: ignore[misc]
            assert (await cost(database, lambda page=page: reads.outbox(sender, page, NOW)))[1] == expected  # type: ignore[misc]


async def test_sealing_costs_two_inserts_and_opening_no_more_than_one_of_many_rows(
    persistence: Persistence, database: Database
) -> None:
    readers = [somebody() for _ in range(100)]
    whole = capsule(somebody(), *readers, unlocks_at=NOW + 9 * DAY)
    due = list(announcements(whole, NOW))
    assert (await cost_of(persistence, database, lambda uow: uow.capsules.add(whole, due)))[1] == "INSERT INSERT"

    async def change(how: Callable[[Capsule], Capsule]) -> str:
        async def work(uow: CapsulesUnitOfWork) -> None:
            found = await uow.capsules.get(whole.id)
            assert found is not None
            after = how(found)
            await uow.capsules.save(
                after, *(one for one, was in zip(after.addressees, found.addressees, strict=True) if one != was)
            )

        return (await cost_of(persistence, database, work))[1]

    assert await change(lambda found: replace(found, theme="other")) == "SELECT SELECT UPDATE"
    # When it opens is copied to each of its addressees, by one statement.
    assert await change(lambda found: replace(found, unlock=unlocking(NOW + 10 * DAY))) == "SELECT SELECT UPDATE UPDATE"
    assert await change(lambda found: found.opened(readers[7], NOW + 10 * DAY)) == "SELECT SELECT UPDATE UPDATE"
    assert await change(lambda found: replace(found, cancelled_at=NOW)) == "SELECT SELECT UPDATE UPDATE"
    removed = await cost_of(persistence, database, lambda uow: uow.capsules.remove(replace(whole, version=5)))
    assert removed[1] == "DELETE DELETE DELETE DELETE DELETE DELETE"


async def test_an_opening_changes_no_row_of_another_addressee(persistence: Persistence, database: Database) -> None:
    readers = [somebody() for _ in range(100)]
    whole = capsule(somebody(), *readers, unlocks_at=NOW)
    await persistence.keep_capsules(whole)
    async with persistence.begin_capsules() as uow:
        found = await uow.capsules.get(whole.id)
        assert found is not None
        after = found.opened(readers[7], NOW)
        with watching(database) as seen:
            await uow.capsules.save(after, after.addressees[7])
    assert [("capsule_addressees.id =" in text, "capsules.id =" in text) for text, _ in seen] == [
        (False, True), (True, False)
    ]  # fmt: skip


async def test_a_batch_of_announcements_costs_as_many_statements_as_a_single_one(
    persistence: Persistence, database: Database
) -> None:
    wholes = [capsule(somebody(), *(somebody() for _ in range(40)), unlocks_at=NOW + n * DAY) for n in range(6)]
    await persistence.keep_capsules(*wholes)

    async def sweep(uow: CapsulesUnitOfWork) -> int:
        due = await uow.announcements.due(NOW + 9 * DAY, 500)
        for one in due:
            uow.announce(CapsuleReady(capsule=one.capsule, addressee=one.addressee))
        await uow.announcements.advance(due)
        return len(due)

    assert await cost_of(persistence, database, sweep) == (240, "SELECT UPDATE UPDATE INSERT")
    assert await cost_of(persistence, database, sweep) == (80, "SELECT UPDATE INSERT")
    assert await cost_of(persistence, database, sweep) == (0, "SELECT")
    after = list(announcements(wholes[0], NOW))
    reset = await cost_of(persistence, database, lambda uow: uow.announcements.reset(wholes[0].id, after))
    assert reset[1] == "UPDATE UPDATE"
    assert (await cost_of(persistence, database, lambda uow: uow.announcements.next_after(NOW)))[1] == "SELECT"


async def test_keeping_what_is_in_a_letter_costs_one_statement(persistence: Persistence, database: Database) -> None:
    new, mine = draft(somebody()), recipient(somebody(), email="zoe@example.org")
    sealed = content(new.id)
    for work, expected in (
        (lambda uow: uow.drafts.add(new), "INSERT"),
        (lambda uow: uow.contents.put(sealed), "INSERT"),
        (lambda uow: uow.contents.put(sealed), "INSERT"),
        (lambda uow: uow.contents.rewrapped(sealed, replace(sealed, key_id="second")), "UPDATE"),
        (lambda uow: uow.contents.remove(new.id), "DELETE"),
        (lambda uow: uow.drafts.save(new), "UPDATE"),
        (lambda uow: uow.drafts.remove(replace(new, version=2)), "DELETE"),
        (lambda uow: uow.recipients.add(mine), "INSERT"),
        (lambda uow: uow.recipients.save(mine), "UPDATE"),
    ):
        assert (await cost_of(persistence, database, work))[1] == expected  # type: ignore[arg-type]


# plans


def letters(sender: UserId, reader: UserId) -> list[Capsule]:
    """Many in every state, sealed one after the other; half of them are from one and for another."""
    random = Random(5)
    made = []
    for n in range(2 * MANY):
        unlocks_at = NOW + (random.choice((-9, -5, 1, 2, 30, 60)) * DAY if n % 100 > 1 else 2 * DAY)
        by, to = (sender, reader) if n % 2 else (somebody(), somebody())
        one = capsule(by, to, unlocks_at=unlocks_at + n * timedelta(seconds=1), sealed_at=NOW - (9000 - n) * HOUR)
        if unlocks_at < NOW and n % 3:
            one = opened(one, NOW)
        made.append(replace(one, cancelled_at=NOW) if n % 50 == 3 else one)
    return made


async def fill(database: Database, sender: UserId, reader: UserId) -> list[Capsule]:
    """Many rows of everything."""
    kept = letters(sender, reader)
    rows: dict[Any, list[dict[str, Any]]] = {
        CapsuleRow: [{**to_row(CapsuleRow, one), "standing": standing(one)} for one in kept],
        AddresseeRow: [
            {
                **to_row(AddresseeRow, one.addressees[0]),
                "position": 0, "sealed_at": one.sealed_at, "unlocks_at": one.unlocks_at,
                "standing": standing_for(one, one.addressees[0]),
                **{name: getattr(next(announcements(one, NOW)), name) for name in ("stage", "due_at")},
            }
            for one in kept
        ],
        ContentRow: [
            to_row(ContentRow, content(one.id, "second" if n % 500 else "first")) for n, one in enumerate(kept)
        ],
        DraftRow: [to_row(DraftRow, draft(sender if n % 2 else somebody())) for n in range(MANY)],
        RecipientRow: [
            to_row(RecipientRow, recipient(sender if n % 2 else somebody(), f"{n}", email=f"a{n}@b.example"))
            for n in range(MANY)
        ],
        ReplyRow: [to_row(ReplyRow, reply(one)) for one in kept],
        ReflectionRow: [to_row(ReflectionRow, Reflection(id=one.id, text="", at=NOW)) for one in kept],
        CountdownRow: [to_row(CountdownRow, countdown(one)) for one in kept],
    }  # fmt: skip
    async with database.transaction() as store:
        for row, values in rows.items():
            await store.execute(sa.insert(row.__table__), values)
    if not database.embedded:  # nobody ever analyses an embedded database
        for row in rows:
            async with database.writing() as store:
                await store.execute(sa.text(f"ANALYZE TABLE {row.__tablename__}"))
    return kept


async def test_every_hot_statement_of_capsules_is_answered_by_an_index(
    persistence: Persistence, database: Database
) -> None:
    sender, reader = somebody(), somebody()
    kept = (await fill(database, sender, reader))[1]
    reads, mine = persistence.capsule_reads, recipient(sender)
    awaited, way, sealed = capsule(sender, "zoe@example.org"), countdown(kept), content(kept.id)
    await persistence.keep_capsules(awaited, mine, way)
    with watching(database) as seen:
        await reads.capsule(kept.id)
        await reads.capsules([kept.id, awaited.id])
        await reads.sealed([kept.id, awaited.id])
        await reads.addressee(kept.addressees[0].id)
        await reads.draft(kept.id)
        await reads.recipient(mine.id)
        await reads.some_recipients([mine.id])
        await reads.replies(kept.id)
        await reads.reflection(kept.id)
        await reads.countdowns(kept.id)
        await reads.counted_down(way.digest)
        for read in (reads.drafts, reads.recipients):
            page = await read(sender, PageRequest())
            await read(sender, PageRequest(cursor=page.next_cursor))
        await reads.recipients(sender, PageRequest(sort="name"))
        async with persistence.begin_capsules() as uow:
            due = await uow.announcements.due(NOW + DAY, 100)
            await uow.announcements.advance(due)
            await uow.announcements.next_after(NOW)
            await uow.announcements.reset(kept.id, list(announcements(kept, NOW)))
            await uow.capsules.awaiting("zoe@example.org", 10)
            await uow.capsules.addressed_to(reader, 10)
            await uow.capsules.sent_by(sender, kept.id, 10)
            await uow.capsules.addressee(kept.addressees[0].id)
            found = await uow.capsules.get(kept.id)
            assert found is not None
            saved = await uow.capsules.save(replace(found, cancelled_at=NOW), *found.addressees)
            await uow.contents.under_other_keys("second", 100)
            await uow.contents.rewrapped(sealed, sealed)
            await uow.recipients.save(mine)
            await uow.recipients.remove(replace(mine, version=2))
            await uow.countdowns.count(kept.id)
            await uow.countdowns.remove(way.id, kept.id)
            await uow.capsules.remove(saved)
    explained = [(text, values) for text, values in seen if text.split()[0] in ("SELECT", "UPDATE", "DELETE")]
    assert len(explained) > 40
    found_slow = {text: plan for text, values in explained if (plan := await slow(database, text, values))}
    assert found_slow == {}


async def wrong(database: Database, statement: str, parameters: Any) -> list[str]:
    """The steps that look for letters otherwise than in an index of their box, or sort more than a few.

    Of a few that are in a state it is cheaper to sort those than to look through all others.
    """
    explain = "EXPLAIN QUERY PLAN " if database.embedded else "EXPLAIN "
    async with database.engine.connect() as connection:
        plan = (await connection.exec_driver_sql(explain + statement, parameters)).mappings().all()
    if database.embedded:
        inner = [step["detail"] for step in plan if "sender=?" in step["detail"] or "user=?" in step["detail"]]
        return [detail for detail in inner if "COVERING INDEX ix_capsule" not in detail] or ([] if inner else ["none"])
    steps = [step for step in plan if step["table"] in ("capsules", "capsule_addressees") and step["type"] != "eq_ref"]
    return [
        f"{step}"
        for step in steps
        if "Using index" not in step["Extra"] or ("filesort" in step["Extra"] and int(step["rows"]) > MANY / 2)
    ] or ([] if steps else ["none"])


async def test_every_page_of_a_box_is_chosen_in_one_index(persistence: Persistence, database: Database) -> None:
    sender, reader = somebody(), somebody()
    await fill(database, sender, reader)
    reads = persistence.capsule_reads
    found: dict[Any, list[str]] = {}
    for name, box, of in (("inbox", reads.inbox, reader), ("outbox", reads.outbox, sender)):
        for sort in SORTS:
            for state in (None, *STATES):
                filters = {} if state is None else {"state": state.value}
                first = await box(of, PageRequest(sort=sort, filters=filters), NOW)
                assert len(first.items) == 20
                for cursor in {None, first.next_cursor}:
                    with watching(database) as seen:
                        await box(of, PageRequest(sort=sort, filters=filters, cursor=cursor), NOW)
                    (statement,) = seen
                    if steps := await wrong(database, *statement):
                        found[name, sort, state, cursor is None] = steps
    assert found == {}


async def test_a_deep_page_of_a_box_reads_no_more_rows_than_the_first(
    server_database: Database, clock: MovableClock
) -> None:
    persistence = sql_persistence(server_database, clock)
    sender, reader = somebody(), somebody()
    await fill(server_database, sender, reader)
    reads = persistence.capsule_reads

    async def rows_read(statement: tuple[str, Any]) -> int:
        async with server_database.engine.connect() as connection:
            await connection.exec_driver_sql("FLUSH STATUS")
            await connection.exec_driver_sql(*statement)
            status = (await connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Handler_read%%'")).all()
        return sum(int(value) for _, value in status)

    for box, of in ((reads.inbox, reader), (reads.outbox, sender)):
        for sort in SORTS:
            counts, seen_items, cursor = list[int](), 0, None
            while True:
                with watching(server_database) as seen:
                    page = await box(of, PageRequest(sort=sort, limit=100, cursor=cursor), NOW)
                counts.append(await rows_read(seen[0]))
                seen_items, cursor = seen_items + len(page.items), page.next_cursor
                if cursor is None:
                    break
            assert seen_items == MANY
            assert max(counts) < 1000, (sort, counts)
