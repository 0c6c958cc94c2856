"""Companies and who belongs to them. The table RIGHTS is the whole law of who may do what in a company."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NewType
from uuid import UUID

from asperguide.companies.errors import CompanyRightNeeded, LastOwner
from asperguide.companies.settings import CompanySettings
from asperguide.shared.actor import UserId
from asperguide.shared.naming import name_key
from asperguide.shared.tenancy import CompanyFacts, CompanyId, CompanyRole

MembershipId = NewType("MembershipId", UUID)

GIB = 1024**3
STORAGE_BYTES, MOST_PROJECTS = 10 * GIB, 50
STORE = "default"


class CompanyState(StrEnum):
    """active: as usual. inactive: what it shows to the public stops. closing: being taken apart, gone for everybody."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    CLOSING = "closing"


class Tier(StrEnum):
    """What a company pays for."""

    FREE = "free"
    PRO = "pro"
    ENTERPRISE = "enterprise"


class Right(StrEnum):
    """What can be done in a company."""

    SEE = "see"
    SEE_MEMBERS = "see-members"
    SEE_CLIENTS = "see-clients"
    CHANGE_CLIENTS = "change-clients"
    EXPORT_CLIENTS = "export-clients"
    ERASE_CLIENTS = "erase-clients"
    SEE_ACTIVITY = "see-activity"
    EDIT = "edit"
    CONFIGURE = "configure"
    INVITE = "invite"
    MANAGE_MEMBERS = "manage-members"
    MANAGE_OWNERS = "manage-owners"
    TRANSFER = "transfer"
    DELETE = "delete"


_OWNER = frozenset({CompanyRole.OWNER})
_LEADING = _OWNER | {CompanyRole.MANAGER}
_WORKING = _LEADING | {CompanyRole.EDITOR}
_ALL = _WORKING | {CompanyRole.VIEWER}

RIGHTS: Mapping[Right, frozenset[CompanyRole]] = MappingProxyType(
    {
        Right.SEE: _ALL,
        Right.SEE_MEMBERS: _ALL,
        Right.SEE_CLIENTS: _ALL,
        Right.CHANGE_CLIENTS: _WORKING,
        Right.EXPORT_CLIENTS: _LEADING,
        Right.ERASE_CLIENTS: _LEADING,
        Right.SEE_ACTIVITY: _LEADING,
        Right.EDIT: _LEADING,
        Right.CONFIGURE: _LEADING,
        Right.INVITE: _LEADING,
        Right.MANAGE_MEMBERS: _LEADING,
        Right.MANAGE_OWNERS: _OWNER,
        Right.TRANSFER: _OWNER,
        Right.DELETE: _OWNER,
    }
)
"""Which roles may do it. Whoever has none of them is a stranger, for whom there is no such company."""

SUCCESSION = (CompanyRole.MANAGER, CompanyRole.EDITOR, CompanyRole.VIEWER)
"""Who becomes the owner when the last one is no more: of the first role that anybody has, whoever came first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Whoever owns projects and clients. `storage_bytes` and `most_projects` are how much it may have.

    `name` and `slug` are unique among companies. `store` is the name of an object store that operators have put down
    for it, and nothing hangs on it: the files of all companies lie in the one store of media.
    """

    id: CompanyId
    name: str
    slug: str
    state: CompanyState = CompanyState.ACTIVE
    email: str | None = None
    phone: str | None = None
    website: str | None = None
    address: str | None = None
    notes: str = ""
    store: str = STORE
    tier: Tier = Tier.FREE
    storage_bytes: int = STORAGE_BYTES
    most_projects: int = MOST_PROJECTS
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def name_key(self) -> str | None:
        """What its name is the same by; one that is being taken apart has given it up."""
        return None if self.is_closing else name_key(self.name)

    @property
    def is_closing(self) -> bool:
        """Whether it is gone for everybody, although some of it may be left."""
        return self.state is CompanyState.CLOSING

    def closing(self, now: datetime) -> "Company":
        """Being taken apart, which cannot be stopped; others may have its name and its slug."""
        return replace(self, state=CompanyState.CLOSING, slug=str(self.id), updated_at=now)

    def facts(self, settings: CompanySettings) -> CompanyFacts:
        """What others need to know of it."""
        return CompanyFacts(
            id=self.id, name=self.name, active=self.state is CompanyState.ACTIVE, time_zone=settings.time_zone,
            locale=settings.locale, accent=settings.accent, storage_bytes=self.storage_bytes,
            most_projects=self.most_projects, expiry_notice_days=settings.expiry_notice_days, email=settings.email,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """That a user belongs to a company, in this role, since that instant."""

    id: MembershipId
    company: CompanyId
    user: UserId
    role: CompanyRole
    since: datetime
    version: int = 1

    def may(self, right: Right) -> bool:
        """Whether the role allows it."""
        return self.role in RIGHTS[right]

    def demand(self, right: Right) -> None:
        """Raises CompanyRightNeeded unless the role allows it."""
        if not self.may(right):
            raise CompanyRightNeeded

    def given(self, role: CompanyRole, by: "Membership", owners: int) -> "Membership":
        """In another role, as `by` wants it; owners are touched and made by owners only.

        `owners` is how many the company has. Raises CompanyRightNeeded, LastOwner.
        """
        by.demand(Right.MANAGE_MEMBERS)
        if CompanyRole.OWNER in (self.role, role):
            by.demand(Right.MANAGE_OWNERS)
        if role is not CompanyRole.OWNER:
            self.check_dispensable(owners)
        return replace(self, role=role)

    def check_removable(self, by: "Membership", owners: int) -> None:
        """Raises CompanyRightNeeded or LastOwner when `by` may not take them out of the company."""
        by.demand(Right.MANAGE_MEMBERS)
        if self.role is CompanyRole.OWNER:
            by.demand(Right.MANAGE_OWNERS)
        self.check_dispensable(owners)

    def check_dispensable(self, owners: int) -> None:
        """Raises LastOwner when the company would have no owner without them."""
        if self.role is CompanyRole.OWNER and owners <= 1:
            raise LastOwner
