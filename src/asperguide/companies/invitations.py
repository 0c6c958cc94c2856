"""Invitations into a company, sent by mail: what one is at a moment, and when a link out of a mail is good."""

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from asperguide.companies.errors import InvitationNotFound, InvitationOver, InvitedJustNow
from asperguide.companies.model import Membership, Right
from asperguide.shared.actor import UserId
from asperguide.shared.emails import canonical_email
from asperguide.shared.tenancy import CompanyId, CompanyRole

InvitationId = NewType("InvitationId", UUID)

LIFETIME = timedelta(days=7)
"""From when the mail was asked for, and again from when it leaves."""
PAUSE = timedelta(minutes=10)
"""Between two mails of one invitation."""
SECRET_BYTES = 32


class InvitationState(StrEnum):
    """waiting: for an answer. expired follows from the time."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """That whoever has this address may become a member, as `by` wants it, who sent it last.

    Its token is kept as SHA-256 only, None before a mail left. `sendings` counts the mails that were asked for; only
    the token in the last one is good.
    """

    id: InvitationId
    company: CompanyId
    email: str
    role: CompanyRole
    by: UserId
    digest: bytes | None = None
    sendings: int = 1
    asked_at: datetime
    expires_at: datetime
    created_at: datetime
    answer: InvitationState | None = None
    answered_at: datetime | None = None
    version: int = 1

    @property
    def email_key(self) -> str:
        """The canonical address."""
        return canonical_email(self.email)

    @property
    def awaited(self) -> str | None:
        """The canonical address while an answer is awaited from it, however late; nobody is awaited twice."""
        return self.email_key if self.answer is None else None

    def state(self, now: datetime) -> InvitationState:
        """What it is at this moment."""
        if self.answer is not None:
            return self.answer
        return InvitationState.WAITING if now < self.expires_at else InvitationState.EXPIRED

    def stands(self, by: Membership | None) -> bool:
        """Whether whoever sent it may still invite in this role; they are no member when there is no membership."""
        return by is not None and all(by.may(right) for right in needed_to_invite(self.role))

    def answered(self, answer: InvitationState, now: datetime) -> "Invitation":
        """Over. Raises InvitationOver when it was over before."""
        if self.state(now) is not InvitationState.WAITING:
            raise InvitationOver
        return replace(self, answer=answer, answered_at=now)

    def revoked(self, now: datetime) -> "Invitation":
        """Taken back, also when it is too old. Raises InvitationOver when it was answered."""
        if self.answer is not None:
            raise InvitationOver
        return replace(self, answer=InvitationState.REVOKED, answered_at=now)

    def resent(self, now: datetime, by: UserId) -> "Invitation":
        """To be sent again by them, with another token, for another week. Raises InvitationOver, InvitedJustNow."""
        if self.answer is not None:
            raise InvitationOver
        if now < self.asked_at + PAUSE:
            raise InvitedJustNow(retry_after=self.asked_at + PAUSE - now)
        return replace(self, by=by, sendings=self.sendings + 1, asked_at=now, expires_at=now + LIFETIME, digest=None)

    def sent(self, secret: bytes, now: datetime) -> tuple["Invitation", str]:
        """With a token, and the text of it for the mail, which is nowhere else."""
        sent = replace(self, digest=hashlib.sha256(secret).digest(), expires_at=now + LIFETIME)
        return sent, base64.urlsafe_b64encode(secret).decode().rstrip("=")


def needed_to_invite(role: CompanyRole) -> tuple[Right, ...]:
    """What whoever invites somebody in this role must be allowed: only owners make owners."""
    return (Right.INVITE, Right.MANAGE_OWNERS) if role is CompanyRole.OWNER else (Right.INVITE,)


def digest_of(token: str) -> bytes:
    """The key under which an invitation is found. Raises InvitationNotFound for what was never a token of ours."""
    try:
        secret = base64.b64decode(token + "=", altchars=b"-_", validate=True)
    except ValueError:
        raise InvitationNotFound from None
    if len(secret) != SECRET_BYTES:
        raise InvitationNotFound
    return hashlib.sha256(secret).digest()
