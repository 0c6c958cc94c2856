"""The kill campaign: processes die with -9 and Redis comes and goes under load; then every promise is looked up.

Clients behave as good clients do: they repeat what got no answer, registrations under the same idempotency key, and
write down what was acknowledged. When all is quiet again, that ledger of effects is reconciled with the database, the
mails and the service's answers.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from pathlib import Path
from random import Random
from uuid import UUID

import httpx

from benchmarks.figures import Check, Report
from benchmarks.ledger import LIVE
from benchmarks.processes import CLIENT_CORE, Pinned, free_port
from benchmarks.rigs import Run
from benchmarks.servers import Backends, redis_on
from benchmarks.service import DATABASE, Service, asperguide, person, serve, service

CLIENTS = 8
WORKERS = 2
PAUSES = (0.5, 2.0)
REDIS_CHANCE = 0.15
REDIS_AWAY = (0.5, 3.0)
PATIENCE = 90.0
"""Seconds that a client goes on repeating: a claim of a key whose holder was killed is free after 30."""

QUIET_SECONDS = 90.0

ORPHANS = (
    "SELECT COUNT(*) FROM credentials c WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = c.id)",
    "SELECT COUNT(*) FROM users u WHERE NOT EXISTS (SELECT 1 FROM credentials c WHERE c.id = u.id)",
    "SELECT COUNT(*) FROM sessions s WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = s.user)",
    "SELECT COUNT(*) FROM one_time_codes c WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = c.user)",
)


@dataclass(kw_only=True)
class Family:
    """A session, its latest acknowledged tokens, and how often its refresh was acknowledged."""

    id: str
    access_token: str
    refresh_token: str
    refreshed: int = 0


@dataclass(kw_only=True)
class Effects:
    """What clients were told."""

    answers: Counter[str] = field(default_factory=Counter)
    registered: set[str] = field(default_factory=set)
    ended: list[Family] = field(default_factory=list)
    alive: list[Family] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)


def chaos(run: Run) -> Report:
    """Two servers and two workers on MariaDB and Redis, killed at random for `--seconds`."""
    effects, random = Effects(), Random(run.seed)
    with killable_redis(run.servers, run.folder) as rig, fleet(run, rig.servers) as ours:
        asyncio.run(_live(run, ours, rig, effects, random))
        recovered = wait_until_quiet(run.servers)
        found = _reconcile(run, ours.service, effects)
    answers = ", ".join(f"{word}: {count}" for word, count in sorted(effects.answers.items()))
    kills = ", ".join(f"{name}: {count}" for name, count in sorted(effects.kills.items()))
    return Report(
        "chaos",
        checks=[
            Check(name="kills", value=effects.kills.total(), at_least=1, note=kills),
            Check(name="requests", value=effects.answers.total(), at_least=1, note=answers),
            Check(name="registrations acknowledged", value=len(effects.registered), at_least=1),
            Check(name="from the last kill until no job is left", value=recovered, unit="s"),
            _none("answers that nobody should get", len(effects.wrong), "; ".join(effects.wrong[:3])),
            *(_none(name, count, note) for name, (count, note) in found.items()),
        ],
    )


def _none(name: str, value: float, note: str = "") -> Check:
    return Check(name=name, value=value, at_least=0, at_most=0, note=note)


@dataclass
class RedisRig:
    """A Redis that can be taken away."""

    servers: Backends
    folder: Path
    process: Pinned

    def kill(self) -> None:
        """Take it away."""
        self.process.process.kill()
        self.process.process.wait()

    def start(self) -> None:
        """Bring it back, empty."""
        self.process = redis_on(self.servers.redis_port, self.folder)


@contextmanager
def killable_redis(servers: Backends, folder: Path) -> Iterator[RedisRig]:
    """One of our own beside the one that every scenario has."""
    port = free_port()
    rig = RedisRig(replace(servers, redis_port=port), folder, redis_on(port, folder))
    try:
        yield rig
    finally:
        rig.process.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """How many processes there are, and the cores that workers take in turns."""

    servers: int = 2
    workers: int = WORKERS
    cores: Sequence[int] = (CLIENT_CORE,)


@dataclass
class Fleet:
    """The processes that may die: servers and workers, by their place."""

    folder: Path
    service: Service
    workers: list[Pinned]
    cores: Sequence[int]

    def kill(self, place: int) -> str:
        """Kill one with -9 and start another in its place; what it was."""
        servers = self.service.servers
        if place < len(servers):
            _kill(servers[place])
            servers[place] = serve(self.folder, self.service.settings, self.service.ports[place])
            return "server"
        worker = place - len(servers)
        _kill(self.workers[worker])
        self.workers[worker] = self.start_worker(worker)
        return "worker"

    def start_worker(self, number: int) -> Pinned:
        """`asperguide worker`, on the next of the cores."""
        core = self.cores[number % len(self.cores)]
        return Pinned.start(f"worker-{number}", asperguide("worker"), self.folder, self.service.settings, core)


def _kill(process: Pinned) -> None:
    process.process.kill()
    process.process.wait()


@contextmanager
def fleet(run: Run, backends: Backends, crew: Crew = Crew(), /, **settings: str) -> Iterator[Fleet]:
    """Servers that do not work on jobs, and workers; whoever lives at the end is ended."""
    with ExitStack() as stack:
        ours = stack.enter_context(
            service(run.folder, run.seed, backends, crew.servers, WORKER_EMBEDDED="false", **settings)
        )
        whole = Fleet(run.folder, ours, [], crew.cores)
        try:
            whole.workers = [whole.start_worker(number) for number in range(crew.workers)]
            yield whole
        finally:
            for process in (*whole.workers, *ours.servers):
                process.stop()


async def _live(run: Run, ours: Fleet, redis: RedisRig, effects: Effects, random: Random) -> None:
    end = time.monotonic() + run.seconds
    limits = httpx.Limits(max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(timeout=15, limits=limits) as http:
        clients = [Client(http, ours.service, effects, Random(f"{run.seed} {n}")) for n in range(CLIENTS)]
        lives = asyncio.gather(*(client.live(run.seed, n, end) for n, client in enumerate(clients)))
        while time.monotonic() < end:
            await asyncio.sleep(random.uniform(*PAUSES))
            effects.kills[ours.kill(random.randrange(len(ours.service.servers) + WORKERS))] += 1
            if random.random() < REDIS_CHANCE:
                redis.kill()
                effects.kills["redis"] += 1
                await asyncio.sleep(random.uniform(*REDIS_AWAY))
                redis.start()
        await lives
    for server, port in zip(ours.service.servers, ours.service.ports, strict=True):
        await asyncio.to_thread(server.answers, port, "/health/ready")


class Client:
    """Somebody who registers, signs in, refreshes and leaves, over and over, as different people."""

    def __init__(self, http: httpx.AsyncClient, ours: Service, effects: Effects, random: Random) -> None:
        self._http, self._ours, self._effects, self._random = http, ours, effects, random
        self._lost = False

    async def live(self, seed: int, number: int, end: float) -> None:
        """One life after the other until the end."""
        life = 0
        while time.monotonic() < end:
            account = person(seed, 1_000_000 * (number + 1) + life)
            life += 1
            key = {"Idempotency-Key": f"register-{account.username}"}
            if await self._ask("POST", "/users", {201}, json=account.registration(), headers=key) is None:
                continue
            self._effects.registered.add(account.email)
            told = await self._ask("POST", "/sessions", {201}, json=account.credentials())
            if told is not None:
                await self._use(told.json())

    async def _use(self, told: dict[str, object]) -> None:
        family = _family(told)
        for _ in range(self._random.randint(1, 5)):
            answer = await self._ask("POST", "/sessions/refresh", {200}, json={"refresh_token": family.refresh_token})
            if answer is None:
                return
            family = replace(_family(answer.json()), refreshed=family.refreshed + 1)
            await self._ask("GET", "/users/me", {200}, headers=_bearer(family))
        if self._random.random() < 0.5:
            self._effects.alive.append(family)
            return
        answer = await self._ask("DELETE", "/sessions/current", {204, 401}, headers=_bearer(family))
        if answer is not None and (answer.status_code == 204 or self._lost):
            self._effects.ended.append(family)
        elif answer is not None:
            self._effects.wrong.append("a living session was refused its end")

    async def _ask(self, method: str, path: str, good: set[int], **request: object) -> httpx.Response | None:
        """Repeat until there is an answer that counts; None, and noted as wrong, when there is none in time."""
        self._lost, end = False, time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                url = self._ours.url(path, self._random.randrange(2))
                answer = await self._http.request(method, url, **request)  # type: ignore[arg-type]
            except httpx.TransportError as error:
                self._effects.answers[type(error).__name__] += 1
                self._lost = True
                await asyncio.sleep(0.1)
                continue
            self._effects.answers[str(answer.status_code)] += 1
            if answer.status_code in good:
                return answer
            if not is_to_be_repeated(answer):
                self._effects.wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
                return None
            self._lost = True
            await asyncio.sleep(0.3)
        self._effects.wrong.append(f"{method} {path}: no answer in {PATIENCE:g} s")
        return None


def is_to_be_repeated(answer: httpx.Response) -> bool:
    """Whether it says so itself: busy, or somebody else is at it under the same key."""
    return answer.status_code in (503, 409) and "retry-after" in answer.headers


def _family(told: dict[str, object]) -> Family:
    session = told["session"]
    assert isinstance(session, dict)
    return Family(
        id=str(session["id"]), access_token=str(told["access_token"]), refresh_token=str(told["refresh_token"])
    )


def _bearer(family: Family) -> dict[str, str]:
    return {"Authorization": f"Bearer {family.access_token}"}


def wait_until_quiet(servers: Backends) -> float:
    """Seconds until no job waits or runs; TimeoutError when there is always one."""
    started = time.monotonic()
    while _rows(servers, LIVE)[0][0]:
        if time.monotonic() - started > QUIET_SECONDS:
            raise TimeoutError(f"jobs are left after {QUIET_SECONDS:g} s")
        time.sleep(0.2)
    return time.monotonic() - started


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What there is when all is quiet: rows and mails. `counters` are those of sessions, by id."""

    accounts: set[str]
    counters: Mapping[UUID, int]
    dead: Sequence[str]
    orphans: int
    mails: Mapping[str, set[str]]


