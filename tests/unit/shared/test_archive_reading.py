"""Reading archives of others: what programs make is read, what contradicts itself is not, and little is held."""

import io
import random
import struct
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asperguide.shared.archive import Entry
from asperguide.shared.archive import zipped as written
from asperguide.shared.archive_reading import BadArchive, Bounds, Packed, read_directory, unpacked

NOON = datetime(2031, 5, 17, 12, 30, 10, tzinfo=UTC)
WIDE = Bounds(entries=1000, directory=2**20, unpacked=2**40)
FILES = {"manifest.json": b'{"a": 1}' * 100, "media/a/0.bin": random.Random(1).randbytes(300_000), "empty": b""}


class Source:
    """Bytes that can be read from anywhere, as a storage gives them."""

    def __init__(self, content: bytes, piece: int = 64 * 1024) -> None:
        self.content, self.piece = content, piece

    @asynccontextmanager
    async def __call__(self, start: int = 0, length: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        """In pieces."""
        assert 0 <= start < max(len(self.content), 1)
        end = len(self.content) if length is None else min(start + length, len(self.content))

        async def pieces() -> AsyncIterator[bytes]:
            for at in range(start, end, self.piece):
                yield self.content[at : min(at + self.piece, end)]

        yield pieces()


async def read(archive: bytes, bounds: Bounds = WIDE) -> dict[str, bytes]:
    """All files."""
    source = Source(archive)
    return {file.name: await whole(source, file) for file in await read_directory(source, len(archive), bounds)}


async def whole(source: Source, file: Packed) -> bytes:
    """The bytes of one."""
    return b"".join([piece async for piece in unpacked(source, file)])


def zipped(files: dict[str, bytes] | None = None, method: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    """As Python makes them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        made.comment = comment
        for name, content in (FILES if files is None else files).items():
            header = zipfile.ZipInfo(name)
            header.compress_type = method
            with made.open(header, "w") as entry:  # `writestr` of Python 3.11 takes no empty name
                entry.write(content)
    return out.getvalue()


def patched(archive: bytes, mark: bytes, offset: int, form: str, value: int, which: int = 0) -> bytes:
    """Another number at an offset from the so-manieth mark."""
    raw, at = bytearray(archive), -1
    for _ in range(which + 1):
        at = raw.index(mark, at + 1)
    struct.pack_into(form, raw, at + offset, value)
    return bytes(raw)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("comment", [b"", b"PK\5\6" * 20, b"x" * 65535])
async def test_what_others_pack_is_read(method: int, comment: bytes) -> None:
    assert await read(zipped(method=method, comment=comment)) == FILES


async def test_an_archive_of_nothing_has_nothing() -> None:
    assert await read(zipped({})) == {}


@pytest.mark.parametrize("size", [0, 2**31])
async def test_what_we_pack_while_it_is_sent_is_read_also_with_64_bits(size: int) -> None:
    async def entries():  # type: ignore[no-untyped-def]
        for n, (name, content) in enumerate(FILES.items()):
            yield Entry(name=name, at=NOON, chunks=once(content), size=size, compressed=n == 0)

    assert await read(b"".join([piece async for piece in written(entries())])) == FILES


async def once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_what_has_more_than_16_bits_of_files_is_read() -> None:
    files = {f"a{n}": b"" for n in range(66_000)}
    wide = replace(WIDE, entries=100_000, directory=2**24)
    assert len(await read(zipped(files), wide)) == 66_000
    with pytest.raises(BadArchive, match="more files"):
        await read(zipped(files))


CENTRAL, LOCAL, END = b"PK\1\2", b"PK\3\4", b"PK\5\6"
PLAIN, TIGHT = zipped(), zipped(method=zipfile.ZIP_DEFLATED)
BAD = {
    "nothing": (b"", "no ZIP"),
    "something else": (b"GIF89a" * 1000, "no ZIP"),
    "an end without a beginning": (PLAIN[-22:], "in front"),
    "something in front": (b"#!/bin/sh\n" + PLAIN, "in front"),
    "something behind": (PLAIN + b"\0", "no ZIP"),
    "several disks": (patched(PLAIN, END, 4, "<H", 1), "several parts"),
    "fewer files than there are": (patched(patched(PLAIN, END, 8, "<H", 2), END, 10, "<H", 2), "directory"),
    "more files than there are": (patched(patched(PLAIN, END, 8, "<H", 4), END, 10, "<H", 4), "directory"),
    "a directory beyond the end": (patched(PLAIN, END, 16, "<I", 2**31), "in front"),
    "64 bits without a record": (patched(PLAIN, END, 16, "<I", 2**32 - 1), "end of the archive"),
    "64 bits without a field": (patched(PLAIN, CENTRAL, 42, "<I", 2**32 - 1), "directory"),
    "a size of 64 bits without a field": (patched(PLAIN, CENTRAL, 24, "<I", 2**32 - 1), "directory"),
    "a stored file of two sizes": (patched(PLAIN, CENTRAL, 24, "<I", 1), "directory"),
    "a name that is longer": (patched(PLAIN, CENTRAL, 28, "<H", 60_000), "directory"),
    "encrypted": (patched(PLAIN, CENTRAL, 8, "<H", 1), "encrypted"),
    "a masked header": (patched(PLAIN, CENTRAL, 8, "<H", 0x2000), "encrypted"),
    "LZMA": (patched(PLAIN, CENTRAL, 10, "<H", 14), "not understood"),
    "a symbolic link": (patched(PLAIN, CENTRAL, 38, "<I", 0o120777 << 16), "link"),
    "a file over the directory": (patched(PLAIN, CENTRAL, 42, "<I", len(PLAIN) - 60, 2), "over one another"),
    "two files in one place": (patched(PLAIN, CENTRAL, 42, "<I", 0, 1), "over one another"),
    "a header of another file": (patched(PLAIN, LOCAL, 30, "<B", ord("x")), "contradicts"),
    "a header that is encrypted": (patched(PLAIN, LOCAL, 6, "<H", 1), "contradicts"),
    "a header of another method": (patched(PLAIN, LOCAL, 8, "<H", 8), "contradicts"),
    "a header that is none": (patched(PLAIN, LOCAL, 0, "<I", 0), "contradicts"),
    "a header that goes on": (patched(PLAIN, LOCAL, 28, "<H", 60_000), "over one another"),
    "another checksum": (patched(PLAIN, CENTRAL, 16, "<I", 7), "damaged"),
    "fewer bytes than come out": (patched(TIGHT, CENTRAL, 24, "<I", 10), "larger than it says"),
    "more bytes than come out": (patched(TIGHT, CENTRAL, 24, "<I", 801), "damaged"),
    "a stream that is no stream": (patched(TIGHT, LOCAL, 30 + 13, "<I", 0xFFFFFFFF), "damaged"),
    "a stream that stops": (patched(TIGHT, CENTRAL, 20, "<I", 5), "damaged"),
    "a stream that goes on": (patched(TIGHT, CENTRAL, 20, "<I", 40), "over one another"),
    "a folder with content": (zipped({"folder/": b"x"}), "folder"),
    "the same name": (zipped({"a": b"", "A": b""}), "twice"),
    "a long name": (zipped({"a" * 101: b""}), "leads out"),
    "a name that leads out": (zipped({"../a": b""}), "leads out"),
    "a name that begins at the root": (zipped({"/a": b""}), "leads out"),
    "a name that is hidden": (zipped({".a": b""}), "leads out"),
    "a name of Windows": (zipped({"a\\b": b""}), "leads out"),
    "a name in another script": (zipped({"ä": b""}), "leads out"),
    "no name": (zipped({"": b""}), "leads out"),
    "a bomb": (zipped({"a": bytes(200_000_000)}, zipfile.ZIP_DEFLATED), "very much more"),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_contradicts_itself_is_not_read(name: str) -> None:
    archive, reason = BAD[name]
    with pytest.raises(BadArchive, match=reason):
        await read(archive)


async def test_no_more_comes_out_than_there_is_room_for() -> None:
    size = sum(map(len, FILES.values()))
    assert await read(PLAIN, replace(WIDE, unpacked=size)) == FILES
    with pytest.raises(BadArchive, match="room"):
        await read(PLAIN, replace(WIDE, unpacked=size - 1))
    with pytest.raises(BadArchive, match="more files"):
        await read(PLAIN, replace(WIDE, entries=2))
    with pytest.raises(BadArchive, match="more files"):
        await read(PLAIN, replace(WIDE, directory=100))


@settings(max_examples=300, deadline=None)
@given(st.data())
async def test_an_archive_with_any_byte_changed_or_cut_is_read_right_or_refused(data: st.DataObject) -> None:
    archive = bytearray(data.draw(st.sampled_from((PLAIN, TIGHT))))
    place = data.draw(st.integers(0, len(archive) - 1) | st.integers(-300, -1) | st.integers(0, 80))
    archive[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from((0, 0, 0, 1, 10, 100)))
    try:
        found = await read(bytes(archive[: len(archive) - cut]))
    except BadArchive:
        return
    assert set(found.values()) <= set(FILES.values())


async def test_no_more_than_some_pieces_are_held() -> None:
    archive = zipped({"a": random.Random(2).randbytes(1_000_000) * 30}, zipfile.ZIP_DEFLATED)
    source = Source(archive)
    (file,) = await read_directory(source, len(archive), WIDE)
    tracemalloc.start()
    total = 0
    async for piece in unpacked(source, file):
        assert len(piece) <= 256 * 1024
        total += len(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (total, peak < 2_000_000) == (30_000_000, True), peak
