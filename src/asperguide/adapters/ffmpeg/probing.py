"""Looks into a video or sound, first by its headers, then by its packets, and refuses what is beyond the limits."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import msgspec

from asperguide.adapters.ffmpeg.containers import DECODABLE, DECODERS
from asperguide.media.limits import (
    BROKEN,
    FASTEST,
    LEEWAY_SECONDS,
    LONG_SIDE,
    LONGEST_SECONDS,
    MOST_STREAMS,
    NOTHING_THERE,
    SHORT_SIDE,
    TOO_FAST,
    TOO_LONG,
    TOO_MANY_STREAMS,
    TRUNCATED,
    UNKNOWN_CODEC,
    check_facts,
)
from asperguide.media.ports import Refusal
from asperguide.media.videos import Facts

LEAST_SHARE = 0.75
"""Of the seconds that a file says it has, so many must be there."""

ENTRIES = (
    "format=format_name,start_time,duration,bit_rate,nb_streams:"
    "stream=index,codec_type,codec_name,width,height,sample_aspect_ratio,avg_frame_rate,r_frame_rate,channels,"
    "duration:stream_side_data=rotation:stream_disposition=attached_pic"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """What is worked with: the streams of picture and sound, the facts, the sound's channels, and the start."""

    facts: Facts
    video: int | None
    audio: int | None
    channels: int = 2
    start: float = 0.0


THREADS = ("-threads", str(min(os.cpu_count() or 1, 8)))
"""Each takes memory, of which a run has only so much."""


def reading(demuxer: str, source: str) -> list[str]:
    """How any of the tools opens the file: by this demuxer, as a file, with those decoders, never more pixels."""
    limits = ["-codec_whitelist", ",".join(DECODERS), "-max_pixels", str((LONG_SIDE + 256) * (SHORT_SIDE + 144))]
    return ["-protocol_whitelist", "file", "-f", demuxer, *THREADS, *limits, "-i", f"file:{source}"]


def headers(demuxer: str, source: str) -> list[str]:
    """The question to ffprobe."""
    return ["-v", "error", "-hide_banner", "-of", "json", "-show_entries", ENTRIES, *reading(demuxer, source)]


def packets(demuxer: str, source: str, streams: Streams) -> list[str]:
    """Have ffmpeg run through all packets without decoding any: they tell how long it really is."""
    maps = [part for number in (streams.video, streams.audio) if number is not None for part in ("-map", f"0:{number}")]
    return [*QUIET, *reading(demuxer, source), *maps, "-c", "copy", "-f", "null", "-"]


QUIET = ("-nostdin", "-hide_banner", "-v", "error", "-progress", "pipe:1", "-stats_period", "0.2", "-y")


def read_headers(said: bytes) -> Streams:
    """What ffprobe found. Raises Refusal for what is broken or beyond the limits."""
    try:
        found = msgspec.json.decode(said)
        streams: list[dict[str, Any]] = found["streams"]
        form: dict[str, Any] = found["format"]
    except (msgspec.DecodeError, KeyError, TypeError):
        raise Refusal(BROKEN) from None
    if len(streams) > MOST_STREAMS:
        raise Refusal(TOO_MANY_STREAMS)
    picture = next(_pictures(streams), None)
    sound = next((one for one in streams if one.get("codec_type") == "audio" and one.get("channels")), None)
    if picture is None and sound is None:
        raise Refusal(NOTHING_THERE)
    used = [one for one in (picture, sound) if one is not None]
    if any(one.get("codec_name") not in DECODABLE for one in used):
        raise Refusal(UNKNOWN_CODEC)
    facts = Facts(
        duration=_number(form.get("duration")) or max((_number(one.get("duration")) or 0.0 for one in used), default=0),
        format=str(form.get("format_name", "")).partition(",")[0],
        bit_rate=int(_number(form.get("bit_rate")) or 0) or None,
        audio_codec=sound["codec_name"] if sound else None,
        streams=len(streams),
        **(_seen(picture) if picture else {}),
    )
    check_facts(facts)
    return Streams(
        facts=facts,
        video=picture["index"] if picture else None,
        audio=sound["index"] if sound else None,
        channels=int(sound["channels"]) if sound else 0,
        start=_number(form.get("start_time")) or 0.0,
    )


def settle(streams: Streams, seconds: float, frames: int, complaints: str) -> Facts:
    """The facts, now that so many seconds and frames were really found. Raises Refusal."""
    facts = streams.facts
    if seconds <= 0 and frames == 0:
        raise Refusal(BROKEN)
    if seconds > LONGEST_SECONDS + LEEWAY_SECONDS:
        raise Refusal(TOO_LONG)
    # Of a piece of a longer film some say when it ends, not how long it is.
    if "partial file" in complaints or seconds < LEAST_SHARE * (facts.duration - streams.start) - LEEWAY_SECONDS:
        raise Refusal(TRUNCATED)
    duration = facts.duration if abs(facts.duration - seconds) <= LEEWAY_SECONDS else seconds
    if streams.video is not None and frames > FASTEST * max(duration, 1.0):
        raise Refusal(TOO_FAST)
    rate = facts.frame_rate
    if streams.video is not None and rate is None and duration > 0:
        rate = round(frames / duration, 3)
    return replace(facts, duration=round(duration, 3), frame_rate=rate)


def _pictures(streams: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those that move: the cover of a record is no video."""
    for one in streams:
        cover = one.get("disposition", {}).get("attached_pic")
        if one.get("codec_type") == "video" and not cover and one.get("width") and one.get("height"):
            yield one


def _seen(picture: dict[str, Any]) -> dict[str, Any]:
    """The picture as it is shown: pixels made square, then turned."""
    width, height = round(picture["width"] * _aspect(picture.get("sample_aspect_ratio"))), int(picture["height"])
    turn = next((int(side["rotation"]) for side in picture.get("side_data_list", ()) if "rotation" in side), 0) % 360
    if turn % 180 == 90:
        width, height = height, width
    return {
        "width": max(width, 1),
        "height": height,
        "rotation": turn,
        "video_codec": picture["codec_name"],
        "frame_rate": _rate(picture),
    }


def _rate(picture: dict[str, Any]) -> float | None:
    """Frames a second on average. The other figure is a guess of a common base, often 1000 where rates vary."""
    for name, most in (("avg_frame_rate", None), ("r_frame_rate", FASTEST)):
        rate = _fraction(picture.get(name))
        if rate and (most is None or rate <= most):
            return round(float(rate), 3)
    return None


def _aspect(text: Any) -> Fraction:
    """How wide a pixel is for its height; what is unknown or absurd counts as a square."""
    ratio = _fraction(str(text or "").replace(":", "/"))
    return ratio if ratio and Fraction(1, 4) <= ratio <= 4 else Fraction(1)


def _fraction(text: Any) -> Fraction | None:
    above, _, below = str(text or "").partition("/")
    try:
        return Fraction(int(above), int(below or 1))
    except (ValueError, ZeroDivisionError):
        return None


def _number(text: Any) -> float | None:
    try:
        number = float(text)
    except (TypeError, ValueError):
        return None
    return number if 0 <= number < 1e9 else None
