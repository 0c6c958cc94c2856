"""The reconciliations of the campaigns find what they are there to find: nothing passes because nobody looked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest
import sqlalchemy as sa

from asperguide.adapters.jobs.reactions import Reaction, by_kind
from asperguide.adapters.jobs.worker import Worker
from asperguide.adapters.memory.doorbell import MemoryDoorbell
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.identity import SqlIdentityUnitOfWork
from asperguide.adapters.sql.ledger import SqlLedger
from asperguide.adapters.sql.unit_of_work import SqlUnitOfWork
from asperguide.adapters.system import SystemClock, SystemIds
from asperguide.identity.model import User
from asperguide.identity.rotation import Session
from asperguide.shared.ledger import NewJob
from asperguide.testing import MovableClock
from asperguide.testing.contracts.ledger import rescue
from asperguide.testing.contracts.people import credential, person, session
from benchmarks import chaos
from benchmarks.jobs import Effect, Reconciled, effects, job, make_tables, opened, put, reactions, reconcile
from tests.servers import MariaDB

JOBS = 3
GOOD = Reconciled(jobs=JOBS, done=JOBS, again=0, lost=0, doubled=0, unasked=0)
IDS = SystemIds()


@pytest.fixture
def url(mariadb: MariaDB, mariadb_database: str) -> str:
    return f"mysql://{mariadb.user}:{quote(mariadb.password)}@{mariadb.host}:{mariadb.port}/{mariadb_database}"


class Ledger:
    """A ledger with three jobs on it, and workers of which each does what is due."""

    def __init__(self, url: str, database: Database) -> None:
        self.url, self.database, self.clock = url, database, MovableClock(SystemClock().now())
        self.rows: list[NewJob] = []
        self.reached = asyncio.Event()

    async def fill(self) -> None:
        await make_tables(self.url)
        self.rows = [job(Effect()) for _ in range(JOBS)]
        await put(self.url, self.rows)

    def worker(self, do: Callable[[Effect, UUID], Awaitable[None]] | None = None) -> Worker:
        table = reactions(self.database) if do is None else by_kind([Reaction(name="effect", message=Effect, do=do)])
        self.clock.advance(Worker.__init__.__kwdefaults__["lease"])
        return Worker(
            SqlLedger(self.database, self.clock), table, clock=self.clock, ids=IDS, doorbell=MemoryDoorbell(),
            queues={"default": JOBS},
        )  # fmt: skip

    async def killed_in(self, do: Callable[[Effect, UUID], Awaitable[None]]) -> None:
        """A worker that is killed when the first of its jobs says so; then one that does the rest well."""
        running = asyncio.create_task(self.worker(do).run())
        async with asyncio.timeout(30):
            await self.reached.wait()
        running.cancel()
        await asyncio.wait([running])
        later = self.worker()
        await rescue(SqlLedger(self.database, self.clock))
        await later.run_due()

    async def write(self, *statements: sa.Executable) -> None:
        async with self.database.transaction() as store:
            for statement in statements:
                await store.execute(statement)

    async def effect(self, row: UUID) -> None:
        await self.write(sa.insert(effects).values(job=row))


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[Ledger]:
    database = opened(url)
    found = Ledger(url, database)
    await found.fill()
    yield found
    await database.close()


async def test_of_good_workers_nothing_is_told(ledger: Ledger) -> None:
    await ledger.worker().run_due()
    found = await reconcile(ledger.url)
    assert found == GOOD
    assert found.exact


async def test_an_effect_outside_of_the_transaction_of_its_job_is_told_as_doubled(ledger: Ledger) -> None:
    async def effect_first(_: Effect, row: UUID) -> None:
        await ledger.effect(row)
        ledger.reached.set()
        await asyncio.Event().wait()

    await ledger.killed_in(effect_first)
    found = await reconcile(ledger.url)
    assert (found.lost, found.done) == (0, JOBS)
    assert 1 <= found.doubled <= found.again
    assert not found.exact


async def test_an_end_outside_of_the_transaction_of_its_effect_is_told_as_lost(ledger: Ledger) -> None:
    async def end_first(_: Effect, row: UUID) -> None:
        async with SqlUnitOfWork(ledger.database, clock=ledger.clock, ids=IDS) as uow:
            uow.complete(row)
            await uow.commit()
        ledger.reached.set()
        await asyncio.Event().wait()

    await ledger.killed_in(end_first)
    found = await reconcile(ledger.url)
    assert (found.doubled, found.done) == (0, JOBS)
    assert found.lost >= 1
    assert not found.exact


async def test_rows_that_somebody_changed_by_hand_are_told(ledger: Ledger) -> None:
    await ledger.worker().run_due()
    one, two, three = (row.id for row in ledger.rows)
    await ledger.effect(one)
    assert await reconcile(ledger.url) == replace(GOOD, doubled=1)
    await ledger.write(sa.delete(effects).where(effects.c.job == two))
    assert await reconcile(ledger.url) == replace(GOOD, doubled=1, lost=1)
    await ledger.write(sa.text(f"DELETE FROM ledger_jobs WHERE id = UNHEX('{three.hex}')"))
    found = await reconcile(ledger.url)
    assert found == replace(GOOD, jobs=JOBS - 1, done=JOBS - 1, doubled=1, lost=1, unasked=1)
    await ledger.write(sa.text(f"UPDATE ledger_jobs SET state = 'dead' WHERE id = UNHEX('{two.hex}')"))
    assert await reconcile(ledger.url) == replace(found, done=JOBS - 2)


class Told:
    """What clients of a chaos campaign were told, and a database and mails where all of it is true."""

    def __init__(self, ledger: Ledger, mariadb: MariaDB, schema: str, mails: Path) -> None:
        self.ledger, self.mariadb, self.schema, self.mails = ledger, mariadb, schema, mails
        self.effects = chaos.Effects()
        self.users: list[User] = []
        self.sessions: list[Session] = []

    async def fill(self) -> None:
        self.mails.mkdir()
        await self.ledger.worker().run_due()
        for name in ("anna", "berta", "carla"):
            user = person(name)
            opened = session(user.id)
            async with SqlIdentityUnitOfWork(self.ledger.database, clock=self.ledger.clock, ids=IDS) as uow:
                await uow.users.add(user, credential(user))
                await uow.sessions.add(opened)
                await uow.commit()
            self.users.append(user)
            self.sessions.append(opened)
            self.mail(user, f"<{name}@mail>")
            self.effects.registered.add(user.email)
            self.effects.alive.append(chaos.Family(id=opened.id.hex, access_token="", refresh_token=""))

    def mail(self, user: User, message_id: str) -> None:
        message = EmailMessage()
        message["To"], message["Message-ID"] = user.email, message_id
        (self.mails / f"{IDS.new()}.eml").write_bytes(bytes(message))

    def run(self, statement: str) -> None:
        self.mariadb.run(statement, self.schema)

    def broken(self) -> dict[str, int]:
        found = chaos.look(lambda statement: self.mariadb.run(statement, self.schema), self.mails)
        return {name: count for name, (count, _) in chaos.reconcile(self.effects, found).items() if count}


@pytest.fixture
async def told(ledger: Ledger, mariadb: MariaDB, mariadb_database: str, tmp_path: Path) -> Told:
    ready = Told(ledger, mariadb, mariadb_database, tmp_path / "mails")
    await ready.fill()
    return ready


async def test_of_promises_that_were_kept_nothing_is_told(told: Told) -> None:
    assert told.broken() == {}


async def test_a_lost_account_and_what_it_leaves_behind_are_told(told: Told) -> None:
    told.run("DELETE FROM users WHERE username = 'berta'")
    assert told.broken() == {"acknowledged registrations that are gone": 1, "orphaned rows": 2}


async def test_a_lost_credential_is_told(told: Told) -> None:
    told.run("DELETE FROM credentials LIMIT 1")
    assert told.broken() == {"orphaned rows": 1}


async def test_lost_and_doubled_mails_are_told(told: Told) -> None:
    told.mail(told.users[0], "<anna@mail>")
    assert told.broken() == {}, "the same mail again is what at least once means"
    told.mail(told.users[0], "<another@mail>")
    for file in told.mails.glob("*.eml"):
        if told.users[2].email in file.read_text():
            file.unlink()
    assert told.broken() == {"people whose one mail has two Message-IDs": 1, "people who got no mail": 1}


async def test_a_lost_refresh_a_doubled_one_and_a_lost_session_are_told(told: Told) -> None:
    ids = [f"UNHEX('{each.id.hex}')" for each in told.sessions]
    told.effects.alive[0].refreshed = 1
    told.run(f"UPDATE sessions SET counter = 1 WHERE id = {ids[1]}")
    told.run(f"DELETE FROM sessions WHERE id = {ids[2]}")
    assert told.broken() == {"refresh families with another counter, of 3": 3}


async def test_a_job_that_was_given_up_is_told(told: Told) -> None:
    told.run("UPDATE ledger_jobs SET state = 'dead', error = 'never' LIMIT 1")
    assert told.broken() == {"jobs given up": 1}
