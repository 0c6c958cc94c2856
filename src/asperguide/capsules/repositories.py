"""What capsules keep: their repositories, and the unit of work over them."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol
from uuid import UUID

from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.announcements import Announcement
from asperguide.capsules.model import Capsule
from asperguide.shared.actor import UserId
from asperguide.shared.emails import canonical_email, folded
from asperguide.shared.ports import UnitOfWork

RecipientId = NewType("RecipientId", UUID)
CountdownId = NewType("CountdownId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What is in a draft or capsule, so that it can be kept anywhere: nobody reads it without the service's keys.

    `key` is its own key, wrapped in that key of the service which `key_id` names.
    """

    id: CapsuleId
    content: bytes
    key: bytes
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDraft:
    """A draft without what is in it: it has the id of the capsule that it may become."""

    id: CapsuleId
    owner: UserId
    created_at: datetime
    updated_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """An entry of somebody's address book: a user, an address, or both."""

    id: RecipientId
    owner: UserId
    name: str
    email: str | None = None
    user: UserId | None = None
    relationship: str | None = None
    notes: str = ""
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def email_key(self) -> str | None:
        """The canonical address."""
        return None if self.email is None else canonical_email(self.email)

    @property
    def name_key(self) -> str:
        """What the name is sorted by."""
        return folded(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The one answer of an addressee, whose id it has: some words, or an emoji."""

    id: AddresseeId
    capsule: CapsuleId
    text: str | None = None
    emoji: str | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reflection:
    """What the sender of a letter to themselves has to say about it; it has the id of the capsule."""

    id: CapsuleId
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Countdown:
    """A countdown that whoever holds the token may see, which is kept as its SHA-256 only."""

    id: CountdownId
    capsule: CapsuleId
    digest: bytes
    created_at: datetime


class Drafts(Protocol):
    """All drafts."""

    @abstractmethod
    async def add(self, draft: StoredDraft) -> None:
        """A new draft."""
        ...

    @abstractmethod
    async def get(self, id: CapsuleId) -> StoredDraft | None:
        """The draft, None when there is none (any more)."""
        ...

    @abstractmethod
    async def save(self, draft: StoredDraft) -> StoredDraft:
        """Store the change and give it with its new version. Raises EditedMeanwhile when it is not the latest."""
        ...

    @abstractmethod
    async def remove(self, draft: StoredDraft) -> None:
        """Forget it, and not what is in it. Raises EditedMeanwhile when it is not the latest version."""
        ...


class Contents(Protocol):
    """What is in drafts and capsules."""

    @abstractmethod
    async def put(self, sealed: Sealed) -> None:
        """Keep it, instead of what was kept under its id."""
        ...

    @abstractmethod
    async def remove(self, id: CapsuleId) -> None:
        """Forget it for good."""
        ...

    @abstractmethod
    async def under_other_keys(self, current: str, limit: int) -> Sequence[Sealed]:
        """Some of those that hang on other keys of the service than this one."""
        ...

    @abstractmethod
    async def rewrapped(self, former: Sealed, now: Sealed) -> bool:
        """Replace it if it is still the former one, else False."""
        ...


class Recipients(Protocol):
    """All address books. Unique for each owner: address and user (RecipientKnown)."""

    @abstractmethod
    async def add(self, recipient: Recipient) -> None:
        """A new recipient. Raises RecipientKnown."""
        ...

    @abstractmethod
    async def get(self, id: RecipientId) -> Recipient | None:
        """The recipient, None when there is none (any more)."""
        ...

    @abstractmethod
    async def save(self, recipient: Recipient) -> Recipient:
        """Store the change. Raises EditedMeanwhile, RecipientKnown."""
        ...

    @abstractmethod
    async def remove(self, recipient: Recipient) -> None:
        """Forget them. Raises EditedMeanwhile when it is not the latest version."""
        ...


class Capsules(Protocol):
    """All capsules, each with its addressees."""

    @abstractmethod
    async def add(self, capsule: Capsule, due: Sequence[Announcement]) -> None:
        """A new capsule with its addressees, and the first announcement to each of them."""
        ...

    @abstractmethod
    async def get(self, id: CapsuleId) -> Capsule | None:
        """The capsule with its addressees; nobody else changes it until this transaction ends."""
        ...

    @abstractmethod
    async def save(self, capsule: Capsule, *changed: Addressee) -> Capsule:
        """Store the capsule and those of its addressees that have changed; the capsule with its new version.

        Raises EditedMeanwhile when it is not the latest version.
        """
        ...

    @abstractmethod
    async def remove(self, capsule: Capsule) -> None:
        """Forget the capsule and everything that hangs on it: addressees, content, replies, countdowns, reflection."""
        ...

    @abstractmethod
    async def addressee(self, id: AddresseeId) -> Addressee | None:
        """The addressee."""
        ...

    @abstractmethod
    async def awaiting(self, email_key: str, limit: int) -> Sequence[Addressee]:
        """Addressees without a user whose address this is, none who left."""
        ...

    @abstractmethod
    async def addressed_to(self, user: UserId, limit: int) -> Sequence[Addressee]:
        """Addressees who are this user."""
        ...

    @abstractmethod
    async def sent_by(self, user: UserId, after: CapsuleId | None, limit: int) -> Sequence[CapsuleId]:
        """Capsules of this sender behind that id, in the order of ids."""
        ...


class Announcements(Protocol):
    """What addressees are to be told next, and when. One of each addressee at most is waiting."""

    @abstractmethod
    async def due(self, now: datetime, limit: int) -> Sequence[Announcement]:
        """Those whose time has come, the earliest first, locked; those that others hold are passed over."""
        ...

    @abstractmethod
    async def advance(self, told: Sequence[Announcement]) -> None:
        """Replace each by what follows it, or by nothing."""
        ...

    @abstractmethod
    async def reset(self, capsule: CapsuleId, due: Sequence[Announcement]) -> None:
        """Forget what waits for this capsule's addressees, and put these in its place."""
        ...

    @abstractmethod
    async def next_after(self, now: datetime) -> datetime | None:
        """When the first one is due that is not due now; None when nothing waits."""
        ...


class Replies(Protocol):
    """Answers, reflections."""

    @abstractmethod
    async def add(self, reply: Reply) -> None:
        """The answer of an addressee. Raises AlreadyReplied when there is one."""
        ...

    @abstractmethod
    async def reflect(self, reflection: Reflection) -> None:
        """Keep it, instead of an earlier one."""
        ...


class Countdowns(Protocol):
    """Shared countdowns."""

    @abstractmethod
    async def add(self, countdown: Countdown) -> None:
        """A new one."""
        ...

    @abstractmethod
    async def count(self, capsule: CapsuleId) -> int:
        """How many the capsule has."""
        ...

    @abstractmethod
    async def remove(self, id: CountdownId, capsule: CapsuleId) -> bool:
        """Revoke it; False when there is none of this capsule."""
        ...


class CapsulesUnitOfWork(UnitOfWork, Protocol):
    """One transaction over everything that capsules keep."""

    @property
    def drafts(self) -> Drafts: ...
    @property
    def contents(self) -> Contents: ...
    @property
    def recipients(self) -> Recipients: ...
    @property
    def capsules(self) -> Capsules: ...
    @property
    def announcements(self) -> Announcements: ...
    @property
    def replies(self) -> Replies: ...
    @property
    def countdowns(self) -> Countdowns: ...
