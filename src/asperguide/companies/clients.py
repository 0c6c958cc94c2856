"""Clients of a company: the end customers, of whom it keeps a name and ways to reach them."""

from dataclasses import dataclass
from datetime import datetime

from asperguide.shared.emails import canonical_email, folded
from asperguide.shared.tenancy import ClientId, CompanyId

_BETWEEN = str.maketrans("", "", " -./()\u00a0\u2009\u202f")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An end customer of a company. `phone` is E.164 and unique in the company."""

    id: ClientId
    company: CompanyId
    name: str
    phone: str | None = None
    email: str | None = None
    notes: str = ""
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def name_key(self) -> str:
        """What the name is sorted and found by."""
        return folded(self.name)

    @property
    def email_key(self) -> str | None:
        """The canonical address, which several may have."""
        return None if self.email is None else canonical_email(self.email)

    def matches(self, text: str) -> bool:
        """Whether name, phone or address begin so; the text is folded."""
        ways = (self.name_key, text), (self.email_key, text), (self.phone, compact(text))
        return any(key is not None and beginning != "" and key.startswith(beginning) for key, beginning in ways)


def compact(number: str) -> str:
    """A phone number as people write it, without what they put between digits."""
    return number.translate(_BETWEEN)
