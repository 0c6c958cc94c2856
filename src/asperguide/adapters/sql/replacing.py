"""Something new in the place of everything in a server's database, although no transaction makes tables there.

What is there gets other names, stays until the new is whole, and gets its names back when that fails. Each of the two
turning points is one RENAME TABLE, which the server does wholly or not at all; in between the database has no revision
but `restoring`, on which no process starts.
"""

import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from asperguide.adapters.sql import migrations

VERSION = "alembic_version"
NEXT_VERSION = "alembic_version_restored"
"""Where Alembic notes the revision of what is being made, until it is whole."""
ASIDE = "asperguide_replaced_"
"""What the names of tables begin with that are kept until the new ones are whole."""
MARKER = f"{ASIDE}marker"


async def tables(connection: AsyncConnection) -> list[str]:
    """The names of all tables but those that are set aside."""
    return [name for name in await _names(connection) if not name.startswith(ASIDE)]


async def drop(connection: AsyncConnection, names: Iterable[str]) -> None:
    """Drop these tables, one after the other."""
    for name in names:
        await connection.execute(sa.schema.DropTable(sa.Table(name, sa.MetaData())))


@contextlib.asynccontextmanager
async def replacing(connection: AsyncConnection) -> AsyncIterator[None]:
    """The body makes new tables and has `NEXT_VERSION` for their revision. Raises what it raises, the old in place.

    Killed in between, the database says that it is incomplete: then it can be replaced again, or be `put_back`.
    """
    if (await migrations.status_seen_by(connection)).is_incomplete:
        await _drop_unfinished(connection)
    else:
        await _set_aside(connection)
    try:
        yield
        await _rename(connection, {VERSION: MARKER, NEXT_VERSION: VERSION})
    except BaseException:
        # Of a connection that is lost nothing can be put back; the database goes on saying so.
        with contextlib.suppress(Exception):
            await connection.exec_driver_sql("ROLLBACK")
            await put_back(connection)
        raise
    await drop(connection, await _aside(connection))


async def put_back(connection: AsyncConnection) -> None:
    """Undo an incomplete replacement: what was there before has its names again."""
    await _drop_unfinished(connection)
    before = {name: name.removeprefix(ASIDE) for name in await _aside(connection)}
    await _rename(connection, {VERSION: MARKER, **before})
    await drop(connection, [MARKER])


async def _set_aside(connection: AsyncConnection) -> None:
    """One statement gives every table another name and the database the revision that is none."""
    await drop(connection, [*await _aside(connection), *(n for n in await _names(connection) if n == NEXT_VERSION)])
    before = await tables(connection)
    marker = sa.Table(NEXT_VERSION, sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))
    await connection.execute(sa.schema.CreateTable(marker))
    await connection.execute(marker.insert().values(version_num=migrations.RESTORING))
    await _rename(connection, {**{name: ASIDE + name for name in before}, NEXT_VERSION: VERSION})


async def _drop_unfinished(connection: AsyncConnection) -> None:
    await drop(connection, [name for name in await tables(connection) if name != VERSION])


async def _rename(connection: AsyncConnection, names: dict[str, str]) -> None:
    quote = connection.dialect.identifier_preparer.quote_identifier
    pairs = ", ".join(f"{quote(old)} TO {quote(new)}" for old, new in names.items())
    await connection.exec_driver_sql(f"RENAME TABLE {pairs}")


async def _aside(connection: AsyncConnection) -> Sequence[str]:
    return [name for name in await _names(connection) if name.startswith(ASIDE)]


async def _names(connection: AsyncConnection) -> list[str]:
    return await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
