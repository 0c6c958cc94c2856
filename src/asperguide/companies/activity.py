"""What happened in a company: who did what when, for those who run it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import CompanyId

HappeningId = NewType("HappeningId", UUID)

LONGEST_WHAT, LONGEST_DETAIL = 64, 255


class What(StrEnum):
    """What companies themselves write down; other contexts have words of their own, with their name in front."""

    CREATED = "company-created"
    CHANGED = "company-changed"
    SETTINGS_CHANGED = "settings-changed"
    ADMINISTERED = "company-administered"
    MEMBER_JOINED = "member-joined"
    MEMBER_LEFT = "member-left"
    MEMBER_REMOVED = "member-removed"
    ROLE_CHANGED = "role-changed"
    OWNERSHIP_TRANSFERRED = "ownership-transferred"
    OWNERSHIP_INHERITED = "ownership-inherited"
    INVITED = "invited"
    INVITED_AGAIN = "invited-again"
    INVITATION_DECLINED = "invitation-declined"
    INVITATION_REVOKED = "invitation-revoked"
    CLIENT_ADDED = "client-added"
    CLIENT_CHANGED = "client-changed"
    CLIENT_ERASED = "client-erased"
    CLIENTS_EXPORTED = "clients-exported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened. `by` is nobody when the service did it; `subject` is the id of what it was done to.

    `detail` says more, such as a role or the names of fields, and nothing personal: that goes with its owner.
    """

    id: HappeningId
    company: CompanyId
    at: datetime
    by: UserId | None
    what: str
    subject: UUID | None = None
    detail: str = ""


def happening(
    id: UUID,
    company: CompanyId,
    at: datetime,
    by: UserId | None,
    what: str,
    subject: UUID | None = None,
    detail: str = "",
) -> Happening:
    """A line of the feed."""
    return Happening(
        id=HappeningId(id), company=company, at=at, by=by, what=what[:LONGEST_WHAT], subject=subject,
        detail=detail[:LONGEST_DETAIL],
    )  # fmt: skip
