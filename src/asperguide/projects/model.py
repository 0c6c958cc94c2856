"""Projects: whose they are, whether what is in them may be shown, and until when."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta

from asperguide.projects.errors import InvalidProject, ProjectInWrongState, ProjectNeverEnds
from asperguide.projects.notices import Notice, Reached, notices_of
from asperguide.projects.rights import Access
from asperguide.shared.actor import UserId
from asperguide.shared.errors import FieldError
from asperguide.shared.naming import LONGEST_SLUG, SLUG, can_be_seen, name_key
from asperguide.shared.tenancy import CompanyFacts, CompanyId, CompanyRole, ProjectFacts, ProjectId, ProjectState

EXPIRES_SOON = timedelta(days=7)
"""For so long before its end a project is expiring."""
FAR = datetime(9999, 12, 31, tzinfo=UTC)
"""Later than any end: the place of projects without one in an order of ends."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MOST_YEARS = timedelta(days=365.25 * 100)
LONGEST_NAME = 255
MOST_TAGS = 20

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, examples=["Mariage d’Amélie & Seán"])]
Slug = Annotated[str, Meta(min_length=1, max_length=LONGEST_SLUG, pattern=SLUG + r"\Z", examples=["amelie-and-sean"])]
Description = Annotated[str, Meta(max_length=5000)]
Tag = Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f\x7f,]+\Z", examples=["wedding"])]
Tags = Annotated[tuple[Tag, ...], Meta(max_length=MOST_TAGS)]
Instant = Annotated[datetime, Meta(tz=True)]
NoticeDays = Annotated[int, Meta(ge=1, le=365, description="So many days before its end the company is told.")]


class Lifecycle(StrEnum):
    """Where a project is in its period. expiring: it ends within 7 days. upcoming, expired: nothing is shown."""

    UPCOMING = "upcoming"
    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"


class Move(StrEnum):
    """What takes a project from one state to another."""

    ACTIVATE = "activate"
    ARCHIVE = "archive"
    RESTORE = "restore"


