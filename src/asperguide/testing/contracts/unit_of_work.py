"""The law of units of work: all or nothing, true to others, and gone without a trace however they end."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from asperguide.adapters.jobs.holding import InHand
from asperguide.identity.errors import UsernameTaken
from asperguide.identity.ports import user_key
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ledger import ClaimedJob, LeaseLost, Work, at_work, kind_of
from asperguide.shared.ports import JobOptions, Message
from asperguide.shared.tracing import Trace, trace
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.ledger import LEASE, job, lose, rescue
from asperguide.testing.contracts.people import credential, person
from asperguide.testing.contracts.persistence import Persistence


class Written(Message, frozen=True):
    """What is announced here."""

    user: UUID


@contextlib.contextmanager
def working_on(job: ClaimedJob) -> Iterator[Work]:
    """What a worker tells whatever it runs for the job."""
    work = InHand(job=job)
    token = at_work.set(work)
    yield work
    at_work.reset(token)


class UnitOfWorkContract:
    """Give it a fixture `persistence`: a `Persistence` that is empty."""

    async def test_what_was_committed_is_there(self, persistence: Persistence) -> None:
        written = person(full_name="a ")
        await persistence.keep(written)
        assert await persistence.user(written.id) == written

    async def test_a_unit_of_work_sees_its_own_changes(self, persistence: Persistence) -> None:
        written = person()
        async with persistence.begin() as uow:
            await uow.users.add(written, credential(written))
            assert await uow.users.get(written.id) == written

    async def test_without_commit_there_is_no_trace(self, persistence: Persistence) -> None:
        written = person()
        async with persistence.begin() as uow:
            await uow.users.add(written, credential(written))
            uow.announce(Written(user=written.id))
        assert await persistence.user(written.id) is None
        assert await persistence.due() == []
        assert persistence.doorbell.rings == 0

    async def test_an_error_leaves_no_trace_and_passes_through(self, persistence: Persistence) -> None:
        written = person()
        with raises(ZeroDivisionError):
            async with persistence.begin() as uow:
                await uow.users.add(written, credential(written))
                uow.announce(Written(user=written.id))
                raise ZeroDivisionError
        assert await persistence.user(written.id) is None
        assert await persistence.due() == []

    async def test_a_commit_followed_by_an_error_stays(self, persistence: Persistence) -> None:
        written = person()
        with raises(ZeroDivisionError):
            async with persistence.begin() as uow:
                await uow.users.add(written, credential(written))
                await uow.commit()
                raise ZeroDivisionError
        assert await persistence.user(written.id) == written

    async def test_it_is_over_after_the_commit(self, persistence: Persistence) -> None:
        async with persistence.begin() as uow:
            await uow.commit()
            with raises(RuntimeError):
                await uow.users.get(person().id)
            with raises(RuntimeError):
                await uow.commit()

    async def test_entities_are_not_shared_with_the_store(self, persistence: Persistence) -> None:
        written = person()
        await persistence.keep(written)
        first, second = await persistence.user(written.id), await persistence.user(written.id)
        assert first == second == written
        assert first is not written
        assert first is not second

    async def test_announced_messages_become_jobs_in_their_order_with_the_trace_of_the_call(
        self, persistence: Persistence
    ) -> None:
        token = trace.set(Trace(request_id="a request", traceparent="00-1-2-01"))
        one, two = person("one"), person("two")
        async with persistence.begin() as uow:
            for written in (one, two):
                uow.announce(Written(user=written.id))
                persistence.clock.advance(timedelta(microseconds=1))
            await uow.commit()
        trace.reset(token)
        jobs = await persistence.due()
        assert [job.payload for job in jobs] == [f'{{"user":"{one.id}"}}', f'{{"user":"{two.id}"}}']
        assert {job.kind for job in jobs} == {kind_of(Written)} == {"testing.written"}
        assert {(job.request_id, job.traceparent) for job in jobs} == {("a request", "00-1-2-01")}

    async def test_options_of_a_message_are_kept(self, persistence: Persistence) -> None:
        later = persistence.clock.now() + timedelta(hours=1)
        options = JobOptions(queue="slow", run_at=later, priority=-3, max_attempts=2)
        async with persistence.begin() as uow:
            uow.announce(Written(user=person().id), options)
            await uow.commit()
        lease = timedelta(seconds=1)
        assert await persistence.ledger.claim("w", "slow", 10, lease) in ([], ())
        persistence.clock.advance(timedelta(hours=1))
        assert await persistence.ledger.claim("w", "default", 10, lease) in ([], ())
        (job,) = await persistence.ledger.claim("w", "slow", 10, lease)
        assert (job.run_at, job.priority, job.max_attempts, job.queue) == (later, -3, 2, "slow")

    async def test_a_live_unique_key_makes_one_job_and_fails_nothing(self, persistence: Persistence) -> None:
        options = JobOptions(unique_key="once ")
        for _ in range(2):
            async with persistence.begin() as uow:
                uow.announce(Written(user=person().id), options)
                uow.announce(Written(user=person().id), options)
                uow.announce(Written(user=person().id), JobOptions(unique_key="once"))
                await uow.commit()
        jobs = await persistence.due()
        assert len(jobs) == 2
        for found in jobs:
            assert await persistence.ledger.finish(found)
        async with persistence.begin() as uow:
            uow.announce(Written(user=person().id), options)
            await uow.commit()
        assert len(await persistence.due()) == 1

    async def test_a_key_that_is_unique_for_a_period_makes_one_job_in_it_whatever_became_of_that(
        self, persistence: Persistence
    ) -> None:
        options = JobOptions(unique_key="weekly report", unique_for=timedelta(hours=1))
        persistence.clock.set(persistence.clock.now().replace(minute=0, second=0, microsecond=0))

        async def ask(options: JobOptions = options) -> None:
            async with persistence.begin() as uow:
                uow.announce(Written(user=person().id), options)
                await uow.commit()

        await asyncio.gather(*(ask() for _ in range(8)))
        (done,) = await persistence.due()
        assert await persistence.ledger.finish(done)
        persistence.clock.advance(timedelta(minutes=59, seconds=59))
        await asyncio.gather(*(ask() for _ in range(8)))
        assert await persistence.due() == []
        await ask(replace(options, unique_key="another"))
        assert len(await persistence.due()) == 1
        persistence.clock.advance(timedelta(seconds=1))
        await ask()
        (waiting,) = await persistence.due()
        persistence.clock.advance(timedelta(hours=1))
        await ask()
        assert await persistence.due() == []  # the one of the hour before is still alive
        assert await persistence.ledger.fail(waiting, "no use", None)
        await ask()
        assert len(await persistence.due()) == 1
        for nonsense in ({"unique_key": None}, {"unique_for": timedelta()}):
            with raises(ValueError):
                replace(options, **nonsense)

    async def test_who_announces_is_told_the_id_of_the_job_and_of_the_one_that_has_its_key(
        self, persistence: Persistence
    ) -> None:
        async with persistence.begin() as uow:
            plain = uow.announce(Written(user=person().id))
            keyed = uow.announce(Written(user=person().id), JobOptions(unique_key="k"))
            await uow.commit()
        assert {found.id for found in await persistence.due()} == {plain, keyed}
        async with persistence.begin() as uow:
            assert await uow.live_job("k") == keyed
            assert await uow.live_job("K") is None
            assert uow.announce(Written(user=person().id), JobOptions(unique_key="k")) != keyed
            await uow.commit()
        assert await persistence.due() == []

    async def test_an_owner_is_never_told_of_a_job_that_is_not_there(self, persistence: Persistence) -> None:
        mine, written = person(), person("written", "written@example.org")
        owned = JobOptions(unique_key="k", owner=mine.id, result="/api/v1/things/7")

        async def ask(options: JobOptions = owned, times: int = 1) -> UUID:
            async with persistence.begin() as uow:
                ids = [uow.announce(Written(user=mine.id), options) for _ in range(times)]
                await uow.commit()
            return ids[-1]

        with raises(EditedMeanwhile):
            await ask(times=2)
        assert await persistence.due() == []
        found = await asyncio.gather(*(ask() for _ in range(8)), return_exceptions=True)
        (id,) = [one for one in found if isinstance(one, UUID)]
        assert {type(one) for one in found if one != id} == {EditedMeanwhile}
        with raises(EditedMeanwhile):
            async with persistence.begin() as uow:
                await uow.users.add(written, credential(written))
                uow.announce(Written(user=mine.id), owned)
                await uow.commit()
        assert await persistence.user(written.id) is None
        (claimed,) = await persistence.due()
        assert (claimed.id, claimed.owner) == (id, mine.id)
        assert await persistence.ledger.finish(claimed)
        daily = replace(owned, unique_for=timedelta(days=1))
        assert await ask(daily) == await ask(daily)

    async def test_after_the_commit_and_only_then_caches_are_purged_and_the_bell_rings(
        self, persistence: Persistence
    ) -> None:
        written = person()
        await persistence.keep(written)
        assert (persistence.purges.told, persistence.doorbell.rings) == ([], 0)
        async with persistence.begin() as uow:
            saved = await uow.users.save(written)
            await uow.users.save(saved)
            uow.announce(Written(user=written.id))
            assert (persistence.purges.told, persistence.doorbell.rings) == ([], 0)
            await uow.commit()
            assert (persistence.purges.told, persistence.doorbell.rings) == ([{user_key(written.id): 3}], 1)

    async def test_a_purge_that_was_not_committed_does_not_happen(self, persistence: Persistence) -> None:
        written = person()
        await persistence.keep(written)
        async with persistence.begin() as uow:
            await uow.users.save(written)
        assert persistence.purges.told == []

    async def test_a_stale_version_is_refused(self, persistence: Persistence) -> None:
        old = person()
        await persistence.keep(old)
        async with persistence.begin() as uow:
            new = await uow.users.save(replace(old, full_name="new"))
            await uow.commit()
        with raises(EditedMeanwhile):
            async with persistence.begin() as uow:
                await uow.users.save(replace(old, full_name="stale"))
                await uow.commit()
        assert await persistence.user(old.id) == new == replace(old, full_name="new", version=2)

    async def test_of_twenty_writers_with_the_same_version_one_wins(self, persistence: Persistence) -> None:
        old = person()
        await persistence.keep(old)

        async def edit(text: str) -> str:
            async with persistence.begin() as uow:
                await uow.users.save(replace(old, full_name=text))
                await uow.commit()
            return text

        results = await asyncio.gather(*(edit(str(n)) for n in range(20)), return_exceptions=True)
        (winner,) = [result for result in results if isinstance(result, str)]
        assert {type(result) for result in results} == {str, EditedMeanwhile}
        found = await persistence.user(old.id)
        assert found is not None
        assert (found.full_name, found.version) == (winner, 2)

    async def test_of_ten_accounts_with_the_same_username_one_is_kept(self, persistence: Persistence) -> None:
        rivals = [person("same", f"{number}@example.org") for number in range(10)]
        results = await asyncio.gather(*map(persistence.keep, rivals), return_exceptions=True)
        assert [type(result) for result in results].count(UsernameTaken) == 9
        assert results.count(None) == 1

    async def test_a_taken_username_leaves_the_unit_of_work_usable(self, persistence: Persistence) -> None:
        free, taken, rival = person("free"), person("taken"), person("taken", "another@example.org")
        async with persistence.begin() as uow:
            await uow.users.add(taken, credential(taken))
            with raises(UsernameTaken):
                await uow.users.add(rival, credential(rival))
            await uow.users.add(free, credential(free))
            await uow.commit()
        assert await persistence.user(free.id) == free

    async def test_forty_writers_at_once_all_get_their_turn(self, persistence: Persistence) -> None:
        people = [person(f"person{n}") for n in range(40)]
        await asyncio.gather(*(persistence.keep(each, announcing=[Written(user=each.id)]) for each in people))
        assert [await persistence.user(each.id) for each in people] == people
        assert len(await persistence.due()) == 40

    async def test_cancelled_while_waiting_for_others_it_has_done_nothing(self, persistence: Persistence) -> None:
        first, second, third = person("first"), person("first", "second@example.org"), person("third")
        async with persistence.begin() as uow:
            await uow.users.add(first, credential(first))
            waiting = asyncio.create_task(persistence.keep(second))
            with raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(waiting), 0.1)
            waiting.cancel()
            with raises(asyncio.CancelledError):
                await waiting
            await uow.commit()
        await asyncio.wait_for(persistence.keep(third), 4)
        assert await persistence.user(first.id) == first
        assert await persistence.user(second.id) is None

    async def test_a_job_is_done_if_and_only_if_its_effect_is_committed(self, persistence: Persistence) -> None:
        await persistence.ledger.put([job(persistence.clock, unique_key="k")])
        (claimed,) = await persistence.due()
        with working_on(claimed) as work:
            async with persistence.begin() as uow:
                uow.complete(claimed.id)
            assert await persistence.ledger.heartbeat(claimed, LEASE)
            seen, written = [work.ending], person()
            async with persistence.begin() as uow:
                await uow.users.add(written, credential(written))
                uow.announce(Written(user=written.id), JobOptions(queue="effects"))
                uow.complete(claimed.id)
                await uow.commit()
            assert [*seen, work.ending] == [False, True]
        assert await persistence.user(written.id) == written
        assert len(await persistence.ledger.claim("w", "effects", 10, LEASE)) == 1
        assert not await persistence.ledger.heartbeat(claimed, LEASE)
        assert not await persistence.ledger.finish(claimed)
        assert not await persistence.ledger.fail(claimed, "late", persistence.clock.now())
        persistence.clock.advance(LEASE * 2)
        assert await rescue(persistence.ledger) == 1  # that of the message
        assert await persistence.due() == []

    async def test_the_effect_of_a_job_that_somebody_else_has_is_undone(self, persistence: Persistence) -> None:
        zombie, written = await lose(persistence.ledger, persistence.clock), person()
        with working_on(zombie) as work, raises(LeaseLost):
            async with persistence.begin() as uow:
                await uow.users.add(written, credential(written))
                uow.announce(Written(user=written.id))
                uow.complete(zombie.id)
                await uow.commit()
        assert not work.ending
        assert await persistence.user(written.id) is None
        assert await persistence.due() == []
        persistence.clock.advance(LEASE * 2)
        assert await rescue(persistence.ledger) == 1

    async def test_only_the_worker_that_is_at_a_job_ends_it(self, persistence: Persistence) -> None:
        await persistence.ledger.put([job(persistence.clock), job(persistence.clock)])
        one, other = await persistence.due()
        async with persistence.begin() as uow:
            uow.complete(one.id)
            await uow.commit()
        with working_on(one) as work:
            for id in (other.id, None):
                async with persistence.begin() as uow:
                    uow.complete(id)
                    await uow.commit()
        assert not work.ending
        assert await persistence.ledger.finish(one)
        assert await persistence.ledger.finish(other)
