"""What people take along of their letters: all that they may read, and of sealed ones only that they are there."""

from collections import Counter

from asperguide.capsules import Draft, NewRecipient, State
from asperguide.testing import World
from asperguide.testing.world import Person
from tests.capsules import CANARY, seal


async def packed(world: World, who: Person) -> dict[str, str]:
    return {one.name: repr(one.what) async for one in world.container.pack_letters()(who.actor.user)}


async def test_sealed_letters_are_taken_along_from_outside_only(world: World, siobhan: Person, amelie: Person) -> None:
    use = world.container
    draft = await use.create_draft()(siobhan.actor, Draft(title=CANARY))
    known = await use.add_recipient()(siobhan.actor, NewRecipient(name="Gráinne", email="grainne@example.org"))
    sealed = await seal(world, siobhan, amelie, siobhan)
    mine, hers = await packed(world, siobhan), await packed(world, amelie)
    assert set(mine) == {f"draft {draft.id}.json", f"recipient {known.id}.json", f"sent {sealed.id}.json"}
    assert set(hers) == {f"received {sealed.id}.json"}
    assert [name for name, what in {**mine, **hers}.items() if CANARY in what] == [f"draft {draft.id}.json"]
    world.clock.set(sealed.unlock.at)
    assert CANARY not in (await packed(world, amelie))[f"received {sealed.id}.json"]
    assert (await use.open_capsule()(amelie.actor, sealed.id)).state is State.OPENED
    assert CANARY in (await packed(world, amelie))[f"received {sealed.id}.json"]


async def test_however_much_there_is_everything_comes_once(world: World, siobhan: Person) -> None:
    for _ in range(101):
        await world.container.create_draft()(siobhan.actor)
    names = Counter([one.name async for one in world.container.pack_letters()(siobhan.actor.user)])
    assert len(names) == names.total() == 101
