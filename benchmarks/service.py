"""Our service as a process, and what a client does with it before it is measured."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from subprocess import run

import httpx

from benchmarks.load import raw
from benchmarks.processes import SERVER_CORE, DidNotStart, Pinned, environment, free_port, pinned_to
from benchmarks.servers import PASSWORD as SQL_PASSWORD
from benchmarks.servers import USER as SQL_USER
from benchmarks.servers import Backends

API = "/api/v1"
PUBLIC_URL = "http://127.0.0.1:5000"
DATABASE = "asperguide"
PASSWORD = "violet harbour 41 kites"
FULL_NAME = "Zoë O'Neil-Left"
GENEROUS = {"RATE_LIMIT_USER": "100000000", "RATE_LIMIT_ANONYMOUS": "100000000", "RATE_LIMIT_CREDENTIALS": "100000000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who is registered, with tokens once signed in."""

    email: str
    username: str
    password: str = PASSWORD
    access_token: str = ""
    refresh_token: str = ""

    @property
    def bearer(self) -> dict[str, str]:
        """The header that says who calls."""
        return {"Authorization": f"Bearer {self.access_token}"}

    def read(self) -> bytes:
        """This person's `GET /users/me`, ready to be sent."""
        return raw("GET", f"{API}/users/me", self.bearer)

    def sign_in(self) -> bytes:
        """This person's sign-in, ready to be sent."""
        return raw("POST", f"{API}/sessions", body=self.credentials())

    def credentials(self, password: str | None = None) -> dict[str, str]:
        """What sign-in takes."""
        return {"login": self.email, "password": password or self.password, "transport": "bearer"}

    def registration(self) -> dict[str, str]:
        """What registration takes."""
        return {
            "email": self.email,
            "username": self.username,
            "full_name": FULL_NAME,
            "password": self.password,
        }


@dataclass(slots=True)
class Service:
    """One or more processes of ours on the same data."""

    servers: list[Pinned]
    ports: list[int]
    settings: Mapping[str, str]
    made: int = 0
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    @property
    def server(self) -> Pinned:
        """The first process."""
        return self.servers[0]

    @property
    def port(self) -> int:
        """Where the first process listens."""
        return self.ports[0]

    def url(self, path: str, process: int = 0) -> str:
        """A path of the API at one of the processes."""
        return f"http://127.0.0.1:{self.ports[process % len(self.ports)]}{API}{path}"

    def new_account(self, seed: int) -> Account:
        """Register one more person."""
        account = person(seed, self.made)
        self.made += 1
        self._must(201, self.client.post(self.url("/users"), json=account.registration()))
        return account

    def signed_in(self, account: Account) -> Account:
        """The same person with the tokens of a new session."""
        answer = self._must(201, self.client.post(self.url("/sessions"), json=account.credentials())).json()
        tokens = {name: answer[name] for name in ("access_token", "refresh_token")}
        return Account(email=account.email, username=account.username, **tokens)

    def me(self, account: Account) -> bytes:
        """What `GET /users/me` tells this person."""
        return self._must(200, self.client.get(self.url("/users/me"), headers=account.bearer)).content

    def _must(self, status: int, answer: httpx.Response) -> httpx.Response:
        if answer.status_code != status:
            told = f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}: {answer.text}"
            raise DidNotStart(f"{told}\n{self.server.tail()}")
        return answer


def person(seed: int, number: int) -> Account:
    """The same person for the same seed and number; nobody else has the address."""
    name = "p" + hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()[:16]
    return Account(email=f"{name}@example.org", username=name)


def on_servers(servers: Backends) -> dict[str, str]:
    """Settings that put the service on MariaDB and Redis."""
    sql = {"SQL_HOST": "127.0.0.1", "SQL_PORT": str(servers.sql_port), "SQL_DATABASE": DATABASE}
    redis = {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(servers.redis_port)}
    return {**sql, **redis, "SQL_USERNAME": SQL_USER, "SQL_PASSWORD": SQL_PASSWORD}


@contextmanager
def service(
    folder: Path, seed: int, servers: Backends | None = None, processes: int = 1, **settings: str
) -> Iterator[Service]:
    """Our service, embedded or on fresh databases, ready to be used; it ends with the context."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = hashlib.sha256(f"asperguide {seed}".encode()).hexdigest()
    common = {"SERVER_HOST": "127.0.0.1", "DATA_DIR": str(folder / "data"), "OAUTH_SECRET_KEY": secret}
    common |= {"PUBLIC_URL": PUBLIC_URL, "REQUIRE_VERIFIED_EMAIL": "false", **GENEROUS, **settings}
    if servers:
        servers.make_database(DATABASE)
        common |= on_servers(servers)
        migrate(folder, common)
    ports = [free_port() for _ in range(processes)]
    with ExitStack() as stack:
        started = [stack.enter_context(serve(folder, common, port)) for port in ports]
        for server, port in zip(started, ports, strict=True):
            server.answers(port, "/health/ready")
        yield Service(started, ports, common)


def serve(folder: Path, settings: Mapping[str, str], port: int) -> Pinned:
    """`asperguide serve`, started and not yet ready."""
    name = f"asperguide-{port}"
    traced = "OTEL_EXPORTER_OTLP_ENDPOINT" in settings
    return Pinned.start(name, asperguide("serve", traced=traced), folder, {**settings, "SERVER_PORT": str(port)})


def migrate(folder: Path, settings: Mapping[str, str]) -> None:
    """Make the tables. Raises DidNotStart with what the command wrote."""
    settle = pinned_to(SERVER_CORE)
    told = run(
        asperguide("migrate", "up"),
        cwd=folder,
        env=environment(settings),
        capture_output=True,
        check=False,
        preexec_fn=settle,
    )
    if told.returncode:
        raise DidNotStart("asperguide migrate up: " + (told.stdout + told.stderr).decode(errors="replace")[-2000:])


def asperguide(*arguments: str, traced: bool = False) -> Sequence[str]:
    """Our command, in an environment as an operator has it."""
    return [str(as_installed("telemetry" if traced else "") / "bin" / "asperguide"), *arguments]


@cache
def as_installed(extra: str) -> Path:
    """An environment as the README installs it, compiled: development tools and peers cost time and memory."""
    project = Path(__file__).resolve().parents[1]
    # One for each clone: what is installed there is what lies here.
    clone = hashlib.sha256(f"{project} {extra}".encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"asperguide-benchmarks-environment-{clone}"
    extras = ["--extra", extra] if extra else []
    command = [sys.executable, "-m", "uv"] if find_spec("uv") else ["uv"]
    run(
        [*command, "sync", "--quiet", "--no-dev", *extras, "--frozen", "--compile-bytecode"],
        cwd=project,
        env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(folder), "VIRTUAL_ENV": ""},
        check=True,
    )
    return folder
