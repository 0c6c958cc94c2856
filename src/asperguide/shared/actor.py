"""Who is asking: decided once per request, handed to every use case that needs permission."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from asperguide.shared.errors import NotWhileImpersonating, RoleNeeded

UserId = NewType("UserId", UUID)
SessionId = NewType("SessionId", UUID)


class Role(StrEnum):
    """What a person may do beyond their own things."""

    USER = "user"
    MODERATOR = "moderator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a call came from, for limits and the audit log: the client address and what it says it is."""

    address: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A signed-in person. `proved_at` is when they last typed their password; `impersonator` is the admin behind."""

    user: UserId
    session: SessionId
    roles: tuple[Role, ...]
    proved_at: datetime
    impersonator: UserId | None = None

    def has(self, role: Role) -> bool:
        """Whether this person holds the role."""
        return role in self.roles


OPERATOR = Actor(
    user=UserId(UUID(int=0)),
    session=SessionId(UUID(int=0)),
    roles=(Role.ADMIN,),
    proved_at=datetime.max.replace(tzinfo=UTC),
)
"""Whoever runs commands on the machine itself; in the audit log this is the nil UUID."""


def refuse_impersonators(actor: Actor) -> None:
    """Raises NotWhileImpersonating when an administrator acts for the account."""
    if actor.impersonator is not None:
        raise NotWhileImpersonating


def require_admin(actor: Actor) -> None:
    """Raises RoleNeeded unless the actor is an administrator, and acts as one."""
    refuse_impersonators(actor)
    if not actor.has(Role.ADMIN):
        raise RoleNeeded
