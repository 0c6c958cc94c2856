"""The law of announcements: in order, each once, none early, and what is postponed or called off is not made."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from asperguide.capsules.addressees import AddresseeId
from asperguide.capsules.announcements import Announcement, Stage, announcements
from asperguide.capsules.events import CapsuleReady
from asperguide.capsules.model import UNFOLDS, Capsule
from asperguide.testing.contracts.people import DAY, HOUR, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.sealing import AN_INSTANT, capsule, having, somebody, unlocking

UNLOCKS = NOW + 30 * DAY + AN_INSTANT


def first(of: Capsule) -> list[Announcement]:
    """What is to be announced first since it was sealed, in the order of a persistence."""
    return sorted(announcements(of, of.sealed_at), key=lambda one: (one.due_at, one.addressee))


async def look(persistence: Persistence, now: datetime, limit: int = 1000) -> list[Announcement]:
    """What is due, changing nothing."""
    async with persistence.begin_capsules() as uow:
        return list(await uow.announcements.due(now, limit))


async def next_after(persistence: Persistence, now: datetime) -> datetime | None:
    """When something is due next."""
    async with persistence.begin_capsules() as uow:
        return await uow.announcements.next_after(now)


async def sweep(persistence: Persistence, now: datetime, limit: int = 1000) -> list[Announcement]:
    """Announce one batch."""
    async with persistence.begin_capsules() as uow:
        due = await uow.announcements.due(now, limit)
        for one in due:
            uow.announce(CapsuleReady(capsule=one.capsule, addressee=one.addressee))
        await uow.announcements.advance(due)
        await uow.commit()
    return list(due)


class AnnouncementsContract:
    """Announcements: due, next, advance, reset."""

    async def test_an_announcement_is_due_at_its_instant_and_not_before(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody(), "zoe@example.org", unlocks_at=UNLOCKS)
        await persistence.keep_capsules(kept)
        due_at = UNLOCKS - UNFOLDS
        assert await look(persistence, due_at - AN_INSTANT) == []
        assert await look(persistence, due_at) == first(kept)
        assert await look(persistence, UNLOCKS + 1000 * DAY) == first(kept)
        assert await next_after(persistence, NOW) == due_at
        assert await next_after(persistence, due_at - AN_INSTANT) == due_at
        assert await next_after(persistence, due_at) is None

    async def test_nothing_waits_where_nothing_was_sealed(self, persistence: Persistence) -> None:
        await persistence.change_capsules(lambda uow: uow.capsules.add(capsule(somebody(), somebody()), ()))
        assert await look(persistence, NOW + 1000 * DAY) == []
        assert await next_after(persistence, NOW - DAY) is None
        await persistence.change_capsules(lambda uow: uow.announcements.advance(()))

    async def test_unfolding_is_followed_by_ready_and_that_by_nothing(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody(), somebody(), unlocks_at=UNLOCKS)
        await persistence.keep_capsules(kept)
        assert await sweep(persistence, UNLOCKS - UNFOLDS) == first(kept)
        assert await look(persistence, UNLOCKS - AN_INSTANT) == []
        assert await next_after(persistence, NOW) == UNLOCKS
        following = [replace(one, stage=Stage.READY, due_at=UNLOCKS) for one in first(kept)]
        assert await sweep(persistence, UNLOCKS, 1) == following[:1]
        assert await sweep(persistence, UNLOCKS) == following[1:]
        assert await look(persistence, UNLOCKS + 1000 * DAY) == []
        assert await next_after(persistence, NOW) is None
        assert len(await persistence.due()) == 4

    async def test_all_that_was_missed_comes_in_order_and_each_once(self, persistence: Persistence) -> None:
        kept = [capsule(somebody(), somebody(), somebody(), unlocks_at=NOW + n % 5 * 2 * DAY) for n in range(15)]
        await persistence.keep_capsules(*kept)
        told: list[Announcement] = []
        while batch := await sweep(persistence, NOW + 365 * DAY, 7):
            assert batch == sorted(batch, key=lambda one: (one.due_at, one.addressee))
            told += batch
        assert set(Counter((one.addressee, one.stage) for one in told).values()) == {1}
        assert sum(one.stage is Stage.READY for one in told) == 30
        for whole in kept:
            for reader in whole.addressees:
                mine = [one.stage for one in told if one.addressee == reader.id]
                early = whole.unlocks_at - UNFOLDS > NOW
                assert mine == ([Stage.UNFOLDING] if early else []) + [Stage.READY]

    async def test_without_a_commit_it_still_waits(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody(), unlocks_at=UNLOCKS)
        await persistence.keep_capsules(kept)
        async with persistence.begin_capsules() as uow:
            await uow.announcements.advance(await uow.announcements.due(UNLOCKS, 9))
            assert [one.stage for one in await uow.announcements.due(UNLOCKS, 9)] == [Stage.READY]
        assert await look(persistence, UNLOCKS) == first(kept)

    async def test_what_was_told_once_is_not_advanced_twice(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody(), unlocks_at=UNLOCKS)
        await persistence.keep_capsules(kept)
        told = await sweep(persistence, UNLOCKS - UNFOLDS)
        await persistence.change_capsules(lambda uow: uow.announcements.advance(told))
        assert [one.stage for one in await look(persistence, UNLOCKS)] == [Stage.READY]

    async def test_what_is_reset_waits_for_its_new_time(self, persistence: Persistence) -> None:
        kept, other = (capsule(somebody(), somebody(), somebody(), unlocks_at=UNLOCKS) for _ in range(2))
        await persistence.keep_capsules(kept, other)
        later = replace(kept, unlock=unlocking(UNLOCKS + 10 * DAY))

        async def postpone(whole: Capsule, due: Sequence[Announcement]) -> Capsule:
            async with persistence.begin_capsules() as uow:
                assert await uow.capsules.get(whole.id) is not None
                saved = await uow.capsules.save(whole)
                await uow.announcements.reset(whole.id, due)
                await uow.commit()
            return saved

        saved = await postpone(later, first(later))
        assert await look(persistence, UNLOCKS) == first(other)
        assert await look(persistence, UNLOCKS + 100 * DAY) == [*first(other), *first(later)]
        await sweep(persistence, UNLOCKS + 10 * DAY - UNFOLDS)
        assert {one.due_at for one in await look(persistence, UNLOCKS + 100 * DAY)} == {UNLOCKS, UNLOCKS + 10 * DAY}
        only = first(saved)[:1]
        await postpone(replace(saved, cancelled_at=None), only)
        assert [one for one in await look(persistence, UNLOCKS + 100 * DAY) if one.capsule == kept.id] == only

    async def test_what_is_called_off_is_forgotten(self, persistence: Persistence) -> None:
        kept, other = (capsule(somebody(), somebody(), somebody(), unlocks_at=UNLOCKS) for _ in range(2))
        await persistence.keep_capsules(kept, other)
        await persistence.change_capsules(lambda uow: uow.announcements.reset(kept.id, ()))
        assert await look(persistence, UNLOCKS) == first(other)
        again = [replace(one, stage=Stage.READY, due_at=UNLOCKS + n * HOUR) for n, one in enumerate(first(kept))]
        await persistence.change_capsules(lambda uow: uow.announcements.reset(kept.id, again))
        assert [one for one in await look(persistence, UNLOCKS + DAY) if one.capsule == kept.id] == again

    async def test_when_a_capsule_unlocks_is_told_as_it_is_now(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody(), unlocks_at=UNLOCKS)
        await persistence.keep_capsules(kept)
        later = replace(kept, unlock=unlocking(UNLOCKS + DAY))
        await persistence.change_capsules(lambda uow: uow.capsules.save(later))
        (told,) = await sweep(persistence, UNLOCKS - UNFOLDS)
        assert (told.due_at, told.unlocks_at) == (UNLOCKS - UNFOLDS, UNLOCKS + DAY)
        assert [one.due_at for one in await look(persistence, UNLOCKS + 9 * DAY)] == [UNLOCKS + DAY]

    async def test_changes_of_a_capsule_leave_what_waits(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody(), "zoe@example.org", unlocks_at=UNLOCKS)
        await persistence.keep_capsules(kept)
        changed = having(replace(kept, theme="other"), bounces=1)
        await persistence.change_capsules(lambda uow: uow.capsules.save(changed, *changed.addressees))
        assert await look(persistence, UNLOCKS) == first(kept)

    async def test_several_who_sweep_at_once_announce_each_once(self, persistence: Persistence) -> None:
        readers = [somebody() for _ in range(10)]
        kept = [capsule(somebody(), *readers, unlocks_at=NOW + timedelta(seconds=n)) for n in range(6)]
        await persistence.keep_capsules(*kept)

        async def sweeper() -> list[AddresseeId]:
            told: list[AddresseeId] = []
            while batch := await sweep(persistence, NOW + DAY, 7):
                told += [one.addressee for one in batch]
            return told

        told = [one for some in await asyncio.gather(*(sweeper() for _ in range(4))) for one in some]
        assert Counter(told) == {one.id: 1 for whole in kept for one in whole.addressees}
        assert await look(persistence, NOW + DAY) == []
        assert len(await persistence.due()) == 60
