"""Resumable uploads: what has come stays, whatever breaks, and nothing comes twice."""

import asyncio
import contextlib
import hashlib
import itertools
from collections.abc import AsyncIterator

import pytest
from dependency_injector.providers import Factory, Object

from asperguide.adapters.memory.media_tables import UPLOADS
from asperguide.media import Checksum, FileState, Transport
from asperguide.media.errors import (
    ChecksumMismatch,
    ContentRefused,
    FileTooLarge,
    OffsetMismatch,
    UploadBusy,
    UploadNotFound,
)
from asperguide.media.model import FileId, quarantine_key
from asperguide.media.transport import PART_SIZE, Upload
from asperguide.shared.errors import StorageUnavailable
from asperguide.testing import Person, World
from asperguide.testing.faults import CrashAfter, CrashBefore, Fault, Faults, Injected, nth
from tests.media import HungUp, a_world, check_sound, hanging_up, in_chunks, long_text, read, start

CONTENT = long_text(2 * PART_SIZE + 1000)


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
async def siobhan(world: World) -> Person:
    return await world.person("siobhan")


async def begin(world: World, siobhan: Person, content: bytes = CONTENT) -> FileId:
    return (await start(world, siobhan.actor, content, transport=Transport.TUS)).file.id


def row(world: World, id: FileId) -> Upload:
    found = world.database.rows(UPLOADS).get(id)
    assert found is not None
    return found


async def finish(world: World, siobhan: Person, id: FileId, content: bytes = CONTENT) -> None:
    """Send the rest, and look whether nothing else is left."""
    await send_rest(world, siobhan, id, content)
    assert len(world.storage.objects) == 1
    assert await world.storage.open_uploads() == []


async def send_rest(world: World, siobhan: Person, id: FileId, content: bytes = CONTENT) -> None:
    """Send the rest from where the upload is, and look whether all of it is right."""
    at = (await world.container.get_upload()(siobhan.actor, id)).offset
    told = await world.container.append_to_upload()(siobhan.actor, id, at, in_chunks(content[at:]))
    assert (told.complete, told.offset) == (True, len(content))
    await world.settle()
    assert (await world.container.get_file()(siobhan.actor, id)).state is FileState.READY
    assert await read(world, siobhan.actor, id) == content
    check_sound(world)


@pytest.mark.parametrize(
    "sizes",
    [
        [2 * PART_SIZE + 1000],
        [1, 999, 2 * PART_SIZE],
        [PART_SIZE, PART_SIZE, 1000],
        [PART_SIZE - 1, 2, PART_SIZE - 1, 1000],
        [PART_SIZE + 500, PART_SIZE, 500],
    ],
)
async def test_requests_may_have_any_size(world: World, siobhan: Person, sizes: list[int]) -> None:
    id, at = await begin(world, siobhan), 0
    for size in sizes[:-1]:
        told = await world.container.append_to_upload()(siobhan.actor, id, at, in_chunks(CONTENT[at : at + size]))
        at += size
        assert (told.offset, told.complete) == (at, False)
        assert sum(key.startswith("arrivals/") for key in world.storage.objects) == bool(row(world, id).tail_size)
    await finish(world, siobhan, id)


@pytest.mark.parametrize("size", [1, PART_SIZE - 1, PART_SIZE, PART_SIZE + 1, 2 * PART_SIZE])
async def test_files_may_have_any_size(world: World, siobhan: Person, size: int) -> None:
    content = CONTENT[:size]
    await finish(world, siobhan, await begin(world, siobhan, content), content)


@pytest.mark.parametrize("gone", [HungUp(), asyncio.CancelledError()], ids=["hung up", "cancelled"])
@pytest.mark.parametrize("size", [10, PART_SIZE + 10])
async def test_what_came_stays_when_the_sender_hangs_up(
    world: World, siobhan: Person, size: int, gone: BaseException
) -> None:
    id = await begin(world, siobhan)
    with pytest.raises(type(gone)):
        await world.container.append_to_upload()(siobhan.actor, id, 0, hanging_up(CONTENT[:size], gone))
    assert (await world.container.get_upload()(siobhan.actor, id)).offset == size
    await finish(world, siobhan, id)


