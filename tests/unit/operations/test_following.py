"""People and their long work: how far it is, what comes of it, and ending it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from dependency_injector.providers import Object

from asperguide.adapters.jobs.reactions import Reaction, by_kind
from asperguide.adapters.jobs.worker import Worker
from asperguide.identity.events import VerificationRequested
from asperguide.operations import MyJobState
from asperguide.operations.errors import JobNotCancellable, JobNotFound
from asperguide.operations.following import UNTOLD
from asperguide.shared.actor import OPERATOR, Actor
from asperguide.shared.ledger import report_progress
from asperguide.shared.pages import PageRequest
from asperguide.shared.ports import JobOptions
from asperguide.testing import Person, World
from asperguide.worker import CANCELLED
from tests.servers import eventually

LEASE = timedelta(seconds=30)
RESULT = "/api/v1/things/7"


@pytest.fixture
def world() -> World:
    """A fresh one."""
    return World()


async def long_work(world: World, person: Person, **options: Any) -> UUID:
    """A job that was asked for in the person's name."""
    wanted = JobOptions(owner=person.actor.user, result=RESULT, **options)
    async with world.container.identity_unit_of_work() as uow:
        id = uow.announce(VerificationRequested(email=person.email), wanted)
        await uow.commit()
    return id


async def test_a_job_is_in_line_then_worked_on_then_there(world: World) -> None:
    siobhan = await world.person("siobhan")
    id, show = await long_work(world, siobhan), world.container.show_my_job()
    job = await show(siobhan.actor, id)
    assert (job.state, job.progress, job.result, job.failure) == (MyJobState.WAITING, 0.0, None, None)
    (held,) = await world.ledger.claim("w", "default", 1, LEASE)
    assert await world.ledger.heartbeat(held, LEASE, 40)
    job = await show(siobhan.actor, id)
    assert (job.state, job.progress, job.result) == (MyJobState.RUNNING, 0.4, None)
    assert await world.ledger.finish(held)
    job = await show(siobhan.actor, id)
    assert (job.state, job.progress, job.result) == (MyJobState.DONE, 1.0, RESULT)
    assert job.finished_at == world.clock.now()


@pytest.mark.parametrize(("told", "shown"), [("The film is too long.", "The film is too long."), (None, UNTOLD)])
async def test_a_job_that_failed_says_what_a_refusal_said_and_nothing_else(
    world: World, told: str | None, shown: str
) -> None:
    siobhan = await world.person("siobhan")
    id = await long_work(world, siobhan)
    (held,) = await world.ledger.claim("w", "default", 1, LEASE)
    assert await world.ledger.fail(held, "OSError: /secret/path", None, told)
    job = await world.container.show_my_job()(siobhan.actor, id)
    assert (job.state, job.failure, job.result) == (MyJobState.FAILED, shown, None)
    assert b"secret" not in msgspec.json.encode(job)


async def test_what_is_somebody_elses_or_nobodys_is_not_there(world: World) -> None:
    siobhan, oneil = await world.person("siobhan"), await world.person("oneil")
    theirs = await long_work(world, siobhan)
    async with world.container.identity_unit_of_work() as uow:
        nobodys = uow.announce(VerificationRequested(email=oneil.email))
        await uow.commit()
    for id in (theirs, nobodys, world.ids.new()):
        for call in (world.container.show_my_job(), world.container.cancel_my_job()):
            with pytest.raises(JobNotFound):
                await call(oneil.actor, id)
    assert (await world.container.list_my_jobs()(oneil.actor)).items == ()
    assert [job.id for job in (await world.container.list_my_jobs()(siobhan.actor)).items] == [theirs]
    failed = PageRequest(filters={"state": "failed"}, count=True)
    assert (await world.container.list_my_jobs()(siobhan.actor, failed)).total == 0


async def test_cancelling_ends_what_waits_once_and_changes_nothing_the_second_time(world: World) -> None:
    siobhan = await world.person("siobhan")
    id, cancel = await long_work(world, siobhan), world.container.cancel_my_job()
    for _ in range(2):
        await cancel(siobhan.actor, id)
        assert (await world.container.show_my_job()(siobhan.actor, id)).state is MyJobState.CANCELLED
    mails = len(world.mails)
    assert await world.settle() == 1
    assert len(world.mails) == mails
    done = await long_work(world, siobhan)
    await world.settle()
    with pytest.raises(JobNotCancellable):
        await cancel(siobhan.actor, done)


class Sweeper:
    """Cleans up, and remembers."""

    def __init__(self) -> None:
        self.swept: list[VerificationRequested] = []

    async def __call__(self, message: VerificationRequested, job: UUID) -> None:
        self.swept.append(message)


@pytest.mark.parametrize("by_operator", [False, True])
async def test_what_a_cancelled_job_left_behind_is_cleaned_up(
    monkeypatch: pytest.MonkeyPatch, by_operator: bool
) -> None:
    monkeypatch.setitem(CANCELLED, VerificationRequested, "send_verification")
    world, sweeper = World(), Sweeper()
    siobhan = await world.person("siobhan")
    id = await long_work(world, siobhan)
    with world.container.send_verification.override(Object(sweeper)):
        if by_operator:
            await world.container.cancel_job()(OPERATOR, id)
        else:
            await world.container.cancel_my_job()(siobhan.actor, id)
        await world.settle()
    assert sweeper.swept == [VerificationRequested(email=siobhan.email)]


async def test_a_running_job_is_stopped_as_soon_as_its_owner_cancels_it(world: World) -> None:
    siobhan = await world.person("siobhan")
    began, stopped = asyncio.Event(), asyncio.Event()

    async def endless(message: object, job: UUID) -> None:
        report_progress(10)
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    worker = Worker(
        world.ledger, by_kind([Reaction(name="endless", message=VerificationRequested, do=endless)]),
        clock=world.clock, ids=world.ids, doorbell=world.container.doorbell(), queues={"media": 1},
        poll=timedelta(hours=1),
    )  # fmt: skip
    id = await long_work(world, siobhan, queue="media")
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(began.wait(), 20)
    await world.container.cancel_my_job()(siobhan.actor, id)
    await asyncio.wait_for(stopped.wait(), 3)
    await eventually(lambda: not worker.running)
    assert (await world.container.show_my_job()(siobhan.actor, id)).state is MyJobState.CANCELLED
    await worker.drain(timedelta())
    await running


async def test_an_administrator_who_acts_for_somebody_sees_their_jobs(world: World) -> None:
    siobhan = await world.person("siobhan")
    id = await long_work(world, siobhan)
    acting = Actor(
        user=siobhan.actor.user, session=siobhan.actor.session, roles=siobhan.actor.roles,
        proved_at=siobhan.actor.proved_at, impersonator=OPERATOR.user,
    )  # fmt: skip
    assert (await world.container.show_my_job()(acting, id)).id == id
