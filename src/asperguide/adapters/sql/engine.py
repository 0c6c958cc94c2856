"""Connections: how each kind of database is opened, and how reads and transactions take and return one.

Connections are in autocommit, so that a read costs one round trip; a transaction says BEGIN and COMMIT itself.
"""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextvars import Context
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from asperguide.adapters.measuring import Family, Measured
from asperguide.adapters.sql.failures import RETRY_AFTER, translated
from asperguide.adapters.sql.measures import OPTION, DatabaseMeasures
from asperguide.adapters.sql.sessions import (
    STATEMENT_SECONDS,
    not_for_children,
    prepare_file,
    prepare_session,
    refuse_dead,
    remember_use,
)
from asperguide.adapters.sql.store import Store, run
from asperguide.adapters.tracing import Tracer
from asperguide.shared.errors import DatabaseUnavailable

CONNECT_SECONDS = 3.0
POOL_SECONDS = 2.0
RECYCLE_SECONDS = 1800
SLOW_SECONDS = 0.2


class Database(Measured):
    """One database and its pool. Every way to a connection raises DatabaseUnavailable when there is none to be had."""

    def __init__(self, engine: AsyncEngine, measures: DatabaseMeasures | None = None) -> None:
        self.engine = engine
        self.embedded = engine.dialect.name == "sqlite"
        # SQLite lets one connection write: writers of this process queue in order here instead of polling the file.
        self._turn = asyncio.Lock() if self.embedded else None
        self._background: set[asyncio.Task[None]] = set()
        self._measures = measures or DatabaseMeasures(engine)
        engine.sync_engine.update_execution_options(**{OPTION: self._measures})

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[Store]:
        """Statements outside of any transaction, each seeing what is committed."""
        connection = await self._connect()
        try:
            yield Store(connection)
        finally:
            await connection.close()

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[Store]:
        """Single statements that change something, each permanent at once."""
        await self._take_turn()
        try:
            async with self.reading() as store:
                yield store
        finally:
            self._pass_turn()

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Store]:
        """All or nothing: committed when left normally, undone when left by an error."""
        transaction = Transaction(self)
        store = await transaction.begin()
        try:
            yield store
            await transaction.commit()
        finally:
            await transaction.close()

    def measure(self) -> Iterator[Family]:
        """Its pool and its statements."""
        return self._measures.measure()

    def in_background(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Work that goes on when nobody waits for it any more; `close` waits. It carries nobody's trace."""
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def close(self) -> None:
        """Close every connection; the database can be used again afterwards.

        Those in use are waited for, and so is work in the background: one that came back later would never be closed.
        """
        pool = self.engine.pool
        assert isinstance(pool, QueuePool)
        last = time.monotonic() + STATEMENT_SECONDS
        # The pool has no event for this.
        while (self._background or pool.checkedout()) and time.monotonic() < last:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        await self.engine.dispose()

    async def _connect(self) -> AsyncConnection:
        self._measures.wanted()
        try:
            return await self.engine.connect()
        except InvalidRequestError as error:
            # The pool has given up making a connection that lives.
            raise DatabaseUnavailable(retry_after=RETRY_AFTER) from error
        except Exception as error:
            self._measures.refused(error)
            if (meaning := translated(error)) is not error:
                raise meaning from error
            raise

    async def _take_turn(self) -> None:
        if self._turn is None:
            return
        try:
            async with asyncio.timeout(STATEMENT_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise DatabaseUnavailable(retry_after=RETRY_AFTER) from None

    def _pass_turn(self) -> None:
        if self._turn is not None:
            self._turn.release()


class Transaction:
    """BEGIN to COMMIT or ROLLBACK on one connection, which is back in the pool, clean, however it ends."""

    __slots__ = ("_connection", "_database", "_has_turn", "_open")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: AsyncConnection | None = None
        self._has_turn = False
        self._open = False

    async def begin(self) -> Store:
        """Take a connection and begin; on SQLite also the right to write, so that it never has to be upgraded to."""
        await self._database._take_turn()
        self._has_turn = True
        try:
            self._connection = await self._database._connect()
            await run(self._connection, "BEGIN IMMEDIATE" if self._database.embedded else "BEGIN")
            self._open = True
        except BaseException:
            await self.close()
            raise
        return Store(self._connection)

    async def commit(self) -> None:
        """Make it permanent. DatabaseUnavailable when the answer was lost: then nobody knows whether it is."""
        assert self._connection is not None
        await run(self._connection, "COMMIT")
        self._open = False

    async def close(self) -> None:
        """Undo what was not committed and give everything back. A connection that cannot be cleaned is closed."""
        connection, self._connection = self._connection, None
        try:
            if connection is not None and self._open:
                await self._undo(connection)
            if connection is not None:
                await connection.close()
        finally:
            self._open = False
            if self._has_turn:
                self._has_turn = False
                self._database._pass_turn()

    async def _undo(self, connection: AsyncConnection) -> None:
        """ROLLBACK; a connection that is gone has been rolled back by the server."""
        if connection.closed or connection.invalidated:
            return
        try:
            await run(connection, "ROLLBACK")
        except BaseException as error:
            if not connection.invalidated:
                await connection.invalidate()
            await connection.close()
            if not isinstance(error, Exception):
                raise


def open_sqlite(path: Path, *, slow: float = SLOW_SECONDS, tracer: Tracer | None = None) -> Database:
    """The embedded database in this file, made readable by its owner only when it is not there yet.

    Statements that take longer than `slow` seconds are logged, and all are told to the tracer.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    url = URL.create("sqlite+aiosqlite", database=str(path))
    engine = _engine(url, slow, pool_size=5, pool_timeout=STATEMENT_SECONDS)
    event.listen(engine.sync_engine, "connect", prepare_file)
    return _database(engine, tracer)


def open_mysql(
    *,
    host: str,
    port: int,
    username: str,
    password: str,
    database: str,
    pool_size: int = 10,
    tls: ssl.SSLContext | None = None,
    slow: float = SLOW_SECONDS,
    tracer: Tracer | None = None,
) -> Database:
    """A database on a MySQL or MariaDB server. Nothing is sent before the first use.

    Statements that take longer than `slow` seconds are logged, and all are told to the tracer.
    """
    # Its driver brings 8 MiB, which an embedded database has no use for.
    from asperguide.adapters.sql.driver import aiomysql

    async def connect(**options: Any) -> Any:
        # The driver's own timeout ends with the TCP handshake; a server that accepts and says nothing counts as well.
        # Not `wait_for`, which before Python 3.12 forgets that it was cancelled while the connection became ready.
        async with asyncio.timeout(CONNECT_SECONDS):
            connection = await aiomysql.connect(**options)
        not_for_children(connection)
        return connection

    url = URL.create("mysql+aiomysql", username, password, host, port, database, query={"charset": "utf8mb4"})
    options = {"async_creator_fn": connect, "autocommit": True, "local_infile": False, "ssl": tls}
    engine = _engine(
        url, slow, pool_size=pool_size, pool_timeout=POOL_SECONDS, pool_recycle=RECYCLE_SECONDS, connect_args=options
    )
    event.listen(engine.sync_engine, "connect", prepare_session)
    event.listen(engine.sync_engine, "checkout", refuse_dead)
    event.listen(engine.sync_engine, "checkin", remember_use)
    return _database(engine, tracer)


def _database(engine: AsyncEngine, tracer: Tracer | None) -> Database:
    if tracer is None:
        return Database(engine)
    from asperguide.adapters.sql.tracing import TracedStatements

    return Database(engine, TracedStatements(engine, tracer))


def _engine(url: URL, slow: float, **options: Any) -> AsyncEngine:
    return create_async_engine(
        url,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        pool_reset_on_return=None,
        pool_use_lifo=True,
        max_overflow=0,
        hide_parameters=True,
        execution_options={"slow_seconds": slow},
        **options,
    )
