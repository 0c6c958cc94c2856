"""The law of PasswordHasher, on memory and on argon2, and what argon2 alone promises: its queue, threads and past."""

import asyncio
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asperguide.adapters.memory.passwords import MemoryPasswords
from asperguide.adapters.pool import LowPriorityPool
from asperguide.adapters.security.passwords import ArgonPasswords
from asperguide.identity.errors import PasswordQueueFull
from asperguide.identity.ports import PasswordHasher
from asperguide.testing.contracts import PasswordHasherContract


@pytest.fixture
def argon() -> Iterator[ArgonPasswords]:
    """Argon2 at the least cost."""
    hasher = ArgonPasswords(memory_kib=64, time_cost=1)
    yield hasher
    hasher.close()


@pytest.fixture(params=["memory", "argon2"])
def subjects(request: pytest.FixtureRequest) -> Iterator[tuple[PasswordHasher, PasswordHasher]]:
    """A hasher and the one it replaced. Argon2 has the least cost, since the law does not depend on it."""
    if request.param == "memory":
        yield MemoryPasswords(cost=2), MemoryPasswords(cost=1)
        return
    hasher, older = ArgonPasswords(memory_kib=64, time_cost=1), ArgonPasswords(memory_kib=32, time_cost=1)
    yield hasher, older
    hasher.close()
    older.close()


@pytest.fixture
def hasher(subjects: tuple[PasswordHasher, PasswordHasher]) -> PasswordHasher:
    return subjects[0]


@pytest.fixture
def older(subjects: tuple[PasswordHasher, PasswordHasher]) -> PasswordHasher:
    return subjects[1]


class TestPasswordHashers(PasswordHasherContract):
    """Each of them."""


async def test_a_busy_memory_hasher_says_so() -> None:
    hasher = MemoryPasswords()
    hasher.busy = True
    with pytest.raises(PasswordQueueFull):
        await hasher.verify("password", None)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(password=st.text(max_size=200), noise=st.text(max_size=60))
async def test_no_text_breaks_verification(argon: ArgonPasswords, password: str, noise: str) -> None:
    for hash in (noise, f"$argon2id${noise}", f"$pbkdf2-sha512$1{noise}", f"$argon2id$v=19$m=64,t=1,p=1${noise}"):
        assert not await argon.verify(password, hash)


@pytest.mark.parametrize("password", ["Grüße 2019", "", "nul\0nul", "日本語" * 40])
async def test_hashes_are_those_of_every_other_argon2id(argon: ArgonPasswords, password: str) -> None:
    """At the same cost and at others, in both directions."""
    from argon2 import PasswordHasher as Reference
    from argon2.exceptions import VerifyMismatchError

    theirs = Reference(time_cost=1, memory_cost=64, parallelism=1).hash(password)
    assert await argon.verify(password, theirs)
    assert not await argon.verify(password + " ", theirs)
    assert not argon.is_outdated(theirs)
    wider = Reference(time_cost=2, memory_cost=128, parallelism=2).hash(password)
    assert await argon.verify(password, wider)
    assert not await argon.verify(password + " ", wider)
    assert argon.is_outdated(wider)
    ours = await argon.hash(password)
    assert Reference().verify(ours, password)
    with pytest.raises(VerifyMismatchError):
        Reference().verify(ours, password + " ")


@pytest.mark.parametrize("scheme", ["pbkdf2_sha256", "pbkdf2_sha512", "pbkdf2_sha1"])
async def test_pbkdf2_hashes_of_older_software_verify_and_are_outdated(argon: ArgonPasswords, scheme: str) -> None:
    from passlib import hash as schemes

    old = getattr(schemes, scheme).using(rounds=1).hash("Grüße 2019")
    assert await argon.verify("Grüße 2019", old)
    assert not await argon.verify("Grüße 2020", old)
    assert argon.is_outdated(old)


async def test_bcrypt_hashes_verify_by_their_first_72_bytes_and_are_outdated(argon: ArgonPasswords) -> None:
    bcrypt = pytest.importorskip("bcrypt")
    long = "é" * 36 + "whatever came after the 72 bytes that bcrypt saw"
    old = bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(4)).decode()
    assert await argon.verify(long, old)
    assert not await argon.verify("e" + long, old)
    assert not await argon.verify("with\0nul", old)
    assert argon.is_outdated(old)
    for ident in ("$2a$", "$2y$"):
        assert await argon.verify(long, ident + old[4:])


