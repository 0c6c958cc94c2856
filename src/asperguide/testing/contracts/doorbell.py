"""The law of doorbells."""

import asyncio
from datetime import timedelta
from time import monotonic

from asperguide.shared.ports import Doorbell

SOON = timedelta(milliseconds=30)
LONG = timedelta(seconds=20)


async def settle(bell: Doorbell) -> None:
    """Until the ring that is on its way was heard, such as the one of a line that now stands or was lost."""
    assert await bell.wait(LONG)
    while await bell.wait(timedelta(milliseconds=100)):
        pass


class DoorbellContract:
    """Give it a fixture `bell` that nobody rang, ready to hear."""

    async def test_without_a_ring_waiting_ends_at_the_timeout(self, bell: Doorbell) -> None:
        began = monotonic()
        assert await bell.wait(SOON) is False
        assert 0.025 < monotonic() - began < 2

    async def test_a_timeout_of_nothing_does_not_wait(self, bell: Doorbell) -> None:
        for timeout in (timedelta(), timedelta(seconds=-1)):
            assert await bell.wait(timeout) is False

    async def test_a_ring_wakes_everybody_who_waits(self, bell: Doorbell) -> None:
        waiting = [asyncio.create_task(bell.wait(LONG)) for _ in range(5)]
        await asyncio.sleep(0)
        began = monotonic()
        await bell.ring()
        assert await asyncio.gather(*waiting) == [True] * 5
        assert monotonic() - began < 2

    async def test_a_ring_that_found_nobody_is_kept_once(self, bell: Doorbell) -> None:
        await bell.ring()
        await bell.ring()
        await settle(bell)
        assert await bell.wait(SOON) is False

    async def test_somebody_who_gave_up_does_not_stop_others(self, bell: Doorbell) -> None:
        gone, waiting = (asyncio.create_task(bell.wait(LONG)) for _ in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
        await bell.ring()
        assert await waiting is True
