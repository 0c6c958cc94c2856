"""The tables of identity. There are no foreign keys: checking them would lock the person's row in every sign-in."""

import functools
import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.types import EnumText, JsonValue, KeyBytes, KeyText, Uuid
from asperguide.identity.audit import Outcome, SecurityEventId, SecurityEventKind
from asperguide.identity.codes import CodeId, Purpose
from asperguide.identity.errors import EmailTaken, UsernameTaken
from asperguide.identity.guessing import PER_DAY, GuessSubject
from asperguide.identity.model import AgeRange, Gender, Preferences, UserState
from asperguide.identity.rotation import EndReason
from asperguide.shared.actor import Role, SessionId, UserId

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BITS = {Role.USER: 1, Role.MODERATOR: 2, Role.ADMIN: 4}


class UserRow(Row):
    """A person, or a decoy. `roles_mask`, `name_key` and `decoy` are made of other fields, to be found by."""

    __tablename__ = "users"

    id: Mapped[UserId] = mapped_column(Uuid(), primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    email_key: Mapped[str] = mapped_column(KeyText(254))
    username: Mapped[str] = mapped_column(sa.String(50))
    username_key: Mapped[str] = mapped_column(KeyText(50))
    full_name: Mapped[str] = mapped_column(sa.String(255))
    name_key: Mapped[str] = mapped_column(KeyText(255))
    gender: Mapped[Gender | None] = mapped_column(EnumText(Gender, 8))
    age_range: Mapped[AgeRange | None] = mapped_column(EnumText(AgeRange, 8))
    locale: Mapped[str] = mapped_column(sa.String(16))
    time_zone: Mapped[str] = mapped_column(sa.String(64))
    preferences: Mapped[Preferences] = mapped_column(JsonValue(Preferences))
    roles: Mapped[tuple[Role, ...]] = mapped_column(JsonValue(tuple[Role, ...]))
    roles_mask: Mapped[int] = mapped_column(sa.SmallInteger)
    state: Mapped[UserState] = mapped_column(EnumText(UserState, 16))
    suspended_from: Mapped[UserState | None] = mapped_column(EnumText(UserState, 16))
    decoy: Mapped[bool] = mapped_column(sa.Boolean)
    email_verified_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    avatar: Mapped[str | None] = mapped_column(KeyText(32))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.UniqueConstraint("email_key"),
        sa.UniqueConstraint("username_key"),
        sa.Index("ix_users_created_at", "created_at", "id"),
        sa.Index("ix_users_state", "state", "created_at", "id"),
        sa.Index("ix_users_closing", "state", "closes_at"),
        sa.Index("ix_users_roles", "roles_mask", "state"),
        sa.Index("ix_users_name", "name_key"),
    )
    __errors__: ClassVar = {"uq_users_email_key": EmailTaken, "uq_users_username_key": UsernameTaken}


class CredentialRow(Row):
    """The password of a user."""

    __tablename__ = "credentials"

    id: Mapped[UserId] = mapped_column(Uuid(), primary_key=True)
    hash: Mapped[str] = mapped_column(sa.String(255))
    former: Mapped[tuple[str, ...]] = mapped_column(JsonValue(tuple[str, ...]))
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(sa.Integer)


class SessionRow(Row):
    """A session. `over_at` moves with the expiry and stays where the session ended."""

    __tablename__ = "sessions"

    id: Mapped[SessionId] = mapped_column(Uuid(), primary_key=True)
    user: Mapped[UserId] = mapped_column(Uuid())
    key: Mapped[bytes] = mapped_column(KeyBytes(32))
    counter: Mapped[int] = mapped_column(sa.BigInteger)
    device_name: Mapped[str] = mapped_column(sa.String(100))
    user_agent: Mapped[str] = mapped_column(sa.String(255))
    address: Mapped[str] = mapped_column(sa.String(64))
    opened_at: Mapped[datetime]
    proved_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    rotated_at: Mapped[datetime]
    idle_expires_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[EndReason | None] = mapped_column(EnumText(EndReason))
    over_at: Mapped[datetime]
    impersonator: Mapped[UserId | None] = mapped_column(Uuid())
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.Index("ix_sessions_user", "user", "over_at"),
        sa.Index("ix_sessions_impersonator", "impersonator", "over_at"),
        sa.Index("ix_sessions_over_at", "over_at"),
    )


