"""Reading a ZIP archive of somebody else's piece by piece, and trusting nothing that it says of itself.

The layout is that of PKWARE's APPNOTE 6.3.10. What has several readings is refused: bytes in front of the archive or
behind it, entries that lie over one another, headers that contradict the directory. Of what the format allows only
this is taken: entries that are stored or deflated, without encryption, in one file.
"""

import re
import stat
import struct
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import Protocol

PIECE = 256 * 1024
END, END_64, LOCATOR_64 = struct.Struct("<4s4H2IH"), struct.Struct("<4sQ2H2I4Q"), struct.Struct("<4sIQI")
RECORD, HEADER = struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s5H3I2H")
LONGEST_COMMENT = 0xFFFF
SHORT, LONG = 0xFFFF, 0xFFFFFFFF
"""What stands in a field whose value is in a 64-bit one."""
LARGE_SIZES = 1
"""The extra field with 64-bit values."""
STORED, DEFLATED = 0, 8
ENCRYPTED = 0x1 | 0x40 | 0x2000
PLAIN = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,99}/){0,4}(?:[A-Za-z0-9][A-Za-z0-9._-]{0,99})?")
KINDS = (0, stat.S_IFREG, stat.S_IFDIR)


class BadArchive(Exception):
    """This is no archive that is taken; the message is a sentence for people and holds nothing out of it."""


class Reading(Protocol):
    """Reads bytes of the archive from `start` on, `length` of them."""

    def __call__(self, start: int = 0, length: int | None = None) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes in pieces."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much an archive may hold: entries, bytes of directory, bytes unpacked; and how well it may be packed."""

    entries: int
    directory: int
    unpacked: int
    ratio: int = 100
    slack: int = 1024 * 1024
    """Bytes of an entry that may be packed better than that: a page of blanks is no bomb."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A file in an archive: `size` bytes that take up `packed`, its header at `at`, the end of it all before `next`."""

    name: str
    size: int
    packed: int
    crc: int
    deflated: bool
    at: int
    next: int


async def read_directory(read: Reading, size: int, bounds: Bounds) -> Sequence[Packed]:
    """The files of an archive of so many bytes, in the order of its directory. Raises BadArchive.

    Names are of letters, digits, `.`, `_` and `-` in folders, none twice in any case; folders are passed over.
    """
    where = await _find_directory(read, size, bounds)
    records = await _bytes(read, where.at, where.size)
    files, at = list[Packed](), 0
    for _ in range(where.entries):
        found, at = _record(records, at)
        if not found.name.endswith("/"):
            files.append(found)
        elif found.size or found.packed:
            raise BadArchive("A folder of the archive has content.")
    if at != len(records):
        raise BadArchive("The directory of the archive is damaged.")
    return _bounded(_apart(files, where.at), bounds)


async def unpacked(read: Reading, file: Packed) -> AsyncGenerator[bytes, None]:
    """The bytes of a file, in small pieces: as many as was said, and with that checksum. Raises BadArchive."""
    crc, left = 0, file.size
    async with aclosing(_inflated(read, file) if file.deflated else _raw(read, file)) as pieces:
        async for piece in pieces:
            crc, left = zlib.crc32(piece, crc), left - len(piece)
            if left < 0:
                raise BadArchive("A file of the archive is larger than it says.")
            yield piece
    if left or crc != file.crc:
        raise BadArchive("A file of the archive is damaged.")


@dataclass(frozen=True, slots=True)
class _Directory:
    at: int
    size: int
    entries: int


async def _find_directory(read: Reading, size: int, bounds: Bounds) -> _Directory:
    length = min(size, END.size + LONGEST_COMMENT + LOCATOR_64.size)
    tail = await _bytes(read, size - length, length) if length else b""
    found = _end_of(tail)
    if found < 0:
        raise BadArchive("This is no ZIP archive, or its end is missing.")
    _, disk, first, here, entries, long, at, _ = END.unpack_from(tail, found)
    end = size - length + found
    if SHORT in (disk, first, here, entries) or LONG in (long, at):
        disk, first, here, entries, long, at, end = await _end_64(read, tail, found, end)
    if disk or first or here != entries:
        raise BadArchive("The archive is in several parts.")
    if at + long != end:
        raise BadArchive("There is something in front of the archive, or between its files and their directory.")
    if entries > bounds.entries or long > bounds.directory:
        raise BadArchive("There are more files in the archive than are taken.")
    return _Directory(at, long, entries)


def _end_of(tail: bytes) -> int:
    """Where the last record begins, which reaches to the very end with its comment; below 0 when there is none."""
    found = len(tail) - END.size
    while (found := tail.rfind(b"PK\5\6", 0, found + 4)) >= 0:
        if found + END.size + END.unpack_from(tail, found)[-1] == len(tail):
            return found
        found -= 1
    return -1


async def _end_64(read: Reading, tail: bytes, found: int, end: int) -> tuple[int, ...]:
    """The same numbers out of the 64-bit record, and where that begins."""
    if found < LOCATOR_64.size:
        raise BadArchive("The end of the archive is damaged.")
    mark, disk, at, disks = LOCATOR_64.unpack_from(tail, found - LOCATOR_64.size)
    if mark != b"PK\6\7" or disk or disks > 1 or at + END_64.size != end - LOCATOR_64.size:
        raise BadArchive("The end of the archive is damaged.")
    mark, length, _, _, disk, first, here, entries, long, start = END_64.unpack(await _bytes(read, at, END_64.size))
    if mark != b"PK\6\6" or length + 12 != END_64.size:
        raise BadArchive("The end of the archive is damaged.")
    return disk, first, here, entries, long, start, at


