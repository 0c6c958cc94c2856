"""One recipient opens a letter from several devices at once: it is opened once, and everybody is told the same."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import httpx

from asperguide.capsules.events import CapsuleOpened
from asperguide.shared.actor import UserId
from benchmarks.figures import Check, Report
from benchmarks.letters import body_of, instant, rows, seal_yesterday, text, told
from benchmarks.rigs import Run
from benchmarks.seeding import in_process
from benchmarks.servers import Backends
from benchmarks.service import Account, Service, service

LETTERS = 100
WIDTHS = (2, 20)
KEPT = "SELECT LOWER(HEX(id)), opened_at FROM capsule_addressees WHERE capsule = UNHEX(%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A letter, and what everybody was told who opened it."""

    letter: UUID
    title: str
    answers: Sequence[httpx.Response]

    @property
    def told(self) -> Sequence[tuple[object, ...]]:
        """When it was opened and what is in it, by each of the answers."""
        bodies = [answer.json() for answer in self.answers if answer.status_code == 200]
        return [(one["opened_at"], one["state"], one["content"]["title"], one["content"]["body"]) for one in bodies]

    @property
    def is_one(self) -> bool:
        """Whether all were told the same, and it is this letter."""
        (first, *others) = {*self.told} or {()}
        return not others and len(self.told) == len(self.answers) and first[1:] == self._as_written

    @property
    def _as_written(self) -> tuple[object, ...]:
        return "opened", self.title, body_of(self.title)


def letter_race(run: Run) -> Report:
    """A hundred letters opened by two at once and a hundred by twenty, over two processes on MariaDB."""
    with service(run.folder, run.seed, run.servers, processes=2, WORKER_EMBEDDED="false") as ours:
        sender, reader = in_process(ours, run.seed, 2)
        checks = [check for width in WIDTHS for check in _raced(run.servers, ours, sender, reader, width)]
    return Report("letter-race", checks=checks)


def _raced(servers: Backends, ours: Service, sender: Account, reader: Account, width: int) -> Sequence[Check]:
    titles = [f"letter {number} for {width}" for number in range(LETTERS)]
    whose, whom = (id_of(ours, one) for one in (sender, reader))
    ids = asyncio.run(seal_yesterday(ours, [(whose, title, [whom]) for title in titles]))
    races = asyncio.run(_race(ours, reader, dict(zip(ids, titles, strict=True)), width))
    statuses = Counter(answer.status_code for one in races for answer in one.answers)
    messages = told(servers, CapsuleOpened)
    kept = {one.letter: rows(servers, KEPT, one.letter.hex) for one in races}
    once = sum(all(messages[UUID(text(id))] == 1 for id, _ in kept[one.letter]) for one in races)
    same = sum(one.is_one and _is_kept(one, kept[one.letter]) for one in races)
    note = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    return [
        _exactly(f"answers to {width} at once that are 200", statuses[200], LETTERS * (width + 1), note),
        _exactly(f"letters opened by {width} at once that have one opened_at and one content", same, LETTERS),
        _exactly(f"letters opened by {width} at once of which the sender is told once", once, LETTERS),
    ]


async def _race(ours: Service, reader: Account, letters: dict[UUID, str], width: int) -> Sequence[Opened]:
    limits = httpx.Limits(max_connections=width, max_keepalive_connections=width)
    async with httpx.AsyncClient(timeout=60, limits=limits, headers=reader.bearer) as client:

        async def opened(letter: UUID, server: int) -> httpx.Response:
            return await client.post(ours.url(f"/capsules/{letter}/open", server))

        found = list[Opened]()
        for letter, title in letters.items():
            answers = await asyncio.gather(*(opened(letter, number) for number in range(width)))
            again = await opened(letter, len(found))
            found.append(Opened(letter=letter, title=title, answers=(*answers, again)))
        return found


def id_of(ours: Service, account: Account) -> UserId:
    """Who that is."""
    return UserId(UUID(ours.client.get(ours.url("/users/me"), headers=account.bearer).json()["id"]))


def _is_kept(one: Opened, kept: Sequence[Sequence[object]]) -> bool:
    """Whether the database has the time that everybody was told."""
    ((_, opened_at),) = kept
    return instant(str(one.told[0][0])) == opened_at


def _exactly(name: str, value: float, wanted: float, note: str = "") -> Check:
    return Check(name=name, value=value, at_least=wanted, at_most=wanted, note=note)
