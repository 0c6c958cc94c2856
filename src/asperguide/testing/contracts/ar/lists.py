"""The law of lists of contents: whose, order, stable pages, filters; what is counted and compared."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from asperguide.ar.model import Content, ContentState, Customer, Marker
from asperguide.shared.errors import InvalidCursor, InvalidFields
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import ClientId, CompanyId, ProjectId
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.identity.cursors import STRANGE
from asperguide.testing.contracts.identity.listing import everything
from asperguide.testing.contracts.people import DAY, HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.printing import company, content, file, project, video

TITLES = ("bob", "Anna", "ÄNNE", "a\u0308nne 2", "a b", "a b ", "Zoë", "0", "🦊", "ﬃ" * 100, "张伟", "anna%", "Ann_a")
CLIENT = ClientId(IDS.new())
SORTS: Mapping[str, str] = {"created_at": "created_at", "title": "title_key", "number": "number", "ends_at": "ends_at"}


def collection(of: CompanyId, within: ProjectId, count: int = 39) -> list[Content]:
    """Contents that share instants and titles with others, in all states and grades, some for a client."""
    made = []
    for n in range(count):
        customer = Customer(client=CLIENT if n % 4 == 0 else None, name=TITLES[-n % len(TITLES)])
        report = None if n % 5 == 0 else {"grade": ("good", "fair", "poor")[n % 3]}
        made.append(
            content(
                of, within, TITLES[n % len(TITLES)], customer=customer, marker=Marker(photo=file(), report=report),
                state=list(ContentState)[n % 5], created_at=NOW - n // 4 * HOUR, ends_at=NOW + n % 3 * DAY,
                number=f"ORD-203105{17 - n % 2}-{n:06}", videos=tuple(video(place) for place in range(n % 3)),
            )
        )  # fmt: skip
    return made


FILTERS: Mapping[str, tuple[str, Callable[[Content], bool]]] = {
    "a state": ("state:published", lambda one: one.state is ContentState.PUBLISHED),
    "a client": (f"client:{CLIENT}", lambda one: one.customer.client == CLIENT),
    "a client nobody is": (f"client:{file()}", lambda _: False),
    "a title in any case": ("title:AN", lambda one: one.title_key.startswith("an")),
    "a composed title": ("title:ÄNN", lambda one: one.title_key.startswith("änn")),
    "a title with a wildcard": ("title:ann_", lambda one: one.title == "Ann_a"),
    "a foreign title": ("title:张", lambda one: one.title == "张伟"),
    "a picture": ("title:🦊", lambda one: one.title == "🦊"),
    "the end of all characters": ("title:\U0010ffff", lambda _: False),
    "a name": ("customer:zoE\u0308", lambda one: one.customer.name == "Zoë"),
    "a day": ("number:ord-20310516", lambda one: "0516-" in one.number),
    "a number": ("number:ORD-20310517-000002", lambda one: one.number.endswith("000002")),
    "a grade": ("grade:fair", lambda one: one.marker.grade == "fair"),
    "an end": (f"ends_before:{(NOW + DAY).isoformat()}", lambda one: one.ends_at < NOW + DAY),
}


class ContentListsContract:
    """Lists of contents."""

    async def test_contents_are_listed_in_each_order_page_by_page(self, persistence: Persistence) -> None:
        mine, within = company(), project()
        made = collection(mine, within)
        await persistence.keep_contents(*made, content(mine, project()), content(company(), within))

        async def read(page: PageRequest) -> Any:
            return await persistence.ar_reads.contents(mine, within, page)

        for name, field in SORTS.items():
            expected = sorted(made, key=lambda one, field=field: (getattr(one, field), one.id))  # type: ignore[misc]
            assert await everything(read, 7, sort=name) == expected, name
            assert await everything(read, 100, sort=f"-{name}") == expected[::-1], name
        newest = sorted(made, key=lambda one: (one.created_at, one.id), reverse=True)
        first = await read(PageRequest(limit=3, count=True))
        assert (list(first.items), first.total) == (newest[:3], len(made))

    async def test_contents_are_filtered_in_each_order(self, persistence: Persistence) -> None:
        mine, within = company(), project()
        made = collection(mine, within)
        await persistence.keep_contents(*made)

        async def read(page: PageRequest) -> Any:
            return await persistence.ar_reads.contents(mine, within, page)

        for what, (text, fits) in FILTERS.items():
            name, _, value = text.partition(":")
            for sort, field in SORTS.items():
                expected = sorted(filter(fits, made), key=lambda one, field=field: (getattr(one, field), one.id))  # type: ignore[misc]
                assert await everything(read, 4, sort=sort, filters={name: value}) == expected, (what, sort)
        both = {"state": "published", "grade": "good"}
        expected = [one for one in made if one.state is ContentState.PUBLISHED and one.marker.grade == "good"]
        found = await read(PageRequest(filters=both, count=True))
        assert sorted(one.id for one in found.items) == sorted(one.id for one in expected)
        assert found.total == len(expected)

    async def test_what_a_list_does_not_know_is_refused(self, persistence: Persistence) -> None:
        mine, within = company(), project()
        for strange in (
            PageRequest(sort="customer"), PageRequest(filters={"photo": "x"}), PageRequest(filters={"state": "gone"}),
            PageRequest(filters={"client": "x' OR 1=1"}), PageRequest(filters={"title": "x" * 101}),
            PageRequest(filters={"title": ""}), PageRequest(filters={"number": "张"}),
            PageRequest(filters={"grade": "perfect"}), PageRequest(filters={"ends_before": "2031-05-17"}),
            PageRequest(filters={"ends_before": "2031-13-01T00:00:00Z"}),
            PageRequest(filters={"ends_before": "0001-01-01T00:00:00+14:00"}),
            PageRequest(filters={"ends_before": "9999-12-31T23:59:59-12:00"}),
        ):  # fmt: skip
            with raises(InvalidFields):
                await persistence.ar_reads.contents(mine, within, strange)
        for cursor in STRANGE:
            with raises(InvalidCursor):
                await persistence.ar_reads.contents(mine, within, PageRequest(cursor=cursor))

    async def test_a_cursor_goes_on_in_the_project_that_it_is_of(self, persistence: Persistence) -> None:
        mine, within = company(), project()
        await persistence.keep_contents(*collection(mine, within, 3))
        page = await persistence.ar_reads.contents(mine, within, PageRequest(limit=1))
        further = PageRequest(cursor=page.next_cursor)
        assert len((await persistence.ar_reads.contents(mine, within, further)).items) == 2
        for of, where in ((mine, project()), (company(), within)):
            with raises(InvalidCursor):
                await persistence.ar_reads.contents(of, where, further)

    async def test_contents_of_projects_are_counted(self, persistence: Persistence) -> None:
        mine, full, empty = company(), project(), project()
        await persistence.keep_contents(*(content(mine, full) for _ in range(3)), content(company(), full))
        found = await persistence.ar_reads.counts(mine, [full, empty, *(project() for _ in range(30))])
        assert dict(found) == {full: 3}
        assert dict(await persistence.ar_reads.counts(mine, ())) == {}

    async def test_fingerprints_of_a_company_are_told_the_newest_first(self, persistence: Persistence) -> None:
        mine = company()
        marks = (0, 2**64 - 1, 2**63, 1)
        made = [content(mine, project(), marker=Marker(photo=file(), fingerprint=mark)) for mark in marks]
        without = content(mine, project())
        foreign = content(company(), project(), marker=Marker(photo=file(), fingerprint=7))
        await persistence.keep_contents(*made, without, foreign)
        expected = sorted(((one.id, one.marker.fingerprint) for one in made), reverse=True)
        assert list(await persistence.ar_reads.fingerprints(mine, 100)) == expected
        assert list(await persistence.ar_reads.fingerprints(mine, 2)) == expected[:2]
        changed = replace(made[0], marker=replace(made[0].marker, fingerprint=None))
        await persistence.change_ar(lambda uow: uow.contents.save(changed))
        assert made[0].id not in dict(await persistence.ar_reads.fingerprints(mine, 100))

    async def test_what_contents_of_a_project_are_copies_of_is_known(self, persistence: Persistence) -> None:
        mine, source, target = company(), project(), project()
        first, second = content(mine, source), content(mine, source)
        await persistence.keep_contents(
            first, second, content(mine, target, source=first.id), content(mine, project(), source=second.id)
        )
        assert set(await persistence.ar_reads.copied(mine, target)) == {first.id}
        assert set(await persistence.ar_reads.copied(company(), target)) == set()
