"""The video tools: one source at a time in a jail of its own, looked at and made into others by FFmpeg."""

import asyncio
import logging
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from asperguide.adapters.ffmpeg import probing, recipes
from asperguide.adapters.ffmpeg.containers import HEAD, demuxer_of
from asperguide.adapters.ffmpeg.finding import Toolbox
from asperguide.adapters.ffmpeg.jail import Jail, Limits, Room, Walls, candidates
from asperguide.adapters.ffmpeg.running import Ended, Hear, TooSlow, TooTalkative, run
from asperguide.adapters.ffmpeg.scratch import Scratch, fill
from asperguide.media.errors import ToolsMissing
from asperguide.media.formats import format_of
from asperguide.media.limits import (
    BROKEN,
    GROWS_TOO_LARGE,
    LEEWAY_SECONDS,
    LONGEST_SECONDS,
    NO_PICTURE,
    TAKES_TOO_LONG,
    TOO_LONG,
    TOO_MANY_STREAMS,
    UNDECODABLE,
)
from asperguide.media.model import MIB
from asperguide.media.playlists import index_of, master, variant
from asperguide.media.ports import Product, Progress, Refusal, VideoBench, VideoTools
from asperguide.media.sizes import (
    POSTER_SIDE,
    THUMBNAILS,
    Rung,
    Size,
    Sprites,
    rungs_of,
    sprites_of,
    thumbnail_name,
    within,
)
from asperguide.media.videos import Facts

log = logging.getLogger("asperguide.ffmpeg")

LARGEST = 500 * MIB
PIECE = 256 * 1024
MOST_THREADS = 8
LOOKING = Limits(seconds=30, cpu_seconds=60)
SECONDS_PER_SECOND = 12
"""How long the work on a second of film may take."""
SLOWEST = 60
TYPES = {
    ".mp4": "video/mp4",
    ".m4s": "video/iso.segment",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".webp": "image/webp",
    ".vtt": "text/vtt",
}
XFSZ, XCPU = -25, -24
OUT_OF_ROOM = ("No space left on device", "Disk quota exceeded")


class ToolFailed(Exception):
    """FFmpeg failed for a reason that does not lie in the file: no room, no memory, killed from outside."""


class FfmpegTools(VideoTools):
    """FFmpeg and ffprobe. At most `concurrency` benches are open at once; others wait for their turn."""

    def __init__(
        self, find: Callable[[], Toolbox], scratch: Path, *, concurrency: int = 1, largest: int = LARGEST
    ) -> None:
        self._find = find
        self._scratch = Scratch(scratch)
        self._turns = asyncio.Semaphore(concurrency)
        self._largest = largest
        self._jail: Jail | None = None

    @asynccontextmanager
    async def bench(self, content: AsyncIterable[bytes], media_type: str) -> AsyncIterator[VideoBench]:
        """The type is not relied on: the demuxer is chosen by the bytes."""
        tools = self._find()
        if tools.ffmpeg is None or tools.ffprobe is None:
            raise ToolsMissing
        async with self._turns, self._scratch.folder() as folder:
            jail = await self.jail()
            room = jail.room(folder)
            head = await fill(room.input, content, self._largest)
            yield FfmpegBench(jail, room, demuxer_of(head[:HEAD]), tools.ffmpeg.path, tools.ffprobe.path)

    async def jail(self) -> Jail:
        """The strongest jail that works here; tried once. Raises ToolsMissing when there is no FFmpeg."""
        if self._jail is None:
            await asyncio.to_thread(self._scratch.sweep)
            self._jail = await self._strongest()
        return self._jail

    async def strength(self) -> Walls:
        """What the jail is made of on this host."""
        return (await self.jail()).walls

    async def _strongest(self) -> Jail:
        tools = self._find()
        if tools.ffmpeg is None:
            raise ToolsMissing
        async with self._scratch.folder() as folder:
            (folder / "in" / "source").touch()
            for jail in candidates():
                ended = await run(jail, tools.ffmpeg.path, ["-version"], jail.room(folder), LOOKING)
                if ended.code == 0 and ended.said.startswith(b"ffmpeg version"):
                    return jail
                log.info("FFmpeg does not run in a jail of %s: %s", jail.walls, ended.complaints[-200:])
        raise ToolsMissing


