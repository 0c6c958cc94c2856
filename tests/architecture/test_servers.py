"""The test servers themselves: they start, they are empty, and nothing outlives the pytest that started them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from tests.servers import MariaDB, RedisServer, eventually, need, wait_until

ROOT = Path(__file__).parents[2]


def test_every_schema_made_is_empty_and_its_own(mariadb: MariaDB) -> None:
    first, second = mariadb.create_database(), mariadb.create_database()
    mariadb.run("CREATE TABLE only_here (id INT)", first)
    assert mariadb.run("SHOW TABLES", second) == []
    mariadb.drop_database(first)
    mariadb.drop_database(second)


def test_redis_is_empty_and_answers_on_its_unix_socket(redis_server: RedisServer) -> None:
    with redis.Redis(unix_socket_path=str(redis_server.socket_path), password=redis_server.password) as client:
        assert client.dbsize() == 0


def test_a_database_of_ones_own_keeps_its_rows_over_a_crash(own_mariadb: MariaDB) -> None:
    name = own_mariadb.create_database()
    own_mariadb.run("CREATE TABLE kept (id INT)", name)
    own_mariadb.stop(signal.SIGKILL)
    own_mariadb.start()
    assert own_mariadb.run("SHOW TABLES", name) == [("kept",)]


def test_a_killed_parent_takes_its_servers_down(tmp_path: Path) -> None:
    need("redis-server")
    lines = (
        "import pathlib, sys",
        "from tests.servers import prepare_redis",
        "server = prepare_redis(pathlib.Path(sys.argv[1]))",
        "server.start()",
        "print(server.daemon.process.pid, flush=True)",
        "sys.stdin.read()",
    )
    command = [sys.executable, "-c", "\n".join(lines), str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        server = int(parent.stdout.readline())
        parent.kill()
    wait_until(lambda: not _runs(server), what="the server outlived its parent")


async def test_eventually_gives_up_at_its_deadline() -> None:
    with pytest.raises(TimeoutError, match="never"):
        await eventually(lambda: False, 0.02, "never")


def test_a_missing_program_skips_here_and_fails_where_servers_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASPERGUIDE_REQUIRE_SERVERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-program"):
        need("no-such-program")
    monkeypatch.setenv("ASPERGUIDE_REQUIRE_SERVERS", "1")
    with pytest.raises(pytest.fail.Exception, match="no-such-program"):
        need("no-such-program")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0]
