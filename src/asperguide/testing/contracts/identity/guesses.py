"""The law of tries: each is counted once, and none is lost."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from asperguide.adapters.memory.passwords import MemoryPasswords
from asperguide.identity.errors import TooManyGuesses
from asperguide.identity.guessing import Guesses, GuessSubject
from asperguide.identity.proving import GuessPassword
from asperguide.shared.errors import EditedMeanwhile
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.people import (
    DAY,
    HOUR,
    IDS,
    NOW,
    credential,
    person,
)
from asperguide.testing.contracts.persistence import Persistence


def a_subject() -> GuessSubject:
    """Somebody whose password is guessed."""
    return GuessSubject(IDS.new())


async def stored(persistence: Persistence, guesses: Guesses) -> Guesses:
    """The tries as they were committed."""
    saved: Guesses = await persistence.change(lambda uow: uow.guesses.save(guesses))
    return saved


class GuessesContract:
    """Tries of a secret: exact under concurrency, forgiven, cleared, housekeeping."""

    async def test_tries_come_back_to_the_microsecond(self, persistence: Persistence) -> None:
        tries = tuple(datetime(1931 + n, 1, 2, 3, 4, 5, 999999 - n, UTC) for n in range(100))
        mine = Guesses(id=a_subject(), tries=tries)
        saved = await stored(persistence, mine)
        assert saved == replace(mine, version=1)
        async with persistence.begin() as uow:
            assert await uow.guesses.get(mine.id) == saved
        assert await persistence.reads.guesses(mine.id) == saved

    async def test_a_subject_without_tries_has_version_0(self, persistence: Persistence) -> None:
        unknown = a_subject()
        async with persistence.begin() as uow:
            assert await uow.guesses.get(unknown) == Guesses(id=unknown)
        assert await persistence.reads.guesses(unknown) == Guesses(id=unknown)

    async def test_first_tries_that_meet_each_other_are_told_so(self, persistence: Persistence) -> None:
        first = Guesses(id=a_subject()).take(NOW)
        results = await asyncio.gather(*(stored(persistence, first) for _ in range(8)), return_exceptions=True)
        assert sum(isinstance(result, EditedMeanwhile) for result in results) == 7
        assert await persistence.reads.guesses(first.id) == replace(first, version=1)

    async def test_a_stale_count_of_tries_is_refused(self, persistence: Persistence) -> None:
        first = await stored(persistence, Guesses(id=a_subject()).take(NOW))
        second = await stored(persistence, first.take(NOW + HOUR))
        with raises(EditedMeanwhile):
            await stored(persistence, first.take(NOW + DAY))
        assert await persistence.reads.guesses(first.id) == second
        assert second.version == 2

    async def test_a_try_is_counted_at_once_and_once(self, persistence: Persistence) -> None:
        first = Guesses(id=a_subject()).take(NOW)
        results = await asyncio.gather(*(persistence.counter.count(first) for _ in range(8)), return_exceptions=True)
        assert sum(isinstance(result, EditedMeanwhile) for result in results) == 7
        counted = await persistence.reads.guesses(first.id)
        assert counted == replace(first, version=1)
        assert await persistence.counter.count(counted.take(NOW + HOUR)) == replace(counted.take(NOW + HOUR), version=2)
        with raises(EditedMeanwhile):
            await persistence.counter.count(counted.take(NOW + DAY))

    async def test_fifty_guesses_at_once_get_exactly_ten_tries(self, persistence: Persistence) -> None:
        guess = GuessPassword(
            begin=persistence.begin,
            reads=persistence.reads,
            counter=persistence.counter,
            hasher=MemoryPasswords(),
            clock=persistence.clock,
        )
        start = Guesses(id=a_subject())
        results = await asyncio.gather(*(guess(start, None, "wrong") for _ in range(50)), return_exceptions=True)
        refused = [result for result in results if isinstance(result, TooManyGuesses)]
        assert len(refused) == 40, {type(result) for result in results}
        assert (await persistence.reads.guesses(start.id)).tries == (persistence.clock.now(),) * 10

    async def test_a_right_guess_is_taken_back(self, persistence: Persistence) -> None:
        wrong = await stored(persistence, Guesses(id=a_subject()).take(NOW))
        right = await stored(persistence, wrong.take(NOW + HOUR))
        await persistence.change(lambda uow: uow.guesses.forgive(right, NOW + HOUR))
        found = await persistence.reads.guesses(wrong.id)
        assert found.tries == (NOW,)
        assert found.version == 3

    async def test_what_others_added_stays_when_a_guess_is_taken_back(self, persistence: Persistence) -> None:
        mine = await stored(persistence, Guesses(id=a_subject()).take(NOW))
        await stored(persistence, mine.take(NOW + HOUR))
        await persistence.change(lambda uow: uow.guesses.forgive(mine, NOW))
        assert (await persistence.reads.guesses(mine.id)).tries == (NOW + HOUR,)

    async def test_parallel_right_guesses_are_all_taken_back(self, persistence: Persistence) -> None:
        guesses = Guesses(id=a_subject())
        for n in range(8):
            guesses = await stored(persistence, guesses.take(NOW + n * HOUR))

        async def forgive(n: int) -> None:
            await persistence.change(lambda uow: uow.guesses.forgive(guesses, NOW + n * HOUR))

        await asyncio.gather(*map(forgive, range(1, 8)))
        assert (await persistence.reads.guesses(guesses.id)).tries == (NOW,)

    async def test_taking_back_what_is_gone_does_no_harm(self, persistence: Persistence) -> None:
        mine = await stored(persistence, Guesses(id=a_subject()).take(NOW))
        user = person()

        async def forgive_all(uow: Any) -> None:
            await uow.users.add(user, credential(user))
            await uow.guesses.forgive(replace(mine, version=77), NOW + DAY)
            await uow.guesses.forgive(Guesses(id=a_subject(), tries=(NOW,), version=3), NOW)

        await persistence.change(forgive_all)
        assert (await persistence.reads.guesses(mine.id)).tries == (NOW,)
        assert await persistence.user(user.id) == user

    async def test_cleared_tries_are_gone_and_no_old_reader_brings_them_back(self, persistence: Persistence) -> None:
        old = await stored(persistence, Guesses(id=a_subject()).take(NOW))
        await persistence.change(lambda uow: uow.guesses.clear(old.id))
        fresh = await persistence.reads.guesses(old.id)
        assert fresh.tries == ()
        await stored(persistence, fresh.take(NOW + HOUR))
        with raises(EditedMeanwhile):
            await stored(persistence, old.take(NOW + DAY))
        assert (await persistence.reads.guesses(old.id)).tries == (NOW + HOUR,)

    async def test_clearing_a_subject_without_tries_does_nothing(self, persistence: Persistence) -> None:
        unknown = a_subject()
        await persistence.change(lambda uow: uow.guesses.clear(unknown))
        assert await persistence.reads.guesses(unknown) == Guesses(id=unknown)

    async def test_subjects_that_nobody_guesses_at_are_removed_in_batches(self, persistence: Persistence) -> None:
        books = [Guesses(id=a_subject(), tries=(NOW - DAY, NOW + n * HOUR)) for n in (-3, -2, -1, 0, 1)]
        for book in books:
            await stored(persistence, book)
        forgiven = replace(books[0], version=1)
        await persistence.change(lambda uow: uow.guesses.forgive(forgiven, NOW - DAY))
        assert [await persistence.change(lambda uow: uow.guesses.delete_idle(NOW, 2)) for _ in range(3)] == [2, 1, 0]
        assert [(await persistence.reads.guesses(book.id)).version for book in books] == [0, 0, 0, 1, 1]
