"""The law of recounting: what is counted is what there is."""

import asyncio

from asperguide.media.model import OwnerId
from asperguide.media.transport import Usage
from asperguide.testing.contracts.filing import awaited, file, owner, upload
from asperguide.testing.contracts.media.quotas import ROOM
from asperguide.testing.contracts.people import NOW
from asperguide.testing.contracts.persistence import Persistence


class RecountingContract:
    """Counting anew from files and uploads."""

    async def test_recounting_finds_what_there_is(self, persistence: Persistence) -> None:
        mine = owner()
        coming = [awaited(mine, size=1), awaited(mine, size=2)]
        arrived = [awaited(mine, size=4).arrived(4, NOW), awaited(mine, size=8).arrived(8, NOW).being_checked(NOW)]
        kept = [file(mine, size=16), file(mine, size=2**50).deleted(NOW)]
        refused = awaited(mine, size=64).refused("no", NOW)
        await persistence.keep_media(*coming, *map(upload, coming), *arrived, *kept, refused, file(owner(), size=128))
        expected = Usage(owner=mine, used_bytes=2**50 + 16, used_files=2, reserved_bytes=15, reserved_files=4)
        for _ in range(2):
            assert await persistence.change_media(lambda uow: uow.quotas.recount(mine)) == expected
            assert await persistence.media_reads.usage(mine) == expected

    async def test_recounting_mends_what_was_wrong(self, persistence: Persistence) -> None:
        mine = owner()
        await persistence.change_media(lambda uow: uow.quotas.reserve(mine, 99, most_bytes=ROOM, most_files=ROOM))
        await persistence.change_media(lambda uow: uow.quotas.free(mine, 1000))
        assert await persistence.change_media(lambda uow: uow.quotas.recount(mine)) == Usage(owner=mine)
        assert await persistence.media_reads.usage(mine) == Usage(owner=mine)

    async def test_without_a_commit_nothing_is_mended(self, persistence: Persistence) -> None:
        mine = owner()
        await persistence.keep_media(file(mine))
        async with persistence.begin_media() as uow:
            assert (await uow.quotas.recount(mine)).used_files == 1
        assert await persistence.media_reads.usage(mine) == Usage(owner=mine)

    async def test_recounting_while_files_arrive_loses_none(self, persistence: Persistence) -> None:
        mine = owner()

        async def arrive(by: OwnerId, early: bool) -> None:
            new = file(by, size=10)
            async with persistence.begin_media() as uow:
                if early:
                    await uow.files.add(new)
                assert await uow.quotas.reserve(by, 10, most_bytes=ROOM, most_files=ROOM)
                await uow.quotas.settle(by, 10, 10)
                if not early:
                    await uow.files.add(new)
                await uow.commit()

        recounts = (persistence.change_media(lambda uow: uow.quotas.recount(mine)) for _ in range(10))
        await asyncio.gather(*(arrive(mine, n % 2 == 0) for n in range(20)), *recounts)
        assert await persistence.media_reads.usage(mine) == Usage(owner=mine, used_bytes=200, used_files=20)
