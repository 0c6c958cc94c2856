"""The law of quotas: exact, however many ask at once."""

import asyncio
import contextlib

from asperguide.media.model import OwnerId
from asperguide.media.transport import Usage
from asperguide.testing.contracts.filing import owner
from asperguide.testing.contracts.persistence import Persistence

ROOM = 2**40


async def reserve(
    persistence: Persistence, by: OwnerId, size: int, *, most_bytes: int = ROOM, most_files: int = ROOM
) -> bool:
    """One reservation in a unit of work of its own, committed when there was room."""
    async with persistence.begin_media() as uow:
        done = await uow.quotas.reserve(by, size, most_bytes=most_bytes, most_files=most_files)
        if done:
            await uow.commit()
    return done


class QuotasContract:
    """What owners have and set aside: limits, settling, releasing, freeing, many at once."""

    async def test_an_owner_who_never_had_anything_has_nothing(self, persistence: Persistence) -> None:
        nobody = owner()
        assert await persistence.media_reads.usage(nobody) == Usage(owner=nobody)
        async with persistence.begin_media() as uow:
            assert await uow.quotas.usage(nobody) == Usage(owner=nobody)

    async def test_room_can_be_set_aside_up_to_exactly_the_limit(self, persistence: Persistence) -> None:
        mine = owner()
        assert not await reserve(persistence, mine, 101, most_bytes=100)
        assert await persistence.media_reads.usage(mine) == Usage(owner=mine)
        assert await reserve(persistence, mine, 60, most_bytes=100)
        assert not await reserve(persistence, mine, 41, most_bytes=100)
        assert await reserve(persistence, mine, 40, most_bytes=100)
        assert await reserve(persistence, mine, 0, most_bytes=100)
        assert not await reserve(persistence, mine, 1, most_bytes=100)
        assert await persistence.media_reads.usage(mine) == Usage(owner=mine, reserved_bytes=100, reserved_files=3)

    async def test_files_are_counted_as_well_as_bytes(self, persistence: Persistence) -> None:
        mine = owner()
        assert not await reserve(persistence, mine, 1, most_files=0)
        assert [await reserve(persistence, mine, 1, most_files=2) for _ in range(3)] == [True, True, False]
        assert await persistence.media_reads.usage(mine) == Usage(owner=mine, reserved_bytes=2, reserved_files=2)

    async def test_what_is_used_takes_room_as_well_as_what_is_set_aside(self, persistence: Persistence) -> None:
        mine = owner()
        await reserve(persistence, mine, 60)
        await persistence.change_media(lambda uow: uow.quotas.settle(mine, 60, 50))
        assert not await reserve(persistence, mine, 51, most_bytes=100)
        assert not await reserve(persistence, mine, 1, most_files=1)
        assert await reserve(persistence, mine, 50, most_bytes=100, most_files=2)

    async def test_what_was_set_aside_is_settled_released_and_freed(self, persistence: Persistence) -> None:
        mine, theirs, reads = owner(), owner(), persistence.media_reads
        for size in (2**50, 20, 30):
            assert await reserve(persistence, mine, size, most_bytes=2**60)
        assert await reserve(persistence, theirs, 7)
        await persistence.change_media(lambda uow: uow.quotas.settle(mine, 2**50, 2**50 - 1))
        assert await reads.usage(mine) == Usage(
            owner=mine, used_bytes=2**50 - 1, used_files=1, reserved_bytes=50, reserved_files=2
        )
        await persistence.change_media(lambda uow: uow.quotas.release(mine, 20))
        assert await reads.usage(mine) == Usage(
            owner=mine, used_bytes=2**50 - 1, used_files=1, reserved_bytes=30, reserved_files=1
        )
        await persistence.change_media(lambda uow: uow.quotas.free(mine, 2**50 - 1))
        assert await reads.usage(mine) == Usage(owner=mine, reserved_bytes=30, reserved_files=1)
        await persistence.change_media(lambda uow: uow.quotas.release(mine, 30))
        assert await reads.usage(mine) == Usage(owner=mine)
        assert await reads.usage(theirs) == Usage(owner=theirs, reserved_bytes=7, reserved_files=1)

    async def test_without_a_commit_nothing_is_set_aside(self, persistence: Persistence) -> None:
        mine = owner()
        for _ in range(2):
            async with persistence.begin_media() as uow:
                assert await uow.quotas.reserve(mine, 100, most_bytes=100, most_files=1)
                assert (await uow.quotas.usage(mine)).reserved_bytes == 100
                assert not await uow.quotas.reserve(mine, 1, most_bytes=100, most_files=9)
        assert await persistence.media_reads.usage(mine) == Usage(owner=mine)
        assert await reserve(persistence, mine, 100, most_bytes=100, most_files=1)

    async def test_of_fifty_reservations_at_once_as_many_succeed_as_there_is_room_for(
        self, persistence: Persistence
    ) -> None:
        mine, theirs = owner(), owner()
        by_bytes = (reserve(persistence, mine, 100, most_bytes=1999) for _ in range(50))
        by_files = (reserve(persistence, theirs, 100, most_files=7) for _ in range(50))
        assert (await asyncio.gather(*by_bytes)).count(True) == 19
        assert (await asyncio.gather(*by_files)).count(True) == 7
        usage = await persistence.media_reads.usage(mine)
        assert usage == Usage(owner=mine, reserved_bytes=1900, reserved_files=19)

    async def test_many_owners_at_once_do_not_disturb_each_other(self, persistence: Persistence) -> None:
        owners = [owner() for _ in range(25)]

        async def work(by: OwnerId) -> None:
            assert await reserve(persistence, by, 10, most_bytes=20, most_files=2)
            await persistence.change_media(lambda uow: uow.quotas.settle(by, 10, 9))

        await asyncio.gather(*(work(by) for by in owners for _ in range(2)))
        for by in owners:
            assert await persistence.media_reads.usage(by) == Usage(owner=by, used_bytes=18, used_files=2)

    async def test_reserving_settling_releasing_and_freeing_at_once_lose_nothing(
        self, persistence: Persistence
    ) -> None:
        mine = owner()
        for _ in range(20):
            assert await reserve(persistence, mine, 10)
        changes = [
            *(persistence.change_media(lambda uow: uow.quotas.settle(mine, 10, 7)) for _ in range(10)),
            *(persistence.change_media(lambda uow: uow.quotas.release(mine, 10)) for _ in range(10)),
            *(reserve(persistence, mine, 100) for _ in range(10)),
            *(persistence.change_media(lambda uow: uow.quotas.free(mine, 7)) for _ in range(3)),
        ]
        await asyncio.gather(*changes)
        assert await persistence.media_reads.usage(mine) == Usage(
            owner=mine, used_bytes=49, used_files=7, reserved_bytes=1000, reserved_files=10
        )

    async def test_usage_that_was_read_does_not_change_before_the_end(self, persistence: Persistence) -> None:
        for mine, there in ((owner(), True), (owner(), False)):
            if there:
                await reserve(persistence, mine, 1)
            both = asyncio.Barrier(2)

            async def look_and_take(by: OwnerId = mine, both: asyncio.Barrier = both) -> int:
                async with persistence.begin_media() as uow:
                    seen = await uow.quotas.usage(by)
                    with contextlib.suppress(TimeoutError, asyncio.BrokenBarrierError):
                        await asyncio.wait_for(both.wait(), 0.3)  # met only if the other one could look as well
                    await uow.quotas.reserve(by, 5, most_bytes=ROOM, most_files=ROOM)
                    await uow.commit()
                return seen.reserved_bytes

            seen = sorted(await asyncio.gather(look_and_take(), look_and_take()))
            assert seen == [int(there), int(there) + 5]
