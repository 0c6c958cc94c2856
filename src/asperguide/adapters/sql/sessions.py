"""What happens to a connection: when it is made, before it is used again, and when it comes back."""

import os
import select
import sqlite3
import sys
import time
from typing import Any
from weakref import WeakSet

from sqlalchemy import exc

STATEMENT_SECONDS = 5
# A connection that was used a moment ago is trusted; one that idled longer is asked with a ping first.
TRUSTED_SECONDS = 30.0

SQL_MODE = ",".join(
    (
        "STRICT_ALL_TABLES",
        "ERROR_FOR_DIVISION_BY_ZERO",
        "NO_ZERO_DATE",
        "NO_ZERO_IN_DATE",
        "NO_ENGINE_SUBSTITUTION",
        "ONLY_FULL_GROUP_BY",
    )
)
# In WAL, NORMAL keeps every commit when the process dies; only a power cut can lose the last ones (docs/adr/0005).
PRAGMAS = (
    f"PRAGMA busy_timeout = {STATEMENT_SECONDS * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)

PAUSES = (0.001, 0.005, 0.02, 0.05, 0.1)


def prepare_file(connection: Any, _: Any) -> None:
    """Readers beside one writer, references enforced, and patience with other processes."""
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        _insist(cursor, pragma)
    cursor.close()


def _insist(cursor: Any, pragma: str) -> None:
    """SQLite's own patience does not cover two processes that make one new file at once."""
    for pause in PAUSES:
        try:
            cursor.execute(pragma)
            return
        except sqlite3.OperationalError:
            time.sleep(pause)
    cursor.execute(pragma)


def prepare_session(connection: Any, record: Any) -> None:
    """Strictness, isolation, UTC and the time limit, in one round trip; the two servers name two of them apart."""
    maria = "mariadb" in connection.driver_connection.server_version.lower()
    isolation = "tx_isolation" if maria else "transaction_isolation"
    limit = f"max_statement_time = {STATEMENT_SECONDS}" if maria else f"max_execution_time = {STATEMENT_SECONDS * 1000}"
    cursor = connection.cursor()
    cursor.execute(
        f"SET SESSION {isolation} = 'READ-COMMITTED', sql_mode = '{SQL_MODE}', time_zone = '+00:00', {limit}, "
        f"innodb_lock_wait_timeout = {STATEMENT_SECONDS}"
    )
    cursor.close()
    record.info["used"] = time.monotonic()


def refuse_dead(connection: Any, record: Any, _: Any) -> None:
    """Replace a connection that the server has closed, seen at no cost, or that no longer answers after idling."""
    driver = connection.driver_connection
    closed = driver.closed or driver._writer.is_closing() or _said_something(driver._writer)
    if not closed and time.monotonic() - record.info.get("used", 0.0) > TRUSTED_SECONDS:
        closed = not _answers(connection)
    if closed:
        driver.close()  # the pool would try to say goodbye first, and log that it could not
        raise exc.DisconnectionError


def _said_something(writer: Any) -> bool:
    """Whether there is something to read although nothing was asked: the end of the stream, or a last word."""
    poll = select.poll()
    poll.register(writer.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _answers(connection: Any) -> bool:
    try:
        connection.ping()
    except Exception:
        return False
    return True


_ours: "WeakSet[Any]" = WeakSet()


def not_for_children(driver: Any) -> None:
    """A process that is forked off lets go of it: the server would keep its transaction while that process lives."""
    _ours.add(driver)


def _let_go() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for driver in _ours:
        if driver._writer is not None and (socket := driver._writer.get_extra_info("socket")).fileno() >= 0:
            os.dup2(nothing, socket.fileno())
    os.close(nothing)


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_let_go)


def remember_use(connection: Any, record: Any) -> None:
    """When it was last known to be well."""
    record.info["used"] = time.monotonic()
