"""The law of uploads under way."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from asperguide.media.transport import LIFETIME, Transport, Upload
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.filing import awaited, owner, upload
from asperguide.testing.contracts.identity.listing import everything
from asperguide.testing.contracts.people import HOUR, NOW
from asperguide.testing.contracts.persistence import Persistence

FULL = upload(
    awaited(owner(), size=2**53 + 1),
    Transport.MULTIPART,
    sha256=b"\xff\x00" * 16,
    parted="VXBsb2FkIElE+/=é" * 60,
    offset=2**53,
    parts=9999,
    tail="tails/a.b-c_d",
    seal=b"\x00\xff" * 16,
    expires_at=datetime(2031, 5, 17, 12, 0, 0, 999999, UTC),
    version=3,
)


class UploadsContract:
    """Uploads: round trip, versions, ends, lists."""

    async def test_an_upload_comes_back_as_it_went_in(self, persistence: Persistence) -> None:
        for kept in (FULL, *(upload(awaited(owner()), transport) for transport in Transport)):
            await persistence.keep_media(kept)
            async with persistence.begin_media() as uow:
                assert await uow.uploads.get(kept.id) == kept
            assert await persistence.media_reads.upload(kept.id) == kept

    async def test_an_upload_grows_under_its_version(self, persistence: Persistence) -> None:
        kept = upload(awaited(owner()))
        await persistence.keep_media(kept)
        grown = replace(kept, offset=10, parts=1, tail="tail")
        saved = await persistence.change_media(lambda uow: uow.uploads.save(grown))
        assert saved == replace(grown, version=2)
        assert await persistence.media_reads.upload(kept.id) == saved
        for late in (lambda uow: uow.uploads.save(replace(kept, offset=20)), lambda uow: uow.uploads.remove(kept)):
            with raises(EditedMeanwhile):
                await persistence.change_media(late)
        assert await persistence.media_reads.upload(kept.id) == saved

    async def test_an_upload_is_over_once(self, persistence: Persistence) -> None:
        kept = upload(awaited(owner()))
        await persistence.keep_media(kept)
        ends = (persistence.change_media(lambda uow: uow.uploads.remove(kept)) for _ in range(5))
        results = await asyncio.gather(*ends, return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == [*["EditedMeanwhile"] * 4, "NoneType"]
        assert await persistence.media_reads.upload(kept.id) is None
        with raises(EditedMeanwhile):
            await persistence.change_media(lambda uow: uow.uploads.save(kept))

    async def test_of_two_who_send_at_once_one_is_refused(self, persistence: Persistence) -> None:
        kept = upload(awaited(owner()))
        await persistence.keep_media(kept)

        async def send(n: int) -> Any:
            return await persistence.change_media(lambda uow: uow.uploads.save(replace(kept, offset=n)))

        results = await asyncio.gather(*map(send, range(1, 6)), return_exceptions=True)
        (won,) = [result for result in results if isinstance(result, Upload)]
        assert sum(isinstance(result, EditedMeanwhile) for result in results) == 4
        assert await persistence.media_reads.upload(kept.id) == won

    async def test_those_not_finished_in_time_come_the_oldest_first(self, persistence: Persistence) -> None:
        late = [upload(awaited(owner()), expires_at=NOW + hours * HOUR, parts=hours) for hours in (3, 1, 2, 9)]
        await persistence.keep_media(*late)
        async with persistence.begin_media() as uow:
            due = await uow.uploads.expired(NOW + 3 * HOUR, 10)
            some = await uow.uploads.expired(NOW + 3 * HOUR, 2)
            none = await uow.uploads.expired(NOW, 10)
        assert [found.parts for found in due] == [1, 2, 3]
        assert all(found.expired(NOW + 3 * HOUR) for found in due)
        assert (list(some), list(none)) == (list(due)[:2], [])

    async def test_uploads_of_an_owner_are_listed_newest_first_page_by_page(self, persistence: Persistence) -> None:
        mine = owner()
        kept = [upload(awaited(mine, created_at=NOW + (n // 4) * HOUR)) for n in range(25)]
        await persistence.keep_media(*kept, upload(awaited(owner())))
        expected = sorted(kept, key=lambda one: (one.created_at, one.id), reverse=True)
        reads = persistence.media_reads

        async def read(page: PageRequest) -> Any:
            return await reads.uploads(mine, page)

        assert await everything(read, 4) == expected
        assert await everything(read, 25, sort="created_at") == expected[::-1]
        first = await reads.uploads(mine, PageRequest(limit=3, count=True))
        assert (first.items, first.total) == (tuple(expected[:3]), 25)
        await persistence.keep_media(upload(awaited(mine, created_at=NOW + 99 * HOUR)))
        second = await reads.uploads(mine, PageRequest(limit=3, cursor=first.next_cursor))
        assert second.items == tuple(expected[3:6])

    async def test_an_upload_lives_for_a_day(self, persistence: Persistence) -> None:
        kept = upload(awaited(owner()))
        await persistence.keep_media(kept)
        async with persistence.begin_media() as uow:
            assert list(await uow.uploads.expired(NOW + LIFETIME, 1)) == [kept]