async def test_hashing_happens_in_a_low_priority_thread_and_never_on_the_loop() -> None:
    pool = LowPriorityPool("test", threads=1, queue=1, full=PasswordQueueFull)
    thread, priority = await pool.run(
        lambda: (threading.get_ident(), os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    )
    pool.close()
    assert thread != threading.get_ident()
    assert priority == 19 or sys.platform != "linux"
    assert os.getpriority(os.PRIO_PROCESS, 0) < 19


class Gate:
    """Work that waits until the test lets it end."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.entered = threading.Event()
        self.done: list[object] = []

    def wait(self, name: object) -> object:
        """Enter, wait, leave a mark."""
        self.entered.set()
        assert self.opened.wait(20)
        self.done.append(name)
        return name


@pytest.fixture
def gate() -> Iterator[Gate]:
    """Opened in the end, so that no thread stays behind."""
    gate = Gate()
    yield gate
    gate.opened.set()


async def test_of_50_at_once_one_runs_20_wait_and_the_others_are_told_to_come_back(gate: Gate) -> None:
    pool = LowPriorityPool("test", threads=1, queue=20, full=PasswordQueueFull)
    callers = [asyncio.create_task(pool.run(gate.wait, number)) for number in range(50)]
    done, waiting = await asyncio.wait(callers, timeout=0.2, return_when=asyncio.ALL_COMPLETED)
    assert (len(done), len(waiting)) == (29, 21)
    for caller in done:
        error = caller.exception()
        assert isinstance(error, PasswordQueueFull)
        assert error.retry_after is not None
        assert error.retry_after.total_seconds() >= 1
    gate.opened.set()
    assert sorted(await asyncio.gather(*waiting)) == list(range(21))  # type: ignore[type-var]
    assert await pool.run(gate.wait, "later") == "later"
    pool.close()


async def test_a_cancelled_caller_frees_its_place_and_its_work_is_never_done(gate: Gate) -> None:
    pool = LowPriorityPool("test", threads=1, queue=1, full=PasswordQueueFull)
    running = asyncio.create_task(pool.run(gate.wait, "running"))
    await asyncio.to_thread(gate.entered.wait, 20)
    for round in range(5):
        gone = asyncio.create_task(pool.run(gate.wait, f"gone {round}"))
        await asyncio.sleep(0)
        with pytest.raises(PasswordQueueFull):
            await pool.run(gate.wait, "no place")
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
    heir = asyncio.create_task(pool.run(gate.wait, "heir"))
    await asyncio.sleep(0)
    gate.opened.set()
    assert await asyncio.gather(running, heir) == ["running", "heir"]
    assert gate.done == ["running", "heir"]
    pool.close()


async def test_cancelling_the_caller_of_running_work_keeps_its_place_until_it_ends(gate: Gate) -> None:
    pool = LowPriorityPool("test", threads=1, queue=0, full=PasswordQueueFull)
    running = asyncio.create_task(pool.run(gate.wait, "running"))
    await asyncio.to_thread(gate.entered.wait, 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(PasswordQueueFull):
        await pool.run(gate.wait, "too early")
    gate.opened.set()
    async with asyncio.timeout(20):
        while True:
            try:
                assert await pool.run(lambda: "next") == "next"
                break
            except PasswordQueueFull:
                await asyncio.sleep(0)
    pool.close()


async def test_work_that_fails_frees_its_place() -> None:
    pool = LowPriorityPool("test", threads=1, queue=0, full=PasswordQueueFull)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 / 0)
    pool.close()


async def test_a_hundred_parallel_verifications_with_cancellations_leave_the_hasher_whole() -> None:
    hasher = ArgonPasswords(memory_kib=64, time_cost=1, threads=2, queue=100)
    hash = await hasher.hash("password")
    tries = [asyncio.create_task(hasher.verify("password", hash)) for _ in range(100)]
    await asyncio.sleep(0)
    for task in tries[::3]:
        task.cancel()
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert all(result is True for index, result in enumerate(results) if index % 3)
    assert await hasher.verify("password", hash)
    hasher.close()


async def test_an_unknown_account_costs_what_a_wrong_password_costs() -> None:
    hasher = ArgonPasswords(memory_kib=4096, time_cost=1)
    hash = await hasher.hash("password")
    known, unknown = [], []
    for _ in range(25):
        known.append(await _cost(hasher, hash))
        unknown.append(await _cost(hasher, None))
    hasher.close()
    assert statistics.median(unknown) == pytest.approx(statistics.median(known), rel=0.2)


async def _cost(hasher: ArgonPasswords, hash: str | None) -> float:
    """Processor time of this process, which other processes on the machine do not lengthen."""
    started = time.process_time()
    await hasher.verify("wrong", hash)
    return time.process_time() - started


async def test_the_loop_keeps_running_while_passwords_are_hashed() -> None:
    hasher = ArgonPasswords(threads=1)
    hashing = asyncio.gather(*(hasher.hash("password") for _ in range(5)))
    ticks = 0
    while not hashing.done():
        await asyncio.sleep(0.001)
        ticks += 1
    assert len(set(await hashing)) == 5
    hasher.close()
    assert ticks > 10


def test_the_hashing_library_is_not_loaded_before_the_first_password() -> None:
    script = (
        "import sys; from asperguide.adapters.security.passwords import ArgonPasswords;"
        "ArgonPasswords().is_outdated('x'); sys.exit(any(m in sys.modules for m in ('passlib', 'argon2', 'nacl')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
