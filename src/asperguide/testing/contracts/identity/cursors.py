"""The law of cursors."""

import base64
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import msgspec

from asperguide.shared.errors import InvalidCursor
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.people import NOW, active
from asperguide.testing.contracts.persistence import Persistence


def packed(*position: Any) -> str:
    """A cursor as lists make it."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(position)).decode().rstrip("=")


ID = UUID("01a1faa5-ea60-735a-af3e-5688ef7004df")

EAST = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))


STRANGE = (
    "",
    "x",
    "nonsense",
    "é",
    "a" * 5000,
    "=" * 8,
    packed("created_at", NOW, ID),
    packed("-username", "a", ID),
    packed("-created_at", "a", ID),
    packed("-created_at", NOW.replace(tzinfo=None), ID),
    packed("-created_at", EAST.isoformat(), ID),
    packed("-created_at", NOW.isoformat(), ID),
    packed("-created_at", None, ID),
    packed("-created_at", NOW, None),
    packed("-created_at", NOW),
    packed("-created_at", NOW, ID, 1),
    packed("-created_at", NOW, ID) + "=",
    packed("-created_at", NOW, ID) + "\n",
    packed("-created_at", NOW, ID)[:-1],
    packed({"a": 1}),
)


class CursorsContract:
    """Cursors: what no list gave out is refused."""

    async def test_a_cursor_that_the_list_did_not_give_out_is_refused(self, persistence: Persistence) -> None:
        for cursor in STRANGE:
            with raises(InvalidCursor):
                await persistence.reads.list(PageRequest(cursor=cursor))

    async def test_a_cursor_at_the_end_of_time_is_only_a_place(self, persistence: Persistence) -> None:
        await persistence.keep(active("somebody"))
        for at in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)):
            page = await persistence.reads.list(PageRequest(cursor=packed("-created_at", at, ID)))
            assert len(page.items) == (at.year == 9999)
