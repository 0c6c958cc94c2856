"""What companies keep in memory."""

from asperguide.adapters.memory.tables import Table
from asperguide.companies.activity import Happening
from asperguide.companies.clients import Client
from asperguide.companies.errors import (
    AlreadyInvited,
    AlreadyMember,
    ClientPhoneTaken,
    CompanyNameTaken,
    CompanySlugTaken,
)
from asperguide.companies.invitations import Invitation
from asperguide.companies.model import Company, Membership
from asperguide.companies.settings import CompanySettings

COMPANIES = Table(
    name="companies", entity=Company, unique={"name_key": CompanyNameTaken, "slug": CompanySlugTaken}
)  # fmt: skip
SETTINGS = Table(name="company_settings", entity=CompanySettings)
MEMBERS = Table(name="company_members", entity=Membership, unique={("company", "user"): AlreadyMember})
INVITATIONS = Table(name="company_invitations", entity=Invitation, unique={("company", "awaited"): AlreadyInvited})
CLIENTS = Table(name="company_clients", entity=Client, unique={("company", "phone"): ClientPhoneTaken})
ACTIVITY = Table(name="company_activity", entity=Happening)
