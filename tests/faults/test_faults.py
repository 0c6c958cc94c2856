"""The fault kit: what each fault does to a call, where it reaches, and that a seed decides all of it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.idempotency import MemoryIdempotency
from asperguide.adapters.memory.mailer import MemoryMailer
from asperguide.identity.model import new_user
from asperguide.identity.ports import Credential, IdentityUnitOfWork
from asperguide.shared.actor import UserId
from asperguide.shared.ports import Mail, MailDelayed, Mailer
from asperguide.testing import MovableClock, World
from asperguide.testing.faults import (
    Call,
    CrashAfter,
    CrashBefore,
    Duplicate,
    Error,
    Fault,
    Faults,
    Injected,
    Latency,
    Plan,
    Timeout,
    failing_in_turn,
    nth,
    seeded,
)
from tests.identity import new_user as newcomer

MAIL = Mail(key="k", to="siobhan@example.org", subject="s", text="t", html="h")


class Counting(Mailer):
    """Takes every mail."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, mail: Mail) -> None:
        """Take it."""
        self.sent.append(mail.key)

    def known(self) -> int:
        """How many, told without being awaited."""
        self.sent.append("asked")
        return len(self.sent)


def always(fault: Fault) -> Plan:
    return lambda call: fault


async def outcome(faults: Faults, mailer: Counting) -> tuple[str, int]:
    """How a sending ended for the caller, and how often it took place."""
    try:
        async with asyncio.timeout(0.05):
            await faults.wrap(mailer, "mailer").send(MAIL)
    except Exception as error:
        return type(error).__name__, len(mailer.sent)
    return "sent", len(mailer.sent)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Latency(0.001), ("sent", 1)),
        (Latency(10), ("TimeoutError", 0)),
        (Timeout(), ("TimeoutError", 0)),
        (Duplicate(), ("sent", 2)),
        (CrashBefore(), ("Injected", 0)),
        (CrashAfter(), ("Injected", 1)),
        (Error(MailDelayed), ("MailDelayed", 0)),
        (CrashAfter(MailDelayed), ("MailDelayed", 1)),
    ],
    ids=repr,
)
async def test_each_fault_does_what_its_name_says(fault: Fault, expected: tuple[str, int]) -> None:
    faults, mailer = Faults(always(fault)), Counting()
    assert await outcome(faults, mailer) == expected
    assert [(made.call, made.fault) for made in faults.injected] == [
        (Call(name="mailer.send", number=1, total=1), fault)
    ]


@pytest.mark.parametrize(
    ("fault", "error", "asked"),
    [
        (Latency(0.001), None, 1),
        (Timeout(), TimeoutError, 0),
        (Duplicate(), None, 2),
        (CrashBefore(), Injected, 0),
        (CrashAfter(), Injected, 1),
    ],
    ids=repr,
)
def test_plain_methods_have_the_same_faults(fault: Fault, error: type[Exception] | None, asked: int) -> None:
    mailer = Counting()
    wrapped = Faults(always(fault)).wrap(mailer, "mailer")
    with pytest.raises(error) if error else contextlib.nullcontext():
        assert wrapped.known() == asked
    assert len(mailer.sent) == asked


def test_a_late_plain_answer_blocks_as_a_slow_one_does() -> None:
    wrapped, start = Faults(always(Latency(0.02))).wrap(Counting(), "mailer"), time.monotonic()
    wrapped.known()
    assert time.monotonic() - start >= 0.02


async def test_without_a_fault_a_wrapped_port_is_the_port() -> None:
    mailer, faults = MemoryMailer(), Faults(lambda call: None)
    wrapped = faults.wrap(mailer, "mailer")
    await wrapped.send(MAIL)
    assert wrapped.sent == mailer.sent == [MAIL]
    assert (dict(faults.calls), faults.injected) == ({"mailer.send": 1}, [])


async def fates(plan: Plan, names: list[str]) -> list[str]:
    faults = Faults(plan)
    return [type(faults.fate(name)).__name__ for name in names]


async def test_a_seed_decides_each_name_by_itself() -> None:
    schedule = {"a.*": {CrashBefore(): 0.3, Latency(0.1): 0.3}, "*": {Duplicate(): 0.5}}
    only_a = await fates(seeded(7, schedule), ["a.x"] * 200)
    mixed = await fates(seeded(7, schedule), ["a.x", "b"] * 200)
    assert mixed[::2] == only_a
    assert only_a != await fates(seeded(8, schedule), ["a.x"] * 200)
    assert 30 < only_a.count("CrashBefore") < 90
    assert 30 < only_a.count("Latency") < 90
    assert set(mixed[1::2]) == {"Duplicate", "NoneType"}


