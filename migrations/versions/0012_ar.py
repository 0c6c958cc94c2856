"""Augmented-reality contents with their markers, videos and counters of numbers."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
FOUND_BY = ("state", "client", "grade", "number", "ends_at", "customer_key", "title_key")


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "ar_contents",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("project", types.Uuid(), nullable=False),
        sa.Column("number", types.KeyText(32), nullable=False),
        sa.Column("public_id", types.KeyText(22), nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("customer", types.LongText(), nullable=False),
        sa.Column("marker", types.LongText(), nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("chosen", types.Uuid(), nullable=True),
        sa.Column("rotation", types.LongText(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("ends_at", types.UtcDateTime(), nullable=False),
        sa.Column("metadata", types.LongText(), nullable=False),
        sa.Column("created_by", types.Uuid(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("published_at", types.UtcDateTime(), nullable=True),
        sa.Column("source", types.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title_key", types.KeyText(255), nullable=False),
        sa.Column("client", types.Uuid(), nullable=True),
        sa.Column("customer_key", types.KeyText(255), nullable=False),
        sa.Column("grade", types.KeyText(16), nullable=True),
        sa.Column("photo", types.Uuid(), nullable=False),
        sa.Column("fingerprint", types.KeyBytes(8), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ar_contents")),
        sa.UniqueConstraint("company", "number", name=op.f("uq_ar_contents_company_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ar_contents_public_id")),
        **OPTIONS,
    )
    for order in ("created_at", "title_key", "number", "ends_at"):
        rest = [column for column in FOUND_BY if column != order]
        op.create_index(f"ix_ar_contents_{order}", "ar_contents", ["company", "project", order, "id", *rest])
    for chosen in ("state", "client"):
        op.create_index(f"ix_ar_contents_{chosen}", "ar_contents", ["company", "project", chosen, "created_at", "id"])
    op.create_index("ix_ar_contents_source", "ar_contents", ["company", "project", "source"])
    op.create_index("ix_ar_contents_photo", "ar_contents", ["photo", "company"])
    op.create_index("ix_ar_contents_fingerprint", "ar_contents", ["company", "id", "fingerprint"])
    op.create_table(
        "ar_videos",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("content", types.Uuid(), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("file", types.Uuid(), nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("ends_at", types.UtcDateTime(), nullable=True),
        sa.Column("windows", types.LongText(), nullable=False),
        sa.Column("footage", types.LongText(), nullable=True),
        sa.Column("failure", sa.String(500), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ar_videos")),
        **OPTIONS,
    )
    op.create_index("ix_ar_videos_content", "ar_videos", ["content", "position"])
    op.create_index("ix_ar_videos_file", "ar_videos", ["file", "company", "content"])
    op.create_table(
        "ar_numbers",
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("company", "day", name=op.f("pk_ar_numbers")),
        **OPTIONS,
    )
    op.create_table(
        "ar_turns",
        sa.Column("content", types.Uuid(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("content", name=op.f("pk_ar_turns")),
        **OPTIONS,
    )
    op.create_table(
        "ar_turn_sessions",
        sa.Column("content", types.Uuid(), nullable=False),
        sa.Column("session", types.KeyText(64), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("content", "session", name=op.f("pk_ar_turn_sessions")),
        **OPTIONS,
    )
    op.create_index("ix_ar_turn_sessions_at", "ar_turn_sessions", ["at"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("ar_turn_sessions")
    op.drop_table("ar_turns")
    op.drop_table("ar_numbers")
    op.drop_table("ar_videos")
    op.drop_table("ar_contents")
