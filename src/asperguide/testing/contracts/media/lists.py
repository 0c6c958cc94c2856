"""The law of lists of files."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from asperguide.media.model import File, FileState, OwnerId, Visibility
from asperguide.shared.errors import InvalidFields
from asperguide.shared.pages import MAX_LIMIT, Page, PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.filing import awaited, file, owner
from asperguide.testing.contracts.identity.listing import everything
from asperguide.testing.contracts.people import HOUR, NOW
from asperguide.testing.contracts.persistence import Persistence

FIELDS = {"created_at": "created_at", "name": "name_key", "size": "size"}
SORTS = [f"{sign}{name}" for name in FIELDS for sign in ("", "-")]
NAMES = ["bob.mp4", "Anna.mp4", "ÄNDERUNG", "a\u0308nderung 2", "a_b", "a.b", "a b", "Zoë", "0", "🦊", "a b ", "A B"]


def reading(persistence: Persistence, by: OwnerId) -> Callable[[PageRequest], Awaitable[Page[Any]]]:
    """The list of this owner's files."""

    async def read(page: PageRequest) -> Page[Any]:
        return await persistence.media_reads.files(by, page)

    return read


def in_order(files: list[File], sort: str) -> list[File]:
    """As the list should give them."""
    field = FIELDS[sort.removeprefix("-")]
    return sorted(files, key=lambda one: (getattr(one, field), one.id), reverse=sort.startswith("-"))


