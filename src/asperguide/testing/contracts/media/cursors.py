"""The law of cursors of files: what no list gave out is refused."""

from typing import Any

from asperguide.media.listing import FILES
from asperguide.shared.errors import InvalidCursor
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.filing import file, owner
from asperguide.testing.contracts.identity.cursors import ID, STRANGE, packed
from asperguide.testing.contracts.people import NOW
from asperguide.testing.contracts.persistence import Persistence

STRANGE_PLACES: dict[str, list[Any]] = {
    "-created_at": ["a", NOW.isoformat(), NOW.replace(tzinfo=None), None, 1],
    "-size": [-1, 2**63, 2**64 - 1, -(2**63), "1", 1.0, None, True, NOW],
    "name": [1, None, b"a", NOW],
}
PLACES: dict[str, list[Any]] = {"name": ["", "\x00", "'; DROP TABLE files", "🦊" * 255], "-size": [0, 2**63 - 1]}


class FileCursorsContract:
    """Cursors of lists by time, by size and by name."""

    async def test_a_file_cursor_that_the_list_did_not_give_out_is_refused(self, persistence: Persistence) -> None:
        mine = owner()
        for sort, values in STRANGE_PLACES.items():
            for filters in ({}, {"tag": "a"}):
                mark = FILES.read(PageRequest(sort=sort, filters=filters), mine).mark
                for cursor in (*STRANGE, *(packed(mark, value, ID) for value in values)):
                    with raises(InvalidCursor):
                        wanted = PageRequest(cursor=cursor, sort=sort, filters=filters)
                        await persistence.media_reads.files(mine, wanted)

    async def test_a_file_cursor_of_any_value_is_only_a_place(self, persistence: Persistence) -> None:
        kept = file(owner(), "m", size=5)
        await persistence.keep_media(kept)
        for sort, values in PLACES.items():
            for value in values:
                mark = FILES.read(PageRequest(sort=sort), kept.owner).mark
                wanted = PageRequest(cursor=packed(mark, value, ID), sort=sort)
                page = await persistence.media_reads.files(kept.owner, wanted)
                assert page.items == ((kept,) if value not in ("🦊" * 255, 0) else ()), value