def _record(records: bytes, start: int) -> tuple[Packed, int]:
    """The file that a record of the directory is about, and where the next record begins."""
    if len(records) - start < RECORD.size:
        raise BadArchive("The directory of the archive is damaged.")
    mark, _, _, flags, method, _, _, crc, packed, size, names, extras, comments, disk, _, kind, at = RECORD.unpack_from(
        records, start
    )
    name, extra = start + RECORD.size, start + RECORD.size + names
    next = extra + extras + comments
    if mark != b"PK\1\2" or next > len(records):
        raise BadArchive("The directory of the archive is damaged.")
    _check(flags, method, kind >> 16)
    size, packed, at, disk = _large(records[extra : extra + extras], size, packed, at, disk)
    if disk or (method == STORED and size != packed):
        raise BadArchive("The directory of the archive is damaged.")
    found = Packed(
        name=_name(records[name:extra]), size=size, packed=packed, crc=crc, deflated=method == DEFLATED, at=at, next=at
    )
    return found, next


def _check(flags: int, method: int, mode: int) -> None:
    if flags & ENCRYPTED:
        raise BadArchive("The archive is encrypted.")
    if method not in (STORED, DEFLATED):
        raise BadArchive("The archive is packed in a way that is not understood: only deflate is.")
    if stat.S_IFMT(mode) not in KINDS:
        raise BadArchive("There is a link in the archive.")


def _name(raw: bytes) -> str:
    name = raw.decode("ascii", "replace")
    if not name or PLAIN.fullmatch(name) is None:
        raise BadArchive("A name in the archive is not one that is taken, or leads out of it.")
    return name


def _large(extra: bytes, *values: int) -> tuple[int, ...]:
    """The values, out of the extra field where their own is full."""
    full = (LONG, LONG, LONG, SHORT)
    if not any(value == most for value, most in zip(values, full, strict=True)):
        return values
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        content, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == LARGE_SIZES and len(content) == length:
            return _taken(content, values, full)
    raise BadArchive("The directory of the archive is damaged.")


def _taken(content: bytes, values: tuple[int, ...], full: tuple[int, ...]) -> tuple[int, ...]:
    found = list[int]()
    for value, most in zip(values, full, strict=True):
        if value == most:
            width = 4 if most == SHORT else 8
            if len(content) < width:
                raise BadArchive("The directory of the archive is damaged.")
            value, content = int.from_bytes(content[:width], "little"), content[width:]
        found.append(value)
    return tuple(found)


def _apart(files: Sequence[Packed], directory: int) -> Sequence[Packed]:
    """Each file with where it has to end: at the next one. None lies over another."""
    order = sorted(files, key=lambda file: file.at)
    edges = [*(file.at for file in order), directory][1:]
    ends = dict[int, int]()
    for file, edge in zip(order, edges, strict=True):
        if file.at + HEADER.size + len(file.name) + file.packed > edge:
            raise BadArchive("Files of the archive lie over one another.")
        ends[file.at] = edge
    return [
        Packed(
            name=file.name, size=file.size, packed=file.packed, crc=file.crc, deflated=file.deflated, at=file.at,
            next=ends[file.at],
        )
        for file in files
    ]  # fmt: skip


def _bounded(files: Sequence[Packed], bounds: Bounds) -> Sequence[Packed]:
    if len({file.name.casefold() for file in files}) != len(files):
        raise BadArchive("A name is in the archive twice.")
    if sum(file.size for file in files) > bounds.unpacked:
        raise BadArchive("There is more in the archive than there is room for.")
    if any(file.size > bounds.ratio * file.packed + bounds.slack for file in files):
        raise BadArchive("A file of the archive unpacks to very much more than it is.")
    return files


async def _raw(read: Reading, file: Packed) -> AsyncGenerator[bytes, None]:
    """The bytes of a file as they lie in the archive, behind its header."""
    start = await _content_of(read, file)
    if file.packed:
        async with read(start, file.packed) as chunks:
            async for chunk in chunks:
                yield chunk


async def _content_of(read: Reading, file: Packed) -> int:
    """Where the content begins; the header has to say the same as the directory."""
    length = HEADER.size + len(file.name)
    header = await _bytes(read, file.at, length)
    mark, _, flags, method, _, _, _, _, _, names, extras = HEADER.unpack_from(header)
    same = names == len(file.name) and header[HEADER.size :] == file.name.encode()
    if mark != b"PK\3\4" or flags & ENCRYPTED or method != (DEFLATED if file.deflated else STORED) or not same:
        raise BadArchive("A header in the archive contradicts its directory.")
    if file.at + length + extras + file.packed > file.next:
        raise BadArchive("Files of the archive lie over one another.")
    return int(file.at + length + extras)


async def _inflated(read: Reading, file: Packed) -> AsyncGenerator[bytes, None]:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    async with aclosing(_raw(read, file)) as pieces:
        async for piece in pieces:
            while piece and not stream.eof:
                yield _step(stream, piece)
                piece = stream.unconsumed_tail
            if piece or stream.unused_data:
                raise BadArchive("A file of the archive is damaged.")
    while not stream.eof:
        if not (rest := _step(stream, b"")):
            raise BadArchive("A file of the archive is damaged.")
        yield rest


def _step(stream: "zlib._Decompress", piece: bytes) -> bytes:
    try:
        return stream.decompress(piece, PIECE)
    except zlib.error:
        raise BadArchive("A file of the archive is damaged.") from None


async def _bytes(read: Reading, start: int, length: int) -> bytes:
    """Exactly so many bytes."""
    if start < 0:
        raise BadArchive("The end of the archive is damaged.")
    found = bytearray()
    if length:
        async with read(start, length) as chunks:
            async for chunk in chunks:
                found += chunk
    if len(found) != length:
        raise BadArchive("The archive is cut off.")
    return bytes(found)
