"""The law of address books: no address and no user twice in one of them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from asperguide.capsules.errors import RecipientKnown
from asperguide.capsules.repositories import Recipient, RecipientId
from asperguide.shared.errors import EditedMeanwhile, InvalidCursor, InvalidFields
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.identity.cursors import STRANGE
from asperguide.testing.contracts.identity.listing import everything
from asperguide.testing.contracts.people import HOUR, IDS, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.sealing import recipient, somebody

FULL = recipient(
    somebody(),
    "Großmutter O'Neil 🦊 张伟 \\ % _ ",
    email="Großmutter.O'Neil@Straße.example",
    user=somebody(),
    relationship="Großmutter \U0001f475",
    notes="\r\n\t\"'; DROP TABLE\x00" * 500,
    created_at=datetime(2031, 1, 2, 3, 4, 5, 999999, UTC),
    updated_at=datetime(2031, 1, 2, 3, 4, 5, 1, UTC),
    version=3,
)
NAMES = ["bob", "Anna", "ÄNNE", "a\u0308nne 2", "a b", "a b ", "Zoë", "0", "🦊", "\u0390" * 100, "ﬃ" * 100]


class RecipientsContract:
    """Recipients: round trip, versions, uniqueness, list."""

    async def test_a_recipient_comes_back_as_they_went_in(self, persistence: Persistence) -> None:
        plain = recipient(somebody(), relationship="", email=None)
        for kept in (FULL, plain):
            await persistence.keep_capsules(kept)
            async with persistence.begin_capsules() as uow:
                assert await uow.recipients.get(kept.id) == kept
            assert await persistence.capsule_reads.recipient(kept.id) == kept
        ids = [FULL.id, plain.id, FULL.id, RecipientId(IDS.new())]
        found = await persistence.capsule_reads.some_recipients(ids)
        assert sorted(found, key=lambda one: one.id) == sorted([FULL, plain], key=lambda one: one.id)
        assert list(await persistence.capsule_reads.some_recipients(())) == []

    async def test_a_recipient_that_is_not_there_is_none(self, persistence: Persistence) -> None:
        nobody = RecipientId(IDS.new())
        async with persistence.begin_capsules() as uow:
            assert await uow.recipients.get(nobody) is None
        assert await persistence.capsule_reads.recipient(nobody) is None
        assert list(await persistence.capsule_reads.some_recipients([nobody])) == []

    async def test_a_stale_recipient_is_refused_for_changes_and_removal(self, persistence: Persistence) -> None:
        kept = recipient(somebody())
        await persistence.keep_capsules(kept)
        changed = replace(kept, name="Zoë", email="zoe@example.org", user=somebody(), notes="new")
        saved = await persistence.change_capsules(lambda uow: uow.recipients.save(changed))
        assert saved == replace(changed, version=2)
        for stale in (lambda uow: uow.recipients.save(kept), lambda uow: uow.recipients.remove(kept)):
            with raises(EditedMeanwhile):
                await persistence.change_capsules(stale)
        assert await persistence.capsule_reads.recipient(kept.id) == saved
        await persistence.change_capsules(lambda uow: uow.recipients.remove(saved))
        assert await persistence.capsule_reads.recipient(kept.id) is None

    async def test_an_address_book_has_no_address_twice(self, persistence: Persistence) -> None:
        mine = somebody()
        first = recipient(mine, email="Zoë@example.org")
        same, other = recipient(mine, email="ZOE\u0308@Example.org"), recipient(mine, email="zoe@example.org")
        await persistence.keep_capsules(first, other, recipient(somebody(), email="zoë@example.org"))
        with raises(RecipientKnown):
            await persistence.keep_capsules(same)
        with raises(RecipientKnown):
            await persistence.change_capsules(lambda uow: uow.recipients.save(replace(other, email=first.email)))
        assert await persistence.capsule_reads.recipient(other.id) == other
        await persistence.change_capsules(lambda uow: uow.recipients.save(replace(first, email="ZOË@example.org")))
        await persistence.change_capsules(lambda uow: uow.recipients.remove(replace(first, version=2)))
        await persistence.keep_capsules(same)

    async def test_an_address_book_has_no_user_twice(self, persistence: Persistence) -> None:
        mine, friend = somebody(), somebody()
        first, other = recipient(mine, user=friend), recipient(mine)
        await persistence.keep_capsules(first, other, recipient(somebody(), user=friend))
        with raises(RecipientKnown):
            await persistence.keep_capsules(recipient(mine, user=friend, email="friend@example.org"))
        with raises(RecipientKnown):
            await persistence.change_capsules(lambda uow: uow.recipients.save(replace(other, user=friend)))

    async def test_recipients_without_address_or_user_are_not_the_same(self, persistence: Persistence) -> None:
        mine = somebody()
        await persistence.keep_capsules(*(recipient(mine) for _ in range(3)))
        assert (await persistence.capsule_reads.recipients(mine, PageRequest(count=True))).total == 3

    async def test_of_many_who_add_one_address_at_once_one_does(self, persistence: Persistence) -> None:
        mine = somebody()
        new = [recipient(mine, email="zoe@example.org") for _ in range(8)]
        results = await asyncio.gather(*map(persistence.keep_capsules, new), return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == ["NoneType", *["RecipientKnown"] * 7]

    async def test_recipients_are_listed_by_time_and_by_name_page_by_page(self, persistence: Persistence) -> None:
        mine = somebody()
        kept = [recipient(mine, NAMES[n % len(NAMES)], created_at=NOW + n // 4 * HOUR) for n in range(25)]
        await persistence.keep_capsules(*kept, recipient(somebody()))

        async def read(page: PageRequest) -> Any:
            return await persistence.capsule_reads.recipients(mine, page)

        for field, name in (("created_at", "created_at"), ("name_key", "name")):
            expected = sorted(kept, key=lambda one, field=field: (getattr(one, field), one.id))  # type: ignore[misc]
            assert await everything(read, 4, sort=name) == expected, name
            assert await everything(read, 25, sort=f"-{name}") == expected[::-1], name
        newest: list[Recipient] = sorted(kept, key=lambda one: (one.created_at, one.id), reverse=True)
        first = await read(PageRequest(limit=3, count=True))
        assert (first.items, first.total) == (tuple(newest[:3]), 25)
        for strange in (PageRequest(sort="email"), PageRequest(filters={"name": "a"})):
            with raises(InvalidFields):
                await read(strange)
        for cursor in STRANGE:
            with raises(InvalidCursor):
                await read(PageRequest(cursor=cursor))
