"""Scenes over prints."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "ar_scenes",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("placements", types.LongText(), nullable=True),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ar_scenes")),
        **OPTIONS,
    )
    op.create_table(
        "ar_scene_files",
        sa.Column("content", types.Uuid(), nullable=False),
        sa.Column("file", types.Uuid(), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("content", "file", name=op.f("pk_ar_scene_files")),
        **OPTIONS,
    )
    op.create_index("ix_ar_scene_files_file", "ar_scene_files", ["file", "company"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("ar_scene_files")
    op.drop_table("ar_scenes")
