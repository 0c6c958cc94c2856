"""Real servers for tests: each pytest process starts its own, on free loopback ports, and takes it down again.

A missing program skips the tests that need it, or fails them when ASPERGUIDE_REQUIRE_SERVERS is 1.
ASPERGUIDE_TEST_SQL (`mysql://user:password@host:port`) names a running MySQL or MariaDB to use instead of our own.
"""

import asyncio
import contextlib
import ctypes
import inspect
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pymysql
import pytest
import redis
import urllib3
from minio import Minio
from minio.error import MinioException

PATH = os.pathsep.join(
    [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"]
)
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
LOCALHOST = "127.0.0.1"


def wait_until(condition: Callable[[], object], deadline: float = 10.0, what: str = "") -> None:
    """Ask until the condition is true, at most `deadline` seconds; TimeoutError after that. For code without a loop."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what or f"{condition} not true within {deadline} s")
        time.sleep(0.01)


async def eventually(
    condition: Callable[[], object | Awaitable[object]], deadline: float = 10.0, what: str = ""
) -> None:
    """`wait_until` that lets the event loop turn meanwhile; the condition may be a coroutine function."""
    end = time.monotonic() + deadline
    while True:
        answer = condition()
        if await answer if inspect.isawaitable(answer) else answer:
            return
        if time.monotonic() > end:
            raise TimeoutError(what or f"{condition} not true within {deadline} s")
        await asyncio.sleep(0.01)


def free_port() -> int:
    """A TCP port of this machine that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str | None:
    """Where a program lies, the folders of system daemons included; None when it is not installed."""
    return shutil.which(name, path=PATH)


def need(*names: str) -> None:
    """Skip the running test when a program is missing; fail it where all are required."""
    missing = [name for name in names if program(name) is None]
    if missing and os.environ.get("ASPERGUIDE_REQUIRE_SERVERS") == "1":
        pytest.fail(f"not installed, but required here: {', '.join(missing)}", pytrace=False)
    if missing:
        pytest.skip(f"needs {', '.join(missing)}, which is not installed")


def die_with_parent() -> None:
    """For a child process before it becomes another program: be killed when the parent is."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass(kw_only=True)
class Daemon:
    """A program in the background that cannot outlive its pytest, even one that is killed."""

    command: list[str]
    log: Path
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path | None = None
    process: "subprocess.Popen[bytes] | None" = None

    def start(self, ready: Callable[[], bool], deadline: float = 30.0) -> None:
        """Run it and wait until it answers; RuntimeError with the end of its log when it ends instead."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environ,
                cwd=self.folder,
                preexec_fn=die_with_parent,
            )
        try:
            wait_until(lambda: self._ended() or ready(), deadline, f"{self.command[0]} did not become ready")
        except BaseException:
            self.stop(signal.SIGKILL)
            raise
        if self._ended():
            raise RuntimeError(f"{self.command[0]} ended at once:\n{self.log.read_text()[-2000:]}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait for that; nothing happens when it does not run."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(how)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def freeze(self) -> None:
        """Let it hold its connections and answer nothing, as a machine that hangs does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def _ended(self) -> bool:
        return self.process is None or self.process.poll() is not None


@dataclass(kw_only=True)
class MariaDB:
    """A database server that any schema may be made on."""

    port: int
    user: str = "asperguide"
    password: str = "correct horse"
    host: str = LOCALHOST
    daemon: Daemon | None = None
    made: int = 0

    def start(self) -> None:
        """Run it on its port; what it held when it was stopped is still there."""
        assert self.daemon is not None
        self.daemon.start(self._answers)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; `start` brings it back."""
        assert self.daemon is not None
        self.daemon.stop(how)

    def create_database(self) -> str:
        """The name of a fresh, empty schema (utf8mb4)."""
        self.made += 1
        name = f"asperguide_{os.getpid()}_{self.made}"
        self.run(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        return name

    def drop_database(self, name: str) -> None:
        """Remove a schema with everything in it."""
        self.run(f"DROP DATABASE IF EXISTS `{name}`")

    def run(self, statement: str, database: str | None = None) -> list[tuple[object, ...]]:
        """Execute one statement on a connection of its own, committed; its rows."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    @contextlib.contextmanager
    def connect(self, database: str | None = None) -> Iterator["pymysql.Connection[pymysql.cursors.Cursor]"]:
        """A plain connection in autocommit, for looking from outside."""
        connection = pymysql.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            database=database,
            autocommit=True,
            connect_timeout=5,
        )
        with connection:
            yield connection

    def _answers(self) -> bool:
        try:
            return self.run("SELECT 1") == [(1,)]
        except pymysql.Error:
            return False


def prepare_mariadb(folder: Path) -> MariaDB:
    """A new data folder and a server for it, not yet started. Works as root and as anybody else."""
    data, port = folder / "data", free_port()
    server = MariaDB(port=port)
    # A server that starts removes what it takes for its own leftovers: two of them may not share a folder for those.
    temporary = folder / "tmp"
    temporary.mkdir()
    install = [program("mariadb-install-db") or "", "--no-defaults", f"--datadir={data}", "--skip-test-db"]
    subprocess.run(
        [
            *install,
            f"--tmpdir={temporary}",
            "--auth-root-authentication-method=normal",
            "--innodb-log-file-size=8M",
            *_as_root(),
        ],
        check=True,
        capture_output=True,
    )
    account = f"'{server.user}'@'%'"
    setup = folder / "setup.sql"
    setup.write_text(
        f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY '{server.password}';\n"
        f"GRANT ALL ON *.* TO {account} WITH GRANT OPTION;\n"
    )
    options = {
        "datadir": data,
        "tmpdir": temporary,
        "bind-address": LOCALHOST,
        "port": port,
        "socket": folder / "s.sock",
        "pid-file": folder / "pid",
        "init-file": setup,
        "innodb-log-file-size": "8M",
        "innodb-flush-log-at-trx-commit": 0,
        "performance-schema": "OFF",
    }
    command = [program("mariadbd") or "", "--no-defaults", "--skip-name-resolve", "--skip-log-bin", *_as_root()]
    command += [f"--{name}={value}" for name, value in options.items()]
    server.daemon = Daemon(command=command, log=folder / "mariadbd.log")
    return server


def _as_root() -> list[str]:
    """The server refuses root unless told that it is meant."""
    return ["--user=root"] if os.geteuid() == 0 else []


def existing_mariadb(url: str) -> MariaDB:
    """A server that somebody else runs, named as `mysql://user:password@host:port`."""
    parts = urlsplit(url)
    return MariaDB(
        host=parts.hostname or LOCALHOST,
        port=parts.port or 3306,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
    )


@dataclass(kw_only=True)
class RedisServer:
    """A Redis that answers over TCP and over a unix socket, with a password."""

    port: int
    socket_path: Path
    daemon: Daemon
    password: str = "correct horse"
    host: str = LOCALHOST

    def start(self) -> None:
        """Run it, empty."""
        self.daemon.start(self._answers)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; `start` brings it back, empty."""
        self.daemon.stop(how)

    def client(self) -> redis.Redis:
        """A plain connection, for looking from outside."""
        return redis.Redis(host=self.host, port=self.port, password=self.password, socket_timeout=5)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def prepare_redis(folder: Path) -> RedisServer:
    """A server that keeps nothing on disk, not yet started."""
    port, socket_path = free_port(), folder / "r.sock"
    command = [program("redis-server") or "", "--bind", LOCALHOST, "--port", str(port), "--dir", str(folder)]
    command += ["--unixsocket", str(socket_path), "--save", "", "--appendonly", "no"]
    command += ["--requirepass", RedisServer.password]
    daemon = Daemon(command=command, log=folder / "redis.log")
    return RedisServer(port=port, socket_path=socket_path, daemon=daemon)


@dataclass(kw_only=True)
class ObjectServer:
    """An S3 server with one account and one bucket."""

    port: int
    daemon: Daemon
    bucket: str = "asperguide"
    access_key: str = "tester"
    secret_key: str = "correct horse battery"
    host: str = LOCALHOST

    @property
    def endpoint(self) -> str:
        """Where it answers, without a scheme."""
        return f"{self.host}:{self.port}"

    def start(self) -> None:
        """Run it, with its bucket; what it held when it was stopped is still there."""
        self.daemon.start(self._answers, 60)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; `start` brings it back."""
        self.daemon.stop(how)

    def client(self) -> Minio:
        """The client of its makers, for looking from outside."""
        pool = urllib3.PoolManager(retries=False, timeout=10)
        return Minio(
            self.endpoint, self.access_key, self.secret_key, secure=False, region="us-east-1", http_client=pool
        )

    def _answers(self) -> bool:
        """Whether a put succeeds: the front answers long before there is anywhere to put something."""
        try:
            client = self.client()
            if not client.bucket_exists(self.bucket):
                client.make_bucket(self.bucket)
            client.put_object(self.bucket, "ready", io.BytesIO(b"?"), 1)
            client.remove_object(self.bucket, "ready")
        except (MinioException, urllib3.exceptions.HTTPError, OSError):
            return False
        return True


def prepare_seaweedfs(folder: Path) -> ObjectServer:
    """A SeaweedFS of all its parts in one process, not yet started."""
    server = ObjectServer(port=free_port(), daemon=Daemon(command=[], log=folder / "weed.log"))
    credentials = [{"accessKey": server.access_key, "secretKey": server.secret_key}]
    identity = {"name": "tester", "credentials": credentials, "actions": ["Admin", "Read", "List", "Tagging", "Write"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "master.toml").write_text("[master.volume_growth]\ncopy_1 = 1\n")
    options: dict[str, object] = {
        "dir": folder,
        "ip": LOCALHOST,
        "ip.bind": LOCALHOST,
        "s3.port": server.port,
        "s3.config": folder / "s3.json",
        "volume.max": 10_000,
        "master.volumeSizeLimitMB": 128,
        "master.telemetry": "false",
        "s3.autoCreateBucket": "false",
        "s3.allowDeleteBucketNotEmpty": "false",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "volume.preStopSeconds": 0,
        "admin.ui": "false",
        "webdav": "false",
    }
    parts = ("master.port", "volume.port", "filer.port", "admin.port")
    options |= {name: free_port() for part in parts for name in (part, f"{part}.grpc")}
    options["s3.port.grpc"] = free_port()
    server.daemon.command = [program("weed") or "", "mini", *(f"-{name}={value}" for name, value in options.items())]
    server.daemon.environ = {**os.environ, "GOMEMLIMIT": "300MiB", "HOME": str(folder)}
    server.daemon.folder = folder
    return server


def prepare_juicefs(folder: Path) -> ObjectServer:
    """JuiceFS behind MinIO's own front, keeping everything in the folder, not yet started."""
    juicefs, meta = program("juicefs") or "", f"sqlite3://{folder}/meta.db"
    subprocess.run(
        [juicefs, "format", meta, "asperguide", "--bucket", str(folder / "blocks"), "--trash-days", "0"],
        check=True,
        capture_output=True,
    )
    port = free_port()
    options = {
        "cache-dir": folder / "cache",
        "cache-size": 100,
        "log": folder / "gateway.log",
        "backup-meta": 0,
        "attr-cache": 0,
        "entry-cache": 0,
        "dir-entry-cache": 0,
        "metrics": f"{LOCALHOST}:{free_port()}",
    }
    flags = ["--no-banner", "--no-usage-report", "--no-bgjob", "--keep-etag", "--object-meta", "--multi-buckets"]
    command = [
        juicefs,
        "gateway",
        *flags,
        *(word for name, value in options.items() for word in (f"--{name}", str(value))),
    ]
    daemon = Daemon(command=[*command, meta, f"{LOCALHOST}:{port}"], log=folder / "juicefs.log", folder=folder)
    server = ObjectServer(port=port, daemon=daemon)
    daemon.environ = {
        **os.environ,
        "MINIO_ROOT_USER": server.access_key,
        "MINIO_ROOT_PASSWORD": server.secret_key,
        "GOMEMLIMIT": "300MiB",
        "HOME": str(folder),
    }
    return server


@contextlib.contextmanager
def running_seaweedfs(folder: Path) -> Iterator[ObjectServer]:
    """A started server of one's own, gone with its data at the end."""
    need("weed")
    server = prepare_seaweedfs(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop(signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running_juicefs(folder: Path) -> Iterator[ObjectServer]:
    """A started server of one's own, gone with its data at the end."""
    need("juicefs")
    server = prepare_juicefs(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop(signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running_mariadb(folder: Path) -> Iterator[MariaDB]:
    """A started server of one's own, gone with its data at the end."""
    need("mariadbd", "mariadb-install-db")
    server = prepare_mariadb(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop(signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    """A started server of one's own, gone at the end."""
    need("redis-server")
    server = prepare_redis(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """The database server of this pytest process: never stop this one."""
    if url := os.environ.get("ASPERGUIDE_TEST_SQL"):
        yield existing_mariadb(url)
        return
    with running_mariadb(tmp_path_factory.mktemp("mariadb")) as server:
        yield server


@pytest.fixture
def mariadb_database(mariadb: MariaDB) -> Iterator[str]:
    """The name of an empty schema that lives as long as the test."""
    name = mariadb.create_database()
    yield name
    mariadb.drop_database(name)


@pytest.fixture
def own_mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A database server that this test may stop, freeze and start again (about 1.5 s)."""
    with running_mariadb(tmp_path_factory.mktemp("own-mariadb")) as server:
        yield server


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The Redis of this pytest process."""
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_server(shared_redis: RedisServer) -> RedisServer:
    """The Redis of this pytest process, empty at the start of the test: never stop this one."""
    with shared_redis.client() as client:
        client.flushall()
    return shared_redis


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that this test may stop, freeze and start again."""
    with running_redis(tmp_path_factory.mktemp("own-redis")) as server:
        yield server


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """The SeaweedFS of this pytest process: never stop this one, and give each test a prefix of its own."""
    with running_seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture(scope="session")
def juicefs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """The JuiceFS gateway of this pytest process: never stop this one, and give each test a prefix of its own."""
    with running_juicefs(tmp_path_factory.mktemp("juicefs")) as server:
        yield server


@pytest.fixture
def own_seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """A SeaweedFS that this test may stop, freeze and start again (about 2 s)."""
    with running_seaweedfs(tmp_path_factory.mktemp("own-seaweedfs")) as server:
        yield server


def pytest_report_header() -> str:
    """One line that says which real servers this run uses."""
    return "real servers: " + ", ".join(_found(name, path) for name, path in PROGRAMS.items())


PROGRAMS = {"MariaDB": "mariadbd", "Redis": "redis-server", "SeaweedFS": "weed", "JuiceFS": "juicefs"}


def _found(name: str, path: str) -> str:
    if name == "MariaDB" and os.environ.get("ASPERGUIDE_TEST_SQL"):
        return "the one in ASPERGUIDE_TEST_SQL"
    where = program(path)
    if where is None:
        return f"no {name} ({path} is not installed)"
    flag = "version" if name in ("SeaweedFS", "JuiceFS") else "--version"
    words = subprocess.run([where, flag], capture_output=True, text=True, check=False).stdout.split()
    versions = [word.removeprefix("v=").split("-")[0] for word in words if word.removeprefix("v=")[:1].isdigit()]
    return f"{name} {versions[0] if versions else ''}".rstrip()
