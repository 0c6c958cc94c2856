"""Storage and database side by side: what is told, what is mended, and what is left alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from asperguide.adapters.memory.media_tables import FILES, UPLOADS, USAGE
from asperguide.media import FileState, Findings, Transport, Usage
from asperguide.media import comparing as c
from asperguide.media.model import File, FileId, OwnerId
from asperguide.media.transport import PART_SIZE, Upload
from asperguide.shared.storage import BINARY, OpenUpload, StoredObject
from asperguide.testing import Person, World
from tests.media import (
    TEXT,
    VIDEO,
    a_world,
    check_sound,
    files,
    in_chunks,
    long_text,
    put,
    put_parts,
    read,
    send,
    start,
    usage,
)

NOW = datetime(2031, 5, 17, tzinfo=UTC)
ID = FileId(UUID("01890000-0000-7000-8000-000000000001"))
KEY = f"files/{ID}/{'a' * 64}"
S = FileState


def a_file(state: FileState, key: str = KEY, changed: datetime = NOW) -> File:
    return File(
        id=ID, owner=OwnerId(ID), name="a", key=key, size=1, media_type=BINARY, state=state, created_at=NOW,
        updated_at=changed,
    )  # fmt: skip


def an_object(key: str, age: timedelta = timedelta()) -> StoredObject:
    return StoredObject(key=key, size=1, etag="x", media_type=BINARY, modified_at=NOW - age)


PLACES = {
    "quarantine": f"quarantine/{ID}",
    "arrivals": f"arrivals/{ID}/x",
    "final": KEY,
    "another final": f"files/{ID}/{'b' * 64}",
    "derived": f"derived/{ID}/x.webp",
}
CLAIMED = {
    S.AWAITING: {"quarantine", "arrivals"},
    S.QUARANTINED: {"quarantine", "final", "another final"},
    S.CHECKING: {"quarantine", "final", "another final"},
    S.READY: {"final", "derived"},
    S.DELETED: {"final", "derived"},
    S.REFUSED: set[str](),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("state", FileState)
def test_an_object_is_an_orphan_unless_its_file_may_need_it(state: FileState, place: str) -> None:
    found = c.orphans([an_object(PLACES[place])], [a_file(state)])
    assert bool(found) is (place not in CLAIMED[state])


@pytest.mark.parametrize("key", [*PLACES.values(), "files/no-id/x", "files/x", f"files/{str(ID).upper()}/x"])
def test_without_a_file_every_object_is_an_orphan(key: str) -> None:
    assert c.orphans([an_object(key)], []) == [an_object(key)]
    assert c.orphans([an_object("files/no-id/x")], [a_file(S.READY)])


@pytest.mark.parametrize(("age", "told"), [(timedelta(hours=48), False), (timedelta(hours=48, seconds=1), True)])
def test_nothing_is_too_old_before_48_hours(age: timedelta, told: bool) -> None:
    assert bool(c.old([an_object(KEY, age)], NOW)) is told
    assert bool(c.stale([OpenUpload(key=KEY, id="u", started_at=NOW - age)], NOW)) is told
    assert c.stale([OpenUpload(key="exports/1", id="u", started_at=NOW - age)], NOW) == []


@pytest.mark.parametrize("state", FileState)
def test_files_whose_bytes_ought_to_be_there_are_lost_without_them(state: FileState) -> None:
    with_bytes = state in (S.READY, S.DELETED)
    assert bool(c.without_object([a_file(state)], ())) is with_bytes
    assert bool(c.without_object([a_file(state)], (PLACES["another final"],))) is with_bytes
    assert c.without_object([a_file(state)], (KEY,)) == []


@pytest.mark.parametrize(("age", "told"), [(timedelta(hours=24), False), (timedelta(hours=24, seconds=1), True)])
@pytest.mark.parametrize("state", FileState)
def test_files_that_wait_for_a_check_for_a_day_are_stuck(state: FileState, age: timedelta, told: bool) -> None:
    found = c.stuck([a_file(state, changed=NOW - age)], NOW)
    assert bool(found) is (told and state in (S.QUARANTINED, S.CHECKING))


def test_an_upload_in_parts_is_used_by_the_upload_that_names_it() -> None:
    opened = [OpenUpload(key=f"quarantine/{ID}", id=id, started_at=NOW) for id in ("mine", "another")]
    upload = Upload(
        id=ID, owner=OwnerId(ID), transport=Transport.TUS, size=1, media_type=BINARY, parted="mine", created_at=NOW,
        expires_at=NOW,
    )  # fmt: skip
    assert [one.id for one in c.unused(opened, [upload])] == ["another"]
    assert [one.id for one in c.unused(opened, [])] == ["mine", "another"]


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
async def siobhan(world: World) -> Person:
    return await world.person("siobhan")


async def reconcile(world: World, mend: bool = False) -> Findings:
    return await world.container.reconcile()(mend)


def change(world: World, table: Any, id: Any, **fields: Any) -> None:
    """What nobody should do: change a row behind everybody's back."""
    tables: dict[str, dict[Any, Any]] = {name: dict(rows) for name, rows in world.database.tables.items()}
    tables[table.name][id] = replace(tables[table.name][id], **fields)
    world.database.put_back(tables)


