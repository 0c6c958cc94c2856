"""The law of addressees: in the order in which they were named, found by their address and by who they are."""

from dataclasses import replace
from datetime import UTC, datetime

from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.people import HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.sealing import addressee, capsule, having, somebody

FULL = addressee(
    CapsuleId(IDS.new()),
    somebody(),
    name="Großmutter O'Neil 🦊 张伟 \\ % _ ",
    email="Großmutter.O'Neil@Straße.example",
    opened_at=datetime(2031, 1, 2, 3, 4, 5, 999999, UTC),
    replied_at=datetime(2031, 1, 2, 3, 4, 5, 1, UTC),
    left_at=datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC),
    addressed=3,
    bounces=2,
)


class AddresseesContract:
    """Addressees: round trip, order, changes, who awaits an address, who is a user."""

    async def test_an_addressee_comes_back_as_they_went_in(self, persistence: Persistence) -> None:
        kept = replace(capsule(somebody()), id=FULL.capsule, addressees=(FULL, addressee(FULL.capsule, "a@b.example")))
        await persistence.keep_capsules(kept)
        for one in kept.addressees:
            async with persistence.begin_capsules() as uow:
                assert await uow.capsules.addressee(one.id) == one
            assert await persistence.capsule_reads.addressee(one.id) == one

    async def test_an_addressee_that_is_not_there_is_none(self, persistence: Persistence) -> None:
        nobody = AddresseeId(IDS.new())
        async with persistence.begin_capsules() as uow:
            assert await uow.capsules.addressee(nobody) is None
            assert list(await uow.capsules.awaiting("zoe@example.org", 10)) == []
            assert list(await uow.capsules.addressed_to(somebody(), 10)) == []
        assert await persistence.capsule_reads.addressee(nobody) is None

    async def test_addressees_stay_in_the_order_in_which_they_were_named(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), *(somebody() for _ in range(100)))
        mixed = replace(kept, addressees=tuple(sorted(kept.addressees, key=lambda one: str(one.id)[::-1])))
        other = capsule(somebody(), *(somebody() for _ in range(3)))
        await persistence.keep_capsules(mixed, other)
        changed = replace(mixed.addressees[50], bounces=1)
        saved = await persistence.change_capsules(lambda uow: uow.capsules.save(mixed.having(changed), changed))
        assert [await persistence.capsule_reads.capsule(id) for id in (mixed.id, other.id)] == [saved, other]
        async with persistence.begin_capsules() as uow:
            assert await uow.capsules.get(mixed.id) == saved

    async def test_letters_wait_for_whoever_has_an_address(self, persistence: Persistence) -> None:
        kept = [
            capsule(somebody(), address) for address in ("Zoë@example.org", "ZOE\u0308@Example.org", "zoë@b.example")
        ]
        known = having(capsule(somebody(), "zoë@example.org"), user=somebody())
        gone = having(capsule(somebody(), "zoë@example.org"), left_at=NOW)
        await persistence.keep_capsules(*kept, known, gone, capsule(somebody(), "zoe@example.org"))

        async def waiting(limit: int = 10) -> set[AddresseeId]:
            async with persistence.begin_capsules() as uow:
                return {one.id for one in await uow.capsules.awaiting("zoë@example.org", limit)}

        assert await waiting() == {one.addressees[0].id for one in kept[:2]}
        assert len(await waiting(1)) == 1
        given = having(kept[0], user=somebody())
        await persistence.change_capsules(lambda uow: uow.capsules.save(given, *given.addressees))
        elsewhere = having(known, user=None, addressed=2)
        await persistence.change_capsules(lambda uow: uow.capsules.save(elsewhere, *elsewhere.addressees))
        assert await waiting() == {kept[1].addressees[0].id, known.addressees[0].id}

    async def test_letters_to_a_user_are_found_until_they_leave(self, persistence: Persistence) -> None:
        mine = somebody()
        kept = [capsule(somebody(), somebody(), mine, "a@b.example") for _ in range(3)]
        await persistence.keep_capsules(*kept, capsule(mine, somebody()))

        async def addressed(limit: int = 10) -> list[Addressee]:
            async with persistence.begin_capsules() as uow:
                return list(await uow.capsules.addressed_to(mine, limit))

        found = await addressed()
        assert {one.id: one for one in found} == {one.addressees[1].id: one.addressees[1] for one in kept}
        assert len(await addressed(2)) == 2
        left = kept[0].addressees[1].left(NOW + HOUR)
        await persistence.change_capsules(lambda uow: uow.capsules.save(kept[0].having(left), left))
        assert {one.capsule for one in await addressed()} == {kept[1].id, kept[2].id}
        assert await persistence.capsule_reads.addressee(left.id) == left

    async def test_who_has_left_has_nothing_in_their_inbox(self, persistence: Persistence) -> None:
        mine = somebody()
        kept = [capsule(somebody(), mine) for _ in range(2)]
        await persistence.keep_capsules(*kept, having(capsule(somebody(), mine), left_at=NOW))
        still_named = having(kept[0], left_at=NOW)
        await persistence.change_capsules(lambda uow: uow.capsules.save(still_named, *still_named.addressees))
        for filters in ({}, {"state": "sealed"}):
            page = await persistence.capsule_reads.inbox(mine, PageRequest(filters=filters, count=True), NOW)
            assert ([one.capsule for one in page.items], page.total) == ([kept[1].id], 1)
        never = having(kept[1], user=None)
        await persistence.change_capsules(lambda uow: uow.capsules.save(never, *never.addressees))
        assert (await persistence.capsule_reads.inbox(mine, PageRequest(), NOW)).items == ()
