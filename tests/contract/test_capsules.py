"""The law of everything that keeps capsules, on each kind of persistence."""

from asperguide.testing.contracts import CapsulesContract


class TestCapsules(CapsulesContract):
    """Each of them."""
