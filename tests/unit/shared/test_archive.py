"""Archives: what goes in comes out, whatever it is called, and no more of it is held than a piece."""

import io
import tracemalloc
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime

import pytest

from asperguide.shared.archive import LARGE, LONGEST_NAME, PIECE, Entry, Names, zipped

NOON = datetime(2031, 5, 17, 12, 30, 10, tzinfo=UTC)
MIB = 1024 * 1024


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for one in content:
        yield one


async def entries(*given: Entry) -> AsyncGenerator[Entry, None]:
    for one in given:
        yield one


async def opened(*given: Entry) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(b"".join([piece async for piece in zipped(entries(*given))])))
    assert archive.testzip() is None
    return archive


async def test_what_goes_in_comes_out() -> None:
    archive = await opened(
        Entry(name="profile.json", at=NOON, chunks=pieces(b"{", b"}" * 1000), compressed=True),
        Entry(name="files/Žofie's película.mp4", at=NOON, chunks=pieces(b"a", b"", b"b" * MIB)),
        Entry(name="files/nothing", at=NOON.replace(year=1970), chunks=pieces(), size=LARGE),
    )
    assert archive.namelist() == ["profile.json", "files/Žofie's película.mp4", "files/nothing"]
    assert archive.read("profile.json") == b"{" + b"}" * 1000
    assert archive.read("files/Žofie's película.mp4") == b"a" + b"b" * MIB
    first, second, third = archive.infolist()
    assert (first.date_time, third.date_time[0]) == ((2031, 5, 17, 12, 30, 10), 1980)
    assert first.compress_size < first.file_size
    assert second.compress_size == second.file_size


async def test_nothing_makes_an_empty_archive() -> None:
    assert (await opened()).namelist() == []


async def test_an_archive_is_made_piece_by_piece() -> None:
    async def film() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield bytes(MIB)

    size = longest = 0
    tracemalloc.start()
    async for piece in zipped(entries(Entry(name="film.mp4", at=NOON, chunks=film()))):
        size, longest = size + len(piece), max(longest, len(piece))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 64 * MIB
    assert longest <= PIECE
    assert most < 8 * MIB


async def test_who_stops_reading_closes_what_was_being_packed() -> None:
    closed = []

    async def endless() -> AsyncGenerator[Entry, None]:
        try:
            yield Entry(name="a", at=NOON, chunks=pieces(*[b"x" * PIECE] * 100))
        finally:
            closed.append(True)

    packing = zipped(endless())
    await anext(packing)
    await packing.aclose()
    assert closed == [True]


async def test_a_failure_while_packing_is_no_whole_archive() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await opened(Entry(name="a", at=NOON, chunks=broken()))


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "_._etc_passwd"),
        ("C:\\Windows\\x.dll", "C__Windows_x.dll"),
        ("a\x00b\r\n\u202ec.txt", "a_b___c.txt"),
        ("con.txt", "_con.txt"),
        ("CON", "_CON"),
        ("console.txt", "console.txt"),
        (" . ", "file"),
        ("...", "file"),
        ("name. ", "name"),
        ('what? "is" <this>|*', "what_ _is_ _this___"),
        ("e\u0301.png", "\u00e9.png"),
        ("a." + "x" * 30, "a_" + "x" * 30),
    ],
)
def test_names_can_be_unpacked_everywhere(wanted: str, given: str) -> None:
    assert Names()(wanted) == given


def test_no_name_is_there_twice_in_any_case_nor_with_an_ending() -> None:
    names = Names()
    found = [names(name, ".json") for name in ("a.jpg", "A.JPG", "a.jpg", "a", "a.jpg.json", "a", "b.json", "b")]
    assert found == ["a.jpg", "A (2).JPG", "a (3).jpg", "a", "a.jpg (2).json", "a (2)", "b.json", "b (2)"]


@pytest.mark.parametrize("letter", ["x", "ü", "漢", "🎈"])
def test_long_names_keep_their_extension_and_stay_different(letter: str) -> None:
    names = Names()
    found = [names(letter * 255 + ".jpeg") for _ in range(12)]
    assert len({name.casefold() for name in found}) == 12
    assert all(name.endswith(".jpeg") and len(name.encode()) <= LONGEST_NAME for name in found)
