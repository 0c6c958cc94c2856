"""The kill campaign of letters: servers die with -9 while people seal and open; then every promise is looked up.

Clients repeat what got no answer, sealing under the same idempotency key. What they seal stays sealed for a year, by
HTTP; what they open was sealed a day ago by the use case, so that it is ready. No worker runs: the messages to senders
stay in the ledger, to be counted.
"""

import asyncio
import os
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx

from asperguide.capsules import CapsuleId
from asperguide.capsules.events import CapsuleOpened
from asperguide.shared.actor import UserId
from benchmarks.chaos import Crew, Fleet, fleet, is_to_be_repeated
from benchmarks.figures import Check, Report
from benchmarks.ledger import durable
from benchmarks.letter_race import id_of
from benchmarks.letters import acting, at, body_of, instant, rows, seal_yesterday, text, told
from benchmarks.rigs import Run
from benchmarks.seeding import in_process
from benchmarks.service import DATABASE, Account, Service

CLIENTS = 20
READY = 60
"""Letters that each client has to open."""
PAUSES = (0.5, 1.5)
PATIENCE = 120.0
"""Seconds that a client goes on repeating: a claim of a key whose holder was killed is free after 30."""
AGAIN, THOUGHT = 0.3, 0.5
"""How often something is opened that was opened before, and the longest that a client waits between two requests."""
YEAR = timedelta(days=365)
LATER = timedelta(days=366)
SEALED = (
    "SELECT c.theme, LOWER(HEX(c.id)), LOWER(HEX(c.proof)), COUNT(DISTINCT a.id), COUNT(DISTINCT o.id) FROM capsules c "
    "LEFT JOIN capsule_addressees a ON a.capsule = c.id LEFT JOIN capsule_contents o ON o.id = c.id "
    "WHERE c.theme <> '' GROUP BY c.id, c.theme, c.proof"
)
OPENED = "SELECT LOWER(HEX(id)), LOWER(HEX(capsule)), LOWER(HEX(user)), opened_at FROM capsule_addressees"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """A letter that somebody was told is sealed."""

    id: UUID
    proof: str
    sender: UserId
    recipients: int


