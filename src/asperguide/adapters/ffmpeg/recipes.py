"""What FFmpeg is told to make. Nothing of what people wrote into the source (titles, places, chapters) is kept."""

from collections.abc import Sequence

from asperguide.adapters.ffmpeg.probing import QUIET, THREADS, Streams, reading
from asperguide.media.formats import Format
from asperguide.media.limits import NO_PICTURE
from asperguide.media.ports import Refusal
from asperguide.media.sizes import POSTER_SIDE, THUMBNAILS, Rung, Size, Sprites, covering, thumbnail_name, within

SEGMENT_SECONDS = 6
KEYFRAME_SECONDS = 2
"""Three to a segment: players seek to these without waiting, and segments begin with one."""
ANONYMOUS = (
    *("-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn"),
    *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"),
)
KEYFRAMES = ("-force_key_frames", f"expr:gte(t,n_forced*{KEYFRAME_SECONDS})", "-sc_threshold", "0")
H264 = (*THREADS, "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-profile:v", "high", "-pix_fmt", "yuv420p")
VP9 = (
    *THREADS,
    "-c:v",
    "libvpx-vp9",
    "-crf",
    "32",
    "-b:v",
    "0",
    "-deadline",
    "realtime",
    "-cpu-used",
    "5",
    "-row-mt",
    "1",
)
GIF_SIDE = 480
LARGEST_SIDE = 1920
CHANNEL_KILOBITS = 64
SPRITE_FRAMES = "sprites.nut"
POSTER = "poster.webp"


def stills(demuxer: str, source: str, target: str, streams: Streams, at: float) -> list[str]:
    """One frame in four sizes; nothing is made when there is no frame at that time."""
    width, height = shape(streams)
    poster = within(width, height, POSTER_SIDE)
    ways = [f"{_scale(covering(width, height, cut))},crop={cut.width}:{cut.height}" for cut in THUMBNAILS]
    graph = _split(streams.video, [*ways, _scale(poster)])
    names = [*(thumbnail_name(cut) for cut in THUMBNAILS), POSTER]
    outputs = [part for place, name in enumerate(names) for part in _still(place, f"{target}/{name}")]
    seek = ["-ss", f"{at:.3f}"] if at > 0 else []
    return [*QUIET, *seek, *reading(demuxer, source), "-filter_complex", graph, *outputs]


def ladder(
    demuxer: str, source: str, target: str, streams: Streams, rungs: Sequence[Rung], sprites: Sprites
) -> list[str]:
    """All renditions, and the frames that become sprites, out of one decoding of the source.

    The sheet itself is made later: until every output has begun FFmpeg tells nothing of its progress, and the sheet
    begins with the last of its frames.
    """
    frames = f"fps=1/{sprites.every},{_scale(sprites.size)}"
    graph = _split(streams.video, [*(_scale(rung.size) for rung in rungs), frames])
    command = [*QUIET, *reading(demuxer, source), "-filter_complex", graph]
    for place, rung in enumerate(rungs):
        caps = ["-maxrate", f"{rung.kilobits}k", "-bufsize", f"{2 * rung.kilobits}k"]
        command += ["-map", f"[v{place}]", *_aac(streams), *H264, *caps, *KEYFRAMES, *ANONYMOUS]
        command += ["-movflags", "+faststart", "-f", "mp4", f"file:{target}/{rung.name}.mp4"]
    small = ["-map", f"[v{len(rungs)}]", "-c:v", "rawvideo", "-pix_fmt", "yuv420p", *ANONYMOUS]
    return [*command, *small, "-f", "nut", f"file:{target}/{SPRITE_FRAMES}"]


