"""What projects answer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from asperguide.projects.model import Lifecycle, Listed, Project
from asperguide.projects.rights import Access
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import CompanyId, CompanyRole, ProjectId, ProjectState


class ProjectView(msgspec.Struct, frozen=True, kw_only=True):
    """A project as a member of its company sees it. `contents` is how many there are, `role` what the member is in it.

    `ends_at` is null when its period does not end.
    """

    id: ProjectId
    company: CompanyId
    name: str
    slug: str
    description: str
    state: ProjectState
    lifecycle: Lifecycle
    starts_at: datetime
    ends_at: datetime | None
    notify_before_days: int
    tags: tuple[str, ...]
    template: bool
    access: Access
    contents: int
    role: CompanyRole
    created_at: datetime
    updated_at: datetime
    version: int


class Copying(msgspec.Struct, frozen=True, kw_only=True):
    """A project that was made of another, and the job that copies the contents into it."""

    job: UUID
    project: ProjectView


class Removing(msgspec.Struct, frozen=True, kw_only=True):
    """The job that removes a project with everything in it."""

    job: UUID


class ListedView(msgspec.Struct, frozen=True, kw_only=True):
    """A member whom a restricted project is open to. The role counts as long as that in the company is no lower."""

    user: UserId
    role: CompanyRole


class AccessView(msgspec.Struct, frozen=True, kw_only=True):
    """Who may do what in a project. Those who are listed matter while access is restricted; owners and managers do not.

    `version` is that of the project.
    """

    access: Access
    members: tuple[ListedView, ...]
    version: int


def project_view(project: Project, role: CompanyRole, now: datetime, contents: int) -> ProjectView:
    """The project as somebody in this role sees it now."""
    return ProjectView(
        id=project.id, company=project.company, name=project.name, slug=project.slug, description=project.description,
        state=project.state, lifecycle=project.lifecycle(now), starts_at=project.starts_at, ends_at=project.ends_at,
        notify_before_days=project.notify_before_days, tags=project.tags, template=project.template,
        access=project.access, contents=contents, role=role, created_at=project.created_at,
        updated_at=project.updated_at, version=project.version,
    )  # fmt: skip


def access_view(project: Project, listed: Sequence[Listed]) -> AccessView:
    """The access as whoever may see it sees it."""
    return AccessView(
        access=project.access, members=tuple(ListedView(user=one.user, role=one.role) for one in listed),
        version=project.version,
    )  # fmt: skip
