"""What is written down about accounts, for their owners, and about what administrators do, for administrators."""

from dataclasses import dataclass, replace
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

    `user` is None when nobody has the login that was tried, and when it was done to no account at all; `by` is None
    when nobody knows who it was.
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

    def shown_to(self, user: UserId) -> "SecurityEvent":
        """As the user may see it: from where another person did something is theirs to know."""
        return self if self.by in (None, user) else replace(self, address="", user_agent="")


def event(
    id: UUID, kind: SecurityEventKind, at: datetime, *, user: UserId | None, by: UserId | None = None,
    origin: Origin = Origin(), outcome: Outcome = Outcome.DONE, detail: str = "",
) -> SecurityEvent:  # fmt: skip
    """A line for the audit log; done by the owner of the account unless `by` says otherwise."""
    return _line(id, kind, at, user, by or user, origin, outcome, detail)


def attempt(
    id: UUID, kind: SecurityEventKind, at: datetime, *, user: UserId | None, origin: Origin = Origin(),
    outcome: Outcome = Outcome.REFUSED,
) -> SecurityEvent:  # fmt: skip
    """A line about what somebody tried without proving who they are: the owner, or a stranger."""
    return _line(id, kind, at, user, None, origin, outcome, "")


def _line(
    id: UUID, kind: SecurityEventKind, at: datetime, user: UserId | None, by: UserId | None, origin: Origin,
    outcome: Outcome, detail: str,
) -> SecurityEvent:  # fmt: skip
    return SecurityEvent(
        id=SecurityEventId(id), user=user, by=by, kind=kind, outcome=outcome, detail=detail[:200],
        address=origin.address[:64], user_agent=origin.user_agent[:255], at=at,
    )  # fmt: skip