async def test_whoever_hangs_up_after_the_last_byte_has_sent_all(world: World, siobhan: Person) -> None:
    id = await begin(world, siobhan)
    with pytest.raises(HungUp):
        await world.container.append_to_upload()(siobhan.actor, id, 0, hanging_up(CONTENT))
    await world.settle()
    assert await read(world, siobhan.actor, id) == CONTENT
    check_sound(world)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512", "md5"])
async def test_a_checksum_that_fits_keeps_what_came(world: World, siobhan: Person, algorithm: str) -> None:
    id, first = await begin(world, siobhan), CONTENT[: PART_SIZE + 7]
    checksum = Checksum(algorithm=algorithm, digest=hashlib.new(algorithm, first).digest())
    told = await world.container.append_to_upload()(siobhan.actor, id, 0, in_chunks(first), checksum)
    assert told.offset == len(first)
    await finish(world, siobhan, id)


@pytest.mark.parametrize("at", [0, 100])
async def test_with_a_checksum_all_of_a_request_stays_or_nothing(world: World, siobhan: Person, at: int) -> None:
    id, append = await begin(world, siobhan), world.container.append_to_upload()
    if at:
        await append(siobhan.actor, id, 0, in_chunks(CONTENT[:at]))
    good = Checksum(algorithm="sha1", digest=hashlib.sha1(CONTENT[at:]).digest())
    with pytest.raises(ChecksumMismatch):
        await append(siobhan.actor, id, at, in_chunks(CONTENT[at:-1] + b"?"), good)
    with pytest.raises(HungUp):
        await append(siobhan.actor, id, at, hanging_up(CONTENT[at : PART_SIZE + at + 9]), good)
    assert (await world.container.get_upload()(siobhan.actor, id)).offset == at
    await append(siobhan.actor, id, at, in_chunks(CONTENT[at:]), good)
    await world.settle()
    assert await read(world, siobhan.actor, id) == CONTENT
    check_sound(world)


def test_checksums_that_nobody_computes_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="crc32"):
        Checksum(algorithm="crc32", digest=b"")


async def test_more_bytes_than_were_announced_are_refused(world: World, siobhan: Person) -> None:
    id = await begin(world, siobhan)
    with pytest.raises(FileTooLarge):
        await world.container.append_to_upload()(siobhan.actor, id, 0, in_chunks(CONTENT + b"!"))
    await finish(world, siobhan, id)


async def test_nothing_is_nothing(world: World, siobhan: Person) -> None:
    id = await begin(world, siobhan)
    told = await world.container.append_to_upload()(siobhan.actor, id, 0, in_chunks(b""))
    assert (told.offset, row(world, id).version, world.storage.objects) == (0, 1, {})


async def test_an_upload_goes_on_from_where_it_is(world: World, siobhan: Person) -> None:
    id, append = await begin(world, siobhan), world.container.append_to_upload()
    await append(siobhan.actor, id, 0, in_chunks(CONTENT[:10]))
    for at in (0, 9, 11):
        with pytest.raises(OffsetMismatch):
            await append(siobhan.actor, id, at, in_chunks(CONTENT[at:]))
    await finish(world, siobhan, id)
    with pytest.raises(OffsetMismatch):
        await append(siobhan.actor, id, len(CONTENT), in_chunks(b""))


