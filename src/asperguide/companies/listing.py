"""What the lists of companies can be asked."""

from uuid import UUID

from asperguide.companies.invitations import InvitationState
from asperguide.companies.model import CompanyState, Tier
from asperguide.shared.actor import UserId
from asperguide.shared.emails import folded
from asperguide.shared.naming import name_key
from asperguide.shared.pages import Instant, ListRules, Sort
from asperguide.shared.tenancy import CompanyRole

LONGEST_SEARCH = 100


def _beginning(text: str) -> str:
    """What a name, a phone number or an address is to begin with."""
    wanted = folded(text.strip())
    if not 1 <= len(wanted) <= LONGEST_SEARCH:
        raise ValueError(text)
    return wanted


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
    sorts={"name": NAME, "created_at": CREATED}, default="name", filters={"search": _beginning}
)  # fmt: skip

ACTIVITY = ListRules(
    name="activity",
    sorts={"at": Sort(field="at", type=Instant)}, default="-at", filters={"what": _word, "by": _user}
)  # fmt: skip
