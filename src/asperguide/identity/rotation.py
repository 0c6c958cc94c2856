"""Sessions and the rotation of their refresh tokens.

A refresh token is `session id | counter | HMAC`, derived and never stored: whoever reads the database cannot make
one without the service's secret. The counter is moved by compare-and-set, so a round of parallel refreshes has
exactly one winner. For 30 s after a rotation the immediate predecessor gets the same successor, which is what a
client needs whose answer was lost or that refreshes in two tabs; anything older is a copy in wrong hands and ends
the session (RFC 9700, section 4.14.2).
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from asperguide.identity.errors import RefreshTokenRefused
from asperguide.shared.actor import SessionId, UserId

OVERLAP = timedelta(seconds=30)


class EndReason(StrEnum):
    """Why a session is over."""

    SIGNED_OUT = "signed-out"
    ENDED_BY_OWNER = "ended-by-owner"
    ENDED_BY_ADMIN = "ended-by-admin"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105
    PASSWORD_RESET = "password-reset"  # noqa: S105
    SUSPENDED = "suspended"
    CLOSED = "closed"
    TOKEN_REUSED = "token-reused"  # noqa: S105


class Presented(StrEnum):
    """What a genuine refresh token is at this moment."""

    CURRENT = "current"
    PREDECESSOR = "predecessor"
    REUSED = "reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in device. `key` is its share of the secret; `counter` counts rotations."""

    id: SessionId
    user: UserId
    key: bytes
    counter: int = 0
    device_name: str = ""
    user_agent: str = ""
    address: str = ""
    opened_at: datetime
    proved_at: datetime
    seen_at: datetime
    rotated_at: datetime
    idle_expires_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    ended_because: EndReason | None = None
    impersonator: UserId | None = None
    version: int = 1

    @property
    def over_at(self) -> datetime:
        """When it ended, or will expire if nothing happens."""
        return self.ended_at or min(self.idle_expires_at, self.expires_at)

    def alive(self, now: datetime) -> bool:
        """Neither ended nor expired."""
        return self.ended_at is None and now < self.idle_expires_at and now < self.expires_at

    def ended(self, now: datetime, reason: EndReason) -> "Session":
        """Over, for this reason; the first reason stays."""
        return self if self.ended_at else replace(self, ended_at=now, ended_because=reason)

    def rotated(self, now: datetime, idle: timedelta) -> "Session":
        """With the next counter, seen now, idle time started anew within the absolute limit."""
        return replace(
            self,
            counter=self.counter + 1,
            rotated_at=now,
            seen_at=now,
            idle_expires_at=min(now + idle, self.expires_at),
        )

    def judge(self, counter: int, now: datetime) -> Presented:
        """What a genuine token with this counter is now."""
        if counter == self.counter:
            return Presented.CURRENT
        if counter == self.counter - 1 and now - self.rotated_at <= OVERLAP:
            return Presented.PREDECESSOR
        return Presented.REUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """A refresh token taken apart; genuine only after `RefreshTokens.verify`."""

    session: SessionId
    counter: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class RefreshTokens:
    """Makes and checks refresh tokens with the service's secret."""

    secret: bytes

    def issue(self, session: Session) -> str:
        """The token for the session's present counter: always the same for the same counter."""
        mac = self._mac(session, session.counter)
        raw = session.id.bytes + session.counter.to_bytes(4, "big") + mac
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def parse(self, token: str) -> RefreshToken:
        """Take a token apart without believing it. Raises RefreshTokenRefused when it cannot be one."""
        if len(token) != 70 or not token.isascii():
            raise RefreshTokenRefused
        try:
            raw = base64.b64decode(token + "==", altchars=b"-_", validate=True)
        except binascii.Error:
            raise RefreshTokenRefused from None
        return RefreshToken(
            session=SessionId(UUID(bytes=raw[:16])), counter=int.from_bytes(raw[16:20], "big"), mac=raw[20:]
        )

    def verify(self, token: RefreshToken, session: Session) -> None:
        """Raises RefreshTokenRefused unless we made this token for this session."""
        if not hmac.compare_digest(token.mac, self._mac(session, token.counter)):
            raise RefreshTokenRefused

    def _mac(self, session: Session, counter: int) -> bytes:
        text = b"refresh\0" + session.key + session.id.bytes + counter.to_bytes(4, "big")
        return hmac.digest(self.secret, text, hashlib.sha256)


@dataclass(frozen=True, slots=True)
class DeviceTokens:
    """Lets a device prove that its owner signed in on it before, so that strangers' guesses cannot lock it out.

    The idea is OWASP's device cookie: an identifier and an HMAC over it and the user, nothing stored.
    """

    secret: bytes

    def issue(self, user: UserId, device: UUID) -> str:
        """The token for this device of this user."""
        return base64.urlsafe_b64encode(device.bytes + self._mac(user, device)).decode().rstrip("=")

    def device(self, token: str | None, user: UserId) -> UUID | None:
        """The device, when we made this token for this user."""
        if token is None or len(token) != 43:
            return None
        try:
            raw = base64.b64decode(token + "=", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        device = UUID(bytes=raw[:16])
        return device if hmac.compare_digest(raw[16:], self._mac(user, device)) else None

    def _mac(self, user: UserId, device: UUID) -> bytes:
        return hmac.digest(self.secret, b"device\0" + user.bytes + device.bytes, hashlib.sha256)[:16]
