"""Those whom a capsule is for: users, and addresses that are nobody's yet."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NewType
from uuid import UUID

from asperguide.capsules.errors import AlreadyReplied
from asperguide.shared.actor import UserId
from asperguide.shared.emails import canonical_email

CapsuleId = NewType("CapsuleId", UUID)
AddresseeId = NewType("AddresseeId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Somebody whom a capsule is for: a user, or an address until a user has claimed it. Each opens it for themselves.

    `name` and `email` are what the sender wrote; `user` may have been found out and is nobody's business then. Mails to
    an address have come back `bounces` times; it was set `addressed` times. Who `left_at` that instant opens no more.
    """

    id: AddresseeId
    capsule: CapsuleId
    name: str = ""
    user: UserId | None = None
    email: str | None = None
    opened_at: datetime | None = None
    replied_at: datetime | None = None
    left_at: datetime | None = None
    addressed: int = 1
    bounces: int = 0

    @property
    def awaited(self) -> str | None:
        """The canonical address whose owner is still to come; None when the user is known."""
        return canonical_email(self.email) if self.user is None and self.email is not None else None

    def opened(self, now: datetime) -> "Addressee":
        """It is open for them; the first time counts."""
        return self if self.opened_at else replace(self, opened_at=now)

    def replied(self, now: datetime) -> "Addressee":
        """They have answered. Raises AlreadyReplied the second time."""
        if self.replied_at is not None:
            raise AlreadyReplied
        return replace(self, replied_at=now)

    def claimed_by(self, user: UserId) -> "Addressee":
        """It turned out who they are."""
        return replace(self, user=user)

    def readdressed(self, email: str) -> "Addressee":
        """They get their mails elsewhere, and links that were sent are of no use any more."""
        return replace(self, user=None, email=email, addressed=self.addressed + 1, bounces=0)

    def bounced(self) -> "Addressee":
        """A mail to them came back."""
        return replace(self, bounces=self.bounces + 1)

    def left(self, now: datetime) -> "Addressee":
        """They are no more, and nothing is kept of them."""
        return replace(self, name="", user=None, email=None, left_at=now)