class FfmpegBench(VideoBench):
    """One source in one room."""

    def __init__(self, jail: Jail, room: Room, demuxer: str, ffmpeg: Path, ffprobe: Path) -> None:
        self._jail, self._room, self._demuxer = jail, room, demuxer
        self._ffmpeg, self._ffprobe = ffmpeg, ffprobe
        self._streams: probing.Streams | None = None

    async def probe(self) -> Facts:
        """Headers first, then every packet: headers may lie about how long it is."""
        return (await self._look()).facts

    async def stills(self, at: float | None) -> Sequence[Product]:
        """The frame at the time; the first when there is none, as behind the end."""
        streams = await self._look()
        names = [*(thumbnail_name(size) for size in THUMBNAILS), recipes.POSTER]
        for moment in (1.0 if at is None else at, 0.0):
            command = recipes.stills(self._demuxer, self._room.source, self._room.target, streams, moment)
            ended = await self._work(command, LOOKING)
            if all((self._room.output / name).exists() for name in names):
                break
        else:
            raise Refusal(UNDECODABLE if ended.code else NO_PICTURE)
        sizes = [*THUMBNAILS, within(*recipes.shape(streams), POSTER_SIDE)]
        roles = [*("thumbnail" for _ in THUMBNAILS), "poster"]
        return [self._product(role, name, size) for role, name, size in zip(roles, names, sizes, strict=True)]

    async def ladder(self, progress: Progress) -> Sequence[Product]:
        """Encode all at once, then cut what was made."""
        streams = await self._look()
        width, height = recipes.shape(streams)
        rungs = rungs_of(width, height)
        sprites = sprites_of(width, height, streams.facts.duration)
        limits = self._limits(streams, len(rungs))
        source, target = self._room.source, self._room.target
        encoding = recipes.ladder(self._demuxer, source, target, streams, rungs, sprites)
        self._must(await self._work(encoding, limits, _Watch(streams.facts.duration, progress, 0.97)))
        self._must(await self._work(recipes.segments(target, rungs, sprites), limits))
        await asyncio.to_thread(self._write_texts, streams, rungs, sprites)
        progress(1.0)
        sheet = Size(sprites.columns * sprites.size.width, sprites.rows * sprites.size.height)
        return [
            *(self._product("mp4", f"{rung.name}.mp4", rung.size) for rung in rungs),
            *self._segments(rungs),
            self._product("sprite", "sprites.webp", sheet),
            self._product("sprite", "sprites.vtt"),
        ]

    async def convert(self, to: str, progress: Progress) -> Product:
        """Raises Refusal for a format that nobody knows, too."""
        form = format_of(to)
        streams = await self._look()
        form.check(streams.facts)
        command = recipes.conversion(self._demuxer, self._room.source, self._room.target, streams, form)
        self._must(await self._work(command, self._limits(streams, 1), _Watch(streams.facts.duration, progress, 1.0)))
        progress(1.0)
        return self._product("converted", f"converted.{form.ending}", media_type=form.media_type)

    async def _look(self) -> probing.Streams:
        if self._streams is None:
            streams = await self._headers()
            count = _Count()
            ended = await self._work(probing.packets(self._demuxer, self._room.source, streams), LOOKING, count)
            if ended.code != 0:
                raise Refusal(BROKEN)
            facts = probing.settle(streams, count.seconds, count.frames, ended.complaints)
            self._streams = probing.Streams(
                facts=facts, video=streams.video, audio=streams.audio, channels=streams.channels
            )
        return self._streams

    async def _headers(self) -> probing.Streams:
        command = probing.headers(self._demuxer, self._room.source)
        try:
            ended = await run(self._jail, self._ffprobe, command, self._room, LOOKING)
        except TooTalkative:
            raise Refusal(TOO_MANY_STREAMS) from None
        except TooSlow:
            raise Refusal(TAKES_TOO_LONG) from None
        if ended.code != 0:
            self._blame(ended)
            raise Refusal(BROKEN)
        return probing.read_headers(ended.said)

    async def _work(self, command: Sequence[str], limits: Limits, hear: Hear | None = None) -> Ended:
        try:
            ended = await run(self._jail, self._ffmpeg, command, self._room, limits, hear or _ignore)
        except TooSlow:
            raise Refusal(TAKES_TOO_LONG) from None
        self._blame(ended)
        return ended

    def _blame(self, ended: Ended) -> None:
        """Tell limits that the file ran into from failures of this host."""
        if ended.code in (XCPU, 128 - XCPU):
            raise Refusal(TAKES_TOO_LONG)
        if ended.code in (XFSZ, 128 - XFSZ) or (ended.code and "File too large" in ended.complaints):
            raise Refusal(GROWS_TOO_LARGE)
        if ended.code < 0 or any(sign in ended.complaints for sign in OUT_OF_ROOM) or ended.code >= 125:
            raise ToolFailed(f"FFmpeg ended with {ended.code}: {ended.complaints[-500:]}")

    def _must(self, ended: Ended) -> None:
        if ended.code != 0:
            log.info("FFmpeg could not work on a file: %s", ended.complaints[-500:])
            raise Refusal(UNDECODABLE)

    def _limits(self, streams: probing.Streams, outputs: int) -> Limits:
        seconds = SLOWEST + SECONDS_PER_SECOND * outputs * streams.facts.duration
        return LOOKING.lasting(seconds, os.cpu_count() or 1)

    def _write_texts(self, streams: probing.Streams, rungs: Sequence[Rung], sprites: Sprites) -> None:
        out, facts = self._room.output, streams.facts
        variants = [
            variant(
                rung,
                (out / f"{rung.name}.m3u8").read_text(),
                lambda name: (out / name).stat().st_size,
                _codecs(out / f"{rung.name}.mp4", sound=streams.audio is not None),
            )
            for rung in rungs
        ]
        (out / "master.m3u8").write_text(master(variants, facts.frame_rate))
        (out / "sprites.vtt").write_text(index_of(sprites, facts.duration, "sprites.webp"))

    def _segments(self, rungs: Sequence[Rung]) -> list[Product]:
        found = [self._product("hls", "master.m3u8")]
        for rung in rungs:
            names = [f"{rung.name}.m3u8", f"{rung.name}_init.mp4"]
            names += sorted(path.name for path in self._room.output.glob(f"{rung.name}_*.m4s"))
            found += [self._product("hls", name, rung.size) for name in names]
        return found

    def _product(self, role: str, name: str, size: Size | None = None, media_type: str = "") -> Product:
        path = self._room.output / name
        if not path.is_file() or path.is_symlink():
            raise Refusal(UNDECODABLE)
        return Product(
            role=role,
            name=name,
            media_type=media_type or TYPES[path.suffix],
            size=path.stat().st_size,
            width=size.width if size else None,
            height=size.height if size else None,
            chunks=lambda: _pieces(path),
        )


