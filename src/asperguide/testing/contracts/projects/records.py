"""The law of projects and of how many there are: round trip, names, versions, removal, counts."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from asperguide.projects.errors import ProjectNameTaken, ProjectSlugTaken
from asperguide.projects.model import Project
from asperguide.projects.rights import Access
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import CompanyId, ProjectId, ProjectState, shown_key
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.incorporating import company as founded
from asperguide.testing.contracts.people import DAY, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.planning import company, listed, member, notice, project
from asperguide.testing.contracts.printing import content

FULL = project(
    company(),
    "Ünïcode \U0001f469\u200d\U0001f467",
    slug="unicode",
    description="L'été\n" * 500,
    state=ProjectState.ARCHIVED,
    starts_at=datetime(2031, 1, 2, 3, 4, 5, 999999, UTC),
    ends_at=datetime(2131, 1, 2, 3, 4, 5, 1, UTC),
    notify_before_days=365,
    tags=("garden", "été", "\U0001f98a"),
    template=True,
    access=Access.RESTRICTED,
    version=7,
)


async def count(persistence: Persistence, of: CompanyId) -> int:
    """How many projects the company has."""
    return await persistence.project_reads.count(of)


class ProjectRecordsContract:
    """Projects and counts."""

    async def test_a_project_comes_back_as_it_went_in(self, persistence: Persistence) -> None:
        bare = project(FULL.company, ends_at=None)
        await persistence.keep_projects(FULL, bare)
        for kept in (FULL, bare):
            async with persistence.begin_projects() as uow:
                assert await uow.projects.get(kept.company, kept.id) == kept
            found = await persistence.project_reads.find(kept.id, member())
            assert found is not None
            assert (found.project, found.listed) == (kept, None)
            assert await persistence.project_reads.known([kept.id, kept.id]) == [kept]

    async def test_a_project_of_another_company_is_none(self, persistence: Persistence) -> None:
        kept, other = project(company()), company()
        await persistence.keep_projects(kept)
        async with persistence.begin_projects() as uow:
            assert await uow.projects.get(other, kept.id) is None
            assert await uow.projects.get(kept.company, ProjectId(IDS.new())) is None
        assert await persistence.project_reads.in_company(other) == []
        assert await persistence.project_reads.find(ProjectId(IDS.new()), member()) is None
        assert await persistence.project_reads.known([]) == []

    async def test_without_a_commit_there_is_no_trace_of_a_project(self, persistence: Persistence) -> None:
        kept = project(company(), tags=("a",))
        async with persistence.begin_projects() as uow:
            assert await uow.counts.take(kept.company, 1)
            await uow.projects.add(kept)
            await uow.notices.put(notice(kept))
            await uow.lists.put(listed(kept, member()))
        assert await persistence.project_reads.known([kept.id]) == []
        assert await persistence.project_reads.access(kept.company, kept.id) == []
        assert await count(persistence, kept.company) == 0

    async def test_names_and_slugs_of_projects_are_unique_in_a_company_whatever_their_case(
        self, persistence: Persistence
    ) -> None:
        kept = project(company(), "Straße", slug="strasse")
        await persistence.keep_projects(kept, project(company(), "Straße", slug="strasse"))
        for name in ("Straße", "STRASSE", "strasse ", "straße"):
            with raises(ProjectNameTaken):
                await persistence.keep_projects(project(kept.company, name))
        with raises(ProjectSlugTaken):
            await persistence.keep_projects(project(kept.company, slug="strasse"))
        other = project(kept.company, "Strase", slug="strase")
        await persistence.keep_projects(other)
        with raises(ProjectNameTaken):
            await persistence.change_projects(lambda uow: uow.projects.save(replace(other, name="strasse")))
        with raises(ProjectSlugTaken):
            await persistence.change_projects(lambda uow: uow.projects.save(replace(other, slug="strasse")))
        same = replace(kept, name="STRASSE")
        assert await persistence.change_projects(lambda uow: uow.projects.save(same)) == replace(same, version=2)

    async def test_a_stale_project_is_refused_for_changes_and_removal(self, persistence: Persistence) -> None:
        kept = project(company(), tags=("a", "b"))
        await persistence.keep_projects(kept)
        changed = replace(kept, name="Other", tags=("c",))
        saved = await persistence.change_projects(lambda uow: uow.projects.save(changed))
        assert saved == replace(changed, version=2)
        for stale in (lambda uow: uow.projects.save(kept), lambda uow: uow.projects.remove(kept)):
            with raises(EditedMeanwhile):
                await persistence.change_projects(stale)
        assert await persistence.project_reads.known([kept.id]) == [saved]
        await persistence.change_projects(lambda uow: uow.projects.remove(saved))
        with raises(EditedMeanwhile):
            await persistence.change_projects(lambda uow: uow.projects.remove(saved))

    async def test_a_project_goes_with_all_that_hangs_on_it_and_leaves_its_name(self, persistence: Persistence) -> None:
        kept = project(company(), "Mariage", slug="mariage", tags=("a",))
        other = project(kept.company, tags=("a",))
        user = member()
        lists = listed(kept, user), listed(other, user)
        await persistence.keep_projects(kept, other, notice(kept), notice(other), *lists)
        await persistence.change_projects(lambda uow: uow.projects.remove(kept))
        assert await persistence.project_reads.in_company(kept.company) == [other.id]
        assert await persistence.project_reads.access(kept.company, kept.id) == []
        assert await persistence.project_reads.access(kept.company, other.id) == [listed(other, user)]
        async with persistence.begin_projects() as uow:
            assert await uow.notices.due(NOW + 99 * DAY, 9) == [notice(other)]
        await persistence.keep_projects(replace(kept, id=ProjectId(IDS.new())))

    async def test_what_is_shown_of_a_company_is_forgotten_with_each_change_of_its_projects(
        self, persistence: Persistence
    ) -> None:
        kept, other = project(company()), project(company())
        await persistence.keep_projects(kept, other)
        async with persistence.begin_projects() as uow:
            await uow.projects.save(replace(kept, name="Not committed"))
        assert persistence.purged == {}
        saved = await persistence.change_projects(lambda uow: uow.projects.save(replace(kept, name="Other")))
        assert persistence.purged == {shown_key(kept.company): 0}
        persistence.purges.told.clear()
        await persistence.change_projects(lambda uow: uow.projects.remove(saved))
        assert persistence.purged == {shown_key(kept.company): 0}

    async def test_a_project_is_empty_without_contents_of_its_own(self, persistence: Persistence) -> None:
        kept, other = project(company()), project(company())
        await persistence.keep_projects(kept, other)
        await persistence.keep_contents(content(other.company, other.id))
        assert await persistence.change_projects(lambda uow: uow.projects.is_empty(kept))
        assert not await persistence.change_projects(lambda uow: uow.projects.is_empty(other))

    async def test_no_project_comes_into_a_company_that_is_being_taken_apart(self, persistence: Persistence) -> None:
        there, closing = founded(), founded()
        await persistence.keep_companies(there, closing)
        await persistence.change_companies(lambda uow: uow.companies.save(closing.closing(NOW)))
        for of, stays in ((there.id, True), (closing.id, False), (company(), True)):
            assert await persistence.change_projects(lambda uow, of=of: uow.homes.stays(of)) is stays  # type: ignore[misc]

    async def test_what_is_being_removed_is_found_by_no_read(self, persistence: Persistence) -> None:
        kept = project(company(), removing=True)
        await persistence.keep_projects(kept)
        async with persistence.begin_projects() as uow:
            assert await uow.projects.get(kept.company, kept.id) == kept
        assert await persistence.project_reads.find(kept.id, member()) is None
        assert await persistence.project_reads.known([kept.id]) == []
        assert await persistence.project_reads.in_company(kept.company) == []
        assert await persistence.project_reads.some(kept.company, 5) == [kept.id]

    async def test_projects_of_a_company_are_told_in_the_order_of_their_ids(self, persistence: Persistence) -> None:
        mine = company()
        kept = [project(mine) for _ in range(12)]
        await persistence.keep_projects(*kept[::-1], project(company()))
        ids = [one.id for one in kept]
        assert await persistence.project_reads.in_company(mine) == ids
        assert await persistence.project_reads.some(mine, 5) == ids[:5]
        assert sorted(one.id for one in await persistence.project_reads.known(ids)) == ids

    async def test_of_concurrent_changes_to_one_version_of_a_project_one_wins(self, persistence: Persistence) -> None:
        kept = project(company())
        await persistence.keep_projects(kept)

        async def write(n: int) -> Project:
            changed = replace(kept, description=str(n), tags=(str(n),))
            return await persistence.change_projects(lambda uow: uow.projects.save(changed))

        results = await asyncio.gather(*map(write, range(8)), return_exceptions=True)
        (won,) = [result for result in results if isinstance(result, Project)]
        assert sum(isinstance(result, EditedMeanwhile) for result in results) == 7
        assert await persistence.project_reads.known([kept.id]) == [won]

    async def test_a_company_has_no_more_projects_than_it_may(self, persistence: Persistence) -> None:
        mine, other = company(), company()

        async def take(of: CompanyId, most: int) -> bool:
            return await persistence.change_projects(lambda uow: uow.counts.take(of, most))

        assert [await take(mine, 2) for _ in range(3)] == [True, True, False]
        assert not await take(other, 0)
        assert await take(other, 1)
        assert await take(mine, 3)
        await persistence.change_projects(lambda uow: uow.counts.give_back(mine))
        assert [await take(mine, 3), await take(mine, 3)] == [True, False]
        assert (await count(persistence, mine), await count(persistence, other)) == (3, 1)
        assert await count(persistence, company()) == 0

    async def test_the_last_project_that_a_company_may_have_is_taken_once(self, persistence: Persistence) -> None:
        mine = company()

        async def take() -> bool:
            return await persistence.change_projects(lambda uow: uow.counts.take(mine, 5))

        taken = await asyncio.gather(*(take() for _ in range(12)))
        assert taken.count(True) == 5
        assert await count(persistence, mine) == 5
