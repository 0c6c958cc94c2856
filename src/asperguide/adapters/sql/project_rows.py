"""The tables of projects. There are no foreign keys: checking them would lock rows that others are working on."""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.types import EnumText, JsonValue, KeyText, LongText, Uuid
from asperguide.projects.errors import ProjectNameTaken, ProjectSlugTaken
from asperguide.projects.model import Lifecycle, Project
from asperguide.projects.notices import Stage
from asperguide.projects.rights import Access
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import CompanyId, CompanyRole, ProjectId, ProjectState


class ProjectRow(Row):
    """A project; `name_key` and `ends_key` are made of other fields, to be found by."""

    __tablename__ = "projects"

    id: Mapped[ProjectId] = mapped_column(Uuid(), primary_key=True)
    company: Mapped[CompanyId] = mapped_column(Uuid())
    name: Mapped[str] = mapped_column(sa.String(255))
    name_key: Mapped[str] = mapped_column(KeyText(255))
    slug: Mapped[str] = mapped_column(KeyText(80))
    description: Mapped[str] = mapped_column(LongText())
    state: Mapped[ProjectState] = mapped_column(EnumText(ProjectState, 16))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    ends_key: Mapped[datetime]
    notify_before_days: Mapped[int] = mapped_column(sa.Integer)
    tags: Mapped[tuple[str, ...]] = mapped_column(JsonValue(tuple[str, ...]))
    template: Mapped[bool] = mapped_column(sa.Boolean)
    access: Mapped[Access] = mapped_column(EnumText(Access, 16))
    removing: Mapped[bool] = mapped_column(sa.Boolean)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.UniqueConstraint("company", "name_key"),
        sa.UniqueConstraint("company", "slug"),
        sa.Index("ix_projects_company", "company", "id"),
        sa.Index("ix_projects_created_at", "company", "created_at", "id"),
        sa.Index("ix_projects_name_key", "company", "name_key", "id"),
        sa.Index("ix_projects_ends_key", "company", "ends_key", "id"),
    )
    __errors__: ClassVar = {
        "uq_projects_company_name_key": ProjectNameTaken,
        "uq_projects_company_slug": ProjectSlugTaken,
    }


class ProjectTagRow(Row):
    """A tag of a project, to be found by; written anew with it."""

    __tablename__ = "project_tags"

    id: Mapped[ProjectId] = mapped_column(Uuid(), primary_key=True)
    tag: Mapped[str] = mapped_column(KeyText(50), primary_key=True)


class ListedRow(Row):
    """A member whom a restricted project is open to."""

    __tablename__ = "project_lists"

    project: Mapped[ProjectId] = mapped_column(Uuid(), primary_key=True)
    user: Mapped[UserId] = mapped_column(Uuid(), primary_key=True)
    company: Mapped[CompanyId] = mapped_column(Uuid())
    role: Mapped[CompanyRole] = mapped_column(EnumText(CompanyRole, 16))

    __table_args__ = (sa.Index("ix_project_lists_user", "user", "project"),)


class CountRow(Row):
    """How many projects a company has: one row, made when it first needs it."""

    __tablename__ = "project_counts"

    company: Mapped[CompanyId] = mapped_column(Uuid(), primary_key=True)
    projects: Mapped[int] = mapped_column(sa.Integer)


class NoticeRow(Row):
    """What is to be said next of a project; nothing more without `due_at`."""

    __tablename__ = "project_notices"

    project: Mapped[ProjectId] = mapped_column(Uuid(), primary_key=True)
    company: Mapped[CompanyId] = mapped_column(Uuid())
    stage: Mapped[Stage] = mapped_column(EnumText(Stage, 16))
    due_at: Mapped[datetime | None]
    nearing_at: Mapped[datetime | None]
    last_day_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]

    __table_args__ = (sa.Index("ix_project_notices_due_at", "due_at", "project"),)


PROJECT = tuple(ProjectRow.__table__.c[name] for name in Project.__slots__ if name in ProjectRow.__table__.c)


def in_lifecycle(lifecycle: Lifecycle, now: datetime, soon: datetime) -> sa.ColumnElement[bool]:
    """What `Project.lifecycle` says; `soon` is until when a project is expiring that ends then."""
    c = ProjectRow.__table__.c
    if lifecycle is Lifecycle.EXPIRED:
        return c.ends_key <= now
    if lifecycle is Lifecycle.UPCOMING:
        return sa.and_(c.ends_key > now, c.starts_at > now)
    if lifecycle is Lifecycle.EXPIRING:
        return sa.and_(c.ends_key > now, c.ends_key <= soon, c.starts_at <= now)
    return sa.and_(c.ends_key > soon, c.starts_at <= now)