class _Count:
    """What FFmpeg says of its progress: how many seconds, and frames, so far."""

    def __init__(self) -> None:
        self.seconds, self.frames = 0.0, 0

    def __call__(self, line: bytes) -> None:
        name, _, value = line.strip().partition(b"=")
        if name == b"out_time_us" and value.lstrip(b"-").isdigit():
            self.seconds = max(self.seconds, int(value) / 1e6)
            if self.seconds > LONGEST_SECONDS + LEEWAY_SECONDS:
                raise Refusal(TOO_LONG)
        elif name == b"frame" and value.isdigit():
            self.frames = int(value)


class _Watch(_Count):
    """Tells how much is done of so many seconds, up to a share of all the work."""

    def __init__(self, duration: float, progress: Progress, share: float) -> None:
        super().__init__()
        self._duration, self._progress, self._share = max(duration, 0.001), progress, share

    def __call__(self, line: bytes) -> None:
        before = self.seconds
        super().__call__(line)
        if self.seconds > before:
            self._progress(min(self.seconds / self._duration, 1.0) * self._share)


def _ignore(line: bytes) -> None:
    """What is said is of no interest."""


def _codecs(rendition: Path, *, sound: bool) -> str:
    """Profile and level of H.264, as the rendition itself says them near its beginning (RFC 6381)."""
    with rendition.open("rb") as file:
        head = file.read(MIB)
    place = head.find(b"avcC")
    picture = f"avc1.{head[place + 5 : place + 8].hex()}" if place >= 0 else "avc1.640028"
    return f"{picture},mp4a.40.2" if sound else picture


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
    finally:
        file.close()
