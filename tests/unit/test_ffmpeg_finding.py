"""Which FFmpeg is used: of the settings, on PATH, of the wheel; never one that would have to be fetched."""

import os
from pathlib import Path

import pytest

from asperguide.adapters.ffmpeg.containers import demuxer_of
from asperguide.adapters.ffmpeg.finding import ability_of, find_tools
from asperguide.media.ports import Refusal

NOWHERE = "/nowhere"


def program(path: Path, first: str = "#!/bin/sh") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{first}\necho nothing\n")
    path.chmod(0o755)
    return path


def test_what_the_settings_say_comes_first_and_brings_its_neighbour(tmp_path: Path) -> None:
    mine = program(tmp_path / "mine" / "ffmpeg")
    neighbour = program(tmp_path / "mine" / "ffprobe")
    program(tmp_path / "path" / "ffmpeg")
    program(tmp_path / "path" / "ffprobe")
    found = find_tools(str(mine), "", search=str(tmp_path / "path"))
    assert found.ffmpeg is not None and (found.ffmpeg.path, found.ffmpeg.origin) == (mine, "settings")
    assert found.ffprobe is not None and (found.ffprobe.path, found.ffprobe.origin) == (neighbour, "beside")


def test_what_is_on_path_comes_before_the_wheel(tmp_path: Path) -> None:
    on_path = program(tmp_path / "ffmpeg")
    found = find_tools(search=f"{NOWHERE}{os.pathsep}{tmp_path}")
    assert found.ffmpeg is not None and (found.ffmpeg.path, found.ffmpeg.origin) == (on_path, "PATH")
    assert found.ffprobe is not None and found.ffprobe.origin == "wheel"


def test_scripts_that_would_fetch_it_are_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "ffmpeg", first=f"#!{tmp_path}/bin/python3")
    found = find_tools(search=str(tmp_path))
    assert found.ffmpeg is not None and found.ffmpeg.origin == "wheel"


def test_a_path_without_a_program_is_a_wrong_setting(tmp_path: Path) -> None:
    for wrong in (str(tmp_path / "none"), str(tmp_path)):
        with pytest.raises(FileNotFoundError, match="FFMPEG_PATH"):
            find_tools(wrong)
        with pytest.raises(FileNotFoundError, match="FFPROBE_PATH"):
            find_tools("", wrong)


async def test_the_wheel_can_do_all_that_is_needed() -> None:
    found = find_tools(search=NOWHERE)
    assert found.ffmpeg is not None and found.ffprobe is not None
    ability = await ability_of(found.ffmpeg)
    assert ability.version[0].isdigit()
    assert {"libx264", "aac", "libwebp", "libvpx-vp9", "libopus", "libmp3lame", "flac"} <= set(ability.encoders)
    assert {"h264", "hevc", "vp9", "aac", "opus"} <= set(ability.decoders)
    assert (await ability_of(found.ffprobe)).encoders == ()


async def test_what_does_not_say_what_it_is_is_no_tool(tmp_path: Path) -> None:
    found = find_tools(str(program(tmp_path / "ffmpeg")))
    assert found.ffmpeg is not None
    with pytest.raises(OSError, match="does not say"):
        await ability_of(found.ffmpeg)


@pytest.mark.parametrize(
    ("head", "demuxer"),
    [
        (b"\0\0\0\x18ftypisom", "mov"), (b"\0\0\0\x08wide\0\0\0\0mdat", "mov"), (b"\x1aE\xdf\xa3\x01", "matroska"),
        (b"RIFF\0\0\0\0AVI LIST", "avi"), (b"RIFF\0\0\0\0WAVEfmt ", "wav"), (b"RF64\0\0\0\0WAVEds64", "wav"),
        (b"fLaC\0", "flac"), (b"OggS\0", "ogg"), ((b"G" + bytes(187)) * 3, "mpegts"),
        (b"\xff\xfb\x90\x00", "mp3"), (b"\xff\xf1\x50\x80", "aac"), (b"ID3\4\0\0\0\0\0\1x\xff\xf1", "aac"),
        (b"ID3\4\0\0\0\0\0\1x\xff\xfb", "mp3"), (b"ID3\3\0\0\x7f\x7f\x7f\x7f" + bytes(1 << 16), "mp3"),
    ],
)  # fmt: skip
def test_containers_are_told_by_their_first_bytes(head: bytes, demuxer: str) -> None:
    assert demuxer_of(head) == demuxer


@pytest.mark.parametrize(
    "head",
    [
        b"", b"G" * 187, b"#EXTM3U\n", b"ffconcat version 1.0\n", b"RIFF\0\0\0\0WEBPVP8 ", b"\xff\xd8\xff\xe0", b"\xff",
        b"ID3\4\0\0\0\0\0\1xx", b"FLV\1", b"<SAMI>", b"[Script Info]", b"\x7fELF", b"MThd", b"-----BEGIN",
    ],
)  # fmt: skip
def test_whatever_else_there_is_is_refused(head: bytes) -> None:
    with pytest.raises(Refusal):
        demuxer_of(head)
