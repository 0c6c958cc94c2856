"""What capsules announce, and what the clock asks of them. None of it says what is in a letter."""

from asperguide.capsules.addressees import AddresseeId, CapsuleId
from asperguide.shared.ports import Message


class CapsuleSealed(Message, frozen=True, kw_only=True):
    """A capsule was sealed for this addressee, and its sender wants them to know."""

    capsule: CapsuleId
    addressee: AddresseeId


class CapsuleUnfolded(Message, frozen=True, kw_only=True):
    """Less than three days are left for this addressee."""

    capsule: CapsuleId
    addressee: AddresseeId


class CapsuleReady(Message, frozen=True, kw_only=True):
    """The time has come for this addressee, or their address was corrected after it had."""

    capsule: CapsuleId
    addressee: AddresseeId


class CapsuleCancelled(Message, frozen=True, kw_only=True):
    """The sender took the capsule back that was for this addressee."""

    capsule: CapsuleId
    addressee: AddresseeId


class CapsuleOpened(Message, frozen=True, kw_only=True):
    """This addressee has opened it; the sender is told."""

    capsule: CapsuleId
    addressee: AddresseeId


class CapsuleAnswered(Message, frozen=True, kw_only=True):
    """This addressee has answered; the sender is told."""

    capsule: CapsuleId
    addressee: AddresseeId


class AddressFailed(Message, frozen=True, kw_only=True):
    """No mail reaches this addressee; the sender is told."""

    capsule: CapsuleId
    addressee: AddresseeId


class CapsulesSweepDue(Message, frozen=True, kw_only=True):
    """Time to look which capsules unfold or are ready."""
