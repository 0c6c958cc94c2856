"""The tables of capsules. There are no foreign keys: checking them would lock rows that others are working on."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.types import Duration, EnumText, JsonValue, KeyBytes, KeyText, LongBytes, LongText, Uuid
from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.announcements import Stage
from asperguide.capsules.anonymity import Anonymity
from asperguide.capsules.errors import AlreadyReplied, RecipientKnown
from asperguide.capsules.model import UNFOLDS, Capsule, State
from asperguide.capsules.repositories import CountdownId, RecipientId
from asperguide.capsules.unlocking import Unlock
from asperguide.shared.actor import UserId


class Standing(StrEnum):
    """What is stored of a state: all of it that does not follow from the time."""

    WAITING = "waiting"
    OPENED = "opened"
    CANCELLED = "cancelled"


def standing(capsule: Capsule) -> Standing:
    """Of the capsule as a whole."""
    if capsule.cancelled_at is not None:
        return Standing.CANCELLED
    return Standing.WAITING if capsule.opened_at is None else Standing.OPENED


def standing_for(capsule: Capsule, addressee: Addressee) -> Standing | None:
    """For one of those whom it is for; None when they have left. The capsule is opened only when all have opened it."""
    if addressee.left_at is not None:
        return None
    if capsule.cancelled_at is not None:
        return Standing.CANCELLED
    return Standing.WAITING if addressee.opened_at is None else Standing.OPENED


def in_state(table: sa.Table, state: State, now: datetime) -> sa.ColumnElement[bool]:
    """What `Capsule.state` and `state_for` say, of a table with the standing and when the capsule unlocks."""
    c = table.c
    if state in (State.SEALED, State.UNFOLDING):
        unfolds = c.unlocks_at > now + UNFOLDS
        unfolding = sa.and_(c.unlocks_at > now, c.unlocks_at <= now + UNFOLDS)
        return sa.and_(unfolds if state is State.SEALED else unfolding, c.standing != Standing.CANCELLED)
    if state is State.CANCELLED:
        return c.standing == Standing.CANCELLED
    return sa.and_(
        c.standing == (Standing.WAITING if state is State.READY else Standing.OPENED), c.unlocks_at <= now
    )  # fmt: skip


def indexes(table: sa.Table, state: State | None, field: str) -> str:
    """Those in which letters of this state, in this order, are found without passing over many others.

    Left alone, servers take the rare for evenly spread. Which unfold are few: they are found by their time, and sorted.
    Of which are sealed or ready there may be many or few, and servers count before they choose.
    """
    ordered, unlocks = f"ix_{table.name}_{field}", f"ix_{table.name}_unlocks_at"
    standing, standing_unlocks = (name.replace(table.name, f"{table.name}_standing") for name in (ordered, unlocks))
    if state is State.UNFOLDING:
        return unlocks
    if state in (None, State.SEALED):
        return ordered if state is None or ordered == unlocks else f"{ordered}, {unlocks}"
    return f"{standing}, {standing_unlocks}" if state is State.READY and standing != standing_unlocks else standing


# Each order of a list has an index of its own, which goes on with all that lists are filtered by, and one for each
# standing: whatever is asked, rows are chosen out of one index alone, and few are passed over that are not shown.


class CapsuleRow(Row):
    """A capsule; `standing` and `unlocks_at` are made of other fields, to be found by."""

    __tablename__ = "capsules"

    id: Mapped[CapsuleId] = mapped_column(Uuid(), primary_key=True)
    sender: Mapped[UserId] = mapped_column(Uuid())
    theme: Mapped[str] = mapped_column(sa.String(50))
    unlock: Mapped[Unlock] = mapped_column(JsonValue(Unlock))
    unlocks_at: Mapped[datetime]
    allow_early_view: Mapped[bool] = mapped_column(sa.Boolean)
    allow_reply: Mapped[bool] = mapped_column(sa.Boolean)
    anonymity: Mapped[Anonymity | None] = mapped_column(JsonValue(Anonymity))
    disappears_after: Mapped[timedelta | None] = mapped_column(Duration())
    invites: Mapped[bool] = mapped_column(sa.Boolean)
    proof: Mapped[bytes] = mapped_column(KeyBytes(32))
    sealed_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    standing: Mapped[Standing] = mapped_column(EnumText(Standing, 16))
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.Index("ix_capsules_sender", "sender", "id"),
        sa.Index("ix_capsules_sealed_at", "sender", "sealed_at", "id", "standing", "unlocks_at"),
        sa.Index("ix_capsules_unlocks_at", "sender", "unlocks_at", "id", "standing", "sealed_at"),
        sa.Index("ix_capsules_standing_sealed_at", "sender", "standing", "sealed_at", "id", "unlocks_at"),
        sa.Index("ix_capsules_standing_unlocks_at", "sender", "standing", "unlocks_at", "id", "sealed_at"),
    )


class AddresseeRow(Row):
    """Somebody whom a capsule is for, at their `position` among those, with copies of what inboxes are chosen by.

    `stage` and `due_at` are the announcement that waits for them; without a `standing` they are in no inbox.
    """

    __tablename__ = "capsule_addressees"

    id: Mapped[AddresseeId] = mapped_column(Uuid(), primary_key=True)
    capsule: Mapped[CapsuleId] = mapped_column(Uuid())
    position: Mapped[int] = mapped_column(sa.Integer)
    name: Mapped[str] = mapped_column(sa.String(255))
    user: Mapped[UserId | None] = mapped_column(Uuid())
    email: Mapped[str | None] = mapped_column(sa.String(254))
    awaited: Mapped[str | None] = mapped_column(KeyText(254))
    opened_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    addressed: Mapped[int] = mapped_column(sa.Integer)
    bounces: Mapped[int] = mapped_column(sa.Integer)
    sealed_at: Mapped[datetime]
    unlocks_at: Mapped[datetime]
    standing: Mapped[Standing | None] = mapped_column(EnumText(Standing, 16))
    stage: Mapped[Stage | None] = mapped_column(EnumText(Stage, 16))
    due_at: Mapped[datetime | None]

    __table_args__ = (
        sa.Index("ix_capsule_addressees_capsule", "capsule", "position"),
        sa.Index("ix_capsule_addressees_awaited", "awaited", "id"),
        sa.Index("ix_capsule_addressees_due_at", "due_at", "id"),
        sa.Index(
            "ix_capsule_addressees_sealed_at", "user", "sealed_at", "id", "standing", "unlocks_at", "capsule"
        ),
        sa.Index(
            "ix_capsule_addressees_unlocks_at", "user", "unlocks_at", "id", "standing", "sealed_at", "capsule"
        ),
        sa.Index(
            "ix_capsule_addressees_standing_sealed_at",
            "user", "standing", "sealed_at", "id", "unlocks_at", "capsule",
        ),
        sa.Index(
            "ix_capsule_addressees_standing_unlocks_at",
            "user", "standing", "unlocks_at", "id", "sealed_at", "capsule",
        ),
    )  # fmt: skip


class ContentRow(Row):
    """What is in a draft or a capsule, encrypted, with its wrapped key."""

    __tablename__ = "capsule_contents"

    id: Mapped[CapsuleId] = mapped_column(Uuid(), primary_key=True)
    content: Mapped[bytes] = mapped_column(LongBytes())
    key: Mapped[bytes] = mapped_column(KeyBytes(255))
    key_id: Mapped[str] = mapped_column(KeyText(64))

    __table_args__ = (sa.Index("ix_capsule_contents_key_id", "key_id", "id"),)


class DraftRow(Row):
    """A draft without what is in it."""

    __tablename__ = "capsule_drafts"

    id: Mapped[CapsuleId] = mapped_column(Uuid(), primary_key=True)
    owner: Mapped[UserId] = mapped_column(Uuid())
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (sa.Index("ix_capsule_drafts_owner", "owner", "updated_at", "id"),)


class RecipientRow(Row):
    """An entry of an address book; `email_key` and `name_key` are made of other fields, to be found by."""

    __tablename__ = "capsule_recipients"

    id: Mapped[RecipientId] = mapped_column(Uuid(), primary_key=True)
    owner: Mapped[UserId] = mapped_column(Uuid())
    name: Mapped[str] = mapped_column(sa.String(255))
    # Folding may lengthen.
    name_key: Mapped[str] = mapped_column(KeyText(700))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    email_key: Mapped[str | None] = mapped_column(KeyText(254))
    user: Mapped[UserId | None] = mapped_column(Uuid())
    relationship: Mapped[str | None] = mapped_column(sa.String(255))
    notes: Mapped[str] = mapped_column(LongText())
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.UniqueConstraint("owner", "email_key"),
        sa.UniqueConstraint("owner", "user"),
        sa.Index("ix_capsule_recipients_created_at", "owner", "created_at", "id"),
        sa.Index("ix_capsule_recipients_name_key", "owner", "name_key", "id"),
    )
    __errors__: ClassVar = {
        "uq_capsule_recipients_owner_email_key": RecipientKnown,
        "uq_capsule_recipients_owner_user": RecipientKnown,
    }


class ReplyRow(Row):
    """The answer of an addressee, whose id it has."""

    __tablename__ = "capsule_replies"

    id: Mapped[AddresseeId] = mapped_column(Uuid(), primary_key=True)
    capsule: Mapped[CapsuleId] = mapped_column(Uuid())
    text: Mapped[str | None] = mapped_column(LongText())
    emoji: Mapped[str | None] = mapped_column(sa.String(64))
    at: Mapped[datetime]

    __table_args__ = (sa.Index("ix_capsule_replies_capsule", "capsule", "at", "id"),)
    __errors__: ClassVar = {"pk_capsule_replies": AlreadyReplied}


class ReflectionRow(Row):
    """What the sender of a letter to themselves has to say about it."""

    __tablename__ = "capsule_reflections"

    id: Mapped[CapsuleId] = mapped_column(Uuid(), primary_key=True)
    text: Mapped[str] = mapped_column(LongText())
    at: Mapped[datetime]


class CountdownRow(Row):
    """A shared countdown, by the digest of its token."""

    __tablename__ = "capsule_countdowns"

    id: Mapped[CountdownId] = mapped_column(Uuid(), primary_key=True)
    capsule: Mapped[CapsuleId] = mapped_column(Uuid())
    digest: Mapped[bytes] = mapped_column(KeyBytes(32))
    created_at: Mapped[datetime]

    __table_args__ = (
        sa.UniqueConstraint("digest"),
        sa.Index("ix_capsule_countdowns_capsule", "capsule", "created_at", "id"),
    )
