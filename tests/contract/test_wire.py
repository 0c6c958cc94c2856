"""Answers of a MySQL or MariaDB server are read as aiomysql reads them, however they arrive."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import aiomysql
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymysql import err

from asperguide.adapters.sql import wire
from tests.servers import MariaDB

EVERY_KIND = """
    SELECT NULL, '', 'O''Neil ☕', x'00FF', CAST('NaN' AS CHAR), 1, -1, 18446744073709551615, 1.5, 0.1e0,
        DATE '2031-02-03', TIMESTAMP '2031-02-03 04:05:06.000007', TIME '-12:34:56', YEAR(NOW()),
        b'101', JSON_OBJECT('a', 1), TRUE
"""
NUMBERS = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 900)"
MANY = f"{NUMBERS} SELECT n, REPEAT('x', n), IF(n % 7, NULL, n) FROM numbers"
LENGTHS = [0, 1, 250, 251, 252, 65_535, 65_536, 70_000, 5_000_000]


@pytest.fixture
async def driver(mariadb: MariaDB) -> AsyncIterator[Any]:
    """aiomysql's own connection, to a schema of its own."""
    schema = mariadb.create_database()
    connection = await aiomysql.connect(
        host=mariadb.host, port=mariadb.port, user=mariadb.user, password=mariadb.password, db=schema,
        charset="utf8mb4", autocommit=True,
    )  # fmt: skip
    yield connection
    connection.close()
    mariadb.drop_database(schema)


async def by_aiomysql(driver: Any, sql: str) -> tuple[Any, Any, int]:
    async with driver.cursor() as cursor:
        await cursor.execute(sql)
        names = tuple(column[0] for column in cursor.description or ())
        return names, await cursor.fetchall() if cursor.description else (), cursor.rowcount


@pytest.mark.parametrize("sql", [EVERY_KIND, MANY, "SELECT 1 FROM DUAL WHERE 1 = 0", "SELECT '' AS `größe`, 2 AS `%`"])
async def test_rows_are_what_aiomysql_reads(driver: Any, sql: str) -> None:
    wanted = await by_aiomysql(driver, sql)
    for _ in range(2):  # columns seen for the first time, and known ones
        names, rows, count = await wire.query(driver, sql)
        assert (names, tuple(rows), count) == wanted
        assert [[type(value) for value in row] for row in rows] == [[type(value) for value in row] for row in wanted[1]]


@pytest.mark.parametrize("length", LENGTHS)
async def test_values_of_every_length(driver: Any, length: int) -> None:
    names, rows, _ = await wire.query(driver, f"SELECT REPEAT('é', {length}) AS a, 1 AS b")
    assert (names, rows) == (("a", "b"), [("é" * length, 1)])


async def test_the_same_words_about_other_columns_are_not_taken_for_known_ones(driver: Any) -> None:
    for kind, value in (("INT", 7), ("VARCHAR(5)", "7"), ("VARBINARY(5)", b"7")):
        await wire.query(driver, "DROP TABLE IF EXISTS t")
        await wire.query(driver, f"CREATE TABLE t (a {kind})")
        await wire.query(driver, "INSERT INTO t VALUES (7)")
        assert (await wire.query(driver, "SELECT a FROM t"))[1] == [(value,)]


async def test_changes_are_counted_and_the_session_is_known(driver: Any) -> None:
    for sql, changed in (
        ("CREATE TABLE t (a INT PRIMARY KEY)", 0),
        (f"INSERT INTO t {NUMBERS} SELECT n FROM numbers", 900),
        ("UPDATE t SET a = -a WHERE a > 100", 800),
        ("DELETE FROM t WHERE a = 5", 1),
        ("DELETE FROM t WHERE a = 5", 0),
    ):
        assert await wire.query(driver, sql) == ((), (), changed)
    assert driver.get_autocommit()
    await wire.query(driver, "SET autocommit = 0")
    assert not driver.get_autocommit()


async def test_what_the_server_refuses_leaves_the_connection_whole(driver: Any) -> None:
    with pytest.raises(err.ProgrammingError) as refused:
        await wire.query(driver, "SELEKT 1")
    assert refused.value.args[0] == 1064
    # The answer has begun when this one fails.
    with pytest.raises(err.OperationalError) as refused_late:
        await wire.query(driver, f"{NUMBERS} SELECT (SELECT n UNION SELECT 1) FROM numbers")
    assert refused_late.value.args[0] == 1242
    assert (await wire.query(driver, "SELECT 1"))[1] == [(1,)]


async def test_a_connection_that_is_killed_is_lost(driver: Any, mariadb: MariaDB) -> None:
    asked = asyncio.create_task(wire.query(driver, "SELECT SLEEP(20)"))
    await asyncio.sleep(0.1)
    mariadb.run(f"KILL {driver.thread_id()}")
    with pytest.raises(err.Error) as lost:
        await asyncio.wait_for(asked, 5)
    assert lost.value.args[0] in (1317, 2013)
    with pytest.raises((err.Error, OSError)):
        await wire.query(driver, "SELECT 1")


def packets(*payloads: bytes, first: int = 1) -> bytes:
    """As a server sends them, long ones in pieces."""
    pieces = [piece for payload in payloads for piece in split(payload)]
    return b"".join(
        len(piece).to_bytes(3, "little") + bytes([number % 256]) + piece for number, piece in enumerate(pieces, first)
    )


def split(payload: bytes) -> Iterator[bytes]:
    """A piece of the greatest length is followed by another, be it empty."""
    for at in range(0, len(payload) + 1, wire.LONGEST):
        yield payload[at : at + wire.LONGEST]


async def arriving(chunks: Sequence[bytes], count: int) -> list[bytes]:
    """What is made of the bytes when they come in these chunks."""
    reader = asyncio.StreamReader(limit=2**26)

    async def feed() -> None:
        for chunk in chunks:
            reader.feed_data(chunk)
            await asyncio.sleep(0)
        reader.feed_eof()

    feeding = asyncio.create_task(feed())
    incoming = wire.Incoming(reader)
    found = [await incoming.packet() for _ in range(count)]
    await feeding
    return found


@settings(deadline=None, max_examples=200)
@given(
    payloads=st.lists(st.binary(min_size=1, max_size=600).filter(lambda it: it[0] != 0xFF), max_size=300),
    data=st.data(),
)
def test_packets_are_whole_wherever_the_stream_is_cut(payloads: list[bytes], data: st.DataObject) -> None:
    stream = packets(*payloads)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True) if end > start]
    assert asyncio.run(arriving(chunks, len(payloads))) == payloads


@pytest.mark.parametrize("beyond", [-1, 0, 1])
async def test_a_packet_beyond_16_mib_comes_in_pieces(beyond: int) -> None:
    long = b"x" * (wire.LONGEST + beyond)
    assert await arriving([packets(long, b"y")], 2) == [long, b"y"]


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (b"", 2013),
        (packets(b"half")[:-1], 2013),
        (packets(b"shut down", first=0), 2013),
        (packets(b"skipped", first=2), 2014),
        (packets(b"\xff\x15\x04#28000denied"), 1045),
    ],
)
async def test_a_broken_stream_is_said_to_be_one(stream: bytes, code: int) -> None:
    with pytest.raises(err.OperationalError) as broken:
        await arriving([stream], 1)
    assert broken.value.args[0] == code
