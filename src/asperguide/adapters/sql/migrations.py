"""The history of the schema: one for every dialect, in numbered revisions, changed by one process at a time."""

import contextlib
import importlib
import io
import pkgutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncConnection

from asperguide.adapters import sql as package
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.failures import RETRY_AFTER
from asperguide.adapters.sql.rows import OPTIONS, Row
from asperguide.adapters.sql.store import Store, run
from asperguide.adapters.sql.types import EnumText, JsonValue, KeyBytes, KeyText
from asperguide.shared.errors import DatabaseUnavailable, Unavailable

R = TypeVar("R")

LOCK_SECONDS = 60
NO_SUCH_TABLE = 1146
RESTORING = "restoring"
"""The revision of a server's database into which a backup is being read; it stays when that was cut off."""
# Alembic and advanced-alchemy are imported where they are used: a start on a current schema does without.


class SchemaOutdated(Unavailable, code=50303):
    """The database was made for another version of the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a database stands in the history: numbers of revisions, None for an empty database."""

    current: str | None
    head: str

    @property
    def is_current(self) -> bool:
        """Whether nothing is to be done."""
        return self.current == self.head

    @property
    def is_ahead(self) -> bool:
        """Whether a newer version of the program migrated this database."""
        return self.current is not None and self.current > self.head and not self.is_incomplete

    @property
    def is_incomplete(self) -> bool:
        """Whether a backup was read into it and the end never came."""
        return self.current == RESTORING


def folder() -> Path:
    """Where the revisions are: beside the package in a wheel, at the top of a checkout."""
    shipped = Path(__file__).parents[2] / "migrations"
    return shipped if shipped.is_dir() else Path(__file__).parents[4] / "migrations"


def revisions() -> set[str]:
    """The numbers of all revisions, told by the names of files."""
    return {path.name.partition("_")[0] for path in (folder() / "versions").glob("[0-9]*_*.py")}


def head() -> str:
    """The number of the newest revision."""
    return max(revisions())


def metadata() -> sa.MetaData:
    """Every table that any module of this package declares."""
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return Row.metadata


async def status(database: Database) -> Status:
    """One small query; DatabaseUnavailable when there is no database."""
    async with database.reading() as store:
        return await status_seen_by(store.connection)


async def status_seen_by(connection: AsyncConnection) -> Status:
    """`status` as it is in the transaction of this connection."""
    try:
        current = await Store(connection).scalar(sa.text("SELECT version_num FROM alembic_version"))
    except exc.DBAPIError as error:
        if "no such table" not in str(error.orig) and getattr(error.orig, "args", (0,))[0] != NO_SUCH_TABLE:
            raise
        current = None
    return Status(current=current, head=head())


def demand_current(status: Status) -> str:
    """The revision, which is that of this program. Raises SchemaOutdated, which says what to do."""
    if status.is_incomplete:
        raise SchemaOutdated(
            "A restore into this database was cut off: run `asperguide restore` again, with the file or with --undo."
        )
    if status.is_ahead:
        raise SchemaOutdated(
            f"The database is at {status.current}, this program knows {status.head}: update the program."
        )
    if not status.is_current:
        raise SchemaOutdated(f"The database is behind this program. Run: asperguide migrate up (to {status.head})")
    return status.head


async def _demand_known(database: Database) -> None:
    found = await status(database)
    if found.is_incomplete or found.is_ahead:
        demand_current(found)


async def current_is_head(database: Database) -> bool:
    """Whether the schema is the one that this program was written for."""
    return (await status(database)).is_current


async def up(database: Database, revision: str = "head") -> Status:
    """Apply what is missing up to the revision. Safe to start twice at once: the second waits and finds it done.

    Raises SchemaOutdated for a database of which this program does not know where it stands.
    """
    await _demand_known(database)
    async with alone(database) as connection:
        await upgrade(connection, revision)
    return await status(database)


async def upgrade(connection: AsyncConnection, revision: str = "head", version_table: str = "alembic_version") -> None:
    """Apply what is missing up to the revision on a connection that is `alone`; it is noted in `version_table`."""
    from alembic import command

    await _with_alembic(connection, lambda config: command.upgrade(config, revision), version_table)


async def down(database: Database, revision: str = "-1") -> Status:
    """Take back what is newer than the revision; what only newer tables and columns held is lost.

    Raises SchemaOutdated like `up`.
    """
    from alembic import command

    await _demand_known(database)
    async with alone(database) as connection:
        await _with_alembic(connection, lambda config: command.downgrade(config, revision))
    return await status(database)


async def new(database: Database, message: str) -> Path:
    """Write the next revision from the difference between this database, migrated to head, and the row classes."""
    from alembic import command

    await _demand_known(database)
    number = f"{int(head()) + 1:04}"
    async with alone(database) as connection:
        await _with_alembic(
            connection, lambda config: command.revision(config, message, autogenerate=True, rev_id=number)
        )
    path = next((folder() / "versions").glob(f"{number}_*.py"))
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if "# ### " not in line))
    return path


