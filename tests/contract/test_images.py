"""The law of Images, in memory and by Pillow; and what Pillow alone can show: colours, metadata, hostile bytes."""

import asyncio
import io
import random
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pillow_heif
import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from asperguide.adapters.memory.images import MemoryImages
from asperguide.adapters.pillow.images import PillowImages
from asperguide.media.errors import TooManyImages
from asperguide.media.ports import Images, Refusal
from asperguide.testing.contracts import ImagesContract
from asperguide.testing.contracts.images import gif, png

MADE = ("image/webp", "image/jpeg", "image/png", "image/avif", "image/gif")
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>whose camera it was</rdf:RDF></x:xmpmeta>'
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture
def pillow() -> Iterator[PillowImages]:
    """By Pillow."""
    images = PillowImages()
    yield images
    images.close()


@pytest.fixture(params=["memory", "pillow"])
def images(request: pytest.FixtureRequest) -> Images:
    """Each of them."""
    return MemoryImages() if request.param == "memory" else request.getfixturevalue("pillow")


class TestImages(ImagesContract):
    """Each of them."""


async def test_busy_images_in_memory_say_so() -> None:
    images = MemoryImages()
    images.busy = True
    with pytest.raises(TooManyImages):
        await images.inspect(png(1, 1))


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    """The image in a format of Pillow's."""
    content = io.BytesIO()
    image.save(content, format, **options)
    return content.getvalue()


def quarters(size: int = 64) -> Image.Image:
    """Red and green above blue and white."""
    image = Image.new("RGB", (size, size))
    half = size // 2
    for colour, corner in ((RED, (0, 0)), (GREEN, (half, 0)), (BLUE, (0, half)), (WHITE, (half, half))):
        image.paste(colour, (*corner, corner[0] + half, corner[1] + half))
    return image


async def made(images: PillowImages, content: bytes, media_type: str = "image/png", **wanted: Any) -> Image.Image:
    """What becomes of it, decoded."""
    asked = {"width": 64, "height": 64, "cover": False, "quality": 90, **wanted}
    image = Image.open(io.BytesIO(await images.render(content, media_type=media_type, **asked)))
    image.load()
    return image


