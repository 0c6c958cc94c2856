"""One history for every dialect: up, down, up, by one process at a time, and nothing drifts unnoticed."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from asperguide.adapters.sql import migrations
from asperguide.adapters.sql.companies import SqlCompanyReads
from asperguide.adapters.sql.company_rows import ClientRow
from asperguide.adapters.sql.engine import Database, open_sqlite
from asperguide.adapters.sql.types import KeyText, UtcDateTime, Uuid
from asperguide.shared.errors import DatabaseUnavailable
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.incorporating import client, company
from tests.contract.conftest import on_server
from tests.servers import MariaDB

REVISIONS = sorted(path.name.partition("_")[0] for path in (migrations.folder() / "versions").glob("[0-9]*_*.py"))

LOADED = """
import asyncio, sys
from pathlib import Path
from asperguide.adapters.sql import migrations
from asperguide.adapters.sql.engine import open_sqlite

async def main():
    database = open_sqlite(Path(sys.argv[1]))
    print(await migrations.current_is_head(database), "alembic" in sys.modules)
    await database.close()

asyncio.run(main())
"""


@pytest.fixture(params=["sqlite", "mariadb"])
def open_empty(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Database]:
    """Opens one database in which nothing was ever made; what opens it again stands for another process."""
    if request.param == "sqlite":
        return lambda: open_sqlite(tmp_path / "asperguide.sqlite3")
    server: MariaDB = request.getfixturevalue("mariadb")
    schema: str = request.getfixturevalue("mariadb_database")
    # What the schema's own default is may not matter.
    server.run(f"ALTER DATABASE `{schema}` CHARACTER SET latin1")
    return lambda: on_server(server, schema)


@pytest.fixture
async def empty(open_empty: Callable[[], Database]) -> AsyncIterator[Database]:
    database = open_empty()
    yield database
    await database.close()


async def change(database: Database, *statements: str) -> None:
    async with database.writing() as store:
        for statement in statements:
            await store.execute(sa.text(statement))


async def test_every_revision_goes_up_down_and_up_again(empty: Database) -> None:
    assert await migrations.status(empty) == migrations.Status(current=None, head=REVISIONS[-1])
    for revision in REVISIONS:
        assert (await migrations.up(empty, revision)).current == revision
        below = (await migrations.down(empty)).current
        assert below == (None if revision == REVISIONS[0] else REVISIONS[REVISIONS.index(revision) - 1])
        assert (await migrations.up(empty, revision)).current == revision
    assert await migrations.current_is_head(empty)
    assert await migrations.check(empty) == []
    assert (await migrations.down(empty, "base")).current is None
    assert (await migrations.up(empty)).is_current


async def test_clients_that_there_are_are_found_by_their_words_afterwards(empty: Database) -> None:
    await migrations.up(empty, "0015")
    home = company()
    kept = [client(home, f"Siobhán O'Neil {n}", phone=f"+3531{n:08}", email=f"o{n}@example.org") for n in range(1100)]
    async with empty.transaction() as store:
        for one in kept:
            await store.add(ClientRow, one)
    for _ in range(2):
        await migrations.up(empty, "0016")
        reads = SqlCompanyReads(empty)
        for text, count in (("siobhan", 1100), ("oneil 1099", 1), ("o7@example", 1), ("+3531 00000042", 1)):
            page = PageRequest(limit=1, count=True, filters={"search": text})
            assert (await reads.clients(home.id, page)).total == count, text
        await migrations.down(empty)


async def test_going_up_twice_changes_nothing(empty: Database) -> None:
    assert await migrations.up(empty) == await migrations.up(empty)


async def test_two_processes_that_migrate_at_once_do_it_once(
    empty: Database, open_empty: Callable[[], Database]
) -> None:
    other = open_empty()
    first, second = await asyncio.gather(migrations.up(empty), migrations.up(other))
    assert first.is_current
    assert second.is_current
    assert await migrations.check(empty) == []
    await other.close()


@pytest.mark.parametrize(
    "drift",
    [
        ("DROP INDEX ix_ledger_jobs_claim ON ledger_jobs", "DROP INDEX ix_ledger_jobs_claim"),
        ("ALTER TABLE ledger_jobs ADD COLUMN extra INTEGER",) * 2,
        ("DROP TABLE idempotency_claims",) * 2,
        ("CREATE TABLE extra (id INTEGER PRIMARY KEY)",) * 2,
    ],
)
async def test_a_drift_is_found(empty: Database, drift: tuple[str, str]) -> None:
    await migrations.up(empty)
    await change(empty, drift[empty.embedded])
    assert len(await migrations.check(empty)) >= 1


@pytest.mark.parametrize(
    "drift",
    [
        "MODIFY worker VARCHAR(120) COLLATE utf8mb4_bin",
        "MODIFY error VARCHAR(400) COLLATE utf8mb4_bin",
        "MODIFY error VARCHAR(500) COLLATE utf8mb4_general_ci",
        "MODIFY run_at DATETIME NOT NULL",
        "MODIFY finished_at DATETIME(6) NOT NULL",
        "MODIFY priority BIGINT NOT NULL",
        "MODIFY payload TEXT COLLATE utf8mb4_bin NOT NULL",
    ],
)
async def test_a_changed_column_is_found(mariadb: MariaDB, mariadb_database: str, drift: str) -> None:
    database = on_server(mariadb, mariadb_database)
    await migrations.up(database)
    await change(database, f"ALTER TABLE ledger_jobs {drift}")
    assert len(await migrations.check(database)) == 1
    await database.close()


async def test_migrating_holds_no_connection_and_leaves_the_time_limits_of_requests(
    mariadb: MariaDB, mariadb_database: str
) -> None:
    database = on_server(mariadb, mariadb_database, pool_size=1)
    await migrations.up(database)
    async with database.reading() as store:
        assert await store.scalar(sa.text("SELECT @@max_statement_time")) == 5
        assert await store.scalar(sa.text("SELECT IS_USED_LOCK('asperguide migrations')")) is None
    await database.close()


async def test_rows_that_would_refer_to_nothing_stop_the_migration_of_a_file(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "asperguide.sqlite3")
    await change(
        database,
        "PRAGMA foreign_keys = OFF",
        "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES child (id))",
        "INSERT INTO child VALUES (1, 99)",
    )
    with pytest.raises(RuntimeError, match="child"):
        await migrations.up(database)
    assert (await migrations.status(database)).current is None
    await database.close()


async def test_a_revision_that_fails_leaves_a_file_as_it_was(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "asperguide.sqlite3")
    await change(database, "CREATE TABLE ledger_jobs (id INTEGER PRIMARY KEY)")
    with pytest.raises(sa.exc.OperationalError):
        await migrations.up(database)
    assert (await migrations.status(database)).current is None
    async with database.reading() as store:
        names = sa.text("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert (await store.execute(names)).scalars().all() == ["ledger_jobs"]
    await database.close()


async def test_the_status_of_no_database_is_unavailable() -> None:
    database = on_server(MariaDB(port=1), "nothing")
    with pytest.raises(DatabaseUnavailable):
        await migrations.status(database)


async def test_a_database_ahead_of_the_program_is_told_apart(empty: Database) -> None:
    await migrations.up(empty)
    await change(empty, "UPDATE alembic_version SET version_num = '9999'")
    status = await migrations.status(empty)
    assert (status.is_current, status.is_ahead) == (False, True)


async def test_the_status_needs_no_alembic(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "asperguide.sqlite3")
    await migrations.up(database)
    await database.close()
    command = [sys.executable, "-c", LOADED, str(tmp_path / "asperguide.sqlite3")]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


INSTANTS = ("due_at", "nearing_at", "last_day_at", "ends_at")
NOTICES = sa.table(
    "project_notices", sa.column("project", Uuid()), sa.column("company", Uuid()), sa.column("stage", sa.String()),
    *(sa.column(name, UtcDateTime()) for name in INSTANTS),
)  # fmt: skip
JOBS = sa.table(
    "ledger_jobs", sa.column("id", Uuid()), sa.column("run_at", UtcDateTime()), sa.column("created_at", UtcDateTime()),
    sa.column("kind", KeyText(160)), sa.column("queue", KeyText(40)),
    *map(sa.column, ("payload", "priority", "state", "attempts", "max_attempts", "fence")),
)  # fmt: skip
"""As they were when the revision was written."""


async def test_what_is_said_next_of_a_project_takes_the_place_of_its_beginning(empty: Database) -> None:
    def at(day: int | None) -> datetime | None:
        return None if day is None else datetime(2031, 1, day, 1, 2, 3, 4, UTC)

    def notice(n: int, stage: str, *days: int | None) -> dict[str, Any]:
        instants = dict(zip(INSTANTS, map(at, days), strict=True))
        return {"project": UUID(int=n), "company": UUID(int=99), "stage": stage, **instants}

    def job(n: int, kind: str, state: str) -> dict[str, Any]:
        numbers = {"priority": 0, "attempts": 0, "max_attempts": 20, "fence": 0}
        when = {"run_at": at(1), "created_at": at(1)}
        return {"id": UUID(int=n), "kind": kind, "state": state, "queue": "default", "payload": "{}", **numbers, **when}

    told = [notice(6, "nearing", 20, 20, 26, 27), notice(7, "ended", None, 20, 26, 27)]
    before = [
        notice(1, "begins", 1, 20, 26, 27), notice(2, "begins", 1, None, 26, 27),
        notice(3, "begins", 1, None, None, 27), notice(4, "begins", 1, None, None, None),
        notice(5, "begins", None, None, None, None), *told,
    ]  # fmt: skip
    after = [
        notice(1, "nearing", 20, 20, 26, 27), notice(2, "last_day", 26, None, 26, 27),
        notice(3, "ended", 27, None, None, 27), *told,
    ]  # fmt: skip
    kinds = ("projects.project-changed", "projects.project-ending")
    jobs = [job(2 * n + m, kind, state) for n, kind in enumerate(kinds) for m, state in enumerate(("waiting", "done"))]

    async def found(table: sa.TableClause, order: str) -> list[dict[str, Any]]:
        async with empty.reading() as store:
            rows = await store.execute(sa.select(table).order_by(table.c[order]))
            return [dict(row._mapping) for row in rows]

    await migrations.up(empty, "0014")
    async with empty.writing() as store:
        await store.execute(sa.insert(NOTICES), before)
        await store.execute(sa.insert(JOBS), jobs)
    for step in (migrations.up, migrations.down, migrations.up):
        await step(empty, "0014" if step is migrations.down else "0015")
        assert await found(NOTICES, "project") == after
        assert await found(JOBS, "id") == jobs[1:]


@pytest.mark.parametrize("dialect", ["mysql", "sqlite"])
def test_the_statements_can_be_had_without_a_database(dialect: str) -> None:
    text = migrations.sql(dialect)
    for table in migrations.metadata().tables:
        assert f"CREATE TABLE {table}" in text
    assert f"'{REVISIONS[-1]}'" in text


async def test_the_next_revision_is_written_from_the_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for path in migrations.folder().rglob("*"):
        if path.suffix in (".py", ".mako"):
            (folder / path.relative_to(migrations.folder())).write_text(path.read_text())
    monkeypatch.setattr(migrations, "folder", lambda: folder)
    database = open_sqlite(tmp_path / "asperguide.sqlite3")
    await migrations.up(database)
    await change(database, "DROP TABLE idempotency_claims", "ALTER TABLE ledger_jobs DROP COLUMN worker")
    written = await migrations.new(database, "bring it back")
    assert written.name == f"{int(REVISIONS[-1]) + 1:04}_bring_it_back.py"
    assert "types.KeyText(120)" in written.read_text()
    assert (await migrations.up(database)).current == f"{int(REVISIONS[-1]) + 1:04}"
    assert await migrations.check(database) == []
    assert (await migrations.down(database)).current == REVISIONS[-1]
    await database.close()
