"""The law of operating the ledger: what is seen of it, and that interventions and workers do not undo each other."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from asperguide.identity.audit import SecurityEventKind
from asperguide.operations.errors import JobKeyTaken
from asperguide.operations.model import DeedKind, Job, Queue, deed
from asperguide.operations.ports import OperationsUnitOfWork
from asperguide.shared.actor import OPERATOR, Origin, UserId
from asperguide.shared.errors import InvalidFields
from asperguide.shared.ledger import ClaimedJob, JobState, NewJob
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.ledger import LEASE, job
from asperguide.testing.contracts.people import HOUR, IDS
from asperguide.testing.contracts.persistence import Persistence

BOSS = UserId(IDS.new())
OVER = (JobState.DONE, JobState.CANCELLED, JobState.DEAD)


async def intervene(persistence: Persistence, work: Callable[[OperationsUnitOfWork], Awaitable[Any]]) -> Any:
    """What the work gives, in one committed unit of work."""
    async with persistence.begin_operations() as uow:
        result = await work(uow)
        await uow.commit()
    return result


async def retry(persistence: Persistence, id: UUID) -> bool:
    return bool(await intervene(persistence, lambda uow: uow.jobs.retry(id, persistence.clock.now())))


async def cancel(persistence: Persistence, id: UUID) -> bool:
    return bool(await intervene(persistence, lambda uow: uow.jobs.cancel(id, persistence.clock.now())))


async def pause(persistence: Persistence, queue: str = "default") -> None:
    await intervene(persistence, lambda uow: uow.jobs.pause(queue, BOSS, persistence.clock.now()))


async def resume(persistence: Persistence, queue: str = "default") -> None:
    await intervene(persistence, lambda uow: uow.jobs.resume(queue))


async def put(persistence: Persistence, **fields: Any) -> NewJob:
    """A job that waits."""
    new = job(persistence.clock, **fields)
    await persistence.ledger.put([new])
    return new


async def running(persistence: Persistence, **fields: Any) -> ClaimedJob:
    """A job that a worker has."""
    new = await put(persistence, **fields)
    (claimed,) = [found for found in await persistence.due(LEASE) if found.id == new.id]
    return claimed


async def dead(persistence: Persistence, **fields: Any) -> ClaimedJob:
    """A job that was given up."""
    claimed = await running(persistence, **fields)
    assert await persistence.ledger.fail(claimed, "OSError: the sky fell", None)
    return claimed


async def one_of_each(persistence: Persistence) -> dict[JobState, UUID]:
    """A job in each state, by it."""
    done, cancelled = await running(persistence), await running(persistence)
    await persistence.ledger.finish(done)
    assert await cancel(persistence, cancelled.id)
    gone = await dead(persistence)
    held = await running(persistence)
    waiting = await put(persistence)
    return {
        JobState.DONE: done.id, JobState.CANCELLED: cancelled.id, JobState.DEAD: gone.id,
        JobState.RUNNING: held.id, JobState.WAITING: waiting.id,
    }  # fmt: skip


async def everything(persistence: Persistence, limit: int = 100, **wanted: Any) -> list[Job]:
    """All pages of the list."""
    items: list[Job] = []
    cursor = None
    while True:
        page = await persistence.jobs.list(PageRequest(cursor=cursor, limit=limit, **wanted))
        items += page.items
        assert len(items) <= 1000, "pages repeat themselves"
        if (cursor := page.next_cursor) is None:
            return items


async def state_of(persistence: Persistence, id: UUID) -> JobState:
    found = await persistence.jobs.get(id)
    assert found is not None
    return found.state


class JobBoardContract:
    """Give it a fixture `persistence`, empty."""

    async def test_a_job_is_shown_with_all_that_is_known_of_it(self, persistence: Persistence) -> None:
        now = persistence.clock.now()
        new = await put(
            persistence, payload='{"name":"Žofie"}', priority=2, max_attempts=3, request_id="r", traceparent="t",
            unique_key="k",
        )  # fmt: skip
        (claimed,) = await persistence.due(LEASE)
        assert await persistence.ledger.heartbeat(claimed, LEASE, 40)
        found = await persistence.jobs.get(new.id)
        assert found is not None
        names = ("id", "kind", "payload", "queue", "priority", "max_attempts", "request_id", "traceparent", "run_at",
                 "created_at", "unique_key")  # fmt: skip
        assert [getattr(found, name) for name in names] == [getattr(new, name) for name in names]
        assert (found.state, found.attempts, found.progress, found.worker) == (JobState.RUNNING, 1, 40, "a worker")
        assert (found.leased_until, found.error, found.finished_at) == (now + LEASE, None, None)
        assert await persistence.jobs.get(IDS.new()) is None

    async def test_a_job_of_somebody_says_whose_it_is_what_will_be_there_and_why_it_is_not(
        self, persistence: Persistence
    ) -> None:
        claimed = await running(persistence, owner=BOSS, result="/api/v1/things/Žofie")
        assert claimed.owner == BOSS
        assert await persistence.ledger.fail(claimed, "OSError: x", None, "The film is too long. " * 50)
        found = await persistence.jobs.get(claimed.id)
        assert found is not None
        assert (found.owner, found.result) == (BOSS, "/api/v1/things/Žofie")
        assert found.failure == ("The film is too long. " * 50)[:500]
        assert await retry(persistence, claimed.id)
        found = await persistence.jobs.get(claimed.id)
        assert found is not None
        assert (found.owner, found.failure, found.error) == (BOSS, None, "OSError: x")

    async def test_everybody_lists_their_own_jobs_by_pages_and_states(self, persistence: Persistence) -> None:
        start, other = persistence.clock.now(), UserId(IDS.new())
        mine = [await put(persistence, owner=BOSS, created_at=start + n * HOUR) for n in range(5)]
        for owner in (other, None):
            await put(persistence, owner=owner, kind="another")
        (gone,) = [one for one in await persistence.due() if one.id == mine[0].id]
        assert await persistence.ledger.fail(gone, "why", None)
        assert await cancel(persistence, mine[1].id)

        async def listed(**wanted: Any) -> list[UUID]:
            ids: list[UUID] = []
            cursor = None
            while True:
                page = await persistence.jobs.of(BOSS, PageRequest(limit=2, cursor=cursor, count=True, **wanted))
                ids += [one.id for one in page.items]
                if (cursor := page.next_cursor) is None:
                    assert page.total == len(ids)
                    return ids

        assert await listed() == [one.id for one in reversed(mine)]
        assert await listed(sort="created_at") == [one.id for one in mine]
        assert await listed(filters={"state": "failed"}) == [mine[0].id]
        assert await listed(filters={"state": "cancelled"}) == [mine[1].id]
        assert await listed(filters={"kind": "another"}) == []
        for unknown in ({"state": "dead"}, {"queue": "default"}):
            with raises(InvalidFields):
                await listed(filters=unknown)

    async def test_a_job_that_was_given_up_says_why_and_when(self, persistence: Persistence) -> None:
        gone = await dead(persistence)
        found = await persistence.jobs.get(gone.id)
        assert found is not None
        assert (found.state, found.error) == (JobState.DEAD, "OSError: the sky fell")
        assert (found.finished_at, found.leased_until) == (persistence.clock.now(), None)

    async def test_jobs_come_newest_first_page_by_page_while_others_are_put(self, persistence: Persistence) -> None:
        start = persistence.clock.now()
        new = [job(persistence.clock, created_at=start + (n // 5) * HOUR) for n in range(60)]
        await persistence.ledger.put(new)
        ids = [each.id for each in sorted(new, key=lambda each: (each.created_at, each.id), reverse=True)]
        assert [each.id for each in await everything(persistence, limit=7)] == ids
        assert [each.id for each in await everything(persistence, limit=7, sort="created_at")] == ids[::-1]
        first = await persistence.jobs.list(PageRequest(limit=20))
        await put(persistence, created_at=start + 100 * HOUR)
        second = await persistence.jobs.list(PageRequest(limit=20, cursor=first.next_cursor, count=True))
        assert ([each.id for each in second.items], second.total) == (ids[20:40], 61)

    async def test_jobs_are_filtered_by_state_queue_and_kind(self, persistence: Persistence) -> None:
        each = await one_of_each(persistence)
        await put(persistence, queue="slow", kind="identity.user-registered#send_verification")
        for state, id in each.items():
            assert [
                found.id for found in await everything(persistence, filters={"state": state, "queue": "default"})
            ] == [id]
        assert len(await everything(persistence, filters={"state": "waiting"})) == 2
        assert [found.queue for found in await everything(persistence, filters={"queue": "slow"})] == ["slow"]
        kind = "identity.user-registered#send_verification"
        assert [found.kind for found in await everything(persistence, filters={"kind": kind})] == [kind]
        assert await everything(persistence, filters={"queue": "Slow"}) == []

    async def test_the_list_of_jobs_refuses_what_it_does_not_know(self, persistence: Persistence) -> None:
        for wanted in (
            PageRequest(sort="run_at"),
            PageRequest(filters={"state": "lost"}),
            PageRequest(filters={"x": "y"}),
        ):
            with raises(InvalidFields):
                await persistence.jobs.list(wanted)

    async def test_a_retried_job_is_due_at_once_with_all_its_attempts(self, persistence: Persistence) -> None:
        gone = await dead(persistence, max_attempts=1)
        persistence.clock.advance(HOUR)
        assert await retry(persistence, gone.id)
        found = await persistence.jobs.get(gone.id)
        assert found is not None
        assert (found.state, found.run_at, found.attempts) == (JobState.WAITING, persistence.clock.now(), 0)
        assert (found.error, found.finished_at) == ("OSError: the sky fell", None)
        (again,) = await persistence.due()
        assert (again.id, again.attempts) == (gone.id, 1)
        assert not await persistence.ledger.finish(gone)
        assert await persistence.ledger.finish(again)

    async def test_a_retried_job_has_its_key_again(self, persistence: Persistence) -> None:
        gone, ended = await dead(persistence, unique_key="dead"), await put(persistence, unique_key="ended")
        assert await cancel(persistence, ended.id)
        for id, key in ((gone.id, "dead"), (ended.id, "ended")):
            assert await retry(persistence, id)
            found = await persistence.jobs.get(id)
            assert found is not None
            assert found.unique_key == key
            assert await retry(persistence, id), "a job that waits is in nobody's way"
            await put(persistence, unique_key=key)
        assert {found.id for found in await persistence.due()} == {gone.id, ended.id}

    async def test_a_job_is_not_retried_while_another_has_its_key(self, persistence: Persistence) -> None:
        gone = await dead(persistence, unique_key="k")
        other = await running(persistence, unique_key="k")
        with raises(JobKeyTaken):
            await retry(persistence, gone.id)
        assert await state_of(persistence, gone.id) is JobState.DEAD
        assert await persistence.ledger.finish(other)
        assert await retry(persistence, gone.id)
        assert [found.id for found in await persistence.due()] == [gone.id]

    async def test_only_what_waits_is_dead_or_was_cancelled_is_retried(self, persistence: Persistence) -> None:
        each = await one_of_each(persistence)
        later = await put(persistence, run_at=persistence.clock.now() + HOUR)
        allowed = {state for state, id in each.items() if await retry(persistence, id)}
        assert allowed == {JobState.WAITING, JobState.DEAD, JobState.CANCELLED}
        assert await state_of(persistence, each[JobState.RUNNING]) is JobState.RUNNING
        assert await state_of(persistence, each[JobState.DONE]) is JobState.DONE
        assert await retry(persistence, later.id)
        assert not await retry(persistence, IDS.new())
        assert len(await persistence.due()) == 4

    async def test_a_cancelled_job_is_not_given_out_and_frees_its_key(self, persistence: Persistence) -> None:
        waiting = await put(persistence, unique_key="k")
        assert await cancel(persistence, waiting.id)
        assert not await cancel(persistence, waiting.id)
        assert await persistence.due() == []
        found = await persistence.jobs.get(waiting.id)
        assert found is not None
        assert (found.state, found.finished_at) == (JobState.CANCELLED, persistence.clock.now())
        await put(persistence, unique_key="k")
        assert len(await persistence.due()) == 1

    async def test_whoever_runs_a_cancelled_job_has_lost_it(self, persistence: Persistence) -> None:
        held = await running(persistence)
        assert await cancel(persistence, held.id)
        assert not await persistence.ledger.heartbeat(held, LEASE)
        assert not await persistence.ledger.finish(held)
        assert not await persistence.ledger.fail(held, "late", persistence.clock.now())
        assert not await persistence.ledger.hand_back(held)
        found = await persistence.jobs.get(held.id)
        assert found is not None
        assert (found.state, found.leased_until) == (JobState.CANCELLED, None)

    async def test_a_job_retried_after_its_cancellation_is_not_given_to_two(self, persistence: Persistence) -> None:
        held = await running(persistence)
        assert await cancel(persistence, held.id)
        assert await retry(persistence, held.id)
        (again,) = await persistence.due()
        assert not await persistence.ledger.heartbeat(held, LEASE)
        assert not await persistence.ledger.finish(held)
        assert await persistence.ledger.finish(again)

    async def test_only_what_waits_or_runs_is_cancelled(self, persistence: Persistence) -> None:
        each = await one_of_each(persistence)
        assert {state for state, id in each.items() if await cancel(persistence, id)} == {
            JobState.WAITING, JobState.RUNNING,
        }  # fmt: skip
        assert not await cancel(persistence, IDS.new())

    async def test_a_job_is_either_cancelled_or_given_out(self, persistence: Persistence) -> None:
        new = [await put(persistence) for _ in range(12)]

        async def take() -> list[UUID]:
            return [found.id for found in await persistence.ledger.claim("w", "default", 3, LEASE)]

        async def end(id: UUID) -> bool:
            async with persistence.begin_operations() as uow:
                if not (done := await uow.jobs.cancel(id, persistence.clock.now())):
                    return False
                await uow.commit()
            return done

        taken, _ = await asyncio.gather(
            asyncio.gather(*(take() for _ in range(3))), asyncio.gather(*(end(each.id) for each in new))
        )
        states = {each.id: await state_of(persistence, each.id) for each in new}
        assert set(states.values()) == {JobState.CANCELLED}
        assert len({id for some in taken for id in some}) == sum(map(len, taken))
        assert await persistence.due() == []

    async def test_a_paused_queue_gives_out_nothing_until_it_is_resumed(self, persistence: Persistence) -> None:
        held = await running(persistence)
        await pause(persistence)
        await put(persistence)
        await put(persistence, queue="slow")
        assert await persistence.due() == []
        assert len(await persistence.ledger.claim("w", "slow", 9, LEASE)) == 1
        assert await persistence.ledger.heartbeat(held, LEASE)
        assert await persistence.ledger.finish(held)
        await resume(persistence)
        assert len(await persistence.due()) == 1

    async def test_a_queue_paused_twice_is_resumed_once(self, persistence: Persistence) -> None:
        since = persistence.clock.now()
        await pause(persistence, "empty.queue")
        persistence.clock.advance(HOUR)
        await pause(persistence, "empty.queue")
        assert list(await persistence.jobs.queues(persistence.clock.now())) == [
            Queue(name="empty.queue", paused_at=since, paused_by=BOSS)
        ]
        await resume(persistence, "empty.queue")
        await resume(persistence, "empty.queue")
        assert list(await persistence.jobs.queues(persistence.clock.now())) == []

    async def test_an_abandoned_intervention_leaves_no_trace(self, persistence: Persistence) -> None:
        gone, waiting = await dead(persistence), await put(persistence)
        now = persistence.clock.now()
        async with persistence.begin_operations() as uow:
            assert await uow.jobs.retry(gone.id, now)
            assert await uow.jobs.cancel(waiting.id, now)
            assert await uow.jobs.prune(OVER, now + HOUR, 10) <= 1
            await uow.jobs.pause("default", BOSS, now)
            await uow.audit.add(deed(IDS.new(), DeedKind.JOB_RETRIED, gone.id, OPERATOR, Origin(), now))
        assert await state_of(persistence, gone.id) is JobState.DEAD
        assert [found.id for found in await persistence.due()] == [waiting.id]
        assert (await persistence.reads.events(PageRequest())).items == ()

    async def test_queues_tell_how_full_they_are(self, persistence: Persistence) -> None:
        start = persistence.clock.now()
        await one_of_each(persistence)
        await put(persistence, run_at=start - HOUR)
        await put(persistence, run_at=start + 2 * HOUR)
        await put(persistence, queue="slow", run_at=start + HOUR)
        await pause(persistence, "slow")
        assert list(await persistence.jobs.queues(start)) == [
            Queue(name="default", waiting=3, due=2, running=1, dead=1, oldest_due_at=start - HOUR),
            Queue(name="slow", waiting=1, paused_at=start, paused_by=BOSS),
        ]
        slow = (await persistence.jobs.queues(start + HOUR))[1]
        assert (slow.due, slow.oldest_due_at) == (1, start + HOUR)

    async def test_a_queue_of_finished_jobs_is_empty_and_still_there(self, persistence: Persistence) -> None:
        await persistence.ledger.finish(await running(persistence))
        assert list(await persistence.jobs.queues(persistence.clock.now())) == [Queue(name="default")]

    async def test_operators_forget_what_is_over_and_nothing_else(self, persistence: Persistence) -> None:
        each = await one_of_each(persistence)
        now = persistence.clock.now()

        async def forget(*states: JobState, before: timedelta = timedelta(seconds=1), limit: int = 100) -> int:
            return int(await intervene(persistence, lambda uow: uow.jobs.prune(states, now + before, limit)))

        assert await forget(*OVER, before=timedelta()) == 0
        assert await forget(*JobState, limit=0) == 0
        assert await forget(JobState.WAITING, JobState.RUNNING) == 0
        assert await forget(JobState.DEAD) == 1
        assert await persistence.jobs.get(each[JobState.DEAD]) is None
        assert await forget(*JobState, limit=1) == 1
        assert await forget(*JobState) == 1
        left = {found.state for found in await everything(persistence)}
        assert left == {JobState.WAITING, JobState.RUNNING}

    async def test_deeds_are_lines_of_the_security_log(self, persistence: Persistence) -> None:
        now, origin = persistence.clock.now(), Origin(address="2001:db8::1", user_agent="curl")
        for number, kind in enumerate(DeedKind):
            line = deed(IDS.new(), kind, "x" * 300, OPERATOR, origin, now + number * HOUR)
            await intervene(persistence, lambda uow, line=line: uow.audit.add(line))  # type: ignore[misc]
        found = (await persistence.reads.events(PageRequest(sort="at"))).items
        assert [event.kind for event in found] == [SecurityEventKind(kind.value) for kind in DeedKind]
        assert {(event.user, event.by, event.detail) for event in found} == {(None, OPERATOR.user, "x" * 200)}
        assert {(event.address, event.user_agent) for event in found} == {("2001:db8::1", "curl")}
