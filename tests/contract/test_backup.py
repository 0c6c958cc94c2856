"""A backup shows one moment, is read by every kind of database, and nothing half is ever taken for whole."""

import contextlib
import gzip
import hashlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from asperguide.adapters.sql import backup, migrations
from asperguide.adapters.sql.archive import Archive, ArchiveDamaged, ArchiveWriter, Footer, Header, Kept, Shape
from asperguide.adapters.sql.backup import CHUNK, RestoreRefused
from asperguide.adapters.sql.engine import Database, open_sqlite
from asperguide.adapters.sql.migrations import SchemaOutdated
from tests.contract.conftest import on_server
from tests.servers import MariaDB

NOON = datetime(2031, 5, 17, 12, tzinfo=UTC)
NAIVE = NOON.replace(tzinfo=None)
MANY = "ledger_jobs"
OBJECTS = (Kept("files/a", 3), Kept("files/b", 2**40))
TABLES = migrations.metadata().tables

# As revision 0001 made it.
FIRST_CLAIMS = Shape(
    name="idempotency_claims",
    columns=(
        ("id", "bytes"),
        ("fingerprint", "bytes"),
        ("fence", "integer"),
        ("leased_until", "instant"),
        ("answer", "bytes"),
        ("expires_at", "instant"),
    ),
)


class Site:
    """A database of some kind, with nothing in it, that can also be reached from outside."""

    def __init__(self, database: Database, execute: Callable[[str], object]) -> None:
        self.database, self.execute = database, execute


@pytest.fixture
def sites(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, str], Site]:
    def sqlite(name: str) -> Site:
        path = tmp_path / f"{name}.sqlite3"

        def execute(statement: str) -> None:
            with contextlib.closing(sqlite3.connect(path)) as connection, connection:
                connection.execute(statement)

        return Site(open_sqlite(path), execute)

    def mariadb(name: str) -> Site:
        server: MariaDB = request.getfixturevalue("mariadb")
        schema = server.create_database()
        request.addfinalizer(lambda: server.drop_database(schema))
        return Site(on_server(server, schema), lambda statement: server.run(statement, schema))

    return lambda kind, name: {"sqlite": sqlite, "mariadb": mariadb}[kind](name)


@pytest.fixture(params=["sqlite", "mariadb"])
async def site(request: pytest.FixtureRequest, sites: Callable[[str, str], Site]) -> AsyncIterator[Site]:
    made = sites(request.param, "site")
    yield made
    await made.database.close()


