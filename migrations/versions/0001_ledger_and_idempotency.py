"""The ledger of jobs and the idempotency keys."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "idempotency_claims",
        sa.Column("id", types.KeyBytes(32), nullable=False),
        sa.Column("fingerprint", types.KeyBytes(64), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", types.UtcDateTime(), nullable=False),
        sa.Column("answer", types.LongBytes(), nullable=True),
        sa.Column("expires_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_claims")),
        **OPTIONS,
    )
    op.create_index(op.f("ix_idempotency_claims_expires_at"), "idempotency_claims", ["expires_at"])
    op.create_table(
        "ledger_jobs",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("kind", types.KeyText(160), nullable=False),
        sa.Column("payload", types.LongText(), nullable=False),
        sa.Column("queue", types.KeyText(40), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("run_at", types.UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", types.UtcDateTime(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("worker", types.KeyText(120), nullable=True),
        sa.Column("unique_key", types.KeyText(190), nullable=True),
        sa.Column("error", sa.String(500), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.String(64), nullable=True),
        sa.Column("traceparent", sa.String(64), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("finished_at", types.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_jobs")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_ledger_jobs_unique_key")),
        **OPTIONS,
    )
    op.create_index("ix_ledger_jobs_claim", "ledger_jobs", ["queue", "state", "priority", "run_at"])
    op.create_index("ix_ledger_jobs_lease", "ledger_jobs", ["state", "leased_until"])
    op.create_index("ix_ledger_jobs_history", "ledger_jobs", ["state", "finished_at"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("ledger_jobs")
    op.drop_table("idempotency_claims")
