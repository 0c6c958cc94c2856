"""My files: who sees what of them, what can be changed, and how they go and come back."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from asperguide.media import FileChange, FileState, NewLink, Transport, Visibility, may_be_inline
from asperguide.media.errors import FileNotFound, FileNotReady, InvalidFile, LinkNotFound, TooManyLinks
from asperguide.media.serving import MOST_LINKS
from asperguide.shared.errors import EditedMeanwhile, NotWhileImpersonating
from asperguide.shared.pages import PageRequest
from asperguide.testing import Person, World
from tests.media import TEXT, VIDEO, a_world, check_sound, files, png, put, read, send, start, usage


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
async def siobhan(world: World) -> Person:
    return await world.person("siobhan")


@pytest.fixture
async def sean(world: World) -> Person:
    return await world.person("sean")


@pytest.mark.parametrize(
    ("visibility", "seen"), [(Visibility.PRIVATE, False), (Visibility.UNLISTED, True), (Visibility.PUBLIC, True)]
)
async def test_others_and_strangers_see_what_is_shown_to_them(
    world: World, siobhan: Person, sean: Person, visibility: Visibility, seen: bool
) -> None:
    secret = {"metadata": {"note": "mine"}, "purpose": "diary"}
    sent = await send(world, siobhan.actor, visibility=visibility, **secret)
    assert (sent.metadata, sent.purpose) == ({"note": "mine"}, "diary")
    for actor in (sean.actor, None):
        calls: list[Any] = [world.container.get_file(), world.container.read_file(), world.container.link_to_content()]
        for call in calls:
            if not seen:
                with pytest.raises(FileNotFound):
                    await call(actor, sent.id)
        if seen:
            told = await world.container.get_file()(actor, sent.id)
            assert (told.name, told.metadata, told.purpose) == (sent.name, {}, "")
            assert await read(world, actor, sent.id) == TEXT
            assert (await world.container.link_to_content()(actor, sent.id)).method == "GET"


async def test_what_is_not_ready_is_for_its_owner_only_and_has_no_bytes(
    world: World, siobhan: Person, sean: Person
) -> None:
    awaited = (await start(world, siobhan.actor, visibility=Visibility.PUBLIC)).file
    assert (await world.container.get_file()(siobhan.actor, awaited.id)).state is FileState.AWAITING
    for call in (world.container.read_file(), world.container.link_to_content()):
        with pytest.raises(FileNotReady):
            await call(siobhan.actor, awaited.id)  # type: ignore[operator]
        with pytest.raises(FileNotFound):
            await call(sean.actor, awaited.id)  # type: ignore[operator]


async def test_foreign_files_can_be_neither_changed_nor_told_from_absent_ones(
    world: World, siobhan: Person, sean: Person
) -> None:
    c = world.container
    sent = await send(world, siobhan.actor, visibility=Visibility.PUBLIC)
    calls: list[Any] = [
        lambda file: c.update_file()(sean.actor, file, FileChange(name="mine now")),
        lambda file: c.delete_file()(sean.actor, file),
        lambda file: c.restore_file()(sean.actor, file),
        lambda file: c.make_link()(sean.actor, file),
        lambda file: c.list_links()(sean.actor, file),
        lambda file: c.revoke_link()(sean.actor, file, file),
    ]
    for call in calls:
        for id in (sent.id, siobhan.actor.user):
            with pytest.raises(FileNotFound):
                await call(id)
    assert (await c.list_files()(sean.actor)).items == ()


async def test_a_change_is_a_merge_patch(world: World, siobhan: Person) -> None:
    sent = await send(world, siobhan.actor, metadata={"a": "1", "b": "2"}, tags=("garden",))
    update = world.container.update_file()
    change = FileChange(name="-rf", visibility=Visibility.PUBLIC, metadata={"a": None, "c": "3"})
    changed = await update(siobhan.actor, sent.id, change, sent.version)
    assert (changed.name, changed.visibility, changed.tags) == ("-rf", Visibility.PUBLIC, ("garden",))
    assert changed.metadata == {"b": "2", "c": "3"}
    assert await update(siobhan.actor, sent.id, FileChange(name="-rf")) == changed
    with pytest.raises(EditedMeanwhile):
        await update(siobhan.actor, sent.id, FileChange(name="late"), sent.version)
    for wrong in (
        FileChange(name="a\nb"), FileChange(name=""), FileChange(tags=("",)), FileChange(metadata={"a b": "x"}),
        FileChange(metadata={str(n): "x" for n in range(19)}),
    ):  # fmt: skip
        with pytest.raises(InvalidFile):
            await update(siobhan.actor, sent.id, wrong)


async def test_changes_at_once_are_all_kept(world: World, siobhan: Person) -> None:
    sent, update = await send(world, siobhan.actor), world.container.update_file()
    await asyncio.gather(*(update(siobhan.actor, sent.id, FileChange(metadata={str(n): "x"})) for n in range(5)))
    assert set((await world.container.get_file()(siobhan.actor, sent.id)).metadata) == set("01234")


async def test_whoever_acts_for_somebody_else_shows_their_files_to_nobody(world: World, siobhan: Person) -> None:
    sent = await send(world, siobhan.actor)
    acting = replace(siobhan.actor, impersonator=siobhan.actor.user)
    with pytest.raises(NotWhileImpersonating):
        await world.container.make_link()(acting, sent.id)
    with pytest.raises(NotWhileImpersonating):
        await world.container.update_file()(acting, sent.id, FileChange(visibility=Visibility.UNLISTED))
    assert (await world.container.update_file()(acting, sent.id, FileChange(name="better"))).name == "better"


async def test_what_was_deleted_counts_and_can_be_restored_for_seven_days(world: World, siobhan: Person) -> None:
    sent, c = await send(world, siobhan.actor, visibility=Visibility.PUBLIC), world.container
    await c.delete_file()(siobhan.actor, sent.id, sent.version)
    await c.delete_file()(siobhan.actor, sent.id)
    assert (await c.get_file()(siobhan.actor, sent.id)).state is FileState.DELETED
    assert usage(world, siobhan.actor).used_files == 1
    for refused in (
        c.read_file()(siobhan.actor, sent.id), c.update_file()(siobhan.actor, sent.id, FileChange(name="x"))
    ):  # fmt: skip
        with pytest.raises(FileNotReady):
            await refused  # type: ignore[misc]
    with pytest.raises(FileNotFound):
        await c.get_file()(None, sent.id)
    await world.advance(days=6, hours=23)
    restored = await c.restore_file()(siobhan.actor, sent.id)
    assert restored.state is FileState.READY
    assert await c.restore_file()(siobhan.actor, sent.id) == restored
    assert await read(world, siobhan.actor, sent.id) == TEXT
    check_sound(world)


async def test_after_seven_days_the_file_and_its_bytes_are_gone(world: World, siobhan: Person) -> None:
    sent, c = await send(world, siobhan.actor), world.container
    await world.storage.put(f"derived/{sent.id}/small.webp", b"made of it")
    await c.delete_file()(siobhan.actor, sent.id)
    await world.advance(days=6)
    assert len(world.storage.objects) == 2
    await world.advance(days=1, hours=2)
    assert (files(world), world.storage.objects) == ([], {})
    assert usage(world, siobhan.actor).used_files == 0
    with pytest.raises(FileNotFound):
        await c.restore_file()(siobhan.actor, sent.id)


async def test_restoring_ends_to_the_second_even_when_nobody_has_purged(world: World, siobhan: Person) -> None:
    sent, c = await send(world, siobhan.actor), world.container
    await c.delete_file()(siobhan.actor, sent.id)
    world.clock.advance(timedelta(days=7))
    with pytest.raises(FileNotReady):
        await c.restore_file()(siobhan.actor, sent.id)


@pytest.mark.parametrize("state", [FileState.AWAITING, FileState.QUARANTINED, FileState.CHECKING, FileState.REFUSED])
async def test_what_was_never_ready_is_deleted_at_once(world: World, siobhan: Person, state: FileState) -> None:
    c = world.container
    started = await start(world, siobhan.actor, VIDEO, media_type="video/mp4")
    if state is not FileState.AWAITING:
        await put(world, started.file.id, VIDEO if state is not FileState.REFUSED else VIDEO + b"!")
        await c.finish_upload()(siobhan.actor, started.file.id)
    if state is FileState.CHECKING:
        async with c.media_unit_of_work() as uow:
            file = await uow.files.get(started.file.id)
            assert file is not None
            await uow.files.save(file.being_checked(world.clock.now()))
            await uow.commit()
    assert (await c.get_file()(siobhan.actor, started.file.id)).state is state
    await c.delete_file()(siobhan.actor, started.file.id)
    await world.settle()
    assert (files(world), world.storage.objects) == ([], {})
    check_sound(world)


async def test_refused_files_are_forgotten_after_seven_days(world: World, siobhan: Person) -> None:
    sent = await send(world, siobhan.actor, b"\x7fELF program")
    assert sent.state is FileState.REFUSED
    await world.advance(days=7, hours=2)
    assert files(world) == []


async def test_lists_are_asked_by_type_tag_name_and_state(world: World, siobhan: Person) -> None:
    text = await send(world, siobhan.actor, name="Führung.txt", tags=("garden", "tour"))
    picture = await send(world, siobhan.actor, png(), name="b.png", media_type="image/png", tags=("garden",))
    awaited = (await start(world, siobhan.actor, visibility=Visibility.PUBLIC)).file
    ask = world.container.list_files()

    async def listed(**filters: str) -> list[Any]:
        return [one.id for one in (await ask(siobhan.actor, PageRequest(filters=filters, sort="created_at"))).items]

    assert await listed() == [text.id, picture.id, awaited.id]
    assert await listed(type="image") == await listed(type="image/png") == [picture.id]
    assert await listed(tag="garden") == [text.id, picture.id]
    assert await listed(name="FÜHRUNG") == [text.id]
    assert await listed(state="awaiting") == await listed(visibility="public") == [awaited.id]


async def test_a_link_leads_to_the_bytes_until_it_expires(world: World, siobhan: Person) -> None:
    sent, c = await send(world, siobhan.actor), world.container
    made = await c.make_link()(siobhan.actor, sent.id, NewLink(expires_in=60))
    assert made.url.endswith(f"/api/v1/links/{made.token}")
    readable = await c.follow_link()(made.token)
    async with readable.open() as chunks:
        assert b"".join([chunk async for chunk in chunks]) == TEXT
    assert (readable.file.metadata, readable.inline) == ({}, True)
    assert [link.id for link in await c.list_links()(siobhan.actor, sent.id)] == [made.id]
    await world.advance(seconds=60)
    with pytest.raises(LinkNotFound):
        await c.follow_link()(made.token)
    await world.advance(hours=2)
    assert dict(world.database.tables["file_links"]) == {}


async def test_links_are_revoked_and_end_with_the_file(world: World, siobhan: Person) -> None:
    sent, c = await send(world, siobhan.actor), world.container
    one, other = [await c.make_link()(siobhan.actor, sent.id) for _ in range(2)]
    await c.revoke_link()(siobhan.actor, sent.id, one.id)
    with pytest.raises(LinkNotFound):
        await c.revoke_link()(siobhan.actor, sent.id, one.id)
    await c.delete_file()(siobhan.actor, sent.id)
    for token in (one.token, other.token, "no token", "ü"):
        with pytest.raises(LinkNotFound):
            await c.follow_link()(token)


async def test_a_file_has_a_hundred_links_at_most(world: World, siobhan: Person, sean: Person) -> None:
    sent, make = await send(world, siobhan.actor), world.container.make_link()
    for _ in range(MOST_LINKS):
        await make(siobhan.actor, sent.id)
    with pytest.raises(TooManyLinks):
        await make(siobhan.actor, sent.id)
    with pytest.raises(FileNotFound):
        await make(sean.actor, sent.id)


async def test_bytes_that_are_gone_are_not_found(world: World, siobhan: Person) -> None:
    sent = await send(world, siobhan.actor)
    await world.storage.delete(*world.storage.objects)
    with pytest.raises(FileNotFound):
        await read(world, siobhan.actor, sent.id)


async def test_my_quota_tells_what_i_have_and_may_have(world: World, siobhan: Person) -> None:
    await send(world, siobhan.actor)
    await start(world, siobhan.actor, size=1000)
    told = await world.container.get_quota()(siobhan.actor)
    assert (told.used_bytes, told.used_files, told.reserved_bytes, told.reserved_files) == (len(TEXT), 1, 1000, 1)
    assert (told.limit_bytes, told.limit_files) == (10 * 1024**3, 100_000)


@pytest.mark.parametrize(
    ("media_type", "shown"),
    [
        ("image/png", True), ("video/mp4", True), ("application/pdf", True), ("text/plain", True),
        ("image/svg+xml", False), ("text/html", False), ("application/xml", False), ("application/zip", False),
        ("text/csv", False),
    ],
)  # fmt: skip
def test_what_could_run_as_a_page_of_ours_is_never_shown_inline(media_type: str, shown: bool) -> None:
    assert may_be_inline(media_type) is shown


@pytest.mark.parametrize("transport", list(Transport))
async def test_every_file_has_an_etag_of_its_own_bytes(world: World, siobhan: Person, transport: Transport) -> None:
    sent = await send(world, siobhan.actor, transport=transport)
    readable = await world.container.read_file()(siobhan.actor, sent.id)
    assert readable.file.sha256 == sent.sha256
