"""What projects keep: their repositories, and the unit of work over them. All of it is found by the company alone."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from asperguide.projects.model import Listed, Project
from asperguide.projects.notices import Notice, Reached
from asperguide.shared.actor import UserId
from asperguide.shared.ports import UnitOfWork
from asperguide.shared.tenancy import CompanyId, ProjectId


class ProjectRecords(Protocol):
    """All projects; names and slugs are unique in each company, whatever their case."""

    @abstractmethod
    async def add(self, project: Project) -> None:
        """A new one. Raises ProjectNameTaken, ProjectSlugTaken."""
        ...

    @abstractmethod
    async def get(self, company: CompanyId, id: ProjectId) -> Project | None:
        """The project of this company, locked until this transaction ends; also while it is being removed."""
        ...

    @abstractmethod
    async def is_empty(self, project: Project) -> bool:
        """Whether there is nothing in it: so as long as this transaction has it locked."""
        ...

    @abstractmethod
    async def save(self, project: Project) -> Project:
        """Store the change and give it with its new version. EditedMeanwhile, ProjectNameTaken, ProjectSlugTaken."""
        ...

    @abstractmethod
    async def remove(self, project: Project) -> None:
        """Forget it with its tags, its notice and whoever is listed. Raises EditedMeanwhile if it is not the latest."""
        ...


class AccessLists(Protocol):
    """Who is listed for which project."""

    @abstractmethod
    async def put(self, listed: Listed) -> None:
        """List somebody, or change as what they are listed."""
        ...

    @abstractmethod
    async def put_all(self, listed: Sequence[Listed]) -> None:
        """List all of them, for a project for which nobody is listed yet."""
        ...

    @abstractmethod
    async def remove(self, company: CompanyId, project: ProjectId, user: UserId) -> bool:
        """Take somebody off; False when they are not listed."""
        ...

    @abstractmethod
    async def all(self, company: CompanyId, project: ProjectId) -> Sequence[Listed]:
        """Everybody who is listed, in the order of their ids."""
        ...

    @abstractmethod
    async def forget(self, user: UserId, limit: int) -> int:
        """Take somebody who is no more off the lists of any company, at most `limit` of them. How many."""
        ...


class Homes(Protocol):
    """The companies of projects, as far as none of them may go while a project comes into it."""

    @abstractmethod
    async def stays(self, company: CompanyId) -> bool:
        """Keep the company from being taken apart until this transaction ends; False when that has begun.

        One that is kept elsewhere stays.
        """
        ...


class Counts(Protocol):
    """How many projects each company has, counted exactly, by whoever holds the count until the transaction ends."""

    @abstractmethod
    async def take(self, company: CompanyId, most: int) -> bool:
        """One more, if then there are not more than `most`; else False."""
        ...

    @abstractmethod
    async def give_back(self, company: CompanyId) -> None:
        """One fewer, where any are counted."""
        ...

    @abstractmethod
    async def forget(self, company: CompanyId) -> None:
        """Count for this company no more: it is gone."""
        ...


class Notices(Protocol):
    """What is to be said next of each project, and when. Of each one at most is waiting."""

    @abstractmethod
    async def put(self, notice: Notice) -> None:
        """Say this of the project, instead of whatever waited."""
        ...

    @abstractmethod
    async def reached(self, company: CompanyId, project: ProjectId) -> Reached | None:
        """How far one has come with the company's project, also when all is said or it rests; None where nothing was
        put. Locked: nobody says anything of it until this transaction ends."""
        ...

    @abstractmethod
    async def rest(self, company: CompanyId, project: ProjectId) -> None:
        """Say nothing more of it, unless something is put again. How far one has come stays known."""
        ...

    @abstractmethod
    async def due(self, now: datetime, limit: int) -> Sequence[Notice]:
        """Housekeeping over all companies: those whose time has come, the earliest first, locked.

        Those that others hold are passed over.
        """
        ...

    @abstractmethod
    async def advance(self, told: Sequence[Notice]) -> None:
        """Housekeeping over all companies: replace each that is due by what follows it, or by nothing."""
        ...

    @abstractmethod
    async def next_after(self, now: datetime) -> datetime | None:
        """Housekeeping over all companies: when the first is due that is not due now; None when nothing waits."""
        ...


class ProjectsUnitOfWork(UnitOfWork, Protocol):
    """One transaction over everything that projects keep."""

    @property
    def projects(self) -> ProjectRecords: ...
    @property
    def lists(self) -> AccessLists: ...
    @property
    def homes(self) -> Homes: ...
    @property
    def counts(self) -> Counts: ...
    @property
    def notices(self) -> Notices: ...
