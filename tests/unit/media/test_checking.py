"""Looking at files that have arrived: once or ten times, by one or by many, with whatever goes wrong meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.ledger import MemoryJob
from asperguide.adapters.memory.media_tables import FILES
from asperguide.media import FileChange, FileState
from asperguide.media.errors import ToolsMissing, TooManyImages, UploadNotFound
from asperguide.media.events import FileArrived
from asperguide.media.model import File, FileId, quarantine_key
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ledger import JobState
from asperguide.shared.storage import ObjectChanged, StoredObject
from asperguide.testing import Person, World
from tests.media import TEXT, VIDEO, PretendTools, a_world, check_sound, files, long_text, png, put, read, send, start


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
async def siobhan(world: World) -> Person:
    return await world.person("siobhan")


async def arrived(world: World, siobhan: Person, content: bytes = VIDEO, media_type: str = "video/mp4") -> FileId:
    """A file that waits to be checked."""
    started = await start(world, siobhan.actor, content, media_type=media_type)
    await put(world, started.file.id, content)
    finished = await world.container.finish_upload()(siobhan.actor, started.file.id)
    assert finished.state is FileState.QUARANTINED
    return started.file.id


def file(world: World, id: FileId) -> File:
    found = world.database.rows(FILES).get(id)
    assert found is not None
    return found


async def check(world: World, id: FileId) -> None:
    await world.container.check_file()(FileArrived(file=id))


async def test_many_checkers_at_once_do_no_harm(world: World, siobhan: Person) -> None:
    id = await arrived(world, siobhan)
    await asyncio.gather(*(check(world, id) for _ in range(5)))
    assert file(world, id).state is FileState.READY
    await check(world, id)
    check_sound(world)
    assert list(world.storage.objects) == [file(world, id).key]


async def test_what_is_not_there_is_not_checked(world: World, siobhan: Person) -> None:
    await check(world, FileId(siobhan.actor.user))
    assert files(world) == []


async def test_bytes_that_are_gone_before_anybody_looked_are_told(world: World, siobhan: Person) -> None:
    id = await arrived(world, siobhan)
    await world.storage.delete(quarantine_key(id))
    await check(world, id)
    assert (file(world, id).state, file(world, id).refusal) == (FileState.REFUSED, "The bytes of the file are gone.")
    check_sound(world)


class Meddling:
    """A storage beside which something happens whenever an object is copied: before that, or `late`."""

    def __init__(self, world: World, meddle: Callable[[int], Awaitable[None]], *, late: bool = False) -> None:
        self.world, self.meddle, self.late, self.times = world, meddle, late, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.world.storage, name)

    async def copy(self, source: str, target: str, *, if_match: str | None = None) -> StoredObject:
        """Before the meddling or after it."""
        self.times += 1
        if not self.late:
            await self.meddle(self.times)
        copied = await self.world.storage.copy(source, target, if_match=if_match)
        if self.late:
            await self.meddle(self.times)
        return copied


async def test_what_was_checked_is_what_is_kept_however_often_it_is_replaced(world: World, siobhan: Person) -> None:
    id = await arrived(world, siobhan)
    other = VIDEO[:-1] + b"!"

    async def replace_once(times: int) -> None:
        if times == 1:
            await put(world, id, other)

    with world.container.storage.override(Object(Meddling(world, replace_once))):
        await check(world, id)
    assert await read(world, siobhan.actor, id) == other
    check_sound(world)


async def test_bytes_that_change_all_the_time_are_checked_later(world: World, siobhan: Person) -> None:
    id = await arrived(world, siobhan)

    async def replace(times: int) -> None:
        await put(world, id, VIDEO[:-1] + str(times).encode())

    with (
        world.container.storage.override(Object(Meddling(world, replace))),
        pytest.raises(EditedMeanwhile),
    ):
        await check(world, id)
    assert file(world, id).state is FileState.CHECKING
    await check(world, id)
    assert file(world, id).state is FileState.READY
    check_sound(world)


@pytest.mark.parametrize("late", [False, True])
async def test_a_file_that_is_deleted_while_it_is_checked_leaves_nothing(
    world: World, siobhan: Person, late: bool
) -> None:
    id = await arrived(world, siobhan)

    async def delete(times: int) -> None:
        await world.container.delete_file()(siobhan.actor, id)
        await world.settle()

    with world.container.storage.override(Object(Meddling(world, delete, late=late))):
        await check(world, id)
    await world.settle()
    assert (files(world), world.storage.objects) == ([], {})
    check_sound(world)


async def test_a_file_that_is_renamed_while_it_is_checked_keeps_its_new_name(world: World, siobhan: Person) -> None:
    id = await arrived(world, siobhan)

    async def rename(times: int) -> None:
        await world.container.update_file()(siobhan.actor, id, FileChange(name="new"))

    with world.container.storage.override(Object(Meddling(world, rename))):
        await check(world, id)
    assert (file(world, id).state, file(world, id).name) == (FileState.READY, "new")


@pytest.mark.parametrize("late", [False, True])
async def test_a_small_upload_that_is_given_up_while_it_is_looked_at_leaves_nothing(
    world: World, siobhan: Person, late: bool
) -> None:
    started = await start(world, siobhan.actor)
    await put(world, started.file.id, TEXT)

    async def abort(times: int) -> None:
        await world.container.abort_upload()(siobhan.actor, started.file.id)
        await world.settle()

    with (
        world.container.storage.override(Object(Meddling(world, abort, late=late))),
        pytest.raises(UploadNotFound),
    ):
        await world.container.finish_upload()(siobhan.actor, started.file.id)
    await world.settle()
    assert (files(world), world.storage.objects) == ([], {})
    check_sound(world)


@pytest.mark.expects_error_log
async def test_without_tools_a_video_waits_until_there_are_some(world: World, siobhan: Person) -> None:
    tools = world.container.video_tools()
    assert isinstance(tools, PretendTools)
    tools.error = ToolsMissing()
    id = await arrived(world, siobhan)
    await world.settle()
    assert file(world, id).state is FileState.CHECKING
    tools.error = None
    await world.advance(hours=1)
    assert file(world, id).state is FileState.READY


async def test_a_picture_that_nobody_has_time_for_waits_for_a_worker(world: World, siobhan: Person) -> None:
    images = world.container.images()
    images.busy = True  # type: ignore[attr-defined]
    with pytest.raises(TooManyImages):
        await images.inspect(png())
    id = await arrived(world, siobhan, png(), "image/png")
    images.busy = False  # type: ignore[attr-defined]
    await world.settle()
    assert file(world, id).state is FileState.READY


async def test_an_image_is_not_looked_at_when_it_is_too_large_for_memory(
    world: World, siobhan: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asperguide.media.examining.LARGEST_IMAGE", 20)
    started = await start(world, siobhan.actor, png(), media_type="image/png")
    await put(world, started.file.id, png())
    finished = await world.container.finish_upload()(siobhan.actor, started.file.id)
    assert finished.refusal == "An image may have up to 50 MiB."


async def test_long_text_is_told_by_its_beginning(world: World, siobhan: Person) -> None:
    content = long_text(200_000)
    assert (await send(world, siobhan.actor, content, media_type="application/octet-stream")).media_type == "text/plain"


def live(jobs: Mapping[UUID, MemoryJob]) -> list[MemoryJob]:
    return [job for job in jobs.values() if job.state is JobState.WAITING]


async def test_the_job_ends_with_its_effect(world: World, siobhan: Person) -> None:
    await arrived(world, siobhan, TEXT + b"\n", "video/mp4")
    await world.settle()
    assert live(world.ledger.rows) == []


async def test_an_object_that_changes_between_looking_and_reading_is_looked_at_again(
    world: World, siobhan: Person
) -> None:
    id = await arrived(world, siobhan)
    tools = world.container.video_tools()
    assert isinstance(tools, PretendTools)
    tools.error = ObjectChanged()
    with pytest.raises(EditedMeanwhile):
        await check(world, id)
    assert file(world, id).state is FileState.CHECKING
