"""Files against real transactions: who comes at the same moment as somebody else."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from asperguide.adapters.sql.engine import Database
from asperguide.container import Container
from asperguide.media import File, FileId, FileState, MediaPolicy, OwnerId, Upload, Usage
from asperguide.media.errors import QuotaExceeded
from asperguide.media.model import RETENTION, own
from asperguide.media.settling import forget, give_up
from asperguide.media.transport import LIFETIME
from asperguide.shared.actor import Actor
from asperguide.shared.errors import EditedMeanwhile
from asperguide.testing import MovableClock
from asperguide.testing.contracts.filing import owner
from tests.contract.filing import NEW, TEXT, filing, send, sent, somebody

ROOM = 20
COUNT = "SELECT count FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'"


@pytest.fixture
def container(database: Database, clock: MovableClock) -> Container:
    return filing(database, clock, MediaPolicy(quota_bytes=ROOM * len(TEXT) + 1))


@pytest.fixture
def me(clock: MovableClock) -> Actor:
    return somebody(clock)


@pytest.fixture(autouse=True)
async def no_deadlocks(database: Database) -> AsyncIterator[None]:
    """None in any of these tests, not even one that somebody would have tried again after."""
    before = await deadlocks(database)
    yield
    assert await deadlocks(database) == before


async def deadlocks(database: Database) -> int:
    """How many the server has had."""
    if database.embedded:
        return 0
    async with database.engine.connect() as connection:
        found = (await connection.exec_driver_sql(COUNT)).scalar()
    return int(found or 0)


async def outcomes(*calls: Awaitable[Any]) -> Counter[str]:
    """What comes of all at once, by the names of answers and refusals."""
    return Counter(type(outcome).__name__ for outcome in await asyncio.gather(*calls, return_exceptions=True))


async def counted(container: Container, actor: Actor) -> Usage:
    """What is counted for the actor, which is what there is."""
    usage = await container.media_reads().usage(own(actor.user))
    async with container.media_unit_of_work() as uow:
        assert await uow.quotas.recount(usage.owner) == usage
    return usage


async def state_of(container: Container, id: FileId) -> FileState | None:
    file = await container.media_reads().file(id)
    return None if file is None else file.state


async def test_of_fifty_uploads_at_once_as_many_start_as_there_is_room_for(container: Container, me: Actor) -> None:
    start = container.start_upload()
    found = await outcomes(*(start(me, NEW) for _ in range(50)))
    assert found == {"StartedUpload": ROOM, "QuotaExceeded": 50 - ROOM}
    usage = await counted(container, me)
    assert (usage.reserved_files, usage.reserved_bytes) == (ROOM, ROOM * len(TEXT))


async def test_of_fifty_uploads_at_once_with_files_that_come_and_go_none_is_counted_twice(
    container: Container, me: Actor
) -> None:
    ids = [await sent(container, me) for _ in range(5)]
    waiting = [(await container.start_upload()(me, NEW)).file.id for _ in range(5)]
    await asyncio.gather(*(send(container, id) for id in waiting))
    changes = [
        *(container.start_upload()(me, NEW) for _ in range(50)),
        *(container.delete_file()(me, id) for id in ids),
        *(container.finish_upload()(me, id) for id in waiting),
    ]
    found = await outcomes(*changes)
    assert found == {"StartedUpload": ROOM - 10, "QuotaExceeded": 60 - ROOM, "NoneType": 5, "FileView": 5}
    assert (await counted(container, me)).used_files == 10


async def test_many_who_start_their_first_upload_at_once_do_not_wait_for_each_other_for_ever(
    container: Container, clock: MovableClock
) -> None:
    people = [somebody(clock) for _ in range(25)]
    start = container.start_upload()
    assert await outcomes(*(start(one, NEW) for one in people for _ in range(2))) == {"StartedUpload": 50}
    for one in people:
        assert (await counted(container, one)).reserved_files == 2


async def test_when_the_first_of_an_owners_first_reservations_is_undone_the_others_are_made(
    container: Container,
) -> None:
    for _ in range(5):
        mine = owner()
        async with container.media_unit_of_work() as uow:
            assert await uow.quotas.reserve(mine, 1, most_bytes=9, most_files=9)
            others = [asyncio.ensure_future(reserved(container, mine)) for _ in range(4)]
            done, _ = await asyncio.wait(others, timeout=0.1)  # they come as far as the row that will be gone
            assert not done
        assert await asyncio.gather(*others) == [True] * 4
        assert await container.media_reads().usage(mine) == Usage(owner=mine, reserved_bytes=4, reserved_files=4)


async def reserved(container: Container, by: OwnerId) -> bool:
    async with container.media_unit_of_work() as uow:
        done = await uow.quotas.reserve(by, 1, most_bytes=9, most_files=9)
        await uow.commit()
    return done


async def test_an_upload_that_is_finished_given_up_and_expired_at_once_comes_to_one_end(
    container: Container, me: Actor, clock: MovableClock
) -> None:
    async def abort(upload: Upload) -> None:
        async with container.media_unit_of_work() as uow:
            await give_up(uow, upload)
            await uow.commit()

    for turn in range(12):
        id = (await container.start_upload()(me, NEW)).file.id
        await send(container, id)
        upload = await container.media_reads().upload(id)
        assert upload is not None
        clock.advance(LIFETIME)  # who finishes it or gives it up was let in just before
        calls = [container.arrive()(upload, len(TEXT), me), abort(upload), container.expire_uploads()()]
        found = await asyncio.gather(*calls[turn % 3 :], *calls[: turn % 3], return_exceptions=True)
        arrived = sum(isinstance(outcome, File) for outcome in found)
        assert arrived + found.count(None) + found.count(1) == 1, found
        assert sum(isinstance(outcome, EditedMeanwhile) for outcome in found) + found.count(0) == 2, found
        state = await state_of(container, id)
        assert state is (FileState.READY if arrived else None)
        assert await container.media_reads().upload(id) is None
        usage = await counted(container, me)
        assert (usage.reserved_files, usage.used_files) == (0, arrived)
        if state is FileState.READY:
            await forget_now(container, id)


async def forget_now(container: Container, id: FileId) -> None:
    async with container.media_unit_of_work() as uow:
        file = await uow.files.get(id)
        assert file is not None
        await forget(uow, file)
        await uow.commit()


async def test_an_upload_that_is_finished_and_given_up_by_its_owner_at_once_comes_to_one_end(
    container: Container, me: Actor
) -> None:
    for turn in range(8):
        id = (await container.start_upload()(me, NEW)).file.id
        await send(container, id)
        calls = container.finish_upload()(me, id), container.abort_upload()(me, id)
        found = await outcomes(*(calls if turn % 2 else calls[::-1]))
        assert found["UploadNotFound"] == 1
        assert await state_of(container, id) is (FileState.READY if found["FileView"] else None)
        usage = await counted(container, me)
        assert (usage.reserved_files, usage.used_files) == (0, found["FileView"])
        if found["FileView"]:
            await forget_now(container, id)


async def test_a_file_that_is_finished_many_times_at_once_is_there_once(container: Container, me: Actor) -> None:
    id = (await container.start_upload()(me, NEW)).file.id
    await send(container, id)
    finish = container.finish_upload()
    assert await outcomes(*(finish(me, id) for _ in range(8))) == {"FileView": 8}
    usage = await counted(container, me)
    assert (usage.used_files, usage.used_bytes, usage.reserved_files) == (1, len(TEXT), 0)
    assert await state_of(container, id) is FileState.READY


async def test_a_file_that_is_purged_and_restored_at_once_is_there_whole_or_not_at_all(
    container: Container, me: Actor, clock: MovableClock
) -> None:
    moment = timedelta(microseconds=1)
    for turn in range(8):
        id = await sent(container, me)
        await container.delete_file()(me, id)
        clock.advance(RETENTION - moment)
        restore, purge = container.restore_file()(me, id), late_by(clock, 2 * moment, container.purge_deleted_files()())
        found = await outcomes(*((restore, purge) if turn % 2 else (purge, restore)))
        state = await state_of(container, id)
        assert state in (FileState.READY, None)
        assert found["FileView"] == int(state is FileState.READY)
        assert (await counted(container, me)).used_files == int(state is FileState.READY)
        if state is FileState.READY:
            await forget_now(container, id)


async def late_by(clock: MovableClock, by: timedelta, call: Awaitable[Any]) -> Any:
    """The call, made so much later."""
    clock.advance(by)
    return await call


async def test_recounting_while_others_upload_finds_what_there_is(container: Container, me: Actor) -> None:
    async def recount() -> None:
        async with container.media_unit_of_work() as uow:
            await uow.quotas.recount(own(me.user))
            await uow.commit()

    async def start() -> None:
        with suppress(QuotaExceeded):
            await container.start_upload()(me, NEW)

    await asyncio.gather(*(call() for _ in range(15) for call in (start, recount, start)))
    assert (await counted(container, me)).reserved_files == ROOM
