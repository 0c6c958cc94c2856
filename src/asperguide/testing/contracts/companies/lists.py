"""The law of lists of companies, of members and of what happened: whose, order, stable pages, filters."""

from dataclasses import replace
from typing import Any

from asperguide.companies.activity import Happening
from asperguide.companies.model import CompanyState, Tier
from asperguide.companies.ports import MyCompany
from asperguide.shared.errors import InvalidCursor, InvalidFields
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyRole
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.identity.cursors import STRANGE
from asperguide.testing.contracts.identity.listing import everything
from asperguide.testing.contracts.incorporating import company, happened, member, owner, somebody
from asperguide.testing.contracts.people import DAY, HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence

NAMES = ["bob", "Anna", "ÄNNE", "a b", "Zoë", "0", "🦊", "張伟", "\u0390" * 255, "ﬃ" * 255]
ROLES = tuple(CompanyRole)


def in_order(things: list[Any], sort: str) -> list[Any]:
    """As the list should give them."""
    field = sort.removeprefix("-").replace("name", "name_key")
    return sorted(things, key=lambda one: (getattr(one, field), one.id), reverse=sort.startswith("-"))


class CompanyListsContract:
    """My companies, all companies, members, activity."""

    async def test_my_companies_come_in_every_order_over_pages_of_any_length(self, persistence: Persistence) -> None:
        user = somebody()
        companies = [company(f"{NAMES[n % 10][:250]} {n // 10}") for n in range(30)]
        mine = [member(one, user, ROLES[n % 4], since=NOW + n // 3 * HOUR) for n, one in enumerate(companies)]
        await persistence.keep_companies(*companies, *mine, *(owner(one) for one in companies), company())
        things = [
            MyCompany(id=one.id, company=one.company, role=one.role, since=one.since, name_key=of.name_key or "")
            for one, of in zip(mine, companies, strict=True)
        ]

        async def read(page: PageRequest) -> Any:
            return await persistence.company_reads.mine(user, page)

        for sort in ("since", "-since", "name", "-name"):
            for limit in (7, 30, 100):
                assert await everything(read, limit, sort=sort) == in_order(things, sort), (sort, limit)
            editing = [one for one in things if one.role is CompanyRole.EDITOR]
            assert await everything(read, 4, sort=sort, filters={"role": "editor"}) == in_order(editing, sort)
        assert (await read(PageRequest(limit=1, count=True))).total == 30
        for strange in (
            PageRequest(sort="id"),
            PageRequest(filters={"role": "zzz"}),
            PageRequest(filters={"name": "a"}),
        ):
            with raises(InvalidFields):
                await read(strange)
        for cursor in STRANGE:
            with raises(InvalidCursor):
                await read(PageRequest(cursor=cursor))

    async def test_a_company_that_was_renamed_stands_where_its_new_name_belongs(self, persistence: Persistence) -> None:
        user = somebody()
        first, second = company("Anna"), company("Bob")
        await persistence.keep_companies(first, second, owner(first, user), owner(second, user))

        async def work(uow: Any) -> None:
            await uow.members.renamed(await uow.companies.save(replace(first, name="Zoë")))

        await persistence.change_companies(work)
        page = await persistence.company_reads.mine(user, PageRequest(sort="name"))
        assert [one.company for one in page.items] == [second.id, first.id]

    async def test_all_companies_come_newest_first_with_filters(self, persistence: Persistence) -> None:
        states, tiers = (CompanyState.ACTIVE, CompanyState.INACTIVE), tuple(Tier)
        kept = [
            company(f"Company {n}", created_at=NOW + n // 4 * HOUR, state=states[n % 2], tier=tiers[n % 3])
            for n in range(24)
        ]
        await persistence.keep_companies(*kept)

        async def read(page: PageRequest) -> Any:
            return await persistence.company_reads.all(page)

        assert await everything(read, 5) == in_order(kept, "-created_at")
        assert await everything(read, 24, sort="created_at") == in_order(kept, "created_at")
        inactive = [one for one in kept if one.state is CompanyState.INACTIVE and one.tier is Tier.PRO]
        chosen = {"state": "inactive", "tier": "pro"}
        assert await everything(read, 3, filters=chosen) == in_order(inactive, "-created_at")
        assert await everything(read, filters={"name": "COMPANY  7"}) == [kept[7]]
        for strange in (PageRequest(sort="name"), PageRequest(filters={"state": "gone"})):
            with raises(InvalidFields):
                await read(strange)

    async def test_members_come_in_the_order_in_which_they_joined(self, persistence: Persistence) -> None:
        home, other = company(), company()
        kept = [member(home, role=ROLES[n % 4], since=NOW + n // 3 * DAY) for n in range(20)]
        await persistence.keep_companies(home, other, *kept, member(other))

        async def read(page: PageRequest) -> Any:
            return await persistence.company_reads.members(home.id, page)

        assert await everything(read, 6) == in_order(kept, "since")
        assert await everything(read, 20, sort="-since") == in_order(kept, "-since")
        owners = [one for one in kept if one.role is CompanyRole.OWNER]
        assert await everything(read, 2, filters={"role": "owner"}) == in_order(owners, "since")

    async def test_what_happened_comes_latest_first_and_once(self, persistence: Persistence) -> None:
        home, other, one = company(), company(), somebody()
        kept = [
            happened(
                home, at=NOW + n // 3 * HOUR, by=one if n % 2 else None, what=("a", "b")[n % 2], subject=IDS.new(),
                detail="ÿ" * 255,
            )
            for n in range(20)
        ]  # fmt: skip
        await persistence.keep_companies(home, other, *kept, happened(other), *kept[:3])

        async def read(page: PageRequest) -> Any:
            return await persistence.company_reads.activity(home.id, page)

        expected: list[Happening] = in_order(kept, "-at")
        assert await everything(read, 6) == expected
        assert await everything(read, 20, sort="at") == expected[::-1]
        assert await everything(read, 3, filters={"what": "a"}) == [line for line in expected if line.what == "a"]
        assert await everything(read, 3, filters={"by": str(one)}) == [line for line in expected if line.by == one]
        for strange in (PageRequest(sort="what"), PageRequest(filters={"by": "me"}), PageRequest(filters={"what": ""})):
            with raises(InvalidFields):
                await read(strange)
