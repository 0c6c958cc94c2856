"""Operators and the ledger: what they may do, what happens then, and that all of it is written down."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from asperguide.adapters.jobs.reactions import Reaction, by_kind
from asperguide.adapters.jobs.worker import Worker
from asperguide.adapters.memory.doorbell import MemoryDoorbell
from asperguide.identity.audit import SecurityEventKind
from asperguide.identity.events import VerificationRequested
from asperguide.operations import Pruning, Queue
from asperguide.operations.errors import InvalidQueueName, JobNotCancellable, JobNotFound, JobNotRetryable
from asperguide.shared.actor import OPERATOR, Actor, Origin, Role
from asperguide.shared.errors import NotWhileImpersonating, RoleNeeded
from asperguide.shared.ledger import JobState, as_job
from asperguide.shared.pages import PageRequest
from asperguide.shared.ports import JobOptions
from asperguide.shared.tracing import Trace
from asperguide.testing import World
from tests.identity import AWAY, an_admin
from tests.servers import eventually

LEASE = timedelta(seconds=30)
Deed = Callable[[Actor, UUID], Awaitable[Any]]


@pytest.fixture
def world() -> World:
    """A fresh one."""
    return World()


def deeds(world: World) -> dict[str, Deed]:
    """Everything that operators do."""
    c = world.container
    return {
        "list": lambda actor, job: c.list_jobs()(actor),
        "show": lambda actor, job: c.show_job()(actor, job),
        "retry": lambda actor, job: c.retry_job()(actor, job, AWAY),
        "cancel": lambda actor, job: c.cancel_job()(actor, job, AWAY),
        "prune": lambda actor, job: c.prune_jobs()(actor, Pruning(before=world.clock.now()), AWAY),
        "queues": lambda actor, job: c.queue_overview()(actor),
        "pause": lambda actor, job: c.pause_queue()(actor, "default", AWAY),
        "resume": lambda actor, job: c.resume_queue()(actor, "default", AWAY),
    }


async def a_job(world: World, **options: Any) -> UUID:
    """A job that waits."""
    message = VerificationRequested(email="siobhan@example.org")
    new = as_job(message, JobOptions(**options), id=world.ids.new(), now=world.clock.now(), trace=Trace())
    await world.ledger.put([new])
    return new.id


async def a_dead_job(world: World, why: str = "TimeoutError: not done after 60 s") -> UUID:
    """A job that was given up."""
    id = await a_job(world)
    (held,) = [job for job in await world.ledger.claim("w", "default", 100, LEASE) if job.id == id]
    assert await world.ledger.fail(held, why, None)
    return id


async def lines(world: World) -> list[tuple[str, str]]:
    """The kind and the detail of each line of the security log about nobody's account, the oldest first."""
    found = await world.container.security_log()(OPERATOR, PageRequest(sort="at", limit=100))
    return [(event.kind, event.detail) for event in found.items if event.user is None]


@pytest.mark.parametrize("deed", deeds(World()))
async def test_only_an_administrator_who_acts_as_one_may(world: World, deed: str) -> None:
    id = await a_job(world, run_at=world.clock.now() + LEASE)
    moderator = await world.person("moderator", roles=(Role.MODERATOR,))
    boss = await an_admin(world)
    with pytest.raises(RoleNeeded):
        await deeds(world)[deed](moderator.actor, id)
    acting = Actor(
        user=boss.actor.user, session=boss.actor.session, roles=boss.actor.roles, proved_at=boss.actor.proved_at,
        impersonator=boss.actor.user,
    )  # fmt: skip
    with pytest.raises(NotWhileImpersonating):
        await deeds(world)[deed](acting, id)
    assert (await world.container.show_job()(OPERATOR, id)).state is JobState.WAITING
    assert await lines(world) == []
    await deeds(world)[deed](boss.actor, id)


@pytest.mark.parametrize("deed", ["show", "retry", "cancel"])
async def test_a_job_that_is_not_there_is_not_found(world: World, deed: str) -> None:
    with pytest.raises(JobNotFound):
        await deeds(world)[deed](OPERATOR, world.ids.new())


async def test_a_list_names_nobody_and_one_job_says_everything(world: World) -> None:
    id = await a_job(world)
    (listed,) = (await world.container.list_jobs()(OPERATOR)).items
    assert not hasattr(listed, "payload")
    assert "siobhan" not in str(listed)
    shown = await world.container.show_job()(OPERATOR, id)
    assert shown.payload == '{"email":"siobhan@example.org"}'


async def test_a_dead_job_is_retried_as_soon_as_workers_hear_of_it(world: World) -> None:
    id = await a_dead_job(world)
    bell = asyncio.create_task(world.container.doorbell().wait(timedelta(seconds=20)))
    await asyncio.sleep(0)
    retried = await world.container.retry_job()(OPERATOR, id)
    assert (retried.state, retried.attempts, retried.error) == (
        JobState.WAITING,
        0,
        "TimeoutError: not done after 60 s",
    )
    assert await bell
    assert await world.settle() == 1
    assert (await world.container.show_job()(OPERATOR, id)).state is JobState.DONE
    with pytest.raises(JobNotRetryable):
        await world.container.retry_job()(OPERATOR, id)
    assert await lines(world) == [("job-retried", str(id))]


