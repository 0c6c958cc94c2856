"""The maintenance that is under way."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "maintenance",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("message", sa.String(200), nullable=False),
        sa.Column("retry_after", sa.Integer(), nullable=False),
        sa.Column("since", types.UtcDateTime(), nullable=False),
        sa.Column("by", types.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance")),
        **OPTIONS,
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("maintenance")
