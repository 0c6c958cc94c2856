"""Tables of events and of what was counted of them. Events are only ever added, and pruned when they are old."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.types import EnumText, KeyBytes, KeyText, Uuid
from asperguide.ar.analytics_model import DIGEST, Dimension, EventKind
from asperguide.ar.model import ContentId
from asperguide.ar.videos import VideoId
from asperguide.shared.tenancy import CompanyId, ProjectId

WORD = 16
"""Characters of what a browser is told by."""


class EventRow(Row):
    """An event by the digest of its ids, which makes it one however often it comes; `waiting` is 1 until it counted."""

    __tablename__ = "ar_events"

    digest: Mapped[bytes] = mapped_column(KeyBytes(DIGEST), primary_key=True)
    session: Mapped[bytes] = mapped_column(KeyBytes(DIGEST))
    company: Mapped[CompanyId] = mapped_column(Uuid())
    project: Mapped[ProjectId] = mapped_column(Uuid())
    content: Mapped[ContentId] = mapped_column(Uuid())
    video: Mapped[VideoId | None] = mapped_column(Uuid())
    kind: Mapped[EventKind] = mapped_column(EnumText(EventKind, WORD))
    day: Mapped[date] = mapped_column(sa.Date)
    received_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(KeyText(WORD))
    system: Mapped[str] = mapped_column(KeyText(WORD))
    browser: Mapped[str] = mapped_column(KeyText(WORD))
    country: Mapped[str] = mapped_column(KeyText(2))
    waiting: Mapped[int | None] = mapped_column(sa.SmallInteger)

    __table_args__ = (
        sa.Index("ix_ar_events_waiting", "waiting", "company", "received_at", "digest"),
        sa.Index("ix_ar_events_received_at", "received_at"),
        sa.Index("ix_ar_events_content", "company", "content"),
    )


class SessionRow(Row):
    """A session by its digest, with the kinds of events that were counted of it, as bits; `at` is the last of them."""

    __tablename__ = "ar_sessions"

    digest: Mapped[bytes] = mapped_column(KeyBytes(DIGEST), primary_key=True)
    company: Mapped[CompanyId] = mapped_column(Uuid())
    seen: Mapped[int] = mapped_column(sa.Integer)
    at: Mapped[datetime]

    __table_args__ = (sa.Index("ix_ar_sessions_at", "at"), sa.Index("ix_ar_sessions_company", "company"))


class CountRow(Row):
    """What was counted of something on a day by one value of a dimension, side by side in the order of reading.

    `ranked` is the project of a content's own counts, by which contents are compared.
    """

    __tablename__ = "ar_counts"

    company: Mapped[CompanyId] = mapped_column(Uuid(), primary_key=True)
    subject: Mapped[UUID] = mapped_column(Uuid(), primary_key=True)
    dimension: Mapped[Dimension] = mapped_column(EnumText(Dimension, WORD), primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    value: Mapped[str] = mapped_column(KeyText(WORD), primary_key=True)
    ranked: Mapped[ProjectId | None] = mapped_column(Uuid())
    opened: Mapped[int] = mapped_column(sa.BigInteger)
    marker_found: Mapped[int] = mapped_column(sa.BigInteger)
    marker_lost: Mapped[int] = mapped_column(sa.BigInteger)
    play: Mapped[int] = mapped_column(sa.BigInteger)
    complete: Mapped[int] = mapped_column(sa.BigInteger)
    share: Mapped[int] = mapped_column(sa.BigInteger)
    sessions: Mapped[int] = mapped_column(sa.BigInteger)
    played: Mapped[int] = mapped_column(sa.BigInteger)
    completed: Mapped[int] = mapped_column(sa.BigInteger)

    __table_args__ = (sa.Index("ix_ar_counts_ranked", "company", "ranked", "day", "subject"),)


class FoldRow(Row):
    """Whoever counts for a company holds its row until that is committed."""

    __tablename__ = "ar_folds"

    company: Mapped[CompanyId] = mapped_column(Uuid(), primary_key=True)
    at: Mapped[datetime]
