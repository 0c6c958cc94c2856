"""Files with their tags and links, uploads, videos, and what each owner has."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
FOUND_BY = ["state", "visibility", "media_type", "name_key"]


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "files",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("owner", types.Uuid(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_key", types.KeyText(255), nullable=False),
        sa.Column("key", sa.String(512), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", types.KeyText(100), nullable=False),
        sa.Column("sha256", types.KeyBytes(32), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("frames", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("refusal", sa.String(500), nullable=True),
        sa.Column("visibility", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(50), nullable=False),
        sa.Column("tags", types.LongText(), nullable=False),
        sa.Column("metadata", types.LongText(), nullable=False),
        sa.Column("source", types.Uuid(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("deleted_at", types.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        **OPTIONS,
    )
    op.create_index("ix_files_created_at", "files", ["owner", "created_at", "id", *FOUND_BY])
    op.create_index("ix_files_media_type", "files", ["owner", "media_type", "created_at", "id"])
    op.create_index("ix_files_name_key", "files", ["owner", "name_key", "id", *FOUND_BY[:-1]])
    op.create_index("ix_files_owner_state", "files", ["owner", "state", "created_at", "id"])
    op.create_index("ix_files_size", "files", ["owner", "size", "id", *FOUND_BY])
    op.create_index("ix_files_state", "files", ["state", "updated_at", "id"])
    op.create_index("ix_files_visibility", "files", ["owner", "visibility", "created_at", "id"])
    op.create_table(
        "file_tags",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("tag", types.KeyText(50), nullable=False),
        sa.Column("owner", types.Uuid(), nullable=False),
        sa.Column("name_key", types.KeyText(255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", types.KeyText(100), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("visibility", sa.String(16), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "tag", name=op.f("pk_file_tags")),
        **OPTIONS,
    )
    op.create_index("ix_file_tags_created_at", "file_tags", ["owner", "tag", "created_at", "id", *FOUND_BY])
    op.create_index("ix_file_tags_name_key", "file_tags", ["owner", "tag", "name_key", "id", *FOUND_BY[:-1]])
    op.create_index("ix_file_tags_size", "file_tags", ["owner", "tag", "size", "id", *FOUND_BY])
    op.create_table(
        "file_links",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("file", types.Uuid(), nullable=False),
        sa.Column("owner", types.Uuid(), nullable=False),
        sa.Column("digest", types.KeyBytes(32), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_links")),
        sa.UniqueConstraint("digest", name=op.f("uq_file_links_digest")),
        **OPTIONS,
    )
    op.create_index("ix_file_links_expires_at", "file_links", ["expires_at"])
    op.create_index("ix_file_links_file", "file_links", ["file", "created_at", "id"])
    op.create_table(
        "uploads",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("owner", types.Uuid(), nullable=False),
        sa.Column("transport", sa.String(16), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("sha256", types.KeyBytes(32), nullable=True),
        sa.Column("parted", sa.String(1024), nullable=False),
        sa.Column(sa.quoted_name("offset", quote=True), sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("tail", sa.String(512), nullable=True),
        sa.Column("seal", types.KeyBytes(32), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        **OPTIONS,
    )
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at", "id"])
    op.create_index("ix_uploads_owner", "uploads", ["owner", "created_at", "id"])
    op.create_table(
        "media_usage",
        sa.Column("owner", types.Uuid(), nullable=False),
        sa.Column("used_bytes", sa.BigInteger(), nullable=False),
        sa.Column("used_files", sa.BigInteger(), nullable=False),
        sa.Column("reserved_bytes", sa.BigInteger(), nullable=False),
        sa.Column("reserved_files", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_media_usage")),
        **OPTIONS,
    )
    op.create_table(
        "videos",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("owner", types.Uuid(), nullable=False),
        sa.Column("facts", types.LongText(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("failure", sa.String(500), nullable=True),
        sa.Column("poster_at", sa.Double(), nullable=True),
        sa.Column("run", sa.String(100), nullable=False),
        sa.Column("made", types.LongText(), nullable=False),
        sa.Column("job", types.Uuid(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_videos")),
        **OPTIONS,
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("videos")
    op.drop_table("media_usage")
    op.drop_table("uploads")
    op.drop_table("file_links")
    op.drop_table("file_tags")
    op.drop_table("files")
