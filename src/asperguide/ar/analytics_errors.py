"""Everything that counting what people look at can refuse."""

from asperguide.shared.errors import Invalid, NotFound


class ViewNotFound(NotFound, code=40493):
    """There is nothing to be seen under this address."""


class AnalyticsNotFound(NotFound, code=40494):
    """There is nothing here of which views are counted."""


class InvalidEvents(Invalid, code=42293):
    """The events are not as they should be."""


class InvalidPeriod(Invalid, code=42294):
    """This is no period that can be shown."""
