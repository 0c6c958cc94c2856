"""Backup and restore as operators do them: from a running service, to another kind of database, killed half-way."""

import asyncio
import gzip
import json
import subprocess
from pathlib import Path

from asperguide.adapters.sql import backup, migrations
from asperguide.container import Container
from asperguide.settings import Settings
from tests.contract.test_backup import values, written
from tests.e2e.conftest import Launch
from tests.e2e.people import PASSWORD, Folder, api_of, expect, join, sign_in, somebody
from tests.e2e.service import COMMAND, SECRET, asperguide, asperguide_here, environment, on_mariadb
from tests.servers import MariaDB, wait_until

ROWS = 6_000


async def test_people_of_a_busy_laptop_find_themselves_on_a_server(
    tmp_path: Path, mariadb: MariaDB, mariadb_database: str, launch: Launch
) -> None:
    laptop = launch("serve", OAUTH_SECRET_KEY=SECRET, DRAIN_SECONDS="0")
    file = tmp_path / "everything.backup"
    async with api_of(laptop.url) as api:
        who, tokens = await join(api, Folder(tmp_path / "var" / "mails"))
        registering = [expect(201, api, "POST", "/users", json=somebody().registration) for _ in range(6)]
        made, *_ = await asyncio.gather(
            asyncio.to_thread(asperguide, "backup", str(file), "--json", folder=tmp_path), *registering
        )
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["tables"]["users"] >= 1
    assert file.stat().st_mode & 0o777 == 0o600
    content = gzip.decompress(file.read_bytes())
    assert SECRET.encode() not in content and PASSWORD.encode() not in content
    assert await asyncio.to_thread(laptop.stop) == 0

    settings = {**on_mariadb(mariadb, mariadb_database), "DRAIN_SECONDS": "0"}
    read = await asyncio.to_thread(asperguide, "restore", str(file), folder=tmp_path, **settings)
    assert (read.returncode, "rows in" in read.stdout) == (0, True), read.stderr
    server = await asyncio.to_thread(launch, "serve", **settings)
    async with api_of(server.url) as api:
        await sign_in(api, who)
        await expect(200, api, "POST", "/sessions/refresh", json={"refresh_token": tokens["refresh_token"]})


def test_exit_codes_say_what_was_wrong(tmp_path: Path) -> None:
    file, damaged = tmp_path / "a.backup", tmp_path / "damaged.backup"
    behind = asperguide_here("backup", str(file), folder=tmp_path)
    assert (behind.returncode, "asperguide migrate up" in behind.stderr, file.exists()) == (1, True, False)
    assert asperguide_here("migrate", "up", folder=tmp_path).returncode == 0
    assert asperguide_here("backup", str(file), folder=tmp_path).returncode == 0
    again = asperguide_here("backup", str(file), folder=tmp_path)
    assert (again.returncode, "there already" in again.stderr) == (1, True)
    nowhere = asperguide_here("backup", str(tmp_path / "missing" / "a.backup"), folder=tmp_path)
    assert (nowhere.returncode, "cannot be written" in nowhere.stderr) == (1, True)
    damaged.write_bytes(file.read_bytes()[:-20])
    for arguments, code, words in (
        ((str(file), "--check"), 0, "is whole"),
        ((str(damaged), "--check"), 3, "no whole backup"),
        ((str(damaged), "--replace"), 3, "no whole backup"),
        ((str(file),), 0, "Read from"),
        (("missing",), 2, ""),
        ((), 2, ""),
        ((str(file), "--undo"), 2, ""),
    ):
        told = asperguide_here("restore", *arguments, folder=tmp_path)
        assert (told.returncode, words in told.stdout + told.stderr) == (code, True), arguments
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.backup", "damaged.backup", "var"]


