"""Pages of an inbox of 100 000 letters on MariaDB: in either order, of every state, and however deep."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy.ext.asyncio import AsyncConnection

from asperguide.adapters.local.capsules import LocalPeople
from asperguide.adapters.sql import migrations
from asperguide.adapters.sql.capsule_reads import SqlCapsuleReads
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.identity import SqlIdentityReads
from asperguide.adapters.sql.measures import DatabaseMeasures
from asperguide.adapters.system import SystemClock
from asperguide.capsules import Capsule, ListCapsules, State
from asperguide.shared.actor import UserId
from asperguide.shared.pages import PageRequest
from benchmarks.figures import Check, Report
from benchmarks.jobs import opened
from benchmarks.ledger import database
from benchmarks.letters import acting, letter, multiply, people, seal
from benchmarks.rigs import Run
from benchmarks.servers import Backends

SEEDED, TIMES = 1000, 100
"""Letters that are sealed one by one, and how many there are of each in the end."""
LETTERS = SEEDED * TIMES
SENDERS = 20
NAME = "bench_letters"
STATEMENTS, MILLISECONDS = 3, 15.0
EVERY = 10
"""Pages of 100, one after the other, between two that are timed."""
SPAN = timedelta(days=700)
CANCELLED = (
    "UPDATE capsules c JOIN capsule_addressees a ON a.capsule = c.id SET c.cancelled_at = UTC_TIMESTAMP(6), "
    "c.standing = 'cancelled', a.standing = 'cancelled', a.stage = NULL, a.due_at = NULL "
    "WHERE c.opened_at IS NULL AND c.unlocks_at > UTC_TIMESTAMP(6) + INTERVAL 300 DAY"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A list from its first place to its end."""

    name: str
    sort: str
    state: State | None = None

    @property
    def filters(self) -> Mapping[str, str]:
        """What the list is asked for."""
        return {} if self.state is None else {"state": self.state}


ORDERS = tuple(
    Walk(name=f"all by {sort}", sort=sort) for sort in ("-sealed_at", "sealed_at", "-unlocks_at", "unlocks_at")
)
STATES = tuple(
    Walk(name=f"{state} by {sort}", sort=sort, state=state)
    for state in State
    if state is not State.DRAFT
    for sort in ("-sealed_at", "unlocks_at")
)


class Counted(DatabaseMeasures):
    """How long each statement took, as its connection sees it: sent, worked on and read to its end."""

    def __init__(self, found: Database) -> None:
        super().__init__(found.engine)
        self.seconds: list[float] = []

    def ran(self, seconds: float, connection: AsyncConnection, failure: Exception | None) -> None:
        """One more."""
        super().ran(seconds, connection, failure)
        self.seconds.append(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a page took: statements, milliseconds at the database, and milliseconds in all."""

    statements: int
    database: float
    whole: float


def letter_pages(run: Run) -> Report:
    """A page of 20, with the names of senders, at every thousandth place; of three times the least."""
    url, reader = asyncio.run(_filled(run.servers, run.seed))
    return Report("letter-pages", checks=asyncio.run(_measured(url, reader)))


async def _measured(url: str, reader: UserId) -> list[Check]:
    bare = opened(url)
    counted = Counted(bare)
    found = Database(bare.engine, counted)
    inbox = Inbox(found, counted, reader)
    await _walked(inbox, ORDERS[0])  # does not count: a server that was just filled tidies up for some seconds
    walked = {walk: await _walked(inbox, walk) for walk in (*ORDERS, *STATES)}
    await found.close()
    most = max(one.statements for taken, _ in walked.values() for one in taken)
    fewest = min(walked[walk][1] for walk in ORDERS)
    return [
        *(_judged(walk, taken, letters) for walk, (taken, letters) in walked.items()),
        Check(name="statements of a page, at most", value=most, at_most=STATEMENTS),
        Check(name="letters that are in every order", value=fewest, at_least=LETTERS, at_most=LETTERS),
    ]


class Inbox:
    """The letters of one reader, page by page, as they come out of the use case."""

    def __init__(self, found: Database, counted: Counted, reader: UserId) -> None:
        self.reads, self._counted, self.reader, self._clock = SqlCapsuleReads(found), counted, reader, SystemClock()
        self._list = ListCapsules(reads=self.reads, people=LocalPeople(SqlIdentityReads(found)), clock=self._clock)

    async def following(self, walk: Walk, cursor: str | None) -> tuple[int, str | None]:
        """How many letters the next page of 100 has, and where the one behind it begins."""
        wanted = PageRequest(cursor=cursor, limit=100, sort=walk.sort, filters=walk.filters)
        page = await self.reads.inbox(self.reader, wanted, self._clock.now())
        return len(page.items), page.next_cursor

    async def timed(self, walk: Walk, cursor: str | None) -> Taken:
        """A page of 20, with all that is shown of it."""
        self._counted.seconds.clear()
        began = time.perf_counter()
        wanted = PageRequest(cursor=cursor, limit=20, sort=walk.sort, filters=walk.filters)
        await self._list(acting(self.reader), "inbox", wanted)
        whole, seconds = time.perf_counter() - began, self._counted.seconds
        return Taken(statements=len(seconds), database=sum(seconds) * 1000, whole=whole * 1000)


async def _walked(inbox: Inbox, walk: Walk) -> tuple[Sequence[Taken], int]:
    """What each page took that was timed, and how many letters were passed."""
    taken, cursor, page, letters = list[Taken](), None, 0, 0
    while cursor is not None or not page:
        if page % EVERY == 0:
            tries = [await inbox.timed(walk, cursor) for _ in range(3)]
            taken.append(min(tries, key=lambda one: one.database))
        count, cursor = await inbox.following(walk, cursor)
        page, letters = page + 1, letters + count
    return taken, letters


def _judged(walk: Walk, taken: Sequence[Taken], letters: int) -> Check:
    each, whole = [one.database for one in taken], max(one.whole for one in taken)
    note = (
        f"at {len(taken)} places of {letters} letters, median {median(each):.1f}, first {each[0]:.1f}, "
        f"last {each[-1]:.1f} ms; {whole:.1f} ms with Python's part"
    )
    return Check(name=f"{walk.name}: slowest page", value=max(each), unit="ms", at_most=MILLISECONDS, note=note)


async def _filled(servers: Backends, seed: int) -> tuple[str, UserId]:
    """Where the letters are, and whose they are: from twenty senders, over two years, in every state."""
    url = database(servers, NAME)
    found, now = opened(url), SystemClock().now()
    await migrations.up(found)
    reader, *senders = await people(found, seed, 1 + SENDERS)
    await seal(found, [_nth(number, senders, reader, now) for number in range(SEEDED)])
    await found.close()
    multiply(servers, NAME, TIMES)
    servers.execute(NAME, CANCELLED, "ANALYZE TABLE capsules, capsule_addressees")
    return url, reader


def _nth(number: int, senders: Sequence[UserId], reader: UserId, now: datetime) -> Capsule:
    """Sealed one after the other, and due from a year ago to a year ahead in quite another order."""
    unlocks_at = now + (number * 7 % SEEDED - SEEDED / 2) / SEEDED * SPAN
    return letter(
        senders[number % SENDERS],
        [reader],
        sealed_at=now - 2 * SPAN + number / SEEDED * SPAN,
        unlocks_at=unlocks_at,
        opened=unlocks_at < now and number % 3 > 0,
    )
