"""Capsules with their addressees, what is in them and in drafts, address books, answers and countdowns."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "capsules",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("sender", types.Uuid(), nullable=False),
        sa.Column("theme", sa.String(50), nullable=False),
        sa.Column("unlock", types.LongText(), nullable=False),
        sa.Column("unlocks_at", types.UtcDateTime(), nullable=False),
        sa.Column("allow_early_view", sa.Boolean(), nullable=False),
        sa.Column("allow_reply", sa.Boolean(), nullable=False),
        sa.Column("anonymity", types.LongText(), nullable=True),
        sa.Column("disappears_after", types.Duration(), nullable=True),
        sa.Column("invites", sa.Boolean(), nullable=False),
        sa.Column("proof", types.KeyBytes(32), nullable=False),
        sa.Column("sealed_at", types.UtcDateTime(), nullable=False),
        sa.Column("opened_at", types.UtcDateTime(), nullable=True),
        sa.Column("cancelled_at", types.UtcDateTime(), nullable=True),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capsules")),
        **OPTIONS,
    )
    for order, other in (("sealed_at", "unlocks_at"), ("unlocks_at", "sealed_at")):
        op.create_index(f"ix_capsules_{order}", "capsules", ["sender", order, "id", "standing", other])
        op.create_index(f"ix_capsules_standing_{order}", "capsules", ["sender", "standing", order, "id", other])
    op.create_index("ix_capsules_sender", "capsules", ["sender", "id"])
    op.create_table(
        "capsule_addressees",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("capsule", types.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("user", types.Uuid(), nullable=True),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("awaited", types.KeyText(254), nullable=True),
        sa.Column("opened_at", types.UtcDateTime(), nullable=True),
        sa.Column("replied_at", types.UtcDateTime(), nullable=True),
        sa.Column("left_at", types.UtcDateTime(), nullable=True),
        sa.Column("addressed", sa.Integer(), nullable=False),
        sa.Column("bounces", sa.Integer(), nullable=False),
        sa.Column("sealed_at", types.UtcDateTime(), nullable=False),
        sa.Column("unlocks_at", types.UtcDateTime(), nullable=False),
        sa.Column("standing", sa.String(16), nullable=True),
        sa.Column("stage", sa.String(16), nullable=True),
        sa.Column("due_at", types.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capsule_addressees")),
        **OPTIONS,
    )
    for order, other in (("sealed_at", "unlocks_at"), ("unlocks_at", "sealed_at")):
        op.create_index(
            f"ix_capsule_addressees_{order}",
            "capsule_addressees",
            ["user", order, "id", "standing", other, "capsule"],
        )
        op.create_index(
            f"ix_capsule_addressees_standing_{order}",
            "capsule_addressees",
            ["user", "standing", order, "id", other, "capsule"],
        )
    op.create_index("ix_capsule_addressees_awaited", "capsule_addressees", ["awaited", "id"])
    op.create_index("ix_capsule_addressees_capsule", "capsule_addressees", ["capsule", "position"])
    op.create_index("ix_capsule_addressees_due_at", "capsule_addressees", ["due_at", "id"])
    op.create_table(
        "capsule_contents",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("content", types.LongBytes(), nullable=False),
        sa.Column("key", types.KeyBytes(255), nullable=False),
        sa.Column("key_id", types.KeyText(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capsule_contents")),
        **OPTIONS,
    )
    op.create_index("ix_capsule_contents_key_id", "capsule_contents", ["key_id", "id"])
    op.create_table(
        "capsule_drafts",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("owner", types.Uuid(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capsule_drafts")),
        **OPTIONS,
    )
    op.create_index("ix_capsule_drafts_owner", "capsule_drafts", ["owner", "updated_at", "id"])
    op.create_table(
        "capsule_recipients",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("owner", types.Uuid(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_key", types.KeyText(700), nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("email_key", types.KeyText(254), nullable=True),
        sa.Column("user", types.Uuid(), nullable=True),
        sa.Column("relationship", sa.String(255), nullable=True),
        sa.Column("notes", types.LongText(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capsule_recipients")),
        sa.UniqueConstraint("owner", "email_key", name=op.f("uq_capsule_recipients_owner_email_key")),
        sa.UniqueConstraint("owner", "user", name=op.f("uq_capsule_recipients_owner_user")),
        **OPTIONS,
    )
    op.create_index("ix_capsule_recipients_created_at", "capsule_recipients", ["owner", "created_at", "id"])
    op.create_index("ix_capsule_recipients_name_key", "capsule_recipients", ["owner", "name_key", "id"])
    op.create_table(
        "capsule_replies",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("capsule", types.Uuid(), nullable=False),
        sa.Column("text", types.LongText(), nullable=True),
        sa.Column("emoji", sa.String(64), nullable=True),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capsule_replies")),
        **OPTIONS,
    )
    op.create_index("ix_capsule_replies_capsule", "capsule_replies", ["capsule", "at", "id"])
    op.create_table(
        "capsule_reflections",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("text", types.LongText(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capsule_reflections")),
        **OPTIONS,
    )
    op.create_table(
        "capsule_countdowns",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("capsule", types.Uuid(), nullable=False),
        sa.Column("digest", types.KeyBytes(32), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capsule_countdowns")),
        sa.UniqueConstraint("digest", name=op.f("uq_capsule_countdowns_digest")),
        **OPTIONS,
    )
    op.create_index("ix_capsule_countdowns_capsule", "capsule_countdowns", ["capsule", "created_at", "id"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("capsule_countdowns")
    op.drop_table("capsule_reflections")
    op.drop_table("capsule_replies")
    op.drop_table("capsule_recipients")
    op.drop_table("capsule_drafts")
    op.drop_table("capsule_contents")
    op.drop_table("capsule_addressees")
    op.drop_table("capsules")
