"""The law of inboxes and outboxes: whose, order, stable pages, and what every capsule is at every moment."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from asperguide.capsules.model import UNFOLDS, Capsule, State
from asperguide.capsules.ports import Arrival
from asperguide.shared.actor import UserId
from asperguide.shared.errors import InvalidCursor, InvalidFields
from asperguide.shared.pages import Page, PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.identity.cursors import ID, STRANGE, packed
from asperguide.testing.contracts.identity.listing import everything
from asperguide.testing.contracts.people import DAY, HOUR, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.sealing import AN_INSTANT, capsule, having, opened, somebody, unlocking

SORTS = ("sealed_at", "-sealed_at", "unlocks_at", "-unlocks_at")
LISTED = tuple(state for state in State if state is not State.DRAFT)
MOMENTS = tuple(
    NOW + change + near
    for change in (timedelta(), 5 * DAY - UNFOLDS, 5 * DAY, 9 * DAY - UNFOLDS, 9 * DAY)
    for near in (-AN_INSTANT, timedelta(), AN_INSTANT)
)

Box = Callable[[PageRequest, datetime], Awaitable[Page[Any]]]
Read = Callable[[PageRequest], Awaitable[Page[Any]]]


def collection(sender: UserId, reader: UserId, count: int = 36) -> list[Capsule]:
    """Capsules that share instants with others, some opened by one of two or by both, some cancelled."""
    made = []
    for n in range(count):
        unlocks_at = NOW + (0, 5, 9)[n % 3] * DAY
        one = capsule(sender, somebody(), reader, unlocks_at=unlocks_at, sealed_at=NOW - n // 5 * HOUR - 100 * DAY)
        if n % 6 == 0:
            one = opened(one, unlocks_at + HOUR)
        if n % 4 == 0:
            one = one.having(replace(one.addressees[1], opened_at=unlocks_at + 2 * HOUR)).settled(unlocks_at)
        made.append(replace(one, cancelled_at=NOW, opened_at=None) if n % 7 == 0 else one)
    return made


def arrival(of: Capsule) -> Arrival:
    """What the second addressee has in their inbox."""
    mine = of.addressees[1]
    opened = mine.opened_at is not None and of.cancelled_at is None
    return Arrival(id=mine.id, capsule=of.id, opened=opened, sealed_at=of.sealed_at, unlocks_at=of.unlocks_at)


def in_order(things: list[Any], sort: str) -> list[Any]:
    """As the list should give them."""
    field = sort.removeprefix("-")
    return sorted(things, key=lambda one: (getattr(one, field), one.id), reverse=sort.startswith("-"))


def boxes(persistence: Persistence, sender: UserId, reader: UserId) -> tuple[Box, Box]:
    """What the reader has got, and what the sender has sent."""
    reads = persistence.capsule_reads
    return (
        lambda page, now: reads.inbox(reader, page, now),
        lambda page, now: reads.outbox(sender, page, now),
    )


def at(box: Box, now: datetime) -> Read:
    """The box at that moment."""

    async def read(page: PageRequest) -> Page[Any]:
        return await box(page, now)

    return read


class CapsuleListsContract:
    """Inbox and outbox."""

    async def test_boxes_keep_every_order_over_pages_of_any_length(self, persistence: Persistence) -> None:
        sender, reader = somebody(), somebody()
        kept = collection(sender, reader)
        await persistence.keep_capsules(*kept, *collection(reader, sender, 5))
        inbox, outbox = boxes(persistence, sender, reader)
        sent = [replace(one, addressees=()) for one in kept]
        for box, things in ((inbox, list(map(arrival, kept))), (outbox, sent)):
            for sort in SORTS:
                for limit in (7, 36, 100):
                    assert await everything(at(box, NOW), limit, sort=sort) == in_order(things, sort), (sort, limit)
            first = await box(PageRequest(limit=3, count=True), NOW)
            assert (first.items, first.total) == (tuple(in_order(things, "-sealed_at")[:3]), 36)

    async def test_boxes_can_be_asked_for_every_state_at_every_moment(self, persistence: Persistence) -> None:
        sender, reader = somebody(), somebody()
        kept = collection(sender, reader)
        await persistence.keep_capsules(*kept, *collection(reader, sender, 5))
        inbox, outbox = boxes(persistence, sender, reader)
        for place, now in enumerate((*MOMENTS, NOW + 100 * DAY)):
            sort = SORTS[place % len(SORTS)]
            for state in LISTED:
                mine = [arrival(one) for one in kept if one.state_for(one.addressees[1], now) is state]
                sent = [replace(one, addressees=()) for one in kept if one.state(now) is state]
                chosen = {"state": state.value}
                for box, things in ((inbox, mine), (outbox, sent)):
                    assert await everything(at(box, now), 5, sort=sort, filters=chosen) == in_order(things, sort)
                    assert (await box(PageRequest(filters=chosen, count=True), now)).total == len(things)

    async def test_each_capsule_is_in_one_state_for_its_sender_and_each_addressee(
        self, persistence: Persistence
    ) -> None:
        sender, one, two = somebody(), somebody(), somebody()
        kept = capsule(sender, one, two, unlocks_at=NOW + 30 * DAY)
        await persistence.keep_capsules(kept)
        reads = persistence.capsule_reads

        async def states(now: datetime) -> list[State]:
            found = list[State]()
            for box in (
                lambda page: reads.outbox(sender, page, now),
                lambda page: reads.inbox(one, page, now),
                lambda page: reads.inbox(two, page, now),
            ):
                pages = {state: await box(PageRequest(filters={"state": state.value})) for state in LISTED}
                (state,) = [state for state, page in pages.items() if page.items]
                found.append(state)
            return found

        unfolds, unlocks = NOW + 30 * DAY - UNFOLDS, NOW + 30 * DAY
        assert await states(NOW) == [State.SEALED] * 3
        assert await states(unfolds - AN_INSTANT) == [State.SEALED] * 3
        assert await states(unfolds) == [State.UNFOLDING] * 3
        assert await states(unlocks - AN_INSTANT) == [State.UNFOLDING] * 3
        assert await states(unlocks) == [State.READY] * 3
        kept = await _open(persistence, kept, one, unlocks)
        assert await states(unlocks) == [State.READY, State.OPENED, State.READY]
        kept = await _open(persistence, kept, two, unlocks)
        assert await states(unlocks) == [State.OPENED] * 3

    async def test_boxes_follow_a_capsule_that_is_postponed_or_cancelled(self, persistence: Persistence) -> None:
        sender, reader = somebody(), somebody()
        kept = capsule(sender, somebody(), reader, unlocks_at=NOW + 5 * DAY)
        other = capsule(sender, somebody(), reader, unlocks_at=NOW + 6 * DAY)
        await persistence.keep_capsules(kept, other)
        inbox, outbox = boxes(persistence, sender, reader)

        async def found(state: State, now: datetime) -> list[int]:
            page = PageRequest(filters={"state": state.value}, count=True)
            return [(await box(page, now)).total or 0 for box in (inbox, outbox)]

        async def save(changed: Capsule) -> Capsule:
            async with persistence.begin_capsules() as uow:
                assert await uow.capsules.get(changed.id) is not None
                saved = await uow.capsules.save(changed)
                await uow.commit()
            return saved

        assert await found(State.UNFOLDING, NOW + 4 * DAY) == [2, 2]
        kept = await save(replace(kept, unlock=unlocking(NOW + 50 * DAY)))
        assert await found(State.UNFOLDING, NOW + 4 * DAY) == [1, 1]
        assert await found(State.SEALED, NOW + 4 * DAY) == [1, 1]
        last = await inbox(PageRequest(sort="-unlocks_at", limit=1), NOW)
        assert last.items == (arrival(kept),)
        kept = await save(replace(kept, cancelled_at=NOW))
        for now in (NOW, NOW + 48 * DAY, NOW + 50 * DAY):
            assert await found(State.CANCELLED, now) == [1, 1]
            assert await found(State.SEALED, now) == ([1, 1] if now == NOW else [0, 0])
        left = kept.addressees[1].left(NOW)
        await persistence.change_capsules(lambda uow: uow.capsules.save(kept.having(left), left))
        assert await found(State.CANCELLED, NOW) == [0, 1]

    async def test_pages_of_boxes_are_stable_when_letters_come_in(self, persistence: Persistence) -> None:
        sender, reader = somebody(), somebody()
        kept = [capsule(sender, somebody(), reader, sealed_at=NOW + timedelta(microseconds=n // 3)) for n in range(50)]
        await persistence.keep_capsules(*kept)
        seen, cursor = list[Arrival](), None
        while True:
            page = await persistence.capsule_reads.inbox(reader, PageRequest(cursor=cursor, limit=7), NOW)
            seen += page.items
            await persistence.keep_capsules(capsule(sender, somebody(), reader, sealed_at=NOW + HOUR))
            if (cursor := page.next_cursor) is None:
                break
        assert seen == in_order(list(map(arrival, kept)), "-sealed_at")

    async def test_a_letter_to_oneself_is_in_both_boxes(self, persistence: Persistence) -> None:
        mine = somebody()
        kept = capsule(mine, mine)
        await persistence.keep_capsules(kept)
        for box in boxes(persistence, mine, mine):
            assert (await box(PageRequest(count=True), NOW)).total == 1

    async def test_boxes_refuse_what_they_do_not_know(self, persistence: Persistence) -> None:
        strange = [
            PageRequest(sort="id"),
            PageRequest(sort="opened_at"),
            PageRequest(filters={"state": "draft"}),
            PageRequest(filters={"state": "SEALED"}),
            PageRequest(filters={"theme": "birthday"}),
        ]
        cursors = [*STRANGE, packed("-sealed_at", 1, ID), packed("-unlocks_at", NOW, ID)]
        await persistence.keep_capsules(having(capsule(somebody(), somebody()), bounces=1))
        for box in boxes(persistence, somebody(), somebody()):
            for page in strange:
                with raises(InvalidFields):
                    await box(page, NOW)
            for cursor in cursors:
                with raises(InvalidCursor):
                    await box(PageRequest(cursor=cursor), NOW)


async def _open(persistence: Persistence, kept: Capsule, user: UserId, now: datetime) -> Capsule:
    after = kept.opened(user, now)
    mine = after.addressee(user)
    assert mine is not None
    return await persistence.change_capsules(lambda uow: uow.capsules.save(after, mine))
