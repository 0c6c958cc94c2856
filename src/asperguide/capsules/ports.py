"""What capsules need of the outside: what keeps and seals them, and what others know of people and files."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.model import Capsule
from asperguide.capsules.repositories import (
    Announcements,
    Capsules,
    CapsulesUnitOfWork,
    Contents,
    Countdown,
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
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.storage import SignedRequest

__all__ = [
    "Announcements", "Arrival", "Attachment", "Attachments", "CapsulePolicy", "CapsuleReads", "Capsules",
    "CapsulesUnitOfWork", "Contents", "Countdowns", "Drafts", "People", "Person", "Recipients", "Replies", "SealBroken",
    "Vault",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CapsulePolicy:
    """What operators decide about capsules: how far ahead they may open, and how often one looks whether they do."""

    public_url: str = "http://127.0.0.1:5000"
    latest: timedelta = timedelta(days=5 * 365.25 + 1)
    sweep: timedelta = timedelta(minutes=1)


class SealBroken(Exception):
    """What is sealed was damaged, belongs to another capsule, or its key is none of those that the service has."""


class Vault(Protocol):
    """Seals what is in capsules, each under a key of its own (envelope encryption).

    What is sealed tells how long the content is, and nothing else; sealing the same again gives something different.
    """

    @property
    @abstractmethod
    def current(self) -> str:
        """The name of the key of the service that new content hangs on."""
        ...

    @abstractmethod
    def seal(self, capsule: CapsuleId, content: bytes) -> Sealed:
        """Under a new key, which is wrapped in the current key of the service."""
        ...

    @abstractmethod
    def unseal(self, sealed: Sealed) -> bytes:
        """The content, if it is that capsule's. Raises SealBroken."""
        ...

    @abstractmethod
    def rewrap(self, sealed: Sealed) -> Sealed:
        """The same content, untouched, with its key wrapped in the current key of the service. Raises SealBroken."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who has an account that can be written to."""

    id: UserId
    name: str
    email: str
    locale: str
    time_zone: str


class People(Protocol):
    """What capsules need to know of users."""

    @abstractmethod
    async def known(self, ids: Collection[UserId]) -> Mapping[UserId, Person]:
        """Those of them who have an account that can be written to."""
        ...

    @abstractmethod
    async def holders(self, email_keys: Collection[str]) -> Mapping[str, UserId]:
        """Whose verified address each canonical address is; those of nobody are left out."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a letter. `size` is in bytes."""

    id: UUID
    name: str
    media_type: str
    size: int


class Attachments(Protocol):
    """Files, as far as they go with letters."""

    @abstractmethod
    async def usable(self, actor: Actor, ids: Collection[UUID]) -> Collection[UUID]:
        """Those of them that are the actor's, and ready."""
        ...

    @abstractmethod
    async def known(self, ids: Collection[UUID]) -> Mapping[UUID, Attachment]:
        """Those of them that are still there."""
        ...

    @abstractmethod
    async def link(self, id: UUID) -> SignedRequest:
        """A signed request for the bytes. Raises AttachmentNotFound when they are gone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A capsule in somebody's inbox: `id` is theirs as an addressee, `opened` whether they have opened it."""

    id: AddresseeId
    capsule: CapsuleId
    opened: bool = False
    sealed_at: datetime
    unlocks_at: datetime


class CapsuleReads(Protocol):
    """Reads that no rule touches, outside any transaction. Who may know what they give is decided by the caller."""

    @abstractmethod
    async def draft(self, id: CapsuleId) -> StoredDraft | None:
        """The draft."""
        ...

    @abstractmethod
    async def drafts(self, owner: UserId, page: PageRequest) -> Page[StoredDraft]:
        """The owner's drafts, the latest first; what can be asked: `listing.DRAFTS`."""
        ...

    @abstractmethod
    async def sealed(self, ids: Collection[CapsuleId]) -> Mapping[CapsuleId, Sealed]:
        """What is in these drafts and capsules."""
        ...

    @abstractmethod
    async def recipient(self, id: RecipientId) -> Recipient | None:
        """The recipient."""
        ...

    @abstractmethod
    async def recipients(self, owner: UserId, page: PageRequest) -> Page[Recipient]:
        """The owner's recipients, the newest first; what can be asked: `listing.RECIPIENTS`."""
        ...

    @abstractmethod
    async def some_recipients(self, ids: Collection[RecipientId]) -> Sequence[Recipient]:
        """Those of these recipients that there are, in any order."""
        ...

    @abstractmethod
    async def capsule(self, id: CapsuleId) -> Capsule | None:
        """The capsule with all its addressees, in the order in which they were named."""
        ...

    @abstractmethod
    async def capsules(self, ids: Collection[CapsuleId]) -> Mapping[CapsuleId, Capsule]:
        """Those of these capsules that there are, without addressees."""
        ...

    @abstractmethod
    async def addressee(self, id: AddresseeId) -> Addressee | None:
        """The addressee."""
        ...

    @abstractmethod
    async def inbox(self, user: UserId, page: PageRequest, now: datetime) -> Page[Arrival]:
        """What is for the user, the latest sealed first; what can be asked: `listing.CAPSULES`.

        States are those at `now`, for the user: opened as soon as they have opened it.
        """
        ...

    @abstractmethod
    async def outbox(self, user: UserId, page: PageRequest, now: datetime) -> Page[Capsule]:
        """What the user has sealed, without addressees; otherwise as the inbox. States are those at `now`."""
        ...

    @abstractmethod
    async def replies(self, capsule: CapsuleId) -> Sequence[Reply]:
        """All replies, the oldest first."""
        ...

    @abstractmethod
    async def reflection(self, capsule: CapsuleId) -> Reflection | None:
        """What the sender of a letter to themselves wrote about it."""
        ...

    @abstractmethod
    async def countdowns(self, capsule: CapsuleId) -> Sequence[Countdown]:
        """The shared countdowns of the capsule, the newest first."""
        ...

    @abstractmethod
    async def counted_down(self, digest: bytes) -> Capsule | None:
        """The capsule, without addressees, whose countdown was shared under a token with this SHA-256."""
        ...

    @abstractmethod
    async def keys_in_use(self) -> Mapping[str, int]:
        """How much hangs on each key of the service, by the names of the keys."""
        ...
