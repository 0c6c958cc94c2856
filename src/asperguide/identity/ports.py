"""What identity needs from outside: what keeps its things, reads them, hashes passwords and signs tokens."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from asperguide.identity.audit import SecurityEvent
from asperguide.identity.guessing import Guesses, GuessSubject
from asperguide.identity.model import User, UserState
from asperguide.identity.repositories import (
    SESSION_KEYS,
    USER_KEYS,
    AuditLog,
    Codes,
    Credential,
    GuessBook,
    IdentityUnitOfWork,
    Sessions,
    Users,
    session_key,
    user_key,
)
from asperguide.identity.rotation import Session
from asperguide.identity.views import PORTRAIT_NAME, Profile, portrait_template
from asperguide.shared.actor import Origin, SessionId, UserId
from asperguide.shared.pages import Page, PageRequest

__all__ = [
    "AccessTokens", "AuditLog", "Candidate", "Claims", "Codes", "Contact", "Credential", "Found", "GuessBook",
     "IdentityReads", "IdentityUnitOfWork", "PasswordHasher", "PasswordStrength", "Policy", "Portraits",
    "SESSION_KEYS", "Sessions", "USER_KEYS", "Users", "session_key", "user_key",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What operators decide about accounts."""

    public_url: str = "http://127.0.0.1:5000"
    password_min_length: int = 8
    require_verified_email: bool = True
    access_token_lifetime: timedelta = timedelta(minutes=15)
    session_idle: timedelta = timedelta(days=14)
    session_absolute: timedelta = timedelta(days=60)
    proof_lifetime: timedelta = timedelta(minutes=10)
    closing_grace: timedelta = timedelta(days=30)
    unconfirmed_lifetime: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a sign-in needs of the account that a login names. `changed_at` is since when the hash is theirs."""

    id: UserId
    state: UserState
    email_verified_at: datetime | None
    last_seen_at: datetime | None
    hash: str
    changed_at: datetime
    seen_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What is known about a login that somebody tries: the account it names, the tries which that has seen, and those
    of the login as it was typed; None of those when a known device is counted apart.
    """

    user: Known | None
    guesses: Guesses
    typed: Guesses | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search shows of a person. `avatar` as in `Profile`."""

    id: UserId
    username: str
    full_name: str
    avatar: str | None = None

    def __post_init__(self) -> None:
        """What is kept is the name; what is shown is the place."""
        if self.avatar is not None and PORTRAIT_NAME.fullmatch(self.avatar):
            object.__setattr__(self, "avatar", portrait_template(self.id, self.avatar))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What it takes to write to somebody who can be written to (`User.reachable`)."""

    id: UserId
    full_name: str
    email: str
    locale: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """What an authenticated request needs of a session that was not ended: how long it lives, and who is behind it."""

    id: SessionId
    user: UserId
    proved_at: datetime
    over_at: datetime
    impersonator: UserId | None = None
    version: int


class IdentityReads(Protocol):
    """Reads that no rule touches, outside any transaction. The first two may be up to 5 s old, never more."""

    @abstractmethod
    async def access(self, session: SessionId, user: UserId) -> tuple[LiveSession, Profile] | None:
        """The session and its user together; None when there is no such session of that user, or it was ended."""
        ...

    @abstractmethod
    async def profile(self, id: UserId) -> Profile | None:
        """The account as its owner sees it."""
        ...

    @abstractmethod
    async def session(self, id: SessionId) -> Session | None:
        """The session, ended or not."""
        ...

    @abstractmethod
    async def user(self, id: UserId) -> User | None:
        """The account."""
        ...

    @abstractmethod
    async def candidate(
        self, email_key: str | None, username_key: str | None, subject: GuessSubject, origin: Origin, since: datetime
    ) -> Candidate:
        """The account with this address or username, its tries, and if it was signed in to from `origin` since then.

        Exactly one key is given. Decoys are nobody's. `subject` is the login as it was typed, whose tries come always;
        of a login that nobody has come those of `subject_of_nobody` for the account, at the same cost.
        """
        ...

    @abstractmethod
    async def guesses(self, id: GuessSubject) -> Guesses:
        """The tries; empty with version 0 when there were none."""
        ...

    @abstractmethod
    async def live_sessions(self, user: UserId, now: datetime) -> Sequence[Session]:
        """The sessions that are neither ended nor expired, the last seen first, and of those the newest."""
        ...

    @abstractmethod
    async def username_taken(self, username_key: str) -> bool:
        """Whether an account, or a decoy, holds the username."""
        ...

    @abstractmethod
    async def search(self, text: str, limit: int) -> Sequence[Found]:
        """Active people by username or full name, whatever the case: exact first, then prefix, then contains.

        Each by username. Every character stands for itself.
        """
        ...

    @abstractmethod
    async def contacts(self, ids: Collection[UserId]) -> Mapping[UserId, Contact]:
        """Those of up to 1 000 users who can be written to."""
        ...

    @abstractmethod
    async def holders(self, email_keys: Collection[str]) -> Mapping[str, UserId]:
        """Who has these addresses, up to 1 000, confirmed, and can be written to; by canonical address."""
        ...

    @abstractmethod
    async def list(self, page: PageRequest) -> Page[User]:
        """Accounts without decoys, the newest first unless asked otherwise; what can be asked: `listing.USERS`."""
        ...

    @abstractmethod
    async def events(self, page: PageRequest, user: UserId | None = None) -> Page[SecurityEvent]:
        """Security events, the newest first, about one user (`listing.OWN_EVENTS`) or all (`listing.ALL_EVENTS`)."""
        ...


