"""Capsules in memory: the same law as in a database, for tests and for whoever swaps adapters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from asperguide.adapters.memory.capsules_reads import MemoryCapsuleReads
from asperguide.adapters.memory.capsules_tables import (
    ADDRESSEES,
    ANNOUNCEMENTS,
    CAPSULES,
    CONTENTS,
    COUNTDOWNS,
    DRAFTS,
    RECIPIENTS,
    REFLECTIONS,
    REPLIES,
)
from asperguide.adapters.memory.tables import Rows
from asperguide.adapters.memory.unit_of_work import MemoryUnitOfWork
from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.announcements import Announcement
from asperguide.capsules.errors import AlreadyReplied
from asperguide.capsules.model import Capsule
from asperguide.capsules.repositories import (
    Announcements,
    Capsules,
    CapsulesUnitOfWork,
    Contents,
    Countdown,
    CountdownId,
    Countdowns,
    Drafts,
    Recipient,
    RecipientId,
    Recipients,
    Reflection,
    Replies,
    Reply,
    Sealed,
    StoredDraft,
)
from asperguide.shared.actor import UserId
from asperguide.shared.errors import EditedMeanwhile

__all__ = ["MemoryCapsuleReads", "MemoryCapsulesUnitOfWork"]


@dataclass(frozen=True, slots=True)
class MemoryDrafts(Drafts):
    """Drafts, without what is in them."""

    rows: Rows[StoredDraft]

    async def add(self, draft: StoredDraft) -> None:
        """One row."""
        self.rows.add(draft)

    async def get(self, id: CapsuleId) -> StoredDraft | None:
        """By id."""
        return self.rows.get(id)

    async def save(self, draft: StoredDraft) -> StoredDraft:
        """Compare the version and set."""
        return self.rows.save(draft)

    async def remove(self, draft: StoredDraft) -> None:
        """Compare the version and delete."""
        _remove(self.rows, draft)


@dataclass(frozen=True, slots=True)
class MemoryContents(Contents):
    """What is in drafts and capsules."""

    rows: Rows[Sealed]

    async def put(self, sealed: Sealed) -> None:
        """Instead of what was there."""
        await self.remove(sealed.id)
        self.rows.add(sealed)

    async def remove(self, id: CapsuleId) -> None:
        """By id."""
        self.rows.remove(lambda row: row.id == id)

    async def under_other_keys(self, current: str, limit: int) -> Sequence[Sealed]:
        """Every content is looked at."""
        return self.rows.all(lambda row: row.key_id != current)[:limit]

    async def rewrapped(self, former: Sealed, now: Sealed) -> bool:
        """Compare the key and set it; what it encrypts stays."""
        found = self.rows.get(former.id)
        if found is None or (found.key, found.key_id) != (former.key, former.key_id):
            return False
        self.rows.patch(former.id, key=now.key, key_id=now.key_id)
        return True


@dataclass(frozen=True, slots=True)
class MemoryRecipients(Recipients):
    """All address books."""

    rows: Rows[Recipient]

    async def add(self, recipient: Recipient) -> None:
        """One row."""
        self.rows.add(recipient)

    async def get(self, id: RecipientId) -> Recipient | None:
        """By id."""
        return self.rows.get(id)

    async def save(self, recipient: Recipient) -> Recipient:
        """Compare the version and set."""
        return self.rows.save(recipient)

    async def remove(self, recipient: Recipient) -> None:
        """Compare the version and delete."""
        _remove(self.rows, recipient)


@dataclass(frozen=True, slots=True)
class MemoryCapsules(Capsules):
    """Capsules and their addressees, and what goes with them."""

    rows: Rows[Capsule]
    addressees: Rows[Addressee]
    announcements: Rows[Announcement]
    contents: Rows[Sealed]
    replies: Rows[Reply]
    reflections: Rows[Reflection]
    countdowns: Rows[Countdown]

    async def add(self, capsule: Capsule, due: Sequence[Announcement]) -> None:
        """One row, and one for each addressee."""
        self.rows.add(replace(capsule, addressees=()))
        for one in capsule.addressees:
            self.addressees.add(one)
        for announcement in due:
            self.announcements.add(announcement)

    async def get(self, id: CapsuleId) -> Capsule | None:
        """By id. Nobody else can change anything meanwhile."""
        found = self.rows.get(id)
        mine = self.addressees.all(lambda one: one.capsule == id)
        return None if found is None else replace(found, addressees=tuple(mine))

    async def save(self, capsule: Capsule, *changed: Addressee) -> Capsule:
        """Compare the version and set; then those that changed."""
        saved = self.rows.save(replace(capsule, addressees=()))
        for one in changed:
            self.addressees.patch(one.id, **{name: getattr(one, name) for name in Addressee.__slots__})
        return replace(saved, addressees=capsule.addressees)

    async def remove(self, capsule: Capsule) -> None:
        """Compare the version and delete; then all that is known about it."""
        _remove(self.rows, capsule)
        id = capsule.id
        self.addressees.remove(lambda row: row.capsule == id)
        self.announcements.remove(lambda row: row.capsule == id)
        self.contents.remove(lambda row: row.id == id)
        self.replies.remove(lambda row: row.capsule == id)
        self.reflections.remove(lambda row: row.id == id)
        self.countdowns.remove(lambda row: row.capsule == id)

    async def addressee(self, id: AddresseeId) -> Addressee | None:
        """By id."""
        return self.addressees.get(id)

    async def awaiting(self, email_key: str, limit: int) -> Sequence[Addressee]:
        """Every addressee is looked at."""
        return self.addressees.all(lambda one: one.awaited == email_key and one.left_at is None)[:limit]

    async def addressed_to(self, user: UserId, limit: int) -> Sequence[Addressee]:
        """Every addressee is looked at."""
        return self.addressees.all(lambda one: one.user == user)[:limit]

    async def sent_by(self, user: UserId, after: CapsuleId | None, limit: int) -> Sequence[CapsuleId]:
        """Every capsule is looked at."""
        found = self.rows.all(lambda row: row.sender == user and (after is None or row.id > after))
        return sorted(row.id for row in found)[:limit]


@dataclass(frozen=True, slots=True)
class MemoryAnnouncements(Announcements):
    """One row at most for each addressee. When a capsule opens is the capsule's to say."""

    rows: Rows[Announcement]
    capsules: Rows[Capsule]

    async def due(self, now: datetime, limit: int) -> Sequence[Announcement]:
        """Nobody else can hold any."""
        found = self.rows.all(lambda row: row.due_at <= now)
        found.sort(key=lambda row: (row.due_at, row.addressee))
        return [self._as_it_is_now(row) for row in found[:limit]]

    async def advance(self, told: Sequence[Announcement]) -> None:
        """Those that are still at this stage."""
        for one in told:
            waiting = self.rows.get(one.addressee)
            if waiting is not None and waiting.stage is one.stage:
                self._put(one.addressee, self._as_it_is_now(waiting).following)

    async def reset(self, capsule: CapsuleId, due: Sequence[Announcement]) -> None:
        """All of the capsule's."""
        self.rows.remove(lambda row: row.capsule == capsule)
        for one in due:
            self._put(one.addressee, one)

    async def next_after(self, now: datetime) -> datetime | None:
        """The earliest of them."""
        return min((row.due_at for row in self.rows.all(lambda row: row.due_at > now)), default=None)

    def _put(self, addressee: AddresseeId, waiting: Announcement | None) -> None:
        self.rows.remove(lambda row: row.addressee == addressee)
        if waiting is not None:
            self.rows.add(waiting)

    def _as_it_is_now(self, waiting: Announcement) -> Announcement:
        capsule = self.capsules.get(waiting.capsule)
        return waiting if capsule is None else replace(waiting, unlocks_at=capsule.unlocks_at)


