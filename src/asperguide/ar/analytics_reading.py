"""Looking at what was counted."""

from datetime import date
from uuid import UUID

import msgspec

from asperguide.ar.analytics_calendar import By, Span, buckets, span_of
from asperguide.ar.analytics_errors import AnalyticsNotFound, InvalidPeriod
from asperguide.ar.analytics_folding import FoldEvents
from asperguide.ar.analytics_intake import day_in
from asperguide.ar.analytics_model import Level, Scope
from asperguide.ar.analytics_ports import AnalyticsReads, Watched
from asperguide.ar.analytics_views import AnalyticsView, TopView, analytics_view, top_view
from asperguide.ar.model import ContentId
from asperguide.shared.actor import Actor
from asperguide.shared.commands import checked
from asperguide.shared.ports import Clock
from asperguide.shared.tenancy import ProjectId

MOST_TOP = 10
WITH_CONTENTS = (Level.PROJECT, Level.COMPANY)


class Period(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which days, and how they are divided. Up to today, and 30 days, 12 weeks or a year, unless told."""

    first: date | None = None
    last: date | None = None
    by: By = By.DAY


class ShowAnalytics(msgspec.Struct, frozen=True, kw_only=True):
    """How often something was looked at, day by day, in ISO weeks or in months of the company's zone.

    Everything that was acknowledged before is counted. Of a company the views of all projects are counted, and no
    content is named of a project that is closed to me.
    """

    watched: Watched
    reads: AnalyticsReads
    fold: FoldEvents
    clock: Clock

    async def __call__(
        self, actor: Actor, level: Level, id: UUID, period: Period, within: ContentId | None = None
    ) -> AnalyticsView:
        period = checked(period, InvalidPeriod)
        scope = await self.watched.scope(actor, level, id, within)
        if scope is None or scope.content != within:
            raise AnalyticsNotFound
        span = span_of(period.first, period.last, period.by, day_in(scope.time_zone, self.clock.now()))
        parts = buckets(span, period.by)
        left = await self.fold(scope.company)
        figures = await self.reads.figures(scope.company, scope.id, span)
        return analytics_view(scope, span, period.by, parts, figures, await self._top(scope, span), left)

    async def _top(self, scope: Scope, span: Span) -> tuple[TopView, ...]:
        if scope.level not in WITH_CONTENTS:
            return ()
        project = ProjectId(scope.id) if scope.level is Level.PROJECT else None
        ranked = await self.reads.top(scope.company, project, span, MOST_TOP, scope.closed)
        titles = await self.watched.titles(scope.company, [one.content for one in ranked]) if ranked else {}
        return top_view(ranked, titles)
