"""The law of everything that keeps identity, on each kind of persistence."""

from asperguide.testing.contracts import IdentityContract


class TestIdentity(IdentityContract):
    """Each of them."""
