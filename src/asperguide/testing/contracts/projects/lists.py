"""The law of the list of projects: whose, order, stable pages, filters, who may see what."""

from datetime import datetime
from typing import Any

from asperguide.projects.model import EXPIRES_SOON, Lifecycle, Project
from asperguide.projects.ports import Found
from asperguide.projects.rights import Access
from asperguide.shared.actor import UserId
from asperguide.shared.emails import folded
from asperguide.shared.errors import InvalidCursor, InvalidFields
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.tenancy import CompanyId, CompanyRole, ProjectState
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.identity.cursors import ID, STRANGE, packed
from asperguide.testing.contracts.identity.listing import everything
from asperguide.testing.contracts.people import DAY, HOUR, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.planning import AN_INSTANT, company, listed, member, project

FIELDS = {"created_at": "created_at", "name": "name_key", "ends_at": "ends_key"}
SORTS = [f"{sign}{name}" for name in FIELDS for sign in ("", "-")]
STATES = list(ProjectState)
WORDS = ("à", "SS-", "%", "_", "1")
STRANGE_NAMES = [packed("name", value, ID) for value in (1, None, b"a", NOW)]


def collection(of: CompanyId, count: int = 36) -> list[Project]:
    """Projects that share instants with others, in all states, some without an end, some restricted."""
    return [
        project(
            of, f"{'ÀaßZ'[n % 4]}-{n:03}", created_at=NOW + n // 5 * HOUR, state=STATES[n % 3],
            starts_at=NOW + (n % 7 - 9) * DAY, ends_at=None if n % 6 == 0 else NOW + n % 5 * 5 * DAY + DAY,
            tags=("even", "été") if n % 2 == 0 else ("odd",), template=n % 4 == 0,
            access=Access.RESTRICTED if n % 5 == 0 else Access.INHERIT,
        )
        for n in range(count)
    ]  # fmt: skip


def in_order(projects: list[Project], sort: str) -> list[Project]:
    """As the list should give them."""
    field = FIELDS[sort.removeprefix("-")]
    return sorted(projects, key=lambda one: (getattr(one, field), one.id), reverse=sort.startswith("-"))


class ProjectListsContract:
    """The list of a company's projects."""

    async def test_projects_keep_every_order_over_pages_of_any_length(self, persistence: Persistence) -> None:
        mine = company()
        kept = collection(mine)
        await persistence.keep_projects(*kept, *collection(company(), 5), project(mine, removing=True))
        for sort in SORTS:
            for limit in (1, 5, 36, 100):
                assert await everything(self._read(persistence, mine), limit, sort=sort) == in_order(kept, sort)
        assert await everything(self._read(persistence, mine), 9) == in_order(kept, "-created_at")

    async def test_projects_are_filtered_by_everything_that_can_be_asked(self, persistence: Persistence) -> None:
        mine = company()
        kept = collection(mine)
        await persistence.keep_projects(*kept)
        questions: dict[tuple[str, str], Any] = {
            **{("state", str(state)): lambda one, state=state: one.state is state for state in STATES},
            **{("tag", tag): lambda one, tag=tag: tag in one.tags for tag in ("even", "odd", "été", "ete", "ev")},
            ("template", "true"): lambda one: one.template,
            ("template", "false"): lambda one: not one.template,
            **{("name", text): lambda one, text=text: folded(text) in one.name_key for text in WORDS},
        }  # fmt: skip
        for (name, value), holds in questions.items():
            read, wanted = self._read(persistence, mine), {name: value}
            expected = in_order([one for one in kept if holds(one)], "name")
            assert await everything(read, 4, sort="name", filters=wanted) == expected, wanted
            assert (await read(PageRequest(limit=1, filters=wanted, count=True))).total == len(expected)

    async def test_projects_are_so_far_in_their_period_as_they_say_themselves(self, persistence: Persistence) -> None:
        mine = company()
        kept = collection(mine)
        await persistence.keep_projects(*kept)
        for at in (NOW, NOW + DAY, NOW + 6 * DAY, NOW + 11 * DAY, NOW + DAY - EXPIRES_SOON):
            for near in (-AN_INSTANT, 0 * DAY, AN_INSTANT):
                for lifecycle in Lifecycle:
                    read = self._read(persistence, mine, now=at + near)
                    found = await everything(read, 100, sort="name", filters={"lifecycle": str(lifecycle)})
                    expected = [one for one in kept if one.lifecycle(at + near) is lifecycle]
                    assert found == in_order(expected, "name"), (at, near, lifecycle)

    async def test_who_is_restricted_sees_what_is_open_to_all_and_where_they_are_listed(
        self, persistence: Persistence
    ) -> None:
        mine, user = company(), member()
        kept = collection(mine)
        shut = [one for one in kept if one.access is Access.RESTRICTED]
        rows = [listed(shut[0], user, CompanyRole.VIEWER), listed(kept[1], user), listed(shut[1], member())]
        await persistence.keep_projects(*kept, *rows)
        expected = [one for one in kept if one.access is Access.INHERIT or one is shut[0]]
        read = self._read(persistence, mine, user)
        assert await everything(read, 7, sort="created_at") == in_order(expected, "created_at")
        page = await persistence.project_reads.projects(mine, user, PageRequest(limit=100), NOW)
        roles = {one.project.id: one.listed for one in page.items if one.project.access is Access.RESTRICTED}
        assert roles == {shut[0].id: CompanyRole.VIEWER}
        assert (await read(PageRequest(limit=1, count=True))).total == len(expected)

    async def test_a_list_of_projects_refuses_what_it_does_not_know(self, persistence: Persistence) -> None:
        read = self._read(persistence, company())
        strange = [
            {"state": "gone"},
            {"lifecycle": "draft"},
            {"template": "1"},
            {"tag": ""},
            {"name": "x" * 101},
            {"id": "1"},
        ]
        for request in (PageRequest(sort="id"), *(PageRequest(filters=filters) for filters in strange)):
            with raises(InvalidFields):
                await read(request)
        for sort, cursors in (("-created_at", STRANGE), ("name", STRANGE_NAMES), ("ends_at", STRANGE)):
            for cursor in cursors:
                with raises(InvalidCursor):
                    await read(PageRequest(cursor=cursor, sort=sort))

    @staticmethod
    def _read(persistence: Persistence, of: CompanyId, user: UserId | None = None, now: datetime = NOW) -> Any:
        async def read(page: PageRequest) -> Page[Project]:
            found: Page[Found] = await persistence.project_reads.projects(of, user, page, now)
            items = tuple(one.project for one in found.items)
            return Page(items=items, next_cursor=found.next_cursor, total=found.total)

        return read
