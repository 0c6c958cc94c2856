"""The law of everything that keeps companies, on each kind of persistence."""

from asperguide.testing.contracts import CompaniesContract


class TestCompanies(CompaniesContract):
    """Each of them."""
