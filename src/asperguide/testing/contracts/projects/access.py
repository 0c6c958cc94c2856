"""The law of who is listed for which project."""

from dataclasses import replace

from asperguide.projects.rights import Access
from asperguide.shared.tenancy import CompanyRole
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.planning import company, listed, member, project


class AccessListsContract:
    """Listing, changing, taking off, forgetting."""

    async def test_somebody_is_listed_once_for_a_project_as_what_was_said_last(self, persistence: Persistence) -> None:
        kept, user = project(company()), member()
        await persistence.keep_projects(kept, listed(kept, user), listed(kept, user, CompanyRole.VIEWER))
        assert await persistence.project_reads.access(kept.company, kept.id) == [listed(kept, user, CompanyRole.VIEWER)]
        found = await persistence.project_reads.find(kept.id, user)
        assert found is not None
        assert found.listed is CompanyRole.VIEWER

    async def test_everybody_who_is_listed_comes_in_the_order_of_their_ids(self, persistence: Persistence) -> None:
        kept, other = project(company()), project(company())
        rows = [listed(kept, member()) for _ in range(9)]
        await persistence.keep_projects(kept, other, listed(other, rows[0].user))
        await persistence.change_projects(lambda uow: uow.lists.put_all(rows[::-1]))
        await persistence.change_projects(lambda uow: uow.lists.put_all([]))
        assert await persistence.project_reads.access(kept.company, kept.id) == rows
        async with persistence.begin_projects() as uow:
            assert await uow.lists.all(kept.company, kept.id) == rows
            assert await uow.lists.all(other.company, kept.id) == []

    async def test_who_is_taken_off_is_listed_no_more(self, persistence: Persistence) -> None:
        kept, one, other = project(company()), member(), member()
        await persistence.keep_projects(kept, listed(kept, one), listed(kept, other))
        assert not await persistence.change_projects(lambda uow: uow.lists.remove(company(), kept.id, one))
        assert await persistence.change_projects(lambda uow: uow.lists.remove(kept.company, kept.id, one))
        assert not await persistence.change_projects(lambda uow: uow.lists.remove(kept.company, kept.id, one))
        assert await persistence.project_reads.access(kept.company, kept.id) == [listed(kept, other)]

    async def test_restricted_projects_are_closed_to_whoever_is_not_listed(self, persistence: Persistence) -> None:
        mine, user = company(), member()
        kept = [project(mine, access=access) for access in (Access.RESTRICTED, Access.RESTRICTED, Access.INHERIT)]
        going, other = (
            project(mine, access=Access.RESTRICTED, removing=True),
            project(company(), access=Access.RESTRICTED),
        )
        await persistence.keep_projects(*kept, going, other, listed(kept[0], user), listed(kept[1], member()))
        assert set(await persistence.project_reads.closed_to(mine, user)) == {kept[1].id, going.id}
        assert set(await persistence.project_reads.closed_to(mine, member())) == {kept[0].id, kept[1].id, going.id}

    async def test_who_is_no_more_is_forgotten_some_at_a_time(self, persistence: Persistence) -> None:
        gone, there = member(), member()
        kept = [project(company()) for _ in range(7)]
        await persistence.keep_projects(*kept, *(listed(one, gone) for one in kept), listed(kept[0], there))
        done = [await persistence.change_projects(lambda uow: uow.lists.forget(gone, 3)) for _ in range(4)]
        assert done == [3, 3, 1, 0]
        assert await persistence.project_reads.access(kept[0].company, kept[0].id) == [listed(kept[0], there)]

    async def test_being_listed_is_part_of_no_version(self, persistence: Persistence) -> None:
        kept = project(company())
        await persistence.keep_projects(kept, listed(kept, member()))
        saved = await persistence.change_projects(lambda uow: uow.projects.save(replace(kept, name="Other")))
        assert len(await persistence.project_reads.access(kept.company, kept.id)) == 1
        assert saved.version == 2
