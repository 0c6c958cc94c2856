"""The law of what housekeeping asks for: files that lie about, everybody's files, who has any."""

from dataclasses import replace

from asperguide.media.model import File, FileId, FileState, OwnerId
from asperguide.testing.contracts.filing import awaited, file, owner
from asperguide.testing.contracts.media.quotas import reserve
from asperguide.testing.contracts.people import HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence


class FileHousekeepingContract:
    """Files by state and age, all of them in order, and some by their ids; owners in order."""

    async def test_files_that_lie_about_come_the_oldest_first(self, persistence: Persistence) -> None:
        deleted = [file(owner(), f"{hours}").deleted(NOW + hours * HOUR) for hours in (3, 1, 2, 9)]
        ready = file(owner())
        await persistence.keep_media(*deleted, ready, awaited(owner()))
        async with persistence.begin_media() as uow:
            due = await uow.files.in_state_since(FileState.DELETED, NOW + 3 * HOUR, 10)
            later = await uow.files.in_state_since(FileState.DELETED, NOW + 4 * HOUR, 10)
            some = await uow.files.in_state_since(FileState.DELETED, NOW + 4 * HOUR, 2)
            none = await uow.files.in_state_since(FileState.CHECKING, NOW + 4 * HOUR, 10)
        assert [found.name for found in due] == ["1", "2"]
        assert [found.name for found in later] == ["1", "2", "3"]
        assert list(some) == list(due)
        assert list(none) == []

    async def test_a_file_that_changes_does_not_lie_about(self, persistence: Persistence) -> None:
        kept = awaited(owner()).arrived(5, NOW)
        await persistence.keep_media(kept)
        saved = await persistence.change_media(lambda uow: uow.files.save(kept.being_checked(NOW + HOUR)))
        async with persistence.begin_media() as uow:
            assert list(await uow.files.in_state_since(FileState.QUARANTINED, NOW + 9 * HOUR, 10)) == []
            assert list(await uow.files.in_state_since(FileState.CHECKING, NOW + HOUR, 10)) == []
            assert list(await uow.files.in_state_since(FileState.CHECKING, NOW + 2 * HOUR, 10)) == [saved]

    async def test_everybodys_files_come_in_the_order_of_their_ids(self, persistence: Persistence) -> None:
        kept = [file(owner(), f"{n}", tags=("a", "b")) for n in range(7)]
        kept = [replace(one, id=FileId(IDS.new())) for one in kept]
        await persistence.keep_media(*kept[::-1])
        expected = sorted(kept, key=lambda one: one.id)
        seen, after = list[File](), None
        while found := await persistence.media_reads.all_files(after, 3):
            seen += found
            after = found[-1].id
        assert seen == expected
        assert [len(await persistence.media_reads.all_files(None, limit)) for limit in (1, 7, 99)] == [1, 7, 7]

    async def test_those_that_there_are_are_found_by_their_ids(self, persistence: Persistence) -> None:
        mine = owner()
        there = [file(mine), awaited(mine), file(mine).deleted(NOW), awaited(owner()).refused("no", NOW)]
        await persistence.keep_media(*there, file(mine))
        missing = [FileId(IDS.new()) for _ in range(990)]
        found = await persistence.media_reads.by_ids([*missing, *(one.id for one in there), there[0].id])
        assert sorted(found, key=lambda one: one.id) == sorted(there, key=lambda one: one.id)

    async def test_owners_for_whom_something_is_counted_come_in_the_order_of_their_ids(
        self, persistence: Persistence
    ) -> None:
        owners = [OwnerId(IDS.new()) for _ in range(7)]
        for by in owners[::-1]:
            assert await reserve(persistence, by, 1)
        seen, after = list[OwnerId](), None
        while found := await persistence.media_reads.owners(after, 3):
            seen += found
            after = found[-1]
        assert seen == sorted(owners)
