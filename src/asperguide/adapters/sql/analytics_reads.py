"""What was counted, read by indexes: of a subject all at once, as of one moment."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from asperguide.adapters.sql.analytics_rows import CountRow, EventRow
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.prepared import Prepared, by_ids, named_ids
from asperguide.adapters.sql.types import Uuid
from asperguide.ar.analytics_calendar import Span
from asperguide.ar.analytics_model import TALLIED, Dimension, Figures, Ranked, Tally
from asperguide.ar.analytics_ports import AnalyticsReads
from asperguide.ar.model import ContentId
from asperguide.shared.tenancy import CompanyId, ProjectId

_events, _counts = EventRow.__table__.c, CountRow.__table__.c
_company = sa.bindparam("_company", type_=Uuid())
_subject = sa.bindparam("_subject", type_=Uuid())
_project = sa.bindparam("_project", type_=Uuid())
_first, _last = sa.bindparam("_first", type_=sa.Date), sa.bindparam("_last", type_=sa.Date)
_limit = sa.bindparam("_limit", type_=sa.Integer)
_days = _counts.day.between(_first, _last)
_of_subject = (_counts.company == _company, _counts.subject == _subject, _days)
_TOLD_APART = [one for one in Dimension if one is not Dimension.ALL]

_companies = Prepared(sa.select(_events.company).where(_events.waiting == 1).group_by(_events.company).limit(_limit))
_waiting = Prepared(
    sa.select(sa.func.count()).select_from(
        sa.select(_events.waiting)
        .where(_events.waiting == 1, _events.company == _company)
        .limit(_limit)
        .subquery("asked")
    )
)
# One statement, so that days and parts are of the same moment.
_figures = Prepared(
    sa.union_all(
        sa.select(_counts.day, _counts.dimension, _counts.value, *(_counts[name] for name in TALLIED)).where(
            *_of_subject, _counts.dimension == Dimension.ALL
        ),
        *(
            sa.select(
                sa.func.min(_counts.day), sa.func.min(_counts.dimension), _counts.value,
                *(sa.func.sum(_counts[name]) for name in TALLIED),
            )
            .where(*_of_subject, _counts.dimension == dimension)
            .group_by(_counts.value)
            for dimension in _TOLD_APART
        ),
    )
)  # fmt: skip
_sessions = sa.func.sum(_counts.sessions)
_ranking = (
    sa.select(_counts.subject, sa.func.sum(_counts.opened), sa.func.sum(_counts.play), _sessions)
    .where(_counts.company == _company, _days)
    .group_by(_counts.subject)
    .order_by(_sessions.desc(), _counts.subject)
    .limit(_limit)
)
_top_of_company = Prepared(_ranking.where(_counts.ranked.is_not(None)))
_top_of_others = by_ids(_counts.ranked, lambda these: _ranking.where(_counts.ranked.is_not(None), sa.not_(these)))
_top_of_project = Prepared(_ranking.where(_counts.ranked == _project))


class SqlAnalyticsReads(AnalyticsReads):
    """Rows of `ar_counts`, and of events that wait."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def companies(self, limit: int) -> Sequence[CompanyId]:
        """By the index of what waits."""
        async with self._database.reading() as store:
            return [CompanyId(company) for (company,) in await store.execute(_companies, {"_limit": limit})]

    async def waiting(self, company: CompanyId, limit: int) -> int:
        """By the same index."""
        async with self._database.reading() as store:
            return int(await store.scalar(_waiting, _company=company, _limit=limit))

    async def figures(self, company: CompanyId, subject: UUID, span: Span) -> Figures:
        """One statement."""
        values = {"_company": company, "_subject": subject, "_first": span.first, "_last": span.last}
        days, sessions = dict[date, Tally](), defaultdict[Dimension, dict[str, int]](dict)
        async with self._database.reading() as store:
            for day, dimension, value, *tallies in await store.execute(_figures, values):
                tally = Tally(**{name: int(count) for name, count in zip(TALLIED, tallies, strict=True)})
                if dimension is Dimension.ALL:
                    days[day] = tally
                else:
                    sessions[dimension][value] = tally.sessions
        return Figures(days=days, sessions=dict(sessions))

    async def top(
        self, company: CompanyId, project: ProjectId | None, span: Span, limit: int, but: Collection[ProjectId] = ()
    ) -> Sequence[Ranked]:
        """By the index of contents among others, in one statement."""
        values: dict[str, Any] = {"_company": company, "_first": span.first, "_last": span.last, "_limit": limit}
        statement, more = _top_of_company, dict[str, Any]()
        if project is not None:
            statement, more = _top_of_project, {"_project": project}
        elif but:
            more = named_ids(list(but))
            statement = _top_of_others(len(more))
        async with self._database.reading() as store:
            rows = await store.execute(statement, {**values, **more})
        return [
            Ranked(content=ContentId(content), opened=int(opened), play=int(play), sessions=int(sessions))
            for content, opened, play, sessions in rows
        ]
