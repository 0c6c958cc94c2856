"""The law of what is in drafts and capsules, which stays while the keys of the service are turned."""

import asyncio
from dataclasses import replace

from asperguide.capsules.addressees import CapsuleId
from asperguide.testing.contracts.people import IDS
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.sealing import content


def _id() -> CapsuleId:
    return CapsuleId(IDS.new())


class ContentsContract:
    """Contents: round trip, replacement, removal, other keys."""

    async def test_content_comes_back_byte_for_byte(self, persistence: Persistence) -> None:
        kept = [
            content(_id()),
            content(_id(), content=bytes(range(256)) * 1000, key=bytes(range(196, 256)), key_id="Schlüssel 🦊 "),
            content(_id(), content=b""),
        ]
        await persistence.keep_capsules(*kept)
        ids = [one.id for one in kept]
        assert await persistence.capsule_reads.sealed([*ids, ids[0], _id()]) == {one.id: one for one in kept}
        assert await persistence.capsule_reads.sealed(frozenset(ids[:1])) == {ids[0]: kept[0]}
        assert await persistence.capsule_reads.sealed([]) == await persistence.capsule_reads.sealed([_id()]) == {}

    async def test_content_is_put_in_the_place_of_what_was_there(self, persistence: Persistence) -> None:
        before, other = content(_id()), content(_id())
        after = content(before.id, "second")
        await persistence.keep_capsules(before, other)
        for _ in range(2):
            await persistence.keep_capsules(after)
            found = await persistence.capsule_reads.sealed([before.id, other.id])
            assert found == {before.id: after, other.id: other}

    async def test_content_that_is_removed_is_gone(self, persistence: Persistence) -> None:
        gone, other = content(_id()), content(_id())
        await persistence.keep_capsules(gone, other)
        for _ in range(2):
            await persistence.change_capsules(lambda uow: uow.contents.remove(gone.id))
        assert await persistence.capsule_reads.sealed([gone.id, other.id]) == {other.id: other}

    async def test_content_under_other_keys_is_found_until_there_is_none(self, persistence: Persistence) -> None:
        keys = ("a", "b", "B", "b ", "c")
        kept = {key: [content(_id(), key) for _ in range(3)] for key in keys}
        await persistence.keep_capsules(*(one for some in kept.values() for one in some))
        assert await persistence.capsule_reads.keys_in_use() == dict.fromkeys(keys, 3)
        others = {one.id: one for key, some in kept.items() if key != "b" for one in some}
        async with persistence.begin_capsules() as uow:
            found = await uow.contents.under_other_keys("b", 100)
            assert {one.id: one for one in found} == others
            assert len(await uow.contents.under_other_keys("b", 5)) == 5
            for former in found:
                assert await uow.contents.rewrapped(former, replace(former, key=IDS.secret(), key_id="b"))
            assert list(await uow.contents.under_other_keys("b", 100)) == []
            await uow.commit()
        assert await persistence.capsule_reads.keys_in_use() == {"b": 15}
        after = await persistence.capsule_reads.sealed(others)
        assert {id: one.content for id, one in after.items()} == {id: one.content for id, one in others.items()}

    async def test_what_is_no_longer_the_former_is_not_rewrapped(self, persistence: Persistence) -> None:
        former = content(_id())
        now = replace(former, key=IDS.secret(), key_id="second")
        newer = content(former.id, former.key_id)
        await persistence.keep_capsules(newer)
        assert not await persistence.change_capsules(lambda uow: uow.contents.rewrapped(former, now))
        gone = replace(former, id=_id())
        assert not await persistence.change_capsules(lambda uow: uow.contents.rewrapped(gone, now))
        elsewhere = replace(newer, key_id="other")
        assert not await persistence.change_capsules(lambda uow: uow.contents.rewrapped(elsewhere, now))
        assert await persistence.capsule_reads.sealed([former.id]) == {former.id: newer}
        assert await persistence.change_capsules(lambda uow: uow.contents.rewrapped(newer, newer))

    async def test_of_several_who_rewrap_the_same_one_does(self, persistence: Persistence) -> None:
        former = content(_id())
        await persistence.keep_capsules(former)
        ways = [replace(former, key=IDS.secret(), key_id="second") for _ in range(5)]
        done = await asyncio.gather(
            *(persistence.change_capsules(lambda uow, way=way: uow.contents.rewrapped(former, way)) for way in ways)  # type: ignore[misc]
        )
        assert sorted(done) == [False] * 4 + [True]
        assert await persistence.capsule_reads.sealed([former.id]) == {former.id: ways[done.index(True)]}
