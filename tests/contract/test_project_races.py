"""Projects against real transactions: who comes at the same moment as somebody else."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.types import Uuid
from asperguide.ar.creating import numbered
from asperguide.ar.model import Content
from asperguide.projects import DeleteProject, EnterProject
from asperguide.projects.creating import AddProject
from asperguide.projects.errors import ProjectNotEmpty, ProjectNotFound
from asperguide.projects.keeping import arm, keep
from asperguide.projects.model import Project
from asperguide.projects.notices import Stage
from asperguide.projects.ports import ProjectContents, ProjectPolicy, ProjectsUnitOfWork
from asperguide.projects.removing import remove
from asperguide.projects.sweeping import SweepProjects
from asperguide.shared.actor import UserId
from asperguide.shared.pages import PageRequest
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.tenancy import CompanyId, CompanyRole, ProjectId, ProjectState, Standing
from asperguide.testing import MovableClock
from asperguide.testing.contracts import Persistence
from asperguide.testing.contracts.people import DAY, NOW
from asperguide.testing.contracts.planning import company, listed, member, notice, project
from asperguide.testing.contracts.printing import content
from asperguide.testing.contracts.projects.noticing import waiting
from tests.contract.persistences import sql_persistence
from tests.contract.test_company_races import acting
from tests.contract.test_media_races import deadlocks, outcomes
from tests.projects import FakeCompanies, FakeContents, company_facts

MANY = 20


@pytest.fixture
def persistence(database: Database, clock: MovableClock) -> Persistence:
    """On a database only."""
    return sql_persistence(database, clock)


@pytest.fixture(autouse=True)
async def no_deadlocks(database: Database) -> AsyncIterator[None]:
    """None in any of these tests, not even one that somebody would have tried again after."""
    before = await deadlocks(database)
    yield
    assert await deadlocks(database) == before


@dataclass(frozen=True)
class Desk:
    """What use cases do to projects once they know that they may."""

    persistence: Persistence

    async def add(self, one: Project, most: int = 50) -> Project:
        """A new project with what is said of it, counted."""

        async def finish(uow: ProjectsUnitOfWork, added: Project) -> Project:
            await arm(uow, added, NOW)
            return added

        facts = company_facts(one.company, most_projects=most)
        return await AddProject(begin=self.persistence.begin_projects)(facts, one, finish)

    async def extend(self, one: Project, days: int) -> Project:
        """The project with a later end."""

        async def extended() -> Project:
            async with self.persistence.begin_projects() as uow:
                if (found := await uow.projects.get(one.company, one.id)) is None:
                    raise ProjectNotFound
                return await keep(uow, found, found.extended(days, "UTC", NOW), NOW, lambda saved: saved)

        return await until_unhindered(extended)

    async def remove(self, one: Project) -> None:
        """No project any more."""

        async def removed() -> None:
            async with self.persistence.begin_projects() as uow:
                if (found := await uow.projects.get(one.company, one.id)) is not None:
                    await remove(uow, found, self.persistence.clock)
                    await uow.commit()

        await until_unhindered(removed)

    async def sweep(self) -> int:
        """Say what is due."""
        begin, clock = self.persistence.begin_projects, self.persistence.clock
        return await SweepProjects(begin=begin, clock=clock, policy=ProjectPolicy())()


async def test_the_last_places_of_a_company_are_got_by_so_many(persistence: Persistence) -> None:
    mine, desk = company(), Desk(persistence)
    calls = [desk.add(project(mine, f"Project {n}", slug=""), 7) for n in range(MANY)]
    assert await outcomes(*calls) == Counter(Project=7, TooManyProjects=MANY - 7)
    ids = await persistence.project_reads.in_company(mine)
    assert (len(ids), await persistence.project_reads.count(mine)) == (7, 7)
    kept = await persistence.project_reads.known(ids)
    added = [desk.add(project(mine, f"New {n}", slug=""), 7) for n in range(MANY)]
    again = await outcomes(*map(desk.remove, kept[:3]), *added)
    assert again["NoneType"] == 3
    assert again["Project"] <= 3
    assert await persistence.project_reads.count(mine) == 4 + again["Project"]
    assert len(await persistence.project_reads.in_company(mine)) == 4 + again["Project"]


async def test_of_those_who_give_the_same_name_at_once_one_gets_it(persistence: Persistence) -> None:
    mine, desk = company(), Desk(persistence)
    names = ("Été", "ÉTÉ", "été", "e\u0301te\u0301")
    calls = [desk.add(project(mine, names[n % 4], slug="")) for n in range(8)]
    assert await outcomes(*calls) == Counter(Project=1, ProjectNameTaken=7)
    assert await persistence.project_reads.count(mine) == 1


async def test_names_that_are_written_alike_get_slugs_of_their_own_at_once(persistence: Persistence) -> None:
    mine, desk = company(), Desk(persistence)
    made = await asyncio.gather(*(desk.add(project(mine, "Ete" + "!" * n, slug="")) for n in range(6)))
    assert {one.slug for one in made} == {"ete", *(f"ete-{n}" for n in range(2, 7))}


async def test_extensions_at_once_add_up(persistence: Persistence) -> None:
    kept, desk = project(company()), Desk(persistence)
    await persistence.keep_projects(kept, notice(kept))
    await asyncio.gather(*(desk.extend(kept, days) for days in (1, 2, 3, 4)))
    (found,) = await persistence.project_reads.known([kept.id])
    assert (found.ends_at, found.version) == (NOW + 40 * DAY, 5)
    assert [one.due_at for one in await waiting(persistence, NOW + 99 * DAY)] == [NOW + 33 * DAY]


async def test_projects_are_extended_archived_removed_and_spoken_of_at_once(
    persistence: Persistence, clock: MovableClock
) -> None:
    clock.set(NOW + 2 * DAY)
    desk, mine = Desk(persistence), company()
    made = [project(mine, ends_at=NOW + (9 if n % 2 else 30) * DAY) for n in range(12)]
    await persistence.keep_projects(*made, *map(notice, made), *(listed(one, member()) for one in made))
    for _ in made:
        await persistence.change_projects(lambda uow: uow.counts.take(mine, 99))

    async def archive(one: Project) -> None:
        async def archived() -> None:
            async with persistence.begin_projects() as uow:
                found = await uow.projects.get(one.company, one.id)
                assert found is not None
                after = replace(found, state=ProjectState.ARCHIVED)
                await keep(uow, found, after, clock.now(), lambda saved: saved)

        await until_unhindered(archived)

    calls: list[Awaitable[Any]] = [
        *(desk.extend(one, 30) for one in made[:4]),
        *(archive(one) for one in made[4:8]),
        *(desk.remove(one) for one in made[8:]),
        *(desk.sweep() for _ in range(6)),
    ]
    Random(5).shuffle(calls)
    await asyncio.gather(*calls)
    left = await waiting(persistence, NOW + 999 * DAY)
    assert {one.project for one in left} == {one.id for one in made[:4]}
    assert {one.stage for one in left} == {Stage.NEARING}
    assert await persistence.project_reads.count(mine) == 8


async def test_a_notice_of_another_release_holds_up_no_other(
    persistence: Persistence, database: Database, clock: MovableClock
) -> None:
    kept, other = project(company()), project(company())
    await persistence.keep_projects(kept, other, notice(kept), notice(other))
    table = sa.table("project_notices", sa.column("project", Uuid()), sa.column("stage"))
    async with database.writing() as store:
        await store.execute(sa.update(table).where(table.c.project == kept.id).values(stage="begins"))
    clock.set(NOW + 25 * DAY)
    assert await Desk(persistence).sweep() == 1
    await persistence.keep_projects(notice(kept))
    assert await Desk(persistence).sweep() == 1


@dataclass
class Busy(FakeContents):
    """Nothing is counted, and meanwhile something comes in."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def counts(self, company: CompanyId, projects: Collection[ProjectId]) -> Mapping[ProjectId, int]:
        """Nothing."""
        if self.meanwhile is not None:
            await self.meanwhile()
        return {}