async def test_in_a_world_that_is_well_nothing_is_found(world: World, siobhan: Person) -> None:
    for transport in Transport:
        await send(world, siobhan.actor, transport=transport)
    content = long_text(PART_SIZE + 9)
    await put(world, (await start(world, siobhan.actor)).file.id, TEXT)
    parted = (await start(world, siobhan.actor, content, transport=Transport.MULTIPART)).file.id
    await put_parts(world, siobhan.actor, parted, content)
    tus = (await start(world, siobhan.actor, content, transport=Transport.TUS)).file.id
    await world.container.append_to_upload()(siobhan.actor, tus, 0, in_chunks(content[:-1]))
    world.clock.advance(timedelta(hours=23))
    before, objects = world.dump(), dict(world.storage.objects)
    found = await reconcile(world, mend=True)
    assert (found.clean, found.objects) == (True, 6)
    assert (world.dump(), world.storage.objects) == (before, objects)


async def test_orphans_are_told_and_removed_when_they_are_old(world: World, siobhan: Person) -> None:
    sent = await send(world, siobhan.actor)
    for key in (f"quarantine/{sent.id}", f"files/{ID}/x", f"derived/{ID}/x", f"arrivals/{sent.id}/x", "exports/1"):
        await world.storage.put(key, b"12345")
    assert (await reconcile(world, mend=True)).clean
    world.clock.advance(timedelta(hours=49))
    found = await reconcile(world)
    assert (found.orphans, found.orphan_bytes, found.mended) == (4, 20, False)
    assert found.orphan_keys == (f"arrivals/{sent.id}/x", f"derived/{ID}/x", f"files/{ID}/x", f"quarantine/{sent.id}")
    assert await reconcile(world, mend=True) == msgspec.structs.replace(found, mended=True)
    assert (await reconcile(world)).clean
    assert "exports/1" in world.storage.objects
    assert await read(world, siobhan.actor, sent.id) == TEXT


async def test_uploads_in_parts_that_nobody_uses_are_told_and_aborted(world: World, siobhan: Person) -> None:
    await world.storage.start(f"quarantine/{ID}")
    await world.storage.start("files/no-id/x")
    await world.storage.start("exports/1")
    world.clock.advance(timedelta(hours=49))
    found = await reconcile(world, mend=True)
    assert sorted(found.stale_uploads) == ["files/no-id/x", f"quarantine/{ID}"]
    assert [one.key for one in await world.storage.open_uploads()] == ["exports/1"]


@pytest.mark.parametrize("deleted", [False, True])
async def test_files_without_bytes_are_told_and_written_off(world: World, siobhan: Person, deleted: bool) -> None:
    lost, kept = await send(world, siobhan.actor, TEXT + b"more"), await send(world, siobhan.actor)
    await world.storage.put(f"derived/{lost.id}/x", b"made of it")
    if deleted:
        await world.container.delete_file()(siobhan.actor, lost.id)
    await world.storage.delete(f"files/{lost.id}/{lost.sha256}")
    found = await reconcile(world)
    assert (found.lost, found.quotas) == ((lost.id,), ())
    await reconcile(world, mend=True)
    await world.settle()
    row = world.database.rows(FILES).get(lost.id)
    assert row is None if deleted else row is not None and row.refusal == "The bytes of this file were lost."
    assert await read(world, siobhan.actor, kept.id) == TEXT
    assert f"derived/{lost.id}/x" not in world.storage.objects
    assert (await reconcile(world)).clean
    check_sound(world)


