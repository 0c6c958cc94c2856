"""Media in a database: the unit of work over its repositories."""

from asperguide.adapters.sql.media_files import SqlFiles, SqlLinks, SqlUploads, SqlVideos
from asperguide.adapters.sql.media_quotas import SqlQuotas
from asperguide.adapters.sql.media_reads import SqlMediaReads
from asperguide.adapters.sql.unit_of_work import SqlUnitOfWork
from asperguide.media.repositories import MediaUnitOfWork

__all__ = ["SqlMediaReads", "SqlMediaUnitOfWork"]


class SqlMediaUnitOfWork(SqlUnitOfWork, MediaUnitOfWork):
    """A transaction of the database."""

    @property
    def files(self) -> SqlFiles:
        """Files and their tags."""
        return SqlFiles(self.store)

    @property
    def uploads(self) -> SqlUploads:
        """Uploads under way."""
        return SqlUploads(self.store)

    @property
    def quotas(self) -> SqlQuotas:
        """One row for each owner."""
        return SqlQuotas(self.store)

    @property
    def links(self) -> SqlLinks:
        """Temporary links."""
        return SqlLinks(self.store)

    @property
    def videos(self) -> SqlVideos:
        """Videos."""
        return SqlVideos(self.store)
