"""The law of video tools."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from asperguide.media.formats import FOOTAGE
from asperguide.media.playlists import named_in
from asperguide.media.ports import Product, Refusal, VideoTools
from asperguide.testing.contracts.checking import raises

NOT_MEDIA = {
    "nothing": b"",
    "a letter": b"a",
    "text": b"dear reader\n" * 100,
    "zeros": bytes(4096),
    "a playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "a list of files": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "a page": b"<html><video src=x></html>",
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "the beginning of a film": b"\0\0\0\x18ftypisom\0\0\0\0isommp42",
    "boxes of four gigabytes": b"\0\0\0\x18ftypisom\0\0\0\0isommp42\xff\xff\xff\xf0moov" + bytes(100),
    "a box of nearly endless size": b"\0\0\0\x18ftypisom\0\0\0\0isommp42\0\0\0\1mdat\x7f" + b"\xff" * 7 + bytes(100),
}


@dataclass(frozen=True, slots=True)
class Studio:
    """Tools that open one bench at a time; `clip` makes films for them.

    It takes `seconds`, `width`, `height`, `frame_rate`, `picture`, `sound`. `left` tells how many benches, folders or
    processes there still are.
    """

    tools: VideoTools
    clip: Callable[..., bytes]
    left: Callable[[], int]


async def pieces(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    """The content as it would come from a storage."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def body(product: Product) -> bytes:
    """All of it."""
    return b"".join([chunk async for chunk in product.chunks()])


