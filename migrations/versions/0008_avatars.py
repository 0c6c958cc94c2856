"""People have pictures: an account has the name of the portrait that it shows."""

import sqlalchemy as sa
from alembic import op

from asperguide.adapters.sql import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("users", sa.Column("avatar", types.KeyText(32), nullable=True))


def downgrade() -> None:
    """Take the change back. The pictures stay until somebody removes them."""
    op.drop_column("users", "avatar")
