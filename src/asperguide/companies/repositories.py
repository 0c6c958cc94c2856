"""What companies keep: their repositories, and the unit of work over them.

All but look-ups by an unguessable digest, and what is done for a user who is gone, is asked for by company.
"""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from asperguide.companies.activity import Happening
from asperguide.companies.clients import Client
from asperguide.companies.invitations import Invitation, InvitationId
from asperguide.companies.model import Company, Membership
from asperguide.companies.settings import CompanySettings
from asperguide.shared.actor import Origin, UserId
from asperguide.shared.ports import UnitOfWork
from asperguide.shared.tenancy import ClientId, CompanyId


class CompanyRecords(Protocol):
    """All companies. Unique: name (CompanyNameTaken) and slug (CompanySlugTaken)."""

    @abstractmethod
    async def add(self, company: Company, settings: CompanySettings) -> None:
        """A new company with its settings. Raises CompanyNameTaken, CompanySlugTaken."""
        ...

    @abstractmethod
    async def locked(self, id: CompanyId) -> Company | None:
        """The company; until this transaction ends nobody else who asks so gets it. None when there is none."""
        ...

    @abstractmethod
    async def is_empty(self, id: CompanyId) -> bool:
        """Whether it has neither clients nor projects: so as long as this transaction has it locked."""
        ...

    @abstractmethod
    async def save(self, company: Company) -> Company:
        """Store the change. Raises EditedMeanwhile, CompanyNameTaken, CompanySlugTaken."""
        ...

    @abstractmethod
    async def slugs_like(self, slug: str, limit: int) -> Collection[str]:
        """Up to so many slugs of companies of the service that are this one or begin with it."""
        ...

    @abstractmethod
    async def settings(self, company: CompanyId) -> CompanySettings | None:
        """How it wants things; None when there is no such company."""
        ...

    @abstractmethod
    async def save_settings(self, settings: CompanySettings) -> CompanySettings:
        """Store the change. Raises EditedMeanwhile."""
        ...

    @abstractmethod
    async def forget_some(self, id: CompanyId, limit: int) -> int:
        """Remove up to so many of each kind of what hangs on the company; 0 when nothing is left."""
        ...

    @abstractmethod
    async def remove(self, company: Company) -> None:
        """Forget it and its settings. Raises EditedMeanwhile when it is not the latest version."""
        ...


class Members(Protocol):
    """Who belongs to which company. Nobody belongs to one twice (AlreadyMember). Changes need the company's lock."""

    @abstractmethod
    async def add(self, membership: Membership, company: Company) -> None:
        """A new member of this company. Raises AlreadyMember."""
        ...

    @abstractmethod
    async def get(self, company: CompanyId, user: UserId) -> Membership | None:
        """The membership, None for strangers."""
        ...

    @abstractmethod
    async def save(self, membership: Membership) -> Membership:
        """Store the change. Raises EditedMeanwhile."""
        ...

    @abstractmethod
    async def remove(self, membership: Membership) -> None:
        """They belong to it no more. Raises EditedMeanwhile when it is not the latest version."""
        ...

    @abstractmethod
    async def remove_all(self, company: CompanyId) -> int:
        """Nobody belongs to it any more. How many did."""
        ...

    @abstractmethod
    async def renamed(self, company: Company) -> None:
        """Members find the company under its new name."""
        ...

    @abstractmethod
    async def owners(self, company: CompanyId) -> int:
        """How many owners it has."""
        ...

    @abstractmethod
    async def successor(self, company: CompanyId, of: UserId) -> Membership | None:
        """Who becomes the owner after that user: by SUCCESSION, then who came first; None when nobody is left."""
        ...

    @abstractmethod
    async def of_user(self, user: UserId, limit: int) -> Sequence[Membership]:
        """Some memberships of a user in any companies: for when they are gone."""
        ...


class Invitations(Protocol):
    """All invitations. A company awaits each address once at most (AlreadyInvited)."""

    @abstractmethod
    async def add(self, invitation: Invitation) -> None:
        """A new one. Raises AlreadyInvited."""
        ...

    @abstractmethod
    async def get(self, company: CompanyId, id: InvitationId) -> Invitation | None:
        """The company's invitation of this id."""
        ...

    @abstractmethod
    async def by_digest(self, digest: bytes) -> Invitation | None:
        """The invitation, of any company, whose token has this SHA-256: who knows it was told by mail."""
        ...

    @abstractmethod
    async def awaiting(self, company: CompanyId, email_key: str) -> Invitation | None:
        """The one that awaits an answer from this canonical address, however old it is."""
        ...

    @abstractmethod
    async def count_awaiting(self, company: CompanyId, now: datetime) -> int:
        """How many of the company await an answer that would still count at this moment."""
        ...

    @abstractmethod
    async def save(self, invitation: Invitation) -> Invitation:
        """Store the change. Raises EditedMeanwhile."""
        ...

    @abstractmethod
    async def remove_over(self, before: datetime, limit: int) -> int:
        """Housekeeping over all companies: forget some that expired before that instant, answered or not. How many."""
        ...


class Clients(Protocol):
    """All clients. Unique for each company: phone (ClientPhoneTaken)."""

    @abstractmethod
    async def add(self, client: Client) -> None:
        """A new client. Raises ClientPhoneTaken."""
        ...

    @abstractmethod
    async def get(self, company: CompanyId, id: ClientId) -> Client | None:
        """The company's client of this id."""
        ...

    @abstractmethod
    async def save(self, client: Client) -> Client:
        """Store the change. Raises EditedMeanwhile, ClientPhoneTaken."""
        ...

    @abstractmethod
    async def remove(self, client: Client) -> None:
        """Forget them for good. Raises EditedMeanwhile when it is not the latest version."""
        ...


class Activity(Protocol):
    """What happened in companies."""

    @abstractmethod
    async def add(self, happening: Happening) -> None:
        """A line; written down again under the same id it replaces itself."""
        ...


class Deeds(Protocol):
    """The security log, as far as administrators of the service do something to companies."""

    @abstractmethod
    async def add(self, done: Happening, by: UserId, origin: Origin) -> None:
        """What an administrator did, from where."""
        ...


class CompaniesUnitOfWork(UnitOfWork, Protocol):
    """One transaction over everything that companies keep."""

    @property
    def companies(self) -> CompanyRecords: ...
    @property
    def members(self) -> Members: ...
    @property
    def invitations(self) -> Invitations: ...
    @property
    def clients(self) -> Clients: ...
    @property
    def activity(self) -> Activity: ...
    @property
    def deeds(self) -> Deeds: ...
