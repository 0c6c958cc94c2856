"""The law of everything that keeps identity, on each kind of persistence."""

from asperguide.identity.model import canonical_email
from asperguide.testing.contracts import IdentityContract


class TestIdentity(IdentityContract):
    """Each of them."""


def test_addresses_that_fold_to_the_same_are_the_same() -> None:
    assert canonical_email("STRASSE@example.org") == canonical_email("straße@example.org")
    assert canonical_email("e\u0301@example.org") == canonical_email("\u00c9@example.org")
