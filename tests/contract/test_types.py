"""The law of TypeDetector on our table, and the table on what real programs write."""

import io
import subprocess
import zipfile
from pathlib import Path

import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from asperguide.adapters.ffmpeg.finding import find_tools
from asperguide.adapters.magic import MagicTypes
from asperguide.media.ports import TypeDetector
from asperguide.testing.contracts import TypeDetectorContract

HEAD = 64 * 1024

IMAGES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
    "HEIF": "image/heic",
}

SOUND = ("-f", "lavfi", "-i", "sine=duration=1")
FILM = ("-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=5")
MEDIA = {
    "a.mp4": ("video/mp4", *FILM),
    "a.mov": ("video/quicktime", *FILM),
    "a.webm": ("video/webm", *FILM),
    "a.mkv": ("video/matroska", *FILM),
    "a.avi": ("video/x-msvideo", *FILM),
    "a.ts": ("video/mp2t", *FILM),
    "b.mp3": ("audio/mpeg", *SOUND),
    "b.aac": ("audio/aac", *SOUND),
    "b.m4a": ("audio/mp4", *SOUND),
    "b.opus": ("audio/ogg", *SOUND),
    "b.ogg": ("audio/ogg", *SOUND),
    "b.wav": ("audio/wav", *SOUND),
    "b.flac": ("audio/flac", *SOUND),
}


@pytest.fixture
def detector() -> TypeDetector:
    return MagicTypes()


class TestMagicTypes(TypeDetectorContract):
    """The table."""


@pytest.mark.parametrize("format", IMAGES)
def test_images_that_pillow_writes_are_told(detector: TypeDetector, format: str) -> None:
    pillow_heif.register_heif_opener()
    content = io.BytesIO()
    Image.effect_noise((64, 48), 60).convert("RGB").save(content, format)
    assert detector.detect(content.getvalue()[:HEAD]) == IMAGES[format]


@pytest.mark.parametrize("name", MEDIA)
def test_films_and_sounds_that_ffmpeg_writes_are_told(detector: TypeDetector, name: str, tmp_path: Path) -> None:
    media_type, *source = MEDIA[name]
    ffmpeg = find_tools().ffmpeg
    assert ffmpeg is not None
    command = [str(ffmpeg.path), "-v", "error", *source, str(tmp_path / name)]
    subprocess.run(command, check=True, timeout=60, stdin=subprocess.DEVNULL)
    assert detector.detect((tmp_path / name).read_bytes()[:HEAD]) == media_type


def test_archives_that_python_writes_are_told(detector: TypeDetector) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notes.txt", "hello" * 100)
    assert detector.detect(content.getvalue()) == "application/zip"


@given(st.binary(max_size=300))
def test_no_bytes_break_it(head: bytes) -> None:
    found = MagicTypes().detect(head)
    assert found is None or MagicTypes().accepts(found)
