"""The law of drafts: what is kept comes back, changes are versioned, all or nothing."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.repositories import StoredDraft
from asperguide.shared.errors import EditedMeanwhile, InvalidCursor, InvalidFields
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.identity.listing import everything
from asperguide.testing.contracts.people import HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.sealing import content, draft, somebody

FULL = draft(
    somebody(),
    created_at=datetime(2031, 1, 2, 3, 4, 5, 999999, UTC),
    updated_at=datetime(2031, 1, 2, 3, 4, 5, 1, UTC),
    version=7,
)


class DraftsContract:
    """Drafts: round trip, absence, versions, removal, list."""

    async def test_a_draft_comes_back_as_it_went_in(self, persistence: Persistence) -> None:
        await persistence.keep_capsules(FULL)
        async with persistence.begin_capsules() as uow:
            assert await uow.drafts.get(FULL.id) == FULL
        assert await persistence.capsule_reads.draft(FULL.id) == FULL

    async def test_a_draft_that_is_not_there_is_none(self, persistence: Persistence) -> None:
        nothing = CapsuleId(IDS.new())
        async with persistence.begin_capsules() as uow:
            assert await uow.drafts.get(nothing) is None
        assert await persistence.capsule_reads.draft(nothing) is None
        assert (await persistence.capsule_reads.drafts(somebody(), PageRequest(count=True))).total == 0

    async def test_without_a_commit_there_is_no_trace_of_a_draft(self, persistence: Persistence) -> None:
        kept, gone = draft(somebody()), draft(somebody())
        await persistence.keep_capsules(gone)
        async with persistence.begin_capsules() as uow:
            await uow.drafts.add(kept)
            await uow.contents.put(content(kept.id))
            await uow.drafts.remove(gone)
        assert await persistence.capsule_reads.draft(kept.id) is None
        assert await persistence.capsule_reads.sealed([kept.id]) == {}
        assert await persistence.capsule_reads.draft(gone.id) == gone

    async def test_a_stale_draft_is_refused_for_changes_and_removal(self, persistence: Persistence) -> None:
        kept = draft(somebody())
        await persistence.keep_capsules(kept)
        changed = replace(kept, updated_at=NOW + HOUR)
        saved = await persistence.change_capsules(lambda uow: uow.drafts.save(changed))
        assert saved == replace(changed, version=2)
        for stale in (lambda uow: uow.drafts.save(kept), lambda uow: uow.drafts.remove(kept)):
            with raises(EditedMeanwhile):
                await persistence.change_capsules(stale)
        assert await persistence.capsule_reads.draft(kept.id) == saved
        await persistence.change_capsules(lambda uow: uow.drafts.remove(saved))
        assert await persistence.capsule_reads.draft(kept.id) is None
        with raises(EditedMeanwhile):
            await persistence.change_capsules(lambda uow: uow.drafts.remove(saved))

    async def test_of_concurrent_changes_to_one_version_of_a_draft_one_wins(self, persistence: Persistence) -> None:
        kept = draft(somebody())
        await persistence.keep_capsules(kept)

        async def write(hours: int) -> StoredDraft:
            changed = replace(kept, updated_at=NOW + hours * HOUR)
            return await persistence.change_capsules(lambda uow: uow.drafts.save(changed))

        results = await asyncio.gather(*map(write, range(1, 9)), return_exceptions=True)
        (won,) = [result for result in results if isinstance(result, StoredDraft)]
        assert sum(isinstance(result, EditedMeanwhile) for result in results) == 7
        assert await persistence.capsule_reads.draft(kept.id) == won

    async def test_a_draft_goes_without_what_is_in_it(self, persistence: Persistence) -> None:
        kept = draft(somebody())
        sealed = content(kept.id)
        await persistence.keep_capsules(kept, sealed)
        await persistence.change_capsules(lambda uow: uow.drafts.remove(kept))
        assert await persistence.capsule_reads.sealed([kept.id]) == {kept.id: sealed}

    async def test_drafts_of_an_owner_are_listed_the_latest_first_page_by_page(self, persistence: Persistence) -> None:
        mine = somebody()
        kept = [draft(mine, updated_at=NOW + n // 4 * HOUR) for n in range(25)]
        await persistence.keep_capsules(*kept, draft(somebody()))
        expected = sorted(kept, key=lambda one: (one.updated_at, one.id), reverse=True)

        async def read(page: PageRequest) -> Any:
            return await persistence.capsule_reads.drafts(mine, page)

        assert await everything(read, 4) == expected
        assert await everything(read, 25, sort="updated_at") == expected[::-1]
        assert (await read(PageRequest(limit=1, count=True))).total == 25
        for strange in (PageRequest(sort="id"), PageRequest(filters={"state": "sealed"})):
            with raises(InvalidFields):
                await read(strange)
        with raises(InvalidCursor):
            await read(PageRequest(cursor="nonsense"))
