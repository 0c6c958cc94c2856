"""What the lists of capsules can be asked."""

from asperguide.capsules.model import State
from asperguide.shared.pages import Instant, ListRules, Sort


def _state(text: str) -> State:
    """Any but that of drafts, which have a list of their own."""
    if (state := State(text)) is State.DRAFT:
        raise ValueError(text)
    return state


CAPSULES = ListRules(
    name="capsules",
    sorts={
        "sealed_at": Sort(field="sealed_at", type=Instant),
        "unlocks_at": Sort(field="unlocks_at", type=Instant),
    },
    default="-sealed_at",
    filters={"state": _state},
)

DRAFTS = ListRules(
    name="drafts", sorts={"updated_at": Sort(field="updated_at", type=Instant)}, default="-updated_at", filters={}
)

RECIPIENTS = ListRules(
    name="recipients",
    sorts={"created_at": Sort(field="created_at", type=Instant), "name": Sort(field="name_key", type=str)},
    default="-created_at",
    filters={},
)