def segments(target: str, rungs: Sequence[Rung], sprites: Sprites) -> list[str]:
    """Cut the finished renditions into segments without encoding anything again, and put the sprites together."""
    command = list(QUIET)
    for rung in rungs:
        command += ["-protocol_whitelist", "file", "-f", "mov", "-i", f"file:{target}/{rung.name}.mp4"]
    command += ["-protocol_whitelist", "file", "-f", "nut", "-i", f"file:{target}/{SPRITE_FRAMES}"]
    command += ["-filter_complex", f"[{len(rungs)}:0]tile={sprites.columns}x{sprites.rows}[v0]"]
    for place, rung in enumerate(rungs):
        command += ["-map", str(place), "-c", "copy", *ANONYMOUS, "-f", "hls", "-hls_time", str(SEGMENT_SECONDS)]
        command += ["-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", "-hls_flags", "independent_segments"]
        command += ["-hls_fmp4_init_filename", f"{rung.name}_init.mp4"]
        command += ["-hls_segment_filename", f"{target}/{rung.name}_%03d.m4s", f"{target}/{rung.name}.m3u8"]
    return [*command, *_still(0, f"{target}/sprites.webp", quality=60)]


def conversion(demuxer: str, source: str, target: str, streams: Streams, form: Format) -> list[str]:
    """The whole in another format, which it has something for."""
    to = form.ending
    command = [*QUIET, *reading(demuxer, source)]
    if form.picture:
        command += ["-filter_complex", f"[0:{streams.video}]{_picture(streams, to)}[v]", "-map", "[v]", *_video(to)]
    if form.sound and streams.audio is not None:
        command += ["-map", f"0:{streams.audio}", *_audio(streams, to)]
    return [*command, *ANONYMOUS, f"file:{target}/converted.{form.ending}"]


def shape(streams: Streams) -> tuple[int, int]:
    """Width and height as shown. Raises Refusal when there is no picture."""
    if streams.video is None or not streams.facts.width or not streams.facts.height:
        raise Refusal(NO_PICTURE)
    return streams.facts.width, streams.facts.height


def _scale(size: Size) -> str:
    """To exactly this, with square pixels."""
    return f"scale={size.width}:{size.height},setsar=1"


def _split(stream: int | None, ways: Sequence[str]) -> str:
    """Decode once, and go on in several ways: to [v0], [v1] ..."""
    heads = "".join(f"[s{place}]" for place in range(len(ways)))
    return ";".join(
        [f"[0:{stream}]split={len(ways)}{heads}", *(f"[s{place}]{way}[v{place}]" for place, way in enumerate(ways))]
    )


def _still(place: int, path: str, quality: int = 75) -> list[str]:
    coding = ["-frames:v", "1", "-c:v", "libwebp", "-quality", str(quality), "-pix_fmt", "yuv420p"]
    return ["-map", f"[v{place}]", *coding, *ANONYMOUS, "-f", "webp", f"file:{path}"]


def _aac(streams: Streams) -> list[str]:
    """As loud, and with as many channels, as in the source."""
    if streams.audio is None:
        return []
    return ["-map", f"0:{streams.audio}", "-c:a", "aac", *_rate(streams, most=6)]


def _rate(streams: Streams, most: int) -> list[str]:
    channels = min(streams.channels, most)
    mixing = ["-ac", str(channels)] if channels < streams.channels else []
    return [*mixing, "-b:a", f"{CHANNEL_KILOBITS * max(channels, 1)}k"]


def _picture(streams: Streams, to: str) -> str:
    width, height = shape(streams)
    if to == "gif":
        small = _scale(within(width, height, GIF_SIDE))
        # A palette for each frame: one for all would have to see every frame first, and keep them.
        return f"fps=12,{small},split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1"
    return _scale(within(width, height, LARGEST_SIDE))


def _video(to: str) -> list[str]:
    ways = {
        "mp4": [*H264, *KEYFRAMES, "-movflags", "+faststart"],
        "webm": [*VP9, "-pix_fmt", "yuv420p"],
        "gif": ["-loop", "0"],
    }
    return ways[to]


def _audio(streams: Streams, to: str) -> list[str]:
    ways = {
        "mp4": ["-c:a", "aac", *_rate(streams, most=6)],
        "m4a": ["-c:a", "aac", *_rate(streams, most=6), "-movflags", "+faststart"],
        "webm": ["-c:a", "libopus", *_rate(streams, most=2)],
        "opus": ["-c:a", "libopus", *_rate(streams, most=2)],
        "mp3": ["-c:a", "libmp3lame", *(["-ac", "2"] if streams.channels > 2 else []), "-q:a", "2"],
        "wav": ["-c:a", "pcm_s16le"],
        "flac": ["-c:a", "flac"],
    }
    return ways[to]