class Portraits(Protocol):
    """Makes and keeps pictures of people. Raises Unavailable when that is not possible right now."""

    @abstractmethod
    async def make(self, content: bytes) -> Mapping[int, bytes]:
        """Of an image: a square cut at the centre for each of `PORTRAIT_SIZES`, as WebP; nothing else of it is kept.

        Never larger than the image is. Raises PictureRefused with the reason when it is none, or too large.
        """
        ...

    @abstractmethod
    async def keep(self, user: UserId, name: str, pictures: Mapping[int, bytes]) -> None:
        """Keep the pictures, by size, under a name that was never used before."""
        ...

    @abstractmethod
    async def find(self, user: UserId, name: str, size: int) -> bytes | None:
        """The picture; None when there is none."""
        ...

    @abstractmethod
    async def forget(self, user: UserId, name: str) -> None:
        """Throw away the pictures of this name; that there are none does not matter."""
        ...


class GuessCounter(Protocol):
    """Counts tries, each at once and for good, outside any transaction."""

    @abstractmethod
    async def count(self, guesses: Guesses) -> Guesses:
        """Store the tries if nobody else did since they were read, else EditedMeanwhile. Version 0 means insert."""
        ...


class PasswordHasher(Protocol):
    """Slow hashes, made off the event loop in a bounded pool. Raises PasswordQueueFull when it is full."""

    @abstractmethod
    async def hash(self, password: str) -> str:
        """The hash of an NFC-normalised password, with a fresh salt."""
        ...

    @abstractmethod
    async def verify(self, password: str, hash: str | None) -> bool:
        """Whether the password is right. None (nobody's hash) takes the same time and is never right."""
        ...

    @abstractmethod
    async def any_matches(self, password: str, hashes: Sequence[str]) -> bool:
        """Whether the password belongs to one of the hashes."""
        ...

    @abstractmethod
    def is_outdated(self, hash: str) -> bool:
        """Whether the hash was made with an algorithm or cost that is no longer ours."""
        ...


class PasswordStrength(Protocol):
    """Judges how easily a password is guessed."""

    @abstractmethod
    async def weakness(self, password: str, words: Sequence[str]) -> str | None:
        """Why it is too weak, in a sentence, given words an attacker would try first; None when it is strong."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What an access token says."""

    user: UserId
    session: SessionId
    issued_at: datetime
    expires_at: datetime
    token_id: str
    impersonator: UserId | None = None


class AccessTokens(Protocol):
    """Signs and reads access tokens (RFC 9068)."""

    @abstractmethod
    def issue(self, claims: Claims) -> str:
        """The signed token."""
        ...

    @abstractmethod
    def read(self, token: str) -> Claims:
        """The claims of a token of ours that has not expired. Raises AccessTokenRefused for anything else."""
        ...

    @abstractmethod
    def public_keys(self) -> Sequence[dict[str, Any]]:
        """The JSON Web Keys that verify our tokens; empty with a symmetric algorithm."""
        ...
