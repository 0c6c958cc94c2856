"""Databases that are slow, busy, gone or back again, and callers that lose patience with them."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import aiomysql  # type: ignore[import-untyped]
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from asperguide.adapters.sql.engine import Database, open_mysql, open_sqlite
from asperguide.adapters.sql.failures import TransactionLost
from asperguide.adapters.sql.probe import SqlProbe
from asperguide.adapters.sql.retrying import retrying
from asperguide.adapters.sql.sessions import prepare_file
from asperguide.adapters.system import SystemIds
from asperguide.shared.errors import DatabaseUnavailable
from asperguide.testing import MovableClock
from tests.contract.conftest import create_tables, on_server
from tests.contract.notes import Note, NoteRow, NoteWritten, note, sql_notebook
from tests.servers import MariaDB, eventually, wait_until

ONE = sa.text("SELECT 1")


@contextlib.contextmanager
def statements(database: Database, on_each: Callable[[int], None] = lambda _: None) -> Iterator[list[str]]:
    """What is sent to the database meanwhile; `on_each` gets the number of each statement before it is sent."""
    sent: list[str] = []

    def listen(_1: object, _2: object, statement: str, *_: object) -> None:
        sent.append(statement)
        on_each(len(sent))

    event.listen(database.engine.sync_engine, "before_cursor_execute", listen)
    yield sent
    event.remove(database.engine.sync_engine, "before_cursor_execute", listen)


def checked_out(database: Database) -> int:
    return int(database.engine.pool.checkedout())  # type: ignore[attr-defined]


async def test_a_read_is_one_statement(database: Database) -> None:
    with statements(database) as sent:
        async with database.reading() as store:
            await store.get(NoteRow, Note, UUID(int=1))
    assert len(sent) == 1


async def test_a_write_is_its_inserts_and_one_for_all_messages(database: Database, clock: MovableClock) -> None:
    notebook, written = sql_notebook(database, clock), note()
    with statements(database) as sent:
        await notebook.write(written, NoteWritten(note=written.id), NoteWritten(note=written.id))
    assert [statement.split()[0] for statement in sent] == ["BEGIN", "INSERT", "INSERT", "COMMIT"]


@pytest.mark.parametrize("at", [1, 2, 3, 4])
async def test_cancelled_at_any_statement_it_is_all_or_nothing_and_the_pool_is_whole(
    database: Database, clock: MovableClock, at: int
) -> None:
    notebook, written = sql_notebook(database, clock), note()
    writing = asyncio.create_task(notebook.write(written, NoteWritten(note=written.id)))
    with statements(database, lambda number: writing.cancel() and None if number == at else None) as sent:
        with pytest.raises(asyncio.CancelledError):
            await writing
        await eventually(lambda: checked_out(database) == 0)
    assert len(sent) >= at
    kept = await asyncio.wait_for(notebook.read(written.id), 4)
    assert kept == (written if at == 4 else None)
    assert len(await notebook.claim_all()) == (1 if at == 4 else 0)
    await asyncio.wait_for(notebook.write(note("next")), 4)


async def test_cancelled_while_it_commits_it_still_purges_and_rings(database: Database, clock: MovableClock) -> None:
    notebook, old = sql_notebook(database, clock), note()
    await notebook.write(old)

    async def edit() -> None:
        async with notebook.begin() as work:
            await work.notes.save(old)
            work.announce(NoteWritten(note=old.id))
            await work.commit()

    editing = asyncio.create_task(edit())
    with statements(database, lambda number: editing.cancel() and None if number == 4 else None):
        with pytest.raises(asyncio.CancelledError):
            await editing
        await eventually(lambda: notebook.purged == [{f"note:{old.id}": 2}] and notebook.doorbell.rings == 1)


async def test_writers_of_the_embedded_database_are_served_in_their_order(tmp_path: Path, clock: MovableClock) -> None:
    database = open_sqlite(tmp_path / "asperguide.sqlite3")
    await create_tables(database)
    notebook, served = sql_notebook(database, clock), list[int]()

    async def write(number: int) -> None:
        await notebook.write(note(str(number)))
        served.append(number)

    await asyncio.gather(*(write(number) for number in range(30)))
    assert served == list(range(30))
    await database.close()


# aiosqlite drops, unclosed, what it opened for somebody who went away meanwhile: that closes the file.
@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
async def test_many_cancelled_writers_leave_no_connection_and_no_turn_behind(
    database: Database, clock: MovableClock
) -> None:
    notebook, ids = sql_notebook(database, clock), SystemIds()
    for round in range(8):
        tasks = [asyncio.create_task(notebook.write(note(f"{round} {n}"))) for n in range(12)]
        for task in tasks:
            for _ in range(ids.secret()[0] % 9):
                await asyncio.sleep(0)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await eventually(lambda: checked_out(database) == 0)
    await asyncio.gather(*(asyncio.wait_for(notebook.write(note(f"after {n}")), 8) for n in range(12)))
    assert checked_out(database) == 0


async def test_a_cancelled_read_leaves_the_pool_whole(server_database: Database) -> None:
    async def sleep() -> None:
        async with server_database.reading() as store:
            await store.execute(sa.text("SELECT SLEEP(4)"))

    for _ in range(15):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sleep(), 0.02)
    async with server_database.reading() as store:
        assert await store.scalar(ONE) == 1
    assert checked_out(server_database) == 0


async def test_whoever_is_cancelled_while_a_connection_becomes_ready_goes_no_further(
    mariadb: MariaDB, server_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, connect, went_on = on_server(mariadb, str(server_database.engine.url.database)), aiomysql.connect, []

    async def connect_and_cancel(**options: object) -> object:
        connection = await connect(**options)
        caller.cancel()
        return connection

    async def read() -> None:
        async with database.reading() as store:
            await store.execute(ONE)
        went_on.append("on")

    monkeypatch.setattr(aiomysql, "connect", connect_and_cancel)
    caller = asyncio.create_task(read())
    await asyncio.wait([caller])
    assert (caller.cancelled(), went_on) == (True, [])
    monkeypatch.undo()
    await read()
    await database.close()


async def test_closing_waits_for_what_others_left_in_the_background(
    mariadb: MariaDB, server_database: Database
) -> None:
    database = on_server(mariadb, str(server_database.engine.url.database), pool_size=3)
    pool = database.engine.pool
    began = asyncio.Event()

    async def write_later() -> None:
        await asyncio.sleep(0.05)
        async with database.writing() as store:
            await store.execute(sa.text("SELECT SLEEP(0.05)"))

    async def read() -> None:
        async with database.reading() as store:
            began.set()
            await store.execute(sa.text("SELECT SLEEP(0.1)"))

    background, reading = database.in_background(write_later()), asyncio.create_task(read())
    await began.wait()
    await database.close()
    assert background.done() and reading.done()
    assert pool is not database.engine.pool and pool.checkedin() == 0  # type: ignore[attr-defined]


async def test_sessions_of_a_server_are_strict_and_in_utc(server_database: Database) -> None:
    names = "@@sql_mode, @@time_zone, @@tx_isolation, @@max_statement_time, @@character_set_connection, @@autocommit"
    async with server_database.reading() as store:
        (row,) = (await store.execute(sa.text(f"SELECT {names}"))).all()
        with pytest.raises(sa.exc.DBAPIError):
            await store.scalar(sa.text("SELECT LOAD_FILE('/etc/passwd') FROM nowhere"))
    assert "STRICT_ALL_TABLES" in row[0]
    assert "ERROR_FOR_DIVISION_BY_ZERO" in row[0]
    assert row[1:] == ("+00:00", "READ-COMMITTED", 5, "utf8mb4", 1)


async def test_a_statement_over_its_limit_is_ended_by_the_server(server_database: Database) -> None:
    async with server_database.reading() as store:
        await store.execute(sa.text("SET SESSION max_statement_time = 0.05"))
        with pytest.raises(DatabaseUnavailable):
            await store.execute(sa.text("SELECT COUNT(*) FROM seq_1_to_1000000 a JOIN seq_1_to_1000000 b"))
        await store.execute(sa.text("SET SESSION max_statement_time = 5"))


async def test_a_deadlock_undoes_one_and_trying_again_does_both(server_database: Database, clock: MovableClock) -> None:
    notebook = sql_notebook(server_database, clock)
    one, two = note("one"), note("two")
    await notebook.write(one)
    await notebook.write(two)
    both_began, lost = asyncio.Barrier(2), []

    async def edit(first: Note, second: Note, text: str) -> None:
        try:
            async with notebook.begin() as work:
                for number, each in enumerate((first, second)):
                    found = await work.notes.get(each.id)
                    await work.notes.save(replace(found, text=found.text + text))
                    if number == 0 and not lost:
                        await both_began.wait()
                await work.commit()
        except TransactionLost:
            lost.append(text)
            raise

    again = retrying(edit, SystemIds())
    await asyncio.gather(again(one, two, "a"), again(two, one, "b"))
    assert len(lost) == 1
    for each in (one, two):
        found = await notebook.read(each.id)
        assert found is not None
        assert sorted(found.text) == ["a", "b"]


async def test_trying_again_ends_after_three_times(clock: MovableClock) -> None:
    tries = []

    async def never() -> None:
        tries.append(1)
        raise TransactionLost

    with pytest.raises(TransactionLost):
        await retrying(never, SystemIds())()
    assert len(tries) == 4


async def test_a_connection_that_dies_before_the_commit_leaves_no_trace(
    server_database: Database, mariadb: MariaDB, clock: MovableClock
) -> None:
    notebook, written = sql_notebook(server_database, clock), note()
    with pytest.raises(DatabaseUnavailable):
        async with notebook.begin() as work:
            await work.notes.add(written)
            mariadb.run(f"KILL {await work.store.scalar(sa.text('SELECT CONNECTION_ID()'))}")
            await work.commit()
    assert await notebook.read(written.id) is None
    assert checked_out(server_database) == 0


async def test_connections_that_the_server_closed_while_idle_fail_nobody(
    server_database: Database, mariadb: MariaDB
) -> None:
    async with server_database.reading() as one, server_database.reading() as two:
        ids = [await store.scalar(sa.text("SELECT CONNECTION_ID()")) for store in (one, two)]
    for id in ids:
        mariadb.run(f"KILL {id}")
    gone = f"SELECT COUNT(*) FROM information_schema.processlist WHERE id IN ({ids[0]}, {ids[1]})"
    wait_until(lambda: mariadb.run(gone) == [(0,)])
    for _ in range(3):
        async with server_database.reading() as store:
            assert await store.scalar(ONE) == 1


async def test_an_exhausted_pool_is_unavailable_and_says_when_to_come_back(
    mariadb: MariaDB, mariadb_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asperguide.adapters.sql.engine.POOL_SECONDS", 0.05)
    database = on_server(mariadb, mariadb_database, pool_size=1)
    async with database.reading() as store:
        await store.scalar(ONE)
        with pytest.raises(DatabaseUnavailable) as refused:
            async with database.reading():
                pass
    assert refused.value.retry_after is not None
    assert timedelta(seconds=1) <= refused.value.retry_after <= timedelta(seconds=5)
    async with database.reading() as store:
        assert await store.scalar(ONE) == 1
    await database.close()


async def test_a_server_that_restarts_is_used_again_without_a_failed_call(own_mariadb: MariaDB) -> None:
    database = on_server(own_mariadb, own_mariadb.create_database())
    async with database.reading() as one, database.reading() as two:
        await one.scalar(ONE)
        await two.scalar(ONE)
    own_mariadb.stop()
    with pytest.raises(DatabaseUnavailable):
        async with database.transaction():
            pass
    with pytest.raises(DatabaseUnavailable):
        await SqlProbe(database).check()
    own_mariadb.start()
    for _ in range(4):
        async with database.transaction() as store:
            assert await store.scalar(ONE) == 1
    assert "MariaDB" in await SqlProbe(database).check()
    await database.close()


async def test_a_server_that_hangs_is_given_up(own_mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch) -> None:
    database = on_server(own_mariadb, own_mariadb.create_database())
    async with database.reading() as store:
        await store.scalar(ONE)
    monkeypatch.setattr("asperguide.adapters.sql.store.PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr("asperguide.adapters.sql.engine.CONNECT_SECONDS", 0.2)
    assert own_mariadb.daemon is not None
    own_mariadb.daemon.freeze()
    try:
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                async with asyncio.timeout(5), database.transaction() as store:
                    await store.scalar(ONE)
    finally:
        own_mariadb.daemon.thaw()
    monkeypatch.undo()
    async with database.reading() as store:
        assert await store.scalar(ONE) == 1
    assert checked_out(database) == 0
    await database.close()


async def test_nobody_listening_is_unavailable() -> None:
    database = open_mysql(host="127.0.0.1", port=1, username="x", password="x", database="x")
    with pytest.raises(DatabaseUnavailable):
        async with database.reading():
            pass


async def test_a_file_that_another_process_writes_to_is_waited_for_and_then_unavailable(
    tmp_path: Path, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "asperguide.sqlite3"
    monkeypatch.setattr(
        "asperguide.adapters.sql.sessions.PRAGMAS", ("PRAGMA busy_timeout = 300", "PRAGMA journal_mode = WAL")
    )
    database = open_sqlite(path)
    await create_tables(database)
    notebook, written = sql_notebook(database, clock), note()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable):
        await notebook.write(written)
    waiting = asyncio.create_task(notebook.write(written))
    await asyncio.sleep(0.05)
    other.execute("ROLLBACK")
    await waiting
    other.close()
    await database.close()


class Contended(sqlite3.Cursor):
    """Of a file that another process is just making: what it is asked first is refused, three times."""

    refusals = 3

    def execute(self, sql: str, *_: object) -> sqlite3.Cursor:  # type: ignore[override]
        if "journal_mode" in sql and self.refusals:
            self.refusals -= 1
            raise sqlite3.OperationalError("database is locked")
        return super().execute(sql)


@pytest.mark.parametrize("refusals", [3, 99])
def test_two_processes_may_make_a_new_file_at_once(
    tmp_path: Path, refusals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Contended, "refusals", refusals)
    with contextlib.closing(sqlite3.connect(tmp_path / "new.sqlite3", isolation_level=None)) as file:
        made = SimpleNamespace(cursor=lambda: Contended(file))
        if refusals == 99:
            with pytest.raises(sqlite3.OperationalError):
                prepare_file(made, None)
        else:
            prepare_file(made, None)
            assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_embedded_file_is_for_its_owner_only_and_survives_a_kill_of_the_process(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "folder" / "asperguide.sqlite3")
    assert (tmp_path / "folder" / "asperguide.sqlite3").stat().st_mode & 0o777 == 0o600

    async def modes() -> tuple[object, ...]:
        async with database.reading() as store:
            return tuple(
                [
                    await store.scalar(sa.text(f"PRAGMA {name}"))
                    for name in ("journal_mode", "synchronous", "foreign_keys")
                ]
            )

    assert asyncio.run(modes()) == ("wal", 1, 1)


async def test_a_probe_names_the_embedded_database(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "asperguide.sqlite3")
    assert (await SqlProbe(database).check()).startswith("SQLite 3.")
    await database.close()
