"""The law of files: what is kept comes back, changes are versioned, all or nothing."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from asperguide.media.events import FileArrived
from asperguide.media.model import File, FileId, FileState, Visibility
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.filing import awaited, file, keep, link, owner, upload, video
from asperguide.testing.contracts.people import HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence

FULL = file(
    owner(),
    "Führung durch O'Neil's Garten 🦊 张伟 \\ % _ .mp4 ",
    size=2**53 + 1,
    sha256=bytes(range(224, 256)),
    width=1,
    height=2,
    frames=3,
    state=FileState.DELETED,
    refusal='Not a "video", O\'Neil \U0001f409',
    visibility=Visibility.UNLISTED,
    purpose="avatar",
    tags=("Garten", "garten", "garten ", "张伟 🦊", "O'Neil"),
    metadata={"camera": "O'Neil's 📷", "empty": "", "z": "1", "a": "\r\n\t"},
    source=FileId(IDS.new()),
    created_at=datetime(2031, 1, 2, 3, 4, 5, 999999, UTC),
    updated_at=datetime(2031, 1, 2, 3, 4, 5, 1, UTC),
    deleted_at=datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC),
    version=7,
)


class FilesContract:
    """Files: round trip, absence, versions, removal, units of work."""

    async def test_a_file_comes_back_as_it_went_in(self, persistence: Persistence) -> None:
        for kept in (FULL, awaited(owner()), awaited(owner(), size=0, metadata={}, tags=())):
            await persistence.keep_media(kept)
            async with persistence.begin_media() as uow:
                assert await uow.files.get(kept.id) == kept
            found = await persistence.media_reads.file(kept.id)
            assert found == kept
            assert [type(getattr(found, name)) for name in File.__slots__] == [
                type(getattr(kept, name)) for name in File.__slots__
            ]

    async def test_a_file_that_is_not_there_is_none(self, persistence: Persistence) -> None:
        nothing, reads = FileId(IDS.new()), persistence.media_reads
        async with persistence.begin_media() as uow:
            assert await uow.files.get(nothing) is None
            assert await uow.uploads.get(nothing) is None
            assert await uow.videos.get(nothing) is None
        assert [await read(nothing) for read in (reads.file, reads.upload, reads.video)] == [None] * 3
        assert await reads.linked(b"0" * 32, NOW) is None
        assert list(await reads.links(nothing, NOW)) == []
        assert list(await reads.all_files(None, 10)) == []
        assert [list(await reads.by_ids(ids)) for ids in ([], [nothing])] == [[], []]
        assert list(await reads.owners(None, 10)) == []
        assert (await reads.files(owner(), PageRequest(count=True))).total == 0
        assert (await reads.uploads(owner(), PageRequest())).items == ()

    async def test_without_a_commit_there_is_no_trace_of_a_file(self, persistence: Persistence) -> None:
        kept, reads = awaited(owner(), tags=("garden",)), persistence.media_reads
        way = link(kept)
        async with persistence.begin_media() as uow:
            await keep(uow, kept, upload(kept), video(kept), way)
            assert await uow.quotas.reserve(kept.owner, 5, most_bytes=10, most_files=10)
            uow.announce(FileArrived(file=kept.id))
            assert await uow.files.get(kept.id) == kept
        assert [await read(kept.id) for read in (reads.file, reads.upload, reads.video)] == [None] * 3
        assert await reads.linked(way.digest, NOW) is None
        assert (await reads.usage(kept.owner)).reserved_files == 0
        assert (await reads.files(kept.owner, PageRequest(filters={"tag": "garden"}))).items == ()
        assert await persistence.due() == []
        assert persistence.doorbell.rings == 0

    async def test_an_error_undoes_changes_and_removals_of_files(self, persistence: Persistence) -> None:
        one, two = file(owner(), tags=("garden",)), file(owner(), tags=("garden",))
        await persistence.keep_media(one, two, link(two), video(two))
        with raises(ZeroDivisionError):
            async with persistence.begin_media() as uow:
                await uow.files.save(replace(one, name="other", tags=()))
                await uow.files.remove(two)
                raise ZeroDivisionError
        assert [await persistence.media_reads.file(kept.id) for kept in (one, two)] == [one, two]
        assert len(await persistence.media_reads.links(two.id, NOW)) == 1
        assert await persistence.media_reads.video(two.id) == video(two)
        tagged = PageRequest(filters={"tag": "garden"})
        assert (await persistence.media_reads.files(one.owner, tagged)).items == (one,)

    async def test_a_file_that_is_not_committed_is_seen_by_nobody_else(self, persistence: Persistence) -> None:
        kept = file(owner())
        async with persistence.begin_media() as uow:
            await uow.files.add(kept)
            assert await persistence.media_reads.file(kept.id) is None
            await uow.commit()
        assert await persistence.media_reads.file(kept.id) == kept

    async def test_what_is_announced_is_in_the_ledger_with_the_commit(self, persistence: Persistence) -> None:
        kept = awaited(owner())
        await persistence.keep_media(kept, upload(kept))
        async with persistence.begin_media() as uow:
            await uow.files.save(kept.arrived(kept.size, NOW))
            await uow.uploads.remove(upload(kept))
            uow.announce(FileArrived(file=kept.id))
            await uow.commit()
        assert [job.payload for job in await persistence.due()] == [f'{{"file":"{kept.id}"}}']
        assert persistence.doorbell.rings == 1
        found = await persistence.media_reads.file(kept.id)
        assert found == replace(kept, state=FileState.QUARANTINED, version=2)
        assert await persistence.media_reads.upload(kept.id) is None

    async def test_two_units_of_work_at_once_do_not_meet(self, persistence: Persistence) -> None:
        kept = [file(owner(), f"{n}.mp4") for n in range(4)]
        await persistence.keep_media(*kept[:2])

        async def work(changed: File, new: File) -> None:
            async with persistence.begin_media() as uow:
                await uow.files.save(replace(changed, name="changed"))
                await asyncio.sleep(0)
                await uow.files.add(new)
                await uow.commit()

        await asyncio.gather(work(kept[0], kept[2]), work(kept[1], kept[3]))
        found = [await persistence.media_reads.file(one.id) for one in kept]
        assert [one and (one.name, one.version) for one in found] == [
            ("changed", 2), ("changed", 2), ("2.mp4", 1), ("3.mp4", 1),
        ]  # fmt: skip

    async def test_a_change_of_a_file_gives_its_next_version(self, persistence: Persistence) -> None:
        kept = file(owner())
        await persistence.keep_media(kept)
        saved = await persistence.change_media(lambda uow: uow.files.save(kept.deleted(NOW + HOUR)))
        assert saved == replace(kept.deleted(NOW + HOUR), version=2)
        assert await persistence.media_reads.file(kept.id) == saved
        again = await persistence.change_media(lambda uow: uow.files.save(saved.restored(NOW + HOUR)))
        assert await persistence.media_reads.file(kept.id) == again == replace(saved.restored(NOW + HOUR), version=3)

    async def test_a_stale_file_is_refused_for_changes_and_removal(self, persistence: Persistence) -> None:
        kept = file(owner())
        await persistence.keep_media(kept)
        saved = await persistence.change_media(lambda uow: uow.files.save(replace(kept, name="first")))
        for stale in (lambda uow: uow.files.save(replace(kept, name="second")), lambda uow: uow.files.remove(kept)):
            with raises(EditedMeanwhile):
                await persistence.change_media(stale)
        assert await persistence.media_reads.file(kept.id) == saved

    async def test_of_concurrent_changes_to_one_version_of_a_file_one_wins(self, persistence: Persistence) -> None:
        kept = file(owner(), tags=("a", "b"))
        await persistence.keep_media(kept)

        async def rename(n: int) -> Any:
            changed = replace(kept, name=f"name{n}", tags=(f"tag{n}", "b"))
            return await persistence.change_media(lambda uow: uow.files.save(changed))

        results = await asyncio.gather(*map(rename, range(8)), return_exceptions=True)
        (won,) = [result for result in results if isinstance(result, File)]
        assert sum(isinstance(result, EditedMeanwhile) for result in results) == 7
        assert await persistence.media_reads.file(kept.id) == won
        for tag in ("a", "b", *(f"tag{n}" for n in range(8))):
            page = await persistence.media_reads.files(kept.owner, PageRequest(filters={"tag": tag}))
            assert page.items == ((won,) if tag in won.tags else ()), tag

    async def test_a_file_goes_with_its_links_its_video_and_its_tags(self, persistence: Persistence) -> None:
        mine = owner()
        gone, other = file(mine, tags=("garden",)), file(mine, tags=("garden",))
        ways = link(gone), link(gone), link(other)
        await persistence.keep_media(gone, other, video(gone), video(other), *ways)
        await persistence.change_media(lambda uow: uow.files.remove(gone))
        reads = persistence.media_reads
        assert [await reads.file(gone.id), await reads.video(gone.id)] == [None, None]
        assert [await reads.linked(way.digest, NOW) for way in ways] == [None, None, other]
        assert list(await reads.links(gone.id, NOW)) == []
        assert await reads.video(other.id) == video(other)
        for filters in ({}, {"tag": "garden"}):
            assert (await reads.files(mine, PageRequest(filters=filters))).items == (other,)
        with raises(EditedMeanwhile):
            await persistence.change_media(lambda uow: uow.files.remove(gone))
        with raises(EditedMeanwhile):
            await persistence.change_media(lambda uow: uow.files.save(gone))

    async def test_instants_of_a_file_in_any_zone_come_back_as_the_same_instant(self, persistence: Persistence) -> None:
        tokyo = datetime(2031, 5, 17, 21, 0, 0, 5, timezone(timedelta(hours=9)))
        kept = file(owner(), updated_at=tokyo)
        await persistence.keep_media(kept)
        found = await persistence.media_reads.file(kept.id)
        assert found is not None
        assert found.updated_at == tokyo
