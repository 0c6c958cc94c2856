"""Companies with members, invitations, clients and what happened in them."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "companies",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_key", types.KeyText(700), nullable=True),
        sa.Column("slug", types.KeyText(80), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("phone", sa.String(16), nullable=True),
        sa.Column("website", sa.String(255), nullable=True),
        sa.Column("address", sa.String(500), nullable=True),
        sa.Column("notes", types.LongText(), nullable=False),
        sa.Column("store", sa.String(32), nullable=False),
        sa.Column("tier", sa.String(16), nullable=False),
        sa.Column("storage_bytes", sa.BigInteger(), nullable=False),
        sa.Column("most_projects", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
        sa.UniqueConstraint("name_key", name=op.f("uq_companies_name_key")),
        sa.UniqueConstraint("slug", name=op.f("uq_companies_slug")),
        **OPTIONS,
    )
    op.create_index("ix_companies_created_at", "companies", ["created_at", "id"])
    op.create_table(
        "company_settings",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("accent", sa.String(7), nullable=True),
        sa.Column("expiry_notice_days", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_settings")),
        **OPTIONS,
    )
    op.create_table(
        "company_members",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("user", types.Uuid(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("since", types.UtcDateTime(), nullable=False),
        sa.Column("name_key", types.KeyText(700), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_members")),
        sa.UniqueConstraint("company", "user", name=op.f("uq_company_members_company_user")),
        **OPTIONS,
    )
    op.create_index("ix_company_members_since", "company_members", ["company", "since", "id"])
    op.create_index("ix_company_members_user_since", "company_members", ["user", "since", "id", "role"])
    op.create_index("ix_company_members_user_name_key", "company_members", ["user", "name_key", "id", "role"])
    op.create_table(
        "company_invitations",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("awaited", types.KeyText(254), nullable=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("by", types.Uuid(), nullable=False),
        sa.Column("digest", types.KeyBytes(32), nullable=True),
        sa.Column("sendings", sa.Integer(), nullable=False),
        sa.Column("asked_at", types.UtcDateTime(), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("answer", sa.String(16), nullable=True),
        sa.Column("answered_at", types.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_invitations")),
        sa.UniqueConstraint("company", "awaited", name=op.f("uq_company_invitations_company_awaited")),
        sa.UniqueConstraint("digest", name=op.f("uq_company_invitations_digest")),
        **OPTIONS,
    )
    op.create_index("ix_company_invitations_created_at", "company_invitations", ["company", "created_at", "id"])
    op.create_index("ix_company_invitations_expires_at", "company_invitations", ["expires_at", "id"])
    op.create_table(
        "company_clients",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_key", types.KeyText(700), nullable=False),
        sa.Column("phone", types.KeyText(16), nullable=True),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("email_key", types.KeyText(254), nullable=True),
        sa.Column("notes", types.LongText(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_clients")),
        sa.UniqueConstraint("company", "phone", name=op.f("uq_company_clients_company_phone")),
        **OPTIONS,
    )
    op.create_index("ix_company_clients_name_key", "company_clients", ["company", "name_key", "id"])
    op.create_index("ix_company_clients_created_at", "company_clients", ["company", "created_at", "id"])
    op.create_index("ix_company_clients_email_key", "company_clients", ["company", "email_key"])
    op.create_table(
        "company_activity",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("by", types.Uuid(), nullable=True),
        sa.Column("what", types.KeyText(64), nullable=False),
        sa.Column("subject", types.Uuid(), nullable=True),
        sa.Column("detail", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_activity")),
        **OPTIONS,
    )
    op.create_index("ix_company_activity_at", "company_activity", ["company", "at", "id"])
    op.create_index("ix_company_activity_what", "company_activity", ["company", "what", "at", "id"])
    op.create_index("ix_company_activity_by", "company_activity", ["company", "by", "at", "id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("company_activity")
    op.drop_table("company_clients")
    op.drop_table("company_invitations")
    op.drop_table("company_members")
    op.drop_table("company_settings")
    op.drop_table("companies")
