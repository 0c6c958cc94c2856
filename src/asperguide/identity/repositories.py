"""What identity keeps: its repositories, and the unit of work over them."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from asperguide.identity.audit import SecurityEvent, SecurityEventKind
from asperguide.identity.codes import Code, CodeId, Purpose
from asperguide.identity.guessing import Guesses, GuessSubject
from asperguide.identity.model import User
from asperguide.identity.rotation import EndReason, Session
from asperguide.shared.actor import SessionId, UserId
from asperguide.shared.ports import UnitOfWork

SESSION_KEYS, USER_KEYS = "session", "user"


def session_key(id: SessionId) -> str:
    """The key of a session in a cache: its kind, a colon, its id in hexadecimal."""
    return f"{SESSION_KEYS}:{id.hex}"


def user_key(id: UserId) -> str:
    """The key of a user in a cache."""
    return f"{USER_KEYS}:{id.hex}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """The password of a user as a hash, and the hashes before it, newest first, at most 5 in all."""

    id: UserId
    hash: str
    former: tuple[str, ...] = ()
    changed_at: datetime
    version: int = 1


class Users(Protocol):
    """All accounts. Uniqueness: `email_key` (EmailTaken) and `username_key` (UsernameTaken)."""

    @abstractmethod
    async def add(self, user: User, credential: Credential) -> None:
        """A new account with its password. Raises EmailTaken, UsernameTaken, at once or at commit."""
        ...

    @abstractmethod
    async def get(self, id: UserId) -> User | None:
        """The account, None when there is none."""
        ...

    @abstractmethod
    async def by_email(self, email_key: str) -> User | None:
        """The account of this canonical address; decoys are nobody's."""
        ...

    @abstractmethod
    async def save(self, user: User) -> User:
        """Store the change and give the user with its new version. Raises EditedMeanwhile when it is not the latest."""
        ...

    @abstractmethod
    async def credential(self, id: UserId) -> Credential | None:
        """The password of the account."""
        ...

    @abstractmethod
    async def save_credential(self, credential: Credential) -> Credential:
        """Store the new password. Raises EditedMeanwhile."""
        ...

    @abstractmethod
    async def seen(self, id: UserId, at: datetime) -> None:
        """Note that they were here; changes no version."""
        ...

    @abstractmethod
    async def count_admins(self) -> int:
        """How many active administrators there are, locked against change until this transaction ends."""
        ...

    @abstractmethod
    async def forget_secrets(self, id: UserId) -> None:
        """Remove the password, sessions and codes of an account that is being erased."""
        ...

    @abstractmethod
    async def delete_unconfirmed(self, before: datetime, limit: int) -> int:
        """Remove pending accounts made before that instant that were never used, and everything of theirs. How many.

        At most `limit`, the oldest first. Used is who ever signed in (`seen`).
        """
        ...

    @abstractmethod
    async def due_for_closing(self, now: datetime, limit: int) -> Sequence[User]:
        """Closing accounts whose grace is over, the oldest first."""
        ...


class Sessions(Protocol):
    """All sessions."""

    @abstractmethod
    async def add(self, session: Session) -> None:
        """A new session."""
        ...

    @abstractmethod
    async def open(self, session: Session, password_of: datetime) -> bool:
        """A new session, if the password is still the one of that instant, which it stays until this transaction ends.

        False when it was changed meanwhile.
        """
        ...

    @abstractmethod
    async def get(self, id: SessionId) -> Session | None:
        """The session, ended or not; None when there is none (any more)."""
        ...

    @abstractmethod
    async def rotate(self, session: Session, from_counter: int) -> bool:
        """Store a rotated session if its counter is still `from_counter` and it has not ended; False otherwise."""
        ...

    @abstractmethod
    async def save(self, session: Session) -> Session:
        """Store a change. Raises EditedMeanwhile."""
        ...

    @abstractmethod
    async def end_all(self, user: UserId, now: datetime, reason: EndReason, keep: SessionId | None = None) -> int:
        """End every live session of the user but `keep`, and those in which they act for others. How many."""
        ...

    @abstractmethod
    async def delete_over(self, before: datetime, limit: int) -> int:
        """Remove sessions that ended or expired before that instant, at most `limit`. How many."""
        ...


class Codes(Protocol):
    """One-time codes."""

    @abstractmethod
    async def add(self, code: Code) -> None:
        """A new code."""
        ...

    @abstractmethod
    async def get(self, id: CodeId) -> Code | None:
        """The code."""
        ...

    @abstractmethod
    async def by_digest(self, digest: bytes) -> Code | None:
        """The code with this digest."""
        ...

    @abstractmethod
    async def save(self, code: Code) -> Code:
        """Store a change. Raises EditedMeanwhile when somebody was faster, so that a code is used once."""
        ...

    @abstractmethod
    async def void(self, user: UserId, purpose: Purpose, now: datetime, keep: CodeId | None = None) -> None:
        """Make the user's other open codes for this purpose unusable."""
        ...

    @abstractmethod
    async def count_since(self, user: UserId, purpose: Purpose, since: datetime) -> int:
        """How many codes of this purpose were made for the user at that instant or later, and still exist."""
        ...

    @abstractmethod
    async def delete_over(self, before: datetime, limit: int) -> int:
        """Remove codes that were used or expired before that instant, at most `limit`. How many."""
        ...


class GuessBook(Protocol):
    """The tries of each account."""

    @abstractmethod
    async def get(self, id: GuessSubject) -> Guesses:
        """The tries; empty with version 0 when there were none."""
        ...

    @abstractmethod
    async def save(self, guesses: Guesses) -> Guesses:
        """Store them if nobody else did since they were read, else EditedMeanwhile. Version 0 means insert."""
        ...

    @abstractmethod
    async def forgive(self, guesses: Guesses, at: datetime) -> None:
        """Take the try of that instant back, whatever others added since `guesses` was read; it may be gone already."""
        ...

    @abstractmethod
    async def clear(self, id: GuessSubject) -> None:
        """Forget all tries: the owner proved to be the owner in another way."""
        ...

    @abstractmethod
    async def delete_idle(self, before: datetime, limit: int) -> int:
        """Remove subjects whose last try, forgiven or not, is older than that instant, at most `limit`. How many."""
        ...


class AuditLog(Protocol):
    """Security events; only ever added to."""

    @abstractmethod
    async def add(self, event: SecurityEvent) -> None:
        """One more line."""
        ...

    @abstractmethod
    async def count_since(self, user: UserId, kind: SecurityEventKind, since: datetime) -> int:
        """How many lines of this kind there are about the user, of that instant or later."""
        ...

    @abstractmethod
    async def anonymise(self, user: UserId) -> None:
        """Blank out where the user was (address, user agent) in every line, and the details of lines about them."""
        ...


class IdentityUnitOfWork(UnitOfWork, Protocol):
    """One transaction over everything that identity keeps."""

    @property
    def users(self) -> Users: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def codes(self) -> Codes: ...
    @property
    def guesses(self) -> GuessBook: ...
    @property
    def audit(self) -> AuditLog: ...
