"""Everything that capsules can refuse."""

from asperguide.shared.errors import Conflict, Invalid, NotFound


class CapsuleNotFound(NotFound, code=40480):
    """There is no such capsule."""


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


class InvalidUnlockTime(Invalid, code=42280):
    """A capsule cannot open at this time."""


class InvalidCapsule(Invalid, code=42281):
    """The capsule is not as it should be."""
