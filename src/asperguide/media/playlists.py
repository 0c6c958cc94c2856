"""The texts that players read: playlists of all renditions and of one (RFC 8216), and the index of the sprites."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from asperguide.media.sizes import Rung, Sprites

SEGMENT = re.compile(r"#EXTINF:([\d.]+),[^\n]*\n([^#\s]+)")
URI = re.compile(r'(?m)(?<=URI=")[^"\n]+(?=")|^[^#\s][^\s]*$')


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A rendition as the master playlist names it: bits a second at most and on average, and codecs (RFC 6381)."""

    rung: Rung
    peak: int
    average: int
    codecs: str


def variant(rung: Rung, playlist: str, size_of: Callable[[str], int], codecs: str) -> Variant:
    """The rendition with this playlist; `size_of` gives the bytes of a segment."""
    segments = [(float(seconds) or 1.0, size_of(name)) for seconds, name in SEGMENT.findall(playlist)]
    total = sum(seconds for seconds, _ in segments) or 1.0
    return Variant(
        rung=rung,
        peak=max((round(8 * size / seconds) for seconds, size in segments), default=1),
        average=round(8 * sum(size for _, size in segments) / total),
        codecs=codecs,
    )


def master(variants: Sequence[Variant], frame_rate: float | None) -> str:
    """The playlist of playlists. One that suits a middling line comes first: players begin with that."""
    rate = f",FRAME-RATE={min(frame_rate, 60):.3f}" if frame_rate else ""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for one in sorted(variants, key=lambda one: (one.rung.name != "720p", one.peak)):
        lines += [
            f"#EXT-X-STREAM-INF:BANDWIDTH={one.peak},AVERAGE-BANDWIDTH={one.average},"
            f'RESOLUTION={one.rung.size.width}x{one.rung.size.height}{rate},CODECS="{one.codecs}"',
            f"{one.rung.name}.m3u8",
        ]
    return "\n".join([*lines, ""])


def named_in(playlist: str) -> list[str]:
    """What a playlist leads to, in order."""
    return URI.findall(playlist)


def with_query(playlist: str, query: str) -> str:
    """The playlist with this behind the name of everything that it leads to."""
    return URI.sub(lambda found: f"{found[0]}?{query}", playlist)


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


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
