"""People, sessions, codes and lines of the security log to fill a persistence with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from asperguide.adapters.system import SystemIds
from asperguide.identity.audit import SecurityEvent, SecurityEventKind, event
from asperguide.identity.codes import Code, CodeId, Purpose, new_code
from asperguide.identity.model import User, UserState, new_user
from asperguide.identity.ports import Credential, IdentityUnitOfWork, Known, LiveSession
from asperguide.identity.rotation import Session
from asperguide.shared.actor import Role, SessionId, UserId

IDS = SystemIds()
NOW = datetime(2031, 5, 17, 12, 0, 0, 123457, UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def person(username: str = "oneil", email: str = "", full_name: str = "Siobhán O'Neil", **fields: Any) -> User:
    """A pending account with a new id."""
    user = new_user(UserId(IDS.new()), email or f"{username}@example.org", username, full_name, NOW)
    return replace(user, **fields)


def active(username: str, full_name: str = "Somebody", **fields: Any) -> User:
    """An active account."""
    return person(username, full_name=full_name, state=UserState.ACTIVE, email_verified_at=NOW, **fields)


def admin(username: str) -> User:
    """An administrator."""
    return active(username, roles=(Role.USER, Role.ADMIN))


def credential(user: User) -> Credential:
    return Credential(id=user.id, hash=f"hash of {user.username}", former=("older", "oldest"), changed_at=NOW)


def known(user: User) -> Known:
    """The account as a sign-in finds it."""
    return Known(
        id=user.id, state=user.state, email_verified_at=user.email_verified_at, last_seen_at=user.last_seen_at,
        hash=credential(user).hash, changed_at=credential(user).changed_at, seen_here=False,
    )  # fmt: skip


def live(opened: Session) -> LiveSession:
    """The session as an authenticated request finds it."""
    return LiveSession(
        id=opened.id, user=opened.user, proved_at=opened.proved_at, over_at=opened.over_at,
        impersonator=opened.impersonator, version=opened.version,
    )  # fmt: skip


def session(user: UserId, **fields: Any) -> Session:
    """A session opened now, good for 14 days idle and 60 days in all."""
    ready = Session(
        id=SessionId(IDS.new()), user=user, key=IDS.secret(), device_name="Siobhán's phone 📱", user_agent="curl",
        address="2001:db8::1", opened_at=NOW, proved_at=NOW, seen_at=NOW, rotated_at=NOW,
        idle_expires_at=NOW + 14 * DAY, expires_at=NOW + 60 * DAY,
    )  # fmt: skip
    return replace(ready, **fields)


def code(user: UserId, purpose: Purpose = Purpose.VERIFY_EMAIL, now: datetime = NOW) -> Code:
    return new_code(CodeId(IDS.new()), user, purpose, "siobhán.o'neil@example.org", IDS.secret(), now)[0]


def line(user: UserId | None, at: datetime = NOW, **fields: Any) -> SecurityEvent:
    """A line of the audit log."""
    ready = event(IDS.new(), SecurityEventKind.SIGNED_IN, at, user=user)
    return replace(ready, **{"address": "192.0.2.1", "user_agent": "curl", "detail": "phone", **fields})


async def add_all(uow: IdentityUnitOfWork, *things: Session | Code | SecurityEvent) -> None:
    """Add sessions, codes and lines of the security log."""
    for thing in things:
        if isinstance(thing, Session):
            await uow.sessions.add(thing)
        elif isinstance(thing, Code):
            await uow.codes.add(thing)
        else:
            await uow.audit.add(thing)
