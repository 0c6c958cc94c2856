"""My picture: setting and removing it, who sees it, and that no picture stays that nobody shows."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from asperguide.identity import Closing, Profile
from asperguide.identity.audit import SecurityEventKind
from asperguide.identity.errors import PictureRefused, PictureTooLarge, PortraitNotFound, UserNotFound
from asperguide.identity.portraits import LARGEST_PICTURE
from asperguide.media.errors import TooManyImages
from asperguide.shared.actor import UserId
from asperguide.shared.errors import EditedMeanwhile, StorageUnavailable
from asperguide.shared.pages import PageRequest
from asperguide.testing import Person, World
from asperguide.testing.contracts.images import gif, png
from tests.identity import HOME, PASSWORD, events


@pytest.fixture
def world() -> World:
    """A fresh one."""
    return World()


@pytest.fixture
async def zoe(world: World) -> Person:
    """Signed in."""
    return await world.person("zoe")


async def pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """As a body comes."""
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def set_avatar(world: World, person: Person, content: bytes, **more: Any) -> Profile:
    """Show this."""
    return await world.container.set_avatar()(person.actor, pieces(content), **more)


async def shown(world: World, profile: Profile, size: int = 64) -> bytes:
    """What is where the profile says."""
    assert profile.avatar is not None
    _, _, _, _, user, _, name, last = profile.avatar.split("/")
    assert (user, last) == (str(profile.id), "{size}")
    return await world.container.show_avatar()(profile.id, name, size)


async def kept(world: World) -> int:
    """How many objects there are of portraits."""
    return len((await world.container.storage().list("avatars/")).objects)


async def test_a_picture_is_shown_in_two_sizes_wherever_the_account_is(world: World, zoe: Person) -> None:
    profile = await set_avatar(world, zoe, png(300, 200))
    for size in (64, 256):
        found = await world.container.images().inspect(await shown(world, profile, size))
        assert (found.media_type, found.width, found.height) == ("image/webp", min(size, 200), min(size, 200))
    assert (await world.container.get_me()(zoe.actor)).avatar == profile.avatar
    searched = await world.container.search_users()(zoe.actor, "zoe")
    assert [one.avatar for one in searched] == [profile.avatar]
    boss = await world.person("boss", roles=("admin",))  # type: ignore[arg-type]
    listed = await world.container.list_users()(boss.actor, PageRequest())
    assert {one.username: one.avatar for one in listed.items} == {"zoe": profile.avatar, "boss": None}


async def test_it_is_a_change_of_the_account(world: World, zoe: Person) -> None:
    before = await world.container.get_me()(zoe.actor)
    profile = await set_avatar(world, zoe, png(30, 20), version=before.version, origin=HOME)
    assert profile.version == before.version + 1
    changes = [one for one in await events(world) if one.kind is SecurityEventKind.PROFILE_CHANGED]
    assert [(one.user, one.detail, one.address) for one in changes] == [(profile.id, "avatar", HOME.address)]
    with pytest.raises(EditedMeanwhile):
        await set_avatar(world, zoe, png(31, 20), version=before.version)
    with pytest.raises(EditedMeanwhile):
        await world.container.remove_avatar()(zoe.actor, before.version)
    assert (await world.container.get_me()(zoe.actor)).avatar == profile.avatar


async def test_the_same_picture_again_changes_nothing(world: World, zoe: Person) -> None:
    first = await set_avatar(world, zoe, png(300, 200))
    again = await set_avatar(world, zoe, png(300, 200))
    assert again == first
    await world.advance(hours=2)
    assert await kept(world) == 2
    assert await shown(world, first)


async def test_another_picture_replaces_it_and_the_old_one_goes(world: World, zoe: Person) -> None:
    first = await set_avatar(world, zoe, png(300, 200))
    second = await set_avatar(world, zoe, gif(90, 90, 3))
    assert first.avatar != second.avatar
    await world.settle()
    assert await kept(world) == 2
    with pytest.raises(PortraitNotFound):
        await shown(world, first)
    assert await shown(world, second)


async def test_a_picture_that_comes_back_has_another_place(world: World, zoe: Person) -> None:
    first = await set_avatar(world, zoe, png(300, 200))
    await set_avatar(world, zoe, png(30, 20))
    third = await set_avatar(world, zoe, png(300, 200))
    assert third.avatar != first.avatar
    await world.advance(hours=2)
    assert await shown(world, third)
    assert await kept(world) == 2


async def test_it_can_be_removed_and_that_can_be_repeated(world: World, zoe: Person) -> None:
    await set_avatar(world, zoe, png(300, 200))
    removed = await world.container.remove_avatar()(zoe.actor)
    assert removed.avatar is None
    assert await world.container.remove_avatar()(zoe.actor) == removed
    await world.settle()
    assert await kept(world) == 0


async def test_it_goes_with_the_account(world: World, zoe: Person) -> None:
    profile = await set_avatar(world, zoe, png(300, 200))
    await world.container.close_account()(zoe.actor, Closing(current_password=PASSWORD))
    await world.advance(days=20)
    assert await shown(world, profile)
    await world.advance(days=11)
    assert await kept(world) == 0
    with pytest.raises(PortraitNotFound):
        await shown(world, profile)


@pytest.mark.parametrize("content", [b"", b"hello", b"<svg onload=alert(1)>", png(300, 200)[:50], png(30_000, 30_000)])
async def test_what_is_no_picture_is_refused_and_nothing_is_kept(world: World, zoe: Person, content: bytes) -> None:
    with pytest.raises(PictureRefused):
        await set_avatar(world, zoe, content)
    assert await kept(world) == 0
    assert (await world.container.get_me()(zoe.actor)).avatar is None


async def test_no_more_than_5_mib_are_read(world: World, zoe: Person) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 65_536
            yield bytes(65_536)

    with pytest.raises(PictureTooLarge):
        await world.container.set_avatar()(zoe.actor, endless())
    assert read <= LARGEST_PICTURE + 65_536


async def test_when_too_many_are_made_it_says_so(world: World, zoe: Person) -> None:
    world.container.images().busy = True  # type: ignore[attr-defined]
    with pytest.raises(TooManyImages):
        await set_avatar(world, zoe, png(30, 20))


async def test_pictures_that_came_to_no_account_are_thrown_away(
    world: World, zoe: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between keeping the second size and changing the account."""
    first = await set_avatar(world, zoe, png(300, 200))
    portraits = world.container.portraits()
    keep = portraits.keep

    async def then_die(*args: Any) -> None:
        await keep(*args)
        raise StorageUnavailable

    monkeypatch.setattr(portraits, "keep", then_die)
    with pytest.raises(StorageUnavailable):
        await set_avatar(world, zoe, png(30, 20))
    assert await kept(world) == 4
    await world.advance(hours=2)
    assert await kept(world) == 2
    assert await shown(world, first)


@pytest.mark.parametrize(("name", "size"), [("a" * 32, 64), ("a" * 31, 64), ("../" + "a" * 29, 64), ("", 256)])
async def test_what_is_not_there_is_not_found(world: World, zoe: Person, name: str, size: int) -> None:
    with pytest.raises(PortraitNotFound):
        await world.container.show_avatar()(zoe.actor.user, name, size)


async def test_only_these_sizes_are_there(world: World, zoe: Person) -> None:
    profile = await set_avatar(world, zoe, png(300, 200))
    for size in (0, 63, 128, 512):
        with pytest.raises(PortraitNotFound):
            await shown(world, profile, size)


async def test_whoever_is_gone_sets_none(world: World, zoe: Person) -> None:
    nobody = replace(zoe.actor, user=UserId(world.ids.new()))
    with pytest.raises(UserNotFound):
        await world.container.set_avatar()(nobody, pieces(png(3, 3)))
    await world.advance(hours=2)
    assert await kept(world) == 0
