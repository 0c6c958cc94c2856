"""The law of lists of security events."""

from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from asperguide.identity.audit import Outcome, SecurityEventKind
from asperguide.shared.actor import UserId
from asperguide.shared.errors import InvalidFields
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.identity.listing import everything
from asperguide.testing.contracts.people import HOUR, IDS, NOW, line
from asperguide.testing.contracts.persistence import Persistence

ID = UUID("01a1faa5-ea60-735a-af3e-5688ef7004df")

EAST = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))


class EventsContract:
    """Lists of security events: order, filters, what is refused."""

    async def test_events_come_newest_first_about_one_or_about_all(self, persistence: Persistence) -> None:
        me, other = UserId(IDS.new()), UserId(IDS.new())
        mine = [line(me, NOW + (n // 4) * HOUR) for n in range(30)]
        theirs = [line(other, NOW + n * HOUR) for n in range(5)] + [line(None)]
        async with persistence.begin() as uow:
            for one in (*mine, *theirs):
                await uow.audit.add(one)
            await uow.commit()

        def newest(lines: list[Any]) -> list[Any]:
            return sorted(lines, key=lambda event: (event.at, event.id), reverse=True)

        assert await everything(lambda page: persistence.reads.events(page, me), 7) == newest(mine)
        assert await everything(persistence.reads.events, 10) == newest(mine + theirs)
        assert await everything(persistence.reads.events, 10, sort="at") == newest(mine + theirs)[::-1]
        assert await everything(persistence.reads.events, 10, filters={"user": str(other)}) == newest(theirs[:-1])

    async def test_events_are_filtered_by_kind_and_outcome(self, persistence: Persistence) -> None:
        me = UserId(IDS.new())
        lines = [
            line(me, kind=SecurityEventKind.SIGNED_IN),
            line(me, NOW - HOUR, kind=SecurityEventKind.SIGNED_IN, outcome=Outcome.REFUSED),
            line(me, NOW - 2 * HOUR, kind=SecurityEventKind.SIGNED_OUT),
        ]
        async with persistence.begin() as uow:
            for one in lines:
                await uow.audit.add(one)
            await uow.commit()

        async def numbers(user: UserId | None, **filters: str) -> list[int]:
            page = await persistence.reads.events(PageRequest(filters=filters, count=True), user)
            assert page.total == len(page.items)
            return [lines.index(item) for item in page.items]

        for user in (me, None):
            assert await numbers(user, kind="signed-in") == [0, 1]
            assert await numbers(user, outcome="refused") == [1]
            assert await numbers(user, outcome="refused", kind="signed-out") == []
        assert await numbers(UserId(IDS.new())) == []

    async def test_all_events_are_filtered_by_their_time(self, persistence: Persistence) -> None:
        lines = [line(None, NOW + n * HOUR) for n in range(4)]
        async with persistence.begin() as uow:
            for one in lines:
                await uow.audit.add(one)
            await uow.commit()

        async def found(**filters: datetime) -> list[Any]:
            texts = {name: moment.isoformat() for name, moment in filters.items()}
            return await everything(persistence.reads.events, 2, sort="at", filters=texts)

        assert await found(since=NOW + HOUR) == lines[1:]
        assert await found(until=NOW + HOUR) == lines[:1]
        assert await found(since=(NOW + HOUR).astimezone(EAST.tzinfo), until=NOW + 3 * HOUR) == lines[1:3]
        for wrong in (NOW.replace(tzinfo=None), EAST):
            with raises(InvalidFields):
                await found(since=wrong)

    async def test_the_events_of_one_user_cannot_be_filtered_by_user(self, persistence: Persistence) -> None:
        with raises(InvalidFields):
            await persistence.reads.events(PageRequest(filters={"user": str(ID)}), UserId(ID))
