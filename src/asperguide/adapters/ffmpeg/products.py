"""What lies in the folder after FFmpeg has worked: named, measured, with the texts that lead to it."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from asperguide.adapters.ffmpeg.probing import Streams
from asperguide.media.limits import UNDECODABLE
from asperguide.media.model import MIB
from asperguide.media.playlists import index_of, master, variant
from asperguide.media.ports import Product, Refusal
from asperguide.media.sizes import Rung, Size, Sprites

MAKER = re.compile(rb"Lavf[0-9.]+")
PIECE = 256 * 1024
TYPES = {
    ".mp4": "video/mp4",
    ".m4s": "video/iso.segment",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".webp": "image/webp",
    ".vtt": "text/vtt",
}


def write_texts(made: Path, streams: Streams, rungs: Sequence[Rung], sprites: Sprites) -> None:
    """Write the playlist of all renditions, and the index of the sprites."""
    facts = streams.facts
    variants = [
        variant(
            rung,
            (made / f"{rung.name}.m3u8").read_text(),
            lambda name: (made / name).stat().st_size,
            _codecs(made / f"{rung.name}.mp4", sound=streams.audio is not None),
        )
        for rung in rungs
    ]
    for rung in rungs:
        _forget_maker(made / f"{rung.name}_init.mp4")
    (made / "master.m3u8").write_text(master(variants, facts.frame_rate))
    (made / "sprites.vtt").write_text(index_of(sprites, facts.duration, "sprites.webp"))


def _forget_maker(path: Path) -> None:
    """The muxer of segments writes its version into their beginning whatever it is told; nobody needs to know that."""
    path.write_bytes(MAKER.sub(lambda found: b"Lavf".ljust(len(found[0])), path.read_bytes()))


def segments(made: Path, rungs: Sequence[Rung]) -> list[Product]:
    """Everything that the playlist of all renditions leads to, itself first."""
    found = [product("hls", made / "master.m3u8")]
    for rung in rungs:
        names = [f"{rung.name}.m3u8", f"{rung.name}_init.mp4"]
        names += sorted(path.name for path in made.glob(f"{rung.name}_*.m4s"))
        found += [product("hls", made / name, rung.size) for name in names]
    return found


def product(role: str, path: Path, size: Size | None = None, media_type: str = "") -> Product:
    """What lies there. Raises Refusal when it does not, or is no plain file."""
    if path.is_symlink() or not path.is_file():
        raise Refusal(UNDECODABLE)
    return Product(
        role=role,
        name=path.name,
        media_type=media_type or TYPES[path.suffix],
        size=path.stat().st_size,
        width=size.width if size else None,
        height=size.height if size else None,
        chunks=lambda: _pieces(path),
    )


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
