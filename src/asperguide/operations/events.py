"""What the clock asks of operations, and what operations tell others."""

from uuid import UUID

from asperguide.shared.ports import Message


class LedgerPruneDue(Message, frozen=True, kw_only=True):
    """Time to forget jobs that were done long ago, and answers kept for repeated requests."""


class InvariantsCheckDue(Message, frozen=True, kw_only=True):
    """Time to look whether everything is as it must be."""


class JobCancelled(Message, frozen=True, kw_only=True):
    """A job that somebody waited for will not be done; `kind` and `payload` are its own. It may still be stopping."""

    job: UUID
    kind: str
    payload: str
