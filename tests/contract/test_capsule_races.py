"""Capsules against real transactions: who comes at the same moment as somebody else."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

import pytest

from asperguide.adapters.sql.engine import Database
from asperguide.capsules.addressees import AddresseeId
from asperguide.capsules.announcements import Stage, announcements
from asperguide.capsules.model import Capsule
from asperguide.shared.actor import UserId
from asperguide.testing import MovableClock
from asperguide.testing.contracts import Persistence
from asperguide.testing.contracts.capsules.announcing import first, look, sweep
from asperguide.testing.contracts.people import DAY, HOUR, NOW
from asperguide.testing.contracts.sealing import capsule, content, reply, somebody, unlocking
from tests.contract.persistences import sql_persistence
from tests.contract.test_media_races import deadlocks

MANY = 20


@pytest.fixture
def persistence(database: Database, clock: MovableClock) -> Persistence:
    """On a database only."""
    return sql_persistence(database, clock)


@pytest.fixture(autouse=True)
async def no_deadlocks(database: Database) -> AsyncIterator[None]:
    """None in any of these tests, not even one that somebody would have tried again after."""
    before = await deadlocks(database)
    yield
    assert await deadlocks(database) == before


async def change(persistence: Persistence, whole: Capsule, how: Callable[[Capsule], Capsule]) -> bool:
    """Whether this changed anything of the capsule, as use cases do it: got, changed, saved."""
    async with persistence.begin_capsules() as uow:
        found = await uow.capsules.get(whole.id)
        assert found is not None
        after = how(found)
        if after == found:
            return False
        changed = [one for one, was in zip(after.addressees, found.addressees, strict=True) if one != was]
        await uow.capsules.save(after, *changed)
        await uow.commit()
    return True


async def opens(persistence: Persistence, whole: Capsule, user: UserId, at: datetime) -> bool:
    """Whether this was when the user opened it."""
    return await change(persistence, whole, lambda found: found.opened(user, at))


async def kept(persistence: Persistence, whole: Capsule) -> Capsule:
    found = await persistence.capsule_reads.capsule(whole.id)
    assert found is not None
    return found


async def test_a_capsule_that_one_opens_many_times_at_once_is_opened_once(persistence: Persistence) -> None:
    reader = somebody()
    whole = capsule(somebody(), reader, unlocks_at=NOW)
    await persistence.keep_capsules(whole)
    opened = await asyncio.gather(*(opens(persistence, whole, reader, NOW + n * HOUR) for n in range(MANY)))
    assert opened.count(True) == 1
    found = await kept(persistence, whole)
    at = NOW + opened.index(True) * HOUR
    assert (found.addressees[0].opened_at, found.opened_at, found.version) == (at, at, 2)


async def test_a_capsule_that_many_open_at_once_is_opened_by_each_and_then_by_all(persistence: Persistence) -> None:
    readers = [somebody() for _ in range(MANY)]
    whole = capsule(somebody(), *readers, unlocks_at=NOW)
    await persistence.keep_capsules(whole)
    calls = [opens(persistence, whole, reader, NOW + n * HOUR) for n, reader in enumerate(readers)]
    assert await asyncio.gather(*calls) == [True] * MANY
    found = await kept(persistence, whole)
    times = [one.opened_at for one in found.addressees]
    assert times == [NOW + n * HOUR for n in range(MANY)]
    assert found.opened_at in times
    assert found.version == 1 + MANY


async def test_sweeps_at_once_tell_each_addressee_everything_once(persistence: Persistence) -> None:
    readers = [somebody() for _ in range(20)]
    wholes = [capsule(somebody(), *readers, unlocks_at=NOW + (n % 3) * 2 * DAY) for n in range(15)]
    await persistence.keep_capsules(*wholes)

    async def sweeper(limit: int) -> list[tuple[AddresseeId, Stage]]:
        told: list[tuple[AddresseeId, Stage]] = []
        while batch := await sweep(persistence, NOW + 9 * DAY, limit):
            told += [(one.addressee, one.stage) for one in batch]
        return told

    told = [one for some in await asyncio.gather(*map(sweeper, (7, 50, 50, 23))) for one in some]
    expected = Counter[tuple[AddresseeId, Stage]]()
    for whole in wholes:
        for one in announcements(whole, NOW):
            expected.update([(one.addressee, one.stage), (one.addressee, Stage.READY)][one.stage is Stage.READY :])
    assert Counter(told) == expected
    assert await look(persistence, NOW + 1000 * DAY) == []


@pytest.mark.parametrize("database", ["mariadb"], indirect=True)
async def test_what_another_sweep_holds_is_passed_over(persistence: Persistence) -> None:
    whole = capsule(somebody(), *(somebody() for _ in range(9)), unlocks_at=NOW)
    await persistence.keep_capsules(whole)
    async with persistence.begin_capsules() as one:
        mine = list(await one.announcements.due(NOW, 4))
        async with persistence.begin_capsules() as other:
            theirs = list(await other.announcements.due(NOW, 100))
            await other.announcements.advance(theirs)
            await other.commit()
        assert mine + theirs == first(whole)
        await one.announcements.advance(mine)
    assert await look(persistence, NOW) == mine


async def test_letters_are_postponed_cancelled_opened_and_announced_at_once(persistence: Persistence) -> None:
    readers = [somebody() for _ in range(6)]
    sender = somebody()
    wholes = [capsule(sender, *readers, unlocks_at=NOW + n % 2 * 10 * DAY) for n in range(10)]
    await persistence.keep_capsules(*wholes)

    async def postpone(whole: Capsule) -> None:
        async with persistence.begin_capsules() as uow:
            found = await uow.capsules.get(whole.id)
            assert found is not None
            saved = await uow.capsules.save(replace(found, unlock=unlocking(NOW + 40 * DAY)))
            await uow.announcements.reset(whole.id, list(announcements(saved, NOW)))
            await uow.commit()

    async def cancel(whole: Capsule) -> None:
        async with persistence.begin_capsules() as uow:
            found = await uow.capsules.get(whole.id)
            assert found is not None
            await uow.capsules.save(replace(found, cancelled_at=NOW))
            await uow.announcements.reset(whole.id, ())
            await uow.commit()

    async def announce() -> Sequence[object]:
        return await sweep(persistence, NOW + DAY, 5)

    shut, ready = wholes[1::2], wholes[::2]
    calls: list[Awaitable[Any]] = [
        *(postpone(one) for one in shut[:3]),
        *(cancel(one) for one in shut[3:]),
        *(opens(persistence, one, reader, NOW + HOUR) for one in ready for reader in readers),
        *(announce() for _ in range(12)),
    ]
    Random(7).shuffle(calls)
    await asyncio.gather(*calls)
    while await announce():
        pass
    waiting = await look(persistence, NOW + 1000 * DAY)
    assert Counter((one.capsule, one.due_at) for one in waiting) == {
        (one.id, NOW + 37 * DAY): len(readers) for one in shut[:3]
    }
    for one in ready:
        assert (await kept(persistence, one)).opened_at == NOW + HOUR
    assert len(await persistence.due()) == len(ready) * len(readers)


async def test_a_capsule_that_is_removed_while_it_is_opened_leaves_nothing(persistence: Persistence) -> None:
    async def remove(whole: Capsule) -> None:
        async with persistence.begin_capsules() as uow:
            found = await uow.capsules.get(whole.id)
            assert found is not None
            await uow.capsules.remove(found)
            await uow.commit()

    async def answer(whole: Capsule, user: UserId) -> None:
        async with persistence.begin_capsules() as uow:
            found = await uow.capsules.get(whole.id)
            if found is not None:
                after = found.opened(user, NOW).replied(user, NOW)
                await uow.capsules.save(after, *after.addressees)
                await uow.replies.add(reply(whole))
                await uow.commit()

    for turn in range(8):
        reader = somebody()
        whole = capsule(somebody(), reader, unlocks_at=NOW)
        await persistence.keep_capsules(whole, content(whole.id))
        calls = remove(whole), answer(whole, reader)
        await asyncio.gather(*(calls if turn % 2 else calls[::-1]))
        reads = persistence.capsule_reads
        assert await reads.capsule(whole.id) is None
        assert await reads.addressee(whole.addressees[0].id) is None
        assert [*await reads.replies(whole.id), *await reads.sealed([whole.id])] == []
