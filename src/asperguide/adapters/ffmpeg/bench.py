"""The video tools: one source at a time in a jail of its own, looked at and made into others by FFmpeg."""

import asyncio
import logging
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from asperguide.adapters.ffmpeg import probing, recipes
from asperguide.adapters.ffmpeg.jail import Jail, Limits, Room
from asperguide.adapters.ffmpeg.products import product, segments, write_texts
from asperguide.adapters.ffmpeg.running import Ended, Hear, TooSlow, TooTalkative, run
from asperguide.media.formats import format_of
from asperguide.media.limits import (
    BROKEN,
    GROWS_TOO_LARGE,
    LEEWAY_SECONDS,
    LONGEST_SECONDS,
    TAKES_TOO_LONG,
    TOO_LONG,
    TOO_MANY_STREAMS,
    UNDECODABLE,
    UNKNOWN_CODEC,
)
from asperguide.media.ports import Product, Progress, Refusal, VideoBench
from asperguide.media.sizes import (
    POSTER_SIDE,
    THUMBNAILS,
    Size,
    rungs_of,
    sprites_of,
    thumbnail_name,
    within,
)
from asperguide.media.videos import Facts

log = logging.getLogger("asperguide.ffmpeg")

LOOKING = Limits(seconds=30, cpu_seconds=60)
SECONDS_PER_SECOND = 12
"""How long the work on a second of film may take."""
SLOWEST = 60
ENCODING_SHARE = 0.97
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)
COULD_NOT_START = 125
OUT_OF_ROOM = ("No space left on device", "Disk quota exceeded")


class ToolFailed(Exception):
    """FFmpeg failed for a reason that does not lie in the file: no room, no memory, killed from outside."""


class FfmpegBench(VideoBench):
    """One source in one room."""

    def __init__(self, jail: Jail, room: Room, demuxer: str, ffmpeg: Path, ffprobe: Path) -> None:
        self._jail, self._room, self._demuxer = jail, room, demuxer
        self._ffmpeg, self._ffprobe = ffmpeg, ffprobe
        self._streams: probing.Streams | None = None
        self._works = 0

    async def probe(self) -> Facts:
        """Headers first, then every packet: headers may lie about how long it is."""
        return (await self._look()).facts

    async def stills(self, at: float | None) -> Sequence[Product]:
        """The frame at the time; the first when there is none, as behind the end."""
        streams = await self._look()
        sizes = [*THUMBNAILS, within(*recipes.shape(streams), POSTER_SIDE)]
        for moment in (1.0 if at is None else at, 0.0):
            made, target = self._place()
            count = _Count()
            command = recipes.stills(self._demuxer, self._room.source, target, streams, moment)
            ended = await self._work(command, LOOKING, count)
            if ended.code == 0 and count.frames:
                break
        else:
            raise Refusal(UNDECODABLE)
        names = [*(thumbnail_name(size) for size in THUMBNAILS), recipes.POSTER]
        roles = [*("thumbnail" for _ in THUMBNAILS), "poster"]
        return [product(role, made / name, size) for role, name, size in zip(roles, names, sizes, strict=True)]

    async def ladder(self, progress: Progress) -> Sequence[Product]:
        """Encode all at once, then cut what was made."""
        streams = await self._look()
        width, height = recipes.shape(streams)
        rungs, sprites = rungs_of(width, height), sprites_of(width, height, streams.facts.duration)
        limits = self._limits(streams)
        made, target = self._place()
        encoding = recipes.ladder(self._demuxer, self._room.source, target, streams, rungs, sprites)
        _must(await self._work(encoding, limits, _Watch(streams.facts.duration, progress, ENCODING_SHARE)))
        _must(await self._work(recipes.segments(target, rungs, sprites), limits))
        await asyncio.to_thread(write_texts, made, streams, rungs, sprites)
        progress(1.0)
        sheet = Size(sprites.columns * sprites.size.width, sprites.rows * sprites.size.height)
        return [
            *(product("mp4", made / f"{rung.name}.mp4", rung.size) for rung in rungs),
            *segments(made, rungs),
            product("sprite", made / "sprites.webp", sheet),
            product("sprite", made / "sprites.vtt"),
        ]

    async def convert(self, to: str, progress: Progress) -> Product:
        """Raises Refusal for a format that nobody knows, too."""
        form = format_of(to)
        streams = await self._look()
        form.check(streams.facts)
        made, target = self._place()
        command = recipes.conversion(self._demuxer, self._room.source, target, streams, form)
        _must(await self._work(command, self._limits(streams), _Watch(streams.facts.duration, progress, 1.0)))
        progress(1.0)
        return product("converted", made / f"converted.{form.ending}", media_type=form.media_type)

    def _place(self) -> tuple[Path, str]:
        """A new place for every piece of work: what was made before stays as it is."""
        self._works += 1
        return self._room.work(self._works)

    async def _look(self) -> probing.Streams:
        if self._streams is None:
            streams = await self._headers()
            count = _Count()
            ended = await self._work(probing.packets(self._demuxer, self._room.source, streams), LOOKING, count)
            if ended.code != 0:
                raise Refusal(BROKEN)
            facts = probing.settle(streams, count.seconds, count.frames, ended.complaints)
            self._streams = replace(streams, facts=facts)
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
        """Tell what lies in the file from failures of this host."""
        # bubblewrap tells of a signal as shells do
        killed = -ended.code if ended.code < 0 else ended.code - 128
        if killed == signal.SIGXCPU:
            raise Refusal(TAKES_TOO_LONG)
        if killed == signal.SIGXFSZ or (ended.code and "File too large" in ended.complaints):
            raise Refusal(GROWS_TOO_LARGE)
        if killed in CRASHES:
            log.warning("FFmpeg crashed over a file, by signal %d", killed)
            raise Refusal(BROKEN)
        if "not on whitelist" in ended.complaints and ended.code:
            raise Refusal(UNKNOWN_CODEC)
        if killed > 0 or ended.code == COULD_NOT_START or any(sign in ended.complaints for sign in OUT_OF_ROOM):
            raise ToolFailed(f"FFmpeg ended with {ended.code}: {ended.complaints[-500:]}")

    def _limits(self, streams: probing.Streams) -> Limits:
        seconds = SLOWEST + SECONDS_PER_SECOND * streams.facts.duration
        return LOOKING.lasting(seconds, os.cpu_count() or 1)


def _must(ended: Ended) -> None:
    if ended.code != 0:
        log.info("FFmpeg could not work on a file: %s", ended.complaints[-500:])
        raise Refusal(UNDECODABLE)


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