async def test_quotas_are_counted_anew(world: World, siobhan: Person) -> None:
    await send(world, siobhan.actor)
    right = usage(world, siobhan.actor)
    change(world, USAGE, siobhan.actor.user, used_bytes=7, reserved_files=3)
    found = await reconcile(world)
    (difference,) = found.quotas
    assert (difference.owner, difference.actual) == (siobhan.actor.user, right)
    assert (difference.counted.used_bytes, difference.counted.reserved_files) == (7, 3)
    assert usage(world, siobhan.actor) != right
    await reconcile(world, mend=True)
    assert usage(world, siobhan.actor) == right
    tables = {name: dict(rows) for name, rows in world.database.tables.items()}
    tables[USAGE.name].clear()
    world.database.put_back(tables)
    assert (await reconcile(world, mend=True)).quotas[0].counted == Usage(owner=OwnerId(siobhan.actor.user))
    check_sound(world)


async def test_files_that_nobody_checks_are_given_to_a_worker_again(world: World, siobhan: Person) -> None:
    started = await start(world, siobhan.actor, VIDEO[:24] + TEXT, media_type="video/mp4")
    await put(world, started.file.id, VIDEO[:24] + TEXT)
    await world.container.finish_upload()(siobhan.actor, started.file.id)
    world.ledger.rows.clear()
    world.clock.advance(timedelta(hours=25))
    found = await reconcile(world, mend=True)
    assert found.stuck == (started.file.id,)
    assert [row.job.kind for row in world.ledger.rows.values()] == ["media.file-arrived"]


async def test_many_pages_are_looked_at(world: World, siobhan: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asperguide.media.reconciling.PAGE", 2)
    listed: Callable[..., Any] = world.storage.list
    monkeypatch.setattr(world.storage, "list", lambda prefix="", **more: listed(prefix, **{**more, "limit": 3}))
    sent = [await send(world, siobhan.actor, f"text {n}\n".encode()) for n in range(7)]
    await world.storage.delete(f"files/{sent[3].id}/{sent[3].sha256}")
    found = await reconcile(world)
    assert (found.objects, found.lost) == (6, (sent[3].id,))


async def test_the_clock_mends_what_is_harmless(world: World, siobhan: Person) -> None:
    await send(world, siobhan.actor)
    await world.storage.put(f"quarantine/{ID}", b"12345")
    await world.advance(days=4)
    assert len(world.storage.objects) == 1


@pytest.mark.expects_error_log
async def test_the_clock_writes_no_file_off(world: World, siobhan: Person) -> None:
    sent = await send(world, siobhan.actor)
    await world.storage.delete(*world.storage.objects)
    found = await world.container.tidy_media()()
    assert (found.lost, found.mended) == ((sent.id,), True)
    assert [file.state for file in files(world)] == [S.READY]


@pytest.mark.expects_error_log
async def test_the_clock_removes_nothing_when_storage_and_database_do_not_belong_together(
    world: World, siobhan: Person
) -> None:
    for number in range(101):
        await world.storage.put(f"files/{ID}/{number:064x}", b"")
    world.clock.advance(timedelta(days=3))
    found = await world.container.tidy_media()()
    assert (found.suspicious, found.mended, len(world.storage.objects)) == (True, False, 101)
    assert (await reconcile(world, mend=True)).orphans == 101
    assert world.storage.objects == {}


async def test_rows_of_uploads_are_looked_at_before_parts_are_aborted(world: World, siobhan: Person) -> None:
    content = long_text(PART_SIZE + 9)
    id = (await start(world, siobhan.actor, content, transport=Transport.TUS)).file.id
    await world.container.append_to_upload()(siobhan.actor, id, 0, in_chunks(content[:-1]))
    world.clock.advance(timedelta(hours=49))
    change(world, UPLOADS, id, expires_at=world.clock.now() + timedelta(hours=1))
    assert (await reconcile(world, mend=True)).clean
    await world.container.append_to_upload()(siobhan.actor, id, len(content) - 1, in_chunks(content[-1:]))