def look(rows: Callable[[str], Sequence[Sequence[object]]], mails: Path) -> Found:
    """What the database answers, and what lies in the folder of mails."""
    sessions = rows("SELECT HEX(id), counter FROM sessions")
    return Found(
        accounts={_text(email) for (email,) in rows("SELECT email FROM users")},
        counters={UUID(_text(id)): int(str(counter)) for id, counter in sessions},
        dead=[f"{_text(kind)}: {_text(error)}" for kind, error in rows(DEAD)],
        orphans=sum(int(str(rows(statement)[0][0])) for statement in ORPHANS),
        mails=_mails(mails),
    )


def reconcile(effects: Effects, found: Found) -> dict[str, tuple[int, str]]:
    """What was promised and is not so, by name."""
    gone = sorted(effects.registered - found.accounts)
    unmailed = [email for email in sorted(found.accounts) if not found.mails.get(email)]
    twice = [f"{email}: {ids}" for email, ids in found.mails.items() if len(ids) > 1]
    astray = [family.id for family in effects.alive if found.counters.get(UUID(family.id)) != family.refreshed]
    return {
        "acknowledged registrations that are gone": _told(gone),
        "people who got no mail": _told(unmailed),
        "people whose one mail has two Message-IDs": _told(twice),
        "jobs given up": _told(found.dead),
        f"refresh families with another counter, of {len(effects.alive)}": _told(astray),
        "orphaned rows": (found.orphans, ""),
    }


