"""The law of eyes for markers, and of codes that lead to what they show."""

import re
import struct
import zlib
from collections.abc import Callable
from hashlib import shake_128

from asperguide.ar.marker_errors import MarkerRefused, MarkerTooSmall
from asperguide.ar.marker_ports import MarkerEye, QrCodes
from asperguide.ar.markers import Grade, looks_like, report_of
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.images import gif, png

LINK = "https://guides.example.org/view/" + "aZ3_-" * 4

Scan = Callable[[bytes], str]


def mosaic(width: int, height: int, seed: str = "", tile: int = 16) -> bytes:
    """A PNG of tiles in all greys, that a camera finds at once; another one for each seed."""
    across, down = -(-width // tile), -(-height // tile)
    greys = shake_128(seed.encode()).digest(across * down)
    rows = (greys[row * across : (row + 1) * across] for row in range(down))
    lines = (b"\0" + bytes(grey for grey in row for _ in range(tile))[:width] for row in rows for _ in range(tile))
    pixels = b"".join(line for line, _ in zip(lines, range(height), strict=False))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


class MarkerEyeContract:
    """Give it a fixture `eye`."""

    async def test_a_picture_is_measured_as_large_as_it_is(self, eye: MarkerEye) -> None:
        seen = await eye.measure(mosaic(640, 480))
        assert (seen.width, seen.height) == (640, 480)
        lying = await eye.measure(png(640, 480, orientation=6))
        assert (lying.width, lying.height) == (480, 640)

    async def test_all_that_is_measured_is_within_its_bounds(self, eye: MarkerEye) -> None:
        for content in (mosaic(640, 480), mosaic(301, 900, "tall"), png(400, 300), gif(400, 300, 3)):
            seen = await eye.measure(content)
            shares = (seen.richness, seen.coverage, seen.edge_density, seen.contrast, seen.brightness, seen.repetition)
            assert all(0 <= share <= 1 for share in shares), seen
            assert seen.corners >= 0 and seen.sharpness >= 0
            assert 0 <= seen.fingerprint < 2**64

    async def test_details_make_a_good_marker_and_blackness_a_poor_one(self, eye: MarkerEye) -> None:
        assert report_of(await eye.measure(mosaic(640, 480))).grade is Grade.GOOD
        assert report_of(await eye.measure(png(640, 480))).grade is Grade.POOR

    async def test_the_same_picture_measures_the_same(self, eye: MarkerEye) -> None:
        assert await eye.measure(mosaic(640, 480)) == await eye.measure(mosaic(640, 480))

    async def test_fingerprints_tell_pictures_apart(self, eye: MarkerEye) -> None:
        prints = [(await eye.measure(mosaic(640, 480, seed))).fingerprint for seed in ("one", "two", "three")]
        assert [looks_like(prints[0], other) for other in prints] == [True, False, False]
        assert not looks_like(prints[1], prints[2])

    async def test_what_has_too_few_pixels_is_refused(self, eye: MarkerEye) -> None:
        for content in (png(10, 10), mosaic(299, 640), mosaic(640, 299), png(1, 5000), gif(2, 2, 2)):
            with raises(MarkerTooSmall):
                await eye.measure(content)
        assert (await eye.measure(mosaic(300, 300))).width == 300

    async def test_what_is_no_whole_picture_is_refused_as_a_marker(self, eye: MarkerEye) -> None:
        whole = mosaic(640, 480)
        for content in (
            b"", b"hello", b"<html><img></html>", whole[:40], whole[: len(whole) // 2], b"\xff\xd8\xff",
            png(30_000, 30_000), png(5001, 5000), b"%PDF-1.7\n",
        ):  # fmt: skip
            with raises(MarkerRefused) as refused:
                await eye.measure(content)
            assert str(refused.value).endswith(".")


class QrCodesContract:
    """Give it fixtures `qr_codes` and `scan`, which reads the code in a PNG or an SVG, empty when there is none."""

    async def test_codes_lead_to_their_links(self, qr_codes: QrCodes, scan: Scan) -> None:
        for link in (LINK, "https://guides.example.org/é?a=1&b=%20#<>\"'", "x", "y" * 500):
            assert scan(await qr_codes.svg(link)) == link
            assert scan(await qr_codes.png(link)) == link
            assert scan(await qr_codes.png(link, captions=("ORD-20260119-000001", "Siobhán & Sons", "a"))) == link

    async def test_the_same_code_has_the_same_bytes(self, qr_codes: QrCodes) -> None:
        assert await qr_codes.svg(LINK) == await qr_codes.svg(LINK)
        assert await qr_codes.png(LINK, captions=("a",)) == await qr_codes.png(LINK, captions=("a",))

    async def test_a_printed_code_has_600_pixels_a_side(self, qr_codes: QrCodes) -> None:
        for captions in ((), ("a",), ("a", "b", "c", "d")):
            content = await qr_codes.png(LINK, captions=captions)
            assert content[:8] == b"\x89PNG\r\n\x1a\n"
            assert struct.unpack_from(">II", content, 16) == (600, 600)

    async def test_what_is_said_of_a_drawing_stays_text(self, qr_codes: QrCodes) -> None:
        for title in ("</title><script>alert(1)</script>", "&amp;\"'", "a\0b\x1b\ufffe", "é 株"):
            drawing = await qr_codes.svg(LINK, title=title)
            assert re.findall(rb"<(\w+)", drawing) == [b"svg", b"title", b"path", b"path"]
            assert not {0, 0x1B} & set(drawing)

    async def test_lines_that_cannot_be_written_are_left_out(self, qr_codes: QrCodes) -> None:
        bare = await qr_codes.png(LINK)
        for line in ("", "  ", "株式会社", "\u202e\0", "\U0001f600"):
            assert await qr_codes.png(LINK, captions=(line,)) == bare
        assert await qr_codes.png(LINK, captions=("a", "株")) == await qr_codes.png(LINK, captions=("a",)) != bare

    async def test_nothing_and_too_much_lead_nowhere(self, qr_codes: QrCodes) -> None:
        for link in ("", "x" * 501, "é" * 251):
            with raises(ValueError):
                await qr_codes.svg(link)
            with raises(ValueError):
                await qr_codes.png(link)