@dataclass(frozen=True, slots=True)
class MemoryReplies(Replies):
    """Answers and reflections."""

    rows: Rows[Reply]
    reflections: Rows[Reflection]

    async def add(self, reply: Reply) -> None:
        """One row."""
        if self.rows.get(reply.id) is not None:
            raise AlreadyReplied
        self.rows.add(reply)

    async def reflect(self, reflection: Reflection) -> None:
        """Instead of what was there."""
        self.reflections.remove(lambda row: row.id == reflection.id)
        self.reflections.add(reflection)


@dataclass(frozen=True, slots=True)
class MemoryCountdowns(Countdowns):
    """Shared countdowns."""

    rows: Rows[Countdown]

    async def add(self, countdown: Countdown) -> None:
        """One row."""
        self.rows.add(countdown)

    async def count(self, capsule: CapsuleId) -> int:
        """Every countdown is looked at."""
        return len(self.rows.all(lambda row: row.capsule == capsule))

    async def remove(self, id: CountdownId, capsule: CapsuleId) -> bool:
        """By both ids."""
        return self.rows.remove(lambda row: row.id == id and row.capsule == capsule) > 0


class MemoryCapsulesUnitOfWork(MemoryUnitOfWork, CapsulesUnitOfWork):
    """A transaction in memory."""

    @property
    def drafts(self) -> MemoryDrafts:
        """Drafts, without what is in them."""
        return MemoryDrafts(self.rows(DRAFTS))

    @property
    def contents(self) -> MemoryContents:
        """What is in drafts and capsules."""
        return MemoryContents(self.rows(CONTENTS))

    @property
    def recipients(self) -> MemoryRecipients:
        """All address books."""
        return MemoryRecipients(self.rows(RECIPIENTS))

    @property
    def capsules(self) -> MemoryCapsules:
        """Capsules and their addressees, and what goes with them."""
        return MemoryCapsules(
            self.rows(CAPSULES), self.rows(ADDRESSEES), self.rows(ANNOUNCEMENTS), self.rows(CONTENTS),
            self.rows(REPLIES), self.rows(REFLECTIONS), self.rows(COUNTDOWNS),
        )  # fmt: skip

    @property
    def announcements(self) -> MemoryAnnouncements:
        """What waits for its time."""
        return MemoryAnnouncements(self.rows(ANNOUNCEMENTS), self.rows(CAPSULES))

    @property
    def replies(self) -> MemoryReplies:
        """Answers and reflections."""
        return MemoryReplies(self.rows(REPLIES), self.rows(REFLECTIONS))

    @property
    def countdowns(self) -> MemoryCountdowns:
        """Shared countdowns."""
        return MemoryCountdowns(self.rows(COUNTDOWNS))


def _remove(
    rows: Rows[StoredDraft] | Rows[Recipient] | Rows[Capsule], entity: StoredDraft | Recipient | Capsule
) -> None:
    if rows.remove(lambda row: row.id == entity.id and row.version == entity.version) == 0:
        raise EditedMeanwhile
