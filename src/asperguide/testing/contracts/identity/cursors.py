"""The law of cursors."""

import base64
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import msgspec

from asperguide.identity.listing import USERS
from asperguide.shared.errors import InvalidCursor
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.people import NOW, active
from asperguide.testing.contracts.persistence import Persistence


def packed(*position: Any) -> str:
    """A cursor as lists make it."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(position)).decode().rstrip("=")


ID = UUID("01a1faa5-ea60-735a-af3e-5688ef7004df")

MARK = USERS.read(PageRequest()).mark
MARK_OF_ANOTHER_ORDER = USERS.read(PageRequest(sort="created_at")).mark
EAST = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))


STRANGE = (
    "",
    "x",
    "nonsense",
    "é",
    "a" * 5000,
    "=" * 8,
    packed(MARK_OF_ANOTHER_ORDER, NOW, ID),
    packed(b"", NOW, ID),
    packed(MARK.hex(), NOW, ID),
    packed(MARK, "a", ID),
    packed(MARK, NOW.replace(tzinfo=None), ID),
    packed(MARK, EAST.isoformat(), ID),
    packed(MARK, NOW.isoformat(), ID),
    packed(MARK, None, ID),
    packed(MARK, NOW, None),
    packed(MARK, NOW),
    packed(MARK, NOW, ID, 1),
    packed(MARK, NOW, ID) + "=",
    packed(MARK, NOW, ID) + "\n",
    packed(MARK, NOW, ID)[:-1],
    packed({"a": 1}),
)


class CursorsContract:
    """Cursors: what no list gave out is refused."""

    async def test_a_cursor_that_the_list_did_not_give_out_is_refused(self, persistence: Persistence) -> None:
        for cursor in STRANGE:
            with raises(InvalidCursor):
                await persistence.reads.list(PageRequest(cursor=cursor))

    async def test_a_cursor_goes_on_in_the_same_order_with_the_same_filters_only(
        self, persistence: Persistence
    ) -> None:
        await persistence.keep(*(active(f"somebody{n}") for n in range(4)))
        active_ones = {"state": "active"}
        first = await persistence.reads.list(PageRequest(limit=1, filters=active_ones))
        same = PageRequest(cursor=first.next_cursor, limit=3, sort="-created_at", filters=active_ones)
        assert len((await persistence.reads.list(same)).items) == 3
        for sort, filters in (
            ("created_at", active_ones),
            ("username", active_ones),
            (None, {}),
            (None, {"state": "pending"}),
            (None, {**active_ones, "role": "user"}),
        ):
            with raises(InvalidCursor):
                await persistence.reads.list(PageRequest(cursor=first.next_cursor, sort=sort, filters=filters))

    async def test_a_cursor_at_the_end_of_time_is_only_a_place(self, persistence: Persistence) -> None:
        await persistence.keep(active("somebody"))
        for at in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)):
            page = await persistence.reads.list(PageRequest(cursor=packed(MARK, at, ID)))
            assert len(page.items) == (at.year == 9999)
