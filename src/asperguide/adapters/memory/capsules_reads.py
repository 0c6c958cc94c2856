"""Reads of capsules in memory: what is committed."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from asperguide.adapters.memory.capsules_tables import (
    ADDRESSEES,
    CAPSULES,
    CONTENTS,
    COUNTDOWNS,
    DRAFTS,
    RECIPIENTS,
    REFLECTIONS,
    REPLIES,
)
from asperguide.adapters.memory.paging import page_of
from asperguide.adapters.memory.tables import MemoryDatabase
from asperguide.capsules import listing
from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.model import Capsule, State
from asperguide.capsules.ports import Arrival, CapsuleReads
from asperguide.capsules.repositories import (
    Countdown,
    Recipient,
    RecipientId,
    Reflection,
    Reply,
    Sealed,
    StoredDraft,
)
from asperguide.shared.actor import UserId
from asperguide.shared.pages import Page, PageRequest


class MemoryCapsuleReads(CapsuleReads):
    """Looks through the committed rows."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def draft(self, id: CapsuleId) -> StoredDraft | None:
        """By id."""
        return self._database.rows(DRAFTS).get(id)

    async def drafts(self, owner: UserId, page: PageRequest) -> Page[StoredDraft]:
        """Every draft is looked at."""
        found = self._database.rows(DRAFTS).all(lambda draft: draft.owner == owner)
        return page_of(found, listing.DRAFTS.read(page, owner), {})

    async def sealed(self, ids: Collection[CapsuleId]) -> Mapping[CapsuleId, Sealed]:
        """By ids."""
        rows = self._database.rows(CONTENTS)
        return {id: found for id in ids if (found := rows.get(id)) is not None}

    async def recipient(self, id: RecipientId) -> Recipient | None:
        """By id."""
        return self._database.rows(RECIPIENTS).get(id)

    async def recipients(self, owner: UserId, page: PageRequest) -> Page[Recipient]:
        """Every recipient is looked at."""
        found = self._database.rows(RECIPIENTS).all(lambda recipient: recipient.owner == owner)
        return page_of(found, listing.RECIPIENTS.read(page, owner), {})

    async def some_recipients(self, ids: Collection[RecipientId]) -> Sequence[Recipient]:
        """By ids."""
        rows = self._database.rows(RECIPIENTS)
        return [found for id in dict.fromkeys(ids) if (found := rows.get(id)) is not None]

    async def capsule(self, id: CapsuleId) -> Capsule | None:
        """By id."""
        capsule = self._database.rows(CAPSULES).get(id)
        if capsule is None:
            return None
        return replace(capsule, addressees=tuple(self._database.rows(ADDRESSEES).all(lambda one: one.capsule == id)))

    async def capsules(self, ids: Collection[CapsuleId]) -> Mapping[CapsuleId, Capsule]:
        """By ids."""
        rows = self._database.rows(CAPSULES)
        return {id: replace(found, addressees=()) for id in ids if (found := rows.get(id)) is not None}

    async def addressee(self, id: AddresseeId) -> Addressee | None:
        """By id."""
        return self._database.rows(ADDRESSEES).get(id)

    async def inbox(self, user: UserId, page: PageRequest, now: datetime) -> Page[Arrival]:
        """Every addressee is looked at."""
        capsules = self._database.rows(CAPSULES)
        found, states = list[Arrival](), dict[AddresseeId, State]()
        for one in self._database.rows(ADDRESSEES).all(lambda one: one.user == user and one.left_at is None):
            capsule = capsules.get(one.capsule)
            assert capsule is not None
            states[one.id] = capsule.state_for(one, now)
            found.append(
                Arrival(
                    id=one.id,
                    capsule=capsule.id,
                    opened=one.opened_at is not None and capsule.cancelled_at is None,
                    sealed_at=capsule.sealed_at,
                    unlocks_at=capsule.unlocks_at,
                )
            )
        return page_of(
            found,
            listing.CAPSULES.read(page, "inbox", user),
            {"state": lambda arrival, state: states[arrival.id] is state},
        )

    async def outbox(self, user: UserId, page: PageRequest, now: datetime) -> Page[Capsule]:
        """Every capsule is looked at."""
        found = self._database.rows(CAPSULES).all(lambda capsule: capsule.sender == user)
        return page_of(
            found,
            listing.CAPSULES.read(page, "outbox", user),
            {"state": lambda capsule, state: capsule.state(now) is state},
        )

    async def replies(self, capsule: CapsuleId) -> Sequence[Reply]:
        """Every reply is looked at."""
        found = self._database.rows(REPLIES).all(lambda reply: reply.capsule == capsule)
        return sorted(found, key=lambda reply: (reply.at, reply.id))

    async def reflection(self, capsule: CapsuleId) -> Reflection | None:
        """By id."""
        return self._database.rows(REFLECTIONS).get(capsule)

    async def countdowns(self, capsule: CapsuleId) -> Sequence[Countdown]:
        """Every countdown is looked at."""
        found = self._database.rows(COUNTDOWNS).all(lambda countdown: countdown.capsule == capsule)
        return sorted(found, key=lambda countdown: (countdown.created_at, countdown.id), reverse=True)

    async def counted_down(self, digest: bytes) -> Capsule | None:
        """Every countdown is looked at."""
        countdown = self._database.rows(COUNTDOWNS).first(lambda countdown: countdown.digest == digest)
        return None if countdown is None else self._database.rows(CAPSULES).get(countdown.capsule)

    async def keys_in_use(self) -> Mapping[str, int]:
        """Counted."""
        return Counter(sealed.key_id for sealed in self._database.rows(CONTENTS).all())
