"""Events to measure with, a service that takes them, and what its database says of them afterwards."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import UUID

from asperguide.ar.analytics import EventKind, FoldAllEvents
from asperguide.ar.analytics_model import event_digest, session_digest
from asperguide.ar.model import ContentId
from asperguide.container import Container
from asperguide.server import close
from asperguide.settings import load
from benchmarks.load import raw
from benchmarks.processes import Pinned, free_port
from benchmarks.servers import Backends
from benchmarks.service import API, DATABASE, migrate, on_servers, serve
from benchmarks.view_shop import CONTENT, CONTENTS, VIDEO, furnish, of, public

ADDRESSES = 500
"""As many viewers as there are: the limit of each is the one that the program comes with."""
BROWSERS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
)
LIFE = (EventKind.OPENED, EventKind.MARKER_FOUND, EventKind.PLAY, EventKind.MARKER_LOST, EventKind.COMPLETE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a viewer sends: events of one content."""

    content: int
    events: Sequence[Mapping[str, str]]

    @property
    def path(self) -> str:
        """Where to."""
        return f"/viewer/{public(self.content)}/events"

    @property
    def digests(self) -> list[bytes]:
        """What its events are known by."""
        content = ContentId(of(CONTENT, self.content))
        return [event_digest(session_digest(content, one["session"]), one["id"]) for one in self.events]


def batch(random: Random, size: int) -> Batch:
    """A visit, or several of the same content, as far as so many events go."""
    content, events = random.randrange(CONTENTS), list[dict[str, str]]()
    while len(events) < size:
        session = _id(random)
        for kind in LIFE[: size - len(events)]:
            video = {"video": str(of(VIDEO, content))} if kind in (EventKind.PLAY, EventKind.COMPLETE) else {}
            events.append({"id": _id(random), "session": session, "kind": kind.value, **video})
    return Batch(content=content, events=events)


def requests(seed: int, size: int, count: int) -> Iterator[bytes]:
    """So many requests of so many events, no event twice, from many addresses behind a proxy that is trusted."""
    random = Random(f"{seed} {size}")
    for number in range(count):
        one = batch(random, size)
        headers = {"X-Forwarded-For": address(number), "User-Agent": BROWSERS[number % len(BROWSERS)]}
        yield raw("POST", API + one.path, headers, {"events": one.events})


def address(number: int) -> str:
    """Of the viewer with this number."""
    return f"203.{number % ADDRESSES // 250}.113.{number % 250 + 1}"


def _id(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128)))


def settings_of(folder: Path, seed: int, servers: Backends | None) -> dict[str, str]:
    """Those of the program, behind a proxy on this machine."""
    secret = hashlib.sha256(f"asperguide {seed}".encode()).hexdigest()
    common = {"SERVER_HOST": "127.0.0.1", "DATA_DIR": str(folder / "data"), "OAUTH_SECRET_KEY": secret}
    return {
        **common,
        "TRUSTED_PROXIES": "127.0.0.1/32",
        "LOG_LEVEL": "info",
        **(on_servers(servers) if servers else {}),
    }


@contextmanager
def serving(folder: Path, settings: Mapping[str, str], processes: int = 1) -> Iterator[tuple[list[Pinned], list[int]]]:
    """Processes with prints to look at, in a list in which they may be replaced; all in it are ended at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    migrate(folder, settings)
    asyncio.run(furnish(settings))
    ports = [free_port() for _ in range(processes)]
    running = [serve(folder, settings, port) for port in ports]
    try:
        for process, port in zip(running, ports, strict=True):
            process.answers(port, "/health/ready")
        yield running, ports
    finally:
        for process in running:
            process.stop()


class Stored:
    """What the database says, without any adapter of ours."""

    def __init__(self, settings: Mapping[str, str], servers: Backends) -> None:
        self._file = None if "SQL_HOST" in settings else Path(settings["DATA_DIR"]) / "asperguide.sqlite3"
        self._servers = servers

    def rows(self, statement: str) -> list[Sequence[object]]:
        """The answer."""
        if self._file is not None:
            with closing(sqlite3.connect(self._file)) as file:
                return file.execute(statement).fetchall()
        with self._servers.connect(DATABASE) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def number(self, statement: str) -> int:
        """The one number that is asked for."""
        return int(str(self.rows(statement)[0][0] or 0))

    @property
    def events(self) -> int:
        """How many there are."""
        return self.number("SELECT COUNT(*) FROM ar_events")

    @property
    def waiting(self) -> int:
        """How many were not counted yet."""
        return self.number("SELECT COUNT(*) FROM ar_events WHERE waiting = 1")

    @property
    def sessions(self) -> int:
        """Of how many sessions they are."""
        return self.number("SELECT COUNT(DISTINCT session) FROM ar_events")

    @property
    def digests(self) -> set[bytes]:
        """What they are known by."""
        return {bytes(digest) for (digest,) in self.rows("SELECT digest FROM ar_events")}  # type: ignore[call-overload]

    def counted(self, level: int, sessions: bool = False) -> int:
        """What all things of a kind have together: see `of`."""
        what = "sessions" if sessions else "opened + marker_found + marker_lost + play + complete + share"
        prefix = f"{level:016X}"
        return self.number(
            f"SELECT SUM({what}) FROM ar_counts WHERE dimension = 'all' AND HEX(subject) LIKE '{prefix}%'"
        )


async def count_all(settings: Mapping[str, str]) -> None:
    """What a worker would do next."""
    container = Container(settings=load(environ=settings))
    try:
        fold: FoldAllEvents = container.fold_all_events()
        await fold()
    finally:
        await close(container)
