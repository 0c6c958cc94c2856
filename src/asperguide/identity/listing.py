"""What the lists of identity can be asked."""

from datetime import UTC, datetime
from uuid import UUID

from asperguide.identity.audit import Outcome, SecurityEventKind
from asperguide.identity.model import UserState
from asperguide.shared.actor import Role
from asperguide.shared.emails import canonical_email
from asperguide.shared.pages import Instant, ListRules, Sort

USERS = ListRules(
    sorts={"created_at": Sort(field="created_at", type=Instant), "username": Sort(field="username_key", type=str)},
    default="-created_at",
    filters={"state": UserState, "role": Role, "email": canonical_email, "username": str.lower},
)

OWN_EVENTS = ListRules(
    sorts={"at": Sort(field="at", type=Instant)},
    default="-at",
    filters={"kind": SecurityEventKind, "outcome": Outcome},
)


def _instant(text: str) -> datetime:
    """In UTC. Raises ValueError also for a moment without a zone, and for one that UTC has no year for."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


ALL_EVENTS = ListRules(
    sorts=OWN_EVENTS.sorts,
    default="-at",
    # `since` is the first moment that is wanted, `until` the one behind the last.
    filters={**OWN_EVENTS.filters, "user": UUID, "since": _instant, "until": _instant},
)
