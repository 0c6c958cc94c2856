"""Real FFmpeg on films that lie, that are broken, that were turned, and what is in that which it makes of good ones."""

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from asperguide.adapters.ffmpeg import FfmpegTools
from asperguide.media.limits import TOO_BIG, TOO_LONG, TOO_MANY_STREAMS, TRUNCATED, UNKNOWN_CODEC
from asperguide.media.playlists import named_in
from asperguide.media.ports import Product, Refusal, VideoBench
from asperguide.media.videos import Facts
from asperguide.testing.contracts.video_tools import body, pieces
from tests.films import clip, film, processes_in, toolbox

TINY = ("-f", "lavfi", "-i", "testsrc2=size=16x16:rate=1")
QUICK = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


@pytest.fixture(params=["wheel", "system"])
def tools(request: pytest.FixtureRequest, tmp_path: Path) -> FfmpegTools:
    """Each FFmpeg in turn."""
    found = toolbox(request.param)
    return FfmpegTools(lambda: found, tmp_path / "scratch")


async def probed(tools: FfmpegTools, content: bytes) -> Facts:
    async with tools.bench(pieces(content), "video/mp4") as bench:
        return await bench.probe()


async def refusal(tools: FfmpegTools, content: bytes, within: float = 30) -> str:
    """What is said of it; it takes no longer than this and leaves nothing."""
    async with asyncio.timeout(within):
        with pytest.raises(Refusal) as refused:
            async with tools.bench(pieces(content), "video/mp4") as bench:
                await bench.probe()
                await bench.stills(None)
                await bench.ladder(lambda share: None)
    return str(refused.value)


@pytest.mark.parametrize(
    ("ending", "arguments"),
    [
        ("mp4", QUICK), ("mov", QUICK), ("mkv", QUICK), ("webm", ("-c:v", "libvpx", "-c:a", "libvorbis")),
        ("avi", ("-c:v", "mpeg4", "-c:a", "libmp3lame")), ("ts", ("-c:v", "mpeg2video", "-c:a", "mp2")),
        ("ogg", ("-c:v", "libtheora", "-c:a", "libvorbis")),
    ],
)  # fmt: skip
async def test_films_in_every_container_are_taken(tools: FfmpegTools, ending: str, arguments: tuple[str, ...]) -> None:
    sources = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=2", "-f", "lavfi", "-i", "sine=d=2")
    facts = await probed(tools, film(*sources, *arguments, ending=ending))
    assert (facts.width, facts.height) == (64, 48) and 1.8 < facts.duration < 2.3
    assert facts.video_codec and facts.audio_codec


@pytest.mark.parametrize("ending", ["mp3", "m4a", "aac", "wav", "flac", "ogg", "opus"])
async def test_sounds_in_every_container_are_taken(tools: FfmpegTools, ending: str) -> None:
    facts = await probed(tools, film("-f", "lavfi", "-i", "sine=d=2", "-metadata", "title=é" * 99, ending=ending))
    assert facts.video_codec is None and facts.audio_codec and 1.8 < facts.duration < 2.3