class Owned(FakeCompanies):
    """Everybody owns every company."""

    async def standing(self, user: UserId, company: CompanyId) -> Standing:
        """The owner's."""
        return Standing(company=company_facts(company), role=CompanyRole.OWNER)


async def print_in(persistence: Persistence, one: Project) -> Content:
    """A new content of a project that somebody reached a moment ago."""
    made = content(one.company, one.id)

    async def added() -> Content:
        async with persistence.begin_ar() as uow:
            kept = await numbered(uow, made, company_facts(one.company))
            await uow.commit()
        return kept

    return await until_unhindered(added)


async def delete(persistence: Persistence, one: Project, contents: ProjectContents) -> None:
    """Delete an empty project."""
    enter = EnterProject(reads=persistence.project_reads, companies=Owned())
    use_case = DeleteProject(begin=persistence.begin_projects, enter=enter, contents=contents, clock=persistence.clock)
    await use_case(acting(member()), one.id)


async def test_what_comes_in_while_an_empty_project_is_looked_through_keeps_it(persistence: Persistence) -> None:
    kept = project(company())
    await persistence.keep_projects(kept)
    with pytest.raises(ProjectNotEmpty):
        await delete(persistence, kept, Busy(meanwhile=lambda: print_in(persistence, kept)))
    assert await persistence.project_reads.known([kept.id]) == [kept]


async def test_a_project_is_deleted_empty_or_what_came_in_stays(persistence: Persistence) -> None:
    mine = company()
    for turn in range(8):
        kept = project(mine)
        await persistence.keep_projects(kept)
        calls: list[Awaitable[Any]] = [
            delete(persistence, kept, Busy()),
            *(print_in(persistence, kept) for _ in range(3)),
            Desk(persistence).extend(kept, 3),
        ]
        results = await asyncio.gather(*calls[turn % 5 :], *calls[: turn % 5], return_exceptions=True)
        found = Counter(type(one).__name__ for one in results)
        assert (found["NoneType"], found["ProjectNotEmpty"]) == ((0, 1) if found["Content"] else (1, 0)), found
        assert found["Content"] == 3 or found["NoSuchProject"] == 3, found
        assert len((await persistence.ar_reads.contents(mine, kept.id, PageRequest())).items) == found["Content"]


async def test_two_workers_say_everything_once(persistence: Persistence, clock: MovableClock) -> None:
    made = [project(company(), ends_at=NOW + (8 + n % 3) * DAY) for n in range(30)]
    await persistence.keep_projects(*made, *map(notice, made))
    clock.set(NOW + 99 * DAY)
    assert sum(await asyncio.gather(*(Desk(persistence).sweep() for _ in range(4)))) == 90
    jobs = await persistence.ledger.claim("a worker", "default", 1000, DAY)
    ends = Counter((job.kind, job.payload) for job in jobs)
    assert Counter(job.kind for job in jobs) == {"projects.project-ending": 90}
    assert set(ends.values()) == {1}
