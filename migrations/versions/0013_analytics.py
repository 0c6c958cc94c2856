"""Events of viewers, and what is counted of them."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
TALLIED = ("opened", "marker_found", "marker_lost", "play", "complete", "share", "sessions", "played", "completed")


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "ar_events",
        sa.Column("digest", types.KeyBytes(16), nullable=False),
        sa.Column("session", types.KeyBytes(16), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("project", types.Uuid(), nullable=False),
        sa.Column("content", types.Uuid(), nullable=False),
        sa.Column("video", types.Uuid(), nullable=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("received_at", types.UtcDateTime(), nullable=False),
        sa.Column("claimed_at", types.UtcDateTime(), nullable=True),
        sa.Column("device", types.KeyText(16), nullable=False),
        sa.Column("system", types.KeyText(16), nullable=False),
        sa.Column("browser", types.KeyText(16), nullable=False),
        sa.Column("country", types.KeyText(2), nullable=False),
        sa.Column("waiting", sa.SmallInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_ar_events")),
        **OPTIONS,
    )
    op.create_index("ix_ar_events_waiting", "ar_events", ["waiting", "company", "received_at", "digest"])
    op.create_index("ix_ar_events_received_at", "ar_events", ["received_at"])
    op.create_index("ix_ar_events_content", "ar_events", ["company", "content"])
    op.create_table(
        "ar_sessions",
        sa.Column("digest", types.KeyBytes(16), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_ar_sessions")),
        **OPTIONS,
    )
    op.create_index("ix_ar_sessions_at", "ar_sessions", ["at"])
    op.create_index("ix_ar_sessions_company", "ar_sessions", ["company"])
    op.create_table(
        "ar_counts",
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("subject", types.Uuid(), nullable=False),
        sa.Column("dimension", sa.String(16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", types.KeyText(16), nullable=False),
        sa.Column("ranked", types.Uuid(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in TALLIED),
        sa.PrimaryKeyConstraint("company", "subject", "dimension", "day", "value", name=op.f("pk_ar_counts")),
        **OPTIONS,
    )
    op.create_index("ix_ar_counts_ranked", "ar_counts", ["company", "ranked", "day", "subject"])
    op.create_table(
        "ar_folds",
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("company", name=op.f("pk_ar_folds")),
        **OPTIONS,
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("ar_folds")
    op.drop_table("ar_counts")
    op.drop_table("ar_sessions")
    op.drop_table("ar_events")