class VideoToolsContract:
    """Give it a fixture `studio`."""

    async def test_a_film_is_told_by_its_facts(self, studio: Studio) -> None:
        film = studio.clip(seconds=2, width=320, height=180, frame_rate=25)
        async with studio.tools.bench(pieces(film), "video/mp4") as bench:
            facts = await bench.probe()
        assert abs(facts.duration - 2) < 0.1
        assert (facts.width, facts.height, facts.rotation, facts.streams) == (320, 180, 0, 2)
        assert facts.frame_rate == 25
        assert facts.video_codec and facts.audio_codec
        assert studio.left() == 0

    async def test_a_sound_has_no_picture_and_a_silent_film_no_sound(self, studio: Studio) -> None:
        async with studio.tools.bench(pieces(studio.clip(seconds=2, picture=False)), "audio/mp4") as bench:
            facts = await bench.probe()
            assert (facts.width, facts.height, facts.video_codec) == (None, None, None) and facts.audio_codec
            for work in (bench.stills(None), bench.ladder(lambda share: None)):
                with raises(Refusal):
                    await work
        async with studio.tools.bench(pieces(studio.clip(seconds=1, sound=False)), "video/mp4") as bench:
            facts = await bench.probe()
            assert facts.audio_codec is None and facts.width
            assert {"mp4", "hls"} <= {product.role for product in await bench.ladder(lambda share: None)}

    async def test_what_is_no_film_is_refused_in_words_for_people(self, studio: Studio) -> None:
        for what, content in NOT_MEDIA.items():
            with raises(Refusal) as refused:
                async with studio.tools.bench(pieces(content), "video/mp4") as bench:
                    await bench.probe()
            assert str(refused.value).endswith("."), what
            assert "/" not in str(refused.value), what
        assert studio.left() == 0

    async def test_a_film_without_its_end_is_refused(self, studio: Studio) -> None:
        film = studio.clip(seconds=3)
        for share in (0.2, 0.5, 0.9):
            with raises(Refusal):
                async with studio.tools.bench(pieces(film[: int(len(film) * share)]), "video/mp4") as bench:
                    await bench.probe()

    async def test_what_is_too_long_too_large_or_too_fast_is_refused(self, studio: Studio) -> None:
        for beyond in (
            {"seconds": 605, "width": 16, "height": 16, "frame_rate": 1, "sound": False},
            {"seconds": 0.2, "width": 3842, "height": 2160, "frame_rate": 5, "sound": False},
            {"seconds": 0.2, "width": 2162, "height": 3840, "frame_rate": 5, "sound": False},
            {"seconds": 1, "width": 32, "height": 32, "frame_rate": 120, "sound": False},
        ):
            with raises(Refusal):
                async with studio.tools.bench(pieces(studio.clip(**beyond)), "video/mp4") as bench:
                    await bench.probe()

    async def test_what_is_just_allowed_is_taken(self, studio: Studio) -> None:
        for allowed in (
            {"seconds": 600, "width": 16, "height": 16, "frame_rate": 1, "sound": False},
            {"seconds": 0.2, "width": 3840, "height": 2160, "frame_rate": 5, "sound": False},
            {"seconds": 0.2, "width": 2160, "height": 3840, "frame_rate": 5, "sound": False},
            {"seconds": 1, "width": 32, "height": 32, "frame_rate": 60, "sound": False},
        ):
            async with studio.tools.bench(pieces(studio.clip(**allowed)), "video/mp4") as bench:
                assert (await bench.probe()).width == allowed["width"]

    async def test_stills_have_the_sizes_that_were_said(self, studio: Studio) -> None:
        async with studio.tools.bench(pieces(studio.clip(seconds=2, width=640, height=360)), "video/mp4") as bench:
            stills = await bench.stills(None)
            assert [(one.role, one.width, one.height, one.media_type) for one in stills] == [
                ("thumbnail", 150, 112, "image/webp"),
                ("thumbnail", 320, 240, "image/webp"),
                ("thumbnail", 640, 480, "image/webp"),
                ("poster", 640, 360, "image/webp"),
            ]
            for still in stills:
                assert len(await body(still)) == still.size > 0
                assert (await body(still))[:4] == b"RIFF"

    async def test_where_there_is_no_frame_the_first_is_shown(self, studio: Studio) -> None:
        async with studio.tools.bench(pieces(studio.clip(seconds=2)), "video/mp4") as bench:
            begin, middle, beyond = [[await body(one) for one in await bench.stills(at)] for at in (0, 1.5, 60)]
        assert begin == beyond != middle
        async with studio.tools.bench(pieces(studio.clip(seconds=0.5)), "video/mp4") as bench:
            assert len(await bench.stills(None)) == 4

    async def test_renditions_are_no_larger_than_the_film(self, studio: Studio) -> None:
        for width, height, expected in (
            (1280, 720, ["360p 640x360", "720p 1280x720"]),
            (360, 640, ["360p 360x640"]),
            (176, 144, ["144p 176x144"]),
            (321, 181, ["180p 320x180"]),
        ):
            film = studio.clip(seconds=1, width=width, height=height, frame_rate=10)
            async with studio.tools.bench(pieces(film), "video/mp4") as bench:
                made = await bench.ladder(lambda share: None)
            films = [one for one in made if one.role == "mp4"]
            assert [f"{one.name.removesuffix('.mp4')} {one.width}x{one.height}" for one in films] == expected
            assert {one.media_type for one in films} == {"video/mp4"}

    async def test_every_playlist_leads_to_what_was_made_and_to_nothing_else(self, studio: Studio) -> None:
        async with studio.tools.bench(pieces(studio.clip(seconds=13, width=640, height=360)), "video/mp4") as bench:
            made = {one.name: one for one in await bench.ladder(lambda share: None)}
            master = (await body(made["master.m3u8"])).decode()
            assert named_in(master) == ["360p.m3u8"]
            assert "RESOLUTION=640x360" in master and "CODECS=" in master and "BANDWIDTH=" in master
            playlist = (await body(made["360p.m3u8"])).decode()
            found = {"master.m3u8", *named_in(master), *named_in(playlist)}
            assert {name for name, one in made.items() if one.role == "hls"} == found
            assert len(named_in(playlist)) == 4, "what comes first, and three segments of 6 s or less"
            assert playlist.rstrip().endswith("#EXT-X-ENDLIST")

    async def test_sprites_cover_the_film(self, studio: Studio) -> None:
        async with studio.tools.bench(pieces(studio.clip(seconds=3, width=640, height=360)), "video/mp4") as bench:
            made = {one.name: one for one in await bench.ladder(lambda share: None) if one.role == "sprite"}
            text = (await body(made["sprites.vtt"])).decode()
        sheet = made["sprites.webp"]
        assert (sheet.width, sheet.height) == (480, 90)
        assert text.startswith("WEBVTT\n") and text.count("-->") == 3
        assert "00:00:02.000 --> 00:00:03.000\nsprites.webp#xywh=320,0,160,90" in text

    async def test_progress_grows_from_nothing_to_one(self, studio: Studio) -> None:
        told: list[float] = []
        async with studio.tools.bench(pieces(studio.clip(seconds=4)), "video/mp4") as bench:
            await bench.ladder(told.append)
        assert told == sorted(told) and told[-1] == 1.0 and len(told) >= 3
        assert 0 <= told[0] < 1

    async def test_films_are_converted_to_every_format(self, studio: Studio) -> None:
        async with studio.tools.bench(pieces(studio.clip(seconds=1, width=160, height=90)), "video/mp4") as bench:
            for to, form in FOOTAGE.items():
                told: list[float] = []
                made = await bench.convert(to, told.append)
                assert (made.media_type, made.name.rpartition(".")[2]) == (form.media_type, to)
                assert len(await body(made)) == made.size > 0
                assert told[-1] == 1.0

    async def test_what_was_made_can_be_made_of_again(self, studio: Studio) -> None:
        async with studio.tools.bench(pieces(studio.clip(seconds=1, width=160, height=90)), "video/mp4") as bench:
            film = await body(await bench.convert("mp4", lambda share: None))
            sound = await body(await bench.convert("m4a", lambda share: None))
        async with studio.tools.bench(pieces(film), "video/mp4") as bench:
            assert (await bench.probe()).width == 160
        async with studio.tools.bench(pieces(sound), "audio/mp4") as bench:
            assert (await bench.probe()).video_codec is None

    async def test_what_has_no_picture_becomes_no_film_and_silence_no_sound(self, studio: Studio) -> None:
        async with studio.tools.bench(pieces(studio.clip(seconds=1, picture=False)), "audio/mp4") as bench:
            for to in ("mp4", "webm", "gif"):
                with raises(Refusal):
                    await bench.convert(to, lambda share: None)
            assert (await bench.convert("mp3", lambda share: None)).size
        async with studio.tools.bench(pieces(studio.clip(seconds=1, sound=False)), "video/mp4") as bench:
            for to in ("mp3", "opus", "tiff", "", "../mp4", "exe"):
                with raises(Refusal):
                    await bench.convert(to, lambda share: None)

    async def test_long_films_become_no_gif(self, studio: Studio) -> None:
        film = studio.clip(seconds=62, width=16, height=16, frame_rate=1, sound=False)
        async with studio.tools.bench(pieces(film), "video/mp4") as bench:
            with raises(Refusal):
                await bench.convert("gif", lambda share: None)

    async def test_nothing_is_left_when_the_content_breaks_off(self, studio: Studio) -> None:
        async def broken() -> AsyncIterator[bytes]:
            yield b"\0\0\0\x18ftyp"
            raise ConnectionError

        with raises(ConnectionError):
            async with studio.tools.bench(broken(), "video/mp4"):
                raise AssertionError("there is nothing to work on")
        assert studio.left() == 0

    async def test_one_bench_is_open_at_a_time(self, studio: Studio) -> None:
        film, opened = studio.clip(seconds=1), []

        async def look(number: int) -> None:
            async with studio.tools.bench(pieces(film), "video/mp4") as bench:
                opened.append(number)
                await bench.probe()
                assert studio.left() == 1
                assert len(opened) == number + 1

        await asyncio.gather(*(look(number) for number in range(3)))
        assert opened == [0, 1, 2] and studio.left() == 0

    async def test_work_that_is_cancelled_stops_at_any_moment_and_leaves_nothing(self, studio: Studio) -> None:
        film = studio.clip(seconds=3)

        async def work() -> None:
            async with studio.tools.bench(pieces(film), "video/mp4") as bench:
                await bench.stills(None)
                await bench.ladder(lambda share: None)

        for moment in (0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5):
            working = asyncio.create_task(work())
            await asyncio.sleep(moment)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            assert studio.left() == 0
        await work()
