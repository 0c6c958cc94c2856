"""Companies: who belongs to them in which role, who their clients are, and what happened in them."""

from asperguide.companies.founding import (
    ChangeCompany,
    CompanyChange,
    CreateCompany,
    GetCompany,
    ListCompanies,
    NewCompany,
)
from asperguide.companies.model import RIGHTS, Company, CompanyState, Membership, Right, Tier
from asperguide.companies.ports import CompanyPolicy
from asperguide.companies.views import CompanySummary, CompanyView

__all__ = [
    # founding
    "CreateCompany", "NewCompany", "CompanyView", "GetCompany", "ListCompanies", "CompanySummary", "ChangeCompany",
    "CompanyChange",
    # what a company is, and who may do what in it
    "Company", "CompanyState", "Tier", "Membership", "Right", "RIGHTS",
    # parts that a container puts together
    "CompanyPolicy",
]  # fmt: skip