def near(image: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    """Whether the pixel has about this colour."""
    found = image.convert("RGB").getpixel(at)
    assert isinstance(found, tuple)
    return all(abs(one - other) < 24 for one, other in zip(found, colour, strict=True))


def with_gps() -> dict[str, Any]:
    """What a telephone writes beside a picture."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Camera of example.org"
    exif[ExifTags.Base.Orientation] = 1
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (47.0, 22.0, 36.0)
    return {"exif": exif.tobytes(), "xmp": XMP, "comment": b"a secret comment"}


@pytest.mark.parametrize("media_type", MADE)
@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF", "TIFF", "PNG"])
async def test_where_a_picture_was_taken_is_not_told(pillow: PillowImages, format: str, media_type: str) -> None:
    options = with_gps()
    if format == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Comment", "a secret comment")
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.decode())
    source = encoded(quarters(), format, **options)
    before = Image.open(io.BytesIO(source))
    assert format == "TIFF" or before.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    content = await pillow.render(source, width=64, height=64, cover=False, media_type=media_type, quality=80)
    after = Image.open(io.BytesIO(content))
    after.load()
    assert not after.getexif()
    assert not after.info.keys() & {"exif", "xmp", "comment", "icc_profile", "XML:com.adobe.xmp", "Comment", "dpi"}
    for word in (b"example.org", b"camera", b"secret", b"Exif", b"xmp"):
        assert word not in content


@pytest.mark.parametrize("cover", [False, True])
@pytest.mark.parametrize("orientation", range(1, 9))
async def test_pictures_are_put_upright(pillow: PillowImages, orientation: int, cover: bool) -> None:
    turns: dict[int, Any] = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    lying = quarters(512)
    if orientation in turns:
        lying = lying.transpose(turns[orientation])
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    for format in ("JPEG", "PNG", "WEBP", "TIFF"):
        upright = await made(pillow, encoded(lying, format, exif=exif), width=40, height=40, cover=cover)
        for at, colour in (((5, 5), RED), ((35, 5), GREEN), ((5, 35), BLUE), ((35, 35), WHITE)):
            assert near(upright, at, colour), (format, at)


async def test_heic_is_read_and_upright(pillow: PillowImages) -> None:
    content = io.BytesIO()
    pillow_heif.from_pillow(quarters(128)).save(content, quality=90)
    found = await pillow.inspect(content.getvalue())
    assert (found.media_type, found.width, found.height) == ("image/heic", 128, 128)
    image = await made(pillow, content.getvalue(), "image/webp")
    assert near(image, (10, 10), RED)
    assert near(image, (50, 10), GREEN)


def swapped_profile() -> bytes:
    """A profile under which red means green, made of that of sRGB."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    whole = bytearray(profile)
    whole[red : red + 4], whole[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(whole)


async def test_colours_are_those_that_the_profile_means(pillow: PillowImages) -> None:
    for format in ("JPEG", "PNG", "WEBP", "TIFF"):
        source = encoded(Image.new("RGB", (64, 64), RED), format, icc_profile=swapped_profile())
        assert near(await made(pillow, source), (32, 32), GREEN), format
    source = encoded(Image.new("RGBA", (64, 64), (*RED, 128)), "PNG", icc_profile=swapped_profile())
    image = await made(pillow, source)
    assert near(image, (32, 32), GREEN)
    assert image.getpixel((32, 32))[3] == 128  # type: ignore[index]


async def test_a_profile_that_makes_no_sense_is_left_aside(pillow: PillowImages) -> None:
    for profile in (b"nonsense", swapped_profile()[:200]):
        source = encoded(Image.new("RGB", (64, 64), RED), "PNG", icc_profile=profile)
        assert near(await made(pillow, source), (32, 32), RED)
    grey = encoded(Image.new("L", (64, 64), 128), "PNG", icc_profile=swapped_profile())
    assert near(await made(pillow, grey), (32, 32), (128, 128, 128))


async def test_every_kind_of_pixel_keeps_its_colour(pillow: PillowImages) -> None:
    half = (128, 128, 128)
    wide = Image.new("I;16", (64, 64), 0x8000)
    palette = Image.new("RGB", (64, 64), RED).quantize(4)
    for name, source, colour in (
        ("bits", encoded(Image.new("1", (64, 64), 1), "PNG"), WHITE),
        ("grey", encoded(Image.new("L", (64, 64), 128), "PNG"), half),
        ("16 bits", encoded(wide, "PNG"), half),
        ("16 bits in TIFF", encoded(wide, "TIFF"), half),
        ("32 bits in TIFF", encoded(Image.new("I", (64, 64), 0x8000), "TIFF"), half),
        ("floats in TIFF", encoded(Image.new("F", (64, 64), 0.5), "TIFF"), half),
        ("larger floats", encoded(Image.new("F", (64, 64), 128.0), "TIFF"), half),
        ("palette", encoded(palette, "PNG"), RED),
        ("BMP", encoded(palette, "BMP"), RED),
        ("GIF", encoded(palette, "GIF"), RED),
        ("CMYK", encoded(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG"), RED),
        ("CMYK in TIFF", encoded(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "TIFF"), RED),
        ("YCbCr", encoded(Image.new("RGB", (64, 64), RED).convert("YCbCr"), "TIFF"), RED),
        ("opaque grey", encoded(Image.new("LA", (64, 64), (128, 255)), "PNG"), half),
    ):
        for media_type in MADE:
            assert near(await made(pillow, source, media_type), (32, 32), colour), (name, media_type)
            assert near(await made(pillow, source, media_type, width=20, height=20), (9, 9), colour), (name, media_type)


async def test_what_is_transparent_stays_so_or_is_white(pillow: PillowImages) -> None:
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    palette = Image.new("P", (64, 64), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    for source in (
        encoded(clear, "PNG"),
        encoded(clear, "WEBP", lossless=True),
        encoded(clear.convert("LA"), "PNG"),
        encoded(palette, "GIF", transparency=0),
        encoded(palette, "PNG", transparency=0),
        encoded(Image.new("RGB", (64, 64)), "PNG", transparency=(0, 0, 0)),
    ):
        for media_type in ("image/webp", "image/png", "image/avif", "image/gif"):
            image = await made(pillow, source, media_type, width=32, height=32)
            assert image.convert("RGBA").getpixel((16, 16))[3] == 0, media_type  # type: ignore[index]
        assert near(await made(pillow, source, "image/jpeg"), (32, 32), WHITE)


async def test_quality_changes_how_much_is_kept(pillow: PillowImages) -> None:
    source = encoded(Image.effect_noise((256, 256), 80).convert("RGB"), "PNG")
    for media_type in ("image/webp", "image/jpeg", "image/avif"):
        poor, good = [
            await pillow.render(source, width=256, height=256, cover=False, media_type=media_type, quality=quality)
            for quality in (30, 90)
        ]
        assert len(poor) < len(good) * 0.8


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
async def test_an_animation_keeps_its_pace_and_its_pictures(pillow: PillowImages, format: str) -> None:
    frames = [Image.new("RGB", (60, 40), colour) for colour in (RED, GREEN, BLUE)]
    pace = {"save_all": True, "append_images": frames[1:], "duration": [100, 250, 400], "loop": 3}
    source = encoded(frames[0], format, **pace)
    assert (await pillow.inspect(source)).frames == 3
    for media_type in ("image/webp", "image/gif"):
        image = await made(pillow, source, media_type, width=30, height=30)
        assert image.size == (30, 20)
        for at, (colour, duration) in enumerate(((RED, 100), (GREEN, 250), (BLUE, 400))):
            image.seek(at)
            image.load()
            assert image.info["duration"] == duration
            assert near(image, (15, 10), colour)
        assert image.info.get("loop") == 3
    still = await made(pillow, source, "image/jpeg")
    assert near(still, (30, 20), RED)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(*chunks: bytes) -> bytes:
    """A small PNG with these in front of its pixels."""
    whole = png(8, 8)
    return whole[:33] + b"".join(chunks) + whole[33:]


def many_passes() -> bytes:
    """A progressive JPEG that has its last pass two hundred times."""
    whole = encoded(quarters(), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * 200 + whole[-2:]


def webp_said_to_be(width: int, height: int) -> bytes:
    """A WebP whose canvas is said to be so large."""
    data = b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif_growing() -> bytes:
    """A GIF of one pixel whose second frame lies far outside."""
    whole = gif(1, 1, 2)
    at = whole.rindex(b",")
    return whole[: at + 1] + struct.pack("<HHHH", 60_000, 60_000, 5000, 5000) + whole[at + 9 :]


def apng_said_to_have(frames: int) -> bytes:
    """A PNG that is said to be an animation."""
    return png_with(chunk(b"acTL", struct.pack(">II", frames, 0)))


HOSTILE = {
    "a PNG of 900 megapixels": lambda: png(30_000, 30_000),
    "a PNG of one very long row": lambda: png(2_000_000_000, 1),
    "a TIFF of 900 megapixels": lambda: encoded(Image.new("1", (30_000, 30_000)), "TIFF", compression="group4"),
    "a GIF of a hundred thousand frames": lambda: gif(2, 2, 100_000),
    "a GIF that grows": gif_growing,
    "an APNG of a million frames": lambda: apng_said_to_have(1_000_000),
    "an animation of too many pixels in all": lambda: gif(2000, 2000, 26),
    "a WebP of 200 megapixels": lambda: webp_said_to_be(15_000, 15_000),
    "a JPEG of two hundred passes": many_passes,
    "text that grows": lambda: png_with(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000)))),
    "a profile that grows": lambda: png_with(chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(50_000_000)))),
    "much EXIF": lambda: png_with(chunk(b"eXIf", b"MM\0*" + bytes(5_000_000))),
    "many comments": lambda: png_with(*[chunk(b"tEXt", b"k%d\0" % n + b"x" * 60_000) for n in range(90)]),
    "65 MiB": lambda: png(8, 8) + bytes(65 * 1024 * 1024),
    "a cut JPEG": lambda: encoded(quarters(512), "JPEG")[:-600],
    "a cut WebP": lambda: encoded(quarters(512), "WEBP")[:-200],
    "a cut AVIF": lambda: encoded(quarters(512), "AVIF")[:-200],
    "a cut GIF": lambda: encoded(Image.effect_noise((99, 99), 50), "GIF")[:-900],
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_images_are_refused_in_no_time(pillow: PillowImages, name: str) -> None:
    content = HOSTILE[name]()
    with pytest.raises(Refusal):
        await pillow.inspect(b"GIF89a")  # whatever has to be loaded is
    started = time.process_time()
    with pytest.raises(Refusal) as refused:
        await pillow.inspect(content)
    assert time.process_time() - started < 0.25
    assert str(refused.value).endswith(".")
    with pytest.raises(Refusal):
        await pillow.render(content, width=64, height=64, cover=False, media_type="image/webp", quality=80)


def test_limits_of_pillow_are_left_as_they_are() -> None:
    code = (
        "from PIL import Image, ImageFile, PngImagePlugin as P; Image.init();"
        "import asperguide.adapters.pillow.rendering;"
        "assert Image.MAX_IMAGE_PIXELS == 89478485 and not ImageFile.LOAD_TRUNCATED_IMAGES;"
        "assert 'HEIF' not in Image.OPEN"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
@pytest.mark.filterwarnings("ignore")
async def test_damage_anywhere_is_a_refusal_or_another_picture(pillow: PillowImages, format: str) -> None:
    chance = random.Random(20260119)
    whole = encoded(quarters(48), format)
    for _ in range(60):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            found = await pillow.inspect(bytes(content[: chance.randint(10, len(content))]))
            assert found.width * found.height <= 25_000_000
            await pillow.render(bytes(content), width=9, height=9, cover=True, media_type="image/webp", quality=50)
        except Refusal:
            continue


async def test_one_is_made_at_a_time_20_wait_and_the_others_are_told_when_to_come_back() -> None:
    images = PillowImages(queue=20)
    source = encoded(Image.effect_noise((2000, 2000), 80).convert("RGB"), "JPEG")
    callers = [
        asyncio.create_task(
            images.render(source, width=500, height=500, cover=False, media_type="image/webp", quality=80)
        )
        for _ in range(40)
    ]
    done, waiting = await asyncio.wait(callers, timeout=0)
    while not done:
        done, waiting = await asyncio.wait(callers, return_when=asyncio.FIRST_COMPLETED)
    refused = [error for caller in done if isinstance(error := caller.exception(), TooManyImages)]
    assert len(refused) == 19
    assert all(error.retry_after and error.retry_after.total_seconds() >= 1 for error in refused)
    for caller in waiting:
        caller.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    images.close()


async def test_the_loop_keeps_turning_while_images_are_made(pillow: PillowImages) -> None:
    source = encoded(Image.effect_noise((3000, 3000), 80).convert("RGB"), "JPEG")
    making = asyncio.create_task(
        pillow.render(source, width=2000, height=2000, cover=False, media_type="image/webp", quality=80)
    )
    ticks = 0
    while not making.done():
        await asyncio.sleep(0.001)
        ticks += 1
    assert await making
    assert ticks > 30


def test_pillow_is_not_loaded_before_the_first_image() -> None:
    code = "import sys, asperguide.adapters.pillow.images as m; m.PillowImages(); sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
