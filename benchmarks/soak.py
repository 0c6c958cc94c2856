"""The soak campaign: an ordinary day at two fifths of what the service can do, and whether anything grows."""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from pathlib import Path
from random import Random
from statistics import fmean

import httpx

from benchmarks import seeding
from benchmarks.figures import Check, Report
from benchmarks.processes import CLIENT_CORE, DidNotStart, Pinned
from benchmarks.rigs import Run
from benchmarks.servers import Backends
from benchmarks.service import Account, Service, asperguide, person, service

PEOPLE = 50
CALIBRATION_SECONDS = 15.0
CALIBRATION_CLIENTS = 16
SHARE = 0.4
WARMING_MAILS = 3000
"""What the worker does before anybody comes: what it keeps for the next time is complete after so many, not so long."""
WARMING_TOKENS = 6500
"""What the server is shown before: it remembers 2048 to 4096, and has been at its most twice then."""
WARMING_SECONDS = 600.0
SAMPLE_SECONDS = 5.0
GLANCE_SECONDS = 0.1
AT_ONCE = 64
LONGEST_PATIENCE = 0.01
"""Seconds after which those who lose patience have lost it."""

IMPATIENCE = (
    ("GET", "/users/me", None),
    ("GET", "/sessions", None),
    ("PATCH", "/users/me", {"full_name": "Síle O'Brien"}),
)

UNDONE = "SELECT 1 FROM ledger_jobs WHERE state IN ('waiting', 'running') LIMIT 1"

MOST_PUT_OFF = 0.01
"""Share of the requests that may meet a full queue of passwords: at a steady rate several can still come at once."""

ESTABLISHED = "01"
HOUR = 3600.0
MEMORY_AN_HOUR = 2.0
DESCRIPTORS_AN_HOUR = 10.0


def soak(run: Run) -> Report:
    """One server and one worker on MariaDB and Redis for `--seconds`."""
    with service(run.folder, run.seed, run.servers, WORKER_EMBEDDED="false") as ours, worker(run, ours) as at_work:
        seeding.mails(ours, run.seed, WARMING_MAILS)
        _until_done(run.servers, ours)
        watched = {"server": ours.server.process.pid, "worker": at_work.process.pid, **_servers(run.servers)}
        watch = Watch(watched, ours.port)
        crowd = asyncio.run(_soak(run, ours, watch))
    answers = ", ".join(f"{word}: {count}" for word, count in sorted(crowd.answers.items()))
    checks = [
        Check(name="capacity with this mix", value=crowd.capacity, unit="/s", note="at a whole core for the server"),
        Check(name="requests a second", value=crowd.rate, at_least=0.9 * crowd.wanted, note=answers),
        Check(name="share of a core that the server used", value=crowd.share),
        Check(name="answers that ask to come back later", value=crowd.put_off / crowd.asked, at_most=MOST_PUT_OFF),
        Check(
            name="answers that nobody should get", value=len(crowd.wrong), at_most=0, note="; ".join(crowd.wrong[:3])
        ),
    ]
    for name in watched:
        judged = name in ("server", "worker")
        checks += _growth(watch, name, "resident", "MiB", MEMORY_AN_HOUR if judged else None)
        checks += _growth(watch, name, "descriptors", "", DESCRIPTORS_AN_HOUR if judged else None)
    return Report("soak", checks=checks)


def _growth(watch: "Watch", name: str, what: str, unit: str, bar: float | None) -> Iterator[Check]:
    """The slope after the warm-up third. What is judged is growth beyond doubt: the slope less twice its noise."""
    points = [(sample.at / HOUR, sample.of[name][what]) for sample in watch.settled]
    slope, noise = trend(points)
    values = [value for _, value in points]
    note = f"{values[0]:.1f} to {values[-1]:.1f} {unit}, noise ± {2 * noise:.2g}"
    if bar is not None and 2 * noise > bar:
        note += ", TOO SHORT to tell"
    yield Check(name=f"{name}: {what} an hour", value=slope, unit=unit, note=note)
    if bar is not None:
        yield Check(name=f"{name}: {what} an hour beyond doubt", value=slope - 2 * noise, unit=unit, at_most=bar)