def _reconcile(run: Run, ours: Service, effects: Effects) -> dict[str, tuple[int, str]]:
    """`reconcile`, and what the service itself says of sessions."""
    found = look(lambda statement: _rows(run.servers, statement), Path(ours.settings["DATA_DIR"]) / "mails")
    broken = reconcile(effects, found)
    let_in = [family.id for family in effects.ended if not _is_refused(ours, family)]
    torn = [family.id for family in effects.alive if not _has_one_successor(ours, family)]
    return broken | {
        f"ended sessions let in, of {len(effects.ended)}": _told(let_in),
        "refresh families without exactly one successor": _told(torn),
    }


DEAD = "SELECT kind, error FROM ledger_jobs WHERE state = 'dead'"


def _told(found: Sequence[str]) -> tuple[int, str]:
    return len(found), "; ".join(found[:3])


def _is_refused(ours: Service, family: Family) -> bool:
    read = ours.client.get(ours.url("/users/me"), headers=_bearer(family))
    refresh = ours.client.post(ours.url("/sessions/refresh", 1), json={"refresh_token": family.refresh_token})
    return read.status_code == refresh.status_code == 401


def _has_one_successor(ours: Service, family: Family) -> bool:
    """Its latest token gets the same successor from both servers."""
    body = {"refresh_token": family.refresh_token}
    answers = [ours.client.post(ours.url("/sessions/refresh", place), json=body) for place in (0, 1)]
    if any(answer.status_code != 200 for answer in answers):
        return False
    return len({answer.json()["refresh_token"] for answer in answers}) == 1


def _mails(folder: Path) -> dict[str, set[str]]:
    """The Message-IDs of what was sent to each address."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in folder.glob("*.eml"):
        mail = message_from_bytes(file.read_bytes())
        found[str(mail["To"]).strip("<> ")].add(str(mail["Message-ID"]))
    return found


def _rows(servers: Backends, statement: str) -> Sequence[Sequence[object]]:
    with servers.connect(DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
