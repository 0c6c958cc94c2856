"""Maintenance: who may begin it, what is written down, what a process remembers of it, what workers do meanwhile."""

import asyncio
from datetime import timedelta

import pytest

from asperguide.adapters.maintenance import MaintenanceWatch
from asperguide.identity import NewUser
from asperguide.operations import Maintenance, MaintenanceNotice
from asperguide.shared.actor import OPERATOR
from asperguide.shared.errors import DatabaseUnavailable, RoleNeeded
from asperguide.shared.pages import PageRequest
from asperguide.testing import World
from asperguide.testing.world import PASSWORD
from asperguide.worker import worker_of
from tests.servers import eventually

NOTICE = MaintenanceNotice(message="Back at noon.", retry_after=60)


@pytest.fixture
def world() -> World:
    """A fresh one."""
    return World()


async def lines(world: World) -> list[tuple[str, str]]:
    found = await world.container.security_log()(OPERATOR, PageRequest(sort="at", limit=100))
    return [(event.kind, event.detail) for event in found.items if event.user is None]


async def test_what_is_begun_lasts_until_it_is_ended_and_both_are_written_down(world: World) -> None:
    c = world.container
    began = world.clock.now()
    await c.begin_maintenance()(OPERATOR, NOTICE)
    world.clock.advance(timedelta(hours=1))
    expected = Maintenance(message="Back at noon.", retry_after=60, since=began, by=OPERATOR.user)
    assert await c.check_maintenance()() == expected
    assert await c.end_maintenance()(OPERATOR) is True
    assert await c.check_maintenance()() is None
    assert await lines(world) == [("maintenance-begun", "Back at noon."), ("maintenance-ended", "")]


async def test_the_same_again_changes_nothing_and_other_words_keep_its_beginning(world: World) -> None:
    c = world.container
    began = world.clock.now()
    for message in ("Back at noon.", "Back at noon.", "Back at one."):
        await c.begin_maintenance()(OPERATOR, MaintenanceNotice(message=message))
        world.clock.advance(timedelta(hours=1))
    found = await c.check_maintenance()()
    assert found is not None and (found.since, found.message) == (began, "Back at one.")
    assert [detail for _, detail in await lines(world)] == ["Back at noon.", "Back at one."]
    assert [await c.end_maintenance()(OPERATOR) for _ in range(2)] == [True, False]
    assert len(await lines(world)) == 3


async def test_only_administrators_may(world: World) -> None:
    siobhan = (await world.person("siobhan")).actor
    with pytest.raises(RoleNeeded):
        await world.container.begin_maintenance()(siobhan, NOTICE)
    with pytest.raises(RoleNeeded):
        await world.container.end_maintenance()(siobhan)
    assert await lines(world) == []


async def test_while_the_database_is_away_what_it_said_last_counts() -> None:
    said: list[Maintenance | None] = [
        Maintenance(message="x", retry_after=1, since=World().clock.now(), by=OPERATOR.user)
    ]

    async def check() -> Maintenance | None:
        if not said:
            raise DatabaseUnavailable
        return said.pop()

    watch = MaintenanceWatch(check)
    assert not watch.under_way()
    for _ in range(2):
        await watch.look()
        assert watch.under_way()
    said.append(None)
    await watch.look()
    assert not watch.under_way()


async def test_workers_take_no_job_meanwhile_and_go_on_afterwards(world: World) -> None:
    c = world.container
    worker = worker_of(c)
    await c.begin_maintenance()(OPERATOR, NOTICE)
    await c.maintenance().look()
    await c.register()(NewUser(email="s@example.org", username="siobhan", full_name="Siobhán", password=PASSWORD))
    running = asyncio.create_task(worker.run())
    for _ in range(20):
        await c.doorbell().ring()
        await asyncio.sleep(0)
    assert world.mails == [] and not worker.running
    await c.end_maintenance()(OPERATOR)
    await c.maintenance().look()
    await c.doorbell().ring()
    await eventually(lambda: len(world.mails) == 1)
    await worker.drain(timedelta(seconds=5))
    await running
