"""What the lists of companies can be asked."""

from uuid import UUID

from asperguide.companies.clients import sought
from asperguide.companies.invitations import InvitationState
from asperguide.companies.model import CompanyState, Tier
from asperguide.shared.actor import UserId
from asperguide.shared.naming import name_key
from asperguide.shared.pages import Instant, ListRules, Sort
from asperguide.shared.tenancy import CompanyRole

LONGEST_SEARCH = 100


def _search(text: str) -> tuple[str, ...]:
    """What words of a name, a phone number or an address are to begin with."""
    if not 1 <= len(text.strip()) <= LONGEST_SEARCH:
        raise ValueError(text)
    return sought(text.strip())


def _word(text: str) -> str:
    if not 1 <= len(text) <= 64:
        raise ValueError(text)
    return text


def _user(text: str) -> UserId:
    return UserId(UUID(text))


CREATED = Sort(field="created_at", type=Instant)
NAME = Sort(field="name_key", type=str)

MINE = ListRules(
    name="my-companies",
    sorts={"since": Sort(field="since", type=Instant), "name": NAME},
    default="-since",
    filters={"role": CompanyRole},
)

COMPANIES = ListRules(
    name="companies",
    sorts={"created_at": CREATED},
    default="-created_at",
    filters={"state": CompanyState, "tier": Tier, "name": name_key},
)

MEMBERS = ListRules(
    name="members",
    sorts={"since": Sort(field="since", type=Instant)}, default="since", filters={"role": CompanyRole}
)  # fmt: skip

INVITATIONS = ListRules(
    name="invitations", sorts={"created_at": CREATED}, default="-created_at", filters={"state": InvitationState}
)

CLIENTS = ListRules(
    name="clients",
    sorts={"name": NAME, "created_at": CREATED}, default="name", filters={"search": _search}
)  # fmt: skip

ACTIVITY = ListRules(
    name="activity",
    sorts={"at": Sort(field="at", type=Instant)}, default="-at", filters={"what": _word, "by": _user}
)  # fmt: skip
