"""Companies: who belongs to them in which role, who their clients are, and what happened in them."""

from asperguide.companies.activity import Happening, What
from asperguide.companies.administering import (
    AdministerCompany,
    CompanyAdministration,
    ListAllCompanies,
    ShowAnyCompany,
)
from asperguide.companies.belonging import (
    ChangeRole,
    GetMember,
    LeaveCompany,
    ListMembers,
    NewOwner,
    NewRole,
    RemoveMember,
    TransferOwnership,
)
from asperguide.companies.client_book import (
    AddClient,
    ChangeClient,
    ClientChange,
    EraseClient,
    GetClient,
    ListClients,
    NewClient,
)
from asperguide.companies.clients import Client
from asperguide.companies.closing import CompanyDeleted, DeleteCompany, TakeApart
from asperguide.companies.configuring import ChangeCompanySettings, GetCompanySettings, SettingsChange
from asperguide.companies.exporting import Export, ExportClients
from asperguide.companies.founding import (
    ChangeCompany,
    CompanyChange,
    CreateCompany,
    GetCompany,
    ListCompanies,
    NewCompany,
)
from asperguide.companies.housekeeping import PruneInvitations
from asperguide.companies.invitations import InvitationId, InvitationState
from asperguide.companies.inviting import (
    InviteMember,
    ListInvitations,
    NewInvitation,
    ResendInvitation,
    RevokeInvitation,
)
from asperguide.companies.joining import AcceptInvitation, DeclineInvitation, ShowInvitation
from asperguide.companies.mailing import SendInvitation
from asperguide.companies.model import RIGHTS, Company, CompanyState, Membership, Right, Tier
from asperguide.companies.noting import ListActivity, NoteActivity
from asperguide.companies.parting import PartFromCompanies
from asperguide.companies.ports import CompanyPolicy
from asperguide.companies.settings import CompanySettings
from asperguide.companies.views import (
    CompanyAccount,
    CompanySummary,
    CompanyView,
    HappeningView,
    InvitationView,
    InvitedView,
    Joined,
    MemberView,
    PersonView,
    SettingsView,
)

__all__ = [
    # founding, seeing, changing
    "CreateCompany", "NewCompany", "CompanyView", "GetCompany", "ListCompanies", "CompanySummary", "ChangeCompany",
    "CompanyChange", "GetCompanySettings", "SettingsView", "ChangeCompanySettings", "SettingsChange", "DeleteCompany",
    "CompanyDeleted", "ListActivity", "HappeningView", "PersonView",
    # members, and those who are to become some
    "ListMembers", "MemberView", "GetMember", "ChangeRole", "NewRole", "RemoveMember", "LeaveCompany",
    "TransferOwnership", "NewOwner", "InviteMember", "NewInvitation", "InvitationView", "ListInvitations",
    "ResendInvitation", "RevokeInvitation", "ShowInvitation", "InvitedView", "AcceptInvitation", "Joined",
    "DeclineInvitation",
    # clients
    "AddClient", "NewClient", "Client", "GetClient", "ListClients", "ChangeClient", "ClientChange", "EraseClient",
    "ExportClients", "Export",
    # administering
    "ListAllCompanies", "CompanyAccount", "ShowAnyCompany", "AdministerCompany", "CompanyAdministration",
    # in the background
    "SendInvitation", "TakeApart", "PartFromCompanies", "NoteActivity", "PruneInvitations",
    # parts that a container puts together
    "CompanyPolicy",
    # what a company is, and who may do what in it
    "Company", "CompanySettings", "CompanyState", "Tier", "Membership", "Right", "RIGHTS", "InvitationId",
    "InvitationState", "Happening", "What",
]  # fmt: skip
