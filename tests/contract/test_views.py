"""The law of everything that keeps what viewers did, on each kind of persistence."""

from asperguide.testing.contracts import AnalyticsContract


class TestViews(AnalyticsContract):
    """Each of them."""
