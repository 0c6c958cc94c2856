"""What the lists of identity can be asked."""

from uuid import UUID

from asperguide.identity.audit import Outcome, SecurityEventKind
from asperguide.identity.model import UserState
from asperguide.shared.actor import Role
from asperguide.shared.emails import canonical_email
from asperguide.shared.instants import instant
from asperguide.shared.pages import Instant, ListRules, Sort

USERS = ListRules(
    name="users",
    sorts={"created_at": Sort(field="created_at", type=Instant), "username": Sort(field="username_key", type=str)},
    default="-created_at",
    filters={"state": UserState, "role": Role, "email": canonical_email, "username": str.lower},
)

OWN_EVENTS = ListRules(
    name="own-events",
    sorts={"at": Sort(field="at", type=Instant)},
    default="-at",
    filters={"kind": SecurityEventKind, "outcome": Outcome},
)


ALL_EVENTS = ListRules(
    name="all-events",
    sorts=OWN_EVENTS.sorts,
    default="-at",
    # `since` is the first moment that is wanted, `until` the one behind the last.
    filters={**OWN_EVENTS.filters, "user": UUID, "since": instant, "until": instant},
)
