"""The law of idempotency keys: a call under one happens once, however often it is made, and gives the same answer."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from asperguide.identity.errors import UsernameTaken
from asperguide.shared.errors import IdempotencyKeyReused, StillRunning
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.people import IDS, person
from asperguide.testing.contracts.persistence import Persistence


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a call gives."""

    id: UUID
    at: datetime
    words: tuple[str, ...] = ()


ANSWER = Answer(id=UUID(int=7), at=datetime(2031, 1, 1, 0, 0, 0, 1, UTC), words=("Žofie", "a token"))
LEASE = timedelta(seconds=10)


async def call(
    persistence: Persistence, key: str = "k", fingerprint: bytes = b"f", scope: str = "s"
) -> tuple[Answer, bool]:
    """The answer, and whether the effect happened in this call."""
    async with persistence.idempotency.claim(scope, key, fingerprint, Answer) as kept:
        if kept is not None:
            return kept, False
        await persistence.keep(person(IDS.new().hex[-12:]), answer=ANSWER)
        return ANSWER, True


class IdempotencyContract:
    """Give it a fixture `persistence`: a `Persistence` that is empty."""

    async def test_the_second_call_gets_the_kept_answer(self, persistence: Persistence) -> None:
        assert await call(persistence) == (ANSWER, True)
        assert await call(persistence) == (ANSWER, False)

    async def test_keys_and_scopes_are_apart_to_the_letter(self, persistence: Persistence) -> None:
        assert (await call(persistence))[1]
        for scope, key in (("s", "K"), ("s", "k "), ("S", "k"), ("sk", ""), ("", "sk"), ("s", "\u212a")):
            assert (await call(persistence, key=key, scope=scope))[1]

    async def test_another_request_under_the_same_key_is_refused(self, persistence: Persistence) -> None:
        await call(persistence)
        with raises(IdempotencyKeyReused):
            await call(persistence, fingerprint=b"g")
        assert await call(persistence) == (ANSWER, False)

    async def test_twenty_calls_at_once_have_one_effect(self, persistence: Persistence) -> None:
        results = await asyncio.gather(*(call(persistence) for _ in range(20)), return_exceptions=True)
        answers = [result for result in results if not isinstance(result, BaseException)]
        assert [happened for _, happened in answers].count(True) == 1
        assert {type(result) for result in results} <= {tuple, StillRunning}
        assert await call(persistence) == (ANSWER, False)

    async def test_while_one_call_runs_another_is_told_so_and_when_to_come_back(self, persistence: Persistence) -> None:
        async with persistence.idempotency.claim("s", "k", b"f", Answer):
            with raises(StillRunning) as refused:
                await call(persistence)
            with raises(IdempotencyKeyReused):
                await call(persistence, fingerprint=b"g")
        assert refused.value.retry_after == LEASE

    async def test_a_call_that_failed_can_be_made_again_at_once(self, persistence: Persistence) -> None:
        with raises(ZeroDivisionError):
            async with persistence.idempotency.claim("s", "k", b"f", Answer):
                raise ZeroDivisionError
        assert (await call(persistence, fingerprint=b"g"))[1]

    async def test_a_call_that_was_refused_after_a_commit_without_answer_can_be_made_again(
        self, persistence: Persistence
    ) -> None:
        with raises(ZeroDivisionError):
            async with persistence.idempotency.claim("s", "k", b"f", Answer):
                await persistence.keep(person("counted"))
                raise ZeroDivisionError
        assert (await call(persistence))[1]

    async def test_an_answer_that_was_not_committed_is_not_kept(self, persistence: Persistence) -> None:
        await persistence.keep(person("taken"))
        with raises(UsernameTaken):
            async with persistence.idempotency.claim("s", "k", b"f", Answer):
                await persistence.keep(person("taken", "another@example.org"), answer=ANSWER)
        assert (await call(persistence))[1]

    async def test_only_the_first_answer_is_kept(self, persistence: Persistence) -> None:
        async with persistence.idempotency.claim("s", "k", b"f", Answer):
            await persistence.keep(person("first"), answer=ANSWER)
            await persistence.keep(person("second"), answer=Answer(id=UUID(int=8), at=ANSWER.at))
        assert await call(persistence) == (ANSWER, False)

    async def test_an_error_after_the_commit_changes_nothing_about_the_kept_answer(
        self, persistence: Persistence
    ) -> None:
        with raises(ZeroDivisionError):
            async with persistence.idempotency.claim("s", "k", b"f", Answer):
                await persistence.keep(person(), answer=ANSWER)
                raise ZeroDivisionError
        assert await call(persistence) == (ANSWER, False)

    async def test_units_of_work_outside_of_a_claim_are_not_concerned(self, persistence: Persistence) -> None:
        async with persistence.idempotency.claim("s", "k", b"f", Answer):
            pass
        await persistence.keep(person(), answer=ANSWER)
        assert (await call(persistence))[1]

    async def test_a_claim_is_taken_over_after_its_lease_and_the_late_holder_cannot_commit(
        self, persistence: Persistence
    ) -> None:
        late = person("late")
        with raises(StillRunning):
            async with persistence.idempotency.claim("s", "k", b"f", Answer):
                persistence.clock.advance(LEASE)
                assert await asyncio.create_task(call(persistence)) == (ANSWER, True)
                await persistence.keep(late, answer=ANSWER)
        assert await persistence.user(late.id) is None
        assert await call(persistence) == (ANSWER, False)

    async def test_a_late_holder_cannot_commit_without_an_answer_either(self, persistence: Persistence) -> None:
        late = person("late")
        with raises(StillRunning):
            async with persistence.idempotency.claim("s", "k", b"f", Answer):
                persistence.clock.advance(LEASE)
                await asyncio.create_task(call(persistence))
                await persistence.keep(late)
        assert await persistence.user(late.id) is None

    async def test_a_commit_without_answer_renews_the_lease(self, persistence: Persistence) -> None:
        async with persistence.idempotency.claim("s", "k", b"f", Answer):
            persistence.clock.advance(LEASE * 0.9)
            await persistence.keep(person())
            persistence.clock.advance(LEASE * 0.9)
            with raises(StillRunning):
                await asyncio.create_task(call(persistence))

    async def test_a_cancelled_call_can_be_made_again_at_once(self, persistence: Persistence) -> None:
        began = asyncio.Event()

        async def never() -> None:
            async with persistence.idempotency.claim("s", "k", b"f", Answer):
                began.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(never())
        await began.wait()
        task.cancel()
        with raises(asyncio.CancelledError):
            await task
        assert (await call(persistence))[1]

    async def test_after_a_day_the_key_is_new_again(self, persistence: Persistence) -> None:
        await call(persistence)
        persistence.clock.advance(timedelta(hours=23, minutes=59))
        assert await call(persistence) == (ANSWER, False)
        persistence.clock.advance(timedelta(minutes=1))
        assert await call(persistence, fingerprint=b"g") == (ANSWER, True)

    async def test_pruning_forgets_what_is_over(self, persistence: Persistence) -> None:
        await call(persistence, key="old")
        await call(persistence, key="older")
        persistence.clock.advance(timedelta(hours=12))
        await call(persistence, key="young")
        persistence.clock.advance(timedelta(hours=12, microseconds=1))
        assert [await persistence.idempotency.prune(1) for _ in range(3)] == [1, 1, 0]
        assert await call(persistence, key="young") == (ANSWER, False)
