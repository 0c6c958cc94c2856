"""What identity answers: small frozen results without anything secret in them, unless the name says so."""

import re
from datetime import datetime

import msgspec

from asperguide.identity.model import AgeRange, Gender, Preferences, User, UserState
from asperguide.identity.rotation import Session
from asperguide.shared.actor import Role, SessionId, UserId

PORTRAIT_SIZES = (64, 256)
"""Pixels of a side."""
LARGEST_PORTRAIT = PORTRAIT_SIZES[-1]
PORTRAIT_NAME = re.compile(r"[0-9a-f]{32}")


def portrait_template(user: UserId, name: str) -> str:
    """Where the pictures of a portrait are (RFC 6570): `size` is 64 or 256."""
    return f"/api/v1/users/{user}/avatar/{name}/{{size}}"


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """An account as its owner sees it. `avatar` is where their picture is: put 64 or 256 in the place of `{size}`.

    Made with the name of a portrait, it tells that.
    """

    id: UserId
    email: str
    username: str
    full_name: str
    gender: Gender | None
    age_range: AgeRange | None
    locale: str
    time_zone: str
    preferences: Preferences
    roles: tuple[Role, ...]
    state: UserState
    email_verified_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int
    avatar: str | None = None

    def __post_init__(self) -> None:
        """What is kept is the name; what is shown is the place."""
        if self.avatar is not None and PORTRAIT_NAME.fullmatch(self.avatar):
            msgspec.structs.force_setattr(self, "avatar", portrait_template(self.id, self.avatar))


class Account(Profile, frozen=True, kw_only=True):
    """An account as administrators see it."""

    last_seen_at: datetime | None
    closes_at: datetime | None


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """The same for an address that was free and for one that was taken."""

    id: UserId
    email: str
    username: str
    full_name: str
    state: UserState
    created_at: datetime


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """One signed-in device of mine; `current` marks the one that asks."""

    id: SessionId
    device_name: str
    user_agent: str
    address: str
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The keys to the account. `expires_in` counts seconds; the device token lets this device prove it is known."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105
    expires_in: int
    refresh_token: str
    device_token: str
    session: SessionView


class Refreshed(msgspec.Struct, frozen=True, kw_only=True):
    """The next pair of tokens of a session."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105
    expires_in: int
    refresh_token: str
    session: SessionView


class Impersonated(msgspec.Struct, frozen=True, kw_only=True):
    """A token to act for somebody else with, and the session that ends with it; it cannot be refreshed."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105
    expires_in: int
    session: SessionView


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How many sessions were ended."""

    ended: int


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a username can be had."""

    username: str
    available: bool


class Introspection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a token is worth now (RFC 7662); an inactive one says nothing else."""

    active: bool
    sub: str | None = None
    sid: str | None = None
    username: str | None = None
    token_type: str | None = None
    exp: int | None = None
    iat: int | None = None
    scope: str | None = None


def profile_of(user: User) -> Profile:
    """The account for its owner."""
    return msgspec.convert(user, Profile, from_attributes=True)


def account_of(user: User) -> Account:
    """The account for administrators."""
    return msgspec.convert(user, Account, from_attributes=True)


def session_view(session: Session, current: SessionId | None) -> SessionView:
    """The session for its owner; where an administrator acts from who opened it is not theirs to know."""
    mine = session.impersonator is None
    return SessionView(
        id=session.id, device_name=session.device_name,
        user_agent=session.user_agent if mine else "", address=session.address if mine else "",
        opened_at=session.opened_at, seen_at=session.seen_at, current=session.id == current,
        expires_at=min(session.idle_expires_at, session.expires_at),
    )  # fmt: skip
