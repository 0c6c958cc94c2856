"""Identity in memory: the same law as in a database, for tests and for whoever swaps adapters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from asperguide.adapters.memory.identity_reads import MemoryIdentityReads
from asperguide.adapters.memory.identity_tables import AUDIT, CODES, CREDENTIALS, GUESSES, SESSIONS, USERS, Tried
from asperguide.adapters.memory.tables import MemoryDatabase, Rows
from asperguide.adapters.memory.unit_of_work import MemoryUnitOfWork
from asperguide.identity.audit import SecurityEvent, SecurityEventKind
from asperguide.identity.codes import Code, CodeId, Purpose
from asperguide.identity.guessing import Guesses, GuessSubject
from asperguide.identity.model import User, UserState
from asperguide.identity.ports import (
    AuditLog,
    Codes,
    Credential,
    GuessBook,
    GuessCounter,
    IdentityUnitOfWork,
    Sessions,
    Users,
    session_key,
    user_key,
)
from asperguide.identity.rotation import EndReason, Session
from asperguide.shared.actor import Role, SessionId, UserId
from asperguide.shared.errors import EditedMeanwhile

__all__ = ["MemoryIdentityReads", "MemoryIdentityUnitOfWork"]

Touch = Callable[[str, int], None]

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MemoryUsers(Users):
    """Accounts and passwords."""

    rows: Rows[User]
    credentials: Rows[Credential]
    sessions: Rows[Session]
    codes: Rows[Code]
    touch: Touch

    async def add(self, user: User, credential: Credential) -> None:
        """Both rows."""
        self.rows.add(user)
        self.credentials.add(credential)

    async def get(self, id: UserId) -> User | None:
        """By id."""
        return self.rows.get(id)

    async def by_email(self, email_key: str) -> User | None:
        """By address."""
        return self.rows.first(lambda user: user.email_key == email_key)

    async def save(self, user: User) -> User:
        """Compare the version and set."""
        saved = self.rows.save(user)
        self.touch(user_key(user.id), saved.version)
        return saved

    async def credential(self, id: UserId) -> Credential | None:
        """By id."""
        return self.credentials.get(id)

    async def save_credential(self, credential: Credential) -> Credential:
        """Compare the version and set."""
        return self.credentials.save(credential)

    async def seen(self, id: UserId, at: datetime) -> None:
        """One field."""
        self.rows.patch(id, last_seen_at=at)

    async def count_admins(self) -> int:
        """Nobody else can change anything meanwhile."""
        return len(self.rows.all(lambda user: Role.ADMIN in user.roles and user.state is UserState.ACTIVE))

    async def forget_secrets(self, id: UserId) -> None:
        """Password, sessions, codes."""
        self._forget({id})

    async def delete_unconfirmed(self, before: datetime, limit: int) -> int:
        """The oldest first."""
        unused = self.rows.all(
            lambda user: user.state is UserState.PENDING and user.created_at < before and user.last_seen_at is None
        )
        gone = sorted(unused, key=lambda user: user.created_at)[:limit]
        ids = {user.id for user in gone}
        self.rows.remove(lambda user: user.id in ids)
        self._forget(ids)
        for user in gone:
            self.touch(user_key(user.id), user.version + 1)
        return len(gone)

    async def due_for_closing(self, now: datetime, limit: int) -> Sequence[User]:
        """The first to close first."""
        due = [
            (user.closes_at, user)
            for user in self.rows.all(lambda user: user.state is UserState.CLOSING)
            if user.closes_at is not None and user.closes_at <= now
        ]
        return [user for _, user in sorted(due, key=lambda pair: pair[0])][:limit]

    def _forget(self, ids: set[UserId]) -> None:
        self.credentials.remove(lambda credential: credential.id in ids)
        self.sessions.remove(lambda session: session.user in ids)
        self.codes.remove(lambda code: code.user in ids)


@dataclass(frozen=True, slots=True)
class MemorySessions(Sessions):
    """Sessions."""

    rows: Rows[Session]
    credentials: Rows[Credential]
    touch: Touch

    async def add(self, session: Session) -> None:
        """One row."""
        self.rows.add(session)

    async def open(self, session: Session, password_of: datetime) -> bool:
        """Compare the instant and add."""
        credential = self.credentials.get(session.user)
        if credential is None or credential.changed_at != password_of:
            return False
        self.rows.add(session)
        return True

    async def get(self, id: SessionId) -> Session | None:
        """By id."""
        return self.rows.get(id)

    async def rotate(self, session: Session, from_counter: int) -> bool:
        """Compare the counter and set."""
        found = self.rows.get(session.id)
        if found is None or found.counter != from_counter or found.ended_at is not None:
            return False
        moved = replace(
            found, counter=session.counter, seen_at=session.seen_at, rotated_at=session.rotated_at,
            idle_expires_at=session.idle_expires_at,
        )  # fmt: skip
        await self.save(moved)
        return True

    async def save(self, session: Session) -> Session:
        """Compare the version and set."""
        saved = self.rows.save(session)
        self.touch(session_key(session.id), saved.version)
        return saved

    async def end_all(self, user: UserId, now: datetime, reason: EndReason, keep: SessionId | None = None) -> int:
        """Those of the user, and those in which they act for others."""
        ending = self.rows.all(
            lambda session: user in (session.user, session.impersonator) and session.id != keep and session.alive(now)
        )
        for session in ending:
            await self.save(session.ended(now, reason))
        return len(ending)

    async def delete_over(self, before: datetime, limit: int) -> int:
        """Those that are over."""
        return self.rows.remove(lambda session: session.over_at < before, limit)


@dataclass(frozen=True, slots=True)
class MemoryCodes(Codes):
    """One-time codes."""

    rows: Rows[Code]

    async def add(self, code: Code) -> None:
        """One row."""
        self.rows.add(code)

    async def get(self, id: CodeId) -> Code | None:
        """By id."""
        return self.rows.get(id)

    async def by_digest(self, digest: bytes) -> Code | None:
        """By digest."""
        return self.rows.first(lambda code: code.digest == digest)

    async def save(self, code: Code) -> Code:
        """Compare the version and set."""
        return self.rows.save(code)

    async def void(self, user: UserId, purpose: Purpose, now: datetime, keep: CodeId | None = None) -> None:
        """Mark them as used."""
        for code in self._of(user, purpose):
            if code.used_at is None and code.id != keep:
                self.rows.save(replace(code, used_at=now))

    async def count_since(self, user: UserId, purpose: Purpose, since: datetime) -> int:
        """Those that still exist."""
        return sum(code.created_at >= since for code in self._of(user, purpose))

    async def delete_over(self, before: datetime, limit: int) -> int:
        """Those that are over."""
        return self.rows.remove(lambda code: code.over_at < before, limit)

    def _of(self, user: UserId, purpose: Purpose) -> list[Code]:
        return self.rows.all(lambda code: code.user == user and code.purpose is purpose)


@dataclass(frozen=True, slots=True)
class MemoryGuessBook(GuessBook):
    """Tries."""

    rows: Rows[Tried]

    async def get(self, id: GuessSubject) -> Guesses:
        """By id."""
        found = self.rows.get(id)
        return found.guesses if found else Guesses(id=id)

    async def save(self, guesses: Guesses) -> Guesses:
        """Compare the version and set; version 0 must not be there yet."""
        found = self.rows.get(guesses.id)
        if (found.version if found else 0) != guesses.version:
            raise EditedMeanwhile
        return self._keep(replace(guesses, version=guesses.version + 1), guesses.tries[-1] if guesses.tries else NEVER)

    async def forgive(self, guesses: Guesses, at: datetime) -> None:
        """Whatever was added meanwhile stays."""
        found = self.rows.get(guesses.id)
        if found is not None:
            self._keep(replace(found.guesses.forgive(at), version=found.version + 1), found.last_at)

    async def clear(self, id: GuessSubject) -> None:
        """No tries; the row stays, so that its versions do not begin anew."""
        found = self.rows.get(id)
        if found is not None:
            self._keep(Guesses(id=id, version=found.version + 1), found.last_at)

    async def delete_idle(self, before: datetime, limit: int) -> int:
        """Those without a recent try."""
        return self.rows.remove(lambda tried: tried.last_at < before, limit)

    def _keep(self, guesses: Guesses, last_at: datetime) -> Guesses:
        self.rows.remove(lambda tried: tried.id == guesses.id)
        self.rows.add(Tried(guesses=guesses, last_at=last_at))
        return guesses


class MemoryGuessCounter(GuessCounter):
    """Tries, each stored by a transaction of its own."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def count(self, guesses: Guesses) -> Guesses:
        """Compare the version and set."""
        transaction = await self._database.begin()
        try:
            saved = await MemoryGuessBook(transaction.rows(GUESSES)).save(guesses)
            transaction.commit()
        finally:
            transaction.close()
        return saved