MOVES: Mapping[Move, tuple[ProjectState, ProjectState]] = MappingProxyType(
    {
        Move.ACTIVATE: (ProjectState.DRAFT, ProjectState.ACTIVE),
        Move.ARCHIVE: (ProjectState.ACTIVE, ProjectState.ARCHIVED),
        Move.RESTORE: (ProjectState.ARCHIVED, ProjectState.ACTIVE),
    }
)
"""From where to where; there already, it changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project of a company. Without `ends_at` its period does not end.

    A template is there to be copied: it is never shown, and nobody is told of its end. While it is `removing` it is as
    good as gone.
    """

    id: ProjectId
    company: CompanyId
    name: str
    slug: str
    description: str = ""
    state: ProjectState = ProjectState.DRAFT
    starts_at: datetime
    ends_at: datetime | None = None
    notify_before_days: int = 7
    tags: tuple[str, ...] = ()
    template: bool = False
    access: Access = Access.INHERIT
    removing: bool = False
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def name_key(self) -> str:
        """What the name is unique by, and sorted."""
        return name_key(self.name)

    @property
    def ends_key(self) -> datetime:
        """What its end is sorted by."""
        return self.ends_at or FAR

    def lifecycle(self, now: datetime) -> Lifecycle:
        """Where it is in its period, with no worker having to say so."""
        if now >= self.ends_key:
            return Lifecycle.EXPIRED
        if now < self.starts_at:
            return Lifecycle.UPCOMING
        return Lifecycle.EXPIRING if now >= self.ends_key - EXPIRES_SOON else Lifecycle.ACTIVE

    def facts(self, company: CompanyFacts) -> ProjectFacts:
        """What others need to know of it."""
        return ProjectFacts(
            id=self.id, company=company, name=self.name, state=self.state, template=self.template,
            starts_at=self.starts_at, ends_at=self.ends_at,
        )  # fmt: skip

    def checked(self, now: datetime) -> "Project":
        """The project, if it keeps the rules, with its times in UTC. Raises InvalidProject with all that is wrong."""
        wrong = (*_wrong_name(self.name), *_wrong_period(self.starts_at, self.ends_at, now))
        if wrong:
            raise InvalidProject(fields=wrong)
        ends_at = None if self.ends_at is None else self.ends_at.astimezone(UTC)
        return replace(self, starts_at=self.starts_at.astimezone(UTC), ends_at=ends_at)

    def moved(self, move: Move) -> "Project":
        """In the state that the move leads to. Raises ProjectInWrongState when there is no way from here."""
        origin, target = MOVES[move]
        if self.state not in (origin, target):
            raise ProjectInWrongState
        return replace(self, state=target)

    def extended(self, days: int, zone: str, now: datetime) -> "Project":
        """So many days longer, on the clocks of this zone: over a change to summer time the hour stays the same.

        What is over already goes on from now, so that the days are all still to come. Raises ProjectNeverEnds,
        ProjectInWrongState, InvalidProject.
        """
        if self.ends_at is None:
            raise ProjectNeverEnds
        self.demand_open()
        return replace(self, ends_at=days_later(max(self.ends_at, now), days, zone)).checked(now)

    def demand_open(self) -> None:
        """Raises ProjectInWrongState when it is archived: then nothing of it may be changed."""
        if self.state is ProjectState.ARCHIVED:
            raise ProjectInWrongState

    def next_notice(self, now: datetime, reached: Reached | None = None) -> Notice | None:
        """What is to be said of it next, where one has come so far; what was missed, and is still so, is due at once.

        Of drafts, templates, what is put away and what has no end there is nothing.
        """
        if self.state is not ProjectState.ACTIVE or self.template or self.removing or self.ends_at is None:
            return None
        all = notices_of(self.id, self.company, self.starts_at, self.ends_at, self.notify_before_days)
        return next((one for one in all if one.outstanding(now, reached)), None)

    @property
    def timed_by(self) -> tuple[object, ...]:
        """All that notices depend on."""
        return self.state, self.template, self.removing, self.starts_at, self.ends_at, self.notify_before_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A member whom a restricted project is open to, in this role or that of the company, whichever may do less."""

    project: ProjectId
    company: CompanyId
    user: UserId
    role: CompanyRole

    @property
    def place(self) -> tuple[ProjectId, UserId]:
        """What is there once."""
        return self.project, self.user


def days_later(at: datetime, days: int, zone: str) -> datetime:
    """The same time of day so many days later, on the clocks of the zone. Raises InvalidProject beyond all calendars.

    A time that clocks skip is taken for as much later as they are put forward.
    """
    try:
        return (at.astimezone(ZoneInfo(zone)) + timedelta(days=days)).astimezone(UTC)
    except OverflowError:
        raise InvalidProject(fields=(_wrong("#/days", "OUT_OF_RANGE", "This is too far ahead."),)) from None


def _wrong_name(name: str) -> tuple[FieldError, ...]:
    if not can_be_seen(name) or re.search(r"[\x00-\x1f\x7f]", name):
        return (_wrong("#/name", "INVALID", "A name that can be read."),)
    # Folding can lengthen: the key of a name has to fit as well.
    if len(name) > LONGEST_NAME or len(name_key(name).encode()) > 4 * LONGEST_NAME:
        return (_wrong("#/name", "TOO_LONG", f"At most {LONGEST_NAME} characters."),)
    return ()


def _wrong_period(starts_at: datetime, ends_at: datetime | None, now: datetime) -> tuple[FieldError, ...]:
    latest = now + MOST_YEARS
    if not EARLIEST <= starts_at <= latest:
        return (_wrong("#/starts_at", "OUT_OF_RANGE", "From the year 2000 to 100 years ahead."),)
    if ends_at is not None and ends_at <= starts_at:
        return (_wrong("#/ends_at", "OUT_OF_RANGE", "After the beginning."),)
    if ends_at is not None and ends_at > latest:
        return (_wrong("#/ends_at", "OUT_OF_RANGE", "At most 100 years ahead."),)
    return ()


def _wrong(pointer: str, code: str, detail: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, detail=detail)