async def test_of_two_that_send_at_once_one_goes_on(world: World, siobhan: Person) -> None:
    id, append = await begin(world, siobhan), world.container.append_to_upload()
    ends = await asyncio.gather(
        *(append(siobhan.actor, id, 0, in_chunks(CONTENT[: PART_SIZE + n])) for n in (10, 20)), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["UploadBusy", "UploadView"]
    await finish(world, siobhan, id)


async def test_of_two_that_send_everything_at_once_one_makes_the_file(world: World, siobhan: Person) -> None:
    id, append = await begin(world, siobhan), world.container.append_to_upload()
    ends = await asyncio.gather(
        *(append(siobhan.actor, id, 0, in_chunks(CONTENT)) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["UploadBusy", "UploadView"]
    await world.settle()
    assert await read(world, siobhan.actor, id) == CONTENT
    check_sound(world)


async def test_a_part_that_is_replaced_behind_our_back_is_noticed(world: World, siobhan: Person) -> None:
    id, append = await begin(world, siobhan), world.container.append_to_upload()
    await append(siobhan.actor, id, 0, in_chunks(CONTENT[:PART_SIZE]))
    await world.storage.put_part(quarantine_key(id), row(world, id).parted, 1, bytes(PART_SIZE))
    with pytest.raises(ContentRefused):
        await append(siobhan.actor, id, PART_SIZE, in_chunks(CONTENT[PART_SIZE:]))


async def aborting(world: World, siobhan: Person, id: FileId, content: bytes) -> AsyncIterator[bytes]:
    """The content, while which comes the upload is given up."""
    yield content[:1000]
    await world.container.abort_upload()(siobhan.actor, id)
    await world.settle()
    yield content[1000:]


@pytest.mark.parametrize("size", [2000, PART_SIZE + 10, len(CONTENT)])
async def test_an_upload_that_is_given_up_while_bytes_come_leaves_nothing_that_counts(
    world: World, siobhan: Person, size: int
) -> None:
    id = await begin(world, siobhan)
    with pytest.raises(UploadBusy):
        await world.container.append_to_upload()(siobhan.actor, id, 0, aborting(world, siobhan, id, CONTENT[:size]))
    with pytest.raises(UploadNotFound):
        await world.container.append_to_upload()(siobhan.actor, id, 0, in_chunks(CONTENT))
    check_sound(world)
    await world.advance(days=4)
    assert world.storage.objects == {}
    assert await world.storage.open_uploads() == []


async def test_a_tail_that_is_lost_ends_the_upload(world: World, siobhan: Person) -> None:
    id, append = await begin(world, siobhan), world.container.append_to_upload()
    await append(siobhan.actor, id, 0, in_chunks(CONTENT[:10]))
    await world.storage.delete(*world.storage.objects)
    with pytest.raises(UploadNotFound):
        await append(siobhan.actor, id, 10, in_chunks(CONTENT[10:]))


async def test_parts_that_are_lost_end_the_upload(world: World, siobhan: Person) -> None:
    id, append = await begin(world, siobhan), world.container.append_to_upload()
    await append(siobhan.actor, id, 0, in_chunks(CONTENT[: PART_SIZE + 10]))
    await world.storage.abort(quarantine_key(id), row(world, id).parted)
    with pytest.raises(UploadNotFound):
        await append(siobhan.actor, id, PART_SIZE + 10, in_chunks(CONTENT[PART_SIZE + 10 :]))


@pytest.mark.parametrize("fault", [CrashBefore(StorageUnavailable), CrashAfter()], ids=["before", "after"])
@pytest.mark.parametrize(
    ("before", "then"),
    [(0, 100), (100, 200), (100, PART_SIZE + 200), (0, len(CONTENT)), (PART_SIZE + 100, len(CONTENT))],
)
async def test_whichever_call_fails_the_upload_goes_on(fault: Fault, before: int, then: int) -> None:
    for number in itertools.count(1):
        world = a_world()
        siobhan = await world.person("siobhan")
        id = await begin(world, siobhan)
        await world.container.append_to_upload()(siobhan.actor, id, 0, in_chunks(CONTENT[:before]))
        faults = Faults(nth(number, fault))
        await append_under(world, siobhan, faults, id, before, CONTENT[before:then])
        check_sound(world)
        at = (await world.container.get_upload()(siobhan.actor, id)).offset
        assert at >= before
        if at < len(CONTENT):
            await send_rest(world, siobhan, id)
        await world.advance(days=4)
        assert await read(world, siobhan.actor, id) == CONTENT
        assert len(world.storage.objects) == 1
        assert await world.storage.open_uploads() == []
        check_sound(world)
        if not faults.injected:
            assert number > 5
            return


async def append_under(world: World, siobhan: Person, faults: Faults, id: FileId, at: int, content: bytes) -> None:
    """Send the content, whatever comes of it."""
    c = world.container
    make = c.media_unit_of_work.last_overriding
    with (
        c.storage.override(Object(faults.wrap(world.storage, "storage"))),
        c.media_unit_of_work.override(Factory(faults.wrap(make, "uow"))),
        contextlib.suppress(Injected, StorageUnavailable),
    ):
        await c.append_to_upload()(siobhan.actor, id, at, in_chunks(content, 2**20))