@dataclass(frozen=True, slots=True)
class MemoryAuditLog(AuditLog):
    """Security events."""

    rows: Rows[SecurityEvent]

    async def add(self, event: SecurityEvent) -> None:
        """One row."""
        self.rows.add(event)

    async def count_since(self, user: UserId, kind: SecurityEventKind, since: datetime) -> int:
        """About the user."""
        return len(self.rows.all(lambda event: event.user == user and event.kind is kind and event.at >= since))

    async def anonymise(self, user: UserId) -> None:
        """What was done to them, and by them."""
        for event in self.rows.all(lambda event: user in (event.user, event.by)):
            detail = "" if event.user == user else event.detail
            self.rows.patch(event.id, address="", user_agent="", detail=detail)


class MemoryIdentityUnitOfWork(MemoryUnitOfWork, IdentityUnitOfWork):
    """A transaction in memory; its commit purges `user:` and `session:` keys of what it changed."""

    @property
    def users(self) -> MemoryUsers:
        """Accounts and passwords."""
        return MemoryUsers(self.rows(USERS), self.rows(CREDENTIALS), self.rows(SESSIONS), self.rows(CODES), self.touch)

    @property
    def sessions(self) -> MemorySessions:
        """Sessions."""
        return MemorySessions(self.rows(SESSIONS), self.rows(CREDENTIALS), self.touch)

    @property
    def codes(self) -> MemoryCodes:
        """One-time codes."""
        return MemoryCodes(self.rows(CODES))

    @property
    def guesses(self) -> MemoryGuessBook:
        """Tries."""
        return MemoryGuessBook(self.rows(GUESSES))

    @property
    def audit(self) -> MemoryAuditLog:
        """Security events."""
        return MemoryAuditLog(self.rows(AUDIT))
