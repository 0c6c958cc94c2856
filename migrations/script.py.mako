"""${message[0].upper() + message[1:]}."""

import sqlalchemy as sa
from alembic import op
${("\n" + imports) if imports else ""}

revision = "${up_revision}"
down_revision = ${("\"" + down_revision + "\"") if down_revision else None}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Make the change."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Take the change back."""
    ${downgrades if downgrades else "pass"}