def test_more_faults_than_calls_are_no_schedule() -> None:
    with pytest.raises(ValueError, match=r"a\.x"):
        seeded(1, {"a.x": {CrashBefore(): 0.6, Timeout(): 0.6}})


@contextlib.contextmanager
def in_a_unit_of_work(fault: Fault, name: str) -> Iterator[tuple[World, IdentityUnitOfWork]]:
    """A world, and a unit of work of it whose calls of this name have the fault."""
    world = World()
    faults = Faults(lambda call: fault if call.name == name else None)
    yield world, faults.wrap(world.container.identity_unit_of_work, "uow")()


async def register(world: World, uow: IdentityUnitOfWork) -> None:
    id = UserId(world.ids.new())
    now = datetime(2030, 1, 1, tzinfo=UTC)
    async with uow:
        user = new_user(id, "siobhan@example.org", "siobhan", "Siobhán", now)
        await uow.users.add(user, Credential(id=id, hash="h", changed_at=now))
        await uow.commit()


async def registered(world: World) -> bool:
    """Whether she is there; asking needs the turn of the database, which a fault may not have kept."""
    async with asyncio.timeout(1), world.container.identity_unit_of_work() as uow:
        return await uow.users.by_email("siobhan@example.org") is not None


@pytest.mark.parametrize(
    ("fault", "name", "kept"),
    [
        (CrashBefore(), "uow.__aenter__", False),
        (CrashAfter(), "uow.__aenter__", False),
        (CrashBefore(), "uow.users.add", False),
        (CrashAfter(), "uow.users.add", False),
        (CrashBefore(), "uow.commit", False),
        (CrashAfter(), "uow.commit", True),
        (CrashBefore(), "uow.__aexit__", True),
        (CrashAfter(), "uow.__aexit__", True),
    ],
    ids=repr,
)
async def test_faults_reach_into_units_of_work_which_are_always_left(fault: Fault, name: str, kept: bool) -> None:
    with in_a_unit_of_work(fault, name) as (world, uow):
        with pytest.raises(Injected):
            await register(world, uow)
        assert await registered(world) is kept


@pytest.mark.parametrize("name", ["uow.__aenter__", "uow.__aexit__"])
async def test_entering_and_leaving_are_never_doubled(name: str) -> None:
    with in_a_unit_of_work(Duplicate(), name) as (world, uow):
        await register(world, uow)
        assert await registered(world)


async def test_a_unit_of_work_that_is_never_entered_keeps_nobody_waiting() -> None:
    with in_a_unit_of_work(Timeout(), "uow.__aenter__") as (world, uow):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await register(world, uow)
        assert not await registered(world)


async def test_what_a_method_gives_to_enter_is_wrapped_too() -> None:
    keeper = MemoryIdempotency(MovableClock())
    wrapped = Faults(nth(2, CrashAfter())).wrap(keeper, "idempotency")
    with pytest.raises(Injected):
        async with wrapped.claim("scope", "key", b"f", str):
            pass
    async with wrapped.claim("scope", "key", b"f", str) as kept:
        assert kept is None


class Rooms:
    """What is entered need not be what enters."""

    @contextlib.asynccontextmanager
    async def enter(self) -> AsyncIterator[Counting]:
        """A mailer."""
        yield Counting()


async def test_what_is_entered_is_wrapped_too() -> None:
    faults = Faults(lambda call: CrashBefore() if call.name == "rooms.enter.send" else None)
    async with faults.wrap(Rooms(), "rooms").enter() as mailer:
        with pytest.raises(Injected):
            await mailer.send(MAIL)


async def test_the_calls_fail_in_turn_until_none_is_left() -> None:
    ends = []
    for faults in failing_in_turn(CrashBefore()):
        mailer = faults.wrap(Counting(), "mailer")
        try:
            await mailer.send(MAIL)
            await mailer.send(MAIL)
            mailer.known()
        except Injected:
            ends.append(faults.calls.total())
        else:
            ends.append(0)
    assert ends == [1, 2, 3, 0]


async def test_a_world_under_a_schedule_sends_every_mail_once_in_the_end() -> None:
    world = World()
    schedule = {"mailer.send": {Error(MailDelayed): 0.4, CrashAfter(MailDelayed): 0.2, Duplicate(): 0.2}}
    faults = Faults(seeded("a worse week", schedule))
    world.container.mailer.override(Object(faults.wrap(world.mailer, "mailer")))
    names = [f"person-{number}" for number in range(12)]
    for name in names:
        await world.container.register()(newcomer(name))
    await world.advance(days=2)
    assert sorted(mail.to for mail in world.mails) == sorted(f"{name}@example.org" for name in names)
    assert {type(made.fault) for made in faults.injected} == {Error, CrashAfter, Duplicate}
