"""The law of eyes for markers, in memory and by Pillow; and what Pillow's alone can show: what makes a good marker."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from asperguide.adapters.memory.images import MemoryImages
from asperguide.adapters.memory.markers import MemoryMarkerEye
from asperguide.adapters.pillow.images import PillowImages, image_threads
from asperguide.adapters.pillow.markers import PillowMarkerEye
from asperguide.ar.marker_errors import MarkerRefused, MarkerTooSmall
from asperguide.ar.marker_ports import MarkerEye
from asperguide.ar.markers import Advice, Grade, MarkerReport, bits_apart, looks_like, report_of
from asperguide.media.errors import TooManyImages
from asperguide.testing.contracts import MarkerEyeContract
from asperguide.testing.contracts.markers import mosaic
from tests.contract.test_images import HOSTILE
from tests.pictures import encoded, photo, tiled

Look = Callable[..., Awaitable[MarkerReport]]


@pytest.fixture
def pillow() -> Iterator[PillowMarkerEye]:
    """By Pillow and NumPy."""
    threads = image_threads()
    yield PillowMarkerEye(threads)
    threads.close()


@pytest.fixture(params=["memory", "pillow"])
def eye(request: pytest.FixtureRequest) -> MarkerEye:
    """Each of them."""
    return MemoryMarkerEye(MemoryImages()) if request.param == "memory" else request.getfixturevalue("pillow")


class TestMarkerEyes(MarkerEyeContract):
    """Each of them."""


@pytest.fixture
def look(pillow: PillowMarkerEye) -> Look:
    """What is reported of a picture."""

    async def look(picture: Image.Image, format: str = "JPEG", **options: object) -> MarkerReport:
        return report_of(await pillow.measure(encoded(picture, format, **options)))

    return look


@pytest.mark.parametrize("seed", range(4))
async def test_a_photo_full_of_details_is_a_good_marker(look: Look, seed: int) -> None:
    for size in ((1200, 900), (900, 1200), (600, 600)):
        report = await look(photo(seed, *size))
        assert report.grade is Grade.GOOD
        assert report.advice == ()
        assert not report.repetitive


@pytest.mark.parametrize("grey", [0, 20, 128, 255])
async def test_a_surface_of_one_colour_is_none(look: Look, grey: int) -> None:
    report = await look(Image.new("RGB", (800, 600), (grey, grey, grey)))
    assert (report.score, report.grade, report.measured.corners) == (0, Grade.POOR, 0)
    assert {Advice.FEW_DETAILS, Advice.LOW_CONTRAST} <= set(report.advice)


async def test_where_light_only_fades_or_runs_straight_a_camera_finds_nothing(look: Look) -> None:
    stripes = Image.fromarray(((np.arange(1200) // 40) % 2 * 255).astype(np.uint8)[None, :].repeat(900, axis=0))
    for picture in (Image.linear_gradient("L").resize((800, 600)), stripes):
        report = await look(picture)
        assert report.grade is Grade.POOR
        assert report.advice[0] is Advice.FEW_DETAILS
        assert not report.repetitive


async def test_the_more_a_picture_is_blurred_the_less_it_is_worth(look: Look) -> None:
    sharp = photo(1)
    reports = [await look(sharp)]
    reports += [await look(sharp.filter(ImageFilter.GaussianBlur(radius))) for radius in (2, 4, 8)]
    scores = [report.score for report in reports]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert all(Advice.BLURRED in report.advice for report in reports[1:])
    assert reports[-1].grade is Grade.POOR


@pytest.mark.parametrize(
    ("change", "told"), [(ImageEnhance.Contrast, Advice.LOW_CONTRAST), (ImageEnhance.Brightness, Advice.TOO_DARK)]
)
async def test_the_less_contrast_or_light_the_less_it_is_worth(look: Look, change: type, told: Advice) -> None:
    reports = [await look(change(photo(1)).enhance(part)) for part in (1.0, 0.6, 0.35, 0.2)]
    scores = [report.score for report in reports]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert told not in reports[0].advice
    assert told in reports[-1].advice
    assert reports[-1].grade is Grade.POOR


async def test_what_is_nearly_white_is_too_bright(look: Look) -> None:
    report = await look(Image.blend(photo(1), Image.new("RGB", (1200, 900), "white"), 0.85))
    assert Advice.TOO_BRIGHT in report.advice
    assert report.grade is Grade.POOR


@pytest.mark.parametrize("side", [75, 100, 150, 300])
async def test_what_repeats_itself_is_told_and_is_worth_little(look: Look, side: int) -> None:
    report = await look(tiled(photo(3, 600, 600).resize((side, side))))
    assert report.repetitive
    assert Advice.REPETITIVE in report.advice
    assert report.grade is Grade.POOR


async def test_a_chessboard_repeats_itself(look: Look) -> None:
    down, across = np.indices((900, 1200)) // 50
    board = Image.fromarray(np.where((down + across) % 2, 255, 0).astype(np.uint8))
    assert (await look(board)).repetitive


async def test_details_are_wanted_all_over_the_picture(look: Look) -> None:
    whole = photo(1)
    half = whole.copy()
    half.paste((200, 200, 200), (0, 0, 600, 900))
    full, lopsided = await look(whole), await look(half)
    assert lopsided.score < full.score - 0.2
    assert Advice.EMPTY_AREAS in lopsided.advice


async def test_it_does_not_matter_how_a_picture_is_turned_or_how_many_pixels_it_has(look: Look) -> None:
    upright = photo(2)
    score = (await look(upright)).score
    for turned in (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_LEFT_RIGHT):
        assert (await look(upright.transpose(turned))).score == pytest.approx(score, abs=0.02)
    for size in ((2400, 1800), (800, 600)):
        assert (await look(upright.resize(size, Image.Resampling.LANCZOS))).score == pytest.approx(score, abs=0.06)


async def test_one_picture_has_one_fingerprint_in_every_size_quality_and_shade(look: Look) -> None:
    for seed in range(3):
        original = (await look(photo(seed))).measured.fingerprint
        for copy in (
            await look(photo(seed).resize((480, 360))),
            await look(photo(seed), quality=20),
            await look(photo(seed), "PNG"),
            await look(ImageEnhance.Brightness(photo(seed)).enhance(0.7)),
            await look(ImageOps.grayscale(photo(seed))),
            await look(photo(seed).filter(ImageFilter.GaussianBlur(3))),
        ):
            assert looks_like(original, copy.measured.fingerprint)


async def test_different_pictures_have_different_fingerprints(look: Look) -> None:
    prints = [(await look(photo(seed, 600, 450))).measured.fingerprint for seed in range(12)]
    apart = [bits_apart(one, other) for at, one in enumerate(prints) for other in prints[:at]]
    assert min(apart) > 14
    assert 28 < sum(apart) / len(apart) < 36


async def test_every_kind_of_pixel_is_seen_alike(look: Look) -> None:
    picture = photo(1, 800, 600)
    grey = picture.convert("L")
    expected = (await look(picture, "PNG")).measured
    wide = Image.fromarray(np.asarray(grey, dtype=np.uint16) * 257)
    for name, report in {
        "grey": await look(grey, "PNG"),
        "16 bits": await look(wide, "PNG"),
        "CMYK": await look(picture.convert("CMYK"), "JPEG", quality=95),
        "palette": await look(picture.quantize(256), "PNG"),
        "opaque": await look(picture.convert("RGBA"), "PNG"),
        "WebP": await look(picture, "WEBP", quality=95),
        "TIFF": await look(picture, "TIFF"),
        "moving": await look(picture, "GIF", save_all=True, append_images=[photo(2, 800, 600)]),
    }.items():
        assert looks_like(report.measured.fingerprint, expected.fingerprint), name
        assert report.measured.contrast == pytest.approx(expected.contrast, abs=0.02), name
        assert report.grade is Grade.GOOD, name


async def test_what_is_clear_is_as_white_as_paper(look: Look) -> None:
    clear = photo(1).convert("RGBA")
    clear.putalpha(0)
    report = await look(clear, "PNG")
    assert (report.measured.brightness, report.measured.corners) == (1, 0)


async def test_a_picture_on_its_side_is_seen_upright(look: Look) -> None:
    picture = photo(1)
    upright = (await look(picture)).measured
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = (await look(picture.transpose(Image.Transpose.ROTATE_90), exif=exif.tobytes())).measured
    assert (lying.width, lying.height) == (1200, 900)
    assert looks_like(lying.fingerprint, upright.fingerprint)


async def test_a_long_strip_is_told_to_be_long(look: Look) -> None:
    report = await look(photo(1).crop((0, 0, 1200, 310)))
    assert {Advice.TOO_LONG, Advice.FEW_PIXELS} <= set(report.advice)


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_pictures_are_refused_in_no_time(pillow: PillowMarkerEye, name: str) -> None:
    content = HOSTILE[name]()
    await pillow.measure(mosaic(300, 300))  # whatever has to be loaded is
    started = time.process_time()
    with pytest.raises((MarkerRefused, MarkerTooSmall)):
        await pillow.measure(content)
    assert time.process_time() - started < 0.25


async def test_what_is_cut_off_is_refused(pillow: PillowMarkerEye) -> None:
    for format in ("JPEG", "PNG", "WEBP", "GIF"):
        whole = encoded(photo(1), format)
        with pytest.raises(MarkerRefused):
            await pillow.measure(whole[: len(whole) * 2 // 3])


async def test_a_picture_of_12_megapixels_takes_a_moment(pillow: PillowMarkerEye) -> None:
    content = encoded(photo(1).resize((4000, 3000)), quality=90)
    await pillow.measure(content)
    started = time.process_time()
    await pillow.measure(content)
    assert time.process_time() - started < 0.3  # a third of it, when nobody else works


async def test_it_shares_its_threads_with_other_work_on_images() -> None:
    threads = image_threads(queue=0)
    images, eye, enough = PillowImages(pool=threads), PillowMarkerEye(threads), threading.Event()
    busy = asyncio.create_task(threads.run(enough.wait))
    await asyncio.sleep(0)
    for work in (images.inspect(encoded(photo(1))), eye.measure(mosaic(300, 300))):
        with pytest.raises(TooManyImages) as refused:
            await work
        assert refused.value.retry_after
    enough.set()
    await busy
    images.close()


def test_neither_pillow_nor_numpy_is_loaded_before_the_first_picture() -> None:
    code = (
        "import sys; from asperguide.adapters.pillow import images, markers;"
        "from asperguide.adapters.segno import codes;"
        "markers.PillowMarkerEye(images.image_threads()); codes.SegnoQrCodes();"
        "sys.exit(bool({'PIL', 'numpy', 'segno'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
