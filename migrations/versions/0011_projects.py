"""Projects of companies, who may see them, and the notices about their end."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "projects",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_key", types.KeyText(255), nullable=False),
        sa.Column("slug", types.KeyText(80), nullable=False),
        sa.Column("description", types.LongText(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("starts_at", types.UtcDateTime(), nullable=False),
        sa.Column("ends_at", types.UtcDateTime(), nullable=True),
        sa.Column("ends_key", types.UtcDateTime(), nullable=False),
        sa.Column("notify_before_days", sa.Integer(), nullable=False),
        sa.Column("tags", types.LongText(), nullable=False),
        sa.Column("template", sa.Boolean(), nullable=False),
        sa.Column("access", sa.String(16), nullable=False),
        sa.Column("removing", sa.Boolean(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("company", "name_key", name=op.f("uq_projects_company_name_key")),
        sa.UniqueConstraint("company", "slug", name=op.f("uq_projects_company_slug")),
        **OPTIONS,
    )
    op.create_index("ix_projects_company", "projects", ["company", "id"])
    for order in ("created_at", "name_key", "ends_key"):
        op.create_index(f"ix_projects_{order}", "projects", ["company", order, "id"])
    op.create_table(
        "project_tags",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("tag", types.KeyText(50), nullable=False),
        sa.PrimaryKeyConstraint("id", "tag", name=op.f("pk_project_tags")),
        **OPTIONS,
    )
    op.create_table(
        "project_lists",
        sa.Column("project", types.Uuid(), nullable=False),
        sa.Column("user", types.Uuid(), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("project", "user", name=op.f("pk_project_lists")),
        **OPTIONS,
    )
    op.create_index("ix_project_lists_user", "project_lists", ["user", "project"])
    op.create_table(
        "project_counts",
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("projects", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("company", name=op.f("pk_project_counts")),
        **OPTIONS,
    )
    op.create_table(
        "project_notices",
        sa.Column("project", types.Uuid(), nullable=False),
        sa.Column("company", types.Uuid(), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("due_at", types.UtcDateTime(), nullable=True),
        sa.Column("nearing_at", types.UtcDateTime(), nullable=True),
        sa.Column("last_day_at", types.UtcDateTime(), nullable=True),
        sa.Column("ends_at", types.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("project", name=op.f("pk_project_notices")),
        **OPTIONS,
    )
    op.create_index("ix_project_notices_due_at", "project_notices", ["due_at", "project"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("project_notices")
    op.drop_table("project_counts")
    op.drop_table("project_lists")
    op.drop_table("project_tags")
    op.drop_table("projects")
