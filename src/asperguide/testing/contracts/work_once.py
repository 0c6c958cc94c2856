"""The law of what does work once for all who want it at the same time."""

import asyncio

from asperguide.media.errors import TooManyImages
from asperguide.media.ports import WorkOnce
from asperguide.testing.contracts.checking import raises


class _Work:
    """Work that waits until it is allowed to end, and counts."""

    def __init__(self, error: Exception | None = None) -> None:
        self.allowed = asyncio.Event()
        self.begun = 0
        self.done = 0
        self._error = error

    async def __call__(self) -> None:
        self.begun += 1
        await self.allowed.wait()
        self.done += 1
        if self._error is not None:
            raise self._error


async def _turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class WorkOnceContract:
    """Give it a fixture `once`."""

    async def test_all_who_want_it_wait_for_the_same_work(self, once: WorkOnce) -> None:
        work = _Work()
        callers = [asyncio.create_task(once.do("a", work)) for _ in range(20)]
        await _turn()
        assert not any(caller.done() for caller in callers)
        work.allowed.set()
        await asyncio.gather(*callers)
        assert work.done == 1
        await once.do("a", work)
        assert work.done == 2

    async def test_what_it_raises_reaches_everybody_and_is_forgotten(self, once: WorkOnce) -> None:
        work = _Work(LookupError("no"))
        work.allowed.set()
        errors = await asyncio.gather(*(once.do("a", work) for _ in range(3)), return_exceptions=True)
        assert [type(error) for error in errors] == [LookupError] * 3
        assert work.begun == 1
        fine = _Work()
        fine.allowed.set()
        await once.do("a", fine)
        assert fine.done == 1

    async def test_it_goes_on_without_those_who_were_cancelled(self, once: WorkOnce) -> None:
        work = _Work()
        first, second = asyncio.create_task(once.do("a", work)), asyncio.create_task(once.do("a", work))
        await _turn()
        first.cancel()
        with raises(asyncio.CancelledError):
            await first
        work.allowed.set()
        await second
        assert (work.begun, work.done) == (1, 1)

    async def test_other_work_waits_its_turn_and_too_much_of_it_is_refused(self, once: WorkOnce) -> None:
        work = _Work()
        callers = [asyncio.create_task(once.do(str(number), work)) for number in range(500)]
        await _turn()
        refused = [caller for caller in callers if caller.done()]
        assert 0 < work.begun < 20 < len(refused) < 500
        for caller in refused:
            error = caller.exception()
            assert isinstance(error, TooManyImages)
            assert error.retry_after
        work.allowed.set()
        await asyncio.gather(*(caller for caller in callers if caller not in refused))
        assert work.done == 500 - len(refused)
