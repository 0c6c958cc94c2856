"""Jobs of somebody who waits for them: the owner, what will be there, and why it is not."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("ledger_jobs", sa.Column("owner", types.Uuid(), nullable=True))
    op.add_column("ledger_jobs", sa.Column("result", sa.String(500), nullable=True))
    op.add_column("ledger_jobs", sa.Column("failure", sa.String(500), nullable=True))
    op.create_index("ix_ledger_jobs_owner", "ledger_jobs", ["owner", "created_at", "id"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_ledger_jobs_owner", "ledger_jobs")
    op.drop_column("ledger_jobs", "failure")
    op.drop_column("ledger_jobs", "result")
    op.drop_column("ledger_jobs", "owner")