async def test_a_record_with_its_cover_is_a_sound(tools: FfmpegTools) -> None:
    cover = ("-f", "lavfi", "-i", "color=s=64x64:d=0.04")
    mapped = ("-map", "0", "-map", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic", "-id3v2_version", "3")
    facts = await probed(tools, film("-f", "lavfi", "-i", "sine=d=2", *cover, *mapped, ending="mp3"))
    assert (facts.video_codec, facts.audio_codec, facts.width) == (None, "mp3", None)


async def test_an_hour_in_two_megabytes_is_refused(tools: FfmpegTools) -> None:
    hour = film(*TINY, "-t", "3600", *QUICK)
    assert len(hour) < 2_000_000
    assert await refusal(tools, hour) == TOO_LONG


async def test_an_hour_that_says_it_is_seconds_is_refused(tools: FfmpegTools) -> None:
    hour = film(*TINY, "-t", "3600", *QUICK, ending="mkv")
    place = hour.index(b"\x44\x89\x88") + 3
    lying = hour[:place] + struct.pack(">d", 5000.0) + hour[place + 8 :]
    assert await refusal(tools, lying) == TOO_LONG


async def test_seconds_that_say_they_are_minutes_are_refused(tools: FfmpegTools) -> None:
    short = film(*TINY, "-t", "5", *QUICK, ending="mkv")
    place = short.index(b"\x44\x89\x88") + 3
    lying = short[:place] + struct.pack(">d", 300_000.0) + short[place + 8 :]
    assert await refusal(tools, lying) == TRUNCATED


async def test_a_recording_that_does_not_say_how_long_it_is_is_measured(tools: FfmpegTools) -> None:
    live = film(*TINY, "-t", "5", *QUICK, "-live", "1", ending="mkv")
    assert b"\x44\x89\x88" not in live
    assert 4 <= (await probed(tools, live)).duration <= 5


async def test_five_hundred_streams_are_refused(tools: FfmpegTools) -> None:
    maps = ("-map", "0:0") * 500
    many = film("-f", "lavfi", "-i", "sine=d=0.1:sample_rate=8000", *maps, "-c:a", "pcm_s16le", ending="mkv")
    assert await refusal(tools, many) == TOO_MANY_STREAMS


async def test_codecs_that_nobody_needs_are_refused(tools: FfmpegTools) -> None:
    for codec, ending in (("ffv1", "mkv"), ("snow", "avi"), ("cinepak", "avi")):
        scene = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=5:d=1")
        assert await refusal(tools, film(*scene, "-c:v", codec, "-strict", "-2", ending=ending)) == UNKNOWN_CODEC


async def test_a_film_that_is_garbage_behind_its_header_ends(tools: FfmpegTools) -> None:
    whole = bytearray(clip(3))
    start = whole.index(b"mdat") + 8
    for place in range(start, len(whole)):
        whole[place] = place * 7919 % 251
    assert await refusal(tools, bytes(whole), within=60)


async def test_damage_here_and_there_is_no_reason_to_refuse(tools: FfmpegTools) -> None:
    whole = bytearray(clip(3))
    for place in range(whole.index(b"mdat") + 5000, len(whole), 20_000):
        whole[place] ^= 0xFF
    async with tools.bench(pieces(bytes(whole)), "video/mp4") as bench:
        await bench.probe()
        assert await bench.ladder(lambda share: None)


async def test_a_playlist_in_disguise_is_refused(tools: FfmpegTools, tmp_path: Path) -> None:
    (tmp_path / "secret.mp4").write_bytes(clip(1))
    path = tmp_path / "secret.mp4"
    for text in (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{path}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile '{path}'\n",
        f"<?xml version='1.0'?><MPD><BaseURL>{path}</BaseURL></MPD>",
        f"[Reference]\nRef1={path}\n",
    ):
        await refusal(tools, text.encode())
        # what looks like MP4 is read as MP4 only, whatever else it may be
        await refusal(tools, b"\0\0\0\x18ftypisom\0\0\0\0isommp42\n" + text.encode())


async def test_a_file_that_is_too_large_is_refused_before_all_of_it_has_come(tmp_path: Path) -> None:
    found = toolbox("wheel")
    tools, sent = FfmpegTools(lambda: found, tmp_path, largest=1_000_000), 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 100_000
            yield b"\0\0\0\x18ftyp" + bytes(99_992)

    with pytest.raises(Refusal, match=TOO_BIG):
        async with tools.bench(endless(), "video/mp4"):
            raise AssertionError("there is nothing to work on")
    assert sent <= 1_100_000 and list(tmp_path.iterdir()) == []


async def test_films_that_were_turned_are_shown_upright(tools: FfmpegTools, tmp_path: Path) -> None:
    (tmp_path / "plain.mp4").write_bytes(clip(2, width=320, height=180))
    turned = film("-display_rotation", "90", "-i", str(tmp_path / "plain.mp4"), "-c", "copy")
    async with tools.bench(pieces(turned), "video/mp4") as bench:
        facts = await bench.probe()
        assert (facts.width, facts.height, facts.rotation) == (180, 320, 90)
        [rendition] = [one for one in await bench.ladder(lambda share: None) if one.role == "mp4"]
        poster, content = (await bench.stills(0))[-1], await body(rendition)
    assert (rendition.width, rendition.height) == (180, 320)
    made = await probed(tools, content)
    assert (made.width, made.height, made.rotation) == (180, 320, 0)
    assert (poster.width, poster.height) == (180, 320)


async def test_pixels_that_are_no_squares_become_squares(tools: FfmpegTools) -> None:
    wide = film("-f", "lavfi", "-i", "testsrc2=s=720x576:r=25:d=1,setsar=64/45", *QUICK)
    facts = await probed(tools, wide)
    assert (facts.width, facts.height) == (1024, 576)


async def renditions(bench: VideoBench) -> dict[str, Product]:
    return {one.name: one for one in await bench.ladder(lambda share: None)}


async def test_nothing_that_people_wrote_into_a_film_is_in_what_is_made_of_it(tools: FfmpegTools) -> None:
    written = ("title=a secret", "description=+48.85+002.35/", "comment=a secret", "artist=a secret")
    sources = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-f", "lavfi", "-i", "sine=d=2")
    telling = film(
        *sources, *QUICK, *(part for one in written for part in ("-metadata", one)), "-movflags", "faststart"
    )
    assert b"a secret" in telling and b"+48.85" in telling
    async with tools.bench(pieces(telling), "video/mp4") as bench:
        made = [*(await bench.ladder(lambda share: None)), *(await bench.stills(None))]
        made += [await bench.convert(to, lambda share: None) for to in ("webm", "mp3", "flac", "m4a", "gif")]
        for one in made:
            content = await body(one)
            assert b"a secret" not in content and b"+48.85" not in content, one.name
            assert b"Lavf6" not in content and b"Lavf5" not in content, one.name


async def test_segments_play_by_themselves_and_begin_where_the_playlist_says(tools: FfmpegTools) -> None:
    async with tools.bench(pieces(clip(13, width=320, height=180)), "video/mp4") as bench:
        made = await renditions(bench)
        first, *rest = named_in((await body(made["180p.m3u8"])).decode())
        beginning = await body(made[first])
        parts = [await body(made[name]) for name in rest]
        rendition = await body(made["180p.mp4"])
    assert len(parts) == 3
    for part in parts:
        facts = await probed(tools, beginning + part)
        assert facts.width == 320 and facts.audio_codec == "aac"
    assert abs((await probed(tools, beginning + b"".join(parts))).duration - 13) < 0.2
    assert rendition.index(b"moov") < rendition.index(b"mdat"), "players begin before all of it is there"


async def test_sound_is_as_loud_as_it_was(tools: FfmpegTools) -> None:
    async with tools.bench(pieces(clip(2)), "video/mp4") as bench:
        wav = await body(await bench.convert("wav", lambda share: None))
        [rendition] = [one for one in await bench.ladder(lambda share: None) if one.role == "mp4"]
        content = await body(rendition)
    async with tools.bench(pieces(content), "video/mp4") as bench:
        again = await body(await bench.convert("wav", lambda share: None))
    assert abs(loudness(wav) / loudness(again) - 1) < 0.05


def loudness(wav: bytes) -> float:
    """The root of the mean square of the samples in the middle."""
    samples = struct.unpack(f"<{(len(wav) - 44) // 2}h", wav[44 : 44 + (len(wav) - 44) // 2 * 2])
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    return float((sum(one * one for one in middle) / len(middle)) ** 0.5)


async def test_cancelling_the_encoding_ends_it_at_once(tools: FfmpegTools, tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        async with tools.bench(pieces(clip(20, width=1280, height=720)), "video/mp4") as bench:
            await bench.ladder(lambda share: begun.set())

    working = asyncio.create_task(work())
    await begun.wait()
    assert processes_in(tmp_path)
    before = asyncio.get_running_loop().time()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert asyncio.get_running_loop().time() - before < 1.0
    assert processes_in(tmp_path) == [] and list((tmp_path / "scratch").iterdir()) == []
