"""Prints against real transactions: two hundred are made at the same moment, and files change hands meanwhile."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.images import MemoryImages
from asperguide.adapters.sql.engine import Database
from asperguide.ar.creating import AboutContent, NewContent
from asperguide.ar.model import Customer
from asperguide.ar.videos import FileId
from asperguide.container import Container
from asperguide.media import SmallUpload
from asperguide.media.model import OwnerId, own
from asperguide.media.ports import Room
from asperguide.shared.actor import Actor
from asperguide.shared.tenancy import CompanyRole, ProjectFacts, ProjectId, ProjectStanding, ProjectState
from asperguide.testing import MovableClock
from asperguide.testing.contracts.people import IDS
from asperguide.testing.contracts.planning import project
from tests.contract.filing import filing, somebody
from tests.contract.test_media_races import deadlocks
from tests.media import in_chunks, png
from tests.projects import company_facts

MANY = 200


class OneProject:
    """A project in which everybody may do everything."""

    def __init__(self, facts: ProjectFacts) -> None:
        self.facts = facts

    async def standing(self, user: Any, project: ProjectId) -> Any:
        """Its owner's."""
        return ProjectStanding(project=self.facts, role=CompanyRole.OWNER)


@pytest.fixture
def facts(clock: MovableClock) -> ProjectFacts:
    return ProjectFacts(
        id=ProjectId(IDS.new()), company=company_facts(IDS.new()), name="Mariage", state=ProjectState.ACTIVE,
        template=False, starts_at=clock.now(), ends_at=None,
    )  # fmt: skip


@pytest.fixture
def container(database: Database, clock: MovableClock, facts: ProjectFacts) -> Container:
    made = filing(database, clock)
    made.images.override(Object(MemoryImages()))
    made.project_standings.override(Object(OneProject(facts)))
    return made


@pytest.fixture(autouse=True)
async def no_deadlocks(database: Database) -> AsyncIterator[None]:
    """None in any of these tests, not even one that somebody would have tried again after."""
    before = await deadlocks(database)
    yield
    assert await deadlocks(database) == before


async def photo(container: Container, by: Actor, width: int = 640) -> FileId:
    new = SmallUpload(name="p.png", media_type="image/png")
    return FileId((await container.upload_small()(by, new, in_chunks(png(width, 480)))).id)


async def exact(container: Container, *owners: OwnerId) -> list[tuple[int, int]]:
    """What is counted for each, which is what there is."""
    found = []
    for owner in owners:
        usage = await container.media_reads().usage(owner)
        async with container.media_unit_of_work() as uow:
            assert await uow.quotas.recount(owner) == usage
        found.append((usage.used_files, usage.reserved_files))
    return found


async def test_two_hundred_prints_at_once_have_numbers_without_gaps(
    container: Container, clock: MovableClock, facts: ProjectFacts
) -> None:
    async with container.projects_unit_of_work() as uow:
        await uow.projects.add(project(facts.company.id, id=facts.id))
        await uow.commit()
    me = somebody(clock)
    new = NewContent(photo=await photo(container, me))
    await container.create_content()(me, facts.id, new)
    files = await container.media_files().known(facts.company.id, [FileId(new.photo)])
    keep, ends_at = container.keep_content(), clock.now()
    made = await asyncio.gather(
        *(
            keep(me, facts, AboutContent(title=f"{n}"), Customer(), ends_at, list(files.values()))
            for n in range(MANY - 1)
        )
    )
    numbers = sorted(one.number for one in made)
    assert numbers == [f"ORD-20310517-{n:06}" for n in range(2, MANY + 1)]
    assert len({one.public_id for one in made}) == MANY - 1


async def test_many_who_hand_files_over_at_once_count_exactly(
    container: Container, clock: MovableClock, facts: ProjectFacts
) -> None:
    people = [somebody(clock) for _ in range(8)]
    sent = [(one, await photo(container, one, 600 + n)) for n, one in enumerate(people) for _ in range(2)]
    take = container.media_files().take
    await asyncio.gather(
        *(take(one, facts.company, [id]) for one, id in sent for _ in range(3)), return_exceptions=True
    )
    for one, id in sent:
        await take(one, facts.company, [id])
    found = await exact(container, OwnerId(facts.company.id), *(own(one.user) for one in people))
    assert found == [(16, 0), *[(0, 0)] * 8]


async def test_of_two_companies_that_take_a_file_one_gets_it(container: Container, clock: MovableClock) -> None:
    me = somebody(clock)
    companies = [company_facts(IDS.new()) for _ in range(2)]
    for turn in range(5):
        id = await photo(container, me, 600 + turn)
        calls = [container.media_files().take(me, company, [id]) for company in companies]
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert Counter(type(one).__name__ for one in found) == {"list": 1, "InvalidContent": 1}
    counted = await exact(container, *(OwnerId(company.id) for company in companies), own(me.user))
    assert (sum(used for used, _ in counted), counted[-1]) == (5, (0, 0))


async def test_a_file_that_is_dropped_and_deleted_and_taken_at_once_comes_to_one_end(
    container: Container, clock: MovableClock
) -> None:
    me, company = somebody(clock), company_facts(IDS.new())
    for turn in range(6):
        id = await photo(container, me, 600 + turn)
        calls = [
            container.media_files().take(me, company, [id]),
            container.delete_file()(me, id),
            container.media_files().drop(company.id, [id]),
        ]
        await asyncio.gather(*calls[turn % 3 :], *calls[: turn % 3], return_exceptions=True)
    await exact(container, OwnerId(company.id), own(me.user))


async def test_what_there_is_no_room_for_is_not_taken_however_many_come(
    container: Container, clock: MovableClock
) -> None:
    me = somebody(clock)
    sent = [await photo(container, me, 600 + n) for n in range(10)]
    size = sum([(await container.get_file()(me, id)).size for id in sent[:4]])
    room = Room(owner=OwnerId(IDS.new()), most_bytes=size)
    calls = [container.hand_over()(me, [id], room, ("image",)) for id in sent]
    found = Counter(type(one).__name__ for one in await asyncio.gather(*calls, return_exceptions=True))
    assert found["list"] + found["QuotaExceeded"] == 10
    ((used, reserved),) = await exact(container, room.owner)
    assert (used, reserved) == (found["list"], 0)
    assert 3 <= used <= 4
