"""What the clock has to say of a project: that its period begins, draws to its end and is over, each once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from asperguide.shared.tenancy import CompanyId, ProjectId

A_DAY = timedelta(days=1)


class Stage(StrEnum):
    """begins: it is shown from now on. nearing: so many days are left as it says. last_day: 24 hours. ended: over."""

    BEGINS = "begins"
    NEARING = "nearing"
    LAST_DAY = "last_day"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be said next of a project with this period, and when; `notify_before_days` before its end at first."""

    project: ProjectId
    company: CompanyId
    stage: Stage
    due_at: datetime
    starts_at: datetime
    ends_at: datetime | None
    notify_before_days: int

    @property
    def following(self) -> "Notice | None":
        """What comes after it."""
        stages = list(stages_of(self.starts_at, self.ends_at, self.notify_before_days))
        behind = [(at, stage) for at, stage in stages if (at, _order(stage)) > (self.due_at, _order(self.stage))]
        return replace(self, stage=behind[0][1], due_at=behind[0][0]) if behind else None


def stages_of(starts_at: datetime, ends_at: datetime | None, days: int) -> Iterator[tuple[datetime, Stage]]:
    """All that is said of a period, in order. Nobody is told of an end before the beginning, or twice at a time."""
    yield starts_at, Stage.BEGINS
    if ends_at is None:
        return
    if days > 1 and ends_at - days * A_DAY >= starts_at:
        yield ends_at - days * A_DAY, Stage.NEARING
    if ends_at - A_DAY >= starts_at:
        yield ends_at - A_DAY, Stage.LAST_DAY
    yield ends_at, Stage.ENDED


def _order(stage: Stage) -> int:
    return list(Stage).index(stage)