@dataclass(kw_only=True)
class Effects:
    """What clients did and were told. Letters that were sealed by theme, which nobody encrypts; opens by whose."""

    answers: Counter[str] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)
    sealed: dict[str, Acknowledged] = field(default_factory=dict)
    opened: dict[tuple[UUID, UserId], list[str]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    kills: int = 0


def letter_kills(run: Run) -> Report:
    """Twenty clients seal and open through two servers on MariaDB and Redis that are killed, `LETTER_KILLS` times."""
    effects, kills = Effects(), int(os.environ.get("LETTER_KILLS", "200"))
    durable(run.servers, DATABASE)
    with fleet(run, run.servers, Crew(workers=0), OAUTH_TOKEN_EXPIRE_MINUTES="60") as ours:
        people = {id_of(ours.service, one): one for one in in_process(ours.service, run.seed, CLIENTS)}
        ready = _ready(ours.service, list(people))
        asyncio.run(_live(run, ours, people, ready, effects, kills))
        found = {**_sealed(run, effects), **_opened(run, effects)}
        unreadable = asyncio.run(_unreadable(ours.service, effects))
    answers = ", ".join(f"{word}: {count}" for word, count in sorted(effects.answers.items()))
    opens = sum(len(times) for times in effects.opened.values())
    return Report(
        "letter-kills",
        checks=[
            Check(name="servers killed", value=effects.kills, at_least=kills),
            Check(name="requests", value=effects.answers.total(), note=answers),
            Check(name="seals acknowledged", value=len(effects.sealed), at_least=1, note=f"of {len(effects.asked)}"),
            Check(name="opens acknowledged", value=opens, at_least=1, note=f"of {len(effects.opened)} by one reader"),
            _none("answers that nobody should get", effects.wrong),
            *(_none(name, broken) for name, broken in found.items()),
            _none("sealed letters that say something else when their time comes", unreadable),
        ],
    )


def _none(name: str, broken: Sequence[str]) -> Check:
    return Check(name=name, value=len(broken), at_least=0, at_most=0, note="; ".join(broken[:3]))


def _ready(ours: Service, people: Sequence[UserId]) -> Mapping[UserId, list[UUID]]:
    """Letters to open: each for two people, from the one before them."""
    letters = [
        (people[number - 1], f"ready {number} {again}", (people[number], people[(number + 1) % CLIENTS]))
        for again in range(READY // 2)
        for number in range(CLIENTS)
    ]
    mine: dict[UserId, list[UUID]] = defaultdict(list)
    for id, (_, _, recipients) in zip(asyncio.run(seal_yesterday(ours, letters)), letters, strict=True):
        for recipient in recipients:
            mine[recipient].append(id)
    return mine


async def _live(
    run: Run,
    ours: Fleet,
    people: Mapping[UserId, Account],
    ready: Mapping[UserId, list[UUID]],
    effects: Effects,
    kills: int,
) -> None:
    random, over = Random(run.seed), asyncio.Event()
    limits = httpx.Limits(max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(timeout=15, limits=limits) as http:
        clients = [
            Client(http, ours.service, effects, Random(f"{run.seed} {number}"), id, one, ready[id])
            for number, (id, one) in enumerate(people.items())
        ]
        lives = asyncio.gather(*(client.live(over, list(people)) for client in clients))
        while effects.kills < kills:
            await _kill(ours, random)
            effects.kills += 1
        over.set()
        await lives
    for server, port in zip(ours.service.servers, ours.service.ports, strict=True):
        await asyncio.to_thread(server.answers, port, "/health/ready")


async def _kill(ours: Fleet, random: Random) -> None:
    """One of the servers, a moment after it was there."""
    place = random.randrange(len(ours.service.servers))
    await asyncio.to_thread(ours.service.servers[place].answers, ours.service.ports[place], "/health/live")
    await asyncio.sleep(random.uniform(*PAUSES))
    ours.kill(place)


class Client:
    """Somebody who seals letters to others and opens those that are for them, the same ones again, too."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        ours: Service,
        effects: Effects,
        random: Random,
        me: UserId,
        account: Account,
        ready: Sequence[UUID],
    ) -> None:
        self._http, self._ours, self._effects, self._random = http, ours, effects, random
        self._me, self._account, self._new, self._seen = me, account, list(ready), list[UUID]()

    async def live(self, over: asyncio.Event, people: Sequence[UserId]) -> None:
        """Until it is over."""
        made = 0
        while not over.is_set():
            if self._random.random() < 0.5:
                made += 1
                await self._seal(f"{self._account.username}-{made}", people)
            else:
                await self._open()
            await asyncio.sleep(self._random.uniform(0, THOUGHT))

    async def _seal(self, theme: str, people: Sequence[UserId]) -> None:
        opens = (datetime.now(UTC) + YEAR).replace(microsecond=0, tzinfo=None)
        to = self._random.sample(people, self._random.randint(1, 3))
        body = {
            "title": theme, "body": body_of(theme), "theme": theme,
            "recipients": [{"user": str(one)} for one in to], "unlock": {"wall": opens.isoformat(), "zone": "UTC"},
        }  # fmt: skip
        self._effects.asked.add(theme)
        answer = await self._ask("/capsules", 201, json=body, headers={"Idempotency-Key": theme})
        if answer is not None:
            sealed = answer.json()
            self._effects.sealed[theme] = Acknowledged(
                id=UUID(sealed["id"]), proof=sealed["proof"], sender=self._me, recipients=len(to)
            )

    async def _open(self) -> None:
        """One that is new, or, now and then and when there is none, one again."""
        again = self._seen and (not self._new or self._random.random() < AGAIN)
        letter = self._random.choice(self._seen) if again else self._new.pop()
        self._seen.append(letter)
        answer = await self._ask(f"/capsules/{letter}/open", 200)
        if answer is not None:
            self._effects.opened[letter, self._me].append(answer.json()["opened_at"])

    async def _ask(self, path: str, good: int, headers: Mapping[str, str] = {}, **body: Any) -> httpx.Response | None:
        """Repeat until there is an answer that counts; None, and noted as wrong, when there is none in time."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                url = self._ours.url(path, self._random.randrange(2))
                answer = await self._http.post(url, headers={**self._account.bearer, **headers}, **body)
            except httpx.TransportError as error:
                self._effects.answers[type(error).__name__] += 1
                await asyncio.sleep(0.1)
                continue
            self._effects.answers[str(answer.status_code)] += 1
            if answer.status_code == good:
                return answer
            if not is_to_be_repeated(answer):
                self._effects.wrong.append(f"{path}: {answer.status_code} {answer.text[:200]}")
                return None
            await asyncio.sleep(0.3)
        self._effects.wrong.append(f"{path}: no answer in {PATIENCE:g} s")
        return None


def _sealed(run: Run, effects: Effects) -> Mapping[str, Sequence[str]]:
    """What is not as it was acknowledged, of letters that were sealed."""
    found: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    for theme, id, proof, addressees, contents in rows(run.servers, SEALED):
        found[text(theme)].append((UUID(text(id)), text(proof), addressees, contents))
    kept = {theme: [(one.id, one.proof, one.recipients, 1)] for theme, one in effects.sealed.items()}
    return {
        "acknowledged seals lost": [theme for theme in kept if theme not in found],
        "letters sealed twice": [theme for theme, letters in found.items() if len(letters) > 1],
        "letters that nobody sealed": [theme for theme in found if theme not in effects.asked],
        "acknowledged seals that are kept otherwise": [
            theme for theme, letter in kept.items() if found.get(theme, letter) != letter
        ],
    }


def _opened(run: Run, effects: Effects) -> Mapping[str, Sequence[str]]:
    """What is not as it was acknowledged, of letters that were opened."""
    messages = told(run.servers, CapsuleOpened)
    kept = {
        (UUID(text(letter)), UserId(UUID(text(user)))): (UUID(text(id)), at)
        for id, letter, user, at in rows(run.servers, OPENED)
    }
    opened = {id for id, at in kept.values() if at is not None}
    acknowledged = effects.opened.items()
    return {
        "acknowledged opens lost": [str(key) for key, _ in acknowledged if kept[key][1] is None],
        "letters with another opened_at than somebody was told": [
            f"{key}: {times}" for key, times in acknowledged if {instant(time) for time in times} != {kept[key][1]}
        ],
        "opens of which the sender is not told": [str(id) for id in opened if not messages[id]],
        "opens of which the sender is told twice": [str(id) for id, count in messages.items() if count > 1],
        "messages of opens that are none": [str(id) for id in messages if id not in opened],
    }


async def _unreadable(ours: Service, effects: Effects) -> Sequence[str]:
    """Acknowledged letters that do not say what was written, read by their senders as soon as their time has come."""
    broken = []
    async with at(ours, datetime.now(UTC) + LATER) as container:
        for theme, letter in effects.sealed.items():
            view = await container.get_capsule()(acting(letter.sender), CapsuleId(letter.id))
            if view.content is None or (view.content.title, view.content.body) != (theme, body_of(theme)):
                broken.append(theme)
    return broken
