"""People: who they are, what they are called, which state their account is in."""

import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from asperguide.identity.errors import InvalidProfile, LastAdmin, WrongState
from asperguide.shared.actor import Role, UserId
from asperguide.shared.emails import canonical_email, folded, is_address
from asperguide.shared.errors import FieldError
from asperguide.shared.zones import time_zones

USERNAME = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{2,49}$"
DECOY = "decoy:"

Username = Annotated[str, Meta(min_length=3, max_length=50, pattern=USERNAME, examples=["oneil"])]
FullName = Annotated[str, Meta(min_length=1, max_length=255, examples=["Siobhán O'Neil"])]
Locale = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$", examples=["fr-CA"])]
TimeZone = Annotated[str, Meta(min_length=1, max_length=64, examples=["Europe/Dublin"])]
Percent = Annotated[int, Meta(ge=0, le=100)]


class Gender(StrEnum):
    """As people put it; RNS means rather not say."""

    FEMALE = "F"
    MALE = "M"
    RATHER_NOT_SAY = "RNS"


class AgeRange(StrEnum):
    """Years of age."""

    UP_TO_5 = "0-5"
    UP_TO_10 = "6-10"
    UP_TO_15 = "11-15"
    UP_TO_20 = "16-20"
    UP_TO_25 = "21-25"
    UP_TO_30 = "26-30"
    UP_TO_40 = "31-40"
    UP_TO_50 = "41-50"
    UP_TO_60 = "51-60"
    FROM_61 = "61+"


class ColourFilter(StrEnum):
    """How colours are shifted for people who see them differently."""

    NORMAL = "normal"
    DEUTERANOPIA = "deuteranopia"
    PROTANOPIA = "protanopia"
    TRITANOPIA = "tritanopia"
    MONOCHROMACY = "monochromacy"


