"""The file of a backup: lines of JSON, compressed, that say what they are and end with their checksum.

The first line is the header, then for each table its name and its rows in the order of their keys, then the names of
the objects in the storage, and at last the footer. Values are those of entities, so that a file made on one kind of
database is read on any other.
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Literal, TypeVar
from uuid import UUID

import msgspec

VERSION = 2
READ = (1, VERSION)
"""Versions of the format: the first had no list of objects."""
OBJECTS = "/objects"
"""What their section is called, which no table can be."""

Kind = Literal["uuid", "instant", "date", "key-text", "text", "bytes", "integer", "boolean", "float"]
T = TypeVar("T")
VALUES: dict[str, Any] = {
    "uuid": UUID,
    "instant": datetime,
    "date": date,
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


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """An object that was in the storage when the backup was made; its size in bytes."""

    key: str
    size: int


class Footer(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows each table has, and the checksum of everything before, uncompressed.

    `objects` is how many objects are listed; None when nobody looked into the storage.
    """

    rows: dict[str, int]
    objects: int | None = None
    sha256: str


class ArchiveWriter:
    """Writes a backup to an open file, front to back."""

    def __init__(self, file: IO[bytes], header: Header) -> None:
        self._file = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, filename="", mtime=0)
        self._digest = hashlib.sha256()
        self._rows: dict[str, int] = {}
        self._objects: int | None = None
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

    def keep(self, objects: Iterable[Kept]) -> None:
        """Objects of the storage, behind all tables; to be called with none when there are none."""
        if self._objects is None:
            self._line(OBJECTS)
            self._objects = 0
        for one in objects:
            self._line(one)
            self._objects += 1

    def finish(self) -> Footer:
        """Write the footer; the file is whole then, and still open."""
        footer = Footer(rows=self._rows, objects=self._objects, sha256=self._digest.hexdigest())
        self._line(footer)
        self.close()
        return footer

    def close(self) -> None:
        """Nothing more is written; without its footer the file is not whole."""
        self._file.close()

    def _line(self, value: object) -> None:
        line = msgspec.json.encode(value) + b"\n"
        self._digest.update(line)
        self._file.write(line)


class Archive:
    """A backup to read. Iterating gives `(shape, row)` and raises ArchiveDamaged, at the latest at its end.

    Other than `objects`, which gives what is listed of the storage.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header = self._header()
        self.footer: Footer | None = None

    def check(self) -> Footer:
        """Read everything once. Raises ArchiveDamaged."""
        for _ in self._read():
            pass
        assert self.footer is not None
        return self.footer

    def __iter__(self) -> Iterator[tuple[Shape, tuple[Any, ...]]]:
        return (line for line in self._read() if not isinstance(line, Kept))

    def objects(self) -> Iterator[Kept]:
        """What was in the storage. Raises ArchiveDamaged as iterating does."""
        return (line for line in self._read() if isinstance(line, Kept))

    def _read(self) -> Iterator[tuple[Shape, tuple[Any, ...]] | Kept]:
        digest, rows = hashlib.sha256(), dict.fromkeys((shape.name for shape in self.header.tables), 0)
        shapes = {shape.name: shape for shape in self.header.tables}
        decoders = {name: _decoder(shape) for name, shape in shapes.items()}
        name, footer, objects = "", None, None
        for number, line in enumerate(_lines(self.path)):
            if footer is not None:
                raise ArchiveDamaged("There is something behind the end.")
            if line.startswith(b"{") and number:
                footer = _decoded(Footer, line)
                continue
            digest.update(line)
            if line.startswith(b'"'):
                name = _decoded(str, line)
                objects = 0 if name == OBJECTS else objects
            elif objects is not None:
                objects += 1
                yield _decoded(Kept, line)
            elif number and name not in shapes:
                raise ArchiveDamaged(f"Line {number + 1} is a row of no table.")
            elif number:
                rows[name] += 1
                yield shapes[name], _row(decoders[name], line)
        if footer is None:
            raise ArchiveDamaged("The end is missing.")
        if (footer.sha256, footer.rows, footer.objects) != (digest.hexdigest(), rows, objects):
            raise ArchiveDamaged("The checksum is not that of the contents.")
        self.footer = footer

    def _header(self) -> Header:
        line = next(_lines(self.path), b"")
        # What else a header of another version says need not be what ours does.
        if (version := _decoded(_Versioned, line).version) not in READ:
            raise ArchiveDamaged(f"The format has version {version}, this program reads {READ[0]} to {VERSION}.")
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