def collection(by: OwnerId, count: int = 60) -> list[File]:
    """Files that share instants, names and sizes with others, in every state, with and without tags."""
    states, visibilities = tuple(FileState), tuple(Visibility)
    types = "video/mp4", "video/webm", "image/png", "audio/ogg"
    tags = "garden", "Garden", "garden ", "o'neil", "🦊"
    return [
        file(
            by,
            NAMES[n * 7 % len(NAMES)],
            created_at=NOW + n // 7 * HOUR,
            size=(0, 1, 2**33, 2**53 + n % 3)[n * 3 % 4],
            state=states[n * 5 % len(states)],
            visibility=visibilities[n // 2 % len(visibilities)],
            media_type=types[n // 3 % len(types)],
            tags=tuple(tag for place, tag in enumerate(tags) if n >> place & 1),
        )
        for n in range(count)
    ]


async def remove(persistence: Persistence, gone: File) -> None:
    """Forget this file."""
    await persistence.change_media(lambda uow: uow.files.remove(gone))


class FileListsContract:
    """Lists of files: whose, order, stable pages, filters, totals, what is refused."""

    async def test_every_order_is_kept_over_pages_of_any_length(self, persistence: Persistence) -> None:
        mine = owner()
        files = collection(mine)
        await persistence.keep_media(*files, *collection(owner(), 20))
        for sort in SORTS:
            for limit in (7, 60, 100):
                assert await everything(reading(persistence, mine), limit, sort=sort) == in_order(files, sort), sort
        assert await everything(reading(persistence, mine), 50) == in_order(files, "-created_at")

    async def test_every_filter_in_every_order(self, persistence: Persistence) -> None:
        mine = owner()
        files = collection(mine)
        await persistence.keep_media(*files, *collection(owner(), 20))
        filters: list[tuple[dict[str, str], Callable[[File], bool]]] = [
            ({"state": "ready"}, lambda one: one.state is FileState.READY),
            ({"visibility": "unlisted"}, lambda one: one.visibility is Visibility.UNLISTED),
            ({"type": "video/mp4"}, lambda one: one.media_type == "video/mp4"),
            ({"type": "video"}, lambda one: one.family == "video"),
            ({"type": "font"}, lambda _: False),
            ({"type": "video/"}, lambda _: False),
            ({"tag": "garden"}, lambda one: "garden" in one.tags),
            ({"tag": "Garden"}, lambda one: "Garden" in one.tags),
            ({"tag": "garden "}, lambda one: "garden " in one.tags),
            ({"tag": "🦊"}, lambda one: "🦊" in one.tags),
            ({"tag": "o'neil", "type": "video"}, lambda one: "o'neil" in one.tags and one.family == "video"),
            ({"tag": "garden", "name": "b"}, lambda one: "garden" in one.tags and "b" in one.name_key),
            (
                {"state": "deleted", "visibility": "public", "type": "image"},
                lambda one: (one.state, one.visibility, one.family) == ("deleted", "public", "image"),
            ),
        ]
        for chosen, meets in filters:
            expected = [one for one in files if meets(one)]
            for sort in SORTS:
                got = await everything(reading(persistence, mine), 9, sort=sort, filters=chosen)
                assert got == in_order(expected, sort), (chosen, sort)
            counted = await persistence.media_reads.files(mine, PageRequest(limit=1, filters=chosen, count=True))
            assert counted.total == len(expected), chosen

    async def test_names_are_found_by_any_part_of_them_as_readers_see_it(self, persistence: Persistence) -> None:
        mine = owner()
        names = ["Führung.mp4", "FU\u0308HRUNG 2", "100%.png", "a_b", "axb", "O'Neil", "\\", "STRASSE", "Straße"]
        await persistence.keep_media(*(file(mine, name) for name in names), file(owner(), "Führung.mp4"))

        async def found(text: str) -> list[str]:
            got = await everything(reading(persistence, mine), 2, sort="name", filters={"name": text})
            return [one.name for one in got]

        assert sorted(await found("führ")) == sorted(names[:2])
        assert sorted(await found("HRUNG")) == sorted(names[:2])
        assert await found("%") == ["100%.png"]
        assert await found("a_b") == ["a_b"]
        assert await found("o'n") == ["O'Neil"]
        assert await found("\\") == ["\\"]
        assert sorted(await found("strasse")) == sorted(await found("straße")) == ["STRASSE", "Straße"]
        assert await found("zzz") == []

    async def test_pages_are_stable_when_files_come_and_go_meanwhile(self, persistence: Persistence) -> None:
        for sort, newer in (
            ("-created_at", {"created_at": NOW + 99 * HOUR}),
            ("name", {"name": "\x20"}),
            ("-size", {"size": 2**60}),
        ):
            mine = owner()
            files = collection(mine, 40)
            files = [replace(one, tags=("all", *one.tags)) for one in files]
            await persistence.keep_media(*files)
            for filters in ({}, {"tag": "all"}):
                seen = list[File]()
                cursor = None
                while True:
                    wanted = PageRequest(cursor=cursor, limit=6, sort=sort, filters=filters)
                    page = await persistence.media_reads.files(mine, wanted)
                    seen += page.items
                    assert len(seen) <= 100, "pages repeat themselves"
                    earlier = replace(file(mine, tags=("all",)), **newer)
                    await persistence.keep_media(earlier)
                    await remove(persistence, earlier)
                    await persistence.keep_media(replace(file(owner(), tags=("all",)), **newer))
                    if (cursor := page.next_cursor) is None:
                        break
                assert seen == in_order(files, sort), (sort, filters)

    async def test_a_cursor_goes_on_where_its_file_was_although_that_is_gone(self, persistence: Persistence) -> None:
        mine = owner()
        files = in_order([file(mine, tags=("a",), created_at=NOW + n * HOUR) for n in range(6)], "-created_at")
        await persistence.keep_media(*files)
        for filters in ({}, {"tag": "a"}):
            first = await persistence.media_reads.files(mine, PageRequest(limit=2, filters=filters))
            last, kept = files[1], files[2:]
            if filters:
                await remove(persistence, last)
            rest = PageRequest(limit=9, cursor=first.next_cursor, filters=filters)
            assert (await persistence.media_reads.files(mine, rest)).items == tuple(kept)

    async def test_a_list_follows_what_changes(self, persistence: Persistence) -> None:
        mine = owner()
        kept = awaited(mine, "first", size=5, tags=("old", "both"))
        await persistence.keep_media(kept)
        changed = replace(kept, name="second", size=9, tags=("new", "both"), state=FileState.QUARANTINED)
        changed = replace(changed, visibility=Visibility.PUBLIC, media_type="image/png")
        saved = await persistence.change_media(lambda uow: uow.files.save(changed))

        async def found(**filters: str) -> int:
            page = await persistence.media_reads.files(mine, PageRequest(filters=filters, sort="size", count=True))
            assert page.items in ((), (saved,))
            assert page.total == len(page.items)
            return len(page.items)

        for tag, there in (("old", 0), ("both", 1), ("new", 1)):
            assert await found(tag=tag) == there
            assert await found(tag=tag, state="quarantined", visibility="public", type="image", name="sec") == there
            assert await found(tag=tag, state="awaiting") == await found(tag=tag, name="first") == 0
        assert await found(name="first") == await found(type="video") == await found(visibility="private") == 0

    async def test_a_tag_that_is_there_twice_is_as_good_as_once(self, persistence: Persistence) -> None:
        kept = file(owner(), tags=("a", "b", "a"))
        await persistence.keep_media(kept)
        page = await persistence.media_reads.files(kept.owner, PageRequest(filters={"tag": "a"}, count=True))
        assert (page.items, page.total) == ((kept,), 1)

    async def test_the_total_of_files_counts_all_pages_and_only_when_asked(self, persistence: Persistence) -> None:
        mine = owner()
        await persistence.keep_media(*(file(mine, tags=("a",)) for _ in range(5)), file(owner(), tags=("a",)))
        for filters in ({}, {"tag": "a"}):
            first = await persistence.media_reads.files(mine, PageRequest(limit=2, count=True, filters=filters))
            assert (len(first.items), first.total) == (2, 5)
            wanted = PageRequest(limit=2, count=True, cursor=first.next_cursor, filters=filters)
            assert (await persistence.media_reads.files(mine, wanted)).total == 5
            assert (await persistence.media_reads.files(mine, PageRequest(limit=2, filters=filters))).total is None

    async def test_a_page_of_files_is_never_longer_than_the_limit_of_all_lists(self, persistence: Persistence) -> None:
        mine = owner()
        made = [file(mine, created_at=NOW + timedelta(microseconds=n)) for n in range(MAX_LIMIT + 5)]
        await persistence.keep_media(*made)
        assert len((await persistence.media_reads.files(mine, PageRequest(limit=10_000))).items) == MAX_LIMIT
        assert len((await persistence.media_reads.files(mine, PageRequest(limit=0))).items) == 1

    async def test_the_last_page_of_files_has_no_cursor_even_when_it_is_full(self, persistence: Persistence) -> None:
        mine = owner()
        await persistence.keep_media(*(file(mine) for _ in range(4)))
        first = await persistence.media_reads.files(mine, PageRequest(limit=2))
        last = await persistence.media_reads.files(mine, PageRequest(limit=2, cursor=first.next_cursor))
        assert (len(last.items), last.next_cursor) == (2, None)

    async def test_names_and_values_that_a_list_of_files_does_not_know_are_refused(
        self, persistence: Persistence
    ) -> None:
        for wanted in (
            PageRequest(sort="name_key"),
            PageRequest(sort="--name"),
            PageRequest(sort="owner"),
            PageRequest(filters={"owner": "x"}),
            PageRequest(filters={"state": "asleep"}),
            PageRequest(filters={"visibility": "Public"}),
            PageRequest(filters={"type": "videos"}),
            PageRequest(filters={"tag": ""}),
            PageRequest(filters={"tag": "x" * 51}),
            PageRequest(filters={"name": ""}),
            PageRequest(filters={"name": "x" * 101}),
        ):
            with raises(InvalidFields) as refused:
                await persistence.media_reads.files(owner(), wanted)
            assert len(refused.value.fields) == 1, wanted
