"""Video tools for tests: they work on a toy format of their own, which looks like MP4 and holds only facts.

They hold themselves to the same law as the real ones: limits, renditions, playlists that lead to what is there.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec

from asperguide.media.formats import Format, format_of
from asperguide.media.limits import BROKEN, NO_MEDIA, NO_PICTURE, TOO_BIG, TRUNCATED, UNDECODABLE, check_facts
from asperguide.media.model import MIB
from asperguide.media.playlists import index_of, master, variant
from asperguide.media.ports import Product, Progress, Refusal, VideoBench, VideoTools
from asperguide.media.sizes import (
    POSTER_SIDE,
    THUMBNAILS,
    Rung,
    Size,
    rungs_of,
    sprites_of,
    thumbnail_name,
    within,
)
from asperguide.media.videos import Facts

VIDEO, SOUND = b"isom", b"M4A "
TOY = b"toys"
SEGMENT_SECONDS = 6
LARGEST = 500 * MIB
STEPS = 4
CODECS = "avc1.64001e,mp4a.40.2"


class _Toy(msgspec.Struct, frozen=True, kw_only=True):
    duration: float
    width: int | None
    height: int | None
    frame_rate: float | None
    sound: bool
    streams: int
    spoilt: bool = False


def toy_clip(
    seconds: float = 3.0,
    *,
    width: int = 640,
    height: int = 360,
    frame_rate: float = 25.0,
    picture: bool = True,
    sound: bool = True,
    streams: int | None = None,
    spoilt: bool = False,
) -> bytes:
    """A whole video, or sound, in the toy format. What is `spoilt` looks well and cannot be decoded."""
    toy = _Toy(
        duration=seconds,
        width=width if picture else None,
        height=height if picture else None,
        frame_rate=frame_rate if picture else None,
        sound=sound,
        streams=picture + sound if streams is None else streams,
        spoilt=spoilt,
    )
    brand = VIDEO if picture else SOUND
    return _box(b"ftyp", brand + bytes(4) + brand) + _box(TOY, msgspec.json.encode(toy)) + _box(b"mdat", b"toy" * 10)


class MemoryVideoTools(VideoTools):
    """At most `concurrency` benches at once. `works` counts what was made; `wait` is held up while it is cleared."""

    def __init__(self, *, concurrency: int = 1, largest: int = LARGEST) -> None:
        self._turns = asyncio.Semaphore(concurrency)
        self._largest = largest
        self.open = 0
        self.works = 0
        self.going = asyncio.Event()
        self.going.set()

    @asynccontextmanager
    async def bench(self, content: AsyncIterable[bytes], media_type: str) -> AsyncIterator[VideoBench]:
        """The content is all read before anything is looked at."""
        async with self._turns:
            self.open += 1
            try:
                yield _Bench(self, _facts(await _whole(content, self._largest)))
            finally:
                self.open -= 1


class _Bench(VideoBench):
    def __init__(self, tools: MemoryVideoTools, toy: _Toy) -> None:
        self._tools, self._toy = tools, toy

    async def probe(self) -> Facts:
        return self._facts

    async def stills(self, at: float | None) -> Sequence[Product]:
        width, height = self._shape()
        moment = 1.0 if at is None else at
        moment = moment if moment < self._toy.duration else 0.0
        poster = within(width, height, POSTER_SIDE)
        await self._work(lambda share: None)
        return [
            *(_still("thumbnail", thumbnail_name(size), size, moment) for size in THUMBNAILS),
            _still("poster", "poster.webp", poster, moment),
        ]

    async def ladder(self, progress: Progress) -> Sequence[Product]:
        width, height = self._shape()
        await self._work(progress)
        rungs, seconds = rungs_of(width, height), self._toy.duration
        sprites = sprites_of(width, height, seconds)
        sheet = Size(sprites.columns * sprites.size.width, sprites.rows * sprites.size.height)
        index = index_of(sprites, seconds, "sprites.webp").encode()
        return [
            *(self._rendition(rung) for rung in rungs),
            *self._segments(rungs),
            _still("sprite", "sprites.webp", sheet, 0),
            _product("sprite", "sprites.vtt", "text/vtt", index),
        ]

    async def convert(self, to: str, progress: Progress) -> Product:
        form = format_of(to)
        form.check(self._facts)
        await self._work(progress)
        return _product("converted", f"converted.{to}", form.media_type, self._converted(form))

    @property
    def _facts(self) -> Facts:
        toy = self._toy
        return check_facts(
            Facts(
                duration=toy.duration,
                format="toy",
                bit_rate=1000,
                width=toy.width,
                height=toy.height,
                frame_rate=toy.frame_rate,
                video_codec="toy" if toy.width else None,
                audio_codec="toy" if toy.sound else None,
                streams=toy.streams,
            )
        )  # fmt: skip

    def _shape(self) -> tuple[int, int]:
        facts = self._facts
        if not facts.width or not facts.height:
            raise Refusal(NO_PICTURE)
        return facts.width, facts.height

    async def _work(self, progress: Progress) -> None:
        if self._toy.spoilt:
            raise Refusal(UNDECODABLE)
        for step in range(STEPS):
            await self._tools.going.wait()
            await asyncio.sleep(0)
            progress((step + 1) / STEPS)
        self._tools.works += 1

    def _rendition(self, rung: Rung) -> Product:
        content = toy_clip(
            self._toy.duration, width=rung.size.width, height=rung.size.height, sound=self._toy.sound,
            frame_rate=self._toy.frame_rate or 25,
        )  # fmt: skip
        return _product("mp4", f"{rung.name}.mp4", "video/mp4", content, rung.size)

    def _segments(self, rungs: Sequence[Rung]) -> list[Product]:
        made: dict[str, tuple[str, bytes, Size | None]] = {}
        variants = []
        for rung in rungs:
            playlist, parts = _cut(rung, self._toy.duration)
            variants.append(variant(rung, playlist, lambda name, parts=parts: len(parts[name]), CODECS))  # type: ignore[misc]
            made[f"{rung.name}.m3u8"] = ("application/vnd.apple.mpegurl", playlist.encode(), rung.size)
            for name, content in parts.items():
                kind = "video/mp4" if name.endswith(".mp4") else "video/iso.segment"
                made[name] = (kind, content, rung.size)
        top = _product(
            "hls",
            "master.m3u8",
            "application/vnd.apple.mpegurl",
            master(variants, self._toy.frame_rate).encode(),
        )
        rest = [_product("hls", name, kind, content, size) for name, (kind, content, size) in made.items()]
        return [top, *rest]

    def _converted(self, form: Format) -> bytes:
        toy = self._toy
        if form.ending == "gif":
            return b"GIF89a" + bytes(20)
        return toy_clip(
            toy.duration, width=toy.width or 2, height=toy.height or 2, picture=form.picture,
            sound=form.sound and toy.sound, frame_rate=toy.frame_rate or 25,
        )  # fmt: skip


def _cut(rung: Rung, seconds: float) -> tuple[str, dict[str, bytes]]:
    """The playlist of a rendition, and what it leads to."""
    parts = {f"{rung.name}_init.mp4": _box(b"moov", b"toy")}
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{SEGMENT_SECONDS}", "#EXT-X-PLAYLIST-TYPE:VOD"]
    lines.append(f'#EXT-X-MAP:URI="{rung.name}_init.mp4"')
    start, number = 0.0, 0
    while start < seconds:
        name, length = f"{rung.name}_{number:03}.m4s", min(SEGMENT_SECONDS, seconds - start)
        parts[name] = _box(b"mdat", bytes(rung.size.height))
        lines += [f"#EXTINF:{length:.6f},", name]
        start, number = start + SEGMENT_SECONDS, number + 1
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""]), parts


def _facts(content: bytes) -> _Toy:
    """What is in the toy format. Raises Refusal for everything else."""
    if content[4:8] != b"ftyp":
        raise Refusal(NO_MEDIA)
    start = int.from_bytes(content[:4])
    size = int.from_bytes(content[start : start + 4])
    if content[start + 4 : start + 8] != TOY:
        raise Refusal(BROKEN)
    if start + size > len(content):
        raise Refusal(BROKEN)
    if int.from_bytes(content[start + size : start + size + 4]) > len(content) - start - size:
        raise Refusal(TRUNCATED)
    try:
        return msgspec.json.decode(content[start + 8 : start + size], type=_Toy)
    except msgspec.MsgspecError:
        raise Refusal(BROKEN) from None


async def _whole(content: AsyncIterable[bytes], most: int) -> bytes:
    kept = bytearray()
    async for piece in content:
        kept += piece
        if len(kept) > most:
            raise Refusal(TOO_BIG)
    return bytes(kept)


def _box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4) + kind + content


def _still(role: str, name: str, size: Size, moment: float) -> Product:
    content = f"WEBPtoy {size.width}x{size.height} at {moment:.3f}".encode()
    whole = b"RIFF" + len(content).to_bytes(4, "little") + content
    return _product(role, name, "image/webp", whole, size)


def _product(role: str, name: str, media_type: str, content: bytes, size: Size | None = None) -> Product:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return Product(
        role=role, name=name, media_type=media_type, size=len(content), width=size.width if size else None,
        height=size.height if size else None, chunks=chunks,
    )  # fmt: skip
