"""Companies and projects as other contexts see them: what they are like, and where somebody stands in them."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

from asperguide.shared.actor import UserId

CompanyId = NewType("CompanyId", UUID)
ProjectId = NewType("ProjectId", UUID)
ClientId = NewType("ClientId", UUID)


def shown_key(company: CompanyId) -> str:
    """What hangs on it in caches is shown to the public; each commit that changes the company or a project purges it.

    The version to purge it with is 0: it has none.
    """
    return f"shown:{company.hex}"


class CompanyRole(StrEnum):
    """What a member may do, from all to nothing but looking."""

    OWNER = "owner"
    MANAGER = "manager"
    EDITOR = "editor"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyFacts:
    """What others need to know of a company.

    What it shows to the public stops while it is not `active`. `time_zone` is an IANA name and decides where its days
    begin, `locale` is its language, `accent` the colour of its pages (`#rrggbb`). `storage_bytes` and `most_projects`
    are how much it may have; `expiry_notice_days` is when it wants to be told before something ends, and `email` where,
    beside its owners and managers.
    """

    id: CompanyId
    name: str
    active: bool
    time_zone: str
    locale: str
    accent: str | None
    storage_bytes: int
    most_projects: int
    expiry_notice_days: int
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where somebody stands: a member of this company, in this role."""

    company: CompanyFacts
    role: CompanyRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A member who can be written to."""

    user: UserId
    name: str
    email: str
    locale: str
    time_zone: str


class Companies(Protocol):
    """Who belongs to which company: the latest there is, at one read for each call, also for companies at a distance.

    A company that is being taken apart is as good as gone: nobody is a member of it, and nothing is known of it.
    """

    @abstractmethod
    async def standing(self, user: UserId, company: CompanyId) -> Standing | None:
        """Where the user stands; None alike for strangers and for companies that do not exist."""
        ...

    @abstractmethod
    async def known(self, companies: Collection[CompanyId]) -> Mapping[CompanyId, CompanyFacts]:
        """Those of these companies that there are; at most 1000 are asked for at once."""
        ...

    @abstractmethod
    async def contacts(self, company: CompanyId, roles: Collection[CompanyRole]) -> Sequence[Contact]:
        """Members with one of these roles who have a verified address, in the order of their ids."""
        ...

    @abstractmethod
    async def client(self, company: CompanyId, client: ClientId) -> str | None:
        """The name of the company's client; None when it has none of this id."""
        ...


class ProjectState(StrEnum):
    """draft: not shown yet. active: shown while its period lasts. archived: put away, to look at only."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFacts:
    """What others need to know of a project. Without `ends_at` its period does not end; a template is never shown."""

    id: ProjectId
    company: CompanyFacts
    name: str
    state: ProjectState
    template: bool
    starts_at: datetime
    ends_at: datetime | None

    @property
    def archived(self) -> bool:
        """Whether nothing in it may be changed."""
        return self.state is ProjectState.ARCHIVED

    def shows(self, at: datetime) -> bool:
        """Whether its contents may be shown at this instant, as far as the project is concerned, not the company."""
        running = self.starts_at <= at and (self.ends_at is None or at < self.ends_at)
        return self.state is ProjectState.ACTIVE and not self.template and running


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectStanding:
    """Where somebody stands: what they may do in this project, which is never more than in its company."""

    project: ProjectFacts
    role: CompanyRole


class Projects(Protocol):
    """Who may do what in which project: the latest there is. A project of a company that is gone is gone as well."""

    @abstractmethod
    async def standing(self, user: UserId, project: ProjectId) -> ProjectStanding | None:
        """The user's role after the project's restrictions, at two reads.

        None alike for strangers, for members who are kept out, for projects that are being removed or do not exist.
        """
        ...

    @abstractmethod
    async def known(self, projects: Collection[ProjectId]) -> Mapping[ProjectId, ProjectFacts]:
        """Those of these projects that there are, whoever asks, at two reads; at most 1000 are asked for at once."""
        ...

    @abstractmethod
    async def closed_to(self, user: UserId, standing: Standing) -> Collection[ProjectId]:
        """Projects of a company that are closed to a member who stands there so, at one read at most."""
        ...

    @abstractmethod
    async def in_company(self, company: CompanyId) -> Sequence[ProjectId]:
        """All projects of the company, whoever asks, in the order of their ids."""
        ...
