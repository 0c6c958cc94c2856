"""Sending files: every transport, every ending, and what is kept when it goes wrong."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.media_tables import UPLOADS
from asperguide.media import FileState, SmallUpload, Transport
from asperguide.media.errors import (
    ChecksumMismatch,
    ContentRefused,
    FileNotFound,
    FileTooLarge,
    InvalidFile,
    QuotaExceeded,
    TypeRefused,
    UploadIncomplete,
    UploadNotFound,
    WrongTransport,
)
from asperguide.media.model import quarantine_key
from asperguide.media.transport import PART_SIZE, SMALL
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.pages import PageRequest
from asperguide.testing import Person, World
from asperguide.testing.faults import Error, Faults, Latency
from tests.media import (
    BROKEN_VIDEO,
    PROGRAM,
    TEXT,
    VIDEO,
    HungUp,
    a_world,
    check_sound,
    files,
    hanging_up,
    in_chunks,
    long_text,
    new_upload,
    png,
    put,
    put_parts,
    read,
    send,
    start,
    usage,
)

TRANSPORTS = list(Transport)


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
async def siobhan(world: World) -> Person:
    return await world.person("siobhan")


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_was_sent_can_be_read(world: World, siobhan: Person, transport: Transport) -> None:
    sent = await send(world, siobhan.actor, transport=transport)
    assert (sent.state, sent.size, sent.media_type) == (FileState.READY, len(TEXT), "text/plain")
    assert sent.sha256 == hashlib.sha256(TEXT).hexdigest()
    assert await read(world, siobhan.actor, sent.id) == TEXT
    assert await read(world, siobhan.actor, sent.id, 3, 4) == TEXT[3:7]
    assert list(world.storage.objects) == [f"files/{sent.id}/{sent.sha256}"]
    used = usage(world, siobhan.actor)
    assert (used.used_bytes, used.used_files, used.reserved_bytes, used.reserved_files) == (len(TEXT), 1, 0, 0)
    check_sound(world)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_picture_tells_its_size(world: World, siobhan: Person, transport: Transport) -> None:
    sent = await send(world, siobhan.actor, png(40, 30), transport=transport, name="a.png", media_type="image/png")
    assert (sent.state, sent.width, sent.height, sent.frames) == (FileState.READY, 40, 30, 1)


@pytest.mark.expects_error_log
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_video_is_looked_at_by_a_worker_and_waits_to_be_processed(
    world: World, siobhan: Person, transport: Transport
) -> None:
    sent = await send(world, siobhan.actor, VIDEO, transport=transport, media_type="video/mp4")
    assert (sent.state, sent.width, sent.height) == (FileState.READY, 640, 360)
    video = await world.container.media_reads().video(sent.id)
    assert video is not None
    assert video.facts is not None


@pytest.mark.parametrize(
    ("content", "said", "reason"),
    [
        (PROGRAM, "text/plain", "Files of this type are not accepted."),
        (PROGRAM, "application/octet-stream", "Files of this type are not accepted."),
        (TEXT, "image/png", "The file is not of the type that was said."),
        (png()[:-20], "image/png", "The image is damaged."),
        (BROKEN_VIDEO, "video/mp4", "This video is damaged."),
        (b"<html><script>alert(1)</script></html>", "text/plain", "Files of this type are not accepted."),
    ],
    ids=["program", "program as whatever", "text as image", "half an image", "broken video", "page as text"],
)
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_is_not_what_it_is_said_to_be_is_refused_and_gone(
    world: World, siobhan: Person, transport: Transport, content: bytes, said: str, reason: str
) -> None:
    sent = await send(world, siobhan.actor, content, transport=transport, media_type=said)
    assert (sent.state, sent.size) == (FileState.REFUSED, 0)
    assert sent.refusal == reason or (reason == "The image is damaged." and "damaged" in (sent.refusal or ""))
    assert world.storage.objects == {}
    assert usage(world, siobhan.actor).reserved_files == 0
    check_sound(world)


@pytest.mark.parametrize("transport", [Transport.DIRECT, Transport.MULTIPART, Transport.TUS])
async def test_a_checksum_that_does_not_fit_refuses_the_file(
    world: World, siobhan: Person, transport: Transport
) -> None:
    sent = await send(world, siobhan.actor, transport=transport, sha256="0" * 64)
    assert (sent.state, sent.refusal) == (FileState.REFUSED, "The checksum of the file is not the one that was said.")
    check_sound(world)


async def test_a_small_file_with_another_checksum_is_not_kept_at_all(world: World, siobhan: Person) -> None:
    with pytest.raises(ChecksumMismatch):
        await send(world, siobhan.actor, transport=Transport.SMALL, sha256="0" * 64)
    assert files(world) == []
    check_sound(world)


@pytest.mark.parametrize("content", [TEXT + b"!", TEXT[:-1]], ids=["longer", "shorter"])
async def test_a_direct_upload_of_another_length_is_refused(world: World, siobhan: Person, content: bytes) -> None:
    started = await start(world, siobhan.actor)
    await put(world, started.file.id, content)
    finished = await world.container.finish_upload()(siobhan.actor, started.file.id)
    assert finished.state is FileState.REFUSED
    await world.settle()
    assert world.storage.objects == {}
    check_sound(world)


async def test_a_stream_of_an_unknown_length_takes_no_more_room_than_it_needs(world: World, siobhan: Person) -> None:
    sent = await world.container.upload_small()(
        siobhan.actor, SmallUpload(name="a.mp4", media_type="video/mp4"), in_chunks(VIDEO)
    )
    assert (sent.state, sent.size) == (FileState.QUARANTINED, len(VIDEO))
    assert usage(world, siobhan.actor).reserved_bytes == len(VIDEO)
    check_sound(world)


@pytest.mark.parametrize(
    ("content", "size", "error"),
    [
        (long_text(SMALL + 1), None, FileTooLarge),
        (TEXT, len(TEXT) - 1, FileTooLarge),
        (TEXT, len(TEXT) + 1, ContentRefused),
        (b"", None, InvalidFile),
        (TEXT, SMALL + 1, FileTooLarge),
    ],
    ids=["endless", "longer than said", "shorter than said", "nothing", "said to be too large"],
)
async def test_a_small_upload_that_is_refused_leaves_nothing(
    world: World, siobhan: Person, content: bytes, size: int | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await world.container.upload_small()(siobhan.actor, SmallUpload(name="a.txt", size=size), in_chunks(content))
    await world.settle()
    assert files(world) == []
    assert world.storage.objects == {}
    check_sound(world)


@pytest.mark.parametrize("gone", [HungUp(), asyncio.CancelledError()], ids=["hung up", "cancelled"])
async def test_a_small_upload_whose_sender_is_gone_leaves_nothing(
    world: World, siobhan: Person, gone: BaseException
) -> None:
    with pytest.raises(type(gone)):
        await world.container.upload_small()(siobhan.actor, SmallUpload(name="a.txt"), hanging_up(TEXT, gone))
    assert files(world) == []
    check_sound(world)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"media_type": "application/x-msdownload"}, TypeRefused),
        ({"media_type": "image/svg+xml"}, TypeRefused),
        ({"size": 0}, InvalidFile),
        ({"size": 500 * 1024 * 1024 + 1}, FileTooLarge),
        ({"transport": Transport.SMALL}, InvalidFile),
        ({"name": "a\0b"}, InvalidFile),
        ({"name": "ä" * 256}, InvalidFile),
        ({"name": ""}, InvalidFile),
        ({"name": "\ud800"}, InvalidFile),
        ({"tags": ("x",) * 21}, InvalidFile),
        ({"purpose": "Not like this"}, InvalidFile),
        ({"sha256": "not hexadecimal"}, InvalidFile),
        ({"metadata": {"Not a name": "x"}}, InvalidFile),
    ],
)
async def test_what_can_never_be_kept_is_refused_before_it_is_sent(
    world: World, siobhan: Person, fields: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error) as refused:
        await world.container.start_upload()(siobhan.actor, new_upload(**fields))
    assert refused.value.fields  # type: ignore[attr-defined]
    assert files(world) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "-rf", "ä" * 255, "a b\u202etxt.exe", "con", "%2e%2e%2f"])
async def test_names_are_for_people_only(world: World, siobhan: Person, name: str) -> None:
    sent = await send(world, siobhan.actor, name=name)
    assert sent.name == name
    assert list(world.storage.objects) == [f"files/{sent.id}/{sent.sha256}"]


async def test_the_transport_is_chosen_by_size(world: World, siobhan: Person) -> None:
    small = await start(world, siobhan.actor)
    large = await start(world, siobhan.actor, size=64 * 1024 * 1024 + 1)
    assert small.upload.transport is Transport.DIRECT
    assert small.send is not None
    assert (large.upload.transport, large.upload.part_size, large.send) == (Transport.MULTIPART, PART_SIZE, None)


async def test_room_is_taken_when_an_upload_starts(world: World, siobhan: Person) -> None:
    world = a_world(quota_bytes=100, quota_files=2)
    siobhan = await world.person("siobhan")
    await start(world, siobhan.actor, size=60)
    with pytest.raises(QuotaExceeded):
        await start(world, siobhan.actor, size=41)
    await start(world, siobhan.actor, size=40)
    with pytest.raises(QuotaExceeded):
        await start(world, siobhan.actor, size=1)
    check_sound(world)


async def test_fifty_uploads_at_once_take_exactly_what_there_is() -> None:
    world = a_world(quota_bytes=10 * len(TEXT))
    siobhan = await world.person("siobhan")
    ends = await asyncio.gather(*(start(world, siobhan.actor) for _ in range(50)), return_exceptions=True)
    assert sum(not isinstance(end, BaseException) for end in ends) == 10
    assert {type(end) for end in ends if isinstance(end, BaseException)} == {QuotaExceeded}
    assert usage(world, siobhan.actor).reserved_bytes == 10 * len(TEXT)


async def test_finishing_twice_gives_the_same_file(world: World, siobhan: Person) -> None:
    started = await start(world, siobhan.actor)
    await put(world, started.file.id, TEXT)
    finish = world.container.finish_upload()
    first = await finish(siobhan.actor, started.file.id)
    assert await finish(siobhan.actor, started.file.id) == first
    check_sound(world)


@pytest.mark.parametrize("transport", [Transport.DIRECT, Transport.MULTIPART])
async def test_of_many_finishes_at_once_all_give_the_same_file(
    world: World, siobhan: Person, transport: Transport
) -> None:
    started = await start(world, siobhan.actor, transport=transport)
    await (
        put(world, started.file.id, TEXT)
        if transport is Transport.DIRECT
        else put_parts(world, siobhan.actor, started.file.id, TEXT)
    )
    in_turn = Faults(lambda call: Latency(0))
    with world.container.storage.override(Object(in_turn.wrap(world.storage, "storage"))):
        finish = world.container.finish_upload()
        ends = await asyncio.gather(*(finish(siobhan.actor, started.file.id) for _ in range(5)))
    assert in_turn.calls["storage.copy"] > 1
    assert {end.state for end in ends} == {FileState.READY}
    await world.settle()
    assert list(world.storage.objects) == [f"files/{started.file.id}/{ends[0].sha256}"]
    check_sound(world)


async def test_what_is_finished_cannot_be_aborted_and_what_is_aborted_cannot_be_finished(
    world: World, siobhan: Person
) -> None:
    sent = await send(world, siobhan.actor)
    with pytest.raises(UploadNotFound):
        await world.container.abort_upload()(siobhan.actor, sent.id)
    started = await start(world, siobhan.actor)
    await put(world, started.file.id, TEXT)
    await world.container.abort_upload()(siobhan.actor, started.file.id)
    with pytest.raises(UploadNotFound):
        await world.container.finish_upload()(siobhan.actor, started.file.id)
    await world.settle()
    assert set(world.storage.objects) == {f"files/{sent.id}/{sent.sha256}"}
    check_sound(world)


async def test_finishing_and_aborting_at_once_ends_in_one_of_both(world: World, siobhan: Person) -> None:
    for _ in range(10):
        started = await start(world, siobhan.actor)
        await put(world, started.file.id, TEXT)
        ends = await asyncio.gather(
            world.container.finish_upload()(siobhan.actor, started.file.id),
            world.container.abort_upload()(siobhan.actor, started.file.id),
            return_exceptions=True,
        )
        assert sum(isinstance(end, UploadNotFound) for end in ends) == 1
        await world.settle()
        check_sound(world)
    assert len(world.storage.objects) == len(files(world))


async def test_an_upload_that_is_incomplete_goes_on(world: World, siobhan: Person) -> None:
    content = long_text(2 * PART_SIZE + 5)
    direct = await start(world, siobhan.actor)
    parted = await start(world, siobhan.actor, content, transport=Transport.MULTIPART)
    finish = world.container.finish_upload()
    for id in (direct.file.id, parted.file.id):
        with pytest.raises(UploadIncomplete):
            await finish(siobhan.actor, id)
    await put_parts(world, siobhan.actor, parted.file.id, content)
    row = world.database.rows(UPLOADS).get(parted.file.id)
    assert row is not None
    await world.storage.put_part(quarantine_key(row.id), row.parted, 2, content[: PART_SIZE - 1])
    with pytest.raises(UploadIncomplete, match=r"another size: 2\."):
        await finish(siobhan.actor, parted.file.id)
    await put_parts(world, siobhan.actor, parted.file.id, content)
    assert (await finish(siobhan.actor, parted.file.id)).state is FileState.QUARANTINED
    await world.settle()
    assert await read(world, siobhan.actor, parted.file.id) == content


async def test_parts_are_numbered_from_one_to_the_last(world: World, siobhan: Person) -> None:
    started = await start(world, siobhan.actor, size=PART_SIZE + 1, transport=Transport.MULTIPART)
    link = world.container.link_parts()
    links = await link(siobhan.actor, started.file.id, [2, 1, 2])
    assert [(one.number, one.size) for one in links] == [(2, 1), (1, PART_SIZE)]
    for numbers in ([], [0], [3], [1] * 101):
        with pytest.raises(InvalidFile):
            await link(siobhan.actor, started.file.id, numbers)
    assert len(await world.storage.open_uploads()) == 1


async def test_asking_for_parts_at_once_begins_one_upload_in_parts(world: World, siobhan: Person) -> None:
    started = await start(world, siobhan.actor, size=PART_SIZE + 1, transport=Transport.MULTIPART)
    link = world.container.link_parts()
    await asyncio.gather(*(link(siobhan.actor, started.file.id, [1]) for _ in range(5)))
    assert len(await world.storage.open_uploads()) == 1


async def test_an_upload_is_sent_in_its_own_way(world: World, siobhan: Person) -> None:
    tus = await start(world, siobhan.actor, transport=Transport.TUS)
    direct = await start(world, siobhan.actor)
    for call in (
        world.container.finish_upload()(siobhan.actor, tus.file.id),
        world.container.link_parts()(siobhan.actor, direct.file.id, [1]),
        world.container.append_to_upload()(siobhan.actor, direct.file.id, 0, in_chunks(TEXT)),
    ):
        with pytest.raises(WrongTransport):
            await call


async def test_foreign_uploads_are_not_there(world: World, siobhan: Person) -> None:
    sean, c = await world.person("sean"), world.container
    id = (await start(world, siobhan.actor, transport=Transport.TUS)).file.id
    for call in (
        c.get_upload()(sean.actor, id), c.abort_upload()(sean.actor, id), c.link_parts()(sean.actor, id, [1]),
        c.finish_upload()(sean.actor, id), c.append_to_upload()(sean.actor, id, 0, in_chunks(TEXT)),
    ):  # fmt: skip
        with pytest.raises(UploadNotFound):
            await call
    with pytest.raises(FileNotFound):
        await c.get_file()(sean.actor, id)
    assert (await c.list_uploads()(sean.actor)).items == ()
    assert [one.id for one in (await c.list_uploads()(siobhan.actor, PageRequest(count=True))).items] == [id]


@pytest.mark.parametrize("transport", [Transport.DIRECT, Transport.MULTIPART, Transport.TUS])
async def test_what_is_not_finished_within_a_day_is_given_up(
    world: World, siobhan: Person, transport: Transport
) -> None:
    content = long_text(PART_SIZE + 100)
    id = (await start(world, siobhan.actor, content, transport=transport)).file.id
    if transport is Transport.TUS:
        await world.container.append_to_upload()(siobhan.actor, id, 0, in_chunks(content[:-1]))
    else:
        await (
            put(world, id, content) if transport is Transport.DIRECT else put_parts(world, siobhan.actor, id, content)
        )
    assert (await world.container.get_upload()(siobhan.actor, id)).complete is False
    await world.advance(hours=25)
    for call in (world.container.get_upload(), world.container.finish_upload(), world.container.abort_upload()):
        with pytest.raises(UploadNotFound):
            await call(siobhan.actor, id)
    assert files(world) == []
    assert world.storage.objects == {}
    assert await world.storage.open_uploads() == []
    check_sound(world)


async def test_an_upload_that_has_expired_is_over_before_it_is_swept(world: World, siobhan: Person) -> None:
    id = (await start(world, siobhan.actor)).file.id
    await put(world, id, TEXT)
    world.clock.advance(timedelta(hours=24))
    with pytest.raises(UploadNotFound):
        await world.container.finish_upload()(siobhan.actor, id)


async def test_a_finished_upload_is_told_as_complete(world: World, siobhan: Person) -> None:
    sent = await send(world, siobhan.actor, transport=Transport.TUS)
    told = await world.container.get_upload()(siobhan.actor, sent.id)
    assert (told.complete, told.offset, told.size) == (True, len(TEXT), len(TEXT))


async def test_other_bytes_that_are_put_later_change_nothing(world: World, siobhan: Person) -> None:
    sent = await send(world, siobhan.actor)
    await put(world, sent.id, b"something else entirely")
    assert await read(world, siobhan.actor, sent.id) == TEXT


async def test_a_storage_that_is_away_loses_no_file(world: World, siobhan: Person) -> None:
    started = await start(world, siobhan.actor)
    await put(world, started.file.id, TEXT)
    faults = Faults(lambda call: Error(StorageUnavailable) if call.name == "storage.copy" else None)
    with world.container.storage.override(Object(faults.wrap(world.storage, "storage"))):
        finished = await world.container.finish_upload()(siobhan.actor, started.file.id)
        assert finished.state is FileState.QUARANTINED
    await world.advance(minutes=1)
    assert (await world.container.get_file()(siobhan.actor, started.file.id)).state is FileState.READY
    check_sound(world)
