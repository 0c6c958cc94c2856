"""The law of everything that keeps prints, on each kind of persistence."""

from asperguide.testing.contracts import ArContract


class TestAr(ArContract):
    """Each of them."""