class CodeRow(Row):
    """A one-time code, by its digest."""

    __tablename__ = "one_time_codes"

    id: Mapped[CodeId] = mapped_column(Uuid(), primary_key=True)
    user: Mapped[UserId] = mapped_column(Uuid())
    purpose: Mapped[Purpose] = mapped_column(EnumText(Purpose))
    address: Mapped[str] = mapped_column(sa.String(254))
    digest: Mapped[bytes] = mapped_column(KeyBytes(32))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    over_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.UniqueConstraint("digest"),
        sa.Index("ix_one_time_codes_user", "user", "purpose", "created_at"),
        sa.Index("ix_one_time_codes_over_at", "over_at"),
    )


class Instants(TypeDecorator[tuple[datetime, ...]]):
    """Up to `most` instants to the microsecond, in 8 bytes each."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """VARBINARY or BLOB."""
        return dialect.type_descriptor(mysql.VARBINARY(8 * self.most) if dialect.name == "mysql" else sa.LargeBinary())

    def process_bind_param(self, value: tuple[datetime, ...] | None, dialect: Dialect) -> bytes | None:
        """Microseconds since 1970, in order."""
        if value is None:
            return None
        return struct.pack(f">{len(value)}q", *[(at - EPOCH) // MICROSECOND for at in value])

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> tuple[datetime, ...] | None:
        """The instants in UTC."""
        if value is None:
            return None
        return tuple([EPOCH + timedelta(microseconds=at) for (at,) in struct.iter_unpack(">q", value)])


class GuessesRow(Row):
    """The tries of a subject. Rows outlive their last forgiven try by a day, so that no version comes twice."""

    __tablename__ = "guesses"

    id: Mapped[GuessSubject] = mapped_column(Uuid(), primary_key=True)
    tries: Mapped[tuple[datetime, ...]] = mapped_column(Instants(PER_DAY))
    last_at: Mapped[datetime] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(sa.Integer)


class SecurityEventRow(Row):
    """A line of the audit log."""

    __tablename__ = "security_events"

    id: Mapped[SecurityEventId] = mapped_column(Uuid(), primary_key=True)
    user: Mapped[UserId | None] = mapped_column(Uuid())
    by: Mapped[UserId | None] = mapped_column(Uuid())
    kind: Mapped[SecurityEventKind] = mapped_column(EnumText(SecurityEventKind))
    outcome: Mapped[Outcome] = mapped_column(EnumText(Outcome, 16))
    detail: Mapped[str] = mapped_column(sa.String(200))
    address: Mapped[str] = mapped_column(sa.String(64))
    user_agent: Mapped[str] = mapped_column(sa.String(255))
    at: Mapped[datetime]

    __table_args__ = (
        sa.Index("ix_security_events_user", "user", "at", "id"),
        sa.Index("ix_security_events_by", "by"),
        sa.Index("ix_security_events_kind", "kind", "at", "id"),
        sa.Index("ix_security_events_at", "at", "id"),
    )


def roles_mask(roles: Iterable[Role]) -> int:
    """The roles as one number, a bit for each."""
    return sum(BITS[role] for role in roles)


@functools.cache
def holders(role: Role) -> sa.ColumnElement[bool]:
    """The condition that somebody holds the role, in a form that an index answers."""
    masks = [mask for mask in range(2 ** len(BITS)) if mask & BITS[role]]
    return UserRow.__table__.c.roles_mask.in_(masks)
