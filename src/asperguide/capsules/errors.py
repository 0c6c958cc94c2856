"""Everything that capsules can refuse."""

from asperguide.shared.errors import Conflict, Invalid, NotFound, Unavailable


class CapsuleNotFound(NotFound, code=40480):
    """There is no such capsule."""


class RecipientNotFound(NotFound, code=40481):
    """There is no such recipient."""


class DraftNotFound(NotFound, code=40482):
    """There is no such draft."""


class ClaimNotFound(NotFound, code=40483):
    """There is no letter behind this link."""


class CountdownNotFound(NotFound, code=40484):
    """There is no countdown behind this link."""


class AttachmentNotFound(NotFound, code=40485):
    """There is no such attachment, or it is gone."""


class CapsuleAlreadySealed(Conflict, code=40980):
    """The capsule has been sealed and can no longer be edited."""


class CapsuleStillSealed(Conflict, code=40981):
    """The capsule opens later."""


class CapsuleInWrongState(Conflict, code=40982):
    """The capsule is not in a state that allows this."""


class EarlyViewNotAllowed(Conflict, code=40983):
    """The sender does not want this capsule to be seen early."""


class RepliesNotAllowed(Conflict, code=40984):
    """The sender does not want replies to this capsule."""


class AlreadyReplied(Conflict, code=40985):
    """There is a reply already, and there is one only."""


class RecipientKnown(Conflict, code=40986):
    """There is a recipient with this address, or this user, already."""


class ClaimUsed(Conflict, code=40987):
    """This link was used already."""


class ClaimExpired(Conflict, code=40988):
    """This link can no longer be used."""


class TooManyCountdowns(Conflict, code=40989):
    """There are as many shared countdowns of this capsule as there may be. Revoke one first."""


class InvalidUnlockTime(Invalid, code=42280):
    """A capsule cannot open at this time."""


class InvalidCapsule(Invalid, code=42281):
    """The capsule is not as it should be."""


class InvalidRecipient(Invalid, code=42282):
    """The recipient is not as they should be."""


class LetterUnreadable(Unavailable, code=50380):
    """The letter cannot be read right now: the service does not have the key that it was sealed with."""
