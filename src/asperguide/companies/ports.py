"""What companies need of the outside: what keeps them, what others know of people, and what others keep for them."""

from abc import abstractmethod
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from asperguide.companies.activity import Happening
from asperguide.companies.clients import Client
from asperguide.companies.invitations import Invitation
from asperguide.companies.model import STORE, Company, Membership, MembershipId
from asperguide.companies.repositories import (
    Activity,
    Clients,
    CompaniesUnitOfWork,
    CompanyRecords,
    Deeds,
    Invitations,
    Members,
)
from asperguide.companies.settings import CompanySettings
from asperguide.shared.actor import UserId
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.tenancy import ClientId, CompanyFacts, CompanyId, CompanyRole, Standing

__all__ = [
    "Account", "Accounts", "Activity", "Clients", "CompaniesUnitOfWork", "CompanyPolicy", "CompanyReads",
    "CompanyRecords", "Deeds", "Holdings", "Invitations", "Members", "MyCompany", "Shown",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyPolicy:
    """What operators decide about companies: where people reach the service, and which object stores there are."""

    public_url: str = "http://127.0.0.1:5000"
    stores: Collection[str] = (STORE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who has an account that can be written to."""

    id: UserId
    name: str
    email: str
    locale: str
    time_zone: str


class Accounts(Protocol):
    """What companies need to know of users."""

    @abstractmethod
    async def known(self, ids: Collection[UserId]) -> Mapping[UserId, Account]:
        """Those of up to 1000 users who can be written to."""
        ...

    @abstractmethod
    async def holder(self, email_key: str) -> UserId | None:
        """Whose verified address the canonical one is; None when it is nobody's."""
        ...


class Holdings(Protocol):
    """What other contexts keep for companies: projects, and all that is in them."""

    @abstractmethod
    async def count(self, company: CompanyId) -> int:
        """How many things there are."""
        ...

    @abstractmethod
    async def remove_some(self, company: CompanyId) -> bool:
        """Remove some of them, within seconds. True when nothing is left; may be called again then."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MyCompany:
    """A company in the list of one of its members; it has the id of the membership."""

    id: MembershipId
    company: CompanyId
    role: CompanyRole
    since: datetime
    name_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A company as one of its members sees it."""

    company: Company
    membership: Membership


class CompanyReads(Protocol):
    """Reads that no rule touches, outside any transaction. To a company that is being taken apart nobody belongs."""

    @abstractmethod
    async def standing(self, user: UserId, company: CompanyId) -> Standing | None:
        """Where the user stands; None for strangers."""
        ...

    @abstractmethod
    async def known(self, companies: Collection[CompanyId]) -> Mapping[CompanyId, CompanyFacts]:
        """Those of these companies that there are."""
        ...

    @abstractmethod
    async def members_in(self, company: CompanyId, roles: Collection[CompanyRole]) -> Sequence[UserId]:
        """The first 1000 users who are members in one of these roles, in the order of their ids."""
        ...

    @abstractmethod
    async def shown(self, user: UserId, company: CompanyId) -> Shown | None:
        """The company with the user's membership; None for strangers."""
        ...

    @abstractmethod
    async def mine(self, user: UserId, page: PageRequest) -> Page[MyCompany]:
        """Companies that the user is a member of, the latest joined first; what can be asked: `listing.MINE`."""
        ...

    @abstractmethod
    async def companies(self, ids: Collection[CompanyId]) -> Mapping[CompanyId, Company]:
        """Those of these companies that there are."""
        ...

    @abstractmethod
    async def all(self, page: PageRequest) -> Page[Company]:
        """All companies, for administrators, the newest first; what can be asked: `listing.COMPANIES`.

        Those that are being taken apart are among them.
        """
        ...

    @abstractmethod
    async def settings(self, company: CompanyId) -> CompanySettings | None:
        """How the company wants things."""
        ...

    @abstractmethod
    async def membership(self, company: CompanyId, user: UserId) -> Membership | None:
        """The membership."""
        ...

    @abstractmethod
    async def members(self, company: CompanyId, page: PageRequest) -> Page[Membership]:
        """Who belongs to it, who came first in front; what can be asked: `listing.MEMBERS`."""
        ...

    @abstractmethod
    async def invitations(self, company: CompanyId, page: PageRequest, now: datetime) -> Page[Invitation]:
        """Its invitations, the newest first, in states as at `now`; what can be asked: `listing.INVITATIONS`."""
        ...

    @abstractmethod
    async def invitation(self, digest: bytes) -> Invitation | None:
        """The invitation, of any company, whose token has this SHA-256: who knows it was told by mail."""
        ...

    @abstractmethod
    async def client(self, company: CompanyId, id: ClientId) -> Client | None:
        """The company's client of this id."""
        ...

    @abstractmethod
    async def clients(self, company: CompanyId, page: PageRequest) -> Page[Client]:
        """Its clients, by name; what can be asked: `listing.CLIENTS`."""
        ...

    @abstractmethod
    def all_clients(self, company: CompanyId) -> AsyncGenerator[Client, None]:
        """Every client of the company by name, read a few at a time."""
        ...

    @abstractmethod
    async def count_clients(self, company: CompanyId) -> int:
        """How many clients the company has."""
        ...

    @abstractmethod
    async def activity(self, company: CompanyId, page: PageRequest) -> Page[Happening]:
        """What happened in it, the latest first; what can be asked: `listing.ACTIVITY`."""
        ...
