"""The law of what looks at images and makes others of them."""

import struct
import zlib

from asperguide.media.ports import Images, Refusal
from asperguide.testing.contracts.checking import raises

FORMATS = ("image/webp", "image/jpeg", "image/png", "image/avif")


def png(width: int, height: int, *, orientation: int = 1, text: bytes = b"") -> bytes:
    """A black PNG, with an EXIF orientation and a comment if wanted. A large one is only said to be there."""
    exif = b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1" + struct.pack(">HHI", orientation, 0, 0)
    rows = zlib.compress(bytes((width + 1) * height)) if width * height <= 10_000_000 else b""
    chunks = [
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        _chunk(b"eXIf", exif) if orientation != 1 else b"",
        _chunk(b"tEXt", b"Comment\0" + text) if text else b"",
        _chunk(b"IDAT", rows),
        _chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def gif(width: int, height: int, frames: int) -> bytes:
    """An animation, each frame of which changes one pixel to one of two colours in turn."""
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    control = b"!\xf9\4\4\x0a\0\0\0"
    pixels = (b"\2\2\x44\1\0", b"\2\2\x4c\1\0")
    shown = [control + b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + pixels[frame % 2] for frame in range(frames)]
    return screen + b"".join(shown) + b";"


class ImagesContract:
    """Give it a fixture `images`."""

    async def test_an_image_is_as_large_as_its_header_says(self, images: Images) -> None:
        found = await images.inspect(png(30, 20))
        assert (found.media_type, found.width, found.height, found.frames) == ("image/png", 30, 20, 1)

    async def test_frames_are_counted(self, images: Images) -> None:
        found = await images.inspect(gif(12, 8, 5))
        assert (found.media_type, found.width, found.height, found.frames) == ("image/gif", 12, 8, 5)

    async def test_an_image_on_its_side_is_measured_upright(self, images: Images) -> None:
        for orientation in (6, 8):
            found = await images.inspect(png(30, 20, orientation=orientation))
            assert (found.width, found.height) == (20, 30)

    async def test_each_format_can_be_made_and_is_what_it_was_asked_to_be(self, images: Images) -> None:
        for media_type in FORMATS:
            made = await images.render(
                png(300, 200), width=90, height=90, cover=False, media_type=media_type, quality=80
            )
            found = await images.inspect(made)
            assert (found.media_type, found.width, found.height) == (media_type, 90, 60)

    async def test_what_is_wanted_is_kept_to_and_nothing_grows(self, images: Images) -> None:
        for size, width, height, cover, expected in (
            ((300, 200), 150, 150, False, (150, 100)),
            ((200, 300), 150, 150, False, (100, 150)),
            ((300, 200), 900, 900, False, (300, 200)),
            ((300, 200), 5000, 50, False, (75, 50)),
            ((300, 200), 100, 100, True, (100, 100)),
            ((300, 200), 50, 100, True, (50, 100)),
            ((300, 200), 400, 400, True, (200, 200)),
            ((300, 200), 600, 300, True, (300, 150)),
            ((300, 200), 250, 250, True, (200, 200)),
            ((300, 1), 30, 30, False, (30, 1)),
            ((1, 1), 64, 64, True, (1, 1)),
        ):
            made = await images.render(
                png(*size), width=width, height=height, cover=cover, media_type="image/png", quality=80
            )
            found = await images.inspect(made)
            assert (found.width, found.height) == expected, (size, width, height, cover)

    async def test_what_was_on_its_side_is_upright_afterwards(self, images: Images) -> None:
        source = png(30, 20, orientation=6)
        made = await images.render(source, width=90, height=90, cover=False, media_type="image/png", quality=80)
        found = await images.inspect(made)
        assert (found.width, found.height) == (20, 30)

    async def test_animations_stay_where_the_format_has_them(self, images: Images) -> None:
        for media_type, frames in (("image/webp", 4), ("image/gif", 4), ("image/jpeg", 1), ("image/avif", 1)):
            made = await images.render(gif(12, 8, 4), width=6, height=6, cover=False, media_type=media_type, quality=80)
            found = await images.inspect(made)
            assert (found.media_type, found.width, found.height, found.frames) == (media_type, 6, 4, frames)

    async def test_nothing_but_the_picture_is_kept(self, images: Images) -> None:
        source = png(30, 20, orientation=3, text=b"47.3769 N, 8.5417 E")
        for media_type in (*FORMATS, "image/gif"):
            made = await images.render(source, width=90, height=90, cover=False, media_type=media_type, quality=80)
            assert b"47.3769" not in made
            assert b"Exif" not in made

    async def test_the_same_gives_the_same(self, images: Images) -> None:
        first, second = [
            await images.render(png(30, 20), width=9, height=9, cover=True, media_type="image/webp", quality=70)
            for _ in range(2)
        ]
        assert first == second

    async def test_what_is_no_whole_image_is_refused(self, images: Images) -> None:
        whole = png(300, 200)
        for content in (b"", b"hello", b"\xff\xd8\xff", whole[:40], whole[: len(whole) // 2], b"%PDF-1.7\n"):
            with raises(Refusal) as refused:
                await images.inspect(content)
            assert str(refused.value).endswith(".")

    async def test_what_is_too_large_is_refused_by_its_header(self, images: Images) -> None:
        for content in (png(30_000, 30_000), png(5001, 5000), png(16_384, 1), gif(2, 2, 1001), gif(65_535, 65_535, 1)):
            with raises(Refusal):
                await images.inspect(content)
            with raises(Refusal):
                await images.render(content, width=9, height=9, cover=False, media_type="image/png", quality=80)

    async def test_what_cannot_be_wanted_is_an_error_of_the_caller(self, images: Images) -> None:
        for width, height, media_type, quality in (
            (0, 9, "image/png", 80),
            (9, -1, "image/png", 80),
            (9, 9, "image/svg+xml", 80),
            (9, 9, "image/png", 0),
            (9, 9, "image/png", 101),
        ):
            with raises(ValueError):
                await images.render(
                    png(9, 9), width=width, height=height, cover=False, media_type=media_type, quality=quality
                )
