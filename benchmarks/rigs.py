"""What scenarios are told, and the peers they put beside us."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import redis

from benchmarks.figures import Series
from benchmarks.load import raw, write_requests
from benchmarks.peers.person import PASSWORD, nth, nth_id, token
from benchmarks.servers import Backends
from benchmarks.service import person
from benchmarks.subjects import TWIN_USERS, Subject, Web, peer, take_turns

HASHING_CLIENTS = 8
MOST_HASHES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What every scenario is told. `seconds` is the length of a round, `restarts` how often a process is restarted."""

    folder: Path
    servers: Backends
    rounds: int
    seconds: int
    restarts: int
    seed: int

    def requests(self, name: str, requests: Iterable[bytes]) -> Path:
        """Prepared requests in a file of this run."""
        return write_requests(self.folder / f"{name}.requests", requests)

    def turns(self, subjects: Sequence[Subject], seconds: int | None = None) -> list[Series]:
        """Rounds that take turns."""
        return take_turns(subjects, self.rounds, seconds or self.seconds)

    @property
    def registrations(self) -> int:
        """More new people than any subject can register in all rounds and the warming up."""
        return MOST_HASHES * self.hashing_seconds * (self.rounds + 1)

    @property
    def hashing_seconds(self) -> int:
        """Rounds of few, long requests last longer: what is under way at the end is not counted."""
        return 2 * self.seconds


@contextmanager
def litestar(run: Run, module: str) -> Iterator[Web]:
    """A hand-written `GET /users/me`."""
    bearer = {"Authorization": f"Bearer {token(0)}"}
    requests = run.requests(module, [raw("GET", "/users/me", bearer)])
    know_session(run)
    with peer(module, run.folder, run.servers) as (server, port):
        yield Web(module, server, port, requests)


def know_session(run: Run) -> None:
    """Put the session that peers ask for into Redis."""
    with redis.Redis(port=run.servers.redis_port) as client:
        client.set(f"session:{nth_id(0)}", "active")


@dataclass(frozen=True, slots=True)
class Twin:
    """The FastAPI twin, and its endpoints as subjects."""

    run: Run
    web: Web

    def endpoint(self, path: str) -> Web:
        """One of the reads that answer the same person."""
        return self._subject(path, [raw("GET", f"/{path}", {"Authorization": f"Bearer {token(0)}"})])

    def orm_read(self) -> Web:
        """Reads by primary key, each of another person, in an order that the seed decides."""
        order = Random(self.run.seed).sample(range(TWIN_USERS), TWIN_USERS)
        return self._subject("orm-read", [raw("GET", f"/orm-read/{nth_id(number)}") for number in order])

    def sign_in(self) -> Web:
        """Sign-ins of many people."""
        people = [{"login": nth(number).email, "password": PASSWORD} for number in range(500)]
        return self._subject("sign-in", [raw("POST", "/sign-in", body=body) for body in people], HASHING_CLIENTS)

    def register(self) -> Web:
        """Registrations, each of somebody new."""
        people = (person(self.run.seed, number).registration() for number in range(self.run.registrations))
        subject = self._subject("register", [raw("POST", "/register", body=body) for body in people], HASHING_CLIENTS)
        subject.portion = MOST_HASHES * self.run.hashing_seconds
        return subject

    def _subject(self, name: str, requests: list[bytes], connections: int = 16) -> Web:
        file = self.run.requests(f"fastapi-{name}", requests)
        return Web(f"fastapi {name}", self.web.server, self.web.port, file, connections)


@contextmanager
def fastapi_twin(run: Run) -> Iterator[Twin]:
    """The ordinary service on a fresh database."""
    run.servers.make_database("twin")
    know_session(run)
    with peer("fastapi_twin", run.folder, run.servers) as (server, port):
        yield Twin(run, Web("fastapi", server, port, run.folder))
