"""Jobs that are over remember their unique key, for a retry."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change. Jobs that are over by now have forgotten theirs."""
    op.add_column("ledger_jobs", sa.Column("kept_key", types.KeyText(190), nullable=True))
    op.execute("UPDATE ledger_jobs SET kept_key = unique_key WHERE unique_key IS NOT NULL")


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("ledger_jobs", "kept_key")
