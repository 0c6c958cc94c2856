"""Paused queues, and the list of jobs by age."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "ledger_pauses",
        sa.Column("queue", types.KeyText(40), nullable=False),
        sa.Column("paused_at", types.UtcDateTime(), nullable=False),
        sa.Column("by", types.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_ledger_pauses")),
        **OPTIONS,
    )
    op.create_index("ix_ledger_jobs_created_at", "ledger_jobs", ["created_at", "id"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_ledger_jobs_created_at", "ledger_jobs")
    op.drop_table("ledger_pauses")