def trend(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The least squares slope, and its standard error; samples that resemble the one before count for less."""
    mid, mean = fmean(at for at, _ in points), fmean(value for _, value in points)
    spread = sum((at - mid) ** 2 for at, _ in points)
    slope = sum((at - mid) * (value - mean) for at, value in points) / spread
    rest = [value - mean - slope * (at - mid) for at, value in points]
    power = sum(each**2 for each in rest)
    alike = sum(a * b for a, b in pairwise(rest)) / power if power else 0.0
    alike = min(max(alike, 0.0), 0.95)
    return slope, sqrt(power / (len(points) - 2) / spread * (1 + alike) / (1 - alike))


@contextmanager
def worker(run: Run, ours: Service) -> Iterator[Pinned]:
    """`asperguide worker` beside the server, on the other core."""
    with Pinned.start("worker", asperguide("worker"), run.folder, ours.settings, CLIENT_CORE) as started:
        yield started


def _until_done(servers: Backends, ours: Service) -> None:
    """Wait until the worker has done all that there is."""
    end = time.monotonic() + WARMING_SECONDS
    with servers.connect(ours.settings["SQL_DATABASE"]) as connection, connection.cursor() as cursor:
        while cursor.execute(UNDONE):
            if time.monotonic() > end:
                raise DidNotStart(f"the worker is not done after {WARMING_SECONDS} s")
            connection.commit()  # the next look sees what was done since this one
            time.sleep(0.5)


def _servers(servers: Backends) -> dict[str, int]:
    with servers.connect("mysql") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@pid_file")
        ((pid_file,),) = cursor.fetchall()
    return {"mariadbd": int(Path(pid_file).read_text())}


@dataclass(frozen=True, slots=True)
class Sample:
    """The least that every process had in some seconds, by name and figure."""

    at: float
    of: dict[str, dict[str, float]]


class Watch:
    """Looks at processes all the time, and keeps the least of every five seconds.

    What is held for a moment only, such as 19 MiB for each password that is being hashed, is in most looks and not in
    all of them; what is never given back is in all. Connections that a client holds to `port` are the client's.
    """

    def __init__(self, watched: dict[str, int], port: int) -> None:
        self._watched, self._port = watched, port
        self.samples: list[Sample] = []

    @property
    def settled(self) -> Sequence[Sample]:
        """All but the first third."""
        return self.samples[len(self.samples) // 3 :]

    async def keep_looking(self) -> None:
        """Until cancelled."""
        while True:
            self.samples.append(await self._sample())

    async def _sample(self) -> Sample:
        least = self._look()
        end = time.monotonic() + SAMPLE_SECONDS
        while (now := time.monotonic()) < end:
            await asyncio.sleep(GLANCE_SECONDS)
            for name, figures in self._look().items():
                least[name] = {figure: min(value, least[name][figure]) for figure, value in figures.items()}
        return Sample(now, least)

    def _look(self) -> dict[str, dict[str, float]]:
        found = {
            name: {"resident": _resident(pid), "descriptors": _descriptors(pid)} for name, pid in self._watched.items()
        }
        found["server"]["descriptors"] -= _connections(self._port)
        return found


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def _descriptors(pid: int) -> float:
    return float(len(list(Path(f"/proc/{pid}/fd").iterdir())))


def _connections(port: int) -> int:
    """Accepted connections to the port that both ends hold open; one that the client has closed is in another state."""
    sockets = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return sum(
        local.endswith(f":{port:04X}") and state == ESTABLISHED and inode != "0"
        for _, local, _, state, _, _, _, _, _, inode, *_ in sockets
    )


async def _soak(run: Run, ours: Service, watch: Watch) -> "Crowd":
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(timeout=30, limits=limits) as http:
        crowd = Crowd(http, ours, Random(run.seed), run.seed)
        await crowd.gather()
        await crowd.warm_up()
        await crowd.find_capacity()
        looking = asyncio.create_task(watch.keep_looking())
        await crowd.live(run.seconds)
        looking.cancel()
    return crowd


@dataclass
class Crowd:
    """People who do what people do, so often each in a hundred times."""

    http: httpx.AsyncClient
    ours: Service
    random: Random
    seed: int
    made: int = 0
    asked: int = 0
    capacity: float = 0.0
    wanted: float = 0.0
    rate: float = 0.0
    share: float = 0.0
    put_off: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    resting: deque[Account] = field(default_factory=deque)
    newcomers: deque[Account] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._habits: dict[Callable[[], Awaitable[object]], int] = {
            self.read: 60, self.refresh: 12, self.miss: 12, self.lose_patience: 10, self.sign_in: 4, self.register: 2,
        }  # fmt: skip

    async def gather(self) -> None:
        """Everybody is there and signed in."""
        for _ in range(PEOPLE):
            await self.register()
            self.resting.append(await self._signed_in(self.newcomers.pop()))
        self.answers.clear()

    async def warm_up(self) -> None:
        """Let the server see new tokens, each in a request."""

        async def show(number: int) -> None:
            for _ in range(number):
                if (who := await self.refresh()) is not None:
                    await self._read(who)

        await asyncio.gather(*(show(WARMING_TOKENS // CALIBRATION_CLIENTS) for _ in range(CALIBRATION_CLIENTS)))

    async def find_capacity(self) -> None:
        """How many of these requests a whole core would do, told by what a crowd without pauses makes it use."""
        began, used, asked = time.monotonic(), self.ours.server.cpu(), self.asked
        end = began + CALIBRATION_SECONDS

        async def press() -> None:
            while time.monotonic() < end:
                await self.do_something()

        await asyncio.gather(*(press() for _ in range(CALIBRATION_CLIENTS)))
        self.capacity = (self.asked - asked) / (self.ours.server.cpu() - used)
        self.wanted = SHARE * self.capacity
        self.asked = self.put_off = 0
        self.answers.clear()
        self.wrong.clear()

    async def live(self, seconds: float) -> None:
        """At the wanted rate, whether or not answers come in time, as long as there are not too many to come."""
        began, used, number = time.monotonic(), self.ours.server.cpu(), 0
        gate = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            try:
                await self.do_something()
            finally:
                gate.release()

        async with asyncio.TaskGroup() as group:
            while time.monotonic() - began < seconds:
                await asyncio.sleep(max(0.0, began + number / self.wanted - time.monotonic()))
                await gate.acquire()
                group.create_task(one())
                number += 1
        lasted = time.monotonic() - began
        self.rate, self.share = number / lasted, (self.ours.server.cpu() - used) / lasted

    async def do_something(self) -> None:
        """One request, of whatever kind."""
        (habit,) = self.random.choices(list(self._habits), list(self._habits.values()))
        self.asked += 1
        await habit()

    async def read(self) -> None:
        """Who am I?"""
        who = self.random.choice(self.resting) if self.resting else None
        if who is not None:
            await self._read(who)

    async def refresh(self) -> Account | None:
        """New tokens for old ones; nobody else uses them meanwhile. Who has them, None when all are busy."""
        if not self.resting:
            return None
        who = self.resting.popleft()
        body = {"refresh_token": who.refresh_token}
        answer = await self._ask("refresh", {200}, "POST", "/sessions/refresh", json=body)
        fresh = who if answer is None else _with_tokens(who, answer)
        self.resting.append(fresh)
        return fresh

    async def miss(self) -> None:
        """Ask for what there is not."""
        await self._ask("miss", {404}, "GET", f"/nowhere/{self.random.randrange(1_000_000)}")

    async def lose_patience(self) -> None:
        """Ask, and hang up before the answer or a moment after."""
        who = self.random.choice(self.resting) if self.resting else None
        if who is None:
            return
        method, path, body = self.random.choice(IMPATIENCE)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.random.random() * LONGEST_PATIENCE):
                await self._ask("patient", {200, 409}, method, path, headers=who.bearer, json=body)
                return
        self.answers["gone before the answer"] += 1

    async def sign_in(self) -> None:
        """Somebody who came lately comes again."""
        if self.newcomers:
            await self._signed_in(self.newcomers.popleft())

    async def register(self) -> None:
        """Somebody new, who will sign in twice."""
        account = person(self.seed, self.made)
        self.made += 1
        if await self._ask("register", {201}, "POST", "/users", json=account.registration()) is not None:
            self.newcomers.extend([account] * 2)

    async def _read(self, who: Account) -> None:
        await self._ask("read", {200}, "GET", "/users/me", headers=who.bearer)

    async def _signed_in(self, account: Account) -> Account:
        answer = await self._ask("sign-in", {201}, "POST", "/sessions", json=account.credentials())
        return account if answer is None else _with_tokens(account, answer)

    async def _ask(self, what: str, good: set[int], method: str, path: str, **request: object) -> httpx.Response | None:
        """The answer, when it is the one that everybody should get."""
        try:
            answer = await self.http.request(method, self.ours.url(path), **request)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            self.wrong.append(f"{what}: {error!r}")
            return None
        self.answers[f"{what} {answer.status_code}"] += 1
        if answer.status_code in good:
            return answer
        if answer.status_code == 503 and "retry-after" in answer.headers:
            self.put_off += 1
            return None
        self.wrong.append(f"{what}: {answer.status_code} {answer.text[:200]}")
        return None


def _with_tokens(account: Account, answer: httpx.Response) -> Account:
    told = answer.json()
    return Account(
        email=account.email,
        username=account.username,
        access_token=told["access_token"],
        refresh_token=told["refresh_token"],
    )
