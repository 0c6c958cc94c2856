"""A ZIP archive that is made while it is sent: no more of it is in memory than the piece at hand."""

import re
import unicodedata
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, cast

LONGEST_NAME = 180
"""Bytes of a name inside the archive: together with a folder every file system takes it."""
PIECE = 256 * 1024
LARGE = 2**31
"""Bytes from which on the 64-bit fields are used; some old programs do not understand them."""

FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|\Z)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of the archive. `size` is about how large it is, and has to be said when that is 2 GiB or more."""

    name: str
    at: datetime
    chunks: AsyncIterator[bytes]
    size: int = 0
    compressed: bool = False


@dataclass(frozen=True, slots=True)
class _Outlet:
    """What the archive is written into, and taken from again."""

    pieces: list[bytes] = field(default_factory=list)

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> Iterator[bytes]:
        whole = b"".join(self.pieces)
        self.pieces.clear()
        yield from (whole[start : start + PIECE] for start in range(0, len(whole), PIECE))


async def zipped(entries: AsyncGenerator[Entry, None]) -> AsyncGenerator[bytes, None]:
    """The bytes of an archive of all entries, each read to its end before the next is asked for."""
    outlet = _Outlet()
    async with aclosing(entries):
        # What cannot seek gets sizes and checksums after each file instead of before it.
        with zipfile.ZipFile(cast("IO[bytes]", outlet), "w") as archive:
            async for entry in entries:
                with archive.open(_header(entry), "w", force_zip64=entry.size >= LARGE) as file:
                    async for chunk in entry.chunks:
                        file.write(chunk)
                        for piece in outlet.taken():
                            yield piece
        for piece in outlet.taken():
            yield piece


def _header(entry: Entry) -> zipfile.ZipInfo:
    at = entry.at
    header = zipfile.ZipInfo(entry.name, (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second))
    header.compress_type = zipfile.ZIP_DEFLATED if entry.compressed else zipfile.ZIP_STORED
    header.external_attr = 0o600 << 16
    return header


@dataclass(frozen=True, slots=True)
class Names:
    """Gives names that can be unpacked everywhere: they lead nowhere else, and none is there twice in any case."""

    taken: set[str] = field(default_factory=set)

    def __call__(self, wanted: str, *endings: str) -> str:
        """A name like the wanted one, which is free, and so is the name with each of the endings."""
        stem, dot, extension = _plain(wanted).rpartition(".")
        if not dot:
            stem, extension = extension, ""
        number = 1
        while True:
            mark = f" ({number})" if number > 1 else ""
            end = mark + dot + extension
            name = _cut(stem, LONGEST_NAME - len(end.encode())) + end
            keys = {(name + ending).casefold() for ending in ("", *endings)}
            if not keys & self.taken:
                self.taken.update(keys)
                return name
            number += 1


def _plain(name: str) -> str:
    """Without what some file system takes for something else, or nobody sees. An extension is not longer than 20."""
    text = "".join("_" if unicodedata.category(c)[0] == "C" else c for c in unicodedata.normalize("NFC", name))
    text = FORBIDDEN.sub("_", text).strip(" .") or "file"
    stem, dot, extension = text.rpartition(".")
    if dot and len(extension.encode()) > 20:
        text = f"{stem}_{extension}"
    return f"_{text}" if RESERVED.match(text) else text


def _cut(text: str, size: int) -> str:
    """The beginning of the text, of at most so many bytes."""
    return text.encode()[:size].decode(errors="ignore").rstrip(" .")
