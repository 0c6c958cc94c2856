"""What identity announces. Workers turn most of it into mails; no message carries a secret."""

from datetime import datetime
from uuid import UUID

from asperguide.shared.actor import UserId
from asperguide.shared.ports import Message


class UserRegistered(Message, frozen=True, kw_only=True):
    """A new account waits for its address to be confirmed."""

    user: UserId


class TakenAddressTried(Message, frozen=True, kw_only=True):
    """Somebody registered with the address of an account that exists."""

    email_key: str


class VerificationRequested(Message, frozen=True, kw_only=True):
    """Somebody wants the confirmation mail for this address again; whether it is known is found out later."""

    email: str


class ResetRequested(Message, frozen=True, kw_only=True):
    """Somebody wants to reset the password of this address; whether it is known is found out later."""

    email: str


class EmailChangeRequested(Message, frozen=True, kw_only=True):
    """The owner wants to move to another address, which is to be confirmed."""

    user: UserId
    email: str


class EmailChanged(Message, frozen=True, kw_only=True):
    """The account moved to another address; the old one is told."""

    user: UserId
    old: str
    at: datetime


class AddressVerified(Message, frozen=True, kw_only=True):
    """An address was proved to be the account's, by its canonical form; what waits for it elsewhere can be handed over.

    The account may be suspended, and may have moved on since.
    """

    user: UserId
    email_key: str


class PasswordChanged(Message, frozen=True, kw_only=True):
    """The password was changed or reset."""

    user: UserId
    at: datetime
    device: str
    address: str


class SignedInFromNewDevice(Message, frozen=True, kw_only=True):
    """Somebody signed in from a device that the account has not been used on."""

    user: UserId
    at: datetime
    device: str
    address: str


class AccountClosing(Message, frozen=True, kw_only=True):
    """The owner closed the account; it can be reopened until then."""

    user: UserId
    until: datetime


class AccountReopened(Message, frozen=True, kw_only=True):
    """The owner came back in time."""

    user: UserId


class UserSuspended(Message, frozen=True, kw_only=True):
    """An administrator locked the account."""

    user: UserId


class PortraitAbandoned(Message, frozen=True, kw_only=True):
    """The pictures of this name are, or may be, nobody's any more."""

    user: UserId
    name: str


class AccountErased(Message, frozen=True, kw_only=True):
    """Nothing personal is left of an account in identity; what others keep of its owner is to go too."""

    user: UserId


class ExportRequested(Message, frozen=True, kw_only=True):
    """The owner wants everything that is kept of them, as the archive of this id."""

    user: UserId
    export: UUID


class ExportMade(Message, frozen=True, kw_only=True):
    """The archive is there since that instant."""

    user: UserId
    export: UUID
    at: datetime


class SessionsPruneDue(Message, frozen=True, kw_only=True):
    """Time to throw sessions away that are over."""


class CodesPruneDue(Message, frozen=True, kw_only=True):
    """Time to throw codes away that are over."""


class UnconfirmedPruneDue(Message, frozen=True, kw_only=True):
    """Time to throw accounts away that nobody confirmed."""


class ExportsPruneDue(Message, frozen=True, kw_only=True):
    """Time to throw archives away that were kept for their 7 days."""


class ClosedAccountsPurgeDue(Message, frozen=True, kw_only=True):
    """Time to erase accounts whose grace is over."""
