"""The law of answers, reflections and shared countdowns."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.errors import AlreadyReplied
from asperguide.capsules.repositories import CountdownId, Reflection
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.people import HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.sealing import capsule, countdown, reply, somebody

WORDS = "Großmutter O'Neil 🦊 张伟 \\ % _ \r\n\x00" * 60
LATE = datetime(2031, 1, 2, 3, 4, 5, 999999, UTC)


class RepliesContract:
    """Replies: once for each addressee. Reflections: the last one. Countdowns: found by their digest."""

    async def test_replies_come_back_the_oldest_first(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), *(somebody() for _ in range(4)))
        ids = [one.id for one in kept.addressees]
        answers = [
            reply(kept, id=ids[0], text=WORDS, at=NOW + HOUR),
            reply(kept, id=ids[1], text=None, emoji="👨‍👩‍👧‍👦", at=LATE),
            reply(kept, id=ids[2], text="", emoji="", at=NOW + HOUR),
            reply(kept, id=ids[3], text=None, emoji=None, at=NOW),
        ]
        await persistence.keep_capsules(kept, *answers, reply(capsule(somebody(), somebody())))
        expected = sorted(answers, key=lambda one: (one.at, one.id))
        assert list(await persistence.capsule_reads.replies(kept.id)) == expected
        assert list(await persistence.capsule_reads.replies(CapsuleId(IDS.new()))) == []

    async def test_an_addressee_answers_once(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody())
        await persistence.keep_capsules(kept, reply(kept))
        for second in (reply(kept), reply(kept, text="No.", at=NOW + HOUR)):
            with raises(AlreadyReplied):
                await persistence.keep_capsules(second)
        assert list(await persistence.capsule_reads.replies(kept.id)) == [reply(kept)]

    async def test_of_several_answers_at_once_one_is_kept(self, persistence: Persistence) -> None:
        kept = capsule(somebody(), somebody())
        answers = [reply(kept, text=f"Answer {n}") for n in range(8)]
        results = await asyncio.gather(*map(persistence.keep_capsules, answers), return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == [*["AlreadyReplied"] * 7, "NoneType"]
        assert list(await persistence.capsule_reads.replies(kept.id)) == [answers[results.index(None)]]

    async def test_a_reflection_takes_the_place_of_an_earlier_one(self, persistence: Persistence) -> None:
        first = Reflection(id=CapsuleId(IDS.new()), text=WORDS, at=LATE)
        other = Reflection(id=CapsuleId(IDS.new()), text="", at=NOW)
        await persistence.keep_capsules(first, other)
        assert await persistence.capsule_reads.reflection(first.id) == first
        second = replace(first, text="On second thoughts", at=NOW)
        await persistence.keep_capsules(second)
        assert await persistence.capsule_reads.reflection(first.id) == second
        assert await persistence.capsule_reads.reflection(other.id) == other
        assert await persistence.capsule_reads.reflection(CapsuleId(IDS.new())) is None

    async def test_countdowns_come_back_the_newest_first(self, persistence: Persistence) -> None:
        kept, other = capsule(somebody(), somebody()), capsule(somebody(), somebody())
        shared = [countdown(kept, created_at=NOW + n // 2 * HOUR) for n in range(4)]
        shared[0] = replace(shared[0], digest=b"\x00\xff" * 16, created_at=LATE)
        await persistence.keep_capsules(kept, other, *shared, countdown(other))
        expected = sorted(shared, key=lambda one: (one.created_at, one.id), reverse=True)
        assert list(await persistence.capsule_reads.countdowns(kept.id)) == expected
        assert list(await persistence.capsule_reads.countdowns(CapsuleId(IDS.new()))) == []
        async with persistence.begin_capsules() as uow:
            counts = [await uow.countdowns.count(id) for id in (kept.id, other.id, CapsuleId(IDS.new()))]
        assert counts == [4, 1, 0]

    async def test_a_countdown_is_found_by_its_digest_until_it_is_revoked(self, persistence: Persistence) -> None:
        kept, other = capsule(somebody(), somebody()), capsule(somebody(), somebody())
        shared, second = countdown(kept), countdown(kept)
        await persistence.keep_capsules(kept, other, shared, second)
        reads = persistence.capsule_reads
        assert await reads.counted_down(shared.digest) == replace(kept, addressees=())
        assert await reads.counted_down(bytes(32)) is None

        async def revoke(id: CountdownId, of: CapsuleId) -> bool:
            return await persistence.change_capsules(lambda uow: uow.countdowns.remove(id, of))

        assert not await revoke(shared.id, other.id)
        assert await reads.counted_down(shared.digest) is not None
        assert await revoke(shared.id, kept.id)
        assert not await revoke(shared.id, kept.id)
        assert [await reads.counted_down(one.digest) is None for one in (shared, second)] == [True, False]
