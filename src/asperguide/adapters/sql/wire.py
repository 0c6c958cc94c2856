"""What a MySQL or MariaDB server answers, read as it arrives.

aiomysql waits twice for every packet, of which an answer has one for each column, and parses what it learns about
columns each time anew. Here a packet that has arrived is not waited for, and columns that were described in the same
bytes before are known. Sending, escaping, types and errors are aiomysql's and PyMySQL's. See docs/adr/0024.
"""

from asyncio import StreamReader
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pymysql import err
from pymysql.connections import TEXT_TYPES
from pymysql.constants import COMMAND, CR, FIELD_TYPE, SERVER_STATUS
from pymysql.converters import through
from pymysql.protocol import FieldDescriptorPacket, MysqlPacket

CHUNK = 65_536
LONGEST = 0xFFFFFF
"""A packet of this length goes on in the next one."""
NULL = 0xFB
LENGTH_BYTES = {0xFC: 2, 0xFD: 3, 0xFE: 8}
OK, END = 0x00, 0xFE
END_LENGTH = 9
BINARY = 63
MOST_KNOWN = 1_000

Converter = tuple[str | None, Callable[[Any], Any] | None]


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of an answer's columns, and for each its encoding, if it is text, and what makes its value."""

    names: tuple[str, ...]
    converters: tuple[Converter, ...]


NO_COLUMNS = Columns((), ())
_known: dict[tuple[bytes, ...], Columns] = {}


async def query(driver: Any, sql: str) -> tuple[tuple[str, ...], Sequence[tuple[Any, ...]], int]:
    """The names of the columns, the rows, and how many rows there are or were changed.

    `driver` is aiomysql's connection. Raises PyMySQL's errors; after an error that does not come from the server, or
    when it is cancelled, the connection must not be used again.
    """
    await driver._execute_command(COMMAND.COM_QUERY, sql.encode(driver.encoding, "surrogateescape"))
    incoming = Incoming(driver._reader)
    first = await incoming.packet()
    if first[0] == OK:
        return (), (), _done(driver, first)
    if first[0] == NULL:
        raise _out_of_step("the server asks for a file")
    count: Any = MysqlPacket(first, driver.encoding).read_length_encoded_integer()
    described = tuple([await incoming.packet() for _ in range(count)])
    columns = _known.get(described) or _learn(driver, described)
    _require_end(await incoming.packet())
    rows = []
    while not _is_end(packet := await incoming.packet()):
        rows.append(row(packet, columns.converters))
    _require_end(packet)
    return columns.names, rows, len(rows)


class Incoming:
    """The packets of one answer, whose command had the number 0."""

    __slots__ = ("_at", "_data", "_number", "_reader")

    def __init__(self, reader: StreamReader) -> None:
        self._reader = reader
        self._data = b""
        self._at = 0
        self._number = 1

    async def packet(self) -> bytes:
        """The next packet, whole. Raises what the server complains of, and OperationalError when it is gone."""
        payload, last = await self._piece()
        while last == LONGEST:
            more, last = await self._piece()
            payload += more
        if payload[:1] == b"\xff":
            err.raise_mysql_exception(payload)
        return payload

    async def _piece(self) -> tuple[bytes, int]:
        while len(self._data) < self._at + 4:
            await self._read()
        begin = self._at + 4
        length = int.from_bytes(self._data[self._at : begin - 1], "little")
        number = self._data[begin - 1]
        while len(self._data) < begin + length:
            missing = begin + length - len(self._data)
            begin -= self._at
            await self._read(missing)
        self._at = begin + length
        if number != self._number:
            # Servers that shut down say so out of turn.
            raise _lost() if number == 0 else _out_of_step(f"packet {number} came instead of {self._number}")
        self._number = (number + 1) % 256
        return self._data[begin : self._at], length

    async def _read(self, missing: int = 0) -> None:
        """At least one byte more; what was handed out is forgotten."""
        pieces = [self._data[self._at :]]
        self._at = 0
        while True:
            piece = await self._reader.read(CHUNK)
            if not piece:
                raise _lost()
            pieces.append(piece)
            missing -= len(piece)
            if missing <= 0:
                break
        self._data = b"".join(pieces)


def row(data: bytes, converters: Sequence[Converter]) -> tuple[Any, ...]:
    """The values of one row's packet."""
    at, values = 0, list[Any]()
    for encoding, convert in converters:
        length = data[at]
        at += 1
        if length == NULL:
            values.append(None)
            continue
        if length > NULL:
            size = LENGTH_BYTES[length]
            length = int.from_bytes(data[at : at + size], "little")
            at += size
        value: Any = data[at : at + length]
        at += length
        if encoding is not None:
            value = value.decode(encoding)
        values.append(value if convert is None else convert(value))
    return tuple(values)


def _learn(driver: Any, described: tuple[bytes, ...]) -> Columns:
    fields: list[Any] = [FieldDescriptorPacket(one, driver.encoding) for one in described]
    columns = Columns(tuple([field.name for field in fields]), tuple([_converter(driver, field) for field in fields]))
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    _known[described] = columns
    return columns


def _converter(driver: Any, field: Any) -> Converter:
    convert = driver.decoders.get(field.type_code)
    if field.type_code == FIELD_TYPE.JSON:
        encoding = driver.encoding
    elif field.type_code in TEXT_TYPES:
        encoding = None if field.charsetnr == BINARY else driver.encoding
    else:
        encoding = "ascii"
    return encoding, None if convert is through else convert


def _done(driver: Any, data: bytes) -> int:
    """The number of rows that were changed; what the answer says about the session is noted where aiomysql looks."""
    packet: Any = MysqlPacket(data, driver.encoding)
    packet.advance(1)
    changed, _ = packet.read_length_encoded_integer(), packet.read_length_encoded_integer()
    driver.server_status = packet.read_uint16()
    _refuse_more(driver.server_status)
    return int(changed or 0)


def _is_end(data: bytes) -> bool:
    return data[0] == END and len(data) < END_LENGTH


def _require_end(data: bytes) -> None:
    if not _is_end(data):
        raise _out_of_step("columns without an end")
    _refuse_more(int.from_bytes(data[3:5], "little"))


def _refuse_more(status: int) -> None:
    if status & SERVER_STATUS.SERVER_MORE_RESULTS_EXISTS:
        raise _out_of_step("one statement has more than one answer")


def _lost() -> err.OperationalError:
    return err.OperationalError(CR.CR_SERVER_LOST, "Lost connection to MySQL server during query")


def _out_of_step(message: str) -> err.OperationalError:
    return err.OperationalError(CR.CR_COMMANDS_OUT_OF_SYNC, message)
