"""What is left of the files of somebody whose account is erased: nothing."""

import pytest

from asperguide.adapters.memory.media_tables import UPLOADS
from asperguide.identity import Closing
from asperguide.identity.events import AccountErased
from asperguide.media import Transport
from asperguide.testing import Person, World
from tests.identity import PASSWORD
from tests.media import TEXT, VIDEO, a_world, check_sound, files, read, send, start, usage


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
async def siobhan(world: World) -> Person:
    return await world.person("siobhan")


async def test_everything_goes_with_the_account_whatever_state_it_is_in(world: World, siobhan: Person) -> None:
    sean = await world.person("sean")
    theirs = await send(world, sean.actor)
    for number in range(120):
        await send(world, siobhan.actor, f"garden {number}".encode())
    await send(world, siobhan.actor, VIDEO, name="a.mp4", media_type="video/mp4")
    deleted = await send(world, siobhan.actor)
    await world.container.delete_file()(siobhan.actor, deleted.id)
    await start(world, siobhan.actor)
    await start(world, siobhan.actor, transport=Transport.TUS)
    await world.container.close_account()(siobhan.actor, Closing(current_password=PASSWORD))
    await world.advance(days=30, hours=2)
    assert [file.id for file in files(world)] == [theirs.id]
    assert world.database.rows(UPLOADS).all(lambda _: True) == []
    assert (usage(world, siobhan.actor).used_bytes, usage(world, siobhan.actor).reserved_bytes) == (0, 0)
    assert await read(world, sean.actor, theirs.id) == TEXT
    assert [key for key in world.storage.objects if str(theirs.id) not in key] == []
    check_sound(world)


async def test_forgetting_twice_does_no_harm(world: World, siobhan: Person) -> None:
    await send(world, siobhan.actor)
    for found in (1, 0):
        assert await world.container.forget_owner()(AccountErased(user=siobhan.actor.user)) == found
    await world.settle()
    assert dict(world.storage.objects) == {}
