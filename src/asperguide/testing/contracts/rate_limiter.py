"""The law of rate limits."""

import asyncio
from datetime import timedelta

from asperguide.shared.ports import Budget, RateLimiter
from asperguide.testing.contracts.checking import PassTime

MINUTE = timedelta(minutes=1)


def budget(limit: int, window: timedelta = MINUTE, name: str = "calls") -> Budget:
    """So many calls a minute."""
    return Budget(name=name, limit=limit, window=window)


async def admitted(limiter: RateLimiter, of: Budget, subject: str = "someone", calls: int = 1) -> int:
    """How many of so many calls, one after the other, may proceed."""
    return sum([(await limiter.take(of, subject)).admitted for _ in range(calls)])


class RateLimiterContract:
    """Give it fixtures `limiter`, which has counted nothing yet, and `pass_time`, which lets time pass for it."""

    async def test_n_admits_exactly_n(self, limiter: RateLimiter) -> None:
        for limit in (1, 2, 63, 64, 65, 300, 1_000):
            subject = f"somebody who may call {limit} times"
            assert await admitted(limiter, budget(limit), subject, calls=limit) == limit
            assert await admitted(limiter, budget(limit), subject, calls=20) == 0

    async def test_n_admits_exactly_n_of_calls_made_at_once(self, limiter: RateLimiter) -> None:
        answers = await asyncio.gather(*(limiter.take(budget(300), "someone") for _ in range(500)))
        assert sum(answer.admitted for answer in answers) == 300

    async def test_what_remains_counts_down_to_nothing_and_stays_there(self, limiter: RateLimiter) -> None:
        answers = [await limiter.take(budget(5), "someone") for _ in range(8)]
        assert [answer.remaining for answer in answers] == [4, 3, 2, 1, 0, 0, 0, 0]
        assert [answer.admitted for answer in answers] == [True] * 5 + [False] * 3

    async def test_what_remains_counts_down_also_under_leases(self, limiter: RateLimiter) -> None:
        left = [(await limiter.take(budget(6_400), "someone")).remaining for _ in range(200)]
        assert left == list(range(6_399, 6_199, -1))

    async def test_the_window_ends_when_it_was_said_to(self, limiter: RateLimiter, pass_time: PassTime) -> None:
        first = await limiter.take(budget(1, timedelta(milliseconds=300)), "someone")
        assert timedelta(milliseconds=200) < first.resets_in <= timedelta(milliseconds=300)
        refused = await limiter.take(budget(1, timedelta(milliseconds=300)), "someone")
        assert not refused.admitted
        assert timedelta() <= refused.resets_in <= timedelta(milliseconds=300)
        await pass_time(refused.resets_in + timedelta(milliseconds=20))
        assert (await limiter.take(budget(1, timedelta(milliseconds=300)), "someone")).admitted

    async def test_refused_calls_neither_count_nor_extend_the_window(
        self, limiter: RateLimiter, pass_time: PassTime
    ) -> None:
        short = budget(2, timedelta(milliseconds=400))
        await admitted(limiter, short, calls=2)
        resets_in = timedelta()
        for _ in range(3):
            await pass_time(timedelta(milliseconds=100))
            refused = await limiter.take(short, "someone")
            assert not refused.admitted
            resets_in = refused.resets_in
        await pass_time(resets_in + timedelta(milliseconds=20))
        assert await admitted(limiter, short, calls=5) == 2

    async def test_tokens_do_not_outlive_their_window(self, limiter: RateLimiter, pass_time: PassTime) -> None:
        short = budget(1_000, timedelta(milliseconds=150))
        await limiter.take(short, "someone")
        await pass_time(timedelta(milliseconds=170))
        assert (await limiter.take(short, "someone")).remaining == 999

    async def test_subjects_and_budgets_are_counted_apart(self, limiter: RateLimiter) -> None:
        assert await admitted(limiter, budget(1), "a", 2) == 1
        assert await admitted(limiter, budget(1), "b", 2) == 1
        assert await admitted(limiter, budget(1, name="other"), "a", 2) == 1

    async def test_a_budget_of_nothing_admits_nobody(self, limiter: RateLimiter) -> None:
        answer = await limiter.take(budget(0), "someone")
        assert (answer.admitted, answer.remaining) == (False, 0)
        assert answer.resets_in >= timedelta()

    async def test_a_cancelled_call_costs_at_most_itself(self, limiter: RateLimiter) -> None:
        for turns in range(10):
            call = asyncio.create_task(limiter.take(budget(50), "someone"))
            for _ in range(turns):
                await asyncio.sleep(0)
            call.cancel()
            await asyncio.wait([call])
        assert 40 <= await admitted(limiter, budget(50), calls=60) <= 50
