"""The law of capsules that were sealed: what is kept comes back, changes are versioned, and what is removed is gone."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.anonymity import Anonymity
from asperguide.capsules.events import CapsuleSealed
from asperguide.capsules.model import Capsule
from asperguide.capsules.repositories import Reflection
from asperguide.capsules.unlocking import Reading, Unlock
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.people import DAY, HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.sealing import (
    bare,
    capsule,
    content,
    countdown,
    having,
    keep,
    opened,
    reply,
    somebody,
    unlocking,
)

FULL = replace(
    capsule(somebody(), somebody(), "Zoë.O'Neil@Straße.example"),
    theme="Führung 🦊 \\ % _ ",
    unlock=Unlock(
        at=datetime(2032, 3, 28, 1, 30, 0, 999999, UTC),
        wall=datetime(2032, 3, 28, 2, 30, 0, 999999),  # noqa: DTZ001 - a wall time has no zone
        zone="Europe/Paris",
        reading=Reading.SKIPPED,
    ),
    allow_early_view=True,
    allow_reply=False,
    anonymity=Anonymity(reveal_after=timedelta(hours=71, microseconds=1)),
    disappears_after=timedelta(days=36500, microseconds=1),
    invites=True,
    proof=bytes(range(224, 256)),
    sealed_at=datetime(2031, 1, 2, 3, 4, 5, 999999, UTC),
    opened_at=datetime(2031, 1, 2, 3, 4, 5, 1, UTC),
    cancelled_at=datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC),
    version=7,
)


class SealedCapsulesContract:
    """Capsules: round trip, absence, versions, units of work, removal."""

    async def test_a_capsule_comes_back_as_it_went_in(self, persistence: Persistence) -> None:
        plain = capsule(somebody(), somebody())
        at_once = replace(plain, id=CapsuleId(IDS.new()), addressees=(), anonymity=Anonymity())
        for kept in (FULL, plain, at_once):
            await persistence.keep_capsules(kept)
            async with persistence.begin_capsules() as uow:
                assert await uow.capsules.get(kept.id) == kept
            found = await persistence.capsule_reads.capsule(kept.id)
            assert found == kept
            assert [type(getattr(found, name)) for name in Capsule.__slots__] == [
                type(getattr(kept, name)) for name in Capsule.__slots__
            ]
        both = await persistence.capsule_reads.capsules([plain.id, FULL.id, plain.id, CapsuleId(IDS.new())])
        assert both == {plain.id: bare(plain), FULL.id: bare(FULL)}

    async def test_a_capsule_that_is_not_there_is_none(self, persistence: Persistence) -> None:
        nothing, reads = CapsuleId(IDS.new()), persistence.capsule_reads
        async with persistence.begin_capsules() as uow:
            assert await uow.capsules.get(nothing) is None
            assert list(await uow.capsules.sent_by(somebody(), None, 10)) == []
        assert await reads.capsule(nothing) is None
        assert await reads.capsules([]) == await reads.capsules(frozenset([nothing])) == {}
        for page in (await reads.inbox(somebody(), PageRequest(count=True), NOW),
                     await reads.outbox(somebody(), PageRequest(count=True), NOW)):  # fmt: skip
            assert (page.items, page.next_cursor, page.total) == ((), None, 0)

    async def test_without_a_commit_there_is_no_trace_of_a_capsule(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody())
        async with persistence.begin_capsules() as uow:
            await keep(uow, kept, content(kept.id), reply(kept), countdown(kept))
            uow.announce(CapsuleSealed(capsule=kept.id, addressee=kept.addressees[0].id))
            assert await uow.capsules.get(kept.id) == kept
            assert await persistence.capsule_reads.capsule(kept.id) is None
        reads = persistence.capsule_reads
        assert await reads.capsule(kept.id) is None
        assert await reads.addressee(kept.addressees[0].id) is None
        assert await reads.sealed([kept.id]) == {}
        assert [*await reads.replies(kept.id), *await reads.countdowns(kept.id)] == []
        async with persistence.begin_capsules() as uow:
            assert await uow.announcements.next_after(NOW) is None
        assert await persistence.due() == []
        assert persistence.doorbell.rings == 0

    async def test_a_capsule_is_announced_with_the_commit(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody())
        async with persistence.begin_capsules() as uow:
            await keep(uow, kept)
            uow.announce(CapsuleSealed(capsule=kept.id, addressee=kept.addressees[0].id))
            await uow.commit()
        (job,) = await persistence.due()
        assert job.payload == f'{{"capsule":"{kept.id}","addressee":"{kept.addressees[0].id}"}}'
        assert persistence.doorbell.rings == 1

    async def test_an_error_undoes_changes_and_removals_of_capsules(self, persistence: Persistence) -> None:
        one, two = capsule(somebody(), somebody()), capsule(somebody(), somebody())
        await persistence.keep_capsules(one, two, content(two.id), reply(two))
        with raises(ZeroDivisionError):
            async with persistence.begin_capsules() as uow:
                changed = opened(one, NOW)
                await uow.capsules.save(changed, *changed.addressees)
                await uow.capsules.remove(two)
                raise ZeroDivisionError
        assert [await persistence.capsule_reads.capsule(kept.id) for kept in (one, two)] == [one, two]
        assert len(await persistence.capsule_reads.replies(two.id)) == 1

    async def test_a_change_of_a_capsule_gives_its_next_version(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody(), somebody())
        await persistence.keep_capsules(kept)
        first = opened(kept, NOW + HOUR)
        saved = await persistence.change_capsules(lambda uow: uow.capsules.save(first, first.addressees[0]))
        assert saved == replace(first, version=2)
        assert await persistence.capsule_reads.capsule(kept.id) == saved
        later = replace(saved, unlock=unlocking(NOW + 40 * DAY), theme="later")
        again = await persistence.change_capsules(lambda uow: uow.capsules.save(later))
        assert await persistence.capsule_reads.capsule(kept.id) == again == replace(later, version=3)

    async def test_only_addressees_that_changed_are_stored(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody(), somebody())
        await persistence.keep_capsules(kept)
        both = replace(kept, addressees=tuple(replace(one, bounces=3) for one in kept.addressees))
        await persistence.change_capsules(lambda uow: uow.capsules.save(both, both.addressees[1]))
        found = await persistence.capsule_reads.capsule(kept.id)
        assert found is not None
        assert [one.bounces for one in found.addressees] == [0, 3]

    async def test_a_stale_capsule_is_refused_for_changes_and_removal(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody())
        await persistence.keep_capsules(kept)
        saved = await persistence.change_capsules(lambda uow: uow.capsules.save(replace(kept, theme="first")))
        stale = opened(kept, NOW)
        for late in (lambda uow: uow.capsules.save(stale, *stale.addressees), lambda uow: uow.capsules.remove(kept)):
            with raises(EditedMeanwhile):
                await persistence.change_capsules(late)
        assert await persistence.capsule_reads.capsule(kept.id) == saved

    async def test_of_concurrent_changes_to_one_version_of_a_capsule_one_wins(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody())
        await persistence.keep_capsules(kept)

        async def change(n: int) -> Capsule:
            changed = having(replace(kept, theme=f"theme {n}"), bounces=n)
            return await persistence.change_capsules(lambda uow: uow.capsules.save(changed, *changed.addressees))

        results = await asyncio.gather(*map(change, range(1, 9)), return_exceptions=True)
        (won,) = [result for result in results if isinstance(result, Capsule)]
        assert sum(isinstance(result, EditedMeanwhile) for result in results) == 7
        assert await persistence.capsule_reads.capsule(kept.id) == won

    async def test_a_capsule_that_was_got_is_nobody_elses_to_change(self, persistence: Persistence) -> None:
        readers = [somebody() for _ in range(8)]
        kept = capsule(somebody(), *readers, unlocks_at=NOW)
        await persistence.keep_capsules(kept)

        async def open_it(n: int) -> None:
            async with persistence.begin_capsules() as uow:
                found = await uow.capsules.get(kept.id)
                assert found is not None
                await asyncio.sleep(0)
                after = found.opened(readers[n], NOW + n * HOUR)
                await uow.capsules.save(after, after.named(kept.addressees[n].id))
                await uow.commit()

        await asyncio.gather(*map(open_it, range(8)))
        found = await persistence.capsule_reads.capsule(kept.id)
        assert found is not None
        assert [one.opened_at for one in found.addressees] == [NOW + n * HOUR for n in range(8)]
        assert found.opened_at is not None
        assert found.version == 9

    async def test_a_capsule_goes_with_everything_that_hangs_on_it(self, persistence: Persistence) -> None:
        reader, sender = somebody(), somebody()
        gone = capsule(sender, reader, "zoe@example.org", unlocks_at=NOW)
        other = capsule(sender, reader, "zoe@example.org", unlocks_at=NOW)
        shared = countdown(gone), countdown(other)
        for one, way in zip((gone, other), shared, strict=True):
            reflection = Reflection(id=one.id, text="So it was.", at=NOW)
            await persistence.keep_capsules(one, content(one.id), reply(one), reflection, way)
        await persistence.change_capsules(lambda uow: uow.capsules.remove(gone))
        reads = persistence.capsule_reads
        assert [await reads.capsule(one.id) for one in (gone, other)] == [None, other]
        assert [await reads.addressee(one.id) for one in gone.addressees] == [None, None]
        assert set(await reads.sealed([gone.id, other.id])) == {other.id}
        assert [len(await reads.replies(one.id)) for one in (gone, other)] == [0, 1]
        assert [await reads.reflection(one.id) is None for one in (gone, other)] == [True, False]
        assert [len(await reads.countdowns(one.id)) for one in (gone, other)] == [0, 1]
        found = [await reads.counted_down(way.digest) for way in shared]
        assert found == [None, replace(other, addressees=())]
        assert [one.capsule for one in (await reads.inbox(reader, PageRequest(), NOW)).items] == [other.id]
        assert [one.id for one in (await reads.outbox(sender, PageRequest(), NOW)).items] == [other.id]
        async with persistence.begin_capsules() as uow:
            assert [one.capsule for one in await uow.announcements.due(NOW, 100)] == [other.id, other.id]
            assert [one.capsule for one in await uow.capsules.awaiting("zoe@example.org", 9)] == [other.id]
            with raises(EditedMeanwhile):
                await uow.capsules.remove(gone)

    async def test_capsules_of_a_sender_come_in_the_order_of_ids(self, persistence: Persistence) -> None:
        mine = somebody()
        kept = [capsule(mine, somebody()) for _ in range(7)]
        await persistence.keep_capsules(*kept[::-1], capsule(somebody(), mine))
        expected = sorted(one.id for one in kept)
        async with persistence.begin_capsules() as uow:
            assert list(await uow.capsules.sent_by(mine, None, 100)) == expected
            assert list(await uow.capsules.sent_by(mine, None, 3)) == expected[:3]
            assert list(await uow.capsules.sent_by(mine, expected[2], 3)) == expected[3:6]
            assert list(await uow.capsules.sent_by(mine, expected[-1], 3)) == []
