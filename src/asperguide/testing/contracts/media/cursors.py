"""The law of cursors of files: what no list gave out is refused."""

from typing import Any

from asperguide.shared.errors import InvalidCursor
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.filing import file, owner
from asperguide.testing.contracts.identity.cursors import ID, STRANGE, packed
from asperguide.testing.contracts.people import NOW
from asperguide.testing.contracts.persistence import Persistence

STRANGE_BY_SIZE = [packed("-size", value, ID) for value in (-1, 2**63, 2**64 - 1, -(2**63), "1", 1.0, None, True, NOW)]
STRANGE_BY_NAME = [packed("name", value, ID) for value in (1, None, b"a", NOW)]
PLACES: dict[str, list[Any]] = {"name": ["", "\x00", "'; DROP TABLE files", "🦊" * 255], "-size": [0, 2**63 - 1]}


class FileCursorsContract:
    """Cursors of lists by time, by size and by name."""

    async def test_a_file_cursor_that_the_list_did_not_give_out_is_refused(self, persistence: Persistence) -> None:
        for sort, cursors in (("-created_at", STRANGE), ("-size", STRANGE_BY_SIZE), ("name", STRANGE_BY_NAME)):
            for cursor in cursors:
                for filters in ({}, {"tag": "a"}):
                    with raises(InvalidCursor):
                        wanted = PageRequest(cursor=cursor, sort=sort, filters=filters)
                        await persistence.media_reads.files(owner(), wanted)

    async def test_a_file_cursor_of_any_value_is_only_a_place(self, persistence: Persistence) -> None:
        kept = file(owner(), "m", size=5)
        await persistence.keep_media(kept)
        for sort, values in PLACES.items():
            for value in values:
                wanted = PageRequest(cursor=packed(sort, value, ID), sort=sort)
                page = await persistence.media_reads.files(kept.owner, wanted)
                assert page.items == ((kept,) if value not in ("🦊" * 255, 0) else ()), value
