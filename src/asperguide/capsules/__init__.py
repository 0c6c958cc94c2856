"""Capsules: letters that open when their time has come, and not a moment before."""

from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.anonymity import Anonymity
from asperguide.capsules.model import Action, Capsule, Fact, Part, State
from asperguide.capsules.unlocking import Reading, Unlock, check_unlock, unlock_on

__all__ = [
    # What a capsule is
    "Addressee",
    "AddresseeId",
    "Anonymity",
    "Capsule",
    "CapsuleId",
    "State",
    # Who may do and see what
    "Action",
    "Fact",
    "Part",
    # When it opens
    "Reading",
    "Unlock",
    "check_unlock",
    "unlock_on",
]
