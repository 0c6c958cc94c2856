"""Use cases whose effect is a row end the job that asked for it in the same transaction."""

import pytest

from asperguide.adapters.jobs.holding import InHand
from asperguide.identity.events import (
    CodesPruneDue,
    SessionsPruneDue,
    TakenAddressTried,
    UnconfirmedPruneDue,
    UserRegistered,
)
from asperguide.shared.ledger import JobState, as_job, at_work, kind_of
from asperguide.shared.ports import JobOptions, Message
from asperguide.shared.tracing import Trace
from asperguide.testing import World
from asperguide.testing.contracts.ledger import LEASE
from asperguide.worker import reactions_of
from tests.identity import register


@pytest.fixture
def world() -> World:
    return World()


async def state_after(world: World, message: Message) -> JobState:
    """What a job is when its reaction is over and the worker has said nothing of it yet."""
    now = world.clock.now()
    row = as_job(message, JobOptions(queue="here"), id=world.ids.new(), now=now, trace=Trace())
    await world.ledger.put([row])
    (job,) = await world.ledger.claim("w", "here", 1, LEASE)
    (reaction,) = reactions_of(world.container)[kind_of(type(message))]
    work = InHand(job=job)
    token = at_work.set(work)
    await reaction.do(message, job.id)
    at_work.reset(token)
    state = world.ledger.rows[job.id].state
    assert work.ending == (state is JobState.DONE)
    return state


@pytest.mark.parametrize("message", [SessionsPruneDue(), CodesPruneDue(), UnconfirmedPruneDue()], ids=repr)
async def test_housekeeping_ends_with_its_last_batch(world: World, message: Message) -> None:
    assert await state_after(world, message) is JobState.DONE


async def test_several_batches_end_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asperguide.identity.housekeeping.BATCH", 2)
    for name in ("aine", "brid", "clodagh", "dervla", "eithne"):
        await register(world, name)
    world.clock.advance(world.container.policy().unconfirmed_lifetime * 2)
    assert await state_after(world, UnconfirmedPruneDue()) is JobState.DONE


async def test_the_note_of_a_mail_ends_the_job_that_sent_it_and_a_mail_alone_does_not(world: World) -> None:
    someone = await world.person("amelie")
    assert await state_after(world, TakenAddressTried(email_key=someone.email)) is JobState.DONE
    assert await state_after(world, UserRegistered(user=someone.actor.user)) is JobState.RUNNING
