"""That a project begins is not announced any more: what is to be said next of it is said of its end."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ENDLESS = "DELETE FROM project_notices WHERE stage = 'begins' AND ends_at IS NULL"
# MariaDB sets one column after the other: none of these is made of one that was set before.
NEXT = (
    "UPDATE project_notices SET"
    " stage = CASE WHEN nearing_at IS NOT NULL THEN 'nearing' WHEN last_day_at IS NOT NULL THEN 'last_day'"
    " ELSE 'ended' END,"
    " due_at = COALESCE(nearing_at, last_day_at, ends_at)"
    " WHERE stage = 'begins'"
)
# Its reaction did nothing. Found by the index that claims go by.
JOBS = "DELETE FROM ledger_jobs WHERE queue = 'default' AND state = 'waiting' AND kind = 'projects.project-changed'"


def upgrade() -> None:
    """Make the change. It can be repeated."""
    for statement in (ENDLESS, NEXT, JOBS):
        op.execute(statement)


def downgrade() -> None:
    """Nothing to take back: all that is left can be said as it was before."""