async def test_a_cancelled_job_is_over_and_can_still_be_retried(world: World) -> None:
    id = await a_job(world)
    assert (await world.container.cancel_job()(OPERATOR, id)).state is JobState.CANCELLED
    with pytest.raises(JobNotCancellable):
        await world.container.cancel_job()(OPERATOR, id)
    assert await world.settle() == 0
    await world.container.retry_job()(OPERATOR, id)
    assert await world.settle() == 1
    assert await lines(world) == [("job-cancelled", str(id)), ("job-retried", str(id))]


async def test_a_running_job_is_stopped_by_its_next_heartbeat_if_no_bell_rings(world: World) -> None:
    began, stopped = asyncio.Event(), asyncio.Event()

    async def endless(message: object, job: UUID) -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    worker = Worker(
        world.ledger, by_kind([Reaction(name="endless", message=VerificationRequested, do=endless)]),
        clock=world.clock, ids=world.ids, doorbell=MemoryDoorbell(), queues={"default": 1},
        lease=timedelta(seconds=0.3), poll=timedelta(seconds=0.05),
    )  # fmt: skip
    id = await a_job(world)
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(began.wait(), 20)
    await world.container.cancel_job()(OPERATOR, id)
    await asyncio.wait_for(stopped.wait(), 20)
    await eventually(lambda: not worker.running)
    assert (await world.container.show_job()(OPERATOR, id)).state is JobState.CANCELLED
    await worker.drain(timedelta())
    await running


async def test_a_paused_queue_is_left_alone_until_it_is_resumed(world: World) -> None:
    boss = await an_admin(world)
    await a_job(world)
    now = world.clock.now()
    paused = await world.container.pause_queue()(boss.actor, "default", AWAY)
    assert paused == Queue(
        name="default", waiting=1, due=1, oldest_due_at=now, paused_at=now, paused_by=boss.actor.user
    )
    assert await world.settle() == 0
    assert await world.container.queue_overview()(boss.actor) == (paused,)
    bell = asyncio.create_task(world.container.doorbell().wait(timedelta(seconds=20)))
    await asyncio.sleep(0)
    assert (await world.container.resume_queue()(boss.actor, "default", AWAY)).paused_at is None
    assert await bell
    assert await world.settle() == 1
    assert await lines(world) == [("queue-paused", "default"), ("queue-resumed", "default")]


async def test_a_queue_may_be_paused_before_it_has_jobs(world: World) -> None:
    assert (await world.container.pause_queue()(OPERATOR, "media.slow")).paused_at is not None
    await a_job(world, queue="media.slow")
    assert await world.ledger.claim("w", "media.slow", 1, LEASE) == []
    resumed = await world.container.resume_queue()(OPERATOR, "never-seen")
    assert resumed == Queue(name="never-seen")


@pytest.mark.parametrize("name", ["", "x" * 41, "two words", "né", "a\n", "a/b", "%"])
async def test_a_queue_that_nothing_could_be_in_is_refused(world: World, name: str) -> None:
    for deed in (world.container.pause_queue(), world.container.resume_queue()):
        with pytest.raises(InvalidQueueName):
            await deed(OPERATOR, name)


async def test_pruning_spares_dead_jobs_unless_told_otherwise(world: World) -> None:
    prune = world.container.prune_jobs()
    await a_dead_job(world)
    cancelled = await a_job(world)
    await world.container.cancel_job()(OPERATOR, cancelled)
    world.clock.advance(timedelta(days=1))
    before = world.clock.now()
    assert (await prune(OPERATOR, Pruning(before=before))).pruned == 1
    assert (await prune(OPERATOR, Pruning(before=before, states=("dead",)))).pruned == 1
    assert (await world.container.list_jobs()(OPERATOR)).items == ()
    kinds = [kind for kind, _ in await lines(world)]
    assert kinds == [SecurityEventKind.JOB_CANCELLED, SecurityEventKind.JOBS_PRUNED, SecurityEventKind.JOBS_PRUNED]


async def test_pruning_takes_a_bounded_bite_and_says_when_there_is_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asperguide.operations.jobs.BATCH", 2)
    monkeypatch.setattr("asperguide.operations.jobs.BATCHES", 2)
    for _ in range(5):
        await a_dead_job(world)
    world.clock.advance(timedelta(days=1))
    wanted = Pruning(before=world.clock.now(), states=("dead",))
    first, second = [await world.container.prune_jobs()(OPERATOR, wanted, Origin()) for _ in range(2)]
    assert [(first.pruned, first.more), (second.pruned, second.more)] == [(4, True), (1, False)]
    assert len(await lines(world)) == 2
