"""What is written down about accounts, for their owners, and about what administrators do, for administrators."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from asperguide.shared.actor import Origin, UserId

SecurityEventId = NewType("SecurityEventId", UUID)


class SecurityEventKind(StrEnum):
    """What was done, or tried."""

    REGISTERED = "registered"
    ADDRESS_TRIED = "address-tried"
    EMAIL_CONFIRMED = "email-confirmed"
    EMAIL_CHANGED = "email-changed"
    USERNAME_CHANGED = "username-changed"
    PROFILE_CHANGED = "profile-changed"
    SIGNED_IN = "signed-in"
    SIGNED_OUT = "signed-out"
    SESSION_ENDED = "session-ended"
    TOKEN_REUSED = "token-reused"  # noqa: S105
    PASSWORD_CHANGED = "password-changed"  # noqa: S105
    PASSWORD_RESET = "password-reset"  # noqa: S105
    ACCOUNT_CLOSING = "account-closing"
    ACCOUNT_REOPENED = "account-reopened"
    ACCOUNT_ERASED = "account-erased"
    EXPORT_ASKED = "export-asked"
    ROLE_GRANTED = "role-granted"
    ROLE_REVOKED = "role-revoked"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    IMPERSONATED = "impersonated"
    JOB_RETRIED = "job-retried"
    JOB_CANCELLED = "job-cancelled"
    JOBS_PRUNED = "jobs-pruned"
    QUEUE_PAUSED = "queue-paused"
    QUEUE_RESUMED = "queue-resumed"
    MAINTENANCE_BEGUN = "maintenance-begun"
    MAINTENANCE_ENDED = "maintenance-ended"
    BUCKET_CREATED = "bucket-created"
    BUCKET_DELETED = "bucket-deleted"
    OBJECT_LINKED = "object-linked"
    OBJECT_DELETED = "object-deleted"
    COMPANY_ADMINISTERED = "company-administered"


class Outcome(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEvent:
    """Who did what to whose account, when, from where.

    `user` is None when nobody has the login that was tried, and when it was done to no account at all.
    """

    id: SecurityEventId
    user: UserId | None
    by: UserId | None
    kind: SecurityEventKind
    outcome: Outcome = Outcome.DONE
    detail: str = ""
    address: str = ""
    user_agent: str = ""
    at: datetime


def event(
    id: UUID, kind: SecurityEventKind, at: datetime, *, user: UserId | None, by: UserId | None = None,
    origin: Origin = Origin(), outcome: Outcome = Outcome.DONE, detail: str = "",
) -> SecurityEvent:  # fmt: skip
    """A line for the audit log; done by the owner of the account unless `by` says otherwise."""
    return SecurityEvent(
        id=SecurityEventId(id), user=user, by=by or user, kind=kind, outcome=outcome, detail=detail[:200],
        address=origin.address[:64], user_agent=origin.user_agent[:255], at=at,
    )  # fmt: skip
