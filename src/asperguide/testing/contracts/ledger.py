"""The law of the ledger: rows are given to one worker at a time, come back when it dies, and are never lost."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from asperguide.shared.ledger import ClaimedJob, Ledger, NewJob
from asperguide.testing.clock import MovableClock
from asperguide.testing.contracts.people import IDS

LEASE = timedelta(seconds=30)
EVER = timedelta(days=10_000)


def job(clock: MovableClock, **fields: Any) -> NewJob:
    """A row that is due now."""
    now = clock.now()
    return replace(NewJob(id=IDS.new(), kind="a.kind", payload="{}", run_at=now, created_at=now), **fields)


async def claim(ledger: Ledger, limit: int = 100, worker: str = "w", queue: str = "default") -> list[ClaimedJob]:
    """Rows that are due, for 30 seconds."""
    return list(await ledger.claim(worker, queue, limit, LEASE))


async def rescue(ledger: Ledger) -> int:
    """Free whatever is over by the clock. How many."""
    return await ledger.rescue(await ledger.lapsed())


async def lose(ledger: Ledger, clock: MovableClock) -> ClaimedJob:
    """A job whose worker hung for so long that another one has it now."""
    await ledger.put([job(clock)])
    (zombie,) = await claim(ledger)
    clock.advance(LEASE * 2)
    assert await rescue(ledger) == 1
    assert len(await claim(ledger, worker="the next")) == 1
    return zombie


class LedgerContract:
    """Give it fixtures `ledger`, empty, and `clock`, which the ledger takes the time from."""

    async def test_a_claimed_row_says_everything_that_was_put(self, ledger: Ledger, clock: MovableClock) -> None:
        new = job(clock, payload='{"name":"Žofie"}', priority=2, max_attempts=3, request_id="r", traceparent="t")
        await ledger.put([new])
        (found,) = await claim(ledger)
        names = ("id", "kind", "payload", "queue", "priority", "run_at", "max_attempts", "request_id", "traceparent")
        assert [getattr(found, name) for name in names] == [getattr(new, name) for name in names]
        assert (found.attempts, found.fence, found.created_at) == (1, 1, new.created_at)

    async def test_nothing_is_put_twice_under_one_id_or_one_live_key(self, ledger: Ledger, clock: MovableClock) -> None:
        one = job(clock, unique_key="k")
        await ledger.put([])
        await ledger.put([one])
        await ledger.put([one, job(clock, unique_key="k"), job(clock, unique_key="K")])
        assert len(await claim(ledger)) == 2

    async def test_a_running_row_still_holds_its_key_and_a_finished_one_only_its_id(
        self, ledger: Ledger, clock: MovableClock
    ) -> None:
        one = job(clock, unique_key="k")
        await ledger.put([one])
        (claimed,) = await claim(ledger)
        await ledger.put([job(clock, unique_key="k")])
        assert await claim(ledger) == []
        assert await ledger.finish(claimed)
        await ledger.put([one])
        assert await claim(ledger) == []
        await ledger.put([job(clock, unique_key="k")])
        assert len(await claim(ledger)) == 1

    async def test_the_lowest_priority_goes_first_then_the_oldest(self, ledger: Ledger, clock: MovableClock) -> None:
        now = clock.now()
        rows = [
            job(clock, priority=priority, run_at=now - timedelta(seconds=age))
            for priority, age in ((0, 1), (0, 5), (-1, 0), (7, 9))
        ]
        await ledger.put(rows)
        first = await claim(ledger, limit=2)
        rest = await claim(ledger)
        assert [row.id for row in first] == [rows[2].id, rows[1].id]
        assert [row.id for row in rest] == [rows[0].id, rows[3].id]

    async def test_a_row_is_not_given_before_it_is_due(self, ledger: Ledger, clock: MovableClock) -> None:
        await ledger.put([job(clock, run_at=clock.now() + timedelta(microseconds=1))])
        assert await claim(ledger) == []
        clock.advance(timedelta(microseconds=1))
        assert len(await claim(ledger)) == 1

    async def test_queues_are_apart(self, ledger: Ledger, clock: MovableClock) -> None:
        await ledger.put([job(clock, queue="slow")])
        assert await claim(ledger) == []
        assert len(await claim(ledger, queue="slow")) == 1

    async def test_many_workers_get_every_row_exactly_once(self, ledger: Ledger, clock: MovableClock) -> None:
        rows = [job(clock) for _ in range(60)]
        await ledger.put(rows)

        async def work(name: str) -> list[ClaimedJob]:
            taken: list[ClaimedJob] = []
            while some := await claim(ledger, limit=4, worker=name):
                taken += some
            return taken

        taken = [each for some in await asyncio.gather(*(work(f"w{n}") for n in range(6))) for each in some]
        # A row that another worker held at that instant is skipped, not waited for.
        taken += await claim(ledger)
        assert sorted(each.id for each in taken) == sorted(row.id for row in rows)

    async def test_a_finished_row_is_over(self, ledger: Ledger, clock: MovableClock) -> None:
        await ledger.put([job(clock)])
        (claimed,) = await claim(ledger)
        assert await ledger.finish(claimed)
        assert not await ledger.finish(claimed)
        assert not await ledger.heartbeat(claimed, LEASE)
        clock.advance(EVER)
        assert await rescue(ledger) == 0
        assert await claim(ledger) == []

    async def test_children_are_put_with_the_end_of_their_parent(self, ledger: Ledger, clock: MovableClock) -> None:
        await ledger.put([job(clock)])
        (parent,) = await claim(ledger)
        children = [job(clock, kind="a.kind#one"), job(clock, kind="a.kind#two")]
        assert await ledger.finish(parent, children)
        assert {child.kind for child in await claim(ledger)} == {"a.kind#one", "a.kind#two"}

    async def test_a_zombie_puts_no_children(self, ledger: Ledger, clock: MovableClock) -> None:
        zombie = await lose(ledger, clock)
        assert not await ledger.finish(zombie, [job(clock, kind="a.kind#one")])
        assert await claim(ledger) == []

    async def test_a_failed_row_comes_back_when_it_is_told_to(self, ledger: Ledger, clock: MovableClock) -> None:
        await ledger.put([job(clock)])
        (claimed,) = await claim(ledger)
        assert await ledger.fail(claimed, "x" * 10_000, clock.now() + timedelta(seconds=9))
        assert await claim(ledger) == []
        clock.advance(timedelta(seconds=9))
        (again,) = await claim(ledger)
        assert (again.id, again.attempts, again.fence) == (claimed.id, 2, 2)

    async def test_a_dead_row_does_not_come_back_and_frees_its_key(self, ledger: Ledger, clock: MovableClock) -> None:
        await ledger.put([job(clock, unique_key="k")])
        (claimed,) = await claim(ledger)
        assert await ledger.fail(claimed, "no use", None)
        clock.advance(EVER)
        assert await rescue(ledger) == 0
        assert await claim(ledger) == []
        await ledger.put([job(clock, unique_key="k")])
        assert len(await claim(ledger)) == 1

    async def test_a_row_handed_back_is_due_at_once_and_has_lost_no_attempt(
        self, ledger: Ledger, clock: MovableClock
    ) -> None:
        await ledger.put([job(clock)])
        (claimed,) = await claim(ledger)
        assert await ledger.hand_back(claimed)
        assert not await ledger.hand_back(claimed)
        (again,) = await claim(ledger)
        assert (again.attempts, again.fence) == (1, 2)

    async def test_the_row_of_a_dead_worker_comes_back_after_the_lease(
        self, ledger: Ledger, clock: MovableClock
    ) -> None:
        await ledger.put([job(clock)])
        (claimed,) = await claim(ledger)
        clock.advance(LEASE)
        assert await rescue(ledger) == 0
        clock.advance(timedelta(microseconds=1))
        assert await rescue(ledger) == 1
        (again,) = await claim(ledger)
        assert (again.id, again.attempts) == (claimed.id, 2)

    async def test_a_row_that_kills_every_worker_is_dead_after_its_attempts(
        self, ledger: Ledger, clock: MovableClock
    ) -> None:
        await ledger.put([job(clock, max_attempts=2)])
        for _ in range(2):
            assert len(await claim(ledger)) == 1
            clock.advance(LEASE * 2)
            assert await rescue(ledger) == 1
        assert await claim(ledger) == []

    async def test_rows_whose_worker_dies_again_come_back_apart(self, ledger: Ledger, clock: MovableClock) -> None:
        await ledger.put([job(clock) for _ in range(10)])
        for _ in range(2):
            assert len(await claim(ledger)) == 10
            clock.advance(LEASE * 2)
            assert await rescue(ledger) == 10
        came = [len(await claim(ledger))]
        for _ in range(40):
            clock.advance(timedelta(seconds=0.1))
            came.append(len(await claim(ledger)))
        assert sum(came) == 10
        assert max(came) <= 5

    async def test_a_heartbeat_holds_the_row(self, ledger: Ledger, clock: MovableClock) -> None:
        await ledger.put([job(clock)])
        (claimed,) = await claim(ledger)
        for progress in (None, 50, 100):
            clock.advance(LEASE * 0.9)
            assert await ledger.heartbeat(claimed, LEASE, progress)
            assert await rescue(ledger) == 0

    async def test_whatever_a_zombie_says_is_refused(self, ledger: Ledger, clock: MovableClock) -> None:
        zombie = await lose(ledger, clock)
        assert not await ledger.finish(zombie)
        assert not await ledger.heartbeat(zombie, LEASE)
        assert not await ledger.fail(zombie, "late", clock.now())
        assert not await ledger.fail(zombie, "late", None)
        assert not await ledger.hand_back(zombie)
        assert await claim(ledger) == []

    async def test_of_many_ends_at_once_each_is_told_of_its_own_row(self, ledger: Ledger, clock: MovableClock) -> None:
        zombie = await lose(ledger, clock)
        await ledger.put([job(clock) for _ in range(9)])
        mine = await claim(ledger)
        stranger = replace(mine[0], id=IDS.new())
        answers = await asyncio.gather(*map(ledger.finish, [*mine, zombie, stranger, mine[0]]))
        assert answers == [True] * 9 + [False] * 3
        clock.advance(LEASE * 2)
        assert await rescue(ledger) == 1  # the zombie's, which the next worker let go too

    async def test_many_rows_are_handed_back_at_once(self, ledger: Ledger, clock: MovableClock) -> None:
        zombie = await lose(ledger, clock)
        await ledger.put([job(clock) for _ in range(9)])
        mine = await claim(ledger)
        assert await asyncio.gather(*map(ledger.hand_back, [*mine, zombie])) == [True] * 9 + [False]
        assert {(row.attempts, row.fence) for row in await claim(ledger)} == {(1, 2)}

    async def test_a_lease_that_changed_since_it_looked_over_is_left_alone(
        self, ledger: Ledger, clock: MovableClock
    ) -> None:
        await ledger.put([job(clock), job(clock)])
        alive, dead = await claim(ledger)
        clock.advance(LEASE * 2)
        lapses = await ledger.lapsed()
        assert {lapse.id for lapse in lapses} == {alive.id, dead.id}
        assert await ledger.heartbeat(alive, LEASE)
        assert await ledger.rescue(lapses) == 1
        assert await ledger.rescue(lapses) == 0
        assert [row.id for row in await claim(ledger)] == [dead.id]
        assert await ledger.finish(alive)

    async def test_a_lease_that_no_right_clock_gave_looks_over_too(self, ledger: Ledger, clock: MovableClock) -> None:
        await ledger.put([job(clock)])
        assert len(await claim(ledger)) == 1
        assert list(await ledger.lapsed(LEASE)) == []
        clock.advance(timedelta(hours=-1))
        assert list(await ledger.lapsed()) == []
        assert len(lapses := await ledger.lapsed(LEASE)) == 1
        assert await ledger.rescue(lapses) == 1

    async def test_every_due_row_of_a_priority_goes_before_the_next_and_rows_to_come_hide_none(
        self, ledger: Ledger, clock: MovableClock
    ) -> None:
        now, later = clock.now(), clock.now() + timedelta(hours=1)
        rows = [job(clock, priority=priority, run_at=now - timedelta(seconds=3)) for priority in (-5, 3, 3, 2**31 - 1)]
        delayed = [job(clock, priority=priority, run_at=later) for priority in (-(2**31), -5, 0, 3)]
        await ledger.put([*delayed, *reversed(rows)])
        found = [*await claim(ledger, limit=2), *await claim(ledger, limit=0), *await claim(ledger, limit=9)]
        assert [row.priority for row in found] == [-5, 3, 3, 2**31 - 1]

    async def test_who_holds_several_rows_can_ask_which_are_still_theirs(
        self, ledger: Ledger, clock: MovableClock
    ) -> None:
        zombie = await lose(ledger, clock)
        await ledger.put([job(clock) for _ in range(5)])
        mine = await claim(ledger)
        assert await ledger.finish(mine[0])
        assert await ledger.hand_back(mine[1])
        (again,) = await claim(ledger)
        assert again.id == mine[1].id
        stranger = replace(mine[2], id=IDS.new())
        assert await ledger.held([*mine, zombie, stranger]) == {each.id for each in mine[2:]}
        assert await ledger.held([again]) == {again.id}
        assert await ledger.held([]) == set()

    async def test_pruning_forgets_history_and_nothing_else(self, ledger: Ledger, clock: MovableClock) -> None:
        rows = [job(clock, kind=kind) for kind in ("done", "dead", "running", "waiting")]
        await ledger.put(rows[:3])
        done, dead, _ = sorted(await claim(ledger), key=lambda row: ["done", "dead", "running"].index(row.kind))
        await ledger.put(rows[3:])
        await ledger.finish(done)
        await ledger.fail(dead, "why", None)
        assert await ledger.prune(clock.now()) == 0
        clock.advance(timedelta(days=1))
        assert await ledger.prune(clock.now(), limit=0) == 0
        assert await ledger.prune(clock.now()) == 1
        await ledger.put(rows)
        assert sorted(row.kind for row in await claim(ledger)) == ["done", "waiting"]

    async def test_progress_is_kept_by_the_ledger(self, ledger: Ledger, clock: MovableClock) -> None:
        for progress in (0, 100):
            await ledger.put([job(clock)])
            (claimed,) = await claim(ledger)
            assert await ledger.heartbeat(claimed, LEASE, progress)
            assert await ledger.finish(claimed)
