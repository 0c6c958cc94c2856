"""People: accounts, passwords, sessions, codes, guesses and the security log."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "credentials",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("hash", sa.String(255), nullable=False),
        sa.Column("former", types.LongText(), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credentials")),
        **OPTIONS,
    )
    op.create_table(
        "guesses",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("tries", types.KeyBytes(800), nullable=False),
        sa.Column("last_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guesses")),
        **OPTIONS,
    )
    op.create_index(op.f("ix_guesses_last_at"), "guesses", ["last_at"])
    op.create_table(
        "one_time_codes",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("user", types.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("digest", types.KeyBytes(32), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=False),
        sa.Column("used_at", types.UtcDateTime(), nullable=True),
        sa.Column("over_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_codes")),
        sa.UniqueConstraint("digest", name=op.f("uq_one_time_codes_digest")),
        **OPTIONS,
    )
    op.create_index("ix_one_time_codes_over_at", "one_time_codes", ["over_at"])
    op.create_index("ix_one_time_codes_user", "one_time_codes", ["user", "purpose", "created_at"])
    op.create_table(
        "security_events",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("user", types.Uuid(), nullable=True),
        sa.Column("by", types.Uuid(), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(200), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("user_agent", sa.String(255), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_events")),
        **OPTIONS,
    )
    op.create_index("ix_security_events_at", "security_events", ["at", "id"])
    op.create_index("ix_security_events_by", "security_events", ["by"])
    op.create_index("ix_security_events_kind", "security_events", ["kind", "at", "id"])
    op.create_index("ix_security_events_user", "security_events", ["user", "at", "id"])
    op.create_table(
        "sessions",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("user", types.Uuid(), nullable=False),
        sa.Column("key", types.KeyBytes(32), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("device_name", sa.String(100), nullable=False),
        sa.Column("user_agent", sa.String(255), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("opened_at", types.UtcDateTime(), nullable=False),
        sa.Column("proved_at", types.UtcDateTime(), nullable=False),
        sa.Column("seen_at", types.UtcDateTime(), nullable=False),
        sa.Column("rotated_at", types.UtcDateTime(), nullable=False),
        sa.Column("idle_expires_at", types.UtcDateTime(), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("ended_because", sa.String(32), nullable=True),
        sa.Column("over_at", types.UtcDateTime(), nullable=False),
        sa.Column("impersonator", types.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        **OPTIONS,
    )
    op.create_index("ix_sessions_impersonator", "sessions", ["impersonator", "over_at"])
    op.create_index("ix_sessions_over_at", "sessions", ["over_at"])
    op.create_index("ix_sessions_user", "sessions", ["user", "over_at"])
    op.create_table(
        "users",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("email_key", types.KeyText(254), nullable=False),
        sa.Column("username", sa.String(50), nullable=False),
        sa.Column("username_key", types.KeyText(50), nullable=False),
        sa.Column("full_name", sa.String(255), nullable=False),
        sa.Column("name_key", types.KeyText(255), nullable=False),
        sa.Column("gender", sa.String(8), nullable=True),
        sa.Column("age_range", sa.String(8), nullable=True),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("preferences", types.LongText(), nullable=False),
        sa.Column("roles", types.LongText(), nullable=False),
        sa.Column("roles_mask", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("suspended_from", sa.String(16), nullable=True),
        sa.Column("decoy", sa.Boolean(), nullable=False),
        sa.Column("email_verified_at", types.UtcDateTime(), nullable=True),
        sa.Column("closes_at", types.UtcDateTime(), nullable=True),
        sa.Column("last_seen_at", types.UtcDateTime(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email_key", name=op.f("uq_users_email_key")),
        sa.UniqueConstraint("username_key", name=op.f("uq_users_username_key")),
        **OPTIONS,
    )
    op.create_index("ix_users_closing", "users", ["state", "closes_at"])
    op.create_index("ix_users_created_at", "users", ["created_at", "id"])
    op.create_index("ix_users_name", "users", ["name_key"])
    op.create_index("ix_users_roles", "users", ["roles_mask", "state"])
    op.create_index("ix_users_state", "users", ["state", "created_at", "id"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("users")
    op.drop_table("sessions")
    op.drop_table("security_events")
    op.drop_table("one_time_codes")
    op.drop_table("guesses")
    op.drop_table("credentials")
