"""Object stores for administrators: who may look into them, what is written down, what is said when one is away."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.filesystem.objects import FolderStorage
from asperguide.operations import NewBucket, NewObjectLink
from asperguide.operations.errors import (
    BucketExists,
    BucketInUse,
    BucketNotFound,
    InvalidObjectKey,
    NoBuckets,
    StoredObjectNotFound,
    StoreNotFound,
)
from asperguide.shared.actor import OPERATOR, Actor
from asperguide.shared.errors import DomainError, RoleNeeded
from asperguide.shared.pages import PageRequest
from asperguide.testing import World


@pytest.fixture
async def world() -> World:
    """One with an object in its store."""
    world = World()
    await world.storage.put("files/a/1", b"abc", media_type="text/plain", metadata={"made": "here"})
    return world


async def lines(world: World) -> list[tuple[str, str]]:
    found = await world.container.security_log()(OPERATOR, PageRequest(sort="at", limit=100))
    return [(event.kind, event.detail) for event in found.items if event.user is None]


def calls(
    world: World, actor: Actor, store: str = "default", key: str = "files/a/1"
) -> list[Callable[[], Awaitable[object]]]:
    c = world.container
    return [
        lambda: c.try_store()(actor, store),
        lambda: c.list_objects()(actor, store),
        lambda: c.show_object()(actor, store, key),
        lambda: c.link_object()(actor, store, NewObjectLink(key=key)),
        lambda: c.delete_object()(actor, store, key),
        lambda: c.list_buckets()(actor, store),
        lambda: c.create_bucket()(actor, store, NewBucket(name="archive")),
        lambda: c.delete_bucket()(actor, store, "archive"),
    ]


async def refused(error: type[DomainError], call: Callable[[], Awaitable[object]]) -> None:
    with pytest.raises(error):
        await call()


async def test_only_administrators_look_into_stores(world: World) -> None:
    siobhan = (await world.person("siobhan")).actor
    for call in (lambda: world.container.list_stores()(siobhan), *calls(world, siobhan)):
        await refused(RoleNeeded, call)
    assert list(world.storage.objects) == ["files/a/1"]
    assert await lines(world) == []


async def test_a_store_that_is_none_is_not_found(world: World) -> None:
    for call in calls(world, OPERATOR, store="archive"):
        await refused(StoreNotFound, call)


async def test_a_store_shows_that_it_keeps_things_and_is_left_as_it_was(world: World) -> None:
    tested = await world.container.try_store()(OPERATOR, "default")
    assert (tested.name, tested.well) == ("default", True)
    assert list(world.storage.objects) == ["files/a/1"]
    assert await world.container.list_stores()(OPERATOR) == ("default",)


async def test_a_store_that_is_away_says_why(world: World, tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("no folder")
    away = FolderStorage(tmp_path / "objects", world.container.door(), world.clock, world.ids)
    with world.container.stores.override(Object({"default": away})):
        tested = await world.container.try_store()(OPERATOR, "default")
    await away.aclose()
    assert not tested.well
    assert "Error" in tested.detail


async def test_objects_are_listed_shown_linked_and_deleted(world: World) -> None:
    c = world.container
    await world.storage.put("files/b", b"")
    page = await c.list_objects()(OPERATOR, "default", "files/", folders=True, limit=1)
    assert (page.items, page.folders) == ((), ("files/a/",))
    page = await c.list_objects()(OPERATOR, "default", "files/", folders=True, limit=1, cursor=page.next_cursor)
    assert ([one.key for one in page.items], page.next_cursor) == (["files/b"], None)
    shown = await c.show_object()(OPERATOR, "default", "files/a/1")
    assert (shown.size, shown.media_type, shown.metadata) == (3, "text/plain", {"made": "here"})
    link = await c.link_object()(OPERATOR, "default", NewObjectLink(key="files/a/1"))
    assert "/storage/files/a/1?" in link.url
    assert link.expires_at == world.clock.now() + timedelta(minutes=15)
    await c.delete_object()(OPERATOR, "default", "files/a/1")
    assert list(world.storage.objects) == ["files/b"]
    assert await lines(world) == [("object-linked", "default: files/a/1"), ("object-deleted", "default: files/a/1")]


async def test_keys_that_are_none_or_lead_to_nothing_are_refused_and_not_written_down(world: World) -> None:
    for key, error in (("../secret", InvalidObjectKey), ("files/none", StoredObjectNotFound)):
        for call in calls(world, OPERATOR, key=key)[2:5]:
            await refused(error, call)
    with pytest.raises(InvalidObjectKey):
        await world.container.list_objects()(OPERATOR, "default", "../")
    assert await lines(world) == []


async def test_buckets_are_made_and_removed_when_they_are_empty(world: World) -> None:
    c = world.container
    await c.create_bucket()(OPERATOR, "default", NewBucket(name="archive"))
    assert await c.list_buckets()(OPERATOR, "default") == ("archive", "asperguide")
    with pytest.raises(BucketExists):
        await c.create_bucket()(OPERATOR, "default", NewBucket(name="archive"))
    with pytest.raises(BucketInUse):
        await c.delete_bucket()(OPERATOR, "default", "asperguide")
    await c.delete_bucket()(OPERATOR, "default", "archive")
    for name in ("archive", "No Bucket"):
        with pytest.raises(BucketNotFound):
            await c.delete_bucket()(OPERATOR, "default", name)
    assert [kind for kind, _ in await lines(world)] == [
        "bucket-created", "bucket-created", "bucket-deleted", "bucket-deleted",
    ]  # fmt: skip


async def test_a_folder_has_no_buckets(world: World) -> None:
    with world.container.buckets.override(Object({"default": None})):
        for call in calls(world, OPERATOR)[5:]:
            await refused(NoBuckets, call)
