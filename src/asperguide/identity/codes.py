"""One-time codes that prove control of an address: 32 random bytes, of which only the SHA-256 is kept."""

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from asperguide.identity.errors import CodeRefused
from asperguide.shared.actor import UserId

CodeId = NewType("CodeId", UUID)


class Purpose(StrEnum):
    """What a code is good for, and nothing else."""

    VERIFY_EMAIL = "verify-email"
    CHANGE_EMAIL = "change-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105
    REOPEN_ACCOUNT = "reopen-account"


LIFETIMES = {
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.CHANGE_EMAIL: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(minutes=30),
    Purpose.REOPEN_ACCOUNT: timedelta(days=30),
}

AN_HOUR = timedelta(hours=1)
MAILS_PER_HOUR = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code that was sent to `address`; single use."""

    id: CodeId
    user: UserId
    purpose: Purpose
    address: str
    digest: bytes
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    version: int = 1

    @property
    def over_at(self) -> datetime:
        """When it was used, or will expire."""
        return self.used_at or self.expires_at

    def used(self, purpose: Purpose, now: datetime) -> "Code":
        """Spent. Raises CodeRefused when it is for something else, spent or expired."""
        if self.purpose is not purpose or self.used_at is not None or now >= self.expires_at:
            raise CodeRefused
        return replace(self, used_at=now)


def new_code(
    id: CodeId, user: UserId, purpose: Purpose, address: str, secret: bytes, now: datetime
) -> tuple[Code, str]:
    """A code and the text that goes into the mail; the text is nowhere else."""
    code = Code(
        id=id, user=user, purpose=purpose, address=address, digest=hashlib.sha256(secret).digest(),
        created_at=now, expires_at=now + LIFETIMES[purpose],
    )  # fmt: skip
    return code, base64.urlsafe_b64encode(secret).decode().rstrip("=")


def digest_of(text: str) -> bytes:
    """The key under which a code is found. Raises CodeRefused for what was never a code of ours."""
    try:
        secret = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except ValueError:
        raise CodeRefused from None
    if len(secret) != 32:
        raise CodeRefused
    return hashlib.sha256(secret).digest()
