"""What tests of media have in common: bytes of every kind, ways to send them, and what holds of all that is kept."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from dependency_injector.providers import Object

from asperguide.adapters.memory.media_tables import FILES, UPLOADS, USAGE
from asperguide.media import FileId, FileState, FileView, NewUpload, SmallUpload, StartedUpload, Transport, Usage
from asperguide.media.model import File, quarantine_key
from asperguide.media.ports import Product, Progress, Refusal, VideoBench, VideoTools
from asperguide.media.transport import PART_SIZE
from asperguide.media.videos import Facts
from asperguide.shared.actor import Actor
from asperguide.testing import World

TEXT = "Siobhán's garden, in words.\n".encode()
VIDEO = b"\0\0\0\x18ftypisom\0\0\x02\0isommp41" + b"a picture that moves" * 50
BROKEN_VIDEO = VIDEO + b"broken"
PROGRAM = b"\x7fELF\x02\x01\x01" + bytes(200)


def png(width: int = 40, height: int = 30) -> bytes:
    """A black picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = zlib.compress(bytes(width + 1) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def long_text(size: int) -> bytes:
    """So many bytes that are text and nowhere alike."""
    lines = (f"{number:08d} {'-' * 1000}\n" for number in range(size // 1010 + 1))
    return "".join(lines).encode()[:size]


async def in_chunks(content: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    """The content as it comes over a wire."""
    for at in range(0, len(content), size):
        await asyncio.sleep(0)  # others have their turn, as on a wire
        yield content[at : at + size]


class HungUp(Exception):
    """The sender is gone."""


async def hanging_up(content: bytes, error: BaseException | None = None) -> AsyncIterator[bytes]:
    """The content, and then no more."""
    async for chunk in in_chunks(content):
        yield chunk
    raise error or HungUp


class PretendBench(VideoBench):
    """Finds ten seconds of video in whatever is not broken, and makes nothing."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def probe(self) -> Facts:
        """By a word in it."""
        if b"broken" in self.content:
            raise Refusal("This video is damaged.")
        return Facts(duration=10, format="mp4", width=640, height=360, video_codec="h264")

    async def stills(self, at: float | None) -> Sequence[Product]:
        """None."""
        return ()

    async def ladder(self, progress: Progress) -> Sequence[Product]:
        """None."""
        return ()

    async def convert(self, to: str, progress: Progress) -> Product:
        """Not here."""
        raise Refusal(to)


class PretendTools(VideoTools):
    """Benches that pretend. `error` is raised instead when it is set."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    @asynccontextmanager
    async def bench(self, content: AsyncIterable[bytes], media_type: str) -> AsyncIterator[VideoBench]:
        """Reads it all."""
        if self.error is not None:
            raise self.error
        yield PretendBench(b"".join([chunk async for chunk in content]))


def a_world(**policy: Any) -> World:
    """A world that looks at videos as well as it can. `policy` changes what operators decide."""
    world = World()
    world.container.video_tools.override(Object(PretendTools()))
    if policy:
        world.container.media_policy.override(Object(replaced(world, **policy)))
    return world


def replaced(world: World, **policy: Any) -> Any:
    """The policy with other values."""
    return replace(world.container.media_policy(), **policy)


def new_upload(content: bytes = TEXT, **fields: Any) -> NewUpload:
    """A file that is to be sent."""
    given: dict[str, Any] = {"name": "garden.txt", "size": len(content), "media_type": "text/plain"}
    return NewUpload(**{**given, **fields})


async def start(world: World, actor: Actor, content: bytes = TEXT, **fields: Any) -> StartedUpload:
    """Start an upload of the content."""
    return await world.container.start_upload()(actor, new_upload(content, **fields))


async def put(world: World, id: FileId, content: bytes) -> None:
    """What the signed request does."""
    await world.storage.put(quarantine_key(id), content)


async def put_parts(world: World, actor: Actor, id: FileId, content: bytes) -> None:
    """Ask where parts go, and send them, the last one first."""
    count = -(-len(content) // PART_SIZE)
    links = await world.container.link_parts()(actor, id, range(1, count + 1))
    upload = await world.container.media_reads().upload(id)
    assert upload is not None
    for link in reversed(links):
        part = content[(link.number - 1) * PART_SIZE : link.number * PART_SIZE]
        assert len(part) == link.size
        await world.storage.put_part(quarantine_key(id), upload.parted, link.number, part)


async def send(world: World, actor: Actor, content: bytes = TEXT, **fields: Any) -> FileView:
    """Send a file by whatever transport is given; what has become of it, once workers have done what is due."""
    transport = fields.pop("transport", Transport.DIRECT)
    if transport is Transport.SMALL:
        new = SmallUpload(**{"name": "garden.txt", "media_type": "text/plain", **fields})
        sent = (await world.container.upload_small()(actor, new, in_chunks(content))).id
    else:
        sent = (await start(world, actor, content, transport=transport, **fields)).file.id
        if transport is Transport.TUS:
            await world.container.append_to_upload()(actor, sent, 0, in_chunks(content))
        else:
            await (
                put(world, sent, content) if transport is Transport.DIRECT else put_parts(world, actor, sent, content)
            )
            await world.container.finish_upload()(actor, sent)
    await world.settle()
    return await world.container.get_file()(actor, sent)


async def read(world: World, actor: Actor | None, id: FileId, start: int = 0, length: int | None = None) -> bytes:
    """The bytes of a file."""
    readable = await world.container.read_file()(actor, id)
    async with readable.open(start, length) as chunks:
        return b"".join([chunk async for chunk in chunks])


def usage(world: World, actor: Actor) -> Usage:
    """What is counted for somebody."""
    owner: Any = actor.user
    return world.database.rows(USAGE).get(owner) or Usage(owner=owner)


def files(world: World) -> list[File]:
    """Every file there is."""
    return world.database.rows(FILES).all()


def counted(world: World) -> dict[Any, tuple[int, int, int, int]]:
    """What ought to be counted for everybody who has something."""
    found: dict[Any, tuple[int, int, int, int]] = {}
    for file in files(world):
        ub, uf, rb, rf = found.get(file.owner, (0, 0, 0, 0))
        if file.state in (FileState.READY, FileState.DELETED):
            found[file.owner] = (ub + file.size, uf + 1, rb, rf)
        elif file.state is not FileState.REFUSED:
            found[file.owner] = (ub, uf, rb + file.size, rf + 1)
    return found


def check_sound(world: World) -> None:
    """What holds at every moment: quotas are exact, uploads go with awaited files, what counts has its bytes."""
    rows = {row.owner: row for row in world.database.rows(USAGE).all()}
    told = {
        owner: (row.used_bytes, row.used_files, row.reserved_bytes, row.reserved_files) for owner, row in rows.items()
    }
    assert {owner: one for owner, one in told.items() if any(one)} == counted(world)
    uploads = world.database.rows(UPLOADS).all()
    assert {upload.id for upload in uploads} == {file.id for file in files(world) if file.awaited}
    objects = world.storage.objects
    for upload in uploads:
        assert upload.tail_size == (objects[upload.tail].size if upload.tail else 0)
    for file in files(world):
        if file.state in (FileState.READY, FileState.DELETED):
            assert objects[file.key].size == file.size
