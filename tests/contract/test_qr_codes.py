"""The law of QR codes; and that they are still read from bad copies, whatever is behind them."""

import io
import re
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from asperguide.adapters.segno.codes import SegnoQrCodes
from asperguide.adapters.segno.lettering import ABOVE, BELOW, Typeface
from asperguide.ar.marker_ports import QrCodes
from asperguide.testing.contracts import QrCodesContract
from asperguide.testing.contracts.markers import LINK, Scan

BARS = re.compile(r"M(\d+) (\d+)h(\d+)v(\d+)h-(\d+)z")
SVG = "{http://www.w3.org/2000/svg}"
CAPTIONS = ("ORD-20261129-000042", "Société Générale d'Œuvres & Fils")


@pytest.fixture
def qr_codes() -> QrCodes:
    """By segno."""
    return SegnoQrCodes()


def read(picture: Image.Image) -> str:
    """What the one code in the picture says, empty when there is none."""
    found = zxingcpp.read_barcodes(picture.convert("L"))
    assert len(found) <= 1
    assert all(code.format == zxingcpp.BarcodeFormat.QRCode and code.ec_level == "M" for code in found)
    return found[0].text if found else ""


def drawn(drawing: bytes, behind: str = "black") -> Image.Image:
    """An SVG as a browser shows it, 8 pixels a unit, on a page of this colour."""
    root = ElementTree.fromstring(drawing)
    side = int(root.attrib["viewBox"].split()[-1])
    picture = Image.new("RGB", (side * 8, side * 8), behind)
    for path in root.iter(f"{SVG}path"):
        assert BARS.sub("", path.attrib["d"]) == ""
        for bar in BARS.finditer(path.attrib["d"]):
            x, y, width, height, back = (int(number) * 8 for number in bar.groups())
            assert width == back
            ImageDraw.Draw(picture).rectangle((x, y, x + width - 1, y + height - 1), fill=path.attrib["fill"])
    return picture


@pytest.fixture
def scan() -> Scan:
    """By ZXing."""

    def scan(content: bytes) -> str:
        return read(drawn(content) if content.startswith(b"<svg") else Image.open(io.BytesIO(content)))

    return scan


class TestQrCodes(QrCodesContract):
    """By segno."""


async def printed(qr_codes: QrCodes, *captions: str) -> Image.Image:
    """A printable code, decoded."""
    return Image.open(io.BytesIO(await qr_codes.png(LINK, captions=captions or CAPTIONS))).convert("L")


