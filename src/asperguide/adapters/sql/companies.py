"""Companies in a database: the unit of work over their repositories."""

from asperguide.adapters.sql.company_clients import SqlActivity, SqlClients, SqlDeeds, SqlInvitations
from asperguide.adapters.sql.company_members import SqlCompanyRecords, SqlMembers
from asperguide.adapters.sql.company_reads import SqlCompanyReads
from asperguide.adapters.sql.unit_of_work import SqlUnitOfWork
from asperguide.companies.repositories import CompaniesUnitOfWork

__all__ = ["SqlCompaniesUnitOfWork", "SqlCompanyReads"]


class SqlCompaniesUnitOfWork(SqlUnitOfWork, CompaniesUnitOfWork):
    """A transaction of the database."""

    @property
    def companies(self) -> SqlCompanyRecords:
        """Companies and their settings."""
        return SqlCompanyRecords(self.store, self.touch)

    @property
    def members(self) -> SqlMembers:
        """Who belongs to them."""
        return SqlMembers(self.store)

    @property
    def invitations(self) -> SqlInvitations:
        """Who is to belong to them."""
        return SqlInvitations(self.store)

    @property
    def clients(self) -> SqlClients:
        """Their end customers."""
        return SqlClients(self.store)

    @property
    def activity(self) -> SqlActivity:
        """What happened in them."""
        return SqlActivity(self.store)

    @property
    def deeds(self) -> SqlDeeds:
        """What administrators did to them."""
        return SqlDeeds(self.store)
