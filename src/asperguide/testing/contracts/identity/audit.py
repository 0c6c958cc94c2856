"""The law of the security log."""

from dataclasses import replace
from typing import Any

from asperguide.identity.audit import Outcome, SecurityEventKind
from asperguide.shared.actor import UserId
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.people import (
    DAY,
    HOUR,
    IDS,
    NOW,
    add_all,
    line,
)
from asperguide.testing.contracts.persistence import Persistence


class AuditLogContract:
    """The security log: round trip, counting, anonymising."""

    async def test_lines_of_the_audit_log_come_back(self, persistence: Persistence) -> None:
        me = UserId(IDS.new())
        full = line(
            me, by=UserId(IDS.new()), outcome=Outcome.REFUSED, detail="a 📱 " + "x" * 190, address="2001:db8::1"
        )
        bare = line(None, at=NOW - HOUR, address="", user_agent="", detail="")
        await persistence.change(lambda uow: add_all(uow, full, bare))
        assert (await persistence.reads.events(PageRequest())).items == (full, bare)

    async def test_lines_of_one_kind_are_counted_since_an_instant(self, persistence: Persistence) -> None:
        me, other = UserId(IDS.new()), UserId(IDS.new())
        await persistence.change(
            lambda uow: add_all(
                uow, *(line(me, at=NOW + n * HOUR) for n in (-1, 0, 1)), line(other), line(None),
                line(me, kind=SecurityEventKind.SIGNED_OUT),
            )
        )  # fmt: skip
        async with persistence.begin() as uow:
            assert await uow.audit.count_since(me, SecurityEventKind.SIGNED_IN, NOW) == 2

    async def test_nothing_tells_where_an_anonymised_user_was(self, persistence: Persistence) -> None:
        me, other = UserId(IDS.new()), UserId(IDS.new())
        mine, done_to_me, done_by_me, theirs = (
            line(me, NOW), line(me, NOW - HOUR, by=other), line(other, NOW - 2 * HOUR, by=me), line(other, NOW - DAY)
        )  # fmt: skip
        await persistence.change(lambda uow: add_all(uow, mine, done_to_me, done_by_me, theirs))
        await persistence.change(lambda uow: uow.audit.anonymise(me))
        nowhere: dict[str, Any] = {"address": "", "user_agent": ""}
        assert (await persistence.reads.events(PageRequest())).items == (
            replace(mine, **nowhere, detail=""), replace(done_to_me, **nowhere, detail=""),
            replace(done_by_me, **nowhere), theirs,
        )  # fmt: skip
