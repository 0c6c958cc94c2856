"""Capsules in a database: the unit of work over their repositories."""

from typing import Any

from asperguide.adapters.sql.capsule_announcing import SqlAnnouncements
from asperguide.adapters.sql.capsule_drafts import SqlContents, SqlDrafts, SqlRecipients
from asperguide.adapters.sql.capsule_reads import SqlCapsuleReads
from asperguide.adapters.sql.capsule_replies import SqlCountdowns, SqlReplies
from asperguide.adapters.sql.capsule_sealed import Facts, SqlCapsules
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.unit_of_work import SqlUnitOfWork
from asperguide.capsules.repositories import CapsulesUnitOfWork

__all__ = ["SqlCapsuleReads", "SqlCapsulesUnitOfWork"]


class SqlCapsulesUnitOfWork(SqlUnitOfWork, CapsulesUnitOfWork):
    """A transaction of the database."""

    def __init__(self, database: Database, **others: Any) -> None:
        super().__init__(database, **others)
        self._locked: Facts = {}

    @property
    def drafts(self) -> SqlDrafts:
        """Drafts, without what is in them."""
        return SqlDrafts(self.store)

    @property
    def contents(self) -> SqlContents:
        """What is in drafts and capsules."""
        return SqlContents(self.store)

    @property
    def recipients(self) -> SqlRecipients:
        """All address books."""
        return SqlRecipients(self.store)

    @property
    def capsules(self) -> SqlCapsules:
        """Capsules and their addressees, and what goes with them."""
        return SqlCapsules(self.store, self._locked)

    @property
    def announcements(self) -> SqlAnnouncements:
        """What waits for its time."""
        return SqlAnnouncements(self.store)

    @property
    def replies(self) -> SqlReplies:
        """Answers and reflections."""
        return SqlReplies(self.store)

    @property
    def countdowns(self) -> SqlCountdowns:
        """Shared countdowns."""
        return SqlCountdowns(self.store)
