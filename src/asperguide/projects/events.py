"""What projects announce, and what the clock and people ask of them."""

from datetime import datetime

from asperguide.projects.notices import Stage
from asperguide.shared.actor import UserId
from asperguide.shared.ports import Message
from asperguide.shared.tenancy import CompanyId, ProjectId


class ProjectHappened(Message, frozen=True, kw_only=True):
    """Somebody did something with a project; those who run the company can read of it."""

    company: CompanyId
    at: datetime
    by: UserId
    what: str
    subject: ProjectId
    detail: str = ""


class ProjectEnding(Message, frozen=True, kw_only=True):
    """The company's owners and managers are to be told of the project's end at `ends_at`; so since `due_at`."""

    project: ProjectId
    company: CompanyId
    stage: Stage
    due_at: datetime
    ends_at: datetime


class ContactToTell(Message, frozen=True, kw_only=True):
    """One of them is to be told; without a user it is the company's own address for notices."""

    project: ProjectId
    company: CompanyId
    stage: Stage
    due_at: datetime
    ends_at: datetime
    user: UserId | None = None


class CopyWanted(Message, frozen=True, kw_only=True):
    """The contents of one project of a company are to be copied into another, for `user`."""

    company: CompanyId
    source: ProjectId
    target: ProjectId
    user: UserId


class ProjectRemovalWanted(Message, frozen=True, kw_only=True):
    """A project is to be removed with everything in it."""

    project: ProjectId
    company: CompanyId


class ProjectGivenUp(ProjectRemovalWanted, frozen=True, kw_only=True):
    """A project that was to be made of an archive is to go if it is not there by now; nobody can call that off."""


class ProjectRemoved(Message, frozen=True, kw_only=True):
    """A project is gone; whatever came into it in its last moments is to go as well."""

    project: ProjectId
    company: CompanyId


class ProjectsSweepDue(Message, frozen=True, kw_only=True):
    """Time to look which periods draw to their end or are over."""
