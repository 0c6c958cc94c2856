"""What a database error means: a fact of the domain, "no database right now", or a defect of ours."""

import functools
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import exc

from asperguide.adapters.sql.rows import Row
from asperguide.shared.errors import DatabaseUnavailable, DomainError

RETRY_AFTER = timedelta(seconds=2)

# Deadlock, lock wait timeout, record changed since the snapshot.
LOST = frozenset({1213, 1205, 1020})
# Too many connections, access denied, unknown database, shutting down, host blocked, out of resources, query
# interrupted, user limits, read-only server, statement over its time limit (MariaDB, MySQL), killed, connection errors.
GONE = frozenset(
    {1040, 1041, 1044, 1045, 1049, 1053, 1129, 1130, 1203, 1226, 1290, 1317, 1836, 1927, 1969, 3024, 4031}
) | frozenset(range(2000, 2030))
# No room or no memory: error writing a file, disk full, error on write, the storage engine's own, out of memory, table
# is full.
FULL = frozenset({3, 1021, 1026, 1030, 1037, 1038, 1114})
# The value that was refused is quoted in front of the name and may say anything, so the last name is the one.
VIOLATED = re.compile(
    r"UNIQUE constraint failed: (?P<columns>.+)$|.* for key '(?:[^'.]*\.)?(?P<name>[^'.]+)'$", re.DOTALL
)
CHANGED = re.compile(r"\s*(?:INSERT INTO|UPDATE) `?(?P<table>\w+)")
GONE_SQLITE = (
    "locked",
    "unable to open",
    "disk i/o error",
    "disk is full",
    "readonly database",
    "no active connection",
)


class TransactionLost(DatabaseUnavailable, code=50302):
    """Too many changes met each other at once. Try again."""


def translated(error: Exception) -> Exception:
    """The error to raise instead: a domain error, or the given one when it is a defect."""
    if isinstance(error, exc.IntegrityError):
        return _violated(_words(error), error.statement or "") or error
    if isinstance(error, exc.DBAPIError):
        code = error.orig.args[0] if error.orig is not None and error.orig.args else None
        if code in LOST:
            return TransactionLost(retry_after=RETRY_AFTER)
        if error.connection_invalidated or code in GONE | FULL or _sqlite_is_gone(_words(error)):
            return DatabaseUnavailable(retry_after=RETRY_AFTER)
    if isinstance(error, exc.TimeoutError | exc.PendingRollbackError | TimeoutError | OSError):
        return DatabaseUnavailable(retry_after=RETRY_AFTER)
    return error


def _words(error: exc.DBAPIError) -> str:
    """What the database said, without the code that MySQL puts in front."""
    return str(error.orig.args[-1]) if error.orig is not None and error.orig.args else ""


def _sqlite_is_gone(message: str) -> bool:
    lowered = message.lower()
    return any(words in lowered for words in GONE_SQLITE)


def _violated(message: str, statement: str) -> DomainError | None:
    """The declared error for a unique violation, told by the constraint's name (MySQL) or its columns (SQLite).

    MySQL calls every primary key the same: whose it is, the statement tells.
    """
    found = VIOLATED.search(message)
    if found is None:
        return None
    violated = found["columns"] or found["name"]
    if violated == "PRIMARY" and (changed := CHANGED.match(statement)):
        violated = f"pk_{changed['table']}"
    error = _declared(len(Row.registry.mappers)).get(violated)
    return error() if error else None


@functools.cache
def _declared(_: int) -> Mapping[str, type[DomainError]]:
    """Every declared error by constraint name and by SQLite's list of columns; cached per number of row classes."""
    return {
        key: mapper.class_.__errors__[name]
        for mapper in Row.registry.mappers
        for name, columns in _unique(mapper.class_.__table__)
        for key in (name, columns)
        if name in mapper.class_.__errors__
    }


def _unique(table: sa.Table) -> Iterator[tuple[str, str]]:
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint | sa.PrimaryKeyConstraint):
            yield str(constraint.name), ", ".join(f"{table.name}.{column.name}" for column in constraint.columns)
    for index in table.indexes:
        if index.unique:
            yield str(index.name), ", ".join(f"{table.name}.{column.name}" for column in index.columns)
