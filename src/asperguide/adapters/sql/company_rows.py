"""The tables of companies. There are no foreign keys: checking them would lock rows that others are working on."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.types import EnumText, KeyBytes, KeyText, LongText, Uuid
from asperguide.companies.activity import LONGEST_DETAIL, LONGEST_WHAT, HappeningId
from asperguide.companies.clients import LONGEST_WORD
from asperguide.companies.errors import (
    AlreadyInvited,
    AlreadyMember,
    ClientPhoneTaken,
    CompanyNameTaken,
    CompanySlugTaken,
)
from asperguide.companies.invitations import InvitationId, InvitationState
from asperguide.companies.model import CompanyState, MembershipId, Tier
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import ClientId, CompanyId, CompanyRole

LONGEST_NAME_KEY = 700
"""In characters of four bytes each; folding may lengthen names, but then what it gives is shorter in bytes."""


class CompanyRow(Row):
    """A company; without a `name_key` it is being taken apart."""

    __tablename__ = "companies"

    id: Mapped[CompanyId] = mapped_column(Uuid(), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(255))
    name_key: Mapped[str | None] = mapped_column(KeyText(LONGEST_NAME_KEY))
    slug: Mapped[str] = mapped_column(KeyText(80))
    state: Mapped[CompanyState] = mapped_column(EnumText(CompanyState, 16))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    phone: Mapped[str | None] = mapped_column(sa.String(16))
    website: Mapped[str | None] = mapped_column(sa.String(255))
    address: Mapped[str | None] = mapped_column(sa.String(500))
    notes: Mapped[str] = mapped_column(LongText())
    store: Mapped[str] = mapped_column(sa.String(32))
    tier: Mapped[Tier] = mapped_column(EnumText(Tier, 16))
    storage_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    most_projects: Mapped[int] = mapped_column(sa.Integer)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.UniqueConstraint("name_key"),
        sa.UniqueConstraint("slug"),
        sa.Index("ix_companies_created_at", "created_at", "id"),
    )
    __errors__: ClassVar = {"uq_companies_name_key": CompanyNameTaken, "uq_companies_slug": CompanySlugTaken}


class CompanySettingsRow(Row):
    """How the company of this id wants things."""

    __tablename__ = "company_settings"

    id: Mapped[CompanyId] = mapped_column(Uuid(), primary_key=True)
    time_zone: Mapped[str] = mapped_column(sa.String(64))
    locale: Mapped[str] = mapped_column(sa.String(8))
    accent: Mapped[str | None] = mapped_column(sa.String(7))
    expiry_notice_days: Mapped[int] = mapped_column(sa.Integer)
    email: Mapped[str | None] = mapped_column(sa.String(254))
    version: Mapped[int] = mapped_column(sa.Integer)


class MemberRow(Row):
    """Who belongs to a company; `name_key` is a copy of the company's, for lists of somebody's companies."""

    __tablename__ = "company_members"

    id: Mapped[MembershipId] = mapped_column(Uuid(), primary_key=True)
    company: Mapped[CompanyId] = mapped_column(Uuid())
    user: Mapped[UserId] = mapped_column(Uuid())
    role: Mapped[CompanyRole] = mapped_column(EnumText(CompanyRole, 16))
    since: Mapped[datetime]
    name_key: Mapped[str] = mapped_column(KeyText(LONGEST_NAME_KEY))
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.UniqueConstraint("company", "user"),
        sa.Index("ix_company_members_since", "company", "since", "id"),
        # These have all that somebody's own list is chosen by: see media_rows.
        sa.Index("ix_company_members_user_since", "user", "since", "id", "role"),
        sa.Index("ix_company_members_user_name_key", "user", "name_key", "id", "role"),
    )
    __errors__: ClassVar = {"uq_company_members_company_user": AlreadyMember}


class InvitationRow(Row):
    """An invitation; `awaited` is the canonical address until there is an answer."""

    __tablename__ = "company_invitations"

    id: Mapped[InvitationId] = mapped_column(Uuid(), primary_key=True)
    company: Mapped[CompanyId] = mapped_column(Uuid())
    email: Mapped[str] = mapped_column(sa.String(254))
    awaited: Mapped[str | None] = mapped_column(KeyText(254))
    role: Mapped[CompanyRole] = mapped_column(EnumText(CompanyRole, 16))
    by: Mapped[UserId] = mapped_column(Uuid())
    digest: Mapped[bytes | None] = mapped_column(KeyBytes(32))
    sendings: Mapped[int] = mapped_column(sa.Integer)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    answer: Mapped[InvitationState | None] = mapped_column(EnumText(InvitationState, 16))
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.UniqueConstraint("company", "awaited"),
        sa.UniqueConstraint("digest"),
        sa.Index("ix_company_invitations_created_at", "company", "created_at", "id"),
        sa.Index("ix_company_invitations_expires_at", "expires_at", "id"),
    )
    __errors__: ClassVar = {"uq_company_invitations_company_awaited": AlreadyInvited}


class ClientRow(Row):
    """An end customer; `name_key` is what they are sorted by, `email_key` the canonical address."""

    __tablename__ = "company_clients"

    id: Mapped[ClientId] = mapped_column(Uuid(), primary_key=True)
    company: Mapped[CompanyId] = mapped_column(Uuid())
    name: Mapped[str] = mapped_column(sa.String(255))
    name_key: Mapped[str] = mapped_column(KeyText(LONGEST_NAME_KEY))
    phone: Mapped[str | None] = mapped_column(KeyText(16))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    email_key: Mapped[str | None] = mapped_column(KeyText(254))
    notes: Mapped[str] = mapped_column(LongText())
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.UniqueConstraint("company", "phone"),
        sa.Index("ix_company_clients_name_key", "company", "name_key", "id"),
        sa.Index("ix_company_clients_created_at", "company", "created_at", "id"),
    )
    __errors__: ClassVar = {"uq_company_clients_company_phone": ClientPhoneTaken}


class ClientWordRow(Row):
    """A word that the client of this id is found by; written anew with it."""

    __tablename__ = "company_client_words"

    id: Mapped[ClientId] = mapped_column(Uuid(), primary_key=True)
    word: Mapped[str] = mapped_column(KeyText(LONGEST_WORD), primary_key=True)
    company: Mapped[CompanyId] = mapped_column(Uuid())

    __table_args__ = (sa.Index("ix_company_client_words_word", "company", "word", "id"),)


class HappeningRow(Row):
    """A line of what happened in a company."""

    __tablename__ = "company_activity"

    id: Mapped[HappeningId] = mapped_column(Uuid(), primary_key=True)
    company: Mapped[CompanyId] = mapped_column(Uuid())
    at: Mapped[datetime]
    by: Mapped[UserId | None] = mapped_column(Uuid())
    what: Mapped[str] = mapped_column(KeyText(LONGEST_WHAT))
    subject: Mapped[UUID | None]
    detail: Mapped[str] = mapped_column(sa.String(LONGEST_DETAIL))

    __table_args__ = (
        sa.Index("ix_company_activity_at", "company", "at", "id"),
        sa.Index("ix_company_activity_what", "company", "what", "at", "id"),
        sa.Index("ix_company_activity_by", "company", "by", "at", "id"),
    )
