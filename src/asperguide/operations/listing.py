"""What the list of jobs can be asked."""

from asperguide.shared.ledger import JobState
from asperguide.shared.pages import Instant, ListRules, Sort

JOBS = ListRules(
    sorts={"created_at": Sort(field="created_at", type=Instant)},
    default="-created_at",
    filters={"state": JobState, "queue": str, "kind": str},
)
