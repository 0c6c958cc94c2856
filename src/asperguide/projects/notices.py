"""What the clock has to say of a project: that its period draws to its end and is over, each once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from asperguide.shared.tenancy import CompanyId, ProjectId

A_DAY = timedelta(days=1)


class Stage(StrEnum):
    """nearing: so many days are left as it says. last_day: 24 hours. ended: over."""

    NEARING = "nearing"
    LAST_DAY = "last_day"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far one has come with what is said of an end: what is next, and when each was or is to be said, if at all."""

    stage: Stage
    nearing_at: datetime | None
    last_day_at: datetime | None
    ends_at: datetime

    def said(self, notice: "Notice") -> bool:
        """Whether this was said of that end already, at whatever time."""
        at = {Stage.NEARING: self.nearing_at, Stage.LAST_DAY: self.last_day_at, Stage.ENDED: self.ends_at}
        further = ORDER.index(self.stage) > ORDER.index(notice.stage)
        return further and self.ends_at == notice.ends_at and at[notice.stage] is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Reached):
    """What is to be said next of a project, and when; and when the rest is to be said, where there is any."""

    project: ProjectId
    company: CompanyId
    due_at: datetime

    @property
    def following(self) -> "Notice | None":
        """What comes after it."""
        rest = (Stage.LAST_DAY, self.last_day_at), (Stage.ENDED, self.ends_at)
        for stage, at in rest[ORDER.index(self.stage) :]:
            if at is not None:
                return replace(self, stage=stage, due_at=at)
        return None

    def outstanding(self, now: datetime, reached: Reached | None) -> bool:
        """Whether it is still to be said: at its time or, where it was missed, before what follows it is due."""
        if self.due_at > now:
            return True
        following = self.following
        missed = reached is None or not reached.said(self)
        return missed and following is not None and following.due_at > now


ORDER = tuple(Stage)


def notices_of(
    project: ProjectId, company: CompanyId, starts_at: datetime, ends_at: datetime, days: int
) -> Iterator[Notice]:
    """All that is said of a period, in order: `days` before its end first.

    Nobody is told of an end before the beginning, or twice at a time.
    """
    early, late = ends_at - days * A_DAY, ends_at - A_DAY
    nearing_at = early if days > 1 and early >= starts_at else None
    last_day_at = late if late >= starts_at else None
    for stage, at in zip(ORDER, (nearing_at, last_day_at, ends_at), strict=True):
        if at is not None:
            yield Notice(
                project=project, company=company, stage=stage, due_at=at, nearing_at=nearing_at,
                last_day_at=last_day_at, ends_at=ends_at,
            )  # fmt: skip