def test_objects_that_the_storage_lacks_are_named(tmp_path: Path) -> None:
    assert asperguide_here("migrate", "up", folder=tmp_path).returncode == 0
    store = Container(settings=Settings(data_dir=tmp_path / "var", oauth_secret_key=SECRET)).storage()
    for key in ("files/gone", "files/there"):
        asyncio.run(store.put(key, b"bytes"))
    assert asperguide_here("backup", "a.backup", folder=tmp_path).stdout.strip().endswith("2 objects listed.")
    assert asperguide_here("restore", "a.backup", "--objects", folder=tmp_path).returncode == 0
    assert asperguide_here("backup", "b.backup", "--without-objects", folder=tmp_path).returncode == 0

    asyncio.run(store.delete("files/gone"))
    for arguments in (("a.backup", "--objects"), ("a.backup",)):
        told = asperguide_here("restore", *arguments, folder=tmp_path)
        assert (told.returncode, "files/gone" in told.stderr, "files/there" in told.stderr) == (4, True, False)
    told = asperguide_here("restore", "a.backup", "--objects", "--json", folder=tmp_path)
    assert (json.loads(told.stdout)["missing"], json.loads(told.stdout)["missing_keys"]) == (1, ["files/gone"])
    assert asperguide_here("restore", "b.backup", "--objects", folder=tmp_path).returncode == 0
    away = {"BUCKET_ENDPOINT": "127.0.0.1:1", "BUCKET_SECURE": "false"}
    away |= {"BUCKET_ACCESS_KEY": "somebody", "BUCKET_SECRET_KEY": "a secret of theirs"}
    for arguments, code in ((("restore", "a.backup", "--objects"), 4), (("backup", "c.backup"), 1)):
        told = asperguide_here(*arguments, folder=tmp_path, **away)
        assert (told.returncode, "Traceback" in told.stderr) == (code, False), told.stderr
    assert not (tmp_path / "c.backup").exists()


def test_a_killed_restore_leaves_a_server_that_says_so(tmp_path: Path, mariadb: MariaDB, mariadb_database: str) -> None:
    ledger = next(shape for shape in backup.shapes() if shape.name == "ledger_jobs")
    written(tmp_path / "large", {ledger: [values(ledger, number) for number in range(1, ROWS + 1)]})
    settings = on_mariadb(mariadb, mariadb_database)
    command = [*COMMAND, "restore", "large"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(**settings)) as killed:
        wait_until(lambda: _revision(mariadb, mariadb_database) == migrations.RESTORING, 30)
        killed.kill()
    refused = asperguide_here("serve", folder=tmp_path, **settings)
    assert (refused.returncode, "run `asperguide restore` again" in refused.stderr) == (1, True)
    assert asperguide_here("restore", "large", folder=tmp_path, **settings).returncode == 0
    assert mariadb.run("SELECT COUNT(*) FROM ledger_jobs", mariadb_database) == [(ROWS,)]
    assert _revision(mariadb, mariadb_database) == migrations.head()


def test_a_replacing_restore_that_was_killed_gives_back_what_was_there(
    tmp_path: Path, mariadb: MariaDB, mariadb_database: str
) -> None:
    ledger = next(shape for shape in backup.shapes() if shape.name == "ledger_jobs")
    written(tmp_path / "large", {ledger: [values(ledger, number) for number in range(1, ROWS + 1)]})
    settings = on_mariadb(mariadb, mariadb_database)
    assert asperguide_here("migrate", "up", folder=tmp_path, **settings).returncode == 0
    assert asperguide_here("maintenance", "on", "--message", "as it was", folder=tmp_path, **settings).returncode == 0
    command = [*COMMAND, "restore", "large", "--replace"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(**settings)) as killed:
        wait_until(lambda: _revision(mariadb, mariadb_database) == migrations.RESTORING, 30)
        killed.kill()
    refused = asperguide_here("serve", folder=tmp_path, **settings)
    assert (refused.returncode, "--undo" in refused.stderr) == (1, True)
    undone = asperguide_here("restore", "--undo", folder=tmp_path, **settings)
    assert (undone.returncode, "there again" in undone.stdout) == (0, True), undone.stderr
    assert mariadb.run("SELECT message FROM maintenance", mariadb_database) == [("as it was",)]
    again = asperguide_here("restore", "--undo", folder=tmp_path, **settings)
    assert (again.returncode, "nothing to undo" in again.stderr) == (1, True)
    assert asperguide_here("migrate", "check", folder=tmp_path, **settings).returncode == 0


def _revision(mariadb: MariaDB, schema: str) -> str:
    if not mariadb.run("SHOW TABLES LIKE 'alembic_version'", schema):
        return ""
    return str((mariadb.run("SELECT version_num FROM alembic_version", schema) or [("",)])[0][0])
