"""The law of lists."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from asperguide.identity.model import User, decoy_of
from asperguide.shared.actor import Role
from asperguide.shared.errors import InvalidFields
from asperguide.shared.pages import MAX_LIMIT, Page, PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.people import HOUR, NOW, active, admin, person
from asperguide.testing.contracts.persistence import Persistence

Read = Callable[[PageRequest], Awaitable[Page[Any]]]


async def everything(read: Read, limit: int = 100, **wanted: Any) -> list[Any]:
    """All pages, one after the other."""
    items: list[Any] = []
    cursor = None
    while True:
        page = await read(PageRequest(cursor=cursor, limit=limit, **wanted))
        items += page.items
        assert len(items) <= 1000, "pages repeat themselves"
        assert len(page.items) == limit or page.next_cursor is None
        if (cursor := page.next_cursor) is None:
            return items


class ListsContract:
    """Lists of accounts: order, stable pages, filters, totals, what is refused."""

    async def test_accounts_come_newest_first_with_ties_in_a_fixed_order(self, persistence: Persistence) -> None:
        people = [active(f"person{n:03}", created_at=NOW + (n // 10) * HOUR) for n in range(250)]
        await persistence.keep(*people)
        expected = sorted(people, key=lambda user: (user.created_at, user.id), reverse=True)
        assert await everything(persistence.reads.list, limit=7) == expected
        assert await everything(persistence.reads.list, limit=100, sort="created_at") == expected[::-1]

    async def test_pages_are_stable_when_accounts_are_added_and_removed_meanwhile(
        self, persistence: Persistence
    ) -> None:
        people = [active(f"person{n:03}", created_at=NOW + timedelta(microseconds=n // 3)) for n in range(250)]
        await persistence.keep(*people)
        seen = list[User]()
        cursor, number = None, 0
        while True:
            page = await persistence.reads.list(PageRequest(cursor=cursor, limit=20))
            seen += page.items
            assert len(seen) <= 1000, "pages repeat themselves"
            number += 1
            await persistence.keep(active(f"newer{number:03}", created_at=NOW + HOUR))
            if (cursor := page.next_cursor) is None:
                break
        expected = sorted(people, key=lambda user: (user.created_at, user.id), reverse=True)
        assert seen == expected

    async def test_accounts_can_be_sorted_by_username_whatever_its_case(self, persistence: Persistence) -> None:
        names = ["bob", "Anna", "carl", "BERT", "a_b", "a.b", "a-b", "Zoe", "0ne"]
        await persistence.keep(*(active(name) for name in names))
        expected = sorted(names, key=str.lower)
        for limit in (1, 2, 9, 10):
            got = await everything(persistence.reads.list, limit, sort="username")
            assert [user.username for user in got] == expected
        got = await everything(persistence.reads.list, 2, sort="-username")
        assert [user.username for user in got] == expected[::-1]

    async def test_accounts_are_filtered_by_state_role_address_and_username(self, persistence: Persistence) -> None:
        mod = active("mod", roles=(Role.USER, Role.MODERATOR))
        both = active("both", roles=(Role.ADMIN, Role.MODERATOR))
        people = [mod, both, admin("boss"), person("pending"), active("erased").erased(NOW), decoy_of(person("decoy"))]
        await persistence.keep(*people)

        async def names(**filters: str) -> list[str]:
            page = await persistence.reads.list(PageRequest(filters=filters, sort="username", count=True))
            assert page.total == len(page.items)
            return [user.username.partition("-")[0] for user in page.items]

        assert await names() == ["boss", "both", "closed", "mod", "pending"]
        assert await names(state="active") == ["boss", "both", "mod"]
        assert await names(state="closed") == ["closed"]
        assert await names(role="moderator") == ["both", "mod"]
        assert await names(role="admin") == ["boss", "both"]
        assert await names(role="admin", state="pending") == []
        assert await names(email="MOD@example.org") == ["mod"]
        assert await names(username="BOSS") == ["boss"]
        assert await names(username="decoy") == []

    async def test_the_total_counts_all_pages_and_only_when_asked(self, persistence: Persistence) -> None:
        await persistence.keep(*(active(f"person{n}") for n in range(5)))
        first = await persistence.reads.list(PageRequest(limit=2, count=True))
        assert (len(first.items), first.total) == (2, 5)
        second = await persistence.reads.list(PageRequest(limit=2, count=True, cursor=first.next_cursor))
        assert second.total == 5
        assert (await persistence.reads.list(PageRequest(limit=2))).total is None

    async def test_a_page_is_never_longer_than_the_limit_of_all_lists(self, persistence: Persistence) -> None:
        await persistence.keep(*(active(f"person{n}") for n in range(MAX_LIMIT + 5)))
        assert len((await persistence.reads.list(PageRequest(limit=10_000))).items) == MAX_LIMIT
        assert len((await persistence.reads.list(PageRequest(limit=0))).items) == 1

    async def test_the_last_page_has_no_cursor_even_when_it_is_full(self, persistence: Persistence) -> None:
        await persistence.keep(*(active(f"person{n}") for n in range(4)))
        first = await persistence.reads.list(PageRequest(limit=2))
        last = await persistence.reads.list(PageRequest(limit=2, cursor=first.next_cursor))
        assert len(last.items) == 2
        assert last.next_cursor is None

    async def test_names_and_values_that_a_list_does_not_know_are_refused(self, persistence: Persistence) -> None:
        for wanted in (
            PageRequest(sort="email"),
            PageRequest(sort="--username"),
            PageRequest(sort="-"),
            PageRequest(filters={"full_name": "x"}),
            PageRequest(filters={"state": "asleep"}),
            PageRequest(filters={"role": "Admin"}),
        ):
            with raises(InvalidFields) as refused:
                await persistence.reads.list(wanted)
            assert len(refused.value.fields) == 1, wanted

    async def test_every_wrong_name_is_named(self, persistence: Persistence) -> None:
        with raises(InvalidFields) as refused:
            await persistence.reads.events(
                PageRequest(sort="user", filters={"user": "me", "by": "me", "kind": "dance"})
            )
        assert [field.pointer for field in refused.value.fields] == [
            "?sort", "?filter[user]", "?filter[by]", "?filter[kind]"
        ]  # fmt: skip
