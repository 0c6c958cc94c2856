"""The file of a backup: lines of JSON, compressed, that say what they are and end with their checksum.

The first line is the header, then for each table its name and its rows in the order of their keys, and at last the
footer. Values are those of entities, so that a file made on one kind of database is read on any other.
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal, TypeVar
from uuid import UUID

import msgspec

VERSION = 1

Kind = Literal["uuid", "instant", "key-text", "text", "bytes", "integer", "boolean", "float"]
T = TypeVar("T")
VALUES: dict[str, Any] = {
    "uuid": UUID,
    "instant": datetime,
    "key-text": str,
    "text": str,
    "bytes": bytes,
    "integer": int,
    "boolean": bool,
    "float": float,
}


class ArchiveDamaged(Exception):
    """The file is no backup, or not the whole of one, or was changed since it was made."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A table: what it is called, and what its columns hold."""

    name: str
    columns: tuple[tuple[str, Kind], ...]


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """Where a backup comes from. `revision` is that of its schema, `source` the kind of its database."""

    format: Literal["asperguide-backup"] = "asperguide-backup"
    version: int = VERSION
    revision: str
    program: str
    source: str
    made_at: datetime
    tables: tuple[Shape, ...]


class _Versioned(msgspec.Struct):
    """What every version of the header says."""

    format: Literal["asperguide-backup"]
    version: int


class Footer(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows each table has, and the checksum of everything before, uncompressed."""

    rows: dict[str, int]
    sha256: str


class ArchiveWriter:
    """Writes a backup to an open file, front to back."""

    def __init__(self, file: IO[bytes], header: Header) -> None:
        self._file = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, filename="", mtime=0)
        self._digest = hashlib.sha256()
        self._rows: dict[str, int] = {}
        self._line(header)

    def table(self, name: str) -> None:
        """What follows are rows of this table."""
        self._line(name)
        self._rows[name] = 0
        self._now = name

    def add(self, rows: Sequence[Sequence[object]]) -> None:
        """Rows of the table, values in the order of its columns."""
        for row in rows:
            self._line(tuple(row))
        self._rows[self._now] += len(rows)

    def finish(self) -> Footer:
        """Write the footer; the file is whole then, and still open."""
        footer = Footer(rows=self._rows, sha256=self._digest.hexdigest())
        self._line(footer)
        self._file.close()
        return footer

    def _line(self, value: object) -> None:
        line = msgspec.json.encode(value) + b"\n"
        self._digest.update(line)
        self._file.write(line)


class Archive:
    """A backup to read. Iterating gives `(shape, row)` and raises ArchiveDamaged, at the latest at its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header = self._header()
        self.footer: Footer | None = None

    def check(self) -> Footer:
        """Read everything once. Raises ArchiveDamaged."""
        for _ in self:
            pass
        assert self.footer is not None
        return self.footer

    def __iter__(self) -> Iterator[tuple[Shape, tuple[Any, ...]]]:
        digest, rows = hashlib.sha256(), dict.fromkeys((shape.name for shape in self.header.tables), 0)
        shapes = {shape.name: shape for shape in self.header.tables}
        decoders = {name: _decoder(shape) for name, shape in shapes.items()}
        name, footer = "", None
        for number, line in enumerate(_lines(self.path)):
            if footer is not None:
                raise ArchiveDamaged("There is something behind the end.")
            if line.startswith(b"{") and number:
                footer = _decoded(Footer, line)
                continue
            digest.update(line)
            if line.startswith(b'"'):
                name = _decoded(str, line)
            elif number and name not in shapes:
                raise ArchiveDamaged(f"Line {number + 1} is a row of no table.")
            elif number:
                rows[name] += 1
                yield shapes[name], _row(decoders[name], line)
        if footer is None:
            raise ArchiveDamaged("The end is missing.")
        if footer.sha256 != digest.hexdigest() or footer.rows != rows:
            raise ArchiveDamaged("The checksum is not that of the contents.")
        self.footer = footer

    def _header(self) -> Header:
        line = next(_lines(self.path), b"")
        # What else a header of another version says need not be what ours does.
        if (version := _decoded(_Versioned, line).version) != VERSION:
            raise ArchiveDamaged(f"The format has version {version}, this program reads {VERSION}.")
        return _decoded(Header, line)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as file:
            yield from file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ArchiveDamaged(f"{error}") from error


def _decoded(kind: type[T], line: bytes) -> T:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ArchiveDamaged(f"{error}") from error


def _decoder(shape: Shape) -> msgspec.json.Decoder[tuple[Any, ...]]:
    kinds = tuple(VALUES[kind] | None for _, kind in shape.columns)
    return msgspec.json.Decoder(tuple[kinds])  # type: ignore[valid-type]


def _row(decoder: msgspec.json.Decoder[tuple[Any, ...]], line: bytes) -> tuple[Any, ...]:
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ArchiveDamaged(f"{error}") from error