async def check(database: Database) -> list[str]:
    """Every way in which the database differs from the row classes, as text; empty when there is no drift."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def compare(connection: sa.Connection) -> list[str]:
        options = {"compare_type": differs, "render_as_batch": True}
        context = MigrationContext.configure(connection, opts=options)
        found = [repr(difference) for difference in compare_metadata(context, metadata())]
        return found + _collated_otherwise(connection)

    async with alone(database) as connection:
        return await connection.run_sync(compare)


def sql(dialect: str, revision: str = "head") -> str:
    """The statements that bring an empty database to the revision, to be run by somebody else.

    `dialect` is mysql, mariadb, which is the same, or sqlite.
    """
    from alembic import command

    written = io.StringIO()
    nowhere = sa.create_engine("sqlite://" if dialect == "sqlite" else "mysql+pymysql://")
    command.upgrade(_config(nowhere, written), revision, sql=True)
    return written.getvalue()


def rendered(kind: sa.types.TypeEngine[Any]) -> str:
    """How a revision writes one of our column types."""
    if isinstance(kind, KeyText | KeyBytes):
        return f"types.{type(kind).__name__}({kind.length})"
    if isinstance(kind, EnumText):
        return f"sa.String({kind.impl_instance.length})"  # type: ignore[attr-defined]
    if isinstance(kind, JsonValue):
        return "types.LongText()"
    return f"types.{type(kind).__name__}()"


def differs(context: Any, found: Any, declared: Any, found_type: Any, declared_type: Any) -> bool:
    """Whether a column is stored otherwise than its row class says, both written in the words of the dialect."""
    return _stored(found_type, context.dialect) != _stored(declared_type, context.dialect)


def _stored(kind: Any, dialect: sa.Dialect) -> str:
    """The type without what a server adds by itself: display widths, and the collation that its table says."""
    words = str(kind.dialect_impl(dialect).compile(dialect=dialect)).upper()
    words = words.replace("BOOLEAN", "BOOL").replace("TINYINT(1)", "BOOL").replace("DECIMAL", "NUMERIC")
    name, _, rest = words.partition("(")
    if name in ("INTEGER", "BIGINT", "SMALLINT"):
        return name
    return (name + "(" + rest if rest else name).split(" CHARACTER SET ")[0].split(" COLLATE ")[0]


def _collated_otherwise(connection: sa.Connection) -> list[str]:
    """Text that the server compares otherwise than byte by byte, whatever its own default was."""
    if connection.dialect.name != "mysql":
        return []
    statement = sa.text(
        "SELECT table_name, column_name, collation_name FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND collation_name <> :expected AND table_name <> 'alembic_version'"
    )
    wrong = connection.execute(statement, {"expected": OPTIONS["mysql_collate"]})
    return [f"{table}.{column} is collated {collation}" for table, column, collation in wrong]


async def _with_alembic(
    connection: AsyncConnection, work: Callable[[Any], R], version_table: str = "alembic_version"
) -> R:
    def do(sync: sa.Connection) -> R:
        config = _config(sync.engine, io.StringIO(), version_table)
        config.attributes["connection"] = sync
        return work(config)

    return await connection.run_sync(do)


def _config(engine: sa.Engine, output: io.StringIO, version_table: str = "alembic_version") -> Any:
    from argparse import Namespace

    from advanced_alchemy.alembic.commands import AlembicCommandConfig

    quiet = Namespace(quiet=True)
    config = AlembicCommandConfig(engine, version_table, stdout=output, output_buffer=output, cmd_opts=quiet)
    config.set_main_option("script_location", str(folder()))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


@contextlib.asynccontextmanager
async def alone(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection that nobody else migrates beside, without the time limits of requests; closed at the end."""
    async with database.engine.connect() as connection:
        locked = _alone_in_file if database.embedded else _alone_on_server
        try:
            async with locked(connection):
                yield connection
        finally:
            await connection.invalidate()


@contextlib.asynccontextmanager
async def _alone_in_file(connection: AsyncConnection) -> AsyncIterator[None]:
    """SQLite makes a table anew to change it, which rows that refer to it must not notice."""
    await run(connection, f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}")
    await run(connection, "PRAGMA foreign_keys = OFF")
    await connection.exec_driver_sql("BEGIN EXCLUSIVE")
    yield
    dangling = (await run(connection, "PRAGMA foreign_key_check")).first()
    if dangling is not None:
        raise RuntimeError(f"a row of {dangling[0]} refers to nothing after the migration; nothing was changed")
    await run(connection, "COMMIT")


@contextlib.asynccontextmanager
async def _alone_on_server(connection: AsyncConnection) -> AsyncIterator[None]:
    """A named lock of the server; it ends with the connection."""
    if "mariadb" in str((await run(connection, "SELECT VERSION()")).scalar()).lower():
        await run(connection, "SET SESSION max_statement_time = 0")
    lock = sa.text("SELECT GET_LOCK(CONCAT('asperguide migrations ', LEFT(DATABASE(), 40)), :seconds)")
    if (await connection.execute(lock, {"seconds": LOCK_SECONDS})).scalar() != 1:
        raise DatabaseUnavailable("Somebody else is migrating this database.", retry_after=RETRY_AFTER)
    yield
