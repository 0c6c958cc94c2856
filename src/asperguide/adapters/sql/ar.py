"""Prints in a database: the unit of work over their repositories."""

from typing import Any

from asperguide.adapters.sql.ar_contents import Read, SqlContents
from asperguide.adapters.sql.ar_counting import SqlNumbers, SqlPlaces, SqlTurns
from asperguide.adapters.sql.ar_reads import SqlArReads
from asperguide.adapters.sql.ar_scenes import SqlScenes
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.unit_of_work import SqlUnitOfWork
from asperguide.ar.repositories import ArUnitOfWork

__all__ = ["SqlArReads", "SqlArUnitOfWork"]


class SqlArUnitOfWork(SqlUnitOfWork, ArUnitOfWork):
    """A transaction of the database; its commit purges the `viewer:` keys of contents that it changed."""

    def __init__(self, database: Database, **others: Any) -> None:
        super().__init__(database, **others)
        self._videos: Read = {}

    @property
    def contents(self) -> SqlContents:
        """Contents and their videos."""
        return SqlContents(self.store, self.touch, self._videos)

    @property
    def places(self) -> SqlPlaces:
        """The projects that they are in."""
        return SqlPlaces(self.store)

    @property
    def numbers(self) -> SqlNumbers:
        """Counters of numbers."""
        return SqlNumbers(self.store)

    @property
    def turns(self) -> SqlTurns:
        """Turns of view sessions."""
        return SqlTurns(self.store)

    @property
    def scenes(self) -> SqlScenes:
        """What stands over contents."""
        return SqlScenes(self.store)
