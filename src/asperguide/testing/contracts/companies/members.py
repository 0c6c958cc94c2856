"""The law of members: nobody belongs to a company twice, and somebody follows every owner."""

import asyncio
from dataclasses import replace

from asperguide.companies.errors import AlreadyMember
from asperguide.companies.model import Membership
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyRole
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.incorporating import company, member, owner, somebody
from asperguide.testing.contracts.people import DAY, HOUR, NOW
from asperguide.testing.contracts.persistence import Persistence


class MembersContract:
    """Members: round trip, versions, uniqueness, succession."""

    async def test_a_membership_comes_back_as_it_went_in(self, persistence: Persistence) -> None:
        kept, other = company(), company()
        mine = member(kept, role=CompanyRole.EDITOR, since=NOW + HOUR, version=4)
        await persistence.keep_companies(kept, other, mine)
        reads = persistence.company_reads
        assert await reads.membership(kept.id, mine.user) == mine
        assert await persistence.change_companies(lambda uow: uow.members.get(kept.id, mine.user)) == mine
        for where, who in ((other.id, mine.user), (kept.id, somebody())):
            assert await reads.membership(where, who) is None
            assert await persistence.change_companies(lambda uow, at=(where, who): uow.members.get(*at)) is None  # type: ignore[misc]

    async def test_of_two_changes_of_a_membership_the_second_is_refused(self, persistence: Persistence) -> None:
        kept = company()
        mine = member(kept)
        await persistence.keep_companies(kept, mine)
        changed = replace(mine, role=CompanyRole.MANAGER)
        saved = await persistence.change_companies(lambda uow: uow.members.save(changed))
        assert saved == replace(changed, version=2)
        for stale in (lambda uow: uow.members.save(mine), lambda uow: uow.members.remove(mine)):
            with raises(EditedMeanwhile):
                await persistence.change_companies(stale)
        await persistence.change_companies(lambda uow: uow.members.remove(saved))
        assert await persistence.company_reads.membership(kept.id, mine.user) is None

    async def test_nobody_belongs_to_a_company_twice(self, persistence: Persistence) -> None:
        kept, other, user = company(), company(), somebody()
        await persistence.keep_companies(kept, other, member(kept, user), member(other, user))
        with raises(AlreadyMember):
            await persistence.keep_companies(owner(kept, user))
        new = [member(kept, one) for one in [somebody()] * 8]
        results = await asyncio.gather(*map(persistence.keep_companies, new), return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == [*["AlreadyMember"] * 7, "NoneType"]

    async def test_owners_are_counted_for_each_company(self, persistence: Persistence) -> None:
        kept, other = company(), company()
        await persistence.keep_companies(kept, other, owner(kept), owner(kept), member(kept), owner(other))
        assert await persistence.change_companies(lambda uow: uow.members.owners(kept.id)) == 2
        assert await persistence.change_companies(lambda uow: uow.members.owners(company().id)) == 0

    async def test_the_successor_is_who_came_first_of_the_highest_role(self, persistence: Persistence) -> None:
        kept, other = company(), company()
        last = owner(kept)
        line = [
            member(kept, role=CompanyRole.MANAGER, since=NOW + DAY),
            member(kept, role=CompanyRole.MANAGER, since=NOW + 2 * DAY),
            member(kept, role=CompanyRole.EDITOR, since=NOW - DAY),
            member(kept, role=CompanyRole.VIEWER, since=NOW - 2 * DAY),
            member(kept, role=CompanyRole.VIEWER, since=NOW - DAY),
        ]
        await persistence.keep_companies(kept, other, last, *reversed(line), member(other, role=CompanyRole.MANAGER))

        async def next_after() -> Membership | None:
            return await persistence.change_companies(lambda uow: uow.members.successor(kept.id, last.user))

        for expected in line:
            assert await next_after() == expected
            await persistence.change_companies(lambda uow, gone=expected: uow.members.remove(gone))  # type: ignore[misc]
        assert await next_after() is None

    async def test_everything_that_somebody_belongs_to_is_found(self, persistence: Persistence) -> None:
        companies, user = [company() for _ in range(5)], somebody()
        mine = [member(one, user, since=NOW + n // 2 * HOUR) for n, one in enumerate(companies)]
        await persistence.keep_companies(*companies, *mine, *(member(one) for one in companies))
        expected = sorted(mine, key=lambda one: (one.since, one.id))
        for limit in (2, 5, 100):
            found = await persistence.change_companies(lambda uow, limit=limit: uow.members.of_user(user, limit))  # type: ignore[misc]
            assert list(found) == expected[:limit]

    async def test_all_members_of_one_company_can_be_let_go(self, persistence: Persistence) -> None:
        kept, other = company(), company()
        await persistence.keep_companies(kept, other, *(member(kept) for _ in range(3)), member(other))
        assert await persistence.change_companies(lambda uow: uow.members.remove_all(kept.id)) == 3
        assert await persistence.change_companies(lambda uow: uow.members.remove_all(kept.id)) == 0
        assert (await persistence.company_reads.members(other.id, PageRequest(count=True))).total == 1