async def test_bad_copies_are_read(qr_codes: QrCodes) -> None:
    for picture in (await printed(qr_codes), drawn(await qr_codes.svg(LINK)).convert("L")):
        copy = io.BytesIO()
        picture.save(copy, "JPEG", quality=15)
        assert read(Image.open(copy)) == LINK
        small = picture.resize((picture.width * 3 // 10, picture.height * 3 // 10), Image.Resampling.BILINEAR)
        assert read(small) == LINK
        for angle in (3, -7, 90, 12):
            assert read(picture.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=160)) == LINK


async def test_a_tenth_of_a_code_may_be_lost(qr_codes: QrCodes) -> None:
    picture = await printed(qr_codes, "")
    ImageDraw.Draw(picture).rectangle((250, 250, 380, 330), fill=255)
    assert read(picture) == LINK


async def test_modules_are_squares_of_whole_pixels_in_black_and_white_with_four_of_quiet_around(
    qr_codes: QrCodes,
) -> None:
    picture = await printed(qr_codes, "")
    assert {colour for _, colour in picture.getcolors() or ()} == {0, 255}
    left, top, right, bottom = picture.point(lambda grey: 255 - grey).getbbox() or (0, 0, 0, 0)
    assert right - left == bottom - top
    module = (right - left) // 33
    assert (right - left) % 33 == 0 and module >= 12
    assert min(left, top, 600 - right, 600 - bottom) >= 4 * module
    shrunk = picture.crop((left, top, right, bottom)).resize((33, 33), Image.Resampling.BOX)
    assert {colour for _, colour in shrunk.getcolors() or ()} == {0, 255}


async def test_drawings_are_black_on_white_on_dark_pages_too(qr_codes: QrCodes) -> None:
    drawing = await qr_codes.svg(LINK)
    for behind in ("black", "white", "#123456"):
        picture = drawn(drawing, behind)
        assert {colour for _, colour in picture.getcolors() or ()} == {(0, 0, 0), (255, 255, 255)}
        assert picture.crop((0, 0, picture.width, 32)).getcolors() == [(picture.width * 32, (255, 255, 255))]
    root = ElementTree.fromstring(drawing)
    assert "width" not in root.attrib and root.attrib["viewBox"] == "0 0 41 41"


async def test_drawings_say_what_they_are(qr_codes: QrCodes) -> None:
    for title, said in (
        ("", LINK),
        ("</title><script>alert(1)</script>", "</title><script>alert(1)</script>"),
        ('"&amp;]]>', '"&amp;]]>'),
        ("a\0b\ufffe\ud800c é 株", "abc é 株"),
    ):
        root = ElementTree.fromstring(await qr_codes.svg(LINK, title=title))
        assert [child.text for child in root.iter(f"{SVG}title")] == [said]
        assert root.attrib["role"] == "img"


async def test_number_and_name_stand_below_the_code_and_inside_the_picture(qr_codes: QrCodes) -> None:
    for captions in (CAPTIONS, ("x" * 500,), ("Ẫ" * 60, "Ž" * 400, "g" * 99), ("W" * 50, "j" * 90)):
        picture = await printed(qr_codes, *captions)
        assert read(picture) == LINK
        ink = picture.point(lambda grey: 255 if grey < 128 else 0)
        left, _, right, bottom = ink.getbbox() or (0, 0, 0, 0)
        assert left >= 15 and right <= 585 and bottom <= 590
        assert ink.crop((0, 520, 600, 600)).getbbox()


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("Société", "Socie\u0301te\u0301"), ("Œuvre", "OEuvre"), ("Straße", "Strasse"), ("Łódź", "Lo\u0301dz\u0301"),
        ("  a \t\n b ", "a b"), ("ﬁn ５", "fin 5"), ("a\u202eb\0", "ab"), ("Café \U0001f600 №1", "Cafe\u0301 No1"),
        ("Δελφοί", ""), ("Москва", ""), ("株式会社 Foto", "Foto"), ("", ""), ("\ud800a", "a"), ("“x” – y", "“x” - y"),
        ("Emoji \U0001f389 Wedding \u2764\ufe0f", "Emoji Wedding"), ("Eмоjй5", "Ej5"), ("张 & 李", ""), ("&!", "&!"),
        ("a\u0301\u043e\u0301", "a\u0301"), ("\u0301", ""), ("Foto ①② 株", "Foto 12"),
    ],
)  # fmt: skip
def test_what_has_no_letters_here_is_written_otherwise_or_left_out(line: str, written: str) -> None:
    assert Typeface(24).writable(line) == written


@pytest.mark.parametrize("accent", [*ABOVE, *BELOW])
@pytest.mark.parametrize("letter", ["e", "i", "O"])
def test_accents_stand_where_they_belong(letter: str, accent: str) -> None:
    face = Typeface(40)
    plain, accented = face.draw(letter), face.draw(letter + accent)
    assert plain.size == accented.size
    changed = [
        row
        for row in range(plain.height)
        if plain.crop((0, row, plain.width, row + 1)).tobytes()
        != accented.crop((0, row, plain.width, row + 1)).tobytes()
    ]
    assert changed
    assert max(changed) < 25 if accent in ABOVE else min(changed) > 35


def test_no_box_is_ever_written() -> None:
    face = Typeface(24)
    letters = [chr(code) for code in range(0x20, 0x3000) if not 0xD800 <= code < 0xE000]
    boxes = [
        letter
        for letter in letters
        for written in face.writable(letter)
        if written not in ABOVE and written not in BELOW and not face.draws(written)
    ]
    assert boxes == []