class Preferences(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accessibility: a colour filter, its intensity and the transparency of overlays in percent."""

    colour_filter: ColourFilter = ColourFilter.NORMAL
    filter_intensity: Percent = 100
    transparency: Percent = 0


class UserState(StrEnum):
    """pending: address not confirmed. closing: 30 days of grace. closed: nothing personal is left."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSING = "closing"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person with an account. `email_key` and `username_key` are what makes them unique, not what is shown."""

    id: UserId
    email: str
    email_key: str
    username: str
    username_key: str
    full_name: str
    gender: Gender | None = None
    age_range: AgeRange | None = None
    locale: str = "en"
    time_zone: str = "UTC"
    preferences: Preferences = field(default_factory=Preferences)
    roles: tuple[Role, ...] = (Role.USER,)
    state: UserState = UserState.PENDING
    suspended_from: UserState | None = None
    email_verified_at: datetime | None = None
    closes_at: datetime | None = None
    last_seen_at: datetime | None = None
    avatar: str | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def confirmed(self, address: str, now: datetime) -> "User":
        """The address was proved to be theirs; a pending account becomes active."""
        if canonical_email(address) != self.email_key or self.state in (UserState.CLOSED, UserState.CLOSING):
            raise WrongState
        state = UserState.ACTIVE if self.state is UserState.PENDING else self.state
        return replace(self, state=state, email_verified_at=self.email_verified_at or now, updated_at=now)

    def moved_to(self, email: str, now: datetime) -> "User":
        """The new address was proved to be theirs and replaces the old one; a pending account becomes active."""
        if not self.may_sign_in:
            raise WrongState
        return replace(
            self, email=email, email_key=canonical_email(email), email_verified_at=now, state=UserState.ACTIVE,
            updated_at=now,
        )  # fmt: skip

    def renamed(self, username: str, now: datetime) -> "User":
        """The same person under another username."""
        return replace(self, username=username, username_key=username.lower(), updated_at=now)

    def portrayed(self, avatar: str | None, now: datetime) -> "User":
        """Shown by the portrait of this name, or by none."""
        return replace(self, avatar=avatar, updated_at=now)

    def suspended(self, now: datetime) -> "User":
        """Locked out by an administrator."""
        if self.state in (UserState.SUSPENDED, UserState.CLOSED):
            raise WrongState
        return replace(self, state=UserState.SUSPENDED, suspended_from=self.state, updated_at=now)

    def restored(self, now: datetime) -> "User":
        """Back in the state before the suspension; an address that was confirmed meanwhile counts."""
        if self.state is not UserState.SUSPENDED:
            raise WrongState
        state = UserState.CLOSING if self.suspended_from is UserState.CLOSING else self._open_state
        return replace(self, state=state, suspended_from=None, updated_at=now)

    def closing(self, now: datetime, grace: timedelta) -> "User":
        """On the way out: everything personal goes when the grace is over."""
        if not self.may_sign_in:
            raise WrongState
        return replace(self, state=UserState.CLOSING, closes_at=now + grace, updated_at=now)

    def reopened(self, now: datetime) -> "User":
        """Back from closing, within the grace."""
        if self.state is not UserState.CLOSING or self.closes_at is None or now >= self.closes_at:
            raise WrongState
        return replace(self, state=self._open_state, closes_at=None, updated_at=now)

    def erased(self, now: datetime) -> "User":
        """Nothing personal is left; the id stays, so that what others own keeps pointing somewhere."""
        gone = f"closed-{self.id.hex}"
        # Nobody can register a username with a colon, so nobody can stand in the way of this.
        key = f"closed:{self.id.hex}"
        return User(
            id=self.id, email=f"{gone}@invalid", email_key=key, username=gone, username_key=key, full_name="-",
            roles=(), state=UserState.CLOSED, created_at=self.created_at, updated_at=now, version=self.version,
        )  # fmt: skip

    def with_role(self, role: Role, now: datetime) -> "User":
        """With the role; unchanged when they hold it already."""
        return self if role in self.roles else replace(self, roles=(*self.roles, role), updated_at=now)

    def without_role(self, role: Role, now: datetime, admins: int) -> "User":
        """Without the role. The last of `admins` administrators keeps theirs; everybody stays a user."""
        if role is Role.USER:
            raise WrongState
        if role is Role.ADMIN and self.is_last_admin(admins):
            raise LastAdmin
        return replace(self, roles=tuple(held for held in self.roles if held is not role), updated_at=now)

    def is_last_admin(self, admins: int) -> bool:
        """Whether none of the `admins` active administrators would be left without this one."""
        return Role.ADMIN in self.roles and self.state is UserState.ACTIVE and admins <= 1

    @property
    def _open_state(self) -> UserState:
        return UserState.ACTIVE if self.email_verified_at else UserState.PENDING

    @property
    def decoy(self) -> bool:
        """Whether this is nobody, and only holds a username (see `decoy_of`)."""
        return self.email_key.startswith(DECOY)

    @property
    def reachable(self) -> bool:
        """Whether somebody can be written to here: the account is active, and no decoy."""
        return self.state is UserState.ACTIVE and not self.decoy

    @property
    def name_key(self) -> str:
        """What the full name is searched by."""
        return search_key(self.full_name)

    @property
    def may_sign_in(self) -> bool:
        """Whether the account is open; whether the address must be confirmed is a policy on top."""
        return may_sign_in(self.state)


def may_sign_in(state: UserState) -> bool:
    """Whether an account in this state is open."""
    return state is UserState.ACTIVE or state is UserState.PENDING


def new_user(id: UserId, email: str, username: str, full_name: str, now: datetime, **profile: object) -> User:
    """A fresh pending account; `profile` are the optional fields of `User`. Raises InvalidProfile."""
    check_profile({"email": email, "username": username, "full_name": full_name, **profile})
    user = User(
        id=id, email=email, email_key=canonical_email(email), username=username, username_key=username.lower(),
        full_name=full_name, created_at=now, updated_at=now,
    )  # fmt: skip
    return replace(user, **profile)  # type: ignore[arg-type]


def decoy_of(user: User) -> User:
    """What a registration with a taken address leaves behind: it holds the username as a real one would.

    Without it, a second registration with the same username would tell whether the first one found the address
    taken. It can never be confirmed or signed in to, and goes like every account that is not confirmed in time.
    """
    return replace(user, email_key=f"{DECOY}{user.id.hex}")


def search_key(text: str) -> str:
    """What people are searched by: canonical as addresses are, at most 255 characters of it."""
    return folded(text)[:255]


def check_profile(values: dict[str, object]) -> None:
    """All rules that msgspec does not check on a value made by Python, and those it has no word for.

    Raises InvalidProfile with one entry per field.
    """
    wrong = [
        FieldError(pointer=f"#/{name}", code=code, detail=detail)
        for name, value in values.items()
        for code, detail in (_choice_faults if name in CHOICES else _text_faults)(name, value)
    ]
    if wrong:
        raise InvalidProfile(fields=tuple(wrong))


CHOICES: dict[str, Any] = {
    "gender": Gender | None, "age_range": AgeRange | None, "locale": Locale, "preferences": Preferences,
}  # fmt: skip


def _choice_faults(name: str, value: object) -> list[tuple[str, str]]:
    try:
        msgspec.convert(msgspec.to_builtins(value), CHOICES[name])
    except (msgspec.ValidationError, TypeError):
        return [("NOT_ALLOWED", "Not one of the allowed values.")]
    return []


def _text_faults(name: str, value: object) -> list[tuple[str, str]]:
    if not isinstance(value, str):
        return [("WRONG_TYPE", "Expected text.")]
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        return [("CONTROL_CHARACTER", "Control characters are not allowed.")]
    if name == "email" and not is_address(value):
        return [("NOT_AN_ADDRESS", "This is not a mail address.")]
    if name == "username" and not re.match(USERNAME, value):
        return [("NOT_A_USERNAME", "3 to 50 letters, digits, _ . or -, starting with a letter or digit.")]
    if name == "full_name" and not (value.strip() and len(value) <= 255):
        return [("LENGTH", "1 to 255 characters.")]
    if name == "time_zone" and value not in time_zones():
        return [("UNKNOWN_TIME_ZONE", "Not a time zone of the IANA database.")]
    return []
