"""Real MariaDB and Redis in a temporary folder, on free ports, on the core of the client."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pymysql

from benchmarks.processes import CLIENT_CORE, DidNotStart, Pinned, free_port

USER = "bench"
PASSWORD = "bench"
AS_ROOT = ["--user=root"] if os.geteuid() == 0 else []


@dataclass(frozen=True, slots=True)
class Backends:
    """Where the database server and the cache listen on loopback."""

    sql_port: int
    redis_port: int

    def make_database(self, name: str) -> None:
        """An empty database of this name."""
        self.execute("mysql", f"DROP DATABASE IF EXISTS `{name}`", f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")

    def execute(self, database: str, *statements: str) -> None:
        """Run each statement and commit."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    def connect(self, database: str) -> pymysql.Connection:
        """A connection to one database."""
        return pymysql.connect(host="127.0.0.1", port=self.sql_port, user=USER, password=PASSWORD, database=database)

    def url(self, database: str) -> str:
        """How SQLAlchemy reaches one database."""
        return f"mysql+aiomysql://{USER}:{PASSWORD}@127.0.0.1:{self.sql_port}/{database}?charset=utf8mb4"


@contextmanager
def backends(folder: Path) -> Iterator[Backends]:
    """Both servers, ready; they end with the context. Raises DidNotStart, FileNotFoundError."""
    with mariadb(folder) as sql_port, redis(folder) as redis_port:
        yield Backends(sql_port, redis_port)


@contextmanager
def mariadb(folder: Path) -> Iterator[int]:
    """A MariaDB with the user that the benchmarks use; gives its port."""
    data = folder / "mariadb"
    install = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal"]
    told = subprocess.run([*install, "--skip-test-db", *AS_ROOT], check=False, capture_output=True)
    if told.returncode:
        raise DidNotStart("mariadb-install-db: " + (told.stdout + told.stderr).decode(errors="replace")[-2000:])
    port, door, room = free_port(), data / "s.sock", folder / "mariadb-tmp"
    room.mkdir()  # in a shared one the next server to start removes the temporary tables of this one
    command = [_program("mariadbd"), "--no-defaults", f"--datadir={data}", "--bind-address=127.0.0.1", f"--port={port}"]
    command += [f"--socket={door}", "--skip-name-resolve", "--skip-log-bin", "--performance-schema=OFF"]
    command += [f"--tmpdir={room}", "--innodb-flush-log-at-trx-commit=0", *AS_ROOT]
    with Pinned.start("mariadbd", command, folder, core=CLIENT_CORE) as server:
        _wait(server, port)
        with pymysql.connect(unix_socket=str(door), user="root") as root, root.cursor() as cursor:
            cursor.execute(f"CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
            cursor.execute(f"GRANT ALL ON *.* TO '{USER}'@'127.0.0.1'")
        yield port


@contextmanager
def redis(folder: Path) -> Iterator[int]:
    """A Redis that keeps nothing; gives its port."""
    port = free_port()
    with redis_on(port, folder):
        yield port


def redis_on(port: int, folder: Path) -> Pinned:
    """A Redis on this port, ready."""
    command = [_program("redis-server"), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    server = Pinned.start("redis", command, folder, core=CLIENT_CORE)
    _wait(server, port)
    return server


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is not installed")
    return found


def _wait(server: Pinned, port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        server.must_run()
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise DidNotStart(f"{server.name} did not listen\n{server.tail()}")
