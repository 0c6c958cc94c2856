"""What companies announce. No message carries a secret or an address."""

from asperguide.companies.invitations import InvitationId
from asperguide.shared.ports import Message
from asperguide.shared.tenancy import ClientId, CompanyId


class InvitationAsked(Message, frozen=True, kw_only=True):
    """An invitation is to be sent, for this time; an earlier one that was not sent yet need not be."""

    company: CompanyId
    invitation: InvitationId
    sending: int


class ClientErased(Message, frozen=True, kw_only=True):
    """Nothing is known of a client any more; what refers to them elsewhere is to be forgotten."""

    company: CompanyId
    client: ClientId


class CompanyClosing(Message, frozen=True, kw_only=True):
    """A company is gone for everybody; what is left of it is to be removed."""

    company: CompanyId


class CompanyRemoved(Message, frozen=True, kw_only=True):
    """Nothing is left of a company but what came in its last moments, which is to be forgotten as well."""

    company: CompanyId


class InvitationsPruneDue(Message, frozen=True, kw_only=True):
    """Time to forget invitations that have been over for long."""
