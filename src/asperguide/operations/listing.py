"""What the lists of jobs can be asked."""

from asperguide.operations.model import MyJobState
from asperguide.shared.ledger import JobState
from asperguide.shared.pages import Instant, ListRules, Sort

JOBS = ListRules(
    name="jobs",
    sorts={"created_at": Sort(field="created_at", type=Instant)},
    default="-created_at",
    filters={"state": JobState, "queue": str, "kind": str},
)
MY_JOBS = ListRules(
    name="my-jobs",
    sorts=JOBS.sorts,
    default=JOBS.default,
    filters={"state": lambda text: MyJobState(text).in_the_ledger, "kind": str},
)
