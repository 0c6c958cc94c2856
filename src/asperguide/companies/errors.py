"""Everything that companies can refuse."""

from asperguide.shared.errors import Conflict, Forbidden, Invalid, NotFound, Throttled


class CompanyRightNeeded(Forbidden, code=40230):
    """Your role in this company does not allow this."""


class InvitationForAnother(Forbidden, code=40231):
    """This invitation is for another address. Confirm that address as yours, or ask to be invited at yours."""


class CompanyNotFound(NotFound, code=40430):
    """There is no such company."""


class MemberNotFound(NotFound, code=40431):
    """There is no such member."""


class InvitationNotFound(NotFound, code=40432):
    """There is no such invitation."""


class ClientNotFound(NotFound, code=40433):
    """There is no such client."""


class CompanyNameTaken(Conflict, code=40930):
    """There is a company of this name already."""


class CompanySlugTaken(Conflict, code=40931):
    """There is a company with this slug already."""


class LastOwner(Conflict, code=40932):
    """A company has an owner. Make somebody else an owner first."""


class AlreadyMember(Conflict, code=40933):
    """They are a member already."""


class AlreadyInvited(Conflict, code=40934):
    """This address is invited already. Resend the invitation, or revoke it first."""


class InvitationOver(Conflict, code=40935):
    """This invitation was used, declined or revoked, is too old, or whoever sent it may not invite any more."""


class CompanyNotEmpty(Conflict, code=40936):
    """There is something left in this company. Remove it first, or delete it with everything in it."""


class ClientPhoneTaken(Conflict, code=40937):
    """There is a client with this phone number already."""


class TooManyInvitations(Conflict, code=40938):
    """As many invitations wait as there may be. Revoke some, or wait until they are answered."""


class InvalidCompany(Invalid, code=42230):
    """The company is not as it should be."""


class InvalidCompanySettings(Invalid, code=42231):
    """The settings are not as they should be."""


class InvalidInvitation(Invalid, code=42232):
    """The invitation is not as it should be."""


class InvalidClient(Invalid, code=42233):
    """The client is not as they should be."""


class InvitedJustNow(Throttled, code=42930):
    """This invitation was sent a moment ago. Try again later."""
