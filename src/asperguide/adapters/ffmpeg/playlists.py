"""The texts that players read: the master playlist over all renditions (RFC 8216), and the index of the sprites."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asperguide.adapters.ffmpeg.sizes import Rung, Sprites

SEGMENT = re.compile(r"#EXTINF:([\d.]+),[^\n]*\n([^#\s]+)")
HEAD = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A rendition as the master playlist names it: bits a second at most and on average, and codecs (RFC 6381)."""

    rung: Rung
    peak: int
    average: int
    codecs: str


def variant(folder: Path, rung: Rung, *, sound: bool) -> Variant:
    """Read from the playlist, the segments and the rendition that lie in this folder."""
    segments = [
        (float(seconds) or 1.0, (folder / name).stat().st_size)
        for seconds, name in SEGMENT.findall((folder / f"{rung.name}.m3u8").read_text())
    ]
    total = sum(seconds for seconds, _ in segments) or 1.0
    return Variant(
        rung=rung,
        peak=max((round(8 * size / seconds) for seconds, size in segments), default=1),
        average=round(8 * sum(size for _, size in segments) / total),
        codecs=",".join([_avc(folder / f"{rung.name}.mp4"), *(["mp4a.40.2"] if sound else [])]),
    )


def master(variants: Sequence[Variant], frame_rate: float | None) -> str:
    """The playlist of playlists, the one that suits a middling line first: players begin with it."""
    order = sorted(variants, key=lambda one: (one.rung.name != "720p", one.peak))
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    rate = f",FRAME-RATE={min(frame_rate, 60):.3f}" if frame_rate else ""
    for one in order:
        lines += [
            f"#EXT-X-STREAM-INF:BANDWIDTH={one.peak},AVERAGE-BANDWIDTH={one.average},"
            f'RESOLUTION={one.rung.size.width}x{one.rung.size.height}{rate},CODECS="{one.codecs}"',
            f"{one.rung.name}.m3u8",
        ]
    return "\n".join([*lines, ""])


def index_of(sprites: Sprites, seconds: float, sheet: str) -> str:
    """Which part of the sheet shows which seconds, as WebVTT with media fragments."""
    lines = ["WEBVTT", ""]
    for number in range(sprites.count):
        start = number * sprites.every
        end = max(min(start + sprites.every, seconds), start + 0.001)
        x = number % sprites.columns * sprites.size.width
        y = number // sprites.columns * sprites.size.height
        area = f"{x},{y},{sprites.size.width},{sprites.size.height}"
        lines += [f"{_clock(start)} --> {_clock(end)}", f"{sheet}#xywh={area}", ""]
    return "\n".join(lines)


def _avc(path: Path) -> str:
    """Profile and level, as the rendition itself says them near its beginning."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    place = head.find(b"avcC")
    return f"avc1.{head[place + 5 : place + 8].hex()}" if place >= 0 else "avc1.640028"


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
