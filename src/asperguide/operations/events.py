"""What the clock asks of operations."""

from asperguide.shared.ports import Message


class LedgerPruneDue(Message, frozen=True, kw_only=True):
    """Time to forget jobs that were done long ago, and answers kept for repeated requests."""


class InvariantsCheckDue(Message, frozen=True, kw_only=True):
    """Time to look whether everything is as it must be."""