def values(shape: Shape, number: int) -> tuple[Any, ...]:
    """A row that nothing may change: every column filled, or each that may be empty."""
    columns = TABLES[shape.name].columns
    made = {
        "uuid": UUID(int=number << 64),
        "instant": NOON + timedelta(microseconds=number),
        "date": NOON.date() + timedelta(days=number),
        "key-text": f"Ä{number:04} ",
        "text": f"é😀{number} ",
        "bytes": b"\x00\xff\n" + bytes([number // 256, number % 256]),
        "integer": number,
        "boolean": bool(number % 2),
        "float": number / 3,
    }
    return tuple(None if number % 2 and columns[name].nullable else made[kind] for name, kind in shape.columns)


def written(
    path: Path,
    tables: dict[Shape, list[tuple[Any, ...]]],
    revision: str = "",
    objects: Sequence[Kept] | None = None,
) -> Archive:
    header = Header(
        revision=revision or migrations.head(), program="1", source="test", made_at=NOON, tables=tuple(tables)
    )
    with path.open("wb") as file:
        writer = ArchiveWriter(file, header)
        for shape, rows in tables.items():
            writer.table(shape.name)
            writer.add(rows)
        if objects is not None:
            writer.keep(objects)
        writer.finish()
    return Archive(path)


def everything(path: Path) -> Archive:
    """Rows in every table, in one of them more than are read at a time."""
    counts = {shape: 2 * CHUNK + 1 if shape.name == MANY else 3 for shape in backup.shapes()}
    return written(
        path,
        {shape: [values(shape, number) for number in range(1, count + 1)] for shape, count in counts.items()},
        objects=OBJECTS,
    )


async def load(site: Site, archive: Archive, *, replace: bool = False) -> Footer:
    return await backup.load(site.database, archive, replace=replace, told=lambda _: None)


async def dump(site: Site, path: Path, told: Callable[[int], None] = lambda _: None) -> Archive:
    with path.open("wb") as file:
        await backup.dump(site.database, file, program="1", now=NOON, told=told)
    return Archive(path)


def rows_of(archive: Archive) -> list[tuple[str, tuple[Any, ...]]]:
    return [(shape.name, row) for shape, row in archive]


@pytest.mark.parametrize("kinds", [("sqlite", "mariadb", "mariadb", "sqlite", "sqlite")], ids="-".join)
async def test_everything_goes_round_every_kind_of_database_unchanged(
    sites: Callable[[str, str], Site], tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    archive = everything(tmp_path / "0")
    before = rows_of(archive)
    for number, kind in enumerate(kinds, 1):
        site = sites(kind, str(number))
        assert (await load(site, archive)).rows[MANY] == 2 * CHUNK + 1
        archive = await dump(site, tmp_path / str(number))
        assert rows_of(archive) == before
        assert archive.header.source == ("sqlite" if kind == "sqlite" else "mysql")
        assert await backup.count(site.database) == len(before)
        await site.database.close()


async def test_a_backup_shows_one_moment_while_others_write(site: Site, tmp_path: Path) -> None:
    archive = everything(tmp_path / "before")
    await load(site, archive)
    writes = 0

    def write_meanwhile(_: int) -> None:
        nonlocal writes
        writes += 1
        for statement in (
            f"UPDATE {MANY} SET fence = fence + 1000",
            "UPDATE users SET version = version + 1000",
            "DELETE FROM sessions",
        ):
            site.execute(statement)

    seen = await dump(site, tmp_path / "during", write_meanwhile)
    assert writes > 3
    assert rows_of(seen) == rows_of(archive)
    assert rows_of(await dump(site, tmp_path / "after")) != rows_of(archive)


async def test_an_older_backup_is_migrated_up(site: Site, tmp_path: Path) -> None:
    row = (b"1" * 32, b"2" * 64, 7, NOON, None, NOON)
    await load(site, written(tmp_path / "old", {FIRST_CLAIMS: [row]}, "0001"))
    assert (await migrations.status(site.database)).is_current
    assert await migrations.check(site.database) == []
    (kept,) = [row for name, row in rows_of(await dump(site, tmp_path / "new")) if name == "idempotency_claims"]
    assert kept[:6] == row


async def test_what_a_newer_program_wrote_is_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(RestoreRefused, match="update"):
        await load(site, written(tmp_path / "new", {}, "9999"))
    assert (await migrations.status(site.database)).current is None


async def test_a_database_with_something_in_it_is_replaced_only_when_that_is_said(site: Site, tmp_path: Path) -> None:
    archive = everything(tmp_path / "backup")
    await load(site, archive)
    site.execute("DELETE FROM users")
    with pytest.raises(RestoreRefused, match="--replace"):
        await load(site, archive)
    assert rows_of(await dump(site, tmp_path / "kept")) != rows_of(archive)
    await load(site, archive, replace=True)
    assert rows_of(await dump(site, tmp_path / "replaced")) == rows_of(archive)


async def test_tables_without_rows_are_as_good_as_none(site: Site, tmp_path: Path) -> None:
    await migrations.up(site.database)
    archive = everything(tmp_path / "backup")
    await load(site, archive)
    assert rows_of(await dump(site, tmp_path / "again")) == rows_of(archive)


def users_twice(path: Path) -> Archive:
    """Whole as a file, and against the rules of the tables."""
    users = next(shape for shape in backup.shapes() if shape.name == "users")
    return written(path, {users: [values(users, 1), (UUID(int=99), *values(users, 1)[1:])]})


async def test_what_does_not_fit_leaves_everything_as_it_was(site: Site, tmp_path: Path) -> None:
    archive = everything(tmp_path / "good")
    await load(site, archive)
    shape = Shape(name="../../etc/passwd`; DROP TABLE users", columns=(("id", "integer"),))
    for name, bad in {
        "the same person twice": users_twice(tmp_path / "twice"),
        "a table that nobody has": written(tmp_path / "table", {shape: [(1,)]}),
        "a revision that never was": written(tmp_path / "revision", {}, "0000"),
        "a time without a zone": written(tmp_path / "time", {FIRST_CLAIMS: [(b"1", b"2", 7, NAIVE, None, NOON)]}),
    }.items():
        with pytest.raises(RestoreRefused):
            await load(site, bad, replace=True)
            pytest.fail(f"{name} was taken")
        assert rows_of(await dump(site, tmp_path / "kept")) == rows_of(archive)
        assert await migrations.check(site.database) == []
    await load(site, archive, replace=True)


async def test_what_does_not_fit_leaves_an_empty_database_empty(site: Site, tmp_path: Path) -> None:
    with pytest.raises(RestoreRefused):
        await load(site, users_twice(tmp_path / "twice"))
    assert (await migrations.status(site.database)).current is None
    await migrations.up(site.database)
    assert await migrations.check(site.database) == []


class Killed(BaseException):
    """What nothing in the program hears of."""


@contextlib.contextmanager
def killed(database: Database, at: str, occurrence: int, *, before: bool) -> Iterator[None]:
    """The program dies before or after a statement that begins so: nothing that it says later reaches the server."""
    seen, dead = 0, False

    def reach(*_: Any) -> None:
        if dead:
            raise Killed

    def come(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal seen, dead
        reach()
        seen += (hit := statement.lstrip().startswith(at))
        if before and hit and seen == occurrence:
            dead = True
            raise Killed

    def leave(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal dead
        if statement.lstrip().startswith(at) and seen == occurrence:
            dead = True
            raise Killed

    engine = database.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", come)
    sa.event.listen(engine, "after_cursor_execute", leave)
    try:
        with pytest.raises(Killed):
            yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", come)
        sa.event.remove(engine, "after_cursor_execute", leave)


MOMENTS = [
    ("CREATE TABLE alembic_version_restored", 1, True, False),
    ("RENAME TABLE", 1, True, False),
    ("RENAME TABLE", 1, False, True),
    ("CREATE TABLE users", 1, False, True),
    ("INSERT INTO users", 1, False, True),
    ("RENAME TABLE", 2, True, True),
]


@pytest.mark.parametrize(("at", "occurrence", "before", "cut_off"), MOMENTS)
async def test_a_restore_that_was_killed_on_a_server_can_be_undone_and_done_again(
    sites: Callable[[str, str], Site], tmp_path: Path, at: str, occurrence: int, before: bool, cut_off: bool
) -> None:
    site = sites("mariadb", "site")
    users = next(shape for shape in backup.shapes() if shape.name == "users")
    old = written(tmp_path / "old", {users: [values(users, number) for number in (2, 4)]})
    new = written(tmp_path / "new", {users: [values(users, number) for number in (6, 8, 10)]})
    await load(site, old)
    with killed(site.database, at, occurrence, before=before):
        await load(site, new, replace=True)
    assert (await migrations.status(site.database)).is_incomplete is cut_off
    if cut_off:
        with killed(site.database, "RENAME TABLE", 1, before=True):
            await backup.undo(site.database)
        await backup.undo(site.database)
    assert rows_of(await dump(site, tmp_path / "undone")) == rows_of(old)
    with killed(site.database, at, occurrence, before=before):
        await load(site, new, replace=True)
    await load(site, new, replace=True)
    assert rows_of(await dump(site, tmp_path / "again")) == rows_of(new)
    assert await migrations.check(site.database) == []
    with pytest.raises(RestoreRefused, match="nothing to undo"):
        await backup.undo(site.database)
    await site.database.close()


async def test_a_restore_that_was_killed_at_its_very_end_is_complete(
    sites: Callable[[str, str], Site], tmp_path: Path
) -> None:
    site, archive = sites("mariadb", "site"), everything(tmp_path / "backup")
    await load(site, archive)
    site.execute("DELETE FROM users")
    with killed(site.database, "RENAME TABLE", 2, before=False):
        await load(site, archive, replace=True)
    assert rows_of(await dump(site, tmp_path / "new")) == rows_of(archive)
    assert len(await migrations.check(site.database)) >= len(TABLES), "what is left over is told"
    await load(site, archive, replace=True)
    assert await migrations.check(site.database) == []
    await site.database.close()


async def test_a_database_whose_restore_was_cut_off_says_so_and_takes_it_again(site: Site, tmp_path: Path) -> None:
    archive = everything(tmp_path / "backup")
    await load(site, archive)
    site.execute(f"UPDATE alembic_version SET version_num = '{migrations.RESTORING}'")
    for refused in (migrations.up(site.database), dump(site, tmp_path / "half")):
        with pytest.raises(SchemaOutdated, match="asperguide restore"):
            await refused
    await load(site, archive)
    assert (await migrations.status(site.database)).is_current


def damages(whole: bytes) -> dict[str, bytes]:
    text = gzip.decompress(whole)
    lines = text.splitlines(keepends=True)
    edited = text.replace("é😀2 ".encode(), "é😀3 ".encode(), 1)
    assert edited != text
    return {
        "nothing": b"",
        "no archive": b"PK\x03\x04 something else",
        "half": whole[: len(whole) // 2],
        "without its last byte": whole[:-1],
        "a flipped bit": whole[:3000] + bytes([whole[3000] ^ 4]) + whole[3001:],
        "an edited value": gzip.compress(edited),
        "without its last row": gzip.compress(b"".join([*lines[:-5], *lines[-4:]])),
        "without its end": gzip.compress(b"".join(lines[:-1])),
        "with more behind": gzip.compress(text + lines[-2]),
        "of another format": gzip.compress(text.replace(b"asperguide-backup", b"something-else", 1)),
        "without its last object": gzip.compress(b"".join([*lines[:-2], lines[-1]])),
        "an edited object": gzip.compress(text.replace(b'["files/a",3]', b'["files/a",4]', 1)),
        "of a later version": gzip.compress(text.replace(b'"version":2,', b'"version":3,', 1)),
        "of a kind of value that nobody knows": gzip.compress(text.replace(b'"uuid"', b'"ulid"', 1)),
    }


def test_a_damaged_archive_is_never_taken_for_whole(tmp_path: Path) -> None:
    everything(tmp_path / "whole").check()
    for name, content in damages((tmp_path / "whole").read_bytes()).items():
        (tmp_path / "damaged").write_bytes(content)
        with pytest.raises(ArchiveDamaged):
            Archive(tmp_path / "damaged").check()
            pytest.fail(f"{name} was taken for whole")


def test_a_later_format_is_named_however_it_looks(tmp_path: Path) -> None:
    (tmp_path / "later").write_bytes(gzip.compress(b'{"format":"asperguide-backup","version":3,"tables":"none"}\n'))
    with pytest.raises(ArchiveDamaged, match="version 3"):
        Archive(tmp_path / "later")


def test_objects_are_listed_behind_the_rows_and_counted(tmp_path: Path) -> None:
    archive = everything(tmp_path / "whole")
    assert (archive.check().objects, tuple(archive.objects())) == (2, OBJECTS)
    assert all(shape.name in TABLES for shape, _ in archive)
    for name, objects, count in (("nobody looked", None, None), ("there are none", (), 0)):
        archive = written(tmp_path / name, {FIRST_CLAIMS: []}, objects=objects)
        assert (archive.check().objects, list(archive.objects())) == (count, []), name


def test_an_archive_of_the_first_format_is_read(tmp_path: Path) -> None:
    lines = gzip.decompress((written(tmp_path / "new", {FIRST_CLAIMS: []})).path.read_bytes()).splitlines(keepends=True)
    lines[0] = lines[0].replace(b'"version":2,', b'"version":1,')
    digest = hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    footer = f'{{"rows":{{"{FIRST_CLAIMS.name}":0}},"sha256":"{digest}"}}\n'.encode()
    (tmp_path / "old").write_bytes(gzip.compress(b"".join([*lines[:-1], footer])))
    assert Archive(tmp_path / "old").check().objects is None


async def test_a_damaged_archive_changes_nothing(site: Site, tmp_path: Path) -> None:
    archive = everything(tmp_path / "whole")
    await load(site, archive)
    (tmp_path / "damaged").write_bytes(damages((tmp_path / "whole").read_bytes())["an edited value"])
    with pytest.raises(ArchiveDamaged):
        await load(site, Archive(tmp_path / "damaged"), replace=True)
    assert rows_of(await dump(site, tmp_path / "kept")) == rows_of(archive)


def test_a_column_of_an_unknown_type_is_refused() -> None:
    with pytest.raises(TypeError, match="price"):
        backup.kind_of(sa.Column("price", sa.Numeric()))
