"""The law of everything that keeps companies: units of work and reads over one place."""

from asperguide.testing.contracts.companies.clients import ClientsContract
from asperguide.testing.contracts.companies.invitations import InvitationsContract
from asperguide.testing.contracts.companies.lists import CompanyListsContract
from asperguide.testing.contracts.companies.members import MembersContract
from asperguide.testing.contracts.companies.records import CompanyRecordsContract
from asperguide.testing.contracts.companies.standings import StandingsContract


class CompaniesContract(
    CompanyRecordsContract,
    MembersContract,
    StandingsContract,
    InvitationsContract,
    ClientsContract,
    CompanyListsContract,
):
    """Give it a fixture `persistence`: a `Persistence` that is empty."""
