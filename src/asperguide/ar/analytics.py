"""Analytics of viewers: what people do with prints, taken in for good, counted once, shown to the company."""

from asperguide.ar.analytics_calendar import By, Span
from asperguide.ar.analytics_folding import FoldAllEvents, FoldEvents, ForgetViews, PruneEvents
from asperguide.ar.analytics_intake import EventsTaken, NewEvent, NewEvents, TakeEvents
from asperguide.ar.analytics_messages import EventsFoldDue, EventsPruneDue
from asperguide.ar.analytics_model import Event, EventKind, Level, Scope, Shown
from asperguide.ar.analytics_ports import (
    AnalyticsPolicy,
    AnalyticsReads,
    AnalyticsUnitOfWork,
    Counts,
    EventLog,
    Watched,
)
from asperguide.ar.analytics_reading import Period, ShowAnalytics
from asperguide.ar.analytics_views import AnalyticsView, BucketView, PartView, TallyView, TopView

__all__ = [
    # taking in
    "TakeEvents", "NewEvents", "NewEvent", "EventsTaken", "EventKind",
    # looking
    "ShowAnalytics", "Period", "By", "AnalyticsView", "TallyView", "BucketView", "PartView", "TopView",
    # in the background
    "FoldEvents", "FoldAllEvents", "PruneEvents", "ForgetViews", "EventsFoldDue", "EventsPruneDue",
    # parts that a container puts together
    "AnalyticsPolicy", "AnalyticsReads", "AnalyticsUnitOfWork", "Counts", "EventLog", "Watched",
    # what views are counted of
    "Event", "Level", "Scope", "Shown", "Span",
]  # fmt: skip
